package kb

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"frontdesk/internal/identity"
)

// MaxImportArticles is the most that one import may hold: all of it is
// published in one transaction, and held in memory until then.
const MaxImportArticles = 50_000

// ImportOptions says how to import.
type ImportOptions struct {
	Site       int32
	Department int32 // of every article in the file; 0 = articles that are there keep theirs, new ones are every department's
	DryRun     bool  // check and count only; nothing is embedded or stored
	Drafts     bool  // make working copies of what would be published
	// Learn waits for what is learnt from the articles, for a program that ends afterwards; a server learns while it runs.
	Learn bool
	// Tell is called as the import gets on. Nil: nobody wants to know.
	Tell func(Progress)
	// Planned is called with what will be done, before it is; its error ends the import. Nil: nobody wants to know.
	Planned func(ImportReport) error
}

// Import publishes every article of a JSONL stream, or none: see [ReadJSONL].
// What is there already with the same content keeps its version; what the
// stream does not name stays as it is. Errors: [*LineError], [ErrConflict] (saved by
// somebody else meanwhile), [ErrEmbedding], identity.ErrForbidden.
func (s *Service) Import(ctx context.Context, actor identity.Actor, r io.Reader, opts ImportOptions) (ImportReport, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportReport{}, fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	c := newCollector()
	err := scanJSONL(r, func(n int, a Article, said mention, reason string) error {
		if reason != "" {
			return &LineError{Line: n, Reason: reason}
		}
		c.add(fmt.Sprintf("line %d", n), a, said)
		if len(c.problems.Problems) > 0 {
			return &LineError{Line: n, Reason: c.problems.Problems[0].Reason}
		}
		return ctx.Err()
	})
	if err != nil {
		return ImportReport{}, err
	}
	report, changed, err := s.plan(ctx, actor, c, opts)
	if err != nil || opts.DryRun {
		return report.counts(), err
	}
	return report.counts(), s.publishImport(ctx, actor, opts.Site, changed, true)
}

// counts leaves out what only a report of its own shows.
func (r ImportReport) counts() ImportReport {
	return ImportReport{Lines: r.Lines, Added: r.Added, Changed: r.Changed, Unchanged: r.Unchanged, DryRun: r.DryRun}
}

// plan compares what a file holds with what is published, and returns what is to be saved.
func (s *Service) plan(ctx context.Context, actor identity.Actor, c *collector, opts ImportOptions) (report ImportReport, changed []Article, err error) {
	report = ImportReport{Lines: len(c.articles), DryRun: opts.DryRun, Drafts: opts.Drafts, Warnings: c.warnings}
	old := make(map[[2]string]Article, len(c.articles))
	if err := s.store.Each(ctx, actor.Scope, opts.Site, func(a Article) error {
		if key := [2]string{a.ID, a.Locale}; c.seen[key] != "" {
			old[key] = a
		}
		return nil
	}); err != nil {
		return ImportReport{}, nil, fmt.Errorf("read the present articles: %w", err)
	}
	var same []Change
	for i, a := range c.articles {
		a.Site, a.Department = opts.Site, opts.Department
		have, ok := old[[2]string{a.ID, a.Locale}]
		a = a.settleDepartment(have)
		if ok { // what the file says nothing of stays
			a = c.said[i].keep(a, have)
			if _, err := a.validate(); err != nil { // what stays need not fit what comes
				c.refuse(c.places[i], lineReason(err))
				continue
			}
		}
		change := Change{Where: c.places[i], ID: a.ID, Locale: a.Locale, Title: a.Title}
		switch {
		case !ok:
			report.Added++
			change.Effect = EffectNew
		case have.sameContent(a):
			report.Unchanged++
			if change.Effect = EffectUnchanged; len(same) < maxPreview {
				same = append(same, change)
			}
			continue
		default:
			report.Changed++
			change.Effect, change.Fields = EffectChanged, differences(have, a)
			a.Version = have.Version
		}
		changed = append(changed, a)
		if len(report.Preview) < maxPreview {
			report.Preview = append(report.Preview, change)
		}
	}
	report.Preview = append(report.Preview, same[:min(len(same), maxPreview-len(report.Preview))]...)
	return report, changed, c.err()
}

// differences names the fields in which two versions differ.
func differences(a, b Article) (fields []string) {
	for _, f := range []struct {
		name string
		same bool
	}{
		{"title", a.Title == b.Title},
		{"questions", slices.Equal(a.Questions, b.Questions)},
		{"answer", a.Answer == b.Answer},
		{"tags", slices.Equal(a.Tags, b.Tags)},
		{"department", a.Department == b.Department},
		{"audience", a.Audience == b.Audience},
		{"floor", a.Floor == b.Floor},
		{"handover", a.Handover == b.Handover},
		{"next", slices.Equal(a.Next, b.Next)},
		{"owner", a.Owner == b.Owner},
		{"review_at", a.ReviewAt.Equal(b.ReviewAt)},
		{"expires_at", a.ExpiresAt.Equal(b.ExpiresAt)},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// publishImport publishes what an import changes, all of it or nothing.
func (s *Service) publishImport(ctx context.Context, actor identity.Actor, site int32, changed []Article, learn bool) error {
	if len(changed) == 0 {
		return nil
	}
	if _, err := s.publish(ctx, actor, site, changed); err != nil {
		return err
	}
	if !learn || !s.isStale(site) {
		return nil
	}
	if err := s.calibrateWithin(ctx, site); err != nil { // the articles are in; the adaptation stays as it was
		s.log.WarnContext(ctx, "cannot learn from the imported articles", "site", site, "error", err)
	}
	return nil
}

// Export writes every published article of a site within the actor's scope in
// the format that [Service.Import] reads. Errors: identity.ErrForbidden, the writer's.
func (s *Service) Export(ctx context.Context, actor identity.Actor, site int32, w io.Writer) error {
	if !actor.Can(identity.PermKBRead) {
		return fmt.Errorf("export: %w", identity.ErrForbidden)
	}
	out := bufio.NewWriter(w)
	if err := s.store.Each(ctx, actor.Scope, site, func(a Article) error { return writeJSONL(out, a) }); err != nil {
		return fmt.Errorf("export articles: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// DraftOutcome is what became of an article that was to be a working copy.
type DraftOutcome string

// The outcomes.
const (
	DraftSaved DraftOutcome = "saved"
	DraftSame  DraftOutcome = "same" // there is one with this content
	DraftLeft  DraftOutcome = "left" // somebody is at work on one; theirs stays
)

// DraftWriter makes working copies; *Editorial is one.
type DraftWriter interface {
	// ImportDraft makes or renews the working copy of a translation, unless a person has changed it.
	ImportDraft(ctx context.Context, actor identity.Actor, a Article) (DraftOutcome, error)
}

// TransferConfig is what a [Transfer] needs, all of it.
type TransferConfig struct {
	Knowledge *Service
	Drafts    DraftWriter
	Sheets    SheetReader
	Documents DocumentReader
	Crawler   Crawler
}

// Transfer carries articles in and out in every format. It is safe for concurrent use.
type Transfer struct {
	kb        *Service
	drafts    DraftWriter
	sheets    SheetReader
	documents DocumentReader
	crawler   Crawler
}

// NewTransfer checks cfg and returns the way in and out of a knowledge base.
func NewTransfer(cfg TransferConfig) (*Transfer, error) {
	if cfg.Knowledge == nil || cfg.Drafts == nil || cfg.Sheets == nil || cfg.Documents == nil || cfg.Crawler == nil {
		return nil, errors.New("kb: every field of TransferConfig is required")
	}
	return &Transfer{kb: cfg.Knowledge, drafts: cfg.Drafts, sheets: cfg.Sheets, documents: cfg.Documents, crawler: cfg.Crawler}, nil
}

// Source is a file to import.
type Source struct {
	Name    string
	Format  Format // "" = found by itself
	Content io.ReaderAt
	Size    int64
}

// Import reads a file and publishes all of its articles, or none. What is no
// curated format, and everything if opts say so, becomes working copies instead.
// Errors: [*ImportError] (which the report holds too), [ErrConflict], [ErrEmbedding], identity.ErrForbidden.
func (t *Transfer) Import(ctx context.Context, actor identity.Actor, src Source, opts ImportOptions) (ImportReport, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportReport{}, fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	tell := opts.Tell
	if tell == nil {
		tell = func(Progress) {}
	}
	tell(Progress{Stage: StageRead})
	report := ImportReport{DryRun: opts.DryRun, Format: src.Format}
	c, pages, err := t.read(ctx, &src)
	report.Format = src.Format
	if c != nil {
		report.Warnings = c.warnings
	}
	var changed []Article
	if err == nil {
		opts.Drafts = opts.Drafts || !src.Format.Curated()
		report, changed, err = t.kb.plan(ctx, actor, c, opts)
		report.Format, report.Pages = src.Format, pages
	}
	if wrong, ok := errors.AsType[*ImportError](err); ok {
		report.fail(wrong)
	}
	if err != nil || opts.DryRun {
		return report, err
	}
	if opts.Planned != nil {
		if err := opts.Planned(report); err != nil {
			return report, err
		}
	}
	if opts.Drafts {
		err := t.saveDrafts(ctx, actor, changed, &report, tell)
		return report, err
	}
	return report, t.kb.publishImport(withProgress(ctx, tell), actor, opts.Site, changed, opts.Learn)
}

// saveDrafts makes a working copy of each article; those that somebody is at work on are named in the report.
func (t *Transfer) saveDrafts(ctx context.Context, actor identity.Actor, articles []Article, report *ImportReport, tell func(Progress)) error {
	left := 0
	for i, a := range articles {
		tell(Progress{Stage: StageDrafts, Done: i, Total: len(articles)})
		outcome, err := t.drafts.ImportDraft(ctx, actor, a)
		if err != nil {
			return fmt.Errorf("make a working copy of %q: %w", a.ID, err)
		}
		if outcome == DraftLeft {
			if left++; left <= MaxProblems {
				report.Warnings = append(report.Warnings, fmt.Sprintf("%q in %s was left alone: somebody is at work on it", a.ID, a.Locale))
			}
		}
	}
	return nil
}

// read collects the articles of a file, whatever its format, which src says afterwards.
func (t *Transfer) read(ctx context.Context, src *Source) (c *collector, pages int, err error) {
	if src.Format == "" {
		if src.Format, err = detect(src.Name, src.Content, src.Size); err != nil {
			return nil, 0, err
		}
	}
	c = newCollector()
	switch src.Format {
	case FormatJSONL:
		err = readJSONL(ctx, io.NewSectionReader(src.Content, 0, src.Size), c)
	case FormatCSV:
		var raw []byte
		if raw, err = readAll(src); err == nil {
			err = readCSV(ctx, raw, c)
		}
	case FormatXLSX:
		err = readSheets(ctx, t.sheets, src.Content, src.Size, c)
	case FormatMarkdown:
		err = readMarkdownSource(ctx, src, c)
	case FormatPages:
		pages, err = readPages(ctx, src, c)
	default:
		var d Document
		if d, err = t.documents.ReadDocument(ctx, src.Name, src.Format, src.Content, src.Size); err == nil {
			pages = 1
			c.addDocument(d)
		}
	}
	if line, ok := errors.AsType[*LineError](err); ok { // too long to go on after it
		c.refuse(fmt.Sprintf("line %d", line.Line), line.Reason)
		err = nil
	}
	if err == nil {
		err = c.err()
	}
	if err == nil && len(c.articles) == 0 {
		err = unreadable("there is no article in it")
	}
	return c, pages, err
}

func readAll(src *Source) ([]byte, error) {
	raw := make([]byte, src.Size)
	if n, err := src.Content.ReadAt(raw, 0); n < len(raw) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return raw, nil
}

func readMarkdownSource(ctx context.Context, src *Source, c *collector) error {
	head := make([]byte, 4)
	if n, _ := src.Content.ReadAt(head, 0); n == len(head) && bytes.Equal(head, []byte("PK\x03\x04")) {
		return readMarkdownZip(ctx, src.Content, src.Size, c)
	}
	if src.Size > maxMarkdownFile {
		return unreadable("the file is larger than %d KB", maxMarkdownFile>>10)
	}
	raw, err := readAll(src)
	if err != nil {
		return err
	}
	readMarkdown(cmp.Or(src.Name, "article.md"), raw, c)
	return nil
}

// Fetch reads pages of a website into the form of [FormatPages].
func (t *Transfer) Fetch(ctx context.Context, actor identity.Actor, address string, limits CrawlLimits, w io.Writer, tell func(Progress)) error {
	if !actor.Can(identity.PermKBWrite) {
		return fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	if limits.Pages <= 0 {
		limits.Pages = 200
	}
	limits.Pages = min(limits.Pages, MaxCrawlPages)
	out := json.NewEncoder(w)
	n := 0
	tell(Progress{Stage: StageFetch, Total: limits.Pages})
	warnings, err := t.crawler.Crawl(ctx, address, limits, func(d Document) error {
		n++
		tell(Progress{Stage: StageFetch, Done: n, Total: limits.Pages})
		return out.Encode(fetched{Page: &d})
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return &ImportError{Problems: []Problem{{Where: address, Reason: "no page could be read: " + firstOf(warnings, "it links to none")}}}
	}
	return out.Encode(fetched{Warnings: warnings})
}

func firstOf(list []string, otherwise string) string {
	if len(list) == 0 {
		return otherwise
	}
	return list[0]
}

// fetched is a line of [FormatPages].
type fetched struct {
	Page     *Document `json:"page,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

func readPages(ctx context.Context, src *Source, c *collector) (pages int, err error) {
	in := json.NewDecoder(io.NewSectionReader(src.Content, 0, src.Size))
	for {
		var line fetched
		if err := in.Decode(&line); errors.Is(err, io.EOF) {
			return pages, nil
		} else if err != nil {
			return pages, unreadable("what was fetched is damaged: fetch it again")
		}
		for _, w := range line.Warnings {
			c.warn("%s", w)
		}
		if line.Page != nil {
			pages++
			c.addDocument(*line.Page)
		}
		if err := ctx.Err(); err != nil {
			return pages, err
		}
	}
}

// Export writes every published article of a site within the actor's scope.
// Errors: [ErrInvalid] (the format cannot be written), identity.ErrForbidden, the writer's.
func (t *Transfer) Export(ctx context.Context, actor identity.Actor, site int32, f Format, w io.Writer) error {
	if !actor.Can(identity.PermKBRead) {
		return fmt.Errorf("export: %w", identity.ErrForbidden)
	}
	switch f {
	case "", FormatJSONL:
		return t.kb.Export(ctx, actor, site, w)
	case FormatCSV:
		return t.kb.exportCSV(ctx, actor.Scope, site, w)
	case FormatMarkdown:
		return t.kb.exportMarkdown(ctx, actor.Scope, site, w)
	case FormatXLSX:
		columns, err := t.kb.questionColumns(ctx, actor.Scope, site)
		if err != nil {
			return err
		}
		return t.sheets.WriteSheet(w, "Articles", tableHeader(columns), func(yield func([]string) error) error {
			return t.kb.store.Each(ctx, actor.Scope, site, func(a Article) error { return yield(row(a, columns, guardText)) })
		})
	}
	return fmt.Errorf("format %q cannot be written; there are jsonl, csv, xlsx and markdown: %w", f, ErrInvalid)
}

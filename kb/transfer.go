package kb

import (
	"bufio"
	"context"
	"fmt"
	"io"

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
}

// ImportReport counts what an import did, or would do.
type ImportReport struct {
	Lines     int  `json:"lines"` // articles read
	Added     int  `json:"added"`
	Changed   int  `json:"changed"`
	Unchanged int  `json:"unchanged"` // keep their version
	DryRun    bool `json:"dry_run"`
}

// Import publishes every article of a JSONL stream, or none: see [ReadJSONL].
// What is there already with the same content keeps its version; what the
// stream does not name stays as it is. Errors: [*LineError], [ErrConflict] (saved by
// somebody else meanwhile), [ErrEmbedding], identity.ErrForbidden.
func (s *Service) Import(ctx context.Context, actor identity.Actor, r io.Reader, opts ImportOptions) (ImportReport, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportReport{}, fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	report := ImportReport{DryRun: opts.DryRun}
	var articles []Article
	err := ReadJSONL(r, func(a Article) error {
		if len(articles) == MaxImportArticles {
			return fmt.Errorf("more than %d articles: %w", MaxImportArticles, ErrInvalid)
		}
		a.Site, a.Department = opts.Site, opts.Department
		articles = append(articles, a)
		return ctx.Err()
	})
	if err != nil {
		return ImportReport{}, err
	}
	report.Lines = len(articles)
	old := make(map[[2]string]Article, len(articles))
	wanted := make(map[[2]string]bool, len(articles))
	for _, a := range articles {
		wanted[[2]string{a.ID, a.Locale}] = true
	}
	if err := s.store.Each(ctx, actor.Scope, opts.Site, func(a Article) error {
		if key := [2]string{a.ID, a.Locale}; wanted[key] {
			old[key] = a
		}
		return nil
	}); err != nil {
		return ImportReport{}, fmt.Errorf("read the present articles: %w", err)
	}
	changed := articles[:0]
	for _, a := range articles {
		have, ok := old[[2]string{a.ID, a.Locale}]
		a = a.settleDepartment(have)
		if ok { // the file says nothing of them: they stay
			a = a.WithSettingsOf(have)
		}
		switch {
		case !ok:
			report.Added++
		case have.sameContent(a):
			report.Unchanged++
			continue
		default:
			report.Changed++
			a.Version = have.Version
		}
		changed = append(changed, a)
	}
	if opts.DryRun || len(changed) == 0 {
		return report, nil
	}
	if _, err := s.publish(ctx, actor, opts.Site, changed); err != nil {
		return ImportReport{}, err
	}
	if !s.isStale(opts.Site) {
		return report, nil
	}
	if err := s.calibrateWithin(ctx, opts.Site); err != nil { // the articles are in; the adaptation stays as it was
		s.log.WarnContext(ctx, "cannot learn from the imported articles", "site", opts.Site, "error", err)
	}
	return report, nil
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

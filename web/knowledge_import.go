package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"frontdesk/kb"
)

// errNoImports is answered where the server was built without a job queue.
var errNoImports = errors.New("imports are not available on this server")

// ImportRun is one import in the background.
type ImportRun struct {
	ID        string       `json:"id"`
	Name      string       `json:"name" doc:"Of the file, or the address"`
	Source    string       `json:"source" enum:"file,address"`
	State     string       `json:"state" enum:"waiting,running,checked,done,failed,cancelled" doc:"checked: a dry run found nothing wrong and may be applied"`
	Stage     string       `json:"stage" enum:",fetch,read,embed,publish,drafts" doc:"What a running one is at"`
	Done      int          `json:"done" doc:"Of total, in the stage's unit: pages, texts, articles"`
	Total     int          `json:"total" doc:"0: not known"`
	DryRun    bool         `json:"dry_run"`
	Drafts    bool         `json:"drafts" doc:"Makes working copies, publishes nothing"`
	CanApply  bool         `json:"can_apply" doc:"What was checked is kept for an hour"`
	Failure   string       `json:"failure" enum:",invalid,conflict,embedding,timeout,interrupted,internal"`
	Bytes     int64        `json:"bytes"`
	Author    string       `json:"author"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
	Report    ImportResult `json:"report"`
}

// ImportResult is what an import did, or would do.
type ImportResult struct {
	Format    string          `json:"format"`
	Articles  int             `json:"articles"`
	Added     int             `json:"added"`
	Changed   int             `json:"changed"`
	Unchanged int             `json:"unchanged"`
	Pages     int             `json:"pages" doc:"Read from a website or document"`
	Warnings  []string        `json:"warnings" nullable:"false"`
	Problems  []ImportProblem `json:"problems" nullable:"false" doc:"The first hundred; nothing was stored"`
	More      int             `json:"more" doc:"Problems beyond those"`
	Preview   []ImportChange  `json:"preview" nullable:"false" doc:"The first two hundred articles"`
}

// ImportProblem is something wrong at one place of a file.
type ImportProblem struct {
	Where  string `json:"where" example:"line 12"`
	Reason string `json:"reason"`
}

// ImportChange is what an import does to one article.
type ImportChange struct {
	Where  string   `json:"where"`
	ID     string   `json:"id"`
	Locale string   `json:"locale"`
	Title  string   `json:"title"`
	Effect string   `json:"effect" enum:"new,changed,unchanged"`
	Fields []string `json:"fields" nullable:"false" doc:"That change"`
}

// ImportList is the last imports, newest first.
type ImportList struct {
	Imports []ImportRun `json:"imports" nullable:"false"`
}

func importOf(j kb.ImportJob, long bool) ImportRun {
	out := ImportRun{
		ID: strconv.FormatInt(j.ID, 10), Name: j.Name, Source: "file", State: string(j.State), Stage: string(j.Progress.Stage),
		Done: j.Progress.Done, Total: j.Progress.Total, DryRun: j.DryRun, Drafts: j.Drafts || j.Report.Drafts,
		CanApply: j.State == kb.ImportChecked && j.Kept, Failure: j.Failure, Bytes: j.Bytes, Author: j.AuthorName,
		CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt,
		Report: ImportResult{
			Format: string(j.Report.Format), Articles: j.Report.Lines, Added: j.Report.Added, Changed: j.Report.Changed, Unchanged: j.Report.Unchanged,
			Pages: j.Report.Pages, Warnings: []string{}, Problems: []ImportProblem{}, More: j.Report.More, Preview: []ImportChange{},
		},
	}
	if j.Fetch {
		out.Source = "address"
	}
	if !long {
		return out
	}
	out.Report.Warnings = orNone(j.Report.Warnings)
	for _, p := range j.Report.Problems {
		out.Report.Problems = append(out.Report.Problems, ImportProblem(p))
	}
	for _, c := range j.Report.Preview {
		out.Report.Preview = append(out.Report.Preview, ImportChange{
			Where: c.Where, ID: c.ID, Locale: c.Locale, Title: c.Title, Effect: string(c.Effect), Fields: orNone(c.Fields),
		})
	}
	return out
}

// startImport stores an upload of any format and starts its import in the background.
func (s *Server) startImport(w http.ResponseWriter, r *http.Request) {
	ctx, actor, query := r.Context(), callerOf(r.Context()).actor, r.URL.Query()
	job, err := importQuery(query.Get("dry_run"), query.Get("drafts"), query.Get("format"))
	if err == nil && s.cfg.Imports == nil {
		err = errNoImports
	}
	if err == nil {
		job.Site, err = s.kbSite(ctx, query.Get("site"))
	}
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	job.Name = query.Get("name")
	control := http.NewResponseController(w)
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxImportBytes)
	started, err := s.cfg.Imports.StartFile(ctx, actor, job, importReader{r, control})
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	s.audit(ctx, actor, "kb.import", started.Name, job.Site)
	if err := control.SetWriteDeadline(time.Now().Add(importStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.WarnContext(ctx, "set deadline", "error", err)
	}
	s.writeJSON(w, r, http.StatusAccepted, importOf(started, true))
}

func importQuery(dryRun, drafts, format string) (j kb.ImportJob, err error) {
	for name, f := range map[string]struct {
		value string
		field *bool
	}{"dry_run": {dryRun, &j.DryRun}, "drafts": {drafts, &j.Drafts}} {
		if f.value == "" {
			continue
		}
		if *f.field, err = strconv.ParseBool(f.value); err != nil {
			return j, fmt.Errorf("%w: %s must be true or false", errBadRequest, name)
		}
	}
	j.Format, err = kb.ParseFormat(format)
	return j, err
}

type importAddressInput struct {
	Body struct {
		Site    string `json:"site,omitempty" maxLength:"200"`
		Address string `json:"address" maxLength:"2000" doc:"Of a page, or of a sitemap"`
		Follow  bool   `json:"follow,omitempty" doc:"Also read the pages that it links to, below its folder"`
		Pages   int    `json:"pages,omitempty" minimum:"0" maximum:"2000" doc:"At most so many; 0 or absent = 200"`
		DryRun  bool   `json:"dry_run,omitempty"`
	}
}

func (s *Server) importAddress(ctx context.Context, in *importAddressInput) (*jsonBody[ImportRun], error) {
	site, err := s.importSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	actor := callerOf(ctx).actor
	j, err := s.cfg.Imports.StartAddress(ctx, actor, kb.ImportJob{
		Site: site, Name: in.Body.Address, DryRun: in.Body.DryRun, Limits: kb.CrawlLimits{Pages: in.Body.Pages, Follow: in.Body.Follow},
	})
	if err != nil {
		return nil, err
	}
	s.audit(ctx, actor, "kb.import", j.Name, site)
	return body(importOf(j, true), nil)
}

// importSite returns the site asked for, if this server imports at all.
func (s *Server) importSite(ctx context.Context, key string) (int32, error) {
	if s.cfg.Imports == nil {
		return 0, errNoImports
	}
	return s.kbSite(ctx, key)
}

func (s *Server) listImports(ctx context.Context, in *SiteQuery) (*jsonBody[ImportList], error) {
	site, err := s.importSite(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	jobs, err := s.cfg.Imports.Jobs(ctx, callerOf(ctx).actor, site)
	out := ImportList{Imports: []ImportRun{}}
	for _, j := range jobs {
		out.Imports = append(out.Imports, importOf(j, false))
	}
	return body(out, err)
}

// ImportPath names an import.
type ImportPath struct {
	SiteQuery
	ID string `path:"id" maxLength:"40"`
}

// importAt finds the site and number of an import; what is no number does not exist.
func (s *Server) importAt(ctx context.Context, in ImportPath) (site int32, id int64, err error) {
	if site, err = s.importSite(ctx, in.Site); err != nil {
		return 0, 0, err
	}
	if id, err = strconv.ParseInt(in.ID, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("import: %w", kb.ErrNotFound)
	}
	return site, id, nil
}

func (s *Server) oneImport(ctx context.Context, in *ImportPath) (*jsonBody[ImportRun], error) {
	site, id, err := s.importAt(ctx, *in)
	if err != nil {
		return nil, err
	}
	j, err := s.cfg.Imports.Job(ctx, callerOf(ctx).actor, site, id)
	return body(importOf(j, true), err)
}

type applyImportInput struct {
	ImportPath
	Body struct {
		Drafts bool `json:"drafts,omitempty" doc:"Make working copies of what would be published"`
	}
}

func (s *Server) applyImport(ctx context.Context, in *applyImportInput) (*jsonBody[ImportRun], error) {
	site, id, err := s.importAt(ctx, in.ImportPath)
	if err != nil {
		return nil, err
	}
	actor := callerOf(ctx).actor
	j, err := s.cfg.Imports.Apply(ctx, actor, site, id, in.Body.Drafts)
	if err == nil {
		s.audit(ctx, actor, "kb.import.apply", j.Name, site)
	}
	return body(importOf(j, true), err)
}

func (s *Server) cancelImport(ctx context.Context, in *ImportPath) (*jsonBody[ImportRun], error) {
	site, id, err := s.importAt(ctx, *in)
	if err != nil {
		return nil, err
	}
	actor := callerOf(ctx).actor
	j, err := s.cfg.Imports.Cancel(ctx, actor, site, id)
	if err == nil {
		s.audit(ctx, actor, "kb.import.cancel", j.Name, site)
	}
	return body(importOf(j, true), err)
}

// exportKnowledge streams the knowledge base in any of the import's formats.
func (s *Server) exportKnowledge(w http.ResponseWriter, r *http.Request) {
	ctx, query := r.Context(), r.URL.Query()
	format, err := kb.ParseFormat(query.Get("format"))
	if err == nil && format != "" && !format.Curated() {
		err = fmt.Errorf("format %q cannot be written; there are jsonl, csv, xlsx and markdown: %w", format, kb.ErrInvalid)
	}
	var site int32
	if err == nil {
		site, err = s.kbSite(ctx, query.Get("site"))
	}
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	if format == "" {
		format = kb.FormatJSONL
	}
	out := &exportWriter{w: w, control: http.NewResponseController(w), contentType: format.MediaType(), file: format.FileName()}
	switch actor := callerOf(ctx).actor; {
	case s.cfg.Exporter != nil:
		err = s.cfg.Exporter.Export(ctx, actor, site, format, out)
	case format == kb.FormatJSONL:
		err = s.cfg.Knowledge.Export(ctx, actor, site, out)
	default:
		err = errNoImports
	}
	if err == nil {
		err = out.start()
	}
	s.endExport(w, r, out, err)
}

// importStall is how long a client may take to send a part of an import.
const importStall = 30 * time.Second

// importReader gives the client some time for each part instead of one deadline for all.
type importReader struct {
	r       *http.Request
	control *http.ResponseController
}

// Read implements io.Reader.
func (i importReader) Read(b []byte) (int, error) {
	if err := i.control.SetReadDeadline(time.Now().Add(importStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	n, err := i.r.Body.Read(b)
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = fmt.Errorf("%w: more than %d bytes", errTooLarge, large.Limit)
	}
	return n, err //nolint:wrapcheck // io.EOF must stay itself
}

// importArticles reads JSONL, all or nothing; ?dry_run=true only checks.
func (s *Server) importArticles(w http.ResponseWriter, r *http.Request) {
	ctx, actor := r.Context(), callerOf(r.Context()).actor
	dry := false
	if v := r.URL.Query().Get("dry_run"); v != "" {
		var err error
		if dry, err = strconv.ParseBool(v); err != nil {
			s.writeProblem(w, r, fmt.Errorf("%w: dry_run must be true or false", errBadRequest))
			return
		}
	}
	site, err := s.kbSite(ctx, r.URL.Query().Get("site"))
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	control := http.NewResponseController(w)
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxImportBytes)
	report, err := s.cfg.Knowledge.Import(ctx, actor, importReader{r, control}, kb.ImportOptions{Site: site, DryRun: dry})
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	if !dry {
		s.audit(ctx, actor, "kb.import", strconv.Itoa(report.Lines), site)
	}
	// Embedding took its time: the deadline for the answer starts now.
	if err := control.SetWriteDeadline(time.Now().Add(importStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.WarnContext(ctx, "set deadline", "error", err)
	}
	s.writeJSON(w, r, http.StatusOK, report)
}

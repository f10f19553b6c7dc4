package kb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// Errors about imports. The web edge maps them.
var (
	// ErrTooManyImports: a site has as many unfinished imports as it may.
	ErrTooManyImports = errors.New("too many imports wait already; wait until some are done, or cancel them")
	// ErrImportState: the import is past that.
	ErrImportState = errors.New("the import has ended, or its file is not kept any more; upload it again")
	// ErrImportLost: another worker has taken the import over.
	ErrImportLost = errors.New("another worker has taken the import over")
	// ErrImportCancelled: somebody asked for the import to end.
	ErrImportCancelled = errors.New("the import was cancelled")
)

// ImportState is where an import stands.
type ImportState string

// The states. The last three are ends; a checked import may still be applied.
const (
	ImportWaiting   ImportState = "waiting"
	ImportRunning   ImportState = "running"
	ImportChecked   ImportState = "checked" // a dry run that found nothing wrong
	ImportDone      ImportState = "done"
	ImportFailed    ImportState = "failed"
	ImportCancelled ImportState = "cancelled"
)

// The reasons why an import failed.
const (
	FailureInvalid     = "invalid"     // the report's problems say what
	FailureConflict    = "conflict"    // somebody kept saving the same articles
	FailureEmbedding   = "embedding"   // the model did not answer
	FailureTimeout     = "timeout"     // it took longer than an import may
	FailureInterrupted = "interrupted" // the server ended in the middle, each time
	FailureInternal    = "internal"    // the log says what
)

// ImportJob is one import: what somebody asked for, and how far it is.
type ImportJob struct {
	ID          int64
	Site        int32
	Departments []int32 // that its author may touch; nil = all
	Name        string  // of the file, or the address
	Fetch       bool    // Name is an address whose pages are fetched first
	Limits      CrawlLimits
	Format      Format // given; the report has the one found
	DryRun      bool
	Drafts      bool
	State       ImportState
	Progress    Progress
	Attempt     int // counts claims
	Bytes       int64
	Kept        bool // what was uploaded or fetched is still there
	Report      ImportReport
	Failure     string // why it failed; empty = it did not
	Author      string // user id, or "system"
	AuthorName  string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// MaxImportNameRunes is how much of a file's name is kept.
const MaxImportNameRunes = 200

// ImportsConfig is what [Imports] needs. All but Clock and Logger are required.
type ImportsConfig struct {
	Transfer *Transfer
	Records  ImportRecords
	Work     ImportWork
	// Beat is how often a running import renews its claim and tells its progress. Defaults to 2 s.
	// The store's lease must be several times as long.
	Beat time.Duration
	// Timeout is how long one import may take. Defaults to 30 min.
	Timeout time.Duration
	Logger  *slog.Logger // Defaults to one that discards.
}

// Imports are the imports that run in the background. It is safe for concurrent use.
type Imports struct {
	transfer *Transfer
	records  ImportRecords
	work     ImportWork
	beat     time.Duration
	timeout  time.Duration
	log      *slog.Logger
}

// NewImports checks cfg and returns the imports.
func NewImports(cfg ImportsConfig) (*Imports, error) {
	if cfg.Transfer == nil || cfg.Records == nil || cfg.Work == nil {
		return nil, errors.New("kb: ImportsConfig.Transfer, Records and Work are required")
	}
	if cfg.Beat < 0 || cfg.Timeout < 0 {
		return nil, errors.New("kb: ImportsConfig.Beat and Timeout must not be negative")
	}
	i := &Imports{transfer: cfg.Transfer, records: cfg.Records, work: cfg.Work, beat: cfg.Beat, timeout: cfg.Timeout, log: cfg.Logger}
	if i.beat == 0 {
		i.beat = 2 * time.Second
	}
	if i.timeout == 0 {
		i.timeout = 30 * time.Minute
	}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	return i, nil
}

// StartFile stores an upload and starts its import. Errors: [ErrInvalid],
// [ErrTooManyImports], content's, identity.ErrForbidden.
func (i *Imports) StartFile(ctx context.Context, actor identity.Actor, j ImportJob, content io.Reader) (ImportJob, error) {
	j.Fetch, j.Limits = false, CrawlLimits{}
	return i.start(ctx, actor, j, content)
}

// StartAddress starts an import of a page, what it links to, or a sitemap. Errors: as [Imports.StartFile].
func (i *Imports) StartAddress(ctx context.Context, actor identity.Actor, j ImportJob) (ImportJob, error) {
	j.Name = strings.TrimSpace(j.Name)
	u, err := url.Parse(j.Name)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || len(j.Name) > 2000 {
		return ImportJob{}, fmt.Errorf(`"address" must be one such as https://example.com/help: %w`, ErrInvalid)
	}
	if j.Limits.Pages < 0 || j.Limits.Pages > MaxCrawlPages {
		return ImportJob{}, fmt.Errorf(`"pages" must lie between 1 and %d: %w`, MaxCrawlPages, ErrInvalid)
	}
	j.Fetch, j.Format, j.Drafts = true, FormatPages, true
	return i.start(ctx, actor, j, nil)
}

func (i *Imports) start(ctx context.Context, actor identity.Actor, j ImportJob, content io.Reader) (ImportJob, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportJob{}, fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	if !actor.Scope.All && !actor.Scope.AllDepartments {
		j.Departments = append([]int32{}, actor.Scope.Departments...)
	}
	if !j.Fetch {
		j.Name = fileLabel(j.Name)
	}
	j.Author, j.AuthorName = actor.ID, actor.Name
	if j.Author == "" {
		j.Author = "system"
	}
	j.State = ImportWaiting
	return i.records.AddImport(ctx, j, content)
}

// fileLabel is what is shown of a file's name: no folders, no control characters.
func fileLabel(name string) string {
	name = strings.ReplaceAll(oneLine(name), "\\", "/")
	name = cutRunes(name[strings.LastIndexByte(name, '/')+1:], MaxImportNameRunes)
	if name == "" || name == "." || name == ".." {
		return "upload"
	}
	return name
}

// Job returns one import. Errors: [ErrNotFound], identity.ErrForbidden.
func (i *Imports) Job(ctx context.Context, actor identity.Actor, site int32, id int64) (ImportJob, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportJob{}, fmt.Errorf("read import: %w", identity.ErrForbidden)
	}
	return i.records.Import(ctx, site, id)
}

// Jobs returns the last 50 imports, newest first. Errors: identity.ErrForbidden.
func (i *Imports) Jobs(ctx context.Context, actor identity.Actor, site int32) ([]ImportJob, error) {
	if !actor.Can(identity.PermKBWrite) {
		return nil, fmt.Errorf("list imports: %w", identity.ErrForbidden)
	}
	return i.records.Imports(ctx, site, 50)
}

// Apply does what a dry run has checked, with the same file. Errors: [ErrNotFound],
// [ErrImportState], identity.ErrForbidden.
func (i *Imports) Apply(ctx context.Context, actor identity.Actor, site int32, id int64, drafts bool) (ImportJob, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportJob{}, fmt.Errorf("import: %w", identity.ErrForbidden)
	}
	return i.records.ApplyImport(ctx, site, id, drafts)
}

// Cancel ends an import; nothing of it is stored unless it had committed
// already. Errors: [ErrNotFound], [ErrImportState], identity.ErrForbidden.
func (i *Imports) Cancel(ctx context.Context, actor identity.Actor, site int32, id int64) (ImportJob, error) {
	if !actor.Can(identity.PermKBWrite) {
		return ImportJob{}, fmt.Errorf("cancel import: %w", identity.ErrForbidden)
	}
	return i.records.CancelImport(ctx, site, id)
}

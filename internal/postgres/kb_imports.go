package postgres

import (
	"context"
	_ "embed" // for the queries
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/kb"
)

//go:embed query/kb_import_add.sql
var kbImportAddSQL string

//go:embed query/kb_import_part.sql
var kbImportPartSQL string

//go:embed query/kb_import_read.sql
var kbImportReadSQL string

//go:embed query/kb_import_ready.sql
var kbImportReadySQL string

//go:embed query/kb_import_drop.sql
var kbImportDropSQL string

//go:embed query/kb_import_one.sql
var kbImportOneSQL string

//go:embed query/kb_import_list.sql
var kbImportListSQL string

//go:embed query/kb_import_apply.sql
var kbImportApplySQL string

//go:embed query/kb_import_cancel.sql
var kbImportCancelSQL string

//go:embed query/kb_import_drop_parts.sql
var kbImportDropPartsSQL string

const (
	// maxOpenImports bounds the unfinished imports of a site, and with them what is stored for them.
	maxOpenImports = 10
	// partBytes is how much of an upload one row holds.
	partBytes = 1 << 20
)

// EnqueueImports puts a job into tx that does a site's waiting imports; jobs.Client has one.
type EnqueueImports func(ctx context.Context, tx pgx.Tx, site int32) error

// Imports stores imports of the knowledge base. It implements kb.ImportRecords and kb.ImportWork.
type Imports struct {
	pool    *pgxpool.Pool
	enqueue EnqueueImports
	lease   time.Duration
}

var (
	_ kb.ImportRecords = (*Imports)(nil)
	_ kb.ImportWork    = (*Imports)(nil)
)

// NewImports returns the store over pool. lease is how long a claim lasts
// unless it is renewed; 0 means 30 s.
func NewImports(pool *pgxpool.Pool, enqueue EnqueueImports, lease time.Duration) *Imports {
	if lease <= 0 {
		lease = 30 * time.Second
	}
	return &Imports{pool: pool, enqueue: enqueue, lease: lease}
}

// kbImportRow is an import as the queries return it.
type kbImportRow struct {
	ID          int64
	SiteID      int32
	Departments []int32
	Name        string
	Remote      bool
	Pages       int
	Follow      bool
	Format      string
	DryRun      bool
	Drafts      bool
	State       string
	Stage       string
	Done        int
	Total       int
	Attempt     int
	Bytes       int64
	Kept        bool
	Report      kb.ImportReport
	Failure     string
	Author      string
	AuthorName  string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func (r kbImportRow) job() kb.ImportJob {
	return kb.ImportJob{
		ID: r.ID, Site: r.SiteID, Departments: r.Departments, Name: r.Name, Fetch: r.Remote, Limits: kb.CrawlLimits{Pages: r.Pages, Follow: r.Follow},
		Format: kb.Format(r.Format), DryRun: r.DryRun, Drafts: r.Drafts, State: kb.ImportState(r.State),
		Progress: kb.Progress{Stage: kb.Stage(r.Stage), Done: r.Done, Total: r.Total}, Attempt: r.Attempt, Bytes: r.Bytes, Kept: r.Kept,
		Report: r.Report, Failure: r.Failure, Author: r.Author, AuthorName: r.AuthorName, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// statements is a pool or a transaction.
type statements interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// importRow runs a query that returns one import; pgx.ErrNoRows if it returns none.
func importRow(ctx context.Context, q statements, sql string, args pgx.NamedArgs) (kb.ImportJob, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return kb.ImportJob{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[kbImportRow])
	return r.job(), err
}

// AddImport implements kb.ImportRecords. Parts are stored as they come, outside
// of a transaction: a slow upload holds no lock and no connection.
func (i *Imports) AddImport(ctx context.Context, j kb.ImportJob, content io.Reader) (kb.ImportJob, error) {
	added, err := importRow(ctx, i.pool, kbImportAddSQL, pgx.NamedArgs{
		"site": j.Site, "departments": j.Departments, "name": j.Name, "remote": j.Fetch, "pages": j.Limits.Pages, "follow": j.Limits.Follow,
		"format": string(j.Format), "dry_run": j.DryRun, "drafts": j.Drafts, "author": j.Author, "author_name": j.AuthorName, "limit": maxOpenImports,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return kb.ImportJob{}, fmt.Errorf("add import: %w", kb.ErrTooManyImports)
	}
	if err != nil {
		return kb.ImportJob{}, fmt.Errorf("add import: %w", err)
	}
	var size int64
	if content != nil {
		size, err = storeParts(ctx, i.pool, kbImportPartSQL, added.ID, content)
	}
	if err == nil {
		err = pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
			if added, err = importRow(ctx, tx, kbImportReadySQL, pgx.NamedArgs{"id": added.ID, "kept": content != nil, "bytes": size}); err != nil {
				return fmt.Errorf("finish the upload: %w", err)
			}
			return i.enqueue(ctx, tx, added.Site)
		})
	}
	if err != nil {
		last, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, errors.New("dropping the upload took too long"))
		defer cancel()
		if _, drop := i.pool.Exec(last, kbImportDropSQL, pgx.NamedArgs{"id": added.ID}); drop != nil {
			err = errors.Join(err, drop)
		}
		return kb.ImportJob{}, fmt.Errorf("add import: %w", err)
	}
	return added, nil
}

// storeParts stores content in rows of partBytes each and returns its size.
func storeParts(ctx context.Context, q statements, sql string, id any, content io.Reader) (size int64, err error) {
	buffer := make([]byte, partBytes)
	for part := 0; ; part++ {
		n, err := io.ReadFull(content, buffer)
		if n > 0 {
			if _, err := q.Exec(ctx, sql, pgx.NamedArgs{"id": id, "part": part, "data": buffer[:n]}); err != nil {
				return size, fmt.Errorf("store part %d: %w", part, err)
			}
			size += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return size, nil
		}
		if err != nil {
			return size, fmt.Errorf("read the upload: %w", err)
		}
	}
}

// Import implements kb.ImportRecords.
func (i *Imports) Import(ctx context.Context, site int32, id int64) (kb.ImportJob, error) {
	j, err := importRow(ctx, i.pool, kbImportOneSQL, pgx.NamedArgs{"site": site, "id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return j, fmt.Errorf("read import %d: %w", id, kb.ErrNotFound)
	}
	if err != nil {
		return j, fmt.Errorf("read import: %w", err)
	}
	return j, nil
}

// Imports implements kb.ImportRecords.
func (i *Imports) Imports(ctx context.Context, site int32, limit int) ([]kb.ImportJob, error) {
	rows, err := i.pool.Query(ctx, kbImportListSQL, pgx.NamedArgs{"site": site, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kb.ImportJob, error) {
		r, err := pgx.RowToStructByName[kbImportRow](row)
		return r.job(), err
	})
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	return jobs, nil
}

// ApplyImport implements kb.ImportRecords.
func (i *Imports) ApplyImport(ctx context.Context, site int32, id int64, drafts bool) (j kb.ImportJob, err error) {
	err = pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
		if j, err = i.change(ctx, tx, kbImportApplySQL, pgx.NamedArgs{"site": site, "id": id, "drafts": drafts}); err != nil {
			return err
		}
		return i.enqueue(ctx, tx, site)
	})
	return j, err
}

// CancelImport implements kb.ImportRecords.
func (i *Imports) CancelImport(ctx context.Context, site int32, id int64) (j kb.ImportJob, err error) {
	err = pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
		if j, err = i.change(ctx, tx, kbImportCancelSQL, pgx.NamedArgs{"site": site, "id": id}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, kbImportDropPartsSQL, pgx.NamedArgs{"id": id})
		return err
	})
	return j, err
}

// change changes an import's state, or says why it cannot: it is not there, or past that.
func (i *Imports) change(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) (kb.ImportJob, error) {
	j, err := importRow(ctx, tx, sql, args)
	if !errors.Is(err, pgx.ErrNoRows) {
		return j, err
	}
	if _, err = importRow(ctx, tx, kbImportOneSQL, args); errors.Is(err, pgx.ErrNoRows) {
		return j, fmt.Errorf("import %v: %w", args["id"], kb.ErrNotFound)
	} else if err != nil {
		return j, err
	}
	return j, fmt.Errorf("import %v: %w", args["id"], kb.ErrImportState)
}

// reportJSON is a report as it is stored.
func reportJSON(r kb.ImportReport) ([]byte, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return raw, nil
}

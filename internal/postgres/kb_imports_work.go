package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"frontdesk/kb"
)

//go:embed query/kb_import_claim.sql
var kbImportClaimSQL string

//go:embed query/kb_import_kept.sql
var kbImportKeptSQL string

//go:embed query/kb_import_clear.sql
var kbImportClearSQL string

//go:embed query/kb_import_beat.sql
var kbImportBeatSQL string

//go:embed query/kb_import_end.sql
var kbImportEndSQL string

//go:embed query/kb_import_orphans.sql
var kbImportOrphansSQL string

//go:embed query/kb_import_expire.sql
var kbImportExpireSQL string

// ClaimImport implements kb.ImportWork.
func (i *Imports) ClaimImport(ctx context.Context, site int32) (kb.ImportJob, bool, error) {
	j, err := importRow(ctx, i.pool, kbImportClaimSQL, pgx.NamedArgs{"site": site, "lease": i.lease})
	pg, _ := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return j, false, nil
	case pg != nil && pg.ConstraintName == "kb_imports_one_runs": // another worker was faster
		return j, false, nil
	case err != nil:
		return j, false, fmt.Errorf("claim import: %w", err)
	}
	return j, true, nil
}

// OpenImport implements kb.ImportWork.
func (i *Imports) OpenImport(ctx context.Context, j kb.ImportJob) (io.ReaderAt, int64, error) {
	// The size may be newer than j: it is set when the fetch is complete.
	now, err := importRow(ctx, i.pool, kbImportOneSQL, pgx.NamedArgs{"site": j.Site, "id": j.ID})
	if err != nil {
		return nil, 0, fmt.Errorf("open import: %w", err)
	}
	return &partReader{size: now.Bytes, read: func(part int64) (data []byte, err error) {
		err = i.pool.QueryRow(ctx, kbImportReadSQL, pgx.NamedArgs{"id": j.ID, "part": part}).Scan(&data)
		return data, err
	}}, now.Bytes, nil
}

// partReader reads content stored in parts. It keeps the last part: readers go forward, mostly.
type partReader struct {
	read func(part int64) ([]byte, error)
	size int64

	part int64 // of data
	data []byte
}

// ReadAt implements io.ReaderAt; not for several goroutines at once.
func (r *partReader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("read before the beginning")
	}
	for n < len(p) && off < r.size {
		part := off / partBytes
		if r.data == nil || r.part != part {
			if r.data, err = r.read(part); err != nil {
				r.data = nil
				return n, fmt.Errorf("read part %d: %w", part, err)
			}
			r.part = part
		}
		at := int(off % partBytes)
		if at >= len(r.data) {
			return n, fmt.Errorf("part %d is too short: %w", part, io.ErrUnexpectedEOF)
		}
		m := copy(p[n:], r.data[at:])
		n, off = n+m, off+int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// KeepImport implements kb.ImportWork.
func (i *Imports) KeepImport(ctx context.Context, j kb.ImportJob, content io.Reader) error {
	return pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, kbImportClearSQL, pgx.NamedArgs{"id": j.ID}); err != nil {
			return fmt.Errorf("clear what was fetched: %w", err)
		}
		size, err := storeParts(ctx, tx, kbImportPartSQL, j.ID, content)
		if err != nil {
			return err
		}
		var id int64
		err = tx.QueryRow(ctx, kbImportKeptSQL, pgx.NamedArgs{"id": j.ID, "attempt": j.Attempt, "bytes": size}).Scan(&id)
		return lost("keep what was fetched", err)
	})
}

// BeatImport implements kb.ImportWork.
func (i *Imports) BeatImport(ctx context.Context, j kb.ImportJob) error {
	report, err := reportJSON(j.Report)
	if err != nil {
		return err
	}
	var cancel bool
	err = i.pool.QueryRow(ctx, kbImportBeatSQL, pgx.NamedArgs{
		"id": j.ID, "attempt": j.Attempt, "lease": i.lease, "stage": string(j.Progress.Stage), "done": j.Progress.Done, "total": j.Progress.Total, "report": report,
	}).Scan(&cancel)
	if err == nil && cancel {
		return kb.ErrImportCancelled
	}
	return lost("renew the claim", err)
}

// EndImport implements kb.ImportWork.
func (i *Imports) EndImport(ctx context.Context, j kb.ImportJob) error {
	report, err := reportJSON(j.Report)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, kbImportEndSQL, pgx.NamedArgs{
			"id": j.ID, "attempt": j.Attempt, "state": string(j.State), "failure": j.Failure, "report": report,
		}).Scan(&id)
		if err != nil {
			return lost("end the import", err)
		}
		_, err = tx.Exec(ctx, kbImportDropPartsSQL, pgx.NamedArgs{"id": j.ID})
		return err
	})
}

// lost names a claim that is not held any more.
func lost(doing string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%s: %w", doing, kb.ErrImportLost)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Adopt makes imports wait again whose worker is gone, each with a job, and
// forgets what is old. Every node calls it now and then; together they do it once.
func (i *Imports) Adopt(ctx context.Context) (adopted int, err error) {
	err = pgx.BeginFunc(ctx, i.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, kbImportOrphansSQL)
		if err != nil {
			return err
		}
		sites, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		if err != nil {
			return err
		}
		for _, site := range sites {
			if err := i.enqueue(ctx, tx, site); err != nil {
				return err
			}
		}
		adopted = len(sites)
		_, err = tx.Exec(ctx, kbImportExpireSQL)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("adopt imports: %w", err)
	}
	return adopted, nil
}

package kb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

const (
	// importClaims is how often an import is taken up: a file that ends the server is not read for ever.
	importClaims = 8
	// importConflicts is how often it is compared anew because somebody saved the same articles meanwhile.
	importConflicts = 3
	// importFarewell bounds the last write of an import whose server stops.
	importFarewell = 5 * time.Second
	// maxFetchedBytes bounds what a crawl leaves to be read.
	maxFetchedBytes = 64 << 20
)

// Work does the site's waiting imports, oldest first, until none is left. It
// returns an error if one should be tried again later, and ctx's when it ends:
// then the import is given back, and whoever takes it up finishes it. What an import
// publishes is committed at once and compared first, so nothing is doubled.
func (i *Imports) Work(ctx context.Context, site int32) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		j, ok, err := i.work.ClaimImport(ctx, site)
		if err != nil || !ok {
			return err
		}
		if err := i.do(ctx, j); err != nil {
			return err
		}
	}
}

// do runs one claimed import to its end.
func (i *Imports) do(ctx context.Context, j ImportJob) error {
	var err error
	if j.Attempt > importClaims {
		j.State, j.Failure = ImportFailed, FailureInterrupted
	} else {
		err = i.attempt(ctx, &j)
	}
	if errors.Is(err, ErrImportLost) {
		i.log.WarnContext(ctx, "another worker has taken the import over", "import", j.ID, "site", j.Site)
		return nil
	}
	last, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), importFarewell, errors.New("storing the import's end took too long"))
	defer cancel()
	if end := i.work.EndImport(last, j); end != nil && !errors.Is(end, ErrImportLost) {
		return errors.Join(err, fmt.Errorf("store the end of import %d: %w", j.ID, end))
	}
	return err
}

// attempt runs an import and leaves its state in j. It returns an error if the
// import is to be given back.
func (i *Imports) attempt(ctx context.Context, j *ImportJob) error {
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run, stop := context.WithTimeoutCause(run, i.timeout, errImportTimeout)
	defer stop()
	b := &heartbeat{job: *j}
	var beating sync.WaitGroup
	done := make(chan struct{})
	beating.Go(func() { i.keepClaim(run, b, cancel, done) })
	before := j.Report
	report, err := i.transferJob(run, j, b)
	close(done)
	beating.Wait()

	j.Report, j.Progress = report, Progress{}
	if j.Attempt > 1 && err == nil && report.Added+report.Changed == 0 && before.Added+before.Changed > 0 && !j.DryRun {
		j.Report = before // it was committed, and its server ended before it could say so
	}
	cause := context.Cause(run)
	wrong, invalid := errors.AsType[*ImportError](err)
	switch {
	case err == nil && j.DryRun:
		j.State = ImportChecked
	case err == nil:
		j.State = ImportDone
	case errors.Is(cause, ErrImportLost):
		return ErrImportLost
	case errors.Is(cause, ErrImportCancelled):
		j.State = ImportCancelled
	case ctx.Err() != nil: // the server stops: somebody else goes on
		j.State, j.Report = ImportWaiting, before
		return ctx.Err()
	case errors.Is(cause, errImportTimeout):
		j.State, j.Failure = ImportFailed, FailureTimeout
	case invalid:
		j.State, j.Failure = ImportFailed, FailureInvalid
		j.Report.fail(wrong)
	case errors.Is(err, ErrConflict), errors.Is(err, ErrMoved):
		j.State, j.Failure = ImportFailed, FailureConflict
	case errors.Is(err, ErrEmbedding):
		j.State, j.Failure = ImportFailed, FailureEmbedding
		i.log.WarnContext(ctx, "import", "import", j.ID, "site", j.Site, "error", err)
	case j.Attempt < importClaims && !errors.Is(err, errImportPanic):
		j.State, j.Report = ImportWaiting, before
		i.log.ErrorContext(ctx, "import; it will be tried again", "import", j.ID, "site", j.Site, "attempt", j.Attempt, "error", err)
		return fmt.Errorf("import %d: %w", j.ID, err)
	default:
		j.State, j.Failure = ImportFailed, FailureInternal
		i.log.ErrorContext(ctx, "import", "import", j.ID, "site", j.Site, "error", err)
	}
	return nil
}

var (
	errImportTimeout = errors.New("the import took too long")
	errImportPanic   = errors.New("the import ended in a panic")
)

// transferJob fetches what is to be fetched and imports it. A reader's panic is an error.
func (i *Imports) transferJob(ctx context.Context, j *ImportJob, b *heartbeat) (report ImportReport, err error) {
	defer func() {
		if p := recover(); p != nil {
			i.log.ErrorContext(ctx, "panic in import", "import", j.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errImportPanic
		}
	}()
	actor := identity.Actor{Kind: identity.KindSystem, ID: j.Author, Scope: identity.Scope{
		Sites: []int32{j.Site}, AllDepartments: j.Departments == nil, Departments: j.Departments,
	}}
	if j.Author == "system" {
		actor.ID = ""
	}
	if j.Fetch && !j.Kept {
		fetchedPages := &limitedBuffer{limit: maxFetchedBytes}
		if err := i.transfer.Fetch(ctx, actor, j.Name, j.Limits, fetchedPages, b.tell); err != nil {
			return ImportReport{DryRun: j.DryRun, Drafts: true, Format: FormatPages}, err
		}
		if err := i.work.KeepImport(ctx, *j, bytes.NewReader(fetchedPages.Bytes())); err != nil {
			return ImportReport{}, err
		}
		j.Kept = true
	}
	content, size, err := i.work.OpenImport(ctx, *j)
	if err != nil {
		return ImportReport{}, err
	}
	for n := 1; ; n++ {
		report, err = i.transfer.Import(ctx, actor, Source{Name: j.Name, Format: j.Format, Content: content, Size: size}, ImportOptions{
			Site: j.Site, DryRun: j.DryRun, Drafts: j.Drafts, Tell: b.tell, Planned: func(r ImportReport) error {
				b.plan(r)
				return i.work.BeatImport(ctx, b.now())
			},
		})
		if !errors.Is(err, ErrConflict) || n == importConflicts {
			return report, err
		}
	}
}

// limitedBuffer keeps what a crawl found.
type limitedBuffer struct {
	bytes.Buffer
	limit int
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, unreadable("the pages hold more than %d MB of text: read fewer at once", b.limit>>20)
	}
	return b.Buffer.Write(p)
}

// heartbeat is what a running import tells of itself.
type heartbeat struct {
	mu  sync.Mutex // guards job's progress and report
	job ImportJob
}

func (b *heartbeat) tell(p Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.job.Progress = p
}

// plan keeps what will be done, in case that the server ends between doing and saying it.
func (b *heartbeat) plan(r ImportReport) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.job.Attempt == 1 || r.Added+r.Changed > 0 {
		b.job.Report = r
	}
}

func (b *heartbeat) now() ImportJob {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.job
}

// keepClaim renews the claim until done. When somebody cancels, or the claim
// cannot be renewed for several beats (another worker may have it by now), it ends the work.
func (i *Imports) keepClaim(ctx context.Context, b *heartbeat, cancel context.CancelCauseFunc, done <-chan struct{}) {
	tick := time.NewTicker(i.beat)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		once, stop := context.WithTimeoutCause(ctx, i.beat, errors.New("renewing the import's claim took too long"))
		err := i.work.BeatImport(once, b.now())
		stop()
		switch {
		case err == nil:
			failed = 0
			continue
		case errors.Is(err, ErrImportLost), errors.Is(err, ErrImportCancelled):
			cancel(err)
			return
		}
		if failed++; failed == importMissedBeats {
			cancel(ErrImportLost)
			return
		}
	}
}

// importMissedBeats is how many beats in a row may fail. Each takes up to two
// periods; the store's lease lasts longer than all of them.
const importMissedBeats = 3

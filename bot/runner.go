package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// RunsConfig is what [Runs] needs. Bench, Store, Work and Saved are required.
type RunsConfig struct {
	Bench  *Bench
	Store  RunStore
	Work   RunWork
	Saved  SavedStore
	Clock  func() time.Time // Defaults to time.Now.
	Logger *slog.Logger     // Defaults to one that discards.
}

// Runs makes runs over past and saved questions and, while [Runs.Run] does, goes
// through them: one at a time on each node, under a lease that another node
// takes over when this one dies. It is safe for concurrent use.
type Runs struct {
	bench *Bench
	store RunStore
	work  RunWork
	saved SavedStore
	clock func() time.Time
	log   *slog.Logger
	wake  chan struct{} // one place: something was added here
}

var _ kb.Gate = (*Runs)(nil)

// NewRuns checks cfg and returns runs that wait for Run.
func NewRuns(cfg RunsConfig) (*Runs, error) {
	if cfg.Bench == nil || cfg.Store == nil || cfg.Work == nil || cfg.Saved == nil {
		return nil, errors.New("bot: RunsConfig.Bench, Store, Work and Saved are required")
	}
	r := &Runs{bench: cfg.Bench, store: cfg.Store, work: cfg.Work, saved: cfg.Saved, clock: cfg.Clock, log: cfg.Logger, wake: make(chan struct{}, 1)}
	if r.clock == nil {
		r.clock = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	return r, nil
}

// Add makes a run that waits for a node. Without drafts of its own, allDrafts takes
// every working copy as it is now. Errors: [ErrRun], [ErrRunsFull],
// identity.ErrForbidden, identity.ErrNotFound.
func (r *Runs) Add(ctx context.Context, actor identity.Actor, site int32, kind RunKind, spec RunSpec, allDrafts bool) (Run, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Run{}, fmt.Errorf("make a run: %w", identity.ErrForbidden)
	}
	spec.AllDepartments, spec.Departments = actor.Scope.All || actor.Scope.AllDepartments, actor.Scope.Departments
	if allDrafts && len(spec.Drafts) == 0 {
		refs, err := r.bench.DraftRefs(ctx, actor, site)
		if err != nil {
			return Run{}, err
		}
		spec.Drafts = refs
	}
	if err := spec.validate(kind); err != nil {
		return Run{}, err
	}
	if kind == RunReplay && len(spec.Drafts) > 0 { // what is not there any more is told now, not after a minute
		if _, err := r.bench.contents(ctx, site, spec.Drafts); err != nil {
			return Run{}, fmt.Errorf("make a run: %w", err)
		}
	}
	sortDrafts(spec.Drafts)
	now := r.clock().UTC()
	run, err := r.store.AddRun(ctx, actor.Scope, Run{
		ID: chat.NewID(now), Site: site, Kind: kind, Spec: spec, State: RunWaiting, CreatedBy: actor.ID, CreatedAt: now,
	})
	if err != nil {
		return Run{}, fmt.Errorf("make a run: %w", err)
	}
	select {
	case r.wake <- struct{}{}:
	default: // it will be seen anyhow
	}
	return run, nil
}

const (
	runPoll  = 2 * time.Second  // how often runs of other nodes are looked for
	runHold  = 20 * time.Second // a lease; a dead node's run is taken over after it
	runFlush = time.Second      // how often progress and rows are stored, and a cancellation is noticed
	// maxRunAttempts is how often a run may end with its server before it is given up.
	maxRunAttempts = 3
)

// Run works until ctx ends; then it returns nil. A run under way is taken over
// by another node, or by this one after its next start.
func (r *Runs) Run(ctx context.Context) error {
	poll := time.NewTicker(runPoll)
	defer poll.Stop()
	for {
		for r.next(ctx) {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-poll.C:
		}
	}
}

// next does one run; it reports false if there was none.
func (r *Runs) next(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	lease := chat.NewID(r.clock())
	run, ok, err := r.work.ClaimRun(ctx, lease, runHold)
	if err != nil {
		if ctx.Err() == nil {
			r.log.WarnContext(ctx, "cannot look for runs", "error", err)
		}
		return false
	}
	if !ok {
		return false
	}
	r.serve(ctx, run, lease)
	return true
}

// serve does a run and stores how it ended.
func (r *Runs) serve(ctx context.Context, run Run, lease string) {
	end := func(state RunState, s *RunSummary, problem string) {
		if err := r.work.EndRun(context.WithoutCancel(ctx), run.ID, lease, state, s, problem); err != nil && !errors.Is(err, ErrRunLost) {
			r.log.WarnContext(ctx, "cannot end a run", "run", run.ID, "error", err)
		}
	}
	if run.Attempts > maxRunAttempts {
		end(RunFailed, nil, ProblemCrashed)
		return
	}
	summary, err := r.through(ctx, run, lease)
	switch {
	case ctx.Err() != nil: // the server stops: the lease runs out
	case errors.Is(err, ErrRunLost):
	case err != nil:
		r.log.WarnContext(ctx, "a run over past questions failed", "run", run.ID, "kind", string(run.Kind), "error", err)
		end(RunFailed, nil, problemOf(err))
	default:
		end(RunDone, &summary, "")
	}
}

func problemOf(err error) string {
	switch {
	case errors.Is(err, ErrDrafts), errors.Is(err, kb.ErrInvalid):
		return ProblemDrafts
	case errors.Is(err, kb.ErrPreview):
		return ProblemTooBig
	case errors.Is(err, kb.ErrEmbedding), errors.Is(err, kb.ErrModel):
		return ProblemModel
	}
	return ProblemOther
}

// through does a run while another goroutine, which ends with it, holds the lease
// and stores what there is.
func (r *Runs) through(ctx context.Context, run Run, lease string) (s RunSummary, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex // guards the three below
	total, done := 0, 0
	var rows []RunRow
	flush := func(ctx context.Context) error {
		mu.Lock()
		t, d, ready := total, done, rows
		rows = nil
		mu.Unlock()
		return r.work.KeepRun(ctx, run.ID, lease, t, d, ready, runHold) //nolint:wrapcheck // says what was done
	}
	finished := make(chan struct{})
	var holding sync.WaitGroup
	holding.Go(func() {
		tick := time.NewTicker(runFlush)
		defer tick.Stop()
		for {
			select {
			case <-finished:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := flush(ctx); err != nil {
				cancel(err)
				return
			}
		}
	})
	defer func() {
		close(finished)
		holding.Wait()
		if p := recover(); p != nil { // one odd turn must not end the server
			err = fmt.Errorf("a run panicked: %v", p)
			return
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		if err == nil {
			err = flush(ctx)
		}
	}()
	j := job{runs: r, run: run, keep: func(t, d int, row *RunRow) {
		mu.Lock()
		defer mu.Unlock()
		total, done = t, d
		if row != nil {
			rows = append(rows, *row)
		}
	}}
	err = j.do(ctx)
	return j.sum, err
}

// lastOutcomes returns what the saved questions came to in the run before this one.
func (r *Runs) lastOutcomes(ctx context.Context, scope identity.Scope, run Run) (map[int64]TurnOutcome, error) {
	runs, err := r.store.Runs(ctx, scope, run.Site, RunQuestions, KeptRuns)
	if err != nil {
		return nil, fmt.Errorf("read the run before: %w", err)
	}
	at := slices.IndexFunc(runs, func(o Run) bool { return o.ID != run.ID && o.State == RunDone })
	if at < 0 {
		return nil, nil
	}
	out := map[int64]TurnOutcome{}
	const page = 500
	for after := 0; ; {
		rows, _, err := r.store.RunRows(ctx, scope, runs[at].ID, "", after, page)
		if err != nil {
			return nil, fmt.Errorf("read the run before: %w", err)
		}
		for _, row := range rows {
			out[row.Saved] = row.After
			after = row.N
		}
		if len(rows) < page {
			return out, nil
		}
	}
}

// Check implements kb.Gate: where the site wants it, working copies are published
// only after a replay of exactly these, over what is published and set now, that
// made at most so many answers worse.
func (r *Runs) Check(ctx context.Context, site int32, drafts []kb.DraftRef) error {
	p, err := r.bench.policies.Policy(ctx, site)
	if err != nil {
		return fmt.Errorf("read the bot's settings: %w", err)
	}
	if !p.GateOn || len(drafts) == 0 {
		return nil
	}
	refs := slices.Clone(drafts)
	sortDrafts(refs)
	now, err := r.bench.knowledge.Now(ctx, site)
	if err != nil {
		return fmt.Errorf("read the knowledge base's epoch: %w", err)
	}
	runs, err := r.store.Runs(ctx, identity.System().Scope, site, RunReplay, KeptRuns)
	if err != nil {
		return fmt.Errorf("read replays: %w", err)
	}
	for _, run := range runs {
		if run.State != RunDone || !slices.Equal(run.Spec.Drafts, refs) || !run.opensGate(now.Epoch, p.Version) {
			continue
		}
		s := run.Summary
		if worse := s.WorsePercent(); worse > p.GateWorse {
			return fmt.Errorf("%w: in the replay %d of %d answers (%.1f %%) changed for the worse, at most %g %% may", kb.ErrGate, s.Worse, s.Searched, worse, p.GateWorse)
		}
		return nil
	}
	return fmt.Errorf("%w: replay exactly these working copies over the last %d days or more, %d turns at least if there are so many; a replay with other thresholds, or from before the last publication or settings change, does not count",
		kb.ErrGate, GateDays, GateTurns)
}

// opensGate reports whether a finished replay tells enough of what is published
// and set now: nothing else was tried with it, and it left out nothing of the
// last days but what lies beyond [GateTurns].
func (r *Run) opensGate(epoch, policy int64) bool {
	spec, s := &r.Spec, r.Summary
	return s != nil && s.Epoch == epoch && s.Policy == policy &&
		spec.Answer == nil && spec.Clarify == nil && spec.MaxClarifications == nil && spec.AllDepartments &&
		spec.Days >= GateDays && (s.Left == 0 || spec.Limit >= GateTurns)
}

package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// TurnsConfig is what [Turns] needs. Decider and Chat are required.
type TurnsConfig struct {
	Decider Decider
	Chat    Chat
	// Policies tell whether the bot speaks at a site, and when people are there. Nil =
	// everywhere, and nobody knows.
	Policies Policies
	// Rewriter may put an answer into other words before it is said. Nil = nothing does.
	Rewriter Rewriter
	// Workers is how many turns run at once. Defaults to 8.
	Workers int
	// Queue is how many conversations may wait for a worker. One that finds it
	// full is picked up by the next reconciling read. Defaults to 4096.
	Queue int
	// Timeout is how long a turn may take before the bot hands over. Defaults to 5 s.
	Timeout time.Duration
	// Reconcile is how often conversations without an answer are looked for:
	// those of a crash, a full queue, a failed commit. Defaults to 2 s.
	Reconcile time.Duration
	Logger    *slog.Logger     // Defaults to one that discards.
	Clock     func() time.Time // Defaults to time.Now. Tells visitors when people are back.
}

// Turns takes the bot's turns. It is a chat.Sink; hang it on the hub with
// WatchAll before calling Run. There is no debounce: every message starts a turn
// at once. A message that arrives before the earlier turn has committed cancels
// that turn and joins it.
type Turns struct {
	decider   Decider
	chat      Chat
	policies  Policies // nil = none
	rewriter  Rewriter // nil = none
	choices   choices
	addresses addresses
	clock     func() time.Time
	workers   int
	timeout   time.Duration
	reconcile time.Duration
	log       *slog.Logger
	queue     chan string // conversations; see TurnsConfig.Queue

	mu      sync.Mutex // guards all below
	active  map[string]*turn
	others  map[string]struct{} // conversations known to be a human's: their messages cost no read
	failing map[string]failure  // conversations whose last turns came to nothing
	counts  TurnCounts
}

// maxOthers bounds Turns.others; when it is full it starts anew.
const maxOthers = 100_000

// turn is a conversation that is queued or worked on.
type turn struct {
	cancel context.CancelFunc // of the running attempt; nil while queued
	again  bool               // something was written meanwhile: read it and start over
	// seq is the last row that the turn knows: the one that started it, then those that it has read. Rows up to it are no
	// news: rows of before are shown again after the bus was cut, this node's own too.
	seq uint32
}

// overtaken reports whether row is news to a turn that runs. The caller holds [Turns.mu].
func (at *turn) overtaken(row *chat.Row) bool {
	return at != nil && at.cancel != nil && row.Seq > at.seq
}

// TurnCounts says what the turns came to since the start.
type TurnCounts struct {
	Committed  uint64
	Stale      uint64 // refused by the commit: the conversation or the article had changed
	Cancelled  uint64 // joined by a newer message
	Failed     uint64 // search or model failed: handed over
	Reconciled uint64 // picked up by the reconciling read; 0 in a healthy run
	QueueFull  uint64
	Waiting    int // in the queue now
}

var _ chat.Sink = (*Turns)(nil)

// NewTurns checks cfg and returns turns that wait for Run.
func NewTurns(cfg TurnsConfig) (*Turns, error) {
	if cfg.Decider == nil || cfg.Chat == nil {
		return nil, errors.New("bot: TurnsConfig.Decider and TurnsConfig.Chat are required")
	}
	if cfg.Workers < 0 || cfg.Queue < 0 || cfg.Timeout < 0 || cfg.Reconcile < 0 {
		return nil, errors.New("bot: TurnsConfig must hold no negative number")
	}
	t := &Turns{
		decider: cfg.Decider, chat: cfg.Chat, policies: cfg.Policies, rewriter: cfg.Rewriter, choices: newChoices(), addresses: newAddresses(), clock: cfg.Clock, workers: or(cfg.Workers, 8), timeout: or(cfg.Timeout, 5*time.Second),
		reconcile: or(cfg.Reconcile, 2*time.Second), log: cfg.Logger, queue: make(chan string, or(cfg.Queue, 4096)),
		active: map[string]*turn{}, others: map[string]struct{}{}, failing: map[string]failure{},
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if t.clock == nil {
		t.clock = time.Now
	}
	return t, nil
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Counts returns what the turns came to so far.
func (t *Turns) Counts() TurnCounts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts
	c.Waiting = len(t.queue)
	return c
}

// Deliver implements chat.Sink.
func (t *Turns) Deliver(u *chat.Update) {
	if u.Row == nil {
		return
	}
	row := u.Row
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := row.Data.State; s != nil {
		t.note(row.Conversation, s.Owner)
		if at := t.active[row.Conversation]; s.Owner != chat.OwnerBot && at.overtaken(row) {
			at.cancel() // a human took over: what the bot computes now would be refused
		}
	}
	if row.Kind == chat.KindIdentified && t.active[row.Conversation] != nil { // on whichever node: the turn is this one's
		t.start(row.Conversation, row.Seq) // who asks may be told more by now
		return
	}
	// A visitor who goes to the queue by themselves is told if nobody is there.
	if u.Remote { // the node that stored it answers; should that die, the reconciling read finds it
		if at := t.active[row.Conversation]; row.Author.Kind == chat.AuthorVisitor && row.Kind == chat.KindMessage && at.overtaken(row) {
			at.cancel() // joined by a newer message, there
		}
		return
	}
	if row.Author.Kind != chat.AuthorVisitor || row.Kind != chat.KindMessage && row.Kind != chat.KindHandover {
		return
	}
	if _, other := t.others[row.Conversation]; other {
		return
	}
	t.start(row.Conversation, row.Seq)
}

// knows notes that the turn has read a conversation up to seq.
func (t *Turns) knows(conv string, seq uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.active[conv]; at != nil {
		at.seq = max(at.seq, seq)
	}
}

// note remembers whose the conversation is; mu is held.
func (t *Turns) note(conv string, owner chat.Owner) {
	if owner != chat.OwnerHuman {
		delete(t.others, conv)
		return
	}
	if len(t.others) >= maxOthers {
		clear(t.others)
	}
	t.others[conv] = struct{}{}
}

// start queues a turn that answers row seq, or makes the present one start over
// if that is news to it; mu is held.
func (t *Turns) start(conv string, seq uint32) {
	if at := t.active[conv]; at != nil {
		if at.cancel != nil && seq > at.seq {
			at.again = true
			at.cancel()
		}
		at.seq = max(at.seq, seq)
		return
	}
	select {
	case t.queue <- conv:
		t.active[conv] = &turn{seq: seq}
	default:
		t.counts.QueueFull++
	}
}

// Run takes turns until ctx ends, and returns when its workers have ended. What
// is then unfinished is picked up at the next start.
func (t *Turns) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range t.workers {
		workers.Go(func() { t.work(ctx) })
	}
	ticker := time.NewTicker(t.reconcile)
	defer ticker.Stop()
	for first := true; ; first = false {
		t.pickUp(ctx, first)
		select {
		case <-ctx.Done():
			workers.Wait()
			return nil
		case <-ticker.C:
		}
	}
}

// pickUp starts turns in conversations whose last word is a visitor's. A message
// that is being answered right now is active already.
func (t *Turns) pickUp(ctx context.Context, first bool) {
	call, cancel := context.WithTimeoutCause(ctx, t.timeout, errors.New("reading unanswered conversations took too long"))
	defer cancel()
	open, err := t.chat.UnansweredByBot(call)
	if err != nil {
		if ctx.Err() == nil {
			t.log.WarnContext(ctx, "cannot look for unanswered conversations", "error", err)
		}
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range open {
		if t.active[open[i].ID] != nil {
			continue
		}
		if !first {
			t.counts.Reconciled++
		}
		t.start(open[i].ID, open[i].LastSeq)
	}
}

func (t *Turns) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case conv := <-t.queue:
			t.serve(ctx, conv)
		}
	}
}

// serve takes turns in one conversation until nothing new was written meanwhile.
func (t *Turns) serve(ctx context.Context, conv string) {
	for {
		attempt, cancel := context.WithTimeoutCause(ctx, t.timeout, errTurnTimeout)
		t.mu.Lock()
		at := t.active[conv]
		at.cancel, at.again = cancel, false
		t.mu.Unlock()
		err := t.take(ctx, attempt, conv)
		cancel()
		if err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "bot turn ended without an answer", "conversation", conv, "error", err)
		}
		t.mu.Lock()
		if !at.again || ctx.Err() != nil {
			delete(t.active, conv)
			t.mu.Unlock()
			return
		}
		t.counts.Cancelled++
		t.mu.Unlock()
	}
}

var errTurnTimeout = errors.New("the bot's turn took too long")

// maxAttempts is how often a turn whose commit was refused reads and decides anew:
// once at once, then after firstPause and twice as long each time, for a publish may
// hold the article.
const (
	maxAttempts = 6
	firstPause  = 10 * time.Millisecond
)

// take reads, decides and commits. attempt ends when a newer message arrives; ctx
// ends with the server.
func (t *Turns) take(ctx, attempt context.Context, conv string) error {
	var at uint32 // the row that the turn answers
	defer func() {
		if p := recover(); p != nil { // one broken conversation must not end the bot
			t.log.ErrorContext(ctx, "bot turn panicked", "conversation", conv, "panic", p)
			t.failedAt(conv, at)
		}
	}()
	for i := range maxAttempts {
		if i > 1 && !pause(attempt, firstPause<<(i-2)) {
			break
		}
		head, rows, err := t.chat.Thread(attempt, identity.Bot(), conv, historyRows)
		if err != nil {
			return cancelled(attempt, err)
		}
		if head.Owner == chat.OwnerHuman || head.Status != chat.StatusOpen {
			t.mu.Lock()
			t.note(conv, head.Owner)
			t.mu.Unlock()
			return nil
		}
		ep := t.choices.readEpisode(rows)
		at = ep.lastSeq
		t.knows(conv, at)
		switch err := t.speak(ctx, attempt, head, &ep); {
		case err == nil:
			t.forgetFailure(conv)
			return nil
		case errors.Is(err, chat.ErrStale):
			t.count(func(c *TurnCounts) { c.Stale++ })
		case errors.Is(err, chat.ErrCIDTaken), errors.Is(err, chat.ErrResolved), errors.Is(err, chat.ErrNotFound):
			return nil // answered by another node, or nobody waits any more
		case attempt.Err() != nil && !errors.Is(context.Cause(attempt), errTurnTimeout):
			return nil // joined by a newer message, or the server stops
		default:
			t.failedAt(conv, at)
			return err // the reconciling read tries again
		}
	}
	if attempt.Err() != nil && !errors.Is(context.Cause(attempt), errTurnTimeout) {
		return nil
	}
	// Changed under our hands each time: by a writer, who has started a turn, or by a publish that
	// holds the article; then the reconciling read tries again.
	t.failedAt(conv, at)
	return nil
}

// speak decides what to say in a conversation as it was read, and stores it.
func (t *Turns) speak(ctx, attempt context.Context, head chat.Conversation, ep *episode) error {
	if head.Owner == chat.OwnerQueue {
		return t.attend(ctx, attempt, head, ep)
	}
	q, ok := ep.question(head)
	if !ok {
		return nil
	}
	if t.hopeless(head.ID, ep.lastSeq) {
		t.log.WarnContext(ctx, "bot turn failed too often, handing over", "conversation", head.ID)
		return t.commit(ctx, head, ep, q, Unavailable(q))
	}
	d, err := t.judge(attempt, head, q)
	if err != nil {
		if attempt.Err() != nil && !errors.Is(context.Cause(attempt), errTurnTimeout) {
			return context.Cause(attempt)
		}
		t.log.WarnContext(ctx, "bot cannot answer, handing over", "conversation", head.ID, "error", err)
		t.count(func(c *TurnCounts) { c.Failed++ })
		d = Unavailable(q)
	} else if attempt.Err() != nil {
		return context.Cause(attempt)
	}
	if err := t.commit(ctx, head, ep, q, d); err != nil {
		return err
	}
	t.count(func(c *TurnCounts) { c.Committed++ })
	return nil
}

// judge decides q as the site's policy has it.
func (t *Turns) judge(ctx context.Context, head chat.Conversation, q Question) (Decision, error) {
	p, err := t.policy(ctx, head.Site)
	if err != nil {
		return Decision{}, err
	}
	mode := p.ModeFor(head.ID)
	if mode == ModeOff {
		return handover(unspoken(q), ReasonOff), nil
	}
	d, err := t.decider.Decide(ctx, q)
	d.Shadow = mode == ModeShadow
	if t.rewriter != nil && err == nil && d.Action == ActionAnswer && !d.Shadow && ctx.Err() == nil {
		t.rewriter.Reword(ctx, head.Site, q, &d)
	}
	return d, err
}

// policy returns the site's.
func (t *Turns) policy(ctx context.Context, site int32) (Policy, error) {
	if t.policies == nil {
		return Policy{}, nil
	}
	p, err := t.policies.Policy(ctx, site)
	if err != nil {
		return Policy{}, fmt.Errorf("read the bot's policy: %w", err)
	}
	return p, nil
}

// failure is how often the turn that answers a row came to nothing.
type failure struct {
	at uint32
	n  int
}

// maxFailures is after how many failed turns for the same row the visitor gets a
// human instead: they must not wait for a bot that cannot answer.
const maxFailures = 3

// maxFailing bounds Turns.failing; when it is full it starts anew.
const maxFailing = 10_000

func (t *Turns) failedAt(conv string, at uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.failing[conv]
	if f.at != at {
		f = failure{at: at}
	}
	f.n++
	if len(t.failing) >= maxFailing {
		t.failing = map[string]failure{}
	}
	t.failing[conv] = f
}

func (t *Turns) hopeless(conv string, at uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.failing[conv]
	return f.at == at && f.n >= maxFailures
}

func (t *Turns) forgetFailure(conv string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.failing, conv)
}

func (t *Turns) count(change func(*TurnCounts)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.counts)
}

// pause waits for d; it reports false if ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// cancelled hides the error of a turn that a newer message ended.
func cancelled(attempt context.Context, err error) error {
	if attempt.Err() == nil {
		return err
	}
	return nil
}

package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// KeeperStore is what the [Keeper] works with.
type KeeperStore interface {
	PrivacyStore
	// Lease is [IndexStore]'s.
	Lease(ctx context.Context, task, holder string, lasts time.Duration) (readTo, now time.Time, err error)
	// RanThrough says when the policies were last run through.
	RanThrough(ctx context.Context, at time.Time) error
	// DropLinks forgets links that opened nothing any more since then.
	DropLinks(ctx context.Context, before time.Time) error
}

// KeeperConfig of a [Keeper].
type KeeperConfig struct {
	// Store and Privacy are required; Privacy finishes what a node left.
	Store   KeeperStore
	Privacy *Privacy
	// Audit records each run. Required.
	Audit func(ctx context.Context, row identity.AuditRow) error
	// Every is how often it looks whether a day is over. Defaults to ten minutes.
	Every time.Duration
	// Pause is between two batches, so that people do not wait. Defaults to 100 ms.
	Pause time.Duration
	// Logger receives warnings: ids, never content. Defaults to slog.Default().
	Logger *slog.Logger
	// Clock defaults to time.Now.
	Clock func() time.Time
}

const (
	keepEvery   = 24 * time.Hour
	keepLease   = 5 * time.Minute
	keepBatch   = 50 // conversations a transaction
	eraseWaits  = 5 * time.Minute
	linksBefore = 30 * 24 * time.Hour
)

// Keeper runs the policies once a day, on one node, in small batches, and
// finishes erasures whose node has ended.
type Keeper struct {
	cfg    KeeperConfig
	holder string
	ran    map[int32]bool // sites whose policy ran in a round that is not through: of [Keeper.Once] alone
	asked  chan asked     // runs that people asked for; when it is full they are told to wait
}

// asked is a run that somebody asked for.
type asked struct {
	policy Policy
	actor  string
}

// NewKeeper checks cfg and returns a keeper that waits for Run.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	if cfg.Store == nil || cfg.Privacy == nil || cfg.Audit == nil {
		return nil, errors.New("history keeper: Store, Privacy and Audit are required")
	}
	if cfg.Every < 0 || cfg.Pause < 0 {
		return nil, errors.New("history keeper: Every and Pause must not be negative")
	}
	if cfg.Every == 0 {
		cfg.Every = 10 * time.Minute
	}
	if cfg.Pause == 0 {
		cfg.Pause = 100 * time.Millisecond
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Keeper{cfg: cfg, holder: chat.NewID(cfg.Clock()), ran: map[int32]bool{}, asked: make(chan asked, 8)}, nil
}

// Run keeps house until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(k.cfg.Every)
	defer tick.Stop()
	for {
		if err := k.Once(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrLease) {
			k.cfg.Logger.WarnContext(ctx, "cannot keep house", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case ask := <-k.asked:
			if err := k.run(ctx, ask.policy, ask.actor); err != nil && ctx.Err() == nil {
				k.cfg.Logger.WarnContext(ctx, "cannot run a retention policy", "site", ask.policy.Site, "error", err)
			}
		case <-tick.C:
		}
	}
}

// Once finishes erasures and, when a day is over, runs the policies. What fails
// stops nothing else: it is logged, and tried again the next time. [ErrLease]
// when another node is at it.
func (k *Keeper) Once(ctx context.Context) error {
	last, now, err := k.cfg.Store.Lease(ctx, "retention", k.holder, keepLease)
	if err != nil {
		return err
	}
	if err := k.finish(ctx); err != nil {
		return err
	}
	if !last.IsZero() && now.Sub(last) < keepEvery {
		return nil
	}
	policies, err := k.cfg.Store.Policies(ctx, identity.Everything())
	if err != nil {
		return fmt.Errorf("read retention policies: %w", err)
	}
	failed := 0
	for _, p := range policies {
		if p.Anonymous == 0 && p.Identified == 0 || k.ran[p.Site] {
			continue
		}
		if err := k.run(ctx, p, "system"); err != nil {
			if ends(ctx, err) {
				return err
			}
			k.cfg.Logger.WarnContext(ctx, "cannot run a retention policy", "site", p.Site, "error", err)
			failed++
			continue
		}
		k.ran[p.Site] = true
	}
	if err := k.cfg.Store.DropLinks(ctx, now.Add(-linksBefore)); err != nil {
		return fmt.Errorf("forget links: %w", err)
	}
	if failed > 0 {
		return nil // the day is not over for these
	}
	clear(k.ran)
	return k.cfg.Store.RanThrough(ctx, now)
}

// ends reports whether an error is the end of the round: somebody else is at it, or the node stops.
func ends(ctx context.Context, err error) bool { return ctx.Err() != nil || errors.Is(err, ErrLease) }

// finish goes on with erasures that nobody works on any more. One that fails
// waits for the next time, and keeps no other from its turn.
func (k *Keeper) finish(ctx context.Context) error {
	left, err := k.cfg.Store.Unfinished(ctx, k.cfg.Clock().Add(-eraseWaits))
	if err != nil {
		return fmt.Errorf("look for unfinished erasures: %w", err)
	}
	for _, e := range left {
		if _, _, err := k.cfg.Store.Lease(ctx, "retention", k.holder, keepLease); err != nil {
			return err
		}
		if err := k.cfg.Privacy.forget(ctx, e.ID, e.Contact); err != nil {
			if ends(ctx, err) {
				return fmt.Errorf("finish erasure %s: %w", e.ID, err)
			}
			k.cfg.Logger.WarnContext(ctx, "cannot finish an erasure", "erasure", e.ID, "error", err)
		}
	}
	return nil
}

// run does what one site's policy says.
func (k *Keeper) run(ctx context.Context, p Policy, actor string) error {
	var total Deleted
	store, cut := k.cfg.Store, p.cut(k.cfg.Clock())
	id, err := store.StartRun(ctx, p.Site, actor, k.cfg.Clock().UTC())
	if err != nil {
		return fmt.Errorf("begin retention run: %w", err)
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		if _, _, err := store.Lease(ctx, "retention", k.holder, keepLease); err != nil {
			return err
		}
		d, gone, err := store.DropExpired(ctx, p.Site, cut, keepBatch)
		if err != nil {
			return fmt.Errorf("delete what is over: %w", err)
		}
		k.cfg.Privacy.chat.Gone(chat.GoneExpired, gone...)
		total.Conversations += d.Conversations
		total.Messages += d.Messages
		total.Contacts += d.Contacts
		if d.Conversations < keepBatch && d.Contacts < keepBatch {
			break
		}
		if err := store.SaveRun(ctx, id, total, time.Time{}); err != nil {
			return fmt.Errorf("keep account of the run: %w", err)
		}
		pause.Reset(k.cfg.Pause)
	}
	if err := store.SaveRun(ctx, id, total, k.cfg.Clock().UTC()); err != nil {
		return fmt.Errorf("keep account of the run: %w", err)
	}
	return k.cfg.Audit(ctx, identity.AuditRow{
		At: k.cfg.Clock().UTC(), Actor: actor, Action: "retention.run", Site: p.Site,
		Detail: fmt.Sprintf("conversations %d, messages %d, contacts %d", total.Conversations, total.Messages, total.Contacts),
	})
}

// Ask has a site's policy run at once, by [Keeper.Run]; how far it is stands in
// the site's policy. Errors: [ErrLease] while another node is at it or many were
// asked for, [ErrInvalid] where everything is kept, identity.ErrNotFound,
// identity.ErrForbidden.
func (k *Keeper) Ask(ctx context.Context, actor identity.Actor, site int32) error {
	policies, err := k.cfg.Privacy.Policies(ctx, actor)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if p.Site != site || !wholeSite(actor.Scope, site) {
			continue
		}
		if p.Anonymous == 0 && p.Identified == 0 {
			return fmt.Errorf("%w: the site keeps everything for ever; set a number of days first", ErrInvalid)
		}
		if _, _, err := k.cfg.Store.Lease(ctx, "retention", k.holder, keepLease); err != nil {
			return err
		}
		select {
		case k.asked <- asked{p, actor.ID}:
			return nil
		default:
			return ErrLease
		}
	}
	return identity.ErrNotFound
}

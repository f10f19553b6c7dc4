package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Workshop is a knowledge base that can be tried as it would be; *kb.Service is one.
type Workshop interface {
	Knowledge
	kb.Moments
	// Preview makes a preview with changed published. Errors: kb.ErrPreview, kb.ErrInvalid, kb.ErrEmbedding and the store's.
	Preview(ctx context.Context, actor identity.Actor, site int32, changed []kb.Article) (*kb.Preview, error)
	// Curve rehearses. Errors: kb.ErrUnlearnable, kb.ErrPreview, kb.ErrEmbedding and the store's.
	Curve(ctx context.Context, actor identity.Actor, site int32) (kb.Curve, error)
}

// WorkingCopy is an article's translation that is not published as it stands.
type WorkingCopy struct {
	DraftRef
	Content kb.Article
}

// WorkingCopies reads them.
type WorkingCopies interface {
	// WorkingCopies returns those of a site within scope.
	WorkingCopies(ctx context.Context, scope identity.Scope, site int32) ([]WorkingCopy, error)
}

// ErrDrafts says that a working copy is not there any more as it was asked for.
var ErrDrafts = errors.New("a working copy was changed, published or removed meanwhile")

// BenchConfig is what a [Bench] needs. Knowledge and Policies are required.
type BenchConfig struct {
	Knowledge Workshop
	Policies  Policies
	Drafts    WorkingCopies // nil = there are none
	// Responder is how the server's own is configured; its Knowledge, Policies and
	// cache, if any, are replaced.
	Responder ResponderConfig
	Clock     func() time.Time // Defaults to time.Now.
}

// Bench decides questions as the bot would if working copies were published or
// thresholds were others: on the path of production, without anybody being told.
// It is safe for concurrent use and starts no goroutine.
type Bench struct {
	knowledge Workshop
	policies  Policies
	drafts    WorkingCopies
	responder ResponderConfig
	clock     func() time.Time

	// making is held while a preview or a curve is made: it costs seconds of a
	// core, so one at a time. Who waits gives up with its request.
	making   chan struct{}
	previews []heldPreview      // newest first, at most keptPreviews; guarded by making
	curves   map[int32]kb.Curve // one a site; guarded by making
}

// keptPreviews bounds the knowledge bases in memory: one for the test bench, one for a replay.
const keptPreviews = 2

type heldPreview struct {
	key     string
	preview *kb.Preview
}

// NewBench checks cfg and returns a bench.
func NewBench(cfg BenchConfig) (*Bench, error) {
	if cfg.Knowledge == nil || cfg.Policies == nil {
		return nil, errors.New("bot: BenchConfig.Knowledge and BenchConfig.Policies are required")
	}
	b := &Bench{
		knowledge: cfg.Knowledge, policies: cfg.Policies, drafts: cfg.Drafts, responder: cfg.Responder, clock: cfg.Clock,
		making: make(chan struct{}, 1), curves: map[int32]kb.Curve{},
	}
	if b.clock == nil {
		b.clock = time.Now
	}
	return b, nil
}

// trial is a decider with what it decides by.
type trial struct {
	decider  Decider
	policy   Policy
	epoch    int64
	relearnt bool
}

// fixed is a policy that does not change.
type fixed struct{ policy Policy }

// Policy implements [Policies].
func (f fixed) Policy(context.Context, int32) (Policy, error) { return f.policy, nil }

// trial returns a decider over the site's articles with these working copies
// published, by policy p. Errors: [ErrDrafts] and those of [Workshop.Preview].
func (b *Bench) trial(ctx context.Context, site int32, refs []DraftRef, p Policy) (trial, error) {
	now, err := b.knowledge.Now(ctx, site)
	if err != nil {
		return trial{}, fmt.Errorf("read the knowledge base's epoch: %w", err)
	}
	t := trial{policy: p, epoch: now.Epoch}
	cfg := b.responder
	cfg.Knowledge, cfg.Policies, cfg.Cache = b.knowledge, fixed{p}, nil
	if len(refs) > 0 {
		preview, err := b.preview(ctx, site, now, refs)
		if err != nil {
			return trial{}, err
		}
		cfg.Knowledge, t.epoch, t.relearnt = preview, preview.Epoch, preview.Relearnt
	}
	t.decider, err = NewResponder(cfg)
	return t, err
}

// preview returns the knowledge base with the working copies, the one made last if it is the same.
func (b *Bench) preview(ctx context.Context, site int32, now kb.Now, refs []DraftRef) (*kb.Preview, error) {
	refs = slices.Clone(refs)
	sortDrafts(refs)
	key := fmt.Sprintf("%d %+v %+v", site, now, refs)
	if err := b.hold(ctx); err != nil {
		return nil, err
	}
	defer b.release()
	for i, h := range b.previews {
		if h.key == key {
			copy(b.previews[1:i+1], b.previews[:i])
			b.previews[0] = h
			return h.preview, nil
		}
	}
	changed, err := b.contents(ctx, site, refs)
	if err != nil {
		return nil, err
	}
	preview, err := b.knowledge.Preview(ctx, identity.System(), site, changed)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	b.previews = append([]heldPreview{{key, preview}}, b.previews[:min(len(b.previews), keptPreviews-1)]...)
	return preview, nil
}

func (b *Bench) hold(ctx context.Context) error {
	select {
	case b.making <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *Bench) release() { <-b.making }

// contents returns the working copies as they were asked for, or [ErrDrafts].
func (b *Bench) contents(ctx context.Context, site int32, refs []DraftRef) ([]kb.Article, error) {
	all, err := b.allDrafts(ctx, identity.System().Scope, site)
	if err != nil {
		return nil, err
	}
	out := make([]kb.Article, len(refs))
	for i, ref := range refs {
		at := slices.IndexFunc(all, func(d WorkingCopy) bool { return d.DraftRef == ref })
		if at < 0 {
			return nil, fmt.Errorf("%w: %s in %s", ErrDrafts, ref.Article, ref.Locale)
		}
		out[i] = all[at].Content
	}
	return out, nil
}

func (b *Bench) allDrafts(ctx context.Context, scope identity.Scope, site int32) ([]WorkingCopy, error) {
	if b.drafts == nil {
		return nil, nil
	}
	all, err := b.drafts.WorkingCopies(ctx, scope, site)
	if err != nil {
		return nil, fmt.Errorf("read working copies: %w", err)
	}
	return all, nil
}

// DraftRefs returns a site's working copies within the actor's scope, in order.
// Errors: identity.ErrForbidden and the store's.
func (b *Bench) DraftRefs(ctx context.Context, actor identity.Actor, site int32) ([]DraftRef, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return nil, fmt.Errorf("read working copies: %w", identity.ErrForbidden)
	}
	all, err := b.allDrafts(ctx, actor.Scope, site)
	if err != nil {
		return nil, err
	}
	refs := make([]DraftRef, len(all))
	for i, d := range all {
		refs[i] = d.DraftRef
	}
	sortDrafts(refs)
	return refs[:min(len(refs), MaxRunDrafts)], nil
}

// Ask decides q as if these working copies were published. Errors: [ErrDrafts],
// identity.ErrForbidden, those of [Workshop.Preview] and of [Decider.Decide].
func (b *Bench) Ask(ctx context.Context, actor identity.Actor, q Question, refs []DraftRef) (Decision, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Decision{}, fmt.Errorf("ask the working copies: %w", identity.ErrForbidden)
	}
	p, err := b.policies.Policy(ctx, q.Site)
	if err != nil {
		return Decision{}, fmt.Errorf("ask the working copies: %w", err)
	}
	t, err := b.trial(ctx, q.Site, refs, p)
	if err != nil {
		return Decision{}, fmt.Errorf("ask the working copies: %w", err)
	}
	return t.decider.Decide(ctx, q) //nolint:wrapcheck // the decider's own words
}

// curve returns the site's measured confidence, the one made last if nothing was published since.
func (b *Bench) curve(ctx context.Context, actor identity.Actor, site int32) (kb.Curve, error) {
	if err := b.hold(ctx); err != nil {
		return kb.Curve{}, err
	}
	defer b.release()
	now, err := b.knowledge.Now(ctx, site)
	if err != nil {
		return kb.Curve{}, fmt.Errorf("read the knowledge base's epoch: %w", err)
	}
	if c, ok := b.curves[site]; ok && c.Epoch == now.Epoch && (now.Fingerprint == "" || now.Fingerprint == c.Fingerprint) {
		return c, nil
	}
	c, err := b.knowledge.Curve(ctx, actor, site)
	if err != nil {
		return kb.Curve{}, err //nolint:wrapcheck // says what was done
	}
	b.curves[site] = c
	return c, nil
}

func compareDrafts(a, b DraftRef) int {
	return cmp.Or(strings.Compare(a.Article, b.Article), strings.Compare(a.Locale, b.Locale), cmp.Compare(a.Revision, b.Revision))
}

package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// GapBoard is what people do with gaps. Each method needs [identity.PermBotAdmin].
type GapBoard struct {
	store  GapBoardStore
	drafts Drafts // nil = there is no editing here
	gather gatherer
	clock  func() time.Time
}

// NewGapBoard returns a board over store, which makes working copies through
// drafts. A nil clock is time.Now.
func NewGapBoard(store GapBoardStore, drafts Drafts, clock func() time.Time) (*GapBoard, error) {
	if store == nil {
		return nil, errors.New("bot: NewGapBoard needs a store")
	}
	if clock == nil {
		clock = time.Now
	}
	return &GapBoard{store: store, drafts: drafts, gather: gatherer{twins: kb.NewTwins()}, clock: clock}, nil
}

func permitGaps(actor identity.Actor) error {
	if !actor.Can(identity.PermBotAdmin) {
		return fmt.Errorf("gap board: %w", identity.ErrForbidden)
	}
	return nil
}

func (b *GapBoard) by(actor identity.Actor) GapActor {
	return GapActor{User: actor.ID, At: b.clock().UTC()}
}

// List returns a page of a site's board. Errors: [ErrGapInvalid], identity.ErrForbidden.
func (b *GapBoard) List(ctx context.Context, actor identity.Actor, q GapQuery) (GapPage, error) {
	if err := permitGaps(actor); err != nil {
		return GapPage{}, err
	}
	if len(q.States) == 0 {
		q.States = []GapState{GapOpen, GapInProgress}
	}
	q.Order = cmp.Or(q.Order, "cost")
	if !slices.Contains([]string{"cost", "visitors", "newest"}, q.Order) {
		return GapPage{}, fmt.Errorf("%w: order must be cost, visitors or newest", ErrGapInvalid)
	}
	if q.Limit = cmp.Or(q.Limit, 50); q.Limit < 1 || q.Limit > 100 || q.Offset < 0 {
		return GapPage{}, fmt.Errorf("%w: limit must be within 1 and 100, offset not negative", ErrGapInvalid)
	}
	if q.Search = strings.TrimSpace(q.Search); !utf8.ValidString(q.Search) || strings.ContainsRune(q.Search, 0) {
		return GapPage{}, fmt.Errorf("%w: search is no text", ErrGapInvalid)
	}
	return b.store.Gaps(ctx, actor.Scope, q, b.clock().UTC())
}

// Get returns a gap with its questions, replies and near gaps. Errors:
// [ErrGapNotFound], identity.ErrForbidden.
func (b *GapBoard) Get(ctx context.Context, actor identity.Actor, id int64) (GapDetail, error) {
	if err := permitGaps(actor); err != nil {
		return GapDetail{}, err
	}
	d, err := b.store.Gap(ctx, actor.Scope, id, b.clock().UTC())
	if err != nil {
		return d, err
	}
	near, err := b.store.NearGaps(ctx, actor.Scope, id, gapNear)
	if err != nil {
		return d, err
	}
	for _, n := range near {
		if n.State != "" && b.gather.like(n.Pairs) && len(d.Near) < 5 {
			d.Near = append(d.Near, n.GapNear)
		}
	}
	return d, nil
}

// SetState says what people make of a gap. Errors: [ErrGapNotFound],
// [ErrGapChanged], [ErrGapInvalid], identity.ErrForbidden; as all below.
func (b *GapBoard) SetState(ctx context.Context, actor identity.Actor, id int64, revision int, state GapState) error {
	if err := permitGaps(actor); err != nil {
		return err
	}
	switch state {
	case GapOpen, GapInProgress, GapSolved, GapDismissed, GapOutOfScope:
	default:
		return fmt.Errorf("%w: state must be open, in_progress, solved, dismissed or out_of_scope", ErrGapInvalid)
	}
	return b.store.Change(ctx, actor.Scope, id, revision, GapChange{By: b.by(actor), Act: "state", Detail: map[string]string{"state": string(state)}, State: &state})
}

// maxGapName is how many code points a gap's name may have.
const maxGapName = 200

// Rename names a gap; empty takes the name away.
func (b *GapBoard) Rename(ctx context.Context, actor identity.Actor, id int64, revision int, name string) error {
	if err := permitGaps(actor); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if name != "" {
		if err := identity.CheckName("name", name); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(name) > maxGapName {
		return fmt.Errorf("%w: name is longer than %d characters", ErrGapInvalid, maxGapName)
	}
	return b.store.Change(ctx, actor.Scope, id, revision, GapChange{By: b.by(actor), Act: "name", Detail: map[string]string{"name": name}, Name: &name})
}

// Merge puts all questions of a gap into another; what is gathered later follows them.
func (b *GapBoard) Merge(ctx context.Context, actor identity.Actor, id int64, revision int, into int64) error {
	if err := permitGaps(actor); err != nil {
		return err
	}
	if id == into {
		return fmt.Errorf("%w: into must be another gap", ErrGapInvalid)
	}
	return b.store.Merge(ctx, actor.Scope, id, revision, into, b.by(actor))
}

// maxGapSplit is how many questions one split names.
const maxGapSplit = 200

// Split makes a gap of its own of some questions, and returns it.
func (b *GapBoard) Split(ctx context.Context, actor identity.Actor, id int64, revision int, turns []GapTurn) (int64, error) {
	if err := permitGaps(actor); err != nil {
		return 0, err
	}
	if len(turns) == 0 || len(turns) > maxGapSplit {
		return 0, fmt.Errorf("%w: samples must name 1 to %d questions", ErrGapInvalid, maxGapSplit)
	}
	return b.store.Split(ctx, actor.Scope, id, revision, turns, b.by(actor))
}

// Apart says that two gaps are not the same question: they are not proposed for merging again.
func (b *GapBoard) Apart(ctx context.Context, actor identity.Actor, id, other int64) error {
	if err := permitGaps(actor); err != nil {
		return err
	}
	if id == other {
		return fmt.Errorf("%w: other must be another gap", ErrGapInvalid)
	}
	return b.store.Apart(ctx, actor.Scope, id, other, b.by(actor))
}

// maxGapVariants is how many questions become variants at once.
const maxGapVariants = 20

// AddVariants puts questions of a gap into the working copy of an article, which
// is made of the published version if there is none. Nothing is published.
// Errors: also those of the knowledge base.
func (b *GapBoard) AddVariants(ctx context.Context, actor identity.Actor, id int64, revision int, a PacketArticle, questions []string) error {
	gap, err := b.workOn(ctx, actor, id, revision, append([]string{a.ID}, questions...)...)
	if err != nil {
		return err
	}
	if len(questions) == 0 || len(questions) > maxGapVariants {
		return fmt.Errorf("%w: questions must have 1 to %d entries", ErrGapInvalid, maxGapVariants)
	}
	for _, q := range questions {
		if err := b.drafts.AddVariant(ctx, actor, gap.Site, a.ID, a.Locale, q); err != nil {
			return err
		}
	}
	return b.worked(ctx, actor, id, revision, "variant", a, len(questions))
}

// NewDraft makes a working copy of a new article for a gap; its site is the gap's.
// Nothing is published. Errors: also those of the knowledge base.
func (b *GapBoard) NewDraft(ctx context.Context, actor identity.Actor, id int64, revision int, a kb.Article) error {
	gap, err := b.workOn(ctx, actor, id, revision, append([]string{a.ID, a.Title, a.Answer}, a.Questions...)...)
	if err != nil {
		return err
	}
	a.Site = gap.Site
	if err := b.drafts.NewDraft(ctx, actor, a); err != nil {
		return err
	}
	return b.worked(ctx, actor, id, revision, "draft", PacketArticle{ID: a.ID, Locale: a.Locale}, len(a.Questions))
}

// workOn returns the gap that somebody wants to make something of, as they have seen it.
func (b *GapBoard) workOn(ctx context.Context, actor identity.Actor, id int64, revision int, texts ...string) (GapDetail, error) {
	if err := permitGaps(actor); err != nil {
		return GapDetail{}, err
	}
	if b.drafts == nil {
		return GapDetail{}, fmt.Errorf("%w: articles are not edited here", ErrGapInvalid)
	}
	for _, s := range texts { // before anything is looked up by them
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return GapDetail{}, fmt.Errorf("%w: article, title, questions and answer must be texts without U+0000", ErrGapInvalid)
		}
	}
	d, err := b.store.Gap(ctx, actor.Scope, id, b.clock().UTC())
	if err == nil && d.Revision != revision {
		err = ErrGapChanged
	}
	return d, err
}

// worked notes that a working copy of an article was made for a gap.
func (b *GapBoard) worked(ctx context.Context, actor identity.Actor, id int64, revision int, act string, a PacketArticle, questions int) error {
	state := GapInProgress
	return b.store.Change(ctx, actor.Scope, id, revision, GapChange{
		By: b.by(actor), Act: act, Article: &a, State: &state,
		Detail: map[string]string{"article": a.ID, "locale": a.Locale, "questions": strconv.Itoa(questions)},
	})
}

package history

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// ledger is a store of policies and erasures, some of which fail.
type ledger struct {
	PrivacyStore // what the tests do not use

	policies   []Policy
	unfinished []Erasure
	breaks     map[string]bool // erasures and, as the site's key "site 1", policies
	ran        []int32
	erased     []string
	through    int
	leased     string // by somebody else when it is not empty
	rounds     int
}

var errBroken = errors.New("the database says no")

func (l *ledger) Lease(context.Context, string, string, time.Duration) (readTo, now time.Time, err error) {
	if l.leased != "" {
		err = ErrLease
	}
	return time.Time{}, time.Now(), err
}

func (l *ledger) RanThrough(context.Context, time.Time) error { l.through++; return nil }
func (l *ledger) DropLinks(context.Context, time.Time) error  { return nil }

func (l *ledger) Policies(context.Context, identity.Scope) ([]Policy, error) {
	return l.policies, nil
}

func (l *ledger) Unfinished(context.Context, time.Time) ([]Erasure, error) { return l.unfinished, nil }

func (l *ledger) StartRun(_ context.Context, site int32, _ string, _ time.Time) (int64, error) {
	return int64(site), nil
}

func (l *ledger) SaveRun(context.Context, int64, Deleted, time.Time) error { return nil }

func (l *ledger) DropExpired(_ context.Context, site int32, _ Cut, _ int) (Deleted, []chat.Gone, error) {
	if l.breaks["site "+string('0'+site)] {
		return Deleted{}, nil, errBroken
	}
	l.ran = append(l.ran, site)
	return Deleted{}, nil, nil
}

func (l *ledger) Person(context.Context, identity.Scope, string) (Person, error) {
	return Person{Contact: chat.Contact{ID: chat.NewID(time.Now()), Site: 1}, Conversations: 1}, nil
}

func (l *ledger) Quotes(context.Context, int32, string) ([]ArticleRef, error) { return nil, nil }
func (l *ledger) AddErasure(context.Context, Erasure) error                   { return nil }

func (l *ledger) Erasure(_ context.Context, _ identity.Scope, id string) (Erasure, error) {
	return Erasure{ID: id, Done: slices.Contains(l.erased, id)}, nil
}

func (l *ledger) EraseSome(_ context.Context, id string, _ int, _ time.Time) ([]chat.Gone, bool, error) {
	l.rounds++
	switch {
	case l.breaks[id]:
		return nil, false, errBroken
	case l.breaks["all"]:
		return nil, false, nil
	}
	l.erased = append(l.erased, id)
	return nil, true, nil
}

type nobody struct{}

func (nobody) Resolve(context.Context, identity.Actor, string) (chat.Conversation, error) {
	return chat.Conversation{}, nil
}

func (nobody) Gone(string, ...chat.Gone) {}

func newKeeper(t *testing.T, l *ledger) *Keeper {
	t.Helper()
	p, err := NewPrivacy(l, nobody{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewKeeper(KeeperConfig{
		Store: l, Privacy: p, Audit: func(context.Context, identity.AuditRow) error { return nil }, Pause: time.Nanosecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatFailsKeepsNothingElseFromBeingForgotten(t *testing.T) {
	t.Parallel()
	l := &ledger{
		policies:   []Policy{{Site: 1, Anonymous: 1}, {Site: 2, Anonymous: 1}, {Site: 3}, {Site: 4, Identified: 1}},
		unfinished: []Erasure{{ID: "first"}, {ID: "second"}},
		breaks:     map[string]bool{"first": true, "site 1": true},
	}
	k := newKeeper(t, l)
	if err := k.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.erased, []string{"second"}) || !slices.Equal(l.ran, []int32{2, 4}) || l.through != 0 {
		t.Fatalf("erased %v, ran %v, through %d times", l.erased, l.ran, l.through)
	}
	clear(l.breaks)
	l.ran = nil
	if err := k.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(l.erased, "first") || !slices.Equal(l.ran, []int32{1}) || l.through != 1 {
		t.Fatalf("the next time: erased %v, ran %v, through %d times", l.erased, l.ran, l.through)
	}
	l.leased = "another node"
	if err := k.Once(t.Context()); !errors.Is(err, ErrLease) {
		t.Errorf("with another node at it: %v", err)
	}
}

func TestAnErasureOfWhoGoesOnWritingEndsAndIsNotSaidToBeDone(t *testing.T) {
	t.Parallel()
	l := &ledger{breaks: map[string]bool{"all": true}}
	p, err := NewPrivacy(l, nobody{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: chat.NewID(time.Now()), Scope: identity.Everything()}
	e, err := p.Erase(t.Context(), admin, chat.NewID(time.Now()), "")
	if err != nil || e.Done || l.rounds < 2 || l.rounds > 2*eraseRounds {
		t.Errorf("%+v after %d rounds, %v", e, l.rounds, err)
	}
}

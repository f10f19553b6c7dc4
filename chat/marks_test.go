package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// shelf is a store of watermarks that counts what is written.
type shelf struct {
	MarkStore // what is not below is not called

	mu     sync.Mutex // guards what follows
	err    error
	calls  int
	writes map[markKey]int
	stored map[markKey]Progress
}

func newShelf() *shelf {
	return &shelf{writes: make(map[markKey]int), stored: make(map[markKey]Progress)}
}

func (s *shelf) RaiseMarks(_ context.Context, marks []StoredMark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.err != nil {
		return s.err
	}
	for _, m := range marks {
		k := markKey{m.Conversation, m.User}
		p := s.stored[k]
		p.rise(m.Progress)
		s.stored[k] = p
		s.writes[k]++
	}
	return nil
}

func TestMarksAreStoredAtMostOnceInTwoSecondsAndOnlyWhenTheyRise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newMarkBook(), newShelf()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.run(ctx, s, time.Now, quiet())
		}()
		k := markKey{"c", "alice"}
		for seq := range uint32(100) { // ten a second, for ten seconds
			b.raise(k, Progress{Read: seq + 1}, time.Now())
			b.raise(k, Progress{Read: 1}, time.Now()) // lower: nothing
			elapse(100 * time.Millisecond)
		}
		synctest.Wait()
		s.mu.Lock()
		if n := s.writes[k]; n < 4 || n > 6 {
			t.Errorf("%d writes in ten seconds", n)
		}
		calls := s.calls
		s.mu.Unlock()
		elapse(time.Minute)
		b.raise(k, Progress{Read: 100}, time.Now())
		elapse(time.Minute)
		s.mu.Lock()
		if s.calls > calls+1 { // what rose last, and nothing more
			t.Errorf("%d statements in a quiet minute", s.calls-calls)
		}
		s.mu.Unlock()
		b.raise(k, Progress{Read: 101}, time.Now())
		stop()
		<-ended
		if s.stored[k].Read != 101 || s.stored[k].Delivered != 101 {
			t.Errorf("at the end %+v is stored", s.stored[k])
		}
	})
}

func TestMarksThatCouldNotBeStoredAreStoredLater(t *testing.T) {
	t.Parallel()
	b, s := newMarkBook(), newShelf()
	s.err = errors.New("gone")
	everybody := func(markKey) bool { return true }
	b.raise(markKey{"c", ""}, Progress{Delivered: 3}, time.Now())
	b.raise(markKey{"c", "alice"}, Progress{Read: 2}, time.Now())
	if err := b.flush(t.Context(), s, everybody); !errors.Is(err, s.err) {
		t.Fatalf("flush: %v", err)
	}
	s.err = nil
	if err := b.flushUser(t.Context(), s, "alice"); err != nil || len(s.stored) != 1 {
		t.Fatalf("one agent's: %v, %v", s.stored, err)
	}
	if err := b.flush(t.Context(), s, everybody); err != nil {
		t.Fatal(err)
	}
	want := map[markKey]Progress{{"c", ""}: {Delivered: 3}, {"c", "alice"}: {Delivered: 2, Read: 2}}
	if !maps.Equal(s.stored, want) {
		t.Fatalf("stored %v, want %v", s.stored, want)
	}
}

func TestMarksInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	b, now := newMarkBook(), time.Unix(1000, 0)
	for i := range maxMarks {
		b.marks[markKey{conv: string(rune(i))}] = &markEntry{touched: now}
	}
	if len(b.marks) < maxMarks/2 {
		t.Fatalf("%d distinct keys", len(b.marks))
	}
	for i := 0; len(b.marks) < maxMarks; i++ {
		b.marks[markKey{conv: "x", user: string(rune(i))}] = &markEntry{touched: now}
	}
	if _, rose := b.raise(markKey{"new", ""}, Progress{Read: 1}, now.Add(time.Second)); !rose || len(b.marks) != 1 {
		t.Fatalf("what is stored does not give way: %d marks", len(b.marks))
	}
	for i := 0; len(b.marks) < maxMarks; i++ {
		b.marks[markKey{conv: "y", user: string(rune(i)) + "!"}] = &markEntry{dirty: true, touched: now}
	}
	if _, rose := b.raise(markKey{"one more", ""}, Progress{Read: 1}, now.Add(time.Minute)); rose || len(b.marks) > maxMarks {
		t.Fatalf("beyond the bound: %d marks", len(b.marks))
	}
}

func TestWhoViewsIsCountedBySocketAndForgottenWithItsNode(t *testing.T) {
	t.Parallel()
	v, now := newViewers(), time.Unix(1000, 0)
	alice, bob := Author{Kind: AuthorAgent, ID: "1", Name: "Alice"}, Author{Kind: AuthorAgent, ID: "2", Name: "Bob"}
	names := func() (out []string) {
		for _, a := range v.all("c") {
			out = append(out, a.Name)
		}
		return out
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if got := names(); !slices.Equal(got, want) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
	if !v.count("c", Audience{Site: 1}, bob, 1) || v.count("c", Audience{Site: 1}, bob, 1) {
		t.Fatal("a second tab is no news")
	}
	v.learn(Audience{Site: 1}, &ViewingSignal{Conversation: "c", Node: "other", Agents: []Author{alice, bob}}, now)
	expect("both nodes", "Alice", "Bob")
	if v.count("c", Audience{Site: 1}, bob, -1) || !v.count("c", Audience{Site: 1}, bob, -1) {
		t.Fatal("Bob leaves with his last tab")
	}
	expect("the other node's", "Alice", "Bob")
	if changed, mine := v.expire(now.Add(viewLife)); len(changed) != 0 || len(mine) != 0 {
		t.Fatalf("too early: %v, %v", changed, mine)
	}
	if changed, _ := v.expire(now.Add(viewLife + time.Second)); len(changed) != 1 || len(v.open) != 0 {
		t.Fatalf("the silent node's word stays: %v", v.open)
	}
	v.learn(Audience{}, &ViewingSignal{Conversation: "c", Node: "other", Agents: []Author{alice}}, now)
	v.learn(Audience{}, &ViewingSignal{Conversation: "c", Node: "other"}, now)
	if len(v.open) != 0 {
		t.Fatalf("an empty list ends it: %v", v.open)
	}
}

func TestSignalsReachTheirAudienceOnly(t *testing.T) {
	t.Parallel()
	h := NewHub()
	actor := func(id string, sites ...int32) identity.Actor {
		return identity.Actor{Kind: identity.KindAgent, ID: id, Scope: identity.Scope{Sites: sites}}
	}
	sinks := map[string]*list{}
	for _, a := range []identity.Actor{actor("alice", 1), actor("bob", 1, 2), actor("mallory", 3)} {
		sinks[a.ID] = &list{}
		defer h.WatchDesk(a, sinks[a.ID])()
	}
	all := &list{}
	defer h.WatchAll(all)()
	expect := func(what string, want map[string]int) {
		t.Helper()
		for id, s := range sinks {
			if got := len(s.signals); got != want[id] {
				t.Errorf("%s: %s heard %d, want %d", what, id, got, want[id])
			}
		}
	}
	h.PublishSignal(&Signal{To: Audience{Site: 1, Department: 9, User: "bob"}, Offer: &OfferSignal{ID: "o"}})
	expect("an offer to Bob", map[string]int{"bob": 1})
	h.PublishSignal(&Signal{To: Audience{Site: 1}, Presence: &PresenceSignal{Agent: Author{ID: "bob"}, Presence: "invisible", Reason: "tax"}})
	expect("Bob's presence", map[string]int{"alice": 1, "bob": 2})
	if p := sinks["alice"].signals[0].Presence; p.Presence != Away || p.Reason != "" {
		t.Errorf("a colleague sees %+v", p)
	}
	if p := sinks["bob"].signals[1].Presence; p.Presence != "invisible" {
		t.Errorf("Bob sees %+v", p)
	}
	if len(all.signals) != 2 {
		t.Errorf("the process itself heard %d", len(all.signals))
	}
}

func TestOfSignalsAVisitorGetsTypingMarksAndTheQueue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sig  Signal
		want bool
	}{
		"typing":   {Signal{Typing: &TypingSignal{}}, true},
		"queue":    {Signal{Queue: &QueueSignal{}}, true},
		"mark":     {Signal{Mark: &MarkSignal{Author: Author{Kind: AuthorAgent, ID: "1", Name: "Alice"}}}, true},
		"viewing":  {Signal{Viewing: &ViewingSignal{}}, false},
		"presence": {Signal{Presence: &PresenceSignal{}}, false},
		"offer":    {Signal{Offer: &OfferSignal{}}, false},
		"end":      {Signal{OfferEnd: &OfferEndSignal{}}, false},
		"wake":     {Signal{Wake: &WakeSignal{}}, false},
	} {
		u := &Update{Signal: &c.sig}
		v := u.ForVisitor()
		if (v != nil) != c.want {
			t.Errorf("%s: %v", name, v)
		}
		if c.sig.Mark != nil && (v.Signal.Mark.Author != Author{Kind: AuthorAgent}) {
			t.Errorf("a visitor is told which agent: %+v", v.Signal.Mark)
		}
	}
}

package chat

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// desk is a PresenceStore in memory.
type desk struct {
	mu      sync.Mutex // guards what follows
	lease   []time.Duration
	online  map[string]string // user → presence
	left    []string
	lost    []Lost
	company Lease // what a renewal says

	leaving, saying func()                       // called before a Leave or a Leaving is stored, outside the lock
	held            func(Lost) ([]string, error) // what HeldBy says
}

func (d *desk) RenewLease(_ context.Context, _ Node, lease time.Duration) (Lease, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lease = append(d.lease, lease)
	return d.company, nil
}

func (d *desk) SetPresence(_ context.Context, user, _, presence, _ string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case presence != "":
		d.online[user] = presence
	case d.online[user] == "" || d.online[user] == "left":
		d.online[user] = Online
	}
	return d.online[user], nil
}

func (d *desk) Leave(_ context.Context, l Lost) error {
	if d.leaving != nil {
		d.leaving()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.online, l.User)
	d.left = append(d.left, l.User)
	d.lost = slices.DeleteFunc(d.lost, func(o Lost) bool { return o == l })
	return nil
}

func (d *desk) Leaving(_ context.Context, _ string, users []string) error {
	if d.saying != nil {
		d.saying()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, user := range users {
		if d.online[user] == Online {
			d.online[user] = "left"
		}
	}
	return nil
}

func (d *desk) Lost(context.Context, string, time.Duration) ([]Lost, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lost), nil
}

func (d *desk) HeldBy(_ context.Context, l Lost) ([]string, error) {
	if d.held == nil {
		return nil, nil
	}
	return d.held(l)
}

func (d *desk) gone() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.left)
}

func startPresence(t *testing.T, d *desk) *Presence {
	t.Helper()
	s := startService(t, newMemory(), func(*Config) {})
	p, err := NewPresence(t.Context(), PresenceConfig{Store: d, Chat: s, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if last := d.lease[len(d.lease)-1]; last != 0 {
			t.Errorf("the lease still runs for %v after the end", last)
		}
	})
	return p
}

func TestAnAgentIsGoneOnlyAfterTheGraceWithoutAnySocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		p := startPresence(t, d)
		alice := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "alice"}
		for range 2 { // two tabs
			if presence, err := p.Connect(t.Context(), alice); err != nil || presence != Online {
				t.Fatalf("%q, %v", presence, err)
			}
		}
		p.Disconnect(alice)
		elapse(time.Minute)
		if len(d.gone()) != 0 {
			t.Fatal("gone with a tab open")
		}
		p.Disconnect(alice)
		elapse(20 * time.Second)
		if _, err := p.Connect(t.Context(), alice); err != nil { // reload
			t.Fatal(err)
		}
		elapse(time.Minute)
		if len(d.gone()) != 0 {
			t.Fatal("gone although they came back within the grace")
		}
		p.Disconnect(alice)
		elapse(29 * time.Second)
		if len(d.gone()) != 0 {
			t.Fatal("gone before the grace ended")
		}
		elapse(4 * time.Second)
		synctest.Wait()
		if got := d.gone(); len(got) != 1 {
			t.Fatalf("gone: %v", got)
		}
		elapse(time.Minute)
		if got := d.gone(); len(got) != 1 {
			t.Fatalf("gone: %v", got)
		}
	})
}

func TestWhoSignsOutGivesTheirConversationsBackAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		p := startPresence(t, d)
		alice := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "alice"}
		for range 3 {
			if _, err := p.Connect(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
		}
		p.SignOut(alice) // two tabs of one sign-in
		p.SignOut(alice)
		elapse(time.Minute)
		if len(d.gone()) != 0 {
			t.Fatal("gone although signed in on another device")
		}
		p.SignOut(alice)
		elapse(3 * time.Second)
		synctest.Wait()
		if got := d.gone(); len(got) != 1 {
			t.Fatalf("gone: %v", got)
		}
	})
}

// After an outage of all nodes agents get the grace to come back, counted from
// the start of the first node.
func TestAgentsOfADeadNodeAreLookedForOnlyAfterTheGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string), lost: []Lost{{User: "alice", Node: "dead"}, {User: "bob", Node: "dead"}}}
		p := startPresence(t, d)
		elapse(20 * time.Second)
		if _, err := p.Connect(t.Context(), identity.Actor{Kind: identity.KindAgent, ID: "bob"}); err != nil {
			t.Fatal(err)
		}
		if len(d.gone()) != 0 {
			t.Fatal("gone at once")
		}
		elapse(15 * time.Second)
		synctest.Wait()
		if got := d.gone(); len(got) != 1 || got[0] != "alice" {
			t.Fatalf("gone: %v", got)
		}
	})
}

func TestTheLeaseIsRenewedAndLastsThreeRounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		p := startPresence(t, d)
		elapse(11 * time.Second)
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.lease) != 6 || d.lease[5] != 6*time.Second {
			t.Fatalf("%v", d.lease)
		}
		is(t, p.Set(t.Context(), identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent}, "asleep", ""), ErrInvalid)
		is(t, p.Set(t.Context(), identity.Actor{Kind: identity.KindVisitor, Role: identity.RoleVisitor}, Away, ""), identity.ErrForbidden)
	})
}

func TestAnAgentWhoComesBackWhileTheyAreTakenOfflineIsOnline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		alice := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "alice"}
		p := startPresence(t, d)
		connect := func() {
			if _, err := p.Connect(t.Context(), alice); err != nil {
				t.Error(err)
			}
		}
		d.leaving = sync.OnceFunc(connect)
		connect()
		p.Disconnect(alice)
		elapse(time.Minute)
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.left) != 1 || d.online["alice"] != Online {
			t.Errorf("left %v, stored %q", d.left, d.online["alice"])
		}
	})
}

// The same between the last socket's end and the grace's.
func TestAnAgentWhoComesBackWhileTheirLeavingIsStoredIsOnline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		alice := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "alice"}
		p := startPresence(t, d)
		connect := func() {
			if _, err := p.Connect(t.Context(), alice); err != nil {
				t.Error(err)
			}
		}
		d.saying = sync.OnceFunc(connect)
		connect()
		p.Disconnect(alice)
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.online["alice"] != Online {
			t.Errorf("stored %q", d.online["alice"])
		}
	})
}

// However long it takes to release what the agents of a dead node held, the lease is renewed; and one
// whose conversations cannot be read holds up none of the others.
func TestManyLostAgentsHoldUpNeitherTheLeaseNorEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		for i := range 10 {
			d.lost = append(d.lost, Lost{User: string(rune('a' + i)), Node: "dead"})
		}
		d.held = func(l Lost) ([]string, error) {
			<-time.After(1500 * time.Millisecond) // a slow database
			if l.User == "c" {
				return nil, ErrUnavailable
			}
			return nil, nil
		}
		startPresence(t, d)
		elapse(50 * time.Second)
		synctest.Wait()
		if got := d.gone(); len(got) != 9 {
			t.Errorf("gone: %v", got)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.lease) != 26 { // the first, and one each two seconds
			t.Errorf("%d leases in 50 s", len(d.lease))
		}
	})
}

func TestAPresenceChosenWithoutASocketEndsAfterTheGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{online: make(map[string]string)}
		p := startPresence(t, d)
		alice := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "alice"}
		if err := p.Set(t.Context(), alice, Online, ""); err != nil {
			t.Fatal(err)
		}
		elapse(29 * time.Second)
		if len(d.gone()) != 0 {
			t.Fatal("gone before the grace ended")
		}
		elapse(4 * time.Second)
		synctest.Wait()
		if got := d.gone(); len(got) != 1 {
			t.Fatalf("gone: %v", got)
		}
	})
}

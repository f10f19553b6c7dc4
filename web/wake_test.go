package web_test

import (
	"net/url"
	"sync"
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
)

// told keeps the signals that a server gives to the other nodes.
type told struct {
	mu      sync.Mutex
	signals []*chat.Signal
}

func (s *told) Signal(sig *chat.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signals = append(s.signals, sig)
	return true
}

// Pings come every 25 s: what ends a socket here at once is the word of the other node.
func TestASignOutOnOneNodeEndsTheSocketsOnTheOthers(t *testing.T) {
	t.Parallel()
	others := &told{}
	var hub *chat.Hub
	h := open(t, func(c *web.Config) {
		c.Signals = others
		hub, _ = c.Inboxes.(*chat.Hub)
	})
	alice := h.user("alice", identity.RoleAgent)
	here := h.signIn(alice)
	here.post("/api/agent/logout", "").status(204)
	if len(others.signals) != 1 {
		t.Fatalf("the others hear %d signals", len(others.signals))
	}
	wake := *others.signals[0].Wake
	if wake.About != chat.WakeSessions || wake.User != alice.ID || wake.Key == "" || others.signals[0].To != (chat.Audience{}) {
		t.Errorf("they hear %+v", wake)
	}

	away, stays := h.signIn(alice), h.signIn(alice)
	ends, goesOn := away.agentWire(), stays.agentWire()
	u, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range away.client.Jar.Cookies(u) { // the other node has ended this session
		if err := h.sessions.SignOut(t.Context(), c.Value); err != nil {
			t.Fatal(err)
		}
	}
	hub.PublishRemoteSignal(&chat.Signal{Wake: &chat.WakeSignal{About: chat.WakeSessions, User: alice.ID}})
	ends.ends(4401)
	goesOn.resume(newID(), 0)
	goesOn.fails("not_found") // it answers
}

// goings notes how agents' sockets were counted out.
type goings struct {
	web.Presence
	how chan string
}

func (g goings) Disconnect(a identity.Actor) { g.Presence.Disconnect(a); g.how <- "left" }
func (g goings) SignOut(a identity.Actor)    { g.Presence.SignOut(a); g.how <- "signed out" }

// A page that is closed keeps its conversations for the grace; who signs out has said that they go. A new password is neither.
func TestASignOutIsNoDisconnect(t *testing.T) {
	t.Parallel()
	how := make(chan string, 8)
	h := open(t, func(c *web.Config) { c.Presence = goings{c.Presence, how} })
	alice := h.user("alice", identity.RoleAgent)
	leaves := func(end func(b *browser), want string) {
		t.Helper()
		b := h.signIn(alice)
		wire := b.agentWire()
		end(b)
		wire.ends(4401)
		if got := <-how; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	leaves(func(b *browser) { b.post("/api/agent/logout", "").status(204) }, "signed out")
	leaves(func(b *browser) {
		b.post("/api/agent/password", `{"current":"`+password+`","new":"another password"}`).status(200)
	}, "left")
}

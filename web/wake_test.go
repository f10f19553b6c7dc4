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

package natsbus_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
)

// looks are the names of those whom a node shows at a conversation.
func (v *node) looks(conv string) []string {
	names := []string{}
	for _, a := range v.hub.Viewing(identity.Everything())[conv] {
		names = append(names, a.Name)
	}
	return names
}

func TestEachNodesViewersStandBesideTheOthers(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 3, unchanged)
	_, conv := h.nodes[0].visitor()
	shown := func(what string, want ...string) {
		t.Helper()
		for _, v := range h.nodes {
			until(t, what, func() bool { return slices.Equal(v.looks(conv.ID), want) })
		}
	}
	leave := map[string]func(){}
	for i, name := range []string{"alice", "bob"} {
		stop, err := h.nodes[i].View(t.Context(), h.nodes[i].agent(name), conv.ID)
		if err != nil {
			t.Fatal(err)
		}
		leave[name] = stop
		shown(name+" has it open", []string{"alice", "bob"}[:i+1]...)
	}
	leave["bob"]()
	shown("alice stays when bob leaves", "alice")
	leave["alice"]()
	shown("nobody", []string{}...)
}

func TestASignInOnOneNodeIsShownOnTheOthersInboxes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, 2, unchanged)
	visitor, conv := h.nodes[0].visitor()
	h.nodes[0].say(visitor, conv.ID, "before the sign-in")
	agent := h.nodes[1].agent("alice")
	inbox, tab := h.nodes[1].inbox(agent), &tabOf{}
	_, stop, err := h.nodes[1].Follow(t.Context(), visitor, conv.ID, 1, tab)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	contacts, err := chat.NewContacts(postgres.NewContacts(h.nodes[0].pool), h.nodes[0].Announce, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	sent := h.nodes[0].bus.Stats().Sent
	found, err := contacts.Identify(context.WithoutCancel(t.Context()), chat.IdentifyRequest{Site: 1, Contact: visitor.ID, Proof: identity.Proof{External: "42", Name: "Li Lei"}})
	if err != nil || found.Moved != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	until(t, "the row goes over the bus", func() bool { return h.nodes[0].bus.Stats().Sent > sent })
	until(t, "the inbox of the other node shows it", func() bool {
		return slices.ContainsFunc(inbox.all(), func(r chat.Row) bool {
			return r.Conversation == conv.ID && r.Kind == chat.KindIdentified && r.Contact == found.Contact.ID
		})
	})
	until(t, "the visitor's old tab there is told", func() bool { return tab.told() })
}

// tabOf is a visitor's tab.
type tabOf struct {
	view
	left bool // guarded by view's mu
}

// Left implements chat.Leaver.
func (s *tabOf) Left(string, *chat.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
}

func (s *tabOf) told() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

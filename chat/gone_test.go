package chat

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// mourner notes what it is told of conversations that are no more.
type mourner struct {
	mu   sync.Mutex // guards what follows
	gone []GoneSignal
	rows int
	left int
}

// Deliver implements [Sink].
func (m *mourner) Deliver(u *Update) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case u.Row != nil:
		m.rows++
	case u.Signal.Gone != nil:
		m.gone = append(m.gone, *u.Signal.Gone)
	}
}

// Left implements [Leaver].
func (m *mourner) Left(string, *Row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left++
}

func (m *mourner) told() (gone []GoneSignal, rows, left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone, m.rows, m.left
}

func TestWhoFollowsAConversationIsToldOnceThatItIsNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(*Config) {})
		conv := testID()
		m.write(conv, 1)
		row := m.row(conv, 1)
		to := Audience{Site: row.Site, Department: row.Department, Contact: row.Contact}
		visitor := identity.Actor{Kind: identity.KindVisitor, Role: identity.RoleVisitor, ID: row.Contact, Scope: identity.Scope{Sites: []int32{row.Site}, AllDepartments: true, Contact: row.Contact}}
		colleague := identity.Actor{Kind: identity.KindAgent, ID: "a", Role: identity.RoleAgent, Scope: identity.Scope{Sites: []int32{row.Site}, AllDepartments: true}}
		stranger := identity.Scope{Sites: []int32{row.Site + 1}, AllDepartments: true}
		var page, tab, inbox, elsewhere mourner
		for actor, sink := range map[*identity.Actor]*mourner{&colleague: &page, &visitor: &tab} {
			_, stop, err := s.Follow(t.Context(), *actor, conv, 0, sink)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
		}
		defer s.Hub().WatchInbox(colleague.Scope, &inbox)()
		defer s.Hub().WatchInbox(stranger, &elsewhere)()
		s.Gone(GoneErased, Gone{Conversation: conv, To: to})
		s.Gone(GoneErased, Gone{Conversation: conv, To: to})
		s.Hub().Publish(m.row(conv, 1))
		for name, sink := range map[string]*mourner{"the agent's page": &page, "the visitor's": &tab} {
			if gone, rows, left := sink.told(); len(gone) != 1 || gone[0] != (GoneSignal{conv, GoneErased}) || rows != 1 || left != 1 {
				t.Errorf("%s was told %v, %d rows, left %d times", name, gone, rows, left)
			}
		}
		if gone, _, _ := inbox.told(); len(gone) != 2 {
			t.Errorf("the inbox was told %v", gone)
		}
		if gone, _, _ := elsewhere.told(); len(gone) != 0 {
			t.Errorf("another site was told %v", gone)
		}
	})
}

// The node that deleted it died before it said so, or the bus was cut.
func TestADeletionThatNobodySaidIsFoundWithinATick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		conv := testID()
		m.write(conv, 1)
		var page mourner
		_, stop, err := s.Follow(t.Context(), identity.System(), conv, 0, &page)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		elapse(2 * time.Second)
		if gone, _, _ := page.told(); len(gone) != 0 {
			t.Fatalf("told %v although it is there", gone)
		}
		m.mu.Lock()
		delete(m.logs, conv)
		m.erased = map[string]bool{conv: true}
		m.mu.Unlock()
		elapse(2 * time.Second)
		synctest.Wait()
		if gone, _, left := page.told(); len(gone) != 1 || gone[0] != (GoneSignal{Conversation: conv}) || left != 1 {
			t.Errorf("told %v, left %d times", gone, left)
		}
	})
}

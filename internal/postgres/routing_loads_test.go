package postgres

import (
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// agentLoads returns what is kept of an agent's load: over all, and on the channel of chats.
func (f *floor) agentLoads(a identity.Actor) (all, chats int) {
	f.t.Helper()
	if err := f.pool.QueryRow(f.t.Context(), `SELECT active, coalesce((SELECT c.active FROM agent_channels c WHERE c.user_id = a.user_id AND c.channel = 'chat'), 0)
		FROM agents a WHERE user_id = $1`, a.ID).Scan(&all, &chats); err != nil {
		f.t.Fatal(err)
	}
	return all, chats
}

// A load that leaked, whatever made it: the engine thinks that she has room, the guard that she has none.
func TestALeakedLoadIsFoundAndRepaired(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(c *chat.DispatcherConfig) { c.Reconcile, c.Settle = 20*time.Millisecond, time.Millisecond })
	alice, bob := f.online("alice", 2), f.online("bob", 0)
	_, first := f.asks()
	f.until("it is hers", func() bool { return f.holder(first) == alice.ID })
	if n := f.dispatcher.Metrics().Found[chat.FoundLoad]; n != 0 {
		t.Fatalf("%d loads found wrong of those that are right", n)
	}
	f.exec("UPDATE agents SET active = 2 WHERE user_id = $1", alice.ID)
	f.exec("UPDATE agent_channels SET active = 7 WHERE user_id = $1", alice.ID)
	f.exec("INSERT INTO agent_channels (user_id, channel, active) VALUES ($1, 'mail', 1)", bob.ID)
	_, second := f.asks()
	f.until("she has room", func() bool { return f.holder(second) == alice.ID })
	f.until("all is right", func() bool {
		all, chats := f.agentLoads(alice)
		var mails int
		if err := f.pool.QueryRow(t.Context(), "SELECT active FROM agent_channels WHERE user_id = $1 AND channel = 'mail'", bob.ID).Scan(&mails); err != nil {
			t.Fatal(err)
		}
		return all == 2 && chats == 2 && mails == 0 && f.dispatcher.Metrics().Found[chat.FoundLoad] >= 2
	})
	if n, err := f.store.RepairLoads(t.Context()); err != nil || n != 0 {
		t.Errorf("repaired %d of what is right, %v", n, err)
	}
	// Too small a load would let more come than she can hold.
	f.exec("UPDATE agents SET active = 0 WHERE user_id = $1", alice.ID)
	f.exec("DELETE FROM agent_channels WHERE user_id = $1", alice.ID)
	f.until("it is what she holds", func() bool { all, chats := f.agentLoads(alice); return all == 2 && chats == 2 })
}

// While agents take and resolve without an end, comparing finds nothing wrong.
func TestLoadsThatChangeAllTheTimeAreNeverFoundWrong(t *testing.T) {
	t.Parallel()
	f := newFloor(t, asIs)
	f.online("alice", 3)
	f.online("bob", 3)
	done := make(chan struct{})
	var looks sync.WaitGroup
	looks.Go(func() {
		for look := 0; ; look++ {
			if n, err := f.store.RepairLoads(t.Context()); err != nil || n != 0 {
				t.Errorf("look %d: repaired %d, %v", look, n, err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range 20 {
		_, conv := f.asks()
		f.until("somebody has it", func() bool { return f.holder(conv) != "" })
		if _, err := f.Resolve(t.Context(), identity.System(), conv); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	looks.Wait()
}

package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// Changes of different conversations share a transaction; what one of them
// cannot do is its own affair.
func TestAGroupOfChangesLeavesEachToItsOwnFate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.agent("alice")
	author := chat.Author{Kind: chat.AuthorAgent, ID: alice.ID, Name: "alice"}
	var convs []string
	for range 7 {
		visitor, conv := d.visitor()
		d.say(visitor, conv.ID, "hello")
		if _, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
			t.Fatal(err)
		}
		convs = append(convs, conv.ID)
	}
	claim := func(conv string) chat.Scoped {
		return chat.Scoped{Scope: alice.Scope, Entry: chat.Entry{
			Conversation: conv, CID: newID(), Author: author, Kind: chat.KindClaimed, Change: &chat.Change{Act: chat.ActClaim, Assignee: author},
		}}
	}
	held, err := d.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback(t.Context()) }()
	if _, err := held.Exec(t.Context(), "SELECT FROM conversations WHERE id = $1 FOR UPDATE", convs[1]); err != nil {
		t.Fatal(err)
	}
	stale, foreign, resolved, nobody := claim(convs[2]), claim(convs[3]), claim(convs[4]), claim(convs[5])
	stale.Expect.OwnerEpoch = new(uint32(99))
	foreign.Scope = identity.Scope{Sites: []int32{999}, AllDepartments: true}
	if _, err := d.Resolve(t.Context(), alice, convs[4]); err != nil {
		t.Fatal(err)
	}
	nobody.Change = &chat.Change{Act: chat.ActTransfer, Assignee: chat.Author{Kind: chat.AuthorAgent, ID: newID()}}
	results, err := d.store.Changes(t.Context(), []chat.Scoped{claim(convs[0]), claim(convs[1]), stale, foreign, resolved, nobody, claim(convs[6])}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []chat.Verdict{chat.Stored, chat.Held, chat.Stale, chat.Missing, 0, 0, chat.Stored} {
		if got := results[i].Verdict; got != want {
			t.Errorf("change %d: verdict %d, want %d (%v)", i, got, want, results[i].Err)
		}
	}
	want(t, results[4].Err, chat.ErrResolved)
	want(t, results[5].Err, identity.ErrNotFound)
	if results[2].Head.LastSeq != 2 {
		t.Errorf("the stale one comes without its head: %+v", results[2].Head)
	}
	if n := d.load(alice); n != 2 {
		t.Errorf("load %d, want 2", n)
	}
	if rows := d.log(convs[6]); len(rows) != 3 || rows[2].Data.State == nil || rows[2].Data.State.Owner != chat.OwnerHuman {
		t.Errorf("log %+v", rows)
	}
}

// Many callers at once: each gets its own answer, and they share transactions.
func TestManyChangesAtOnceAreFewTransactions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice, bob := d.agent("alice"), d.agent("bob")
	const n = 40
	var convs []string
	for range n {
		visitor, conv := d.visitor()
		d.say(visitor, conv.ID, "hello")
		convs = append(convs, conv.ID)
	}
	before := d.Metrics()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := make(map[string]string)
	for _, conv := range convs {
		for _, agent := range []identity.Actor{alice, bob} {
			wg.Go(func() {
				switch head, err := d.Claim(t.Context(), agent, conv, nil); {
				case err == nil && head.Assignee.ID == agent.ID:
					mu.Lock()
					defer mu.Unlock()
					if won[conv] != "" {
						t.Errorf("%s has two owners", conv)
					}
					won[conv] = agent.ID
				case !errors.Is(err, chat.ErrStale):
					t.Errorf("claim: %+v, %v", head.Assignee, err)
				}
			})
		}
	}
	wg.Wait()
	if len(won) != n {
		t.Fatalf("%d of %d have an owner", len(won), n)
	}
	if got := d.load(alice) + d.load(bob); got != n {
		t.Errorf("loads %d, want %d", got, n)
	}
	m := d.Metrics()
	if m.Changes-before.Changes != n || m.ChangeGroups == before.ChangeGroups {
		t.Errorf("%d changes, %d groups", m.Changes-before.Changes, m.ChangeGroups-before.ChangeGroups)
	}
	for _, conv := range convs {
		if rows := d.log(conv); len(rows) != 2 || rows[1].Kind != chat.KindClaimed {
			t.Errorf("log of %s: %s", conv, fmt.Sprint(rows))
		}
	}
}

// A fault inside the transaction of a state change or of an edit leaves nothing
// behind, and it is repeated; so are sign-ins and merges, at any boundary of
// theirs: each is done once, shown and acknowledged.
func TestAFaultInsideAStateChangeIsMended(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		chat.PointChangeLocked, chat.PointChangeWritten, chat.PointEditLocked, chat.PointEditWritten,
		chat.PointIdentifyBefore, chat.PointIdentifyCommitted, chat.PointIdentifyPublished, chat.PointMergeBefore, chat.PointMergeCommitted,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int64
			fault := func(at string) error {
				if at == point && hits.Add(1) == 1 {
					return errors.New("injected")
				}
				return nil
			}
			d := openDesk(t, pgtest.New(t), func(c *chat.Config) {
				c.Reconcile = time.Hour // nothing is shown but by who wrote it
				c.Store = c.Store.(*Chat).WithFault(fault)
			})
			sink := newRecorder()
			defer d.hub.WatchAll(sink)()
			visitor, conv := d.visitor()
			row, _ := d.say(visitor, conv.ID, "hello")
			alice := d.agent("alice")
			if head, err := d.Claim(t.Context(), alice, conv.ID, nil); err != nil || head.Assignee.ID != alice.ID {
				t.Fatalf("%+v, %v", head.Assignee, err)
			}
			if _, err := d.Edit(t.Context(), visitor, chat.Edit{Conversation: conv.ID, CID: newID(), Seq: row.Seq, Remove: true}); err != nil {
				t.Fatal(err)
			}
			people := d.people().WithFault(fault)
			li := become(t, people, visitor.ID, identity.Proof{External: "42", Name: "Li"})
			if li.Conversation.ID != conv.ID || len(li.Rows) != 1 {
				t.Fatalf("signed in: %+v", li)
			}
			if rows := d.log(conv.ID); len(rows) != 4 || rows[0].Data.Deleted == nil || rows[3].Kind != chat.KindIdentified || d.load(alice) != 1 {
				t.Fatalf("%d rows, load %d: %+v", len(rows), d.load(alice), rows)
			}
			sink.inOrder(t, 4)
			other, _ := d.visitor()
			if p, err := people.Merge(t.Context(), d.admin("root"), other.ID, li.Contact.ID); err != nil || p.ID != li.Contact.ID {
				t.Fatalf("merged: %+v, %v", p, err)
			}
			if n := hits.Load(); n != 2 && point != chat.PointIdentifyPublished {
				t.Errorf("the point was passed %d times, want 2", n)
			}
		})
	}
}

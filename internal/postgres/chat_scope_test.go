package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Each store method on customer data, called with a scope that does not hold the
// conversation, says "not found" (or shows nothing), and changes nothing.
func TestEveryStoreMethodKeepsToItsScope(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	d.say(visitor, conv.ID, "mine")
	if _, err := d.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
		t.Fatal(err)
	}
	entry := func() chat.Entry {
		return chat.Entry{Conversation: conv.ID, CID: newID(), Kind: chat.KindMessage, Content: "x", Author: chat.Author{Kind: chat.AuthorAgent, ID: alice.ID}}
	}
	first := d.log(conv.ID)[0]
	scopes := map[string]identity.Scope{
		"nothing":            {},
		"foreign site":       {Sites: []int32{999}, AllDepartments: true},
		"foreign department": {Sites: []int32{1}, Departments: []int32{999}},
		"no department":      {Sites: []int32{1}},
		"malformed contact":  {Sites: []int32{1}, AllDepartments: true, Contact: "x"},
		"foreign contact":    {Sites: []int32{1}, AllDepartments: true, Contact: newID()},
	}
	methods := map[string]func(ctx context.Context, s identity.Scope) error{
		"Conversation": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.Conversation(ctx, s, conv.ID)
			return err
		},
		"Rows after": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.Rows(ctx, s, conv.ID, 0, 0, 10)
			return err
		},
		"Rows before": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.Rows(ctx, s, conv.ID, 0, 10, 10)
			return err
		},
		"FindRow": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.FindRow(ctx, s, first.CID)
			return err
		},
		"AppendBatch": func(ctx context.Context, s identity.Scope) error {
			outs, err := d.store.AppendBatch(ctx, []chat.Scoped{{Scope: s, Entry: entry()}}, false)
			return missing(outs, err)
		},
		"AppendBatch of a repeated cid": func(ctx context.Context, s identity.Scope) error {
			e := entry()
			e.CID = first.CID
			outs, err := d.store.AppendBatch(ctx, []chat.Scoped{{Scope: s, Entry: e}}, true)
			return missing(outs, err)
		},
		"Change": func(ctx context.Context, s identity.Scope) error {
			e := entry()
			e.Change = &chat.Change{Act: chat.ActClaim, Assignee: e.Author}
			out, err := d.store.Changes(ctx, []chat.Scoped{{Scope: s, Entry: e}}, time.Now())
			if err != nil {
				return err
			}
			return missing([]chat.Outcome{out[0].Outcome}, out[0].Err)
		},
		"QueuePosition": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.QueuePosition(ctx, s, conv.ID)
			return err
		},
		"Marks": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.Marks(ctx, s, alice.ID, conv.ID)
			return err
		},
		"Mentionable": func(ctx context.Context, s identity.Scope) error {
			_, err := d.store.Mentionable(ctx, s, conv.ID, []string{alice.ID})
			return err
		},
		"Rewrite": func(ctx context.Context, s identity.Scope) error {
			e := entry()
			e.Kind, e.Data.Target = chat.KindEdited, 1
			out, err := d.store.Rewrite(ctx, chat.Scoped{Scope: s, Entry: e}, time.Now())
			return missing([]chat.Outcome{out}, err)
		},
		"Inbox": func(ctx context.Context, s identity.Scope) error {
			for _, view := range []chat.View{chat.ViewQueue, chat.ViewAll} {
				page, err := d.store.Inbox(ctx, s, alice.ID, chat.InboxQuery{View: view, Limit: 10})
				if err != nil || len(page.Items) > 0 || page.Counts[chat.ViewAll] > 0 {
					return err
				}
			}
			return chat.ErrNotFound
		},
		"Unread": func(ctx context.Context, s identity.Scope) error {
			items, err := d.store.Unread(ctx, s, alice.ID)
			if len(items) > 0 {
				return nil
			}
			return orNotFound(err)
		},
		"Stats": func(ctx context.Context, s identity.Scope) error {
			st, err := d.store.Stats(ctx, s, time.Now())
			if st.Open > 0 || st.Queued > 0 || st.LongestWait > 0 || st.HandoversToday > 0 {
				return nil
			}
			return orNotFound(err)
		},
	}
	for method, call := range methods {
		for name, scope := range scopes {
			if err := call(t.Context(), scope); !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("%s with %s: %v", method, name, err)
			}
		}
		if method == "AppendBatch" || method == "Change" || method == "Rewrite" {
			continue // would change what the others look at
		}
		if err := call(t.Context(), visitor.Scope); method != "AppendBatch of a repeated cid" && err != nil {
			t.Errorf("%s with the right scope: %v", method, err)
		}
	}
	if rows := d.log(conv.ID); len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
}

func missing(outs []chat.Outcome, err error) error {
	if err == nil && len(outs) == 1 && outs[0].Verdict == chat.Missing && outs[0].Head.ID == "" && outs[0].Row.Seq == 0 {
		return chat.ErrNotFound
	}
	return err
}

func orNotFound(err error) error {
	if err == nil {
		return chat.ErrNotFound
	}
	return err
}

// The SQL's rule is the one that the hub applies in memory.
func TestScopeAllowsIsTheSameRuleInSQLAndInMemory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	random := rand.New(rand.NewPCG(1, 2))
	contacts := []string{newID(), newID()}
	some := func() (out []int32) {
		for range random.IntN(3) {
			out = append(out, 1+random.Int32N(3))
		}
		return out
	}
	for range 500 {
		s := identity.Scope{All: random.IntN(4) == 0, Sites: some(), Departments: some(), AllDepartments: random.IntN(3) == 0}
		if random.IntN(2) == 0 {
			s.Contact = contacts[random.IntN(2)]
		}
		site, department, contact := 1+random.Int32N(3), 1+random.Int32N(3), contacts[random.IntN(2)]
		var allowed bool
		if err := d.pool.QueryRow(t.Context(), "SELECT coalesce(scope_allows($1, $2, $3, $4, $5, $6, $7), false)",
			site, department, contact, s.All, s.Sites, departments(s), optional(s.Contact)).Scan(&allowed); err != nil {
			t.Fatal(err)
		}
		if want := s.Allows(site, department, contact); allowed != want {
			t.Fatalf("site %d department %d in %+v: SQL says %v, memory %v", site, department, s, allowed, want)
		}
	}
}

package postgres

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

// archive is a desk with its history.
type archive struct {
	*desk
	store  *History
	index  *history.Indexer
	search *history.Search
}

func newArchive(t testing.TB) *archive {
	t.Helper()
	d := newDesk(t)
	a := &archive{desk: d, store: NewHistory(d.pool)}
	var err error
	if a.index, err = history.NewIndexer(history.IndexerConfig{Store: a.store, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if a.search, err = history.NewSearch(a.store, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

// catch indexes everything.
func (a *archive) catch() {
	a.t.Helper()
	if err := a.index.Catch(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

// find searches as actor and returns the conversations found.
func (a *archive) find(actor identity.Actor, q history.Query) history.Page {
	a.t.Helper()
	page, err := a.search.Search(a.t.Context(), actor, q)
	if err != nil {
		a.t.Fatalf("search %q: %v", q.Text, err)
	}
	return page
}

func (a *archive) finds(actor identity.Actor, q history.Query, want ...string) history.Page {
	a.t.Helper()
	page := a.find(actor, q)
	got := map[string]bool{}
	for _, h := range page.Hits {
		got[h.Conversation.ID] = true
	}
	if len(got) != len(want) || page.Total != len(want) {
		a.t.Errorf("%+v: found %d (total %d), want %d", q, len(got), page.Total, len(want))
	}
	for _, id := range want {
		if !got[id] {
			a.t.Errorf("%+v: %s is missing", q, id)
		}
	}
	return page
}

func textOf(segments []history.Segment) (all, hits string) {
	for _, s := range segments {
		all += s.Text
		if s.Hit {
			hits += "[" + s.Text + "]"
		}
	}
	return all, hits
}

func TestASearchFindsConversationsByWhatWasSaid(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	v1, c1 := a.visitor()
	a.say(v1, c1.ID, "Hello, where is my parcel?")
	a.say(v1, c1.ID, "The order number is SF-2201")
	v2, c2 := a.visitor()
	a.say(v2, c2.ID, "我想申请退款,订单 SF-2202")
	v3, c3 := a.visitor()
	a.say(v3, c3.ID, "parcel parcel parcel, and a refund")
	note(a, alice, c3.ID, "angry about the courier")
	a.finds(alice, history.Query{Text: "parcel"})
	a.catch()
	a.finds(alice, history.Query{Text: "parcel"}, c1.ID, c3.ID)
	page := a.finds(alice, history.Query{Text: "parcel SF-2201"}, c1.ID) // in neighbouring messages
	if h := page.Hits[0]; h.Seq != 1 && h.Seq != 2 {
		t.Errorf("hit at %d", h.Seq)
	}
	page = a.finds(alice, history.Query{Text: "申請退款"}, c2.ID)
	if all, hits := textOf(page.Hits[0].Snippet); all != "我想申请退款,订单 SF-2202" || hits != "[申请退款]" || page.Hits[0].Author.Kind != chat.AuthorVisitor {
		t.Errorf("%q %q %+v", all, hits, page.Hits[0])
	}
	a.finds(alice, history.Query{Text: "sf2202"}, c2.ID)
	a.finds(alice, history.Query{Text: `"parcel refund"`})
	a.finds(alice, history.Query{Text: "parcel -refund"}, c1.ID)
	a.finds(alice, history.Query{Text: "courier"}, c3.ID)
	a.finds(alice, history.Query{Filter: history.Filter{Notes: true}}, c3.ID)
	a.finds(alice, history.Query{}, c1.ID, c2.ID, c3.ID)
	a.finds(alice, history.Query{Filter: history.Filter{Agent: alice.ID}}, c3.ID)
	a.finds(alice, history.Query{Filter: history.Filter{Contact: v2.ID}}, c2.ID)
	a.finds(alice, history.Query{Text: "parcel", Filter: history.Filter{Contact: v2.ID}})
	a.finds(alice, history.Query{Filter: history.Filter{Status: "resolved"}})
	a.finds(alice, history.Query{Filter: history.Filter{From: time.Now().Add(time.Hour)}})
	a.finds(alice, history.Query{Filter: history.Filter{To: time.Now().Add(-time.Hour)}})
	a.finds(alice, history.Query{Filter: history.Filter{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}}, c1.ID, c2.ID, c3.ID)
	if page := a.find(alice, history.Query{Text: "怎么申请退款"}); !page.Loose || len(page.Hits) != 1 || page.Hits[0].Conversation.ID != c2.ID {
		t.Errorf("nothing near was found: %+v", page)
	}
	for _, bad := range []history.Query{{Text: "-refund"}, {Text: "\xff"}, {Filter: history.Filter{Contact: "x"}}, {Filter: history.Filter{Status: "gone"}}, {Cursor: "zzz"}, {Filter: history.Filter{From: time.Now(), To: time.Now().Add(-time.Hour)}}} {
		if _, err := a.search.Search(t.Context(), alice, bad); !errors.Is(err, history.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	_, err := a.search.Search(t.Context(), v1, history.Query{Text: "parcel"})
	want(t, err, identity.ErrForbidden)
}

func note(a *archive, agent identity.Actor, conv, content string) {
	a.t.Helper()
	if _, _, err := a.Send(a.t.Context(), agent, chat.Send{Conversation: conv, CID: newID(), Kind: chat.KindNote, Content: content}); err != nil {
		a.t.Fatal(err)
	}
}

func TestASearchStopsAtTheWalls(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	v, c := a.visitor()
	a.say(v, c.ID, "secret parcel")
	a.catch()
	accounts := NewAccounts(a.pool)
	other, err := accounts.EnsureSite(t.Context(), "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	room, err := accounts.EnsureDepartment(t.Context(), other.ID, "Room")
	if err != nil {
		t.Fatal(err)
	}
	in := func(s identity.Scope) identity.Actor {
		return identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: newID(), Scope: s}
	}
	a.finds(in(identity.Scope{Sites: []int32{c.Site}, AllDepartments: true}), history.Query{Text: "secret"}, c.ID)
	a.finds(in(identity.Scope{Sites: []int32{c.Site}, Departments: []int32{c.Department}}), history.Query{Text: "secret"}, c.ID)
	for _, s := range []identity.Scope{
		{},
		{Sites: []int32{c.Site + 1000}, AllDepartments: true},
		{Sites: []int32{c.Site}, Departments: []int32{room.ID}},
		{Sites: []int32{c.Site}},
		{Sites: []int32{c.Site}, AllDepartments: true, Contact: newID()},
	} {
		if page := a.find(in(s), history.Query{Text: "secret"}); len(page.Hits) != 0 || page.Total != 0 || page.Next != "" {
			t.Errorf("%+v sees %+v", s, page)
		}
		if page := a.find(in(s), history.Query{Text: "secret", Filter: history.Filter{Department: c.Department, Site: c.Site}}); page.Total != 0 {
			t.Errorf("%+v counts %+v", s, page)
		}
	}
	// The index still believes in the old department: the conversation itself decides.
	if _, err := a.pool.Exec(t.Context(), "UPDATE conversations SET department_id = $2 WHERE id = $1", c.ID, room.ID); err != nil {
		t.Fatal(err)
	}
	a.finds(in(identity.Scope{Sites: []int32{c.Site}, Departments: []int32{c.Department}}), history.Query{Text: "secret"})
}

func TestTheIndexFollowsEditsMovesAndErasures(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	v, c := a.visitor()
	a.say(v, c.ID, "the first words")
	for range 40 { // into a second part
		a.say(v, c.ID, "filler")
	}
	a.catch()
	a.finds(alice, history.Query{Text: "first"}, c.ID)
	// An edit is a row of its own, far from the row that it changes.
	row, _ := a.say(v, c.ID, "edited")
	if _, err := a.pool.Exec(t.Context(), `UPDATE conversation_log SET content = 'other words' WHERE conversation_id = $1 AND seq = 1`, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.pool.Exec(t.Context(), `UPDATE conversation_log SET kind = 'edited', data = '{"target": 1}' WHERE conversation_id = $1 AND seq = $2`, c.ID, row.Seq); err != nil {
		t.Fatal(err)
	}
	a.catch()
	a.finds(alice, history.Query{Text: "first"})
	a.finds(alice, history.Query{Text: "other words"}, c.ID)
	a.finds(alice, history.Query{Text: "filler"}, c.ID) // once, though two parts have it
	if _, err := a.Resolve(t.Context(), alice, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.pool.Exec(t.Context(), `DELETE FROM conversation_log WHERE conversation_id = $1`, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.pool.Exec(t.Context(), `DELETE FROM conversations WHERE id = $1`, c.ID); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := a.pool.QueryRow(t.Context(), `SELECT count(*) FROM history_parts`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d parts are left, %v", left, err)
	}
}

func TestOneNodeIndexesAndAnotherGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	v, c := a.visitor()
	a.say(v, c.ID, "parcel")
	a.catch()
	second, err := history.NewIndexer(history.IndexerConfig{Store: a.store})
	if err != nil {
		t.Fatal(err)
	}
	want(t, second.Catch(t.Context()), history.ErrLease)
	if n := second.Counts(); n.Behind >= 0 || n.Indexed != 0 {
		t.Errorf("%+v", n)
	}
	if n := a.index.Counts(); n.Behind != 0 || n.Indexed != 1 {
		t.Errorf("%+v", n)
	}
	// The first node dies; what it wrote stays, what came since is found by the next.
	if _, err := a.pool.Exec(t.Context(), "UPDATE history_work SET lease_until = now() - interval '1 second' WHERE task = 'index'"); err != nil {
		t.Fatal(err)
	}
	a.say(v, c.ID, "courier")
	if err := second.Catch(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.finds(alice, history.Query{Text: "parcel courier"}, c.ID)
	// Its writes are refused by now, whatever it believes.
	parts, err := a.store.Parts(t.Context(), []history.Dirty{{Conversation: c.ID}})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%+v %v", parts, err)
	}
	want(t, a.store.Save(t.Context(), newID(), parts, time.Now()), history.ErrLease)
}

func TestPagesOfASearchShowEachConversationOnce(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	const n = 30
	for i := range n {
		v, c := a.visitor()
		a.say(v, c.ID, "parcel"+strings.Repeat(" and parcel", i%5))
	}
	a.catch()
	for _, newest := range []bool{false, true} {
		seen, cursor := map[string]bool{}, ""
		for pages := 0; ; pages++ {
			page := a.find(alice, history.Query{Text: "parcel", Newest: newest, Limit: 7, Cursor: cursor})
			for _, h := range page.Hits {
				if seen[h.Conversation.ID] {
					t.Errorf("%s comes twice", h.Conversation.ID)
				}
				seen[h.Conversation.ID] = true
			}
			if page.Total != n || page.Above {
				t.Errorf("total %d, above %v", page.Total, page.Above)
			}
			if cursor = page.Next; cursor == "" || pages > n {
				break
			}
		}
		if len(seen) != n {
			t.Errorf("newest %v: %d conversations", newest, len(seen))
		}
	}
}

// Few conversations pass the filter: they are looked through from the other side, and found the same.
func TestASearchWithAFilterThatFewPassFindsTheSame(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice, bob := a.agent("alice"), a.agent("bob")
	v1, waiting := a.visitor()
	a.say(v1, waiting.ID, "my order is late")
	if _, err := a.RequestHuman(t.Context(), v1, waiting.ID, ""); err != nil {
		t.Fatal(err)
	}
	v2, over := a.visitor()
	a.say(v2, over.ID, "my order came")
	note(a, bob, over.ID, "glad of it")
	if _, err := a.Resolve(t.Context(), bob, over.ID); err != nil {
		t.Fatal(err)
	}
	v3, plain := a.visitor()
	a.say(v3, plain.ID, "another order")
	a.catch()
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Owner: "queue"}}, waiting.ID)
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved"}}, over.ID)
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved", Agent: bob.ID}}, over.ID)
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved", Agent: alice.ID}})
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved", Contact: v1.ID}})
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "open", From: time.Now().Add(time.Hour)}})
	a.finds(alice, history.Query{Filter: history.Filter{Status: "open"}}, waiting.ID, plain.ID)
	abroad := alice
	abroad.Scope = identity.Scope{Sites: []int32{77}, AllDepartments: true}
	a.finds(abroad, history.Query{Text: "order", Filter: history.Filter{Status: "resolved"}})
	// Many pass it: the other way, and the same answer.
	a.exec(`WITH c AS (INSERT INTO contacts (id, site_id, department_id) SELECT gen_random_uuid(), 1, 1 FROM generate_series(1, $1) RETURNING id)
		INSERT INTO conversations (id, site_id, department_id, contact_id, status, resolved_at, owner) SELECT gen_random_uuid(), 1, 1, id, 'resolved', now(), 'bot' FROM c`, fewConversations+1)
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved"}}, over.ID)
	a.finds(alice, history.Query{Text: "order", Filter: history.Filter{Status: "resolved", Agent: bob.ID}}, over.ID)
	a.finds(abroad, history.Query{Text: "order", Filter: history.Filter{Status: "resolved"}})
}

func TestASearchSaysHowOldTheIndexIsNotHowFarItIsSettled(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	for name, c := range map[string]struct {
		settled, lease string // from now
		least, most    time.Duration
	}{
		"nothing waits":                {"-57 seconds", "29 seconds", 0, 20 * time.Second},
		"nobody has looked for long":   {"-340 seconds", "-270 seconds", 4 * time.Minute, 6 * time.Minute},
		"the indexer is catching up":   {"-1 hour", "29 seconds", 50 * time.Minute, 70 * time.Minute},
		"all was settled when it died": {"-1 hour", "-3571 seconds", 50 * time.Minute, 70 * time.Minute},
	} {
		a.exec("UPDATE history_work SET read_to = now() + $1::interval, lease_until = now() + $2::interval WHERE task = 'index'", c.settled, c.lease)
		if got := a.find(alice, history.Query{}).Behind; got < c.least || got > c.most {
			t.Errorf("%s: %v behind, want %v to %v", name, got, c.least, c.most)
		}
	}
}

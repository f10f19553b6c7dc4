package postgres

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// EXPECTATIONS C, Chat 1: the server dies between the commit and the ack. The
// row is in the log; a new process answers the client's retry with its seq.
func TestChat01ARetryAfterAKillBetweenCommitAndAckGetsTheSameSeq(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	before := openDesk(t, url, func(*chat.Config) {})
	visitor, conv := before.visitor()
	before.say(visitor, conv.ID, "first")
	lost := chat.Scoped{Scope: visitor.Scope, Entry: chat.Entry{
		Conversation: conv.ID, CID: newID(), Kind: chat.KindMessage, Content: "second",
		Author: chat.Author{Kind: chat.AuthorVisitor, ID: visitor.ID},
	}}
	// The store commits; nobody is told.
	if _, err := before.store.AppendBatch(t.Context(), []chat.Scoped{lost}, false); err != nil {
		t.Fatal(err)
	}
	after := openDesk(t, url, func(*chat.Config) {})
	for range 3 {
		row, _, err := after.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: lost.CID, Content: "second"})
		if err != nil || row.Seq != 2 {
			t.Fatalf("retry: seq %d, %v", row.Seq, err)
		}
	}
	if n := len(after.log(conv.ID)); n != 2 {
		t.Fatalf("%d rows", n)
	}
}

// EXPECTATIONS C, Chat 2, on one node: committed, never published, nothing after.
func TestARowThatWasCommittedButNeverPublishedReachesItsWatchers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	d.say(visitor, conv.ID, "first")
	sink := newRecorder()
	_, stop, err := d.Follow(t.Context(), visitor, conv.ID, 0, sink)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if _, err := d.store.AppendBatch(t.Context(), []chat.Scoped{{Scope: visitor.Scope, Entry: chat.Entry{
		Conversation: conv.ID, CID: newID(), Kind: chat.KindMessage, Content: "second",
		Author: chat.Author{Kind: chat.AuthorVisitor, ID: visitor.ID},
	}}}, false); err != nil {
		t.Fatal(err)
	}
	sink.wait(t, 2)
	if m := d.Metrics(); m.ReconciledRows != 1 {
		t.Errorf("reconciled %d rows, want 1", m.ReconciledRows)
	}
}

// EXPECTATIONS C, Chat 3: the same cid on two nodes at once.
func TestTheSameCIDOnTwoNodesAtOnceIsOneRow(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	visitor, conv := nodes[0].visitor()
	for i := range 20 {
		m := chat.Send{Conversation: conv.ID, CID: newID(), Content: fmt.Sprintf("message %d", i)}
		var wg sync.WaitGroup
		for k := range 8 {
			wg.Go(func() {
				row, _, err := nodes[k%2].Send(t.Context(), visitor, m)
				if err != nil || row.Seq != uint32(i+1) || row.Content != m.Content {
					t.Errorf("message %d: seq %d, %v", i, row.Seq, err)
				}
			})
		}
		wg.Wait()
	}
	if n := len(nodes[0].log(conv.ID)); n != 20 {
		t.Fatalf("%d rows, want 20", n)
	}
}

func TestACIDThatSaysSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	m := chat.Send{Conversation: conv.ID, CID: newID(), Content: "yes"}
	if _, _, err := d.Send(t.Context(), visitor, m); err != nil {
		t.Fatal(err)
	}
	m.Content = "no"
	_, _, err := d.Send(t.Context(), visitor, m)
	want(t, err, chat.ErrCIDTaken)
	alice := d.agent("alice")
	m.Content = "yes"
	_, _, err = d.Send(t.Context(), alice, m)
	want(t, err, chat.ErrCIDTaken)
	if n := len(d.log(conv.ID)); n != 1 {
		t.Fatalf("%d rows", n)
	}
}

// EXPECTATIONS C, Chat 5: validation refuses what PostgreSQL can't hold; if a row
// like that comes through all the same, its neighbours are stored.
func TestChat05ABadRowDoesNotFailItsNeighbours(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	_, _, err := d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Content: "a\x00b"})
	want(t, err, chat.ErrInvalid)
	_, _, err = d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Content: "a\xffb"})
	want(t, err, chat.ErrInvalid)

	row := func(content string) chat.Scoped {
		return chat.Scoped{Scope: visitor.Scope, Entry: chat.Entry{
			Conversation: conv.ID, CID: newID(), Kind: chat.KindMessage, Content: content,
			Author: chat.Author{Kind: chat.AuthorVisitor, ID: visitor.ID},
		}}
	}
	_, err = d.store.AppendBatch(t.Context(), []chat.Scoped{row("good"), row("a\x00b"), row("good")}, false)
	want(t, err, chat.ErrRefused) // the writer splits on this one: see chat.TestOneRefusedRow…
	if n := len(d.log(conv.ID)); n != 0 {
		t.Fatalf("%d rows of a refused batch", n)
	}
}

// A batch passes over a conversation that another transaction holds, and the
// row is stored as soon as that ends.
func TestAHeldConversationDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, held := d.visitor()
	other, free := d.visitor()
	tx, err := d.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM conversations WHERE id = $1 FOR UPDATE", held.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan chat.Row)
	go func() {
		row, _, err := d.Send(t.Context(), visitor, chat.Send{Conversation: held.ID, CID: newID(), Content: "held"})
		if err != nil {
			t.Error(err)
		}
		done <- row
	}()
	for range 20 {
		d.say(other, free.ID, "free")
	}
	select {
	case <-done:
		t.Fatal("the row was stored under another transaction's lock")
	default:
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if row := <-done; row.Seq != 1 {
		t.Fatalf("seq %d", row.Seq)
	}
}

// A lock that is never given back ends in an overloaded answer, not in a hang.
func TestAConversationHeldForLongIsRefusedWithRetryAfter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	tx, err := d.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), "SELECT FROM conversations WHERE id = $1 FOR UPDATE", conv.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Content: "held"})
	want(t, err, chat.ErrUnavailable)
	var again interface{ RetryAfter() time.Duration }
	if !errors.As(err, &again) || again.RetryAfter() <= 0 {
		t.Fatalf("%v does not say when to retry", err)
	}
}

// EXPECTATIONS C, Chat 18: an agent's message during inference drops the bot's
// answer, which was made for another state.
func TestChat18TheBotsAnswerIsDroppedWhenAHumanWroteMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	_, head := d.say(visitor, conv.ID, "May I return it?")
	answer := func(head chat.Conversation) error {
		bot := chat.OwnerBot
		_, _, err := d.Append(t.Context(), identity.Everything(), chat.Entry{
			Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "Within 14 days.",
			Expect: chat.Expect{Owner: &bot, OwnerEpoch: &head.OwnerEpoch, LastSeq: &head.LastSeq},
		})
		return err
	}
	alice := d.agent("alice")
	row, taken := d.say(alice, conv.ID, "Hello, I am Alice.")
	if taken.Owner != chat.OwnerHuman || taken.Assignee.ID != alice.ID || row.Data.State == nil || row.Data.State.OwnerEpoch != head.OwnerEpoch+1 {
		t.Fatalf("writing did not take over: %+v", taken)
	}
	want(t, answer(head), chat.ErrStale)
	want(t, answer(taken), chat.ErrStale) // the owner alone refuses it too
	if d.load(alice) != 1 {
		t.Fatalf("load %d", d.load(alice))
	}
	if rows := d.log(conv.ID); len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
}

func TestTheBotsAnswerIsDroppedWhenItsArticleIsNoLongerPublished(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	d.say(visitor, conv.ID, "May I return it?")
	d.exec(`INSERT INTO kb_articles (site_id, id, locale, published_version, last_version, created_at, updated_at)
		VALUES (1, 'returns', 'en', 3, 3, now(), now())`)
	answer := func(version uint32) error {
		_, _, err := d.Append(t.Context(), identity.Everything(), chat.Entry{
			Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "Within 14 days.",
			Expect: chat.Expect{Article: &chat.ArticleVersion{Site: 1, ID: "returns", Locale: "en", Version: version}},
		})
		return err
	}
	want(t, answer(2), chat.ErrStale)
	want(t, answer(3), nil)

	// While it is being unpublished the answer neither waits nor slips through.
	tx, err := d.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "UPDATE kb_articles SET published_version = NULL, ended = 'archived' WHERE id = 'returns'"); err != nil {
		t.Fatal(err)
	}
	want(t, answer(3), chat.ErrStale)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, answer(3), chat.ErrStale)
	if n := len(d.log(conv.ID)); n != 2 {
		t.Fatalf("%d rows", n)
	}
}

// Expectations are judged row by row within one batch.
func TestAStaleRowLeavesItsNeighboursInTheBatchAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	wrong := uint32(7)
	entry := func(content string, expect chat.Expect) chat.Scoped {
		return chat.Scoped{Scope: visitor.Scope, Entry: chat.Entry{
			Conversation: conv.ID, CID: newID(), Kind: chat.KindMessage, Content: content, Expect: expect,
			Author: chat.Author{Kind: chat.AuthorVisitor, ID: visitor.ID},
		}}
	}
	foreign := entry("not mine", chat.Expect{})
	foreign.Scope = identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: newID()}
	nowhere := entry("nowhere", chat.Expect{})
	nowhere.Conversation = newID()
	outs, err := d.store.AppendBatch(t.Context(), []chat.Scoped{
		entry("one", chat.Expect{Open: true}), entry("stale", chat.Expect{OwnerEpoch: &wrong}), foreign, nowhere, entry("two", chat.Expect{}),
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := []chat.Verdict{chat.Stored, chat.Stale, chat.Missing, chat.Missing, chat.Stored}
	for i, out := range outs {
		if out.Verdict != verdicts[i] {
			t.Errorf("row %d: verdict %d, want %d", i, out.Verdict, verdicts[i])
		}
	}
	if rows := d.log(conv.ID); len(rows) != 2 || rows[0].Content != "one" || rows[1].Content != "two" {
		t.Fatalf("log: %+v", rows)
	}
}

// The contact of a deleted connection must not leave the pool's settings behind.
func TestTheListOfLockedConversationsEndsWithItsTransaction(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, conv := d.visitor()
	conn, err := pgx.ConnectConfig(t.Context(), d.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	batch := &pgx.Batch{}
	batch.Queue(chatLockSQL, uuids([]string{conv.ID}))
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := conn.QueryRow(t.Context(), "SELECT coalesce(current_setting('frontdesk.locked', true), '')").Scan(&left); err != nil || left != "" {
		t.Fatalf("%q, %v", left, err)
	}
}

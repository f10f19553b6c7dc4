package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
)

func TestAnEditTakesItsPlaceInAGaplessLogWhateverIsWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	d.say(visitor, conv.ID, "hello")
	row, _ := d.say(alice, conv.ID, "version 0")
	cid := newID()
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() { // writers in the way
			for j := range 10 {
				if _, _, err := d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Content: fmt.Sprint("more ", i, j)}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			edit := chat.Edit{Conversation: conv.ID, CID: newID(), Seq: row.Seq, Content: fmt.Sprintf("version %d", i+1)}
			for range 3 { // the same edit, again: one row
				if _, err := d.Edit(t.Context(), alice, edit); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() { // one edit by several at once
			if _, err := d.Edit(t.Context(), visitor, chat.Edit{Conversation: conv.ID, CID: cid, Seq: 1, Remove: true}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	rows := d.log(conv.ID)
	if len(rows) != 2+50+5+1 {
		t.Fatalf("%d rows", len(rows))
	}
	last, texts := "", 0
	for i, r := range rows {
		if int(r.Seq) != i+1 {
			t.Fatalf("row %d has seq %d", i+1, r.Seq)
		}
		if r.Kind == chat.KindEdited {
			last = r.Content
			if r.Content != "" {
				texts++
			}
		}
	}
	target := rows[row.Seq-1]
	if target.Content != last || texts != 1 || len(target.Data.History) != 5 || target.Original() != "version 0" {
		t.Fatalf("the message says %q, its last change %q (%d of them with a text), history %v", target.Content, last, texts, target.Data.History)
	}
	if rows[0].Content != "" || rows[0].Data.Deleted == nil || rows[0].Original() != "hello" {
		t.Fatalf("the removed row is %+v", rows[0])
	}
}

// No table keeps what a visitor removed where a visitor, the bot, a search or
// what was learnt could find it: only the row's history, for staff.
func TestARemovedTextStandsOnlyInItsRowsHistory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice := d.agent("alice")
	const canary = "canary 4111 1111"
	row, _ := d.say(visitor, conv.ID, canary)
	d.say(alice, conv.ID, "an answer")
	for _, sql := range []string{
		`INSERT INTO solved_answers (conversation_id, answer_seq, site_id, locale, question, answer, created_at, expires_at)
			SELECT id, 2, site_id, 'en', $2, 'an answer', now(), 'infinity' FROM conversations WHERE id = $1`,
		`INSERT INTO solved_reads (conversation_id, upto) SELECT id, 2 FROM conversations WHERE id = $1 AND $2 <> ''`,
		`INSERT INTO gap_samples (conversation_id, seq, site_id, department_id, contact_id, locale, reason, question, happened_at)
			SELECT id, 2, site_id, department_id, contact_id, 'en', 'no_answer', $2, now() FROM conversations WHERE id = $1`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql, conv.ID, canary); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Edit(t.Context(), visitor, chat.Edit{Conversation: conv.ID, CID: newID(), Seq: row.Seq, Remove: true}); err != nil {
		t.Fatal(err)
	}
	tables, err := many(t.Context(), d.pool, pgx.RowTo[string], `SELECT quote_ident(table_name) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`)
	if err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		found, err := many(t.Context(), d.pool, pgx.RowTo[string], `SELECT t::text FROM `+table+` t WHERE t::text LIKE '%canary%'`)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range found {
			if table != "conversation_log" || !strings.Contains(text, "history") {
				t.Errorf("%s: %s", table, text)
			}
		}
	}
	thread, rows, err := d.Thread(t.Context(), visitor, conv.ID, 10)
	if err != nil || strings.Contains(fmt.Sprint(rows, thread), "canary") {
		t.Fatalf("a visitor reads %v, %v", rows, err)
	}
}

func TestMarksAreStoredAndNeverFallNorPassTheEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	alice, bob := d.agent("alice"), d.agent("bob")
	for range 5 {
		d.say(visitor, conv.ID, "hello")
	}
	for _, m := range [][]chat.StoredMark{
		{{Conversation: conv.ID, Progress: chat.Progress{Delivered: 3, Read: 1}}, {Conversation: conv.ID, User: alice.ID, Progress: chat.Progress{Delivered: 4, Read: 4}}},
		{{Conversation: conv.ID, User: bob.ID, Progress: chat.Progress{Delivered: 99, Read: 2}}, {Conversation: newID(), Progress: chat.Progress{Read: 1}}},
		{{Conversation: conv.ID, Progress: chat.Progress{Delivered: 1, Read: 2}}, {Conversation: conv.ID, User: newID(), Progress: chat.Progress{Read: 1}}},
	} {
		if err := d.store.RaiseMarks(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.store.Marks(t.Context(), bob.Scope, bob.ID, conv.ID)
	want := chat.Marks{Visitor: chat.Progress{Delivered: 3, Read: 2}, Agents: chat.Progress{Delivered: 5, Read: 4}, Own: 2}
	if err != nil || got != want {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	var wg sync.WaitGroup
	for i := range 8 { // as several nodes would, in any order
		wg.Go(func() {
			for j := range 5 {
				err := d.store.RaiseMarks(t.Context(), []chat.StoredMark{
					{Conversation: conv.ID, User: alice.ID, Progress: chat.Progress{Read: uint32((i + j) % 6)}},
					{Conversation: conv.ID, User: bob.ID, Progress: chat.Progress{Read: uint32(j)}},
				})
				if err != nil && !errors.Is(err, chat.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err = d.store.Marks(t.Context(), alice.Scope, alice.ID, conv.ID); err != nil || got.Own != 5 || got.Agents.Read != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
}

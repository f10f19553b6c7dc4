package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

// canary is what a visitor wrote wherever text of visitors is kept.
const canary = "zanzibarcanary"

// tablesWith returns every table of the schema in which a text stands, in whatever column.
func (a *archive) tablesWith(content string) []string {
	a.t.Helper()
	names, err := many(a.t.Context(), a.pool, pgx.RowTo[string],
		`SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1`)
	if err != nil {
		a.t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		n, err := one(a.t.Context(), a.pool, nil, pgx.RowTo[int], "SELECT count(*) FROM "+name+" t WHERE strpos(lower(t::text), $1) > 0", content)
		if err != nil {
			a.t.Fatal(err)
		}
		if n > 0 {
			found = append(found, name)
		}
	}
	return found
}

func (a *archive) privacy() *history.Privacy {
	a.t.Helper()
	p, err := history.NewPrivacy(a.store, a.Service, a.now)
	if err != nil {
		a.t.Fatal(err)
	}
	return p
}

func (a *archive) admin() identity.Actor {
	admin := a.agent("boss" + newID()[30:])
	admin.Role = identity.RoleAdmin
	return admin
}

// leaveTraces writes a conversation of a visitor's, with a trace of it in every table that has any.
func (a *archive) leaveTraces(agent identity.Actor) (visitor identity.Actor, conv chat.Conversation) {
	a.t.Helper()
	visitor, conv = a.visitor()
	a.say(visitor, conv.ID, "my "+canary+" is broken")
	if _, err := a.LeaveEmail(a.t.Context(), visitor, conv.ID, canary+"@example.com"); err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.RequestHuman(a.t.Context(), visitor, conv.ID, ""); err != nil {
		a.t.Fatal(err)
	}
	note(a, agent, conv.ID, "says "+canary)
	vector := halfvec(make([]float32, 4))
	a.exec(`UPDATE contacts SET name = $2, phone = $2, attributes = jsonb_build_object('plan', $2::text), page_url = $2, user_agent = $2 WHERE id = $1`, visitor.ID, canary)
	a.exec(`INSERT INTO contact_identities (site_id, kind, value, contact_id) VALUES (1, 'id', $2, $1)`, visitor.ID, canary)
	a.exec(`INSERT INTO contact_blocks (id, site_id, kind, contact_id, reason, lifted_at) VALUES (gen_random_uuid(), 1, 'contact', $1, $2, now())`, visitor.ID, canary)
	a.exec(`WITH gap AS (INSERT INTO gaps (site_id, department_id, locale, state, created_at, last_seen_at, state_at) VALUES (1, 1, 'en', 'open', now(), now(), now()) RETURNING id)
		INSERT INTO gap_samples (conversation_id, seq, site_id, department_id, contact_id, locale, reason, question, happened_at, gap_id, model, embedding)
		SELECT $1, 1, 1, 1, $2, 'en', 'no_answer', $3, now(), id, 'm', $4::text::halfvec FROM gap`, conv.ID, visitor.ID, canary, vector)
	a.exec(`INSERT INTO solved_answers (conversation_id, answer_seq, site_id, locale, question, answer, model, embedding, created_at, expires_at)
		VALUES ($1, 1, 1, 'en', $2, $2, 'm', $3::text::halfvec, now(), now() + interval '1 day')`, conv.ID, canary, vector)
	a.exec(`INSERT INTO bot_judgements (conversation_id, seq, agent_id, site_id, department_id, verdict, note, at) VALUES ($1, 1, $2, 1, 1, 'wrong', $3, now())`, conv.ID, agent.ID, canary)
	a.exec(`WITH run AS (INSERT INTO bot_runs (id, site_id, kind, spec, state, created_by, created_at) VALUES (gen_random_uuid(), 1, 'replay', '{}', 'done', 'x', now()) RETURNING id)
		INSERT INTO bot_run_rows (run_id, n, site_id, conversation_id, seq, question, change, after) SELECT id, 1, 1, $1, 1, $2, 'same', '{}' FROM run`, conv.ID, canary)
	a.exec(`WITH saved AS (INSERT INTO bot_questions (site_id, question, want, digest, origin, created_by, created_at, updated_at)
			VALUES (1, $2, '-', sha256(convert_to($1::text, 'UTF8')), $1::text || '/1', 'x', now(), now()) RETURNING id),
		run AS (INSERT INTO bot_runs (id, site_id, kind, spec, state, created_by, created_at) VALUES (gen_random_uuid(), 1, 'questions', '{}', 'done', 'x', now()) RETURNING id)
		INSERT INTO bot_run_rows (run_id, n, site_id, question_id, question, change, after) SELECT run.id, 1, 1, saved.id, $2, 'pass', '{}' FROM run, saved`, conv.ID, canary)
	a.exec(`INSERT INTO routing_offers (conversation_id, id, user_id, site_id, department_id, owner_epoch, channel, weight, record, offered_at, expires_at)
		VALUES ($1, gen_random_uuid(), $2, 1, 1, 1, 'chat', 1, jsonb_build_object('message', $3::text), now(), now())`, conv.ID, agent.ID, canary)
	a.exec(`INSERT INTO conversation_helpers (conversation_id, user_id, site_id, department_id, reason) VALUES ($1, $2, 1, 1, $3)`, conv.ID, agent.ID, canary)
	a.catch()
	return visitor, conv
}

func TestWhatIsErasedStandsNowhere(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice, admin := a.agent("alice"), a.admin()
	visitor, conv := a.leaveTraces(alice)
	if _, err := a.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	other, kept := a.visitor()
	a.say(other, kept.ID, "a bystander")
	a.catch()
	want := []string{
		"bot_judgements", "bot_questions", "bot_run_rows", "contact_blocks", "contact_identities", "contacts", "conversation_helpers", "conversation_log", "conversations",
		"gap_samples", "history_parts", "solved_answers",
	}
	if before := a.tablesWith(canary); !containsAll(before, want) {
		t.Fatalf("the test leaves traces in %v only", before)
	}
	receipt, err := a.privacy().Erase(t.Context(), admin, visitor.ID, "asked for")
	if err != nil {
		t.Fatal(err)
	}
	if left := a.tablesWith(canary); len(left) != 0 {
		t.Errorf("%v still know the visitor", left)
	}
	if left := a.tablesWith(visitor.ID); !slices.Equal(left, []string{"erasures"}) {
		t.Errorf("the contact's id stands in %v", left)
	}
	if left := a.tablesWith(conv.ID); len(left) != 0 {
		t.Errorf("the conversation's id stands in %v", left)
	}
	if !receipt.Done || receipt.Counts["conversations"] != 1 || receipt.Counts["gap_samples"] != 1 || receipt.Counts["solved_answers"] != 1 ||
		receipt.Counts["history_parts"] != 1 || receipt.Counts["contacts"] != 1 || receipt.Counts["contact_identities"] != 1 || receipt.Counts["contact_blocks"] != 1 || receipt.Counts["conversation_log"] < 5 {
		t.Errorf("%+v", receipt)
	}
	if n := a.load(alice); n != 0 { // it was resolved before it went
		t.Errorf("alice holds %d", n)
	}
	a.finds(alice, history.Query{Text: canary})
	a.finds(alice, history.Query{Text: "bystander"}, kept.ID)
	if _, err := a.privacy().Erase(t.Context(), admin, visitor.ID, ""); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

// blocked waits until somebody waits for a lock of this transaction's.
func (a *archive) blocked(tx pgx.Tx) {
	a.t.Helper()
	for ctx := a.t.Context(); ctx.Err() == nil; {
		n, err := one(ctx, a.pool, nil, pgx.RowTo[int], "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", tx.Conn().PgConn().PID())
		if err != nil {
			a.t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
}

func TestWhoWritesWhileTheyAreErasedIsErasedToo(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice, admin := a.agent("alice"), a.admin()
	visitor, conv := a.leaveTraces(alice)
	if _, err := a.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	a.exec("UPDATE conversations SET resolved_at = now() - interval '1 year' WHERE id = $1", conv.ID) // the next word begins another one
	// The erasure has read which conversations there are, and stops at a row of the first.
	tx, err := a.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "SELECT FROM gap_samples WHERE conversation_id = $1 FOR UPDATE", conv.ID); err != nil {
		t.Fatal(err)
	}
	var receipt history.Erasure
	ended := make(chan error, 1)
	go func() {
		var err error
		receipt, err = a.privacy().Erase(t.Context(), admin, visitor.ID, "")
		ended <- err
	}()
	a.blocked(tx)
	_, next, err := a.StartVisitor(t.Context(), chat.StartRequest{Site: "default", Locale: "en", Contact: visitor.ID})
	if err != nil || next.ID == conv.ID {
		t.Fatalf("the same conversation, or %v", err)
	}
	a.say(visitor, next.ID, "and the "+canary+" again")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if left := a.tablesWith(canary); len(left) != 0 || !receipt.Done || receipt.Counts["contacts"] != 1 || receipt.Counts["conversations"] != 2 {
		t.Errorf("%v still know the visitor; receipt %+v", left, receipt)
	}
	if left := a.tablesWith(visitor.ID); !slices.Equal(left, []string{"erasures"}) {
		t.Errorf("the contact's id stands in %v", left)
	}
}

func TestAnErasureTakesNothingOutOfAnAgentsHands(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice, admin := a.agent("alice"), a.admin()
	visitor, conv := a.visitor()
	a.say(visitor, conv.ID, canary)
	if _, err := a.RequestHuman(t.Context(), visitor, conv.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	e := history.Erasure{ID: newID(), Site: 1, Contact: visitor.ID, Actor: admin.ID, AskedAt: time.Now().Add(-time.Hour).UTC()}
	if err := a.store.AddErasure(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	// It was reopened and taken between the erasure's resolving it and its deleting it.
	if gone, done, err := a.store.EraseSome(t.Context(), e.ID, 10, e.AskedAt); len(gone) > 0 || done || err != nil || a.load(alice) != 1 {
		t.Fatalf("done %v, %v, alice holds %d", done, err, a.load(alice))
	}
	if _, err := a.Conversation(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.keeper().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := a.privacy().Receipt(t.Context(), admin, e.ID); err != nil || !r.Done || a.load(alice) != 0 {
		t.Errorf("%+v, %v, alice holds %d", r, err, a.load(alice))
	}
	if left := a.tablesWith(canary); len(left) != 0 {
		t.Errorf("%v still know the visitor", left)
	}
}

// A run reads questions, and keeps what it found a while later.
func TestARunKeepsNothingOfWhatWasForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	ctx, admin := t.Context(), a.admin()
	visitor, conv := a.visitor()
	a.say(visitor, conv.ID, canary)
	saved := func(origin string) (id int64) {
		t.Helper()
		err := a.pool.QueryRow(ctx, `INSERT INTO bot_questions (site_id, question, want, digest, origin, created_by, created_at, updated_at)
			VALUES (1, $1, '-', sha256(convert_to($2, 'UTF8')), $2, 'x', now(), now()) RETURNING id`, canary, origin).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	runs, run, lease := NewBotRuns(a.pool), newID(), newID()
	a.exec(`INSERT INTO bot_runs (id, site_id, kind, spec, state, lease, lease_until, created_by, created_at)
		VALUES ($1, 1, 'questions', '{}', 'running', $2, now() + interval '1 hour', 'x', now())`, run, lease)
	keep := func(n int, rows ...bot.RunRow) {
		t.Helper()
		for i := range rows {
			rows[i].N, rows[i].Question, rows[i].Change = n+i, canary, "same"
		}
		if err := runs.KeepRun(ctx, run, lease, 10, n, rows, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int {
		t.Helper()
		n, err := one(ctx, a.pool, nil, pgx.RowTo[int], "SELECT count(*) FROM bot_run_rows")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	dropped, kept, typed := saved(conv.ID+"/1"), saved(conv.ID+"/2"), saved("")
	keep(1, bot.RunRow{Saved: dropped}, bot.RunRow{Saved: kept}, bot.RunRow{Saved: typed}, bot.RunRow{Conversation: conv.ID, Seq: 1})
	if n := count(); n != 4 {
		t.Fatalf("%d rows are kept, want 4", n)
	}
	a.exec("DELETE FROM bot_questions WHERE id = $1", dropped) // by an editor: its row in the run stays
	if _, err := a.privacy().Erase(ctx, admin, visitor.ID, ""); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 { // what an editor has typed
		t.Errorf("%d rows are left, want 1", n)
	}
	keep(5, bot.RunRow{Saved: kept}, bot.RunRow{Saved: typed}, bot.RunRow{Conversation: conv.ID, Seq: 1}, bot.RunRow{Conversation: conv.ID, Saved: typed})
	if n := count(); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}

// Whatever is made to refer to a conversation or a contact later must go with it.
func TestEveryTableThatRefersToAVisitorGoesWithThem(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	named := []string{"conversation_log", "queue_entries", "conversations"} // deleted by name, in history_forget.sql
	rows, err := many(t.Context(), a.pool, func(row pgx.CollectableRow) (string, error) {
		var table, target, action string
		err := row.Scan(&table, &target, &action)
		if action == "c" || action == "n" || slices.Contains(named, table) {
			return "", err
		}
		return table + " → " + target, err
	}, `SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype::text FROM pg_constraint
		WHERE contype = 'f' AND confrelid IN ('conversations'::regclass, 'contacts'::regclass)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r != "" {
			t.Errorf("%s is neither ON DELETE CASCADE nor SET NULL", r)
		}
	}
	// And whatever has a conversation's id without a reference is deleted by name.
	loose, err := many(t.Context(), a.pool, pgx.RowTo[string], `SELECT c.table_name FROM information_schema.columns c
		WHERE c.table_schema = current_schema() AND c.column_name IN ('conversation_id', 'contact_id')
			AND NOT EXISTS (SELECT FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
				WHERE f.contype = 'f' AND f.conrelid = c.table_name::regclass AND f.confrelid IN ('conversations'::regclass, 'contacts'::regclass))
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range loose {
		if table != "erasures" && !strings.Contains(historyForgetSQL, "DELETE FROM "+table+" ") {
			t.Errorf("%s has ids of visitors, no reference, and is not in history_forget.sql", table)
		}
	}
}

func TestAnErasureGoesOnAfterItsNodeHasEnded(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	admin := a.admin()
	visitor, conv := a.visitor()
	a.say(visitor, conv.ID, canary)
	// A node stored the wish and ended.
	e := history.Erasure{ID: newID(), Site: 1, Contact: visitor.ID, Actor: admin.ID, AskedAt: time.Now().Add(-time.Hour).UTC()}
	if err := a.store.AddErasure(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	again := e
	again.ID = newID()
	want(t, a.store.AddErasure(t.Context(), again), history.ErrRunning)
	if err := a.keeper().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := a.tablesWith(canary); len(left) != 0 {
		t.Errorf("%v still know the visitor", left)
	}
	if r, err := a.privacy().Receipt(t.Context(), admin, e.ID); err != nil || !r.Done || r.Counts["conversations"] != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func (a *archive) keeper() *history.Keeper {
	a.t.Helper()
	k, err := history.NewKeeper(history.KeeperConfig{Store: a.store, Privacy: a.privacy(), Audit: NewAccounts(a.pool).AddAudit, Pause: time.Millisecond, Clock: a.now})
	if err != nil {
		a.t.Fatal(err)
	}
	return k
}

func TestAPolicyDeletesWhatItsPreviewSaid(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice, admin := a.agent("alice"), a.admin()
	ctx := t.Context()
	make1 := func(email string, status string, age int) string {
		v, c := a.visitor()
		a.say(v, c.ID, "words of "+status)
		if email != "" {
			if _, err := a.LeaveEmail(ctx, v, c.ID, email); err != nil {
				t.Fatal(err)
			}
		}
		if status == "resolved" {
			if _, err := a.Resolve(ctx, alice, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		if status == "queue" {
			if _, err := a.RequestHuman(ctx, v, c.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		past := time.Now().AddDate(0, 0, -age)
		a.exec(`UPDATE conversations SET resolved_at = CASE WHEN resolved_at IS NOT NULL THEN $2::timestamptz END, last_message_at = $2, created_at = $2 WHERE id = $1`, c.ID, past)
		a.exec(`UPDATE contacts SET seen_at = $2, created_at = $2 WHERE id = $1`, v.ID, past)
		return c.ID
	}
	gone := []string{make1("", "resolved", 40), make1("", "bot", 40)}
	kept := []string{make1("", "resolved", 20), make1("", "bot", 20), make1("", "queue", 40), make1("a@example.com", "resolved", 40)}
	known := make1("b@example.com", "resolved", 400)
	for range 60 { // more than a batch
		gone = append(gone, make1("", "resolved", 50))
	}
	a.catch()
	p := a.privacy()
	policy := history.Policy{Site: 1, Anonymous: 30, Identified: 365}
	preview, err := p.Preview(ctx, admin, policy)
	if err != nil || preview.Anonymous.Conversations != len(gone) || preview.Anonymous.Contacts != len(gone) || preview.Identified.Conversations != 1 || preview.Oldest.IsZero() {
		t.Fatalf("%+v, %v", preview, err)
	}
	if policy, err = p.Save(ctx, admin, policy); err != nil || policy.Version != 1 {
		t.Fatalf("%+v, %v", policy, err)
	}
	stale := policy
	stale.Version = 0
	_, err = p.Save(ctx, admin, stale)
	want(t, err, history.ErrConflict)
	k := a.keeper()
	if err := k.Once(ctx); err != nil {
		t.Fatal(err)
	}
	left, err := many(ctx, a.pool, pgx.RowTo[string], "SELECT id::text FROM conversations")
	if err != nil || len(left) != len(kept) || !containsAll(left, kept) || slices.Contains(left, known) {
		t.Errorf("%d are left, want %d (%v)", len(left), len(kept), err)
	}
	list, err := p.Policies(ctx, admin)
	if err != nil || list[0].Last == nil || list[0].Last.Conversations != len(gone)+1 || list[0].Last.Contacts != len(gone)+1 || list[0].Last.EndedAt.IsZero() {
		t.Errorf("%+v, %v", list[0].Last, err)
	}
	// It runs once a day, on one node.
	make1("", "resolved", 90)
	if err := k.Once(ctx); err != nil {
		t.Fatal(err)
	}
	want(t, a.keeper().Once(ctx), history.ErrLease)
	if n, err := one(ctx, a.pool, nil, pgx.RowTo[int], "SELECT count(*) FROM retention_runs"); err != nil || n != 1 {
		t.Errorf("%d runs, %v", n, err)
	}
	audits, err := history.NewAudits(a.store)
	if err != nil {
		t.Fatal(err)
	}
	page, err := audits.List(ctx, admin, history.AuditQuery{Action: "retention"})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Action != "retention.run" || page.Rows[0].Actor != "system" {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestPrivacyIsForAdminsOfTheWholeSite(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	alice := a.agent("alice")
	visitor, conv := a.visitor()
	a.say(visitor, conv.ID, "hello")
	p, ctx := a.privacy(), t.Context()
	abroad := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAdmin, ID: newID(), Scope: identity.Scope{Sites: []int32{77}, AllDepartments: true}}
	for name, act := range map[string]func(identity.Actor) error{
		"preview": func(by identity.Actor) error { _, err := p.Preview(ctx, by, history.Policy{Site: 1}); return err },
		"save":    func(by identity.Actor) error { _, err := p.Save(ctx, by, history.Policy{Site: 1}); return err },
		"person":  func(by identity.Actor) error { _, err := p.Person(ctx, by, visitor.ID); return err },
		"erase":   func(by identity.Actor) error { _, err := p.Erase(ctx, by, visitor.ID, ""); return err },
	} {
		if err := act(alice); !errors.Is(err, identity.ErrForbidden) {
			t.Errorf("%s by an agent: %v", name, err)
		}
		if err := act(abroad); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("%s from another site: %v", name, err)
		}
	}
	if list, err := p.People(ctx, abroad, visitor.ID); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := p.Policies(ctx, abroad); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// counted is an export that only counts.
type counted struct {
	begun, ended map[string]int
	rows         map[string]int
	most         int
	fail         error
}

func (c *counted) Begin(h chat.Conversation) error { c.begun[h.ID]++; return c.fail }
func (c *counted) End(h chat.Conversation) error   { c.ended[h.ID]++; return nil }
func (c *counted) Rows(h chat.Conversation, rows []chat.Row) error {
	for i := range rows {
		c.rows[h.ID]++
		if rows[i].Conversation != h.ID || int(rows[i].Seq) != c.rows[h.ID] {
			return fmt.Errorf("row %d of %s comes as row %d of %s", rows[i].Seq, rows[i].Conversation, c.rows[h.ID], h.ID)
		}
	}
	c.most = max(c.most, len(rows))
	return nil
}

func TestAnExportHasEveryConversationOnceWithItsLog(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	admin := a.admin()
	const n = 120 // more than two pages
	a.exec(`INSERT INTO contacts (id, site_id, department_id) SELECT gen_random_uuid(), 1, 1 FROM generate_series(1, $1)`, n)
	a.exec(`INSERT INTO conversations (id, site_id, department_id, contact_id, created_at, last_seq)
		SELECT gen_random_uuid(), 1, 1, id, now() - interval '1 day' + random() * interval '1 hour', (ARRAY[0, 1, 7, 40, 2500])[1 + floor(random() * 5)::int] FROM contacts`)
	a.exec(`INSERT INTO conversation_log (conversation_id, seq, client_id, site_id, department_id, author_kind, kind, content, created_at)
		SELECT c.id, s, gen_random_uuid(), 1, 1, 'visitor', 'message', 'row', now() FROM conversations c, generate_series(1, c.last_seq) s`)
	exports, err := history.NewExports(a.store)
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{begun: map[string]int{}, ended: map[string]int{}, rows: map[string]int{}}
	if err := exports.Export(t.Context(), admin, history.Filter{}, c); err != nil {
		t.Fatal(err)
	}
	conversations, rows, err := exports.Count(t.Context(), admin, history.Filter{})
	total := 0
	for id, times := range c.begun {
		if times != 1 || c.ended[id] != 1 {
			t.Errorf("%s begins %d times, ends %d", id, times, c.ended[id])
		}
		total += c.rows[id]
	}
	if err != nil || len(c.begun) != n || int(conversations) != n || int(rows) != total || c.most > 1000 {
		t.Errorf("%d conversations of %d, %d rows of %d, %d at once, %v", len(c.begun), conversations, total, rows, c.most, err)
	}
	c.fail = errors.New("the client is gone")
	want(t, exports.Export(t.Context(), admin, history.Filter{}, c), c.fail)
	want(t, exports.Export(t.Context(), a.agent("alice"), history.Filter{}, c), identity.ErrForbidden)
	abroad := admin
	abroad.Scope = identity.Scope{Sites: []int32{77}, AllDepartments: true}
	if conversations, _, err := exports.Count(context.Background(), abroad, history.Filter{}); err != nil || conversations != 0 {
		t.Errorf("another site counts %d, %v", conversations, err)
	}
}

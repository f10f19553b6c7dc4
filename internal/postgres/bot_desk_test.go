package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/bot/evalset"
	"frontdesk/chat"
	"frontdesk/internal/calendar"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func adminOf(sites ...int32) identity.Actor {
	return identity.User{ID: "00000000-0000-7000-8000-000000000001", Role: identity.RoleAdmin, Sites: sites}.Actor()
}

func TestABotPolicyComesBackAsItWasSavedAndIsNeverOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.exec("INSERT INTO sites (key, name, locale, default_department) VALUES ('other', 'Other', 'zh-CN', 1)")
	now := time.Now().UTC()
	s, err := bot.NewSettings(NewBotSettings(d.pool), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	ctx, admin := t.Context(), adminOf(1)
	p, err := s.Get(ctx, admin, 1)
	if err != nil || p.Version != 0 || p.Mode != bot.ModeLive || p.Percent != 100 {
		t.Fatalf("before anything is set: %+v, %v", p, err)
	}
	hours, err := calendar.New(calendar.Spec{Zone: "Asia/Shanghai", Week: []calendar.Interval{{Day: "mon", Open: "09:00", Close: "18:00"}}})
	if err != nil {
		t.Fatal(err)
	}
	p = bot.Policy{Mode: bot.ModeShadow, Percent: 40, Answer: 0.7, Clarify: 0.3, MaxClarifications: 1, Hours: hours, Suggest: 0.25, Generator: true, GateOn: true, GateWorse: 2.5}
	saved, err := s.Save(ctx, admin, 1, p)
	if err != nil || saved.Version != 1 {
		t.Fatalf("%+v, %v", saved, err)
	}
	got, err := s.Get(ctx, admin, 1)
	if err != nil || got.Mode != p.Mode || got.Percent != 40 || got.Answer != 0.7 || got.Clarify != 0.3 || got.MaxClarifications != 1 || got.Suggest != 0.25 || !got.Generator || !got.GateOn || got.GateWorse != 2.5 ||
		got.UpdatedBy != admin.ID || got.Hours == nil || got.Hours.Spec().Zone != "Asia/Shanghai" || len(got.Hours.Spec().Week) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.Save(ctx, admin, 1, p); !errors.Is(err, bot.ErrPolicyConflict) { // still version 0
		t.Errorf("a second tab overwrote the first: %v", err)
	}
	if _, err := s.Save(ctx, admin, 2, p); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("another site's settings were saved: %v", err)
	}
	if _, err := s.Get(ctx, admin, 2); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("another site's settings were read: %v", err)
	}
	agent := identity.User{Role: identity.RoleAgent, Sites: []int32{1}}.Actor()
	if _, err := s.Get(ctx, agent, 1); !errors.Is(err, identity.ErrForbidden) {
		t.Errorf("an agent read them: %v", err)
	}
	audited := 0
	if err := d.pool.QueryRow(ctx, "SELECT count(*) FROM audit_log WHERE action = 'bot.settings' AND site_id = 1").Scan(&audited); err != nil || audited != 1 {
		t.Errorf("%d audit rows, %v", audited, err)
	}
	// Another node reads at most half a second late.
	other, err := bot.NewSettings(NewBotSettings(d.pool), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if p, err := other.Policy(ctx, 1); err != nil || p.Version != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	saved.Mode = bot.ModeOff
	if _, err := s.Save(ctx, admin, 1, saved); err != nil {
		t.Fatal(err)
	}
	now = now.Add(600 * time.Millisecond)
	if p, err := other.Policy(ctx, 1); err != nil || p.Version != 2 || p.Mode != bot.ModeOff {
		t.Errorf("600 ms later the other node has %+v, %v", p, err)
	}
	if p, err := s.Policy(ctx, 1); err != nil || p.Version != 2 {
		t.Errorf("this node has %+v, %v", p, err)
	}
}

func TestSavedQuestionsKeepToTheirSiteAndOneExpectationEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.exec("INSERT INTO sites (key, name, locale, default_department) VALUES ('other', 'Other', 'zh-CN', 1)")
	s, err := bot.NewSaved(NewBotSaved(d.pool), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, admin := t.Context(), adminOf(1)
	list := []bot.SavedQuestion{
		{Text: "When is my refund?", Articles: []string{"refund"}},
		{Text: "天气怎么样", Want: evalset.WantNothing, Kind: "outside"},
		{Text: "and for two?", Previous: []string{"a table?"}, Want: evalset.WantClarify, Audience: kb.AudienceStaff},
	}
	if added, err := s.Put(ctx, admin, 1, list); err != nil || added != 3 {
		t.Fatalf("%d added, %v", added, err)
	}
	list[0].Articles = []string{"refund-time", "refund"}
	if added, err := s.Put(ctx, admin, 1, list); err != nil || added != 0 {
		t.Fatalf("again: %d added, %v", added, err)
	}
	got, err := s.List(ctx, admin, 1)
	if err != nil || len(got) != 3 || !slices.Equal(got[0].Articles, []string{"refund-time", "refund"}) || got[1].Kind != "outside" || got[2].Audience != kb.AudienceStaff || got[2].Previous[0] != "a table?" {
		t.Fatalf("%+v, %v", got, err)
	}
	var file bytes.Buffer
	if poorer, err := bot.WriteSaved(&file, got); err != nil || poorer != 1 || file.String() != "refund-time|refund\tWhen is my refund?\n@clarify\tand for two?\n# outside\n-\t天气怎么样\n" {
		t.Errorf("%d, %q, %v", poorer, file.String(), err)
	}
	if read, added, err := s.Import(ctx, admin, 1, strings.NewReader(file.String())); err != nil || read != 3 || added != 1 { // the one that lost its previous question
		t.Errorf("%d read, %d added, %v", read, added, err)
	}
	if _, _, err := s.Import(ctx, admin, 1, strings.NewReader("refund\tok?\n@robot\tq\n")); !errors.Is(err, bot.ErrQuestions) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a bad file: %v", err)
	}
	if _, err := s.List(ctx, admin, 2); err != nil {
		t.Error(err)
	}
	if _, err := s.Put(ctx, admin, 2, list); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("saved at another site: %v", err)
	}
	if err := s.Drop(ctx, adminOf(2), 1, got[0].ID); !errors.Is(err, bot.ErrSavedNotFound) {
		t.Errorf("another site's admin deleted it: %v", err)
	}
	if err := s.Drop(ctx, admin, 1, got[0].ID); err != nil {
		t.Error(err)
	}
	if others, err := s.List(ctx, adminOf(2), 1); err != nil || len(others) != 0 {
		t.Errorf("another site's admin sees %d, %v", len(others), err)
	}
}

// copies are working copies in memory.
type copies []bot.WorkingCopy

func (c *copies) WorkingCopies(context.Context, identity.Scope, int32) ([]bot.WorkingCopy, error) {
	return *c, nil
}

// workshop is a reception whose past can be replayed.
type workshop struct {
	*reception
	settings *bot.Settings
	runs     *bot.Runs
	drafts   *copies
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{reception: newReception(t), drafts: &copies{}}
	var err error
	if w.settings, err = bot.NewSettings(NewBotSettings(w.pool), nil); err != nil {
		t.Fatal(err)
	}
	bench, err := bot.NewBench(bot.BenchConfig{Knowledge: w.kb, Policies: w.settings, Drafts: w.drafts})
	if err != nil {
		t.Fatal(err)
	}
	store := NewBotRuns(w.pool)
	if w.runs, err = bot.NewRuns(bot.RunsConfig{Bench: bench, Store: store, Work: store, Saved: NewBotSaved(w.pool)}); err != nil {
		t.Fatal(err)
	}
	return w
}

// work lets the runs go until the test ends.
func (w *workshop) work() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.runs.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
}

// run makes a run and waits for its end.
func (w *workshop) run(kind bot.RunKind, spec bot.RunSpec) bot.Run {
	w.t.Helper()
	if kind == bot.RunReplay {
		if spec.Days == 0 {
			spec.Days, spec.Limit = bot.GateDays, bot.GateTurns
		}
	}
	r, err := w.runs.Add(w.t.Context(), adminOf(1), 1, kind, spec, false)
	if err != nil {
		w.t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err = w.runs.Get(w.t.Context(), adminOf(1), r.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		if r.State != bot.RunWaiting && r.State != bot.RunRunning {
			return r
		}
		select {
		case <-tick.C:
		case <-w.t.Context().Done():
			w.t.Fatal("the run does not end")
		}
	}
}

func (w *workshop) rows(r bot.Run, change string) []bot.RunRow {
	w.t.Helper()
	rows, _, err := w.runs.Rows(w.t.Context(), adminOf(1), r.ID, change, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func (w *workshop) draft(id, answer string, questions ...string) bot.DraftRef {
	ref := bot.DraftRef{Article: id, Locale: "en", Revision: int64(len(*w.drafts)) + 1}
	*w.drafts = append(*w.drafts, bot.WorkingCopy{DraftRef: ref, Content: kb.Article{Site: 1, ID: id, Locale: "en", Title: "About " + id, Questions: questions, Answer: answer}})
	return ref
}

func TestAReplayOfNothingChangesNothingAndOneOfADraftShowsIt(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	w.publish("refund", "Five days.", "when is my refund", "how long does a refund take")
	w.publish("shipping", "Two days.", "how long is shipping", "when does my parcel come")
	w.open()
	w.work()
	v, conv := w.visitor()
	asked := []string{"when is my refund", "how long is shipping", "hello", "zebra quantum flute"}
	for _, q := range asked {
		w.say(v, conv.ID, q)
		row := w.next()
		p, err := bot.ReadPacket(row.Data.Extra)
		if err != nil || p.Asked == nil || p.Asked.Text != q || p.Action == "" {
			t.Fatalf("%q left the trace %+v, %v", q, p, err)
		}
		if len(row.Data.Extra) > bot.MaxPacketBytes {
			t.Errorf("%q left %d bytes", q, len(row.Data.Extra))
		}
	}
	r := w.run(bot.RunReplay, bot.RunSpec{})
	if s := r.Summary; r.State != bot.RunDone || s.Asked != len(asked) || s.Changed != 0 || !s.Then || s.Before != s.After || len(w.rows(r, "")) != 0 {
		t.Fatalf("nothing changed, but %+v, %+v", r, r.Summary)
	}
	// A draft takes the question away from its article.
	ref := w.draft("refund", "Five days.", "something else entirely")
	r = w.run(bot.RunReplay, bot.RunSpec{Drafts: []bot.DraftRef{ref}})
	rows := w.rows(r, "")
	if s := r.Summary; r.State != bot.RunDone || s.Asked != len(asked) || s.Changed == 0 || s.Worse == 0 || s.Then || len(rows) != s.Changed {
		t.Fatalf("the draft does not show: %+v, %+v", r, r.Summary)
	}
	if row := rows[0]; row.Question != asked[0] || row.Before.Article != "refund" || row.Before.Action != bot.ActionAnswer || !row.Worse || row.Conversation != conv.ID {
		t.Errorf("%+v, before %+v", row, row.Before)
	}
	if worse := w.rows(r, "worse"); len(worse) != r.Summary.Worse {
		t.Errorf("%d rows for the worse, %d counted", len(worse), r.Summary.Worse)
	}
	if found, err := w.kb.Search(t.Context(), identity.System().Scope, kb.Query{Site: 1, Text: asked[0], Locale: "en"}); err != nil || !found.Features.Exact {
		t.Errorf("the replay changed what is published: %+v, %v", found.Features, err)
	}
	// The walls.
	if _, err := w.runs.Get(t.Context(), adminOf(2), r.ID); !errors.Is(err, bot.ErrRunNotFound) {
		t.Errorf("another site's admin reads the run: %v", err)
	}
	if _, _, err := w.runs.Rows(t.Context(), adminOf(2), r.ID, "", 0, 10); !errors.Is(err, bot.ErrRunNotFound) {
		t.Errorf("another site's admin reads its rows: %v", err)
	}
	if _, err := w.runs.Add(t.Context(), adminOf(2), 1, bot.RunReplay, bot.RunSpec{Days: 1, Limit: 1}, false); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("another site's admin made a run: %v", err)
	}
}

func TestInShadowTheBotDecidesAndSaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	w.publish("refund", "Five days.", "when is my refund")
	responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: w.kb, Policies: w.settings})
	if err != nil {
		t.Fatal(err)
	}
	if w.turns, err = bot.NewTurns(bot.TurnsConfig{Decider: responder, Chat: w.Service, Policies: w.settings, Reconcile: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	p := bot.Policy{Mode: bot.ModeShadow, Percent: 100}
	if p, err = w.settings.Save(t.Context(), adminOf(1), 1, p); err != nil {
		t.Fatal(err)
	}
	w.open()
	v, conv := w.visitor()
	w.say(v, conv.ID, "when is my refund")
	row := w.next()
	trace, err := bot.ReadPacket(row.Data.Extra)
	if err != nil || !trace.Shadow || trace.Action != bot.ActionAnswer || trace.Text != "Five days." || trace.Article == nil || trace.Policy != 1 {
		t.Errorf("the trace does not say what it would have said: %+v, %v", trace, err)
	}
	if row.Kind != chat.KindHandover || row.Data.Reason != string(bot.ReasonShadow) || row.Data.Source != nil {
		t.Errorf("%+v", row)
	}
	seen, err := w.History(t.Context(), v, conv.ID, 0, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range seen {
		if strings.Contains(r.Content, "Five days") || len(r.Data.Extra) > 0 {
			t.Errorf("the visitor sees %+v", r)
		}
	}
	p.Mode = bot.ModeOff
	if _, err := w.settings.Save(t.Context(), adminOf(1), 1, p); err != nil {
		t.Fatal(err)
	}
	v, conv = w.visitor()
	w.say(v, conv.ID, "when is my refund")
	if row = w.next(); row.Kind != chat.KindHandover || row.Data.Reason != string(bot.ReasonOff) {
		t.Errorf("switched off: %+v", row)
	}
}

func TestAGateRefusesDraftsThatWereNotReplayedOrMakeTooMuchWorse(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	w.publish("refund", "Five days.", "when is my refund", "how long does a refund take")
	w.open()
	w.work()
	v, conv := w.visitor()
	w.say(v, conv.ID, "when is my refund")
	w.next()
	bad, good := w.draft("refund", "Five days.", "something else entirely"), w.draft("parking", "Behind the house.", "where can I park")
	ctx := t.Context()
	check := func(refs ...bot.DraftRef) error { return w.runs.Check(ctx, 1, refs) }
	if err := check(bad); err != nil {
		t.Fatalf("refused though nobody set a gate: %v", err)
	}
	p, err := w.settings.Save(ctx, adminOf(1), 1, bot.Policy{Mode: bot.ModeLive, Percent: 100, GateOn: true, GateWorse: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := check(good); !errors.Is(err, kb.ErrGate) {
		t.Errorf("published without a replay: %v", err)
	}
	w.run(bot.RunReplay, bot.RunSpec{Drafts: []bot.DraftRef{good}})
	if err := check(good); err != nil {
		t.Errorf("refused after a replay that changed nothing: %v", err)
	}
	if err := check(good, bad); !errors.Is(err, kb.ErrGate) {
		t.Errorf("a replay of one draft let two pass: %v", err)
	}
	// A replay that leaves the questions out that would tell is none, and small talk dilutes nothing.
	for range 3 {
		w.say(v, conv.ID, "hello")
		w.next()
	}
	for name, spec := range map[string]bot.RunSpec{"of one turn": {Days: bot.GateDays, Limit: 1}, "of one day": {Days: 1, Limit: bot.GateTurns}} {
		spec.Drafts = []bot.DraftRef{bad}
		if r := w.run(bot.RunReplay, spec); r.State != bot.RunDone {
			t.Fatalf("%+v", r)
		}
		if err := check(bad); !errors.Is(err, kb.ErrGate) {
			t.Errorf("a replay %s opened the gate: %v", name, err)
		}
	}
	w.run(bot.RunReplay, bot.RunSpec{Drafts: []bot.DraftRef{bad}})
	if err := check(bad); !errors.Is(err, kb.ErrGate) || !strings.Contains(err.Error(), "1 of 1") {
		t.Errorf("worse answers passed: %v", err)
	}
	newer := good
	newer.Revision++
	if err := check(newer); !errors.Is(err, kb.ErrGate) {
		t.Errorf("a draft that was edited after its replay passed: %v", err)
	}
	w.publish("invoice", "By e-mail.", "where is my invoice")
	if err := check(good); !errors.Is(err, kb.ErrGate) {
		t.Errorf("a replay from before a publication passed: %v", err)
	}
	p.GateWorse = 100
	if _, err := w.settings.Save(ctx, adminOf(1), 1, p); err != nil {
		t.Fatal(err)
	}
	w.run(bot.RunReplay, bot.RunSpec{Drafts: []bot.DraftRef{bad}})
	if err := check(bad); err != nil {
		t.Errorf("refused within what is allowed: %v", err)
	}
}

func TestARunOutlivesItsNodeAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	store := NewBotRuns(d.pool)
	ctx, scope := t.Context(), adminOf(1).Scope
	id := chat.NewID(time.Now())
	if _, err := store.AddRun(ctx, scope, bot.Run{ID: id, Site: 1, Kind: bot.RunReplay, CreatedBy: "x", CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	first, second := chat.NewID(time.Now()), chat.NewID(time.Now())
	r, ok, err := store.ClaimRun(ctx, first, time.Minute)
	if err != nil || !ok || r.ID != id || r.Attempts != 1 {
		t.Fatalf("%+v, %v, %v", r, ok, err)
	}
	row := bot.RunRow{N: 1, Question: "q\x00\u0000", Change: "answered", After: bot.TurnOutcome{Action: bot.ActionAnswer, Title: "a\x00b"}}
	if err := store.KeepRun(ctx, id, first, 10, 5, []bot.RunRow{row}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.ClaimRun(ctx, second, time.Minute); ok || err != nil {
		t.Fatalf("two nodes hold one run: %v", err)
	}
	d.exec("UPDATE bot_runs SET lease_until = now() - interval '1 second'") // its node is gone
	if r, ok, err = store.ClaimRun(ctx, second, time.Minute); err != nil || !ok || r.Attempts != 2 || r.Done != 0 {
		t.Fatalf("%+v, %v, %v", r, ok, err)
	}
	if rows, _, err := store.RunRows(ctx, scope, id, "", 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("the dead node's rows are still there: %+v, %v", rows, err)
	}
	if err := store.KeepRun(ctx, id, first, 10, 6, nil, time.Minute); !errors.Is(err, bot.ErrRunLost) {
		t.Errorf("the dead node came back and went on: %v", err)
	}
	if err := store.EndRun(ctx, id, first, bot.RunDone, nil, ""); !errors.Is(err, bot.ErrRunLost) {
		t.Errorf("the dead node came back and ended it: %v", err)
	}
	if _, err := store.CancelRun(ctx, adminOf(2).Scope, id); !errors.Is(err, bot.ErrRunNotFound) {
		t.Errorf("another site's admin cancelled it: %v", err)
	}
	if r, err := store.CancelRun(ctx, scope, id); err != nil || r.State != bot.RunCancelled {
		t.Errorf("%+v, %v", r, err)
	}
	if err := store.KeepRun(ctx, id, second, 10, 6, nil, time.Minute); !errors.Is(err, bot.ErrRunLost) {
		t.Errorf("a cancelled run went on: %v", err)
	}
	for i := range bot.MaxOpenRuns + 1 {
		_, err := store.AddRun(ctx, scope, bot.Run{ID: chat.NewID(time.Now()), Site: 1, Kind: bot.RunReplay, CreatedBy: "x", CreatedAt: time.Now()})
		if full := errors.Is(err, bot.ErrRunsFull); full != (i == bot.MaxOpenRuns) {
			t.Errorf("run %d: %v", i, err)
		}
	}
}

func TestSavedQuestionsTellWhatChangedSinceTheRunBefore(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	w.publish("refund", "Five days.", "when is my refund")
	w.work()
	saved, err := bot.NewSaved(NewBotSaved(w.pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := saved.Put(t.Context(), adminOf(1), 1, []bot.SavedQuestion{
		{Text: "when is my refund", Articles: []string{"refund"}},
		{Text: "where can I park", Articles: []string{"parking"}},
		{Text: "hello", Want: evalset.WantSmallTalk},
	}); err != nil {
		t.Fatal(err)
	}
	r := w.run(bot.RunQuestions, bot.RunSpec{})
	if s := r.Summary; r.State != bot.RunDone || s.Passed != 2 || s.Failed != 1 || s.NowPassing != 0 {
		t.Fatalf("%+v, %+v", r, s)
	}
	w.publish("parking", "Behind the house.", "where can I park")
	r = w.run(bot.RunQuestions, bot.RunSpec{})
	if s := r.Summary; s.Passed != 3 || s.NowPassing != 1 || s.NowFailing != 0 || s.Changed != 1 {
		t.Fatalf("%+v", s)
	}
	if rows := w.rows(r, "pass"); len(rows) != 3 || rows[1].Before == nil || rows[1].Before.Action == bot.ActionAnswer || rows[1].After.Article != "parking" {
		t.Errorf("%+v", rows)
	}
	curves, _, err := w.runs.Curves(t.Context(), adminOf(1), 1)
	if err != nil || len(curves) != 1 || curves[0].Source != bot.CurveQuestions || curves[0].N != 3 || len(curves[0].Points) != 101 {
		t.Fatalf("%+v, %v", curves, err)
	}
	if lowest := curves[0].Points[1]; lowest.Answered != 2 || lowest.Wrong != 0 {
		t.Errorf("%+v", lowest)
	}
}

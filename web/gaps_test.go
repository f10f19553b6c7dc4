package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/web"
)

// working is the knowledge desk's working copies as the gap board uses them.
type working struct{ *kb.Editorial }

func (w working) AddVariant(ctx context.Context, actor identity.Actor, site int32, id, locale, question string) error {
	_, err := w.Editorial.AddVariant(ctx, actor, site, id, locale, question)
	return err
}

func (w working) NewDraft(ctx context.Context, actor identity.Actor, a kb.Article) error {
	_, err := w.Editorial.NewDraft(ctx, actor, a)
	return err
}

// gapping gives the house a gap board and reports.
func (h *house) gapping(cfg *web.Config, pool *pgxpool.Pool, knowledge *kb.Service, editorial *kb.Editorial) error {
	responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: knowledge})
	if err != nil {
		return err
	}
	store := postgres.NewGaps(pool)
	if h.gatherer, err = bot.NewGapWorker(bot.GapWorkerConfig{Store: store, Embedder: letters{}, Decider: responder, Clock: h.now}); err != nil {
		return err
	}
	if cfg.Gaps, err = bot.NewGapBoard(store, working{editorial}, h.now); err != nil {
		return err
	}
	cfg.Reports, err = bot.NewReports(postgres.NewReports(pool), h.now)
	return err
}

// unanswered lets a new visitor ask something that nothing answers.
func (h *house) unanswered(question string) *browser {
	h.t.Helper()
	v := h.visitor()
	v.send(newID(), question).status(200)
	extra, err := json.Marshal(bot.Packet{Action: bot.ActionHandover, Reason: bot.ReasonNoAnswer, Question: question, Asked: &bot.PacketAsked{Text: question, Locale: "en"}})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.chat.Handover(h.t.Context(), v.conv, 1, 1, "no_answer", extra); err != nil {
		h.t.Fatal(err)
	}
	return v
}

type gapList struct {
	Total  int
	Counts map[string]int
	Items  []struct {
		ID              int64
		Title, State    string
		Revision, Turns int
	}
}

func (b *browser) gaps(query string) (out gapList) {
	b.h.t.Helper()
	b.get("/api/admin/gaps?" + query).status(200).into(&out)
	return out
}

func TestAGapBecomesAWorkingCopyAndNothingPublishesItself(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	v := h.unanswered("do you deliver to Greenland?")
	agent.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"text","content":"Yes, we deliver to Greenland in ten days."}`).status(200)
	agent.post("/api/agent/conversations/"+v.conv+"/resolve", `{}`).status(200)
	if err := h.gatherer.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := admin.gaps("")
	if found.Total != 1 || found.Counts["open"] != 1 || found.Items[0].Title != "do you deliver to Greenland?" {
		t.Fatalf("%+v", found)
	}
	gap := fmt.Sprintf("/api/admin/gaps/%d", found.Items[0].ID)
	admin.get(gap).status(200).has("Yes, we deliver to Greenland in ten days.", `"act":"made"`, `"contacts":1`, v.conv)
	revision := found.Items[0].Revision
	draft := fmt.Sprintf(`{"revision":%d,"article":"greenland","locale":"en","title":"Greenland","questions":["do you deliver to Greenland?"],"answer":"Yes, in ten days."}`, revision)
	agent.post(gap+"/draft", draft).problem(403, "forbidden")
	admin.post(gap+"/draft", strings.Replace(draft, `"revision":1`, `"revision":7`, 1)).problem(409, "conflict")
	admin.post(gap+"/draft", strings.Replace(draft, `"locale":"en"`, `"locale":"fr"`, 1)).problem(422, "invalid").has("locale")
	admin.post(gap+"/draft", strings.Replace(draft, `"article":"greenland"`, `"article":"\u0000"`, 1)).problem(422, "invalid")
	admin.post(gap+"/draft", draft).status(200).has(`"state":"in_progress"`, `"article":"greenland"`, `"act":"draft"`, `"actor":"root"`)
	admin.get("/api/admin/kb/articles/greenland").problem(404, "not_found") // a working copy only
	admin.do("PUT", "/api/admin/kb/articles/shipping/en", `{"title":"Shipping","questions":["how long?"],"answer":"Two days."}`).status(200)
	admin.post(gap+"/variant", `{"revision":2,"article":"shipping","locale":"en","questions":["do you deliver to Greenland?"]}`).status(200).has(`"act":"variant"`)
	admin.post(gap+"/variant", `{"revision":3,"article":"nothing","locale":"en","questions":["x"]}`).problem(404, "not_found")
	admin.get("/api/admin/kb/articles/shipping").status(200).without("Greenland")
}

func TestGapsAreMovedAndClosedOverREST(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	for _, q := range []string{"do you deliver to Greenland?", "xxxx zzzz qqqq", "what about vouchers 99"} {
		h.unanswered(q)
	}
	if err := h.gatherer.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := admin.gaps("order=newest")
	if found.Total != 3 {
		t.Fatalf("%+v", found)
	}
	one, other := found.Items[0], found.Items[1]
	path := func(id int64, act string) string { return fmt.Sprintf("/api/admin/gaps/%d/%s", id, act) }
	admin.post(path(one.ID, "name"), `{"revision":1,"name":"Vouchers"}`).status(200).has(`"name":"Vouchers"`, `"revision":2`)
	admin.post(path(one.ID, "name"), `{"revision":1,"name":"Late"}`).problem(409, "conflict")
	admin.post(path(one.ID, "state"), `{"revision":2,"state":"nonsense"}`).problem(422, "invalid")
	admin.post(path(one.ID, "merge"), fmt.Sprintf(`{"revision":2,"from":%d}`, one.ID)).problem(422, "invalid")
	admin.post(path(one.ID, "merge"), `{"revision":2,"from":999999}`).problem(404, "not_found")
	var merged struct {
		Revision int
		Samples  []struct {
			Conversation string
			Seq          int
			Question     string
		}
	}
	admin.post(path(one.ID, "merge"), fmt.Sprintf(`{"revision":2,"from":%d}`, other.ID)).status(200).into(&merged)
	admin.get(fmt.Sprintf("/api/admin/gaps/%d", other.ID)).problem(404, "not_found")
	if len(merged.Samples) != 2 {
		t.Fatalf("%+v", merged)
	}
	s := merged.Samples[0]
	admin.post(path(one.ID, "split"), fmt.Sprintf(`{"revision":%d,"samples":[{"conversation":"%s","seq":%d}]}`, merged.Revision, s.Conversation, s.Seq)).status(200).has(`"made":`)
	admin.post(path(one.ID, "split"), `{"revision":4,"samples":[]}`).problem(422, "invalid")
	admin.post(path(one.ID, "state"), `{"revision":4,"state":"out_of_scope"}`).status(200).has(`"state":"out_of_scope"`)
	if out := admin.gaps("tab=out_of_scope"); out.Total != 1 || out.Counts["out_of_scope"] != 1 {
		t.Fatalf("%+v", out)
	}
	admin.get("/api/admin/gaps?search=%00").problem(422, "invalid")
	admin.get("/api/admin/gaps?tab=nonsense").problem(422, "invalid")
	admin.get("/api/admin/gaps?site=elsewhere").problem(404, "not_found")
	admin.get("/api/admin/gaps/0").problem(422, "invalid")
	agent.get("/api/admin/gaps").problem(403, "forbidden")
}

func TestReportsAreReadExportedAndAudited(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin, agent := h.signIn(h.user("root", identity.RoleAdmin)), h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	v.send(newID(), "how long?").status(200)
	extra := json.RawMessage(`{"action":"answer","reason":"confident","question":"how long"}`)
	row, _, err := h.chat.Append(t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: v.conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "Two days.",
		Data: chat.Data{Source: &chat.Source{Article: "shipping", Locale: "en", Title: "Shipping", Version: 1}, Extra: extra},
	})
	if err != nil {
		t.Fatal(err)
	}
	to := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	admin.get("/api/admin/reports/bot?to="+to).status(200).has(`"answer_rate":{"part":1,"of":1,"enough":false}`, `"involvement":{"part":1,"of":1,"enough":false}`)
	admin.get("/api/admin/reports/bot?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z").problem(422, "invalid").has("from")
	admin.get("/api/admin/reports/bot?from=2020-01-01T00:00:00Z&to=2025-01-01T00:00:00Z").problem(422, "invalid").has("366")
	agent.get("/api/admin/reports/bot").problem(403, "forbidden")
	sheet := admin.get("/api/admin/reports/bot.csv?to=" + to).status(200)
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet.body, "\ufeff"))).ReadAll()
	if err != nil || len(records) < 15 || records[3][0] != "involvement" || records[3][1] != "1" || records[3][3] != "" {
		t.Fatalf("csv: %v, %v", records, err)
	}
	admin.get("/api/admin/reports/bot.csv?from=yesterday").problem(400, "bad_request").has("from")
	agent.get("/api/admin/reports/bot.csv").problem(403, "forbidden")
	admin.get("/api/admin/reports/audit").status(200).has(`"total":1`, `"judged":0`, `"high":1`, "how long?")
	judge := fmt.Sprintf(`{"conversation":"%s","seq":%d,"verdict":"wrong"}`, v.conv, row.Seq)
	agent.post("/api/admin/reports/audit", judge).problem(403, "forbidden")
	admin.post("/api/admin/reports/audit", judge).status(204)
	admin.get("/api/admin/reports/audit").status(200).has(`"wrong":1`, `"verdict":"wrong"`, `"judge":"root"`)
	admin.post("/api/admin/reports/audit", strings.Replace(judge, "wrong", "perhaps", 1)).problem(422, "invalid")
	admin.post("/api/admin/reports/audit", strings.Replace(judge, fmt.Sprintf(`"seq":%d`, row.Seq), `"seq":1`, 1)).problem(404, "not_found")
	admin.get("/api/admin/reports/audit?week=last").problem(422, "invalid").has("week")
}

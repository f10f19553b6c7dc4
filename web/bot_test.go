package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/web"
)

// botDesk gives the house the bot's desk; its runs wait until a test lets them go.
func (h *house) botDesk(cfg *web.Config, pool *pgxpool.Pool, knowledge *kb.Service) error {
	settings, err := bot.NewSettings(postgres.NewBotSettings(pool), h.now)
	if err != nil {
		return err
	}
	bench, err := bot.NewBench(bot.BenchConfig{Knowledge: knowledge, Policies: settings})
	if err != nil {
		return err
	}
	responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: knowledge, Policies: settings})
	if err != nil {
		return err
	}
	store, kept := postgres.NewBotRuns(pool), postgres.NewBotSaved(pool)
	if h.runs, err = bot.NewRuns(bot.RunsConfig{Bench: bench, Store: store, Work: store, Saved: kept}); err != nil {
		return err
	}
	saved, err := bot.NewSaved(kept, h.now)
	cfg.BotDesk = web.BotDesk{Settings: settings, Bench: bench, Runs: h.runs, Curves: h.runs, Saved: saved, Articles: knowledge, Thresholds: responder.Thresholds()}
	return err
}

func TestWhyIsToldToStaffWithinTheWallsAndToNobodyElse(t *testing.T) {
	t.Parallel()
	h := open(t)
	sites, err := h.accounts.Sites(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	department, err := h.accounts.EnsureDepartment(t.Context(), sites[0].ID, "Elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	v := h.visitor()
	v.send(newID(), "how long does shipping take?").status(200)
	trace := `{"action":"answer","reason":"confident","question":"how long does shipping take","confidence":0.87,"ms":7,` +
		`"asked":{"text":"how long does shipping take?"},"thresholds":{"answer":0.62,"clarify":0.4,"learnt":true},"terms":[{"term":"zyxshipping","idf":2,"known":true,"hit":true}],` +
		`"stage_ms":{"embed":1,"search":2,"fuse":0,"head":0,"pair":3},"candidates":[{"article":"shipping","score":0.8,"cosine":0.8,"bm25":1,"char":0.4,"variant":"how long is shipping"}]}`
	row, _, err := h.chat.Append(t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: v.conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: "Two days.", Data: chat.Data{Extra: []byte(trace)},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/api/agent/conversations/%s/why/%d", v.conv, row.Seq)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	agent.get(path).status(200).has(`"whole":true`, "zyxshipping", `"answer":0.62`, "Two days.")
	agent.get(strings.TrimSuffix(path, fmt.Sprint(row.Seq))+"1").problem(404, "not_found") // the visitor's row
	agent.get(strings.TrimSuffix(path, fmt.Sprint(row.Seq))+"99").problem(404, "not_found")
	agent.get(strings.TrimSuffix(path, fmt.Sprint(row.Seq))+"x").problem(422, "invalid")
	h.signIn(h.user("eve", identity.RoleAgent, func(u *identity.User) { u.Departments = []int32{department.ID} })).get(path).problem(404, "not_found").without("zyx")
	v.get(path).problem(401, "unauthenticated")
	h.browser().get(path).problem(401, "unauthenticated")
	// The visitor's rows hold nothing of it, and what agents get with every row not what only explains.
	v.get("/api/visitor/messages").status(200).has("Two days.").without("zyx", "confident", "0.87")
	agent.get("/api/agent/conversations/"+v.conv+"/messages").status(200).has("how long is shipping").without("zyx", "stage_ms", "thresholds")
}

func TestTheBotsSettingsAreCheckedAndNeverOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, err := h.accounts.EnsureSite(t.Context(), "first", "First", "en")
	if err != nil {
		t.Fatal(err)
	}
	admin := h.signIn(h.user("bob", identity.RoleAdmin, func(u *identity.User) { u.Sites = []int32{first.ID} }))
	const path = "/api/admin/bot/settings"
	put := func(body string) *reply { return admin.do(http.MethodPut, path, body) }
	const rest = `"percent":100,"answer":0,"clarify":0,"max_clarifications":0,"suggest":0,"generator":false,"gate_on":false,"gate_worse":0`
	admin.get(path).status(200).has(`"version":0`, `"mode":"live"`, `"hours":null`, `"max_clarifications":2`)
	put(`{"version":0,"mode":"shadow",`+rest+`,"hours":{"zone":"Asia/Shanghai","week":[{"day":"mon","open":"09:00","close":"18:00"}]}}`).status(200).has(`"version":1`, "Asia/Shanghai")
	put(`{"version":0,"mode":"off",`+rest+`}`).problem(409, "conflict")
	put(`{"version":1,"mode":"loud",`+rest+`}`).problem(422, "invalid").has("mode")
	put(`{"version":1,"mode":"live",`+strings.Replace(rest, `"percent":100`, `"percent":101`, 1)+`}`).problem(422, "invalid").has("percent")
	put(`{"version":1,"mode":"live",`+rest+`,"hours":{"zone":"Mars/Olympus","week":[]}}`).problem(422, "invalid").has("zone")
	put(`{"version":1,"mode":"live"}`).problem(422, "invalid").has("percent")
	admin.get(path+"?site=nowhere").problem(404, "not_found")
	h.signIn(h.user("alice", identity.RoleAgent)).get(path).problem(403, "forbidden")
}

func TestTestQuestionsAndRunsThroughTheAPI(t *testing.T) {
	t.Parallel()
	h := open(t, func(cfg *web.Config) {
		responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: cfg.Knowledge.(*kb.Service)}) //nolint:forcetypeassert // the house's own
		if err != nil {
			t.Error(err)
		}
		cfg.Answerer = responder
	})
	first, err := h.accounts.EnsureSite(t.Context(), "first", "First", "en")
	if err != nil {
		t.Fatal(err)
	}
	admin := h.signIn(h.user("bob", identity.RoleAdmin, func(u *identity.User) { u.Sites = []int32{first.ID} }))
	admin.do(http.MethodPut, "/api/admin/kb/articles/refund/en", `{"title":"Refunds","questions":["when is my refund"],"answer":"Five days."}`).status(200)
	admin.post("/api/admin/kb/ask", `{"text":"when is my refund","previous":["hello"],"audience":"staff"}`).status(200).has(`"action":"answer"`, `"rank_final":1`, `"whole":true`, `"titles":{"refund":"Refunds"}`)
	admin.post("/api/admin/kb/ask", `{"text":"when is my refund","drafts":true}`).status(200).has(`"action":"answer"`)
	admin.post("/api/admin/kb/ask", `{"text":"x","audience":"aliens"}`).problem(422, "invalid").has("audience")
	const questions = "/api/admin/bot/questions"
	admin.post(questions, `{"text":"when is my refund","want":"article","articles":["refund"]}`).status(200).has(`"added":1`)
	admin.post(questions, `{"text":"","want":"-"}`).problem(422, "invalid").has("text")
	admin.post(questions, `{"text":"x","want":"article"}`).problem(422, "invalid").has("articles")
	admin.post(questions+"/import", "refund\tok?\nno tab").problem(422, "invalid").has("line 2")
	admin.post(questions+"/import", "-\twill it rain\n").status(200).has(`"read":1`, `"added":1`)
	admin.get(questions + "/export").status(200).has("refund\twhen is my refund\n-\twill it rain\n")
	admin.post("/api/admin/bot/runs", `{"kind":"replay","days":91}`).problem(422, "invalid").has("days")
	admin.post("/api/admin/bot/runs", `{"kind":"replay","drafts":[{"article":"x","locale":"en","revision":1}]}`).problem(409, "drafts_changed").has("x in en")
	var run struct{ ID string }
	admin.post("/api/admin/bot/runs", `{"kind":"questions"}`).status(200).has(`"state":"waiting"`).into(&run)
	admin.get("/api/admin/bot/runs?kind=questions").status(200).has(run.ID)
	admin.get("/api/admin/bot/runs?kind=replay").status(200).without(run.ID)
	admin.get("/api/admin/bot/runs/" + run.ID + "/rows").status(200).has(`"rows":[]`)
	admin.get("/api/admin/bot/runs/"+newID()).problem(404, "not_found")
	admin.get("/api/admin/bot/runs/x").problem(404, "not_found")
	admin.post("/api/admin/bot/runs/"+run.ID+"/cancel", "{}").status(200).has(`"state":"cancelled"`)
	admin.get("/api/admin/bot/curves").status(200).has(`"curves":[]`, `"learnt":0`)
	admin.get("/api/admin/bot/drafts").status(200).has(`"drafts":[]`)
	admin.get(questions+"?site=nowhere").problem(404, "not_found")
	admin.do(http.MethodDelete, questions+"/999999", "").problem(404, "not_found")
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	agent.get("/api/admin/bot/runs/"+run.ID).problem(403, "forbidden")
	agent.post("/api/admin/kb/ask", `{"text":"when is my refund","drafts":true}`).problem(403, "forbidden")
}

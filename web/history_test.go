package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

// remembering gives the house search, export, transcripts, privacy and the audit list.
func (h *house) remembering(cfg *web.Config, pool *pgxpool.Pool) error {
	store := postgres.NewHistory(pool)
	search, err1 := history.NewSearch(store, h.now)
	exports, err2 := history.NewExports(store)
	transcripts, err3 := history.NewTranscripts(store, []byte(strings.Repeat("t", 32)), h.now)
	privacy, err4 := history.NewPrivacy(store, h.chat, h.now)
	audits, err5 := history.NewAudits(store)
	keeper, err6 := history.NewKeeper(history.KeeperConfig{Store: store, Privacy: privacy, Audit: h.accounts.AddAudit, Clock: h.now})
	var err7 error
	h.indexer, err7 = history.NewIndexer(history.IndexerConfig{Store: store})
	cfg.History = web.History{Search: search, Exports: exports, Transcripts: transcripts, Privacy: privacy, Keeper: keeper, Audits: audits}
	return errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

func (h *house) index() {
	h.t.Helper()
	if err := h.indexer.Catch(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestAgentsSearchWhatWasSaid(t *testing.T) {
	t.Parallel()
	h := open(t)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	v.send(newID(), "My <b>parcel</b> SF-2201 is late").status(200)
	agent.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"note","content":"a nervous customer"}`).status(200)
	h.index()
	agent.get("/api/agent/search?q=parcel").status(200).has(v.conv, `{"text":"parcel","hit":true}`, `"total":1`, `"seq":1`)
	agent.get("/api/agent/search?q=nervous&notes=true").status(200).has(v.conv, `"kind":"note"`)
	agent.get("/api/agent/search?q=courier").status(200).has(`"hits":[]`, `"total":0`).without(v.conv)
	agent.get("/api/agent/search?q=parcel&status=resolved").status(200).without(v.conv)
	agent.get("/api/agent/search?q=parcel&status=gone").problem(422, "invalid").has("status")
	agent.get("/api/agent/search?q=-parcel").problem(422, "invalid").has("q has no word")
	agent.get("/api/agent/search?q=x&agent=nobody").problem(422, "invalid").has("agent must be a UUID")
	agent.get("/api/agent/search?q=x&site=nowhere").problem(404, "not_found")
	agent.get("/api/agent/search?cursor=zz").problem(422, "invalid").has("cursor")
	agent.get("/api/agent/search?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z").problem(422, "invalid").has("from")
	agent.get("/api/agent/search/choices").status(200).has(`"agents":[{`, "alice", `"may_export":false`)
	v.get("/api/agent/search?q=parcel").problem(401, "unauthenticated")
}

func TestATranscriptOpensByItsLinkAloneAndShowsWhatTheVisitorSaw(t *testing.T) {
	t.Parallel()
	h := open(t)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	v.send(newID(), "<script>alert(1)</script> & my order").status(200)
	agent.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","content":"Hello"}`).status(200)
	agent.post("/api/agent/send-message", `{"conversation":"`+v.conv+`","cid":"`+newID()+`","type":"note","content":"secret note"}`).status(200)
	var link struct{ ID, Path, URL string }
	v.post("/api/visitor/transcript-link", `{"locale":"zh-CN"}`).status(200).into(&link)
	first := link.Path
	v.post("/api/visitor/transcript-link", `{"locale":"zh-CN"}`).status(200).into(&link)
	if link.Path != first || len(first) > 80 {
		t.Errorf("another link: %s, %s", first, link.Path)
	}
	stranger := h.browser()
	page := stranger.get(link.Path).status(200).has("您的对话记录", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; my order", "alice", "Hello", `lang="zh-CN"`).
		without("<script", "secret note", "src=", "http://", "https://")
	csp := page.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "script") || strings.Contains(csp, "unsafe") {
		t.Errorf("CSP %q", csp)
	}
	if page.header.Get("Referrer-Policy") != "no-referrer" || page.header.Get("Cache-Control") != "private, no-store" || page.header.Get("Set-Cookie") != "" {
		t.Errorf("headers %v", page.header)
	}
	for _, forged := range []string{"/transcript/x", "/transcript/a.b", link.Path + "A", link.Path[:len(link.Path)-2] + "AA", "/transcript/" + strings.Repeat("A", 22) + "." + strings.Repeat("A", 22)} {
		stranger.get(forged).status(404).has("does not open").without("my order", "alice")
	}
	// An agent's own link is in the visitor's language, and can be taken back.
	agent.post("/api/agent/conversations/"+v.conv+"/transcript-links", `{"days":1}`).status(200).into(&link)
	stranger.get(link.Path).status(200).has("Transcript of your conversation", "Hello").without("secret note")
	agent.get("/api/agent/conversations/"+v.conv+"/transcript-links").status(200).has(`"made_by":"visitor"`, `"made_by":"agent"`, `"opened":1`)
	agent.do(http.MethodDelete, "/api/agent/transcript-links/"+link.ID, "").status(200).has(`"url":""`)
	stranger.get(link.Path).status(404)
	h.advance(8 * 24 * time.Hour)
	stranger.get(first).status(404)
	agent.post("/api/agent/conversations/"+v.conv+"/transcript-links", `{"days":400}`).problem(422, "invalid").has("days")
	h.visitor().post("/api/visitor/transcript-link", `{"conversation":"`+v.conv+`"}`).problem(404, "not_found")
	other, err := h.accounts.EnsureSite(t.Context(), "other", "Other", "en")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil || other.ID == second.ID {
		t.Fatal(err)
	}
	eve := h.signIn(h.user("eve", identity.RoleAgent, func(u *identity.User) { u.Sites = []int32{second.ID} }))
	eve.do(http.MethodDelete, "/api/agent/transcript-links/"+link.ID, "").problem(404, "not_found")
}

func TestAnExportIsStreamedFilteredAndGuarded(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	v := h.visitor()
	for _, s := range []string{"=cmd|' /C calc'!A0", " +1", "＝1+1", "\n=1", "plain"} {
		v.send(newID(), s).status(200)
	}
	w := h.visitor()
	w.send(newID(), "another").status(200)
	sheet := admin.get("/api/admin/export-sessions?format=csv&contact="+v.contact).status(200).has(`'=cmd`, `' +1`, `'＝1`, `'`+"\n=1", "plain").without("another")
	if sheet.header.Get("X-Total-Conversations") != "1" || sheet.header.Get("X-Total-Events") != "5" {
		t.Errorf("headers %v", sheet.header)
	}
	out := admin.get("/api/admin/export-sessions").status(200)
	lines := strings.Split(strings.TrimSpace(out.body), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var c struct {
			ID     string
			Events []struct{ Content string }
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.ID == "" || len(c.Events) == 0 {
			t.Errorf("%v: %s", err, line)
		}
	}
	admin.get("/api/admin/export-sessions?status=resolved").status(200).without(v.conv)
	admin.get("/api/admin/export-sessions?owner=bot&department=1").status(200)
	admin.get("/api/admin/export-sessions/count?contact="+v.contact).status(200).has(`"conversations":1`, `"events":5`)
	admin.get("/api/admin/export-sessions?department=x").problem(400, "bad_request").has("department")
	admin.get("/api/admin/export-sessions?notes=perhaps").problem(400, "bad_request").has("notes")
	admin.get("/api/admin/export-sessions?contact=x").problem(422, "invalid").has("contact")
	admin.get("/api/admin/audit?action=conversations").status(200).has(`"conversations.export"`, `"conversations.export.done"`, "conversations 2", "boss").without("plain")
}

func TestAnExportOfSeveralSitesStandsInTheRecordOfEach(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.accounts.EnsureSite(t.Context(), "here", "Here", "en"); err != nil { // names the first
		t.Fatal(err)
	}
	far, err := h.accounts.EnsureSite(t.Context(), "far", "Far", "en")
	if err != nil || far.ID == 1 {
		t.Fatal(far, err)
	}
	h.visitor().send(newID(), "hello").status(200)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	admin.get("/api/admin/export-sessions").status(200)
	for site, count := range map[string]string{"here": "conversations 1", "far": "conversations 0"} {
		record := admin.get("/api/admin/audit?action=conversations&site="+site).status(200).has(`"conversations.export"`, `"conversations.export.done"`, count)
		if n := strings.Count(record.body, `"action":"conversations`); n != 2 {
			t.Errorf("%d rows at %s, want 2", n, site)
		}
	}
	admin.get("/api/admin/export-sessions?site=far").status(200)
	admin.get("/api/admin/audit?action=conversations").status(200).has("site=far", `"next":0`)
}

// river is a store of one very long conversation and many short ones, whose rows
// are made as they are asked for. It sees which of them are still in memory.
type river struct {
	heads  []chat.Conversation
	length map[string]uint32
	given  []weak.Pointer[chat.Row] // the first of each batch; a batch is one allocation
	sizes  []int
	rows   int
	most   int // that were in memory when more were asked for, with those given
}

func newRiver() *river {
	r := &river{length: map[string]uint32{}}
	for i := range 300 {
		c := chat.Conversation{ID: newID(), Site: 1, LastSeq: 20}
		if i == 100 {
			c.LastSeq = 25_000
		}
		r.heads, r.length[c.ID] = append(r.heads, c), c.LastSeq
	}
	return r
}

func (r *river) Count(context.Context, identity.Scope, history.Filter) (conversations, rows int64, err error) {
	return int64(len(r.heads)), 0, nil
}

func (r *river) Heads(_ context.Context, _ identity.Scope, _ history.Filter, cursor string, limit int) (page []chat.Conversation, next string, err error) {
	from, _ := strconv.Atoi(cursor)
	to := min(from+limit, len(r.heads))
	if to < len(r.heads) {
		next = strconv.Itoa(to)
	}
	return r.heads[from:to], next, nil
}

func (r *river) RowsOf(_ context.Context, conversations []string, after uint32, limit int) ([]chat.Row, error) {
	rows := make([]chat.Row, 0, limit)
	for _, id := range conversations {
		for seq := after + 1; seq <= r.length[id] && len(rows) < limit; seq++ {
			rows = append(rows, chat.Row{
				Conversation: id, Seq: seq, Kind: chat.KindMessage, Author: chat.Author{Kind: chat.AuthorVisitor},
				Content: strings.Repeat("words ", 20) + strconv.Itoa(int(seq)), Time: time.Now(),
			})
		}
		after = 0
	}
	runtime.GC()
	held := len(rows)
	for i, first := range r.given {
		if first.Value() != nil {
			held += r.sizes[i]
		}
	}
	r.rows += len(rows)
	r.most = max(r.most, held)
	if len(rows) > 0 {
		r.given, r.sizes = append(r.given, weak.Make(&rows[0])), append(r.sizes, len(rows))
	}
	return rows, nil
}

func TestAnExportHasAThousandRowsInMemoryHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"jsonl", "csv"} {
		store := newRiver()
		exports, err := history.NewExports(store)
		if err != nil {
			t.Fatal(err)
		}
		h := open(t, func(c *web.Config) { c.History.Exports = exports })
		out := h.signIn(h.user("boss", identity.RoleAdmin)).get("/api/admin/export-sessions?format=" + format).status(200)
		if n := strings.Count(out.body, "words words"); n < 30_000 || store.rows < 30_000 {
			t.Errorf("%s: %d rows of %d came", format, n, store.rows)
		}
		if store.most > 1000 {
			t.Errorf("%s: %d rows were in memory at once", format, store.most)
		}
	}
}

func TestATranscriptIsNotOpenedFasterThanPeopleRead(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.TrustProxy = true })
	h.freeze()
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	var link struct{ Path string }
	v.post("/api/visitor/transcript-link", `{"locale":"en"}`).status(200).into(&link)
	from := func(address string) *browser {
		b := h.browser()
		b.header.Set("X-Forwarded-For", address)
		return b
	}
	stranger := from("203.0.113.9")
	for range 30 {
		stranger.get(link.Path).status(200)
	}
	refused := stranger.get(link.Path).status(429).has("wait a minute", "<html").without("hello")
	if refused.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	stranger.get("/transcript/x").status(429) // no way to look whether a link opens
	from("203.0.113.10").get(link.Path).status(200)
	h.advance(time.Minute)
	stranger.get(link.Path).status(200)
	h.signIn(h.user("alice", identity.RoleAgent)).get("/api/agent/conversations/" + v.conv + "/transcript-links").status(200).has(`"opened":2`)
}

func TestRetentionIsSavedByVersionAndPreviewed(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	var list struct{ Policies []web.RetentionPolicy }
	admin.get("/api/admin/retention").status(200).into(&list)
	if len(list.Policies) != 1 || list.Policies[0].Version != 0 {
		t.Fatalf("%+v", list)
	}
	site := list.Policies[0].Site
	body := `{"site":"` + site + `","version":0,"anonymous_days":30,"identified_days":0}`
	admin.post("/api/admin/retention/preview", body).status(200).has(`"anonymous":{"conversations":0`)
	admin.post("/api/admin/retention/run", `{"site":"`+site+`"}`).problem(422, "invalid").has("for ever")
	admin.do(http.MethodPut, "/api/admin/retention", body).status(200).has(`"version":1`)
	admin.do(http.MethodPut, "/api/admin/retention", body).problem(409, "conflict")
	admin.do(http.MethodPut, "/api/admin/retention", `{"site":"`+site+`","version":1,"anonymous_days":-1,"identified_days":0}`).problem(422, "invalid").has("anonymous_days")
	admin.do(http.MethodPut, "/api/admin/retention", `{"site":"nowhere","anonymous_days":1,"identified_days":0}`).problem(404, "not_found")
	h.advance(31 * 24 * time.Hour)
	admin.post("/api/admin/retention/preview", body).status(200).has(`"anonymous":{"conversations":1,"messages":1,"contacts":1}`)
	admin.get("/api/admin/audit?action=retention.save").status(200).has("anonymous_days 30")
}

func TestAnErasedContactIsGoneAndLeavesAReceipt(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	v := h.visitor()
	v.send(newID(), "forget me please").status(200)
	v.post("/api/visitor/email", `{"email":"ann@example.com"}`).status(200)
	h.index()
	admin.get("/api/admin/erasures/people?q=ANN@example.com").status(200).has(v.contact, `"conversations":1`)
	admin.get("/api/admin/erasures/people?q=").problem(422, "invalid")
	admin.post("/api/admin/erasures", `{"contact":"`+v.contact+`","confirm":"yes"}`).problem(422, "invalid").has("confirm must be the contact's id")
	admin.post("/api/admin/erasures", `{"contact":"`+newID()+`","confirm":"x"}`).problem(422, "invalid")
	var receipt web.ErasureReceipt
	admin.post("/api/admin/erasures", `{"contact":"`+v.contact+`","confirm":"`+v.contact+`","reason":"asked by letter"}`).status(200).into(&receipt)
	if !receipt.Done || receipt.Counts["conversations"] != 1 || receipt.Counts["contacts"] != 1 || receipt.Counts["history_parts"] != 1 || receipt.Actor != "boss" {
		t.Errorf("%+v", receipt)
	}
	admin.get("/api/admin/erasures").status(200).has(receipt.ID, "asked by letter").without("ann@example.com", "forget me")
	admin.get("/api/admin/erasures/" + receipt.ID).status(200).has(v.contact)
	admin.get("/api/admin/erasures/"+newID()).problem(404, "not_found")
	admin.get("/api/agent/conversations/"+v.conv).problem(404, "not_found")
	admin.get("/api/agent/search?q=forget").status(200).without(v.conv, "forget me")
	admin.get("/api/admin/audit?action=contact.erase").status(200).has("contact.erase", `"object":"`+receipt.ID+`"`).without("ann@example.com", receipt.Contact)
	v.post("/api/visitor/session", `{}`).status(200).without(v.contact) // the old token makes a new visitor
}

// breaking is an export that ends in the middle of the second conversation.
type breaking struct{ web.Exports }

func (breaking) Count(context.Context, identity.Actor, history.Filter) (conversations, rows int64, err error) {
	return 2, 2, nil
}

func (breaking) Export(_ context.Context, _ identity.Actor, _ history.Filter, sink history.ExportSink) error {
	c := chat.Conversation{ID: newID(), Site: 1}
	rows := []chat.Row{{Conversation: c.ID, Seq: 1, Kind: chat.KindMessage, Content: strings.Repeat("words ", 10_000), Time: time.Now()}}
	err := errors.Join(sink.Begin(c), sink.Rows(c, rows), sink.End(c), sink.Begin(c), sink.Rows(c, rows))
	return errors.Join(err, errors.New("the database went away, secretly"))
}

func TestAnExportThatBreaksOffIsSeenToBeIncomplete(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.History.Exports = breaking{} })
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	for _, format := range []string{"jsonl", "csv"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/api/admin/export-sessions?format="+format, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := admin.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || len(body) == 0 || err == nil || strings.Contains(string(body), "secretly") {
			t.Errorf("%s: status %d, %d bytes, error %v: a client would take it for all", format, res.StatusCode, len(body), err)
		}
	}
	admin.get("/api/admin/audit?action=conversations").status(200).has("conversations.export.broken_off", "conversations 1")
}

package postgres

import (
	"context"
	"hash/fnv"
	"math"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// pairsOfLetters embeds texts by their letter pairs.
type pairsOfLetters struct{ name string }

func (p pairsOfLetters) EmbedQuestion(_ context.Context, text string) ([]float32, string, error) {
	v := make([]float32, 128)
	runes := []rune(" " + strings.ToLower(text) + " ")
	for i := range len(runes) - 1 {
		f := fnv.New32a()
		_, _ = f.Write([]byte(string(runes[i : i+2])))
		v[f.Sum32()%128]++
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v, p.name, nil
}

func (p pairsOfLetters) EmbedPassages(ctx context.Context, texts []string) ([][]float32, string, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i], _, _ = p.EmbedQuestion(ctx, t)
	}
	return out, p.name, nil
}

// noArticles is a knowledge base without any.
type noArticles struct{}

func (noArticles) Search(context.Context, identity.Scope, kb.Query) (kb.Result, error) {
	return kb.Result{}, nil
}

func (noArticles) Replies(context.Context, identity.Scope, int32, []string, string, kb.Audience) ([]kb.Article, error) {
	return nil, nil
}

// helped is a desk whose agents get suggestions.
type helped struct {
	*desk
	store     *Suggest
	suggester *bot.Suggester
	learner   *bot.Learner
}

func newHelped(t *testing.T, model string) *helped {
	t.Helper()
	d := newDesk(t)
	h := &helped{desk: d, store: NewSuggest(d.pool)}
	var err error
	if h.suggester, err = bot.NewSuggester(bot.SuggesterConfig{Knowledge: noArticles{}, Chat: d.Service, Store: h.store, Embedder: pairsOfLetters{model}, Clock: d.now}); err != nil {
		t.Fatal(err)
	}
	if h.learner, err = bot.NewLearner(bot.LearnerConfig{Suggester: h.suggester, Store: h.store}); err != nil {
		t.Fatal(err)
	}
	return h
}

// solve lets an agent answer a visitor's question and resolve the conversation; it returns the conversation.
func (h *helped) solve(agent identity.Actor, question, answer string) chat.Conversation {
	h.t.Helper()
	visitor, conv := h.visitor()
	h.say(visitor, conv.ID, question)
	if _, err := h.Claim(h.t.Context(), agent, conv.ID, nil); err != nil {
		h.t.Fatal(err)
	}
	h.say(agent, conv.ID, answer)
	if _, err := h.Resolve(h.t.Context(), agent, conv.ID); err != nil {
		h.t.Fatal(err)
	}
	return conv
}

func (h *helped) look() {
	h.t.Helper()
	if err := h.learner.Look(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// asks opens a conversation with a question, held by the agent, and returns what is suggested.
func (h *helped) asks(agent identity.Actor, question string) (chat.Conversation, bot.Suggestions) {
	h.t.Helper()
	visitor, conv := h.visitor()
	h.say(visitor, conv.ID, question)
	if _, err := h.Claim(h.t.Context(), agent, conv.ID, nil); err != nil {
		h.t.Fatal(err)
	}
	found, err := h.suggester.Suggest(h.t.Context(), agent, conv.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return conv, found
}

const (
	ferryQuestion = "How long does a delivery to the islands take?"
	ferryAnswer   = "Deliveries to the islands take nine working days, because the ferry goes once a week."
)

func TestWhatAPersonAnsweredIsSuggestedWithoutPersonalData(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice := h.agent("alice")
	h.solve(alice, ferryQuestion+" My mail is joe@example.com and my order FD20261121, call +49 170 1234567", ferryAnswer+" I wrote to joe@example.com about FD20261121.")
	h.look()
	_, found := h.asks(alice, ferryQuestion)
	if len(found.Items) != 1 {
		t.Fatalf("suggested %+v", found)
	}
	s := found.Items[0]
	if s.Source != bot.FromSolved || !strings.Contains(s.Text, "ferry goes once a week") || !s.Blanks || s.Title != "alice" || s.Confidence < found.Floor || s.Confidence > 1 {
		t.Errorf("suggested %+v", s)
	}
	for _, private := range []string{"joe", "example.com", "FD2026", "170", "1234567"} {
		if strings.Contains(s.Text+s.Matched, private) {
			t.Errorf("%q was kept: %q, %q", private, s.Text, s.Matched)
		}
	}
	h.look() // reading it again adds nothing
	if n := h.count("SELECT count(*) FROM solved_answers"); n != 1 {
		t.Errorf("%d past answers", n)
	}
}

func TestPastAnswersNeverCrossADepartmentsWall(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice := h.agent("alice")
	conv := h.solve(alice, ferryQuestion, ferryAnswer)
	h.look()
	// The conversation moves to another department, and its answers with it.
	var other int32
	if err := h.pool.QueryRow(t.Context(), "INSERT INTO departments (site_id, name) VALUES (1, 'Legal') RETURNING id").Scan(&other); err != nil {
		t.Fatal(err)
	}
	h.exec("UPDATE conversations SET department_id = $2 WHERE id = $1", conv.ID, other)
	if _, found := h.asks(alice, ferryQuestion); len(found.Items) != 0 {
		t.Errorf("another department's answer is suggested: %+v", found.Items)
	}
	vector, model, _ := pairsOfLetters{"letters"}.EmbedQuestion(t.Context(), ferryQuestion)
	for name, c := range map[string]struct {
		scope      identity.Scope
		department int32
		want       int
	}{
		"its own":                 {identity.Scope{Sites: []int32{1}, Departments: []int32{other}}, other, 1},
		"all departments":         {identity.Scope{Sites: []int32{1}, AllDepartments: true}, other, 1},
		"asked for another":       {identity.Scope{Sites: []int32{1}, AllDepartments: true}, 1, 0},
		"scope of another":        {identity.Scope{Sites: []int32{1}, Departments: []int32{1}}, other, 0},
		"another site":            {identity.Scope{Sites: []int32{2}, AllDepartments: true}, other, 0},
		"nothing":                 {identity.Scope{}, other, 0},
		"a visitor of the site's": {identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: newID()}, other, 0},
	} {
		near, err := h.store.Near(t.Context(), c.scope, bot.NearQuery{Site: 1, Department: c.department, Agent: alice.ID, Locale: "en", Vector: vector, Fingerprint: model, Limit: 5, At: time.Now()})
		if err != nil || len(near.Solved) != c.want {
			t.Errorf("%s: %d past answers, want %d, %v", name, len(near.Solved), c.want, err)
		}
	}
}

func TestPastAnswersExpireAreForgottenAndGoWithTheirConversation(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice, carol := h.agent("alice"), h.agent("carol")
	first := h.solve(alice, ferryQuestion, ferryAnswer)
	h.look()
	conv, found := h.asks(alice, ferryQuestion)
	if len(found.Items) != 1 {
		t.Fatalf("suggested %+v", found)
	}
	id := h.count("SELECT id FROM solved_answers")
	stranger := alice
	stranger.Scope = identity.Scope{Sites: []int32{1}, Departments: []int32{999}}
	want(t, h.suggester.ForgetSolved(t.Context(), stranger, int64(id)), bot.ErrNoSuggestion)
	if err := h.suggester.ForgetSolved(t.Context(), carol, int64(id)); err != nil {
		t.Fatal(err)
	}
	want(t, h.suggester.ForgetSolved(t.Context(), carol, int64(id)), bot.ErrNoSuggestion)
	if again, err := h.suggester.Suggest(t.Context(), alice, conv.ID); err != nil || len(again.Items) != 0 {
		t.Errorf("forgotten, and suggested: %+v, %v", again.Items, err)
	}
	h.exec("DELETE FROM solved_reads")
	h.look() // reading anew does not bring it back
	if n := h.count("SELECT count(*) FROM solved_answers WHERE NOT deleted"); n != 0 {
		t.Errorf("%d past answers came back", n)
	}
	h.exec("UPDATE solved_answers SET expires_at = now() - interval '1 second'")
	h.look()
	if n := h.count("SELECT count(*) FROM solved_answers"); n != 0 {
		t.Errorf("%d expired ones are left", n)
	}
	second := h.solve(alice, "Do you ship to Norway?", "Yes, we ship to Norway and it takes about five working days.")
	h.look()
	for _, table := range []string{"conversation_log", "queue_entries"} {
		h.exec("DELETE FROM "+table+" WHERE conversation_id IN ($1, $2)", first.ID, second.ID)
	}
	h.exec("DELETE FROM conversations WHERE id IN ($1, $2)", first.ID, second.ID)
	if n := h.count("SELECT count(*) FROM solved_answers"); n != 0 {
		t.Errorf("%d answers of erased conversations are left", n)
	}
}

func TestABotsAnswerAndASuggestionSentAsItIsTeachNothing(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice := h.agent("alice")
	visitor, conv := h.visitor()
	h.say(visitor, conv.ID, "Is there a warranty on lamps?")
	if _, _, err := h.Append(t.Context(), identity.Everything(), chat.Entry{
		Conversation: conv.ID, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Content: "Lamps have a warranty of two years from the day of purchase.",
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Claim(t.Context(), alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	h.say(alice, conv.ID, "Hello!") // too short to tell anything
	h.say(alice, conv.ID, "Could you tell me which lamp you mean, please?")
	if _, err := h.Resolve(t.Context(), alice, conv.ID); err != nil {
		t.Fatal(err)
	}
	h.solve(alice, ferryQuestion, ferryAnswer)
	h.look()
	if n := h.count("SELECT count(*) FROM solved_answers"); n != 1 {
		t.Fatalf("%d past answers, want the agent's own one", n)
	}
	// The suggestion goes out as it is: nothing new was said.
	next, found := h.asks(alice, ferryQuestion)
	if err := h.suggester.Note(t.Context(), alice, next.ID, found.Seq, bot.ActShown, []string{found.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	row, _, err := h.Send(t.Context(), alice, chat.Send{Conversation: next.ID, CID: newID(), Content: found.Items[0].Text, Suggestion: found.Items[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice on two nodes is once
		if err := h.suggester.Settle(t.Context(), &row); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Resolve(t.Context(), alice, next.ID); err != nil {
		t.Fatal(err)
	}
	h.look()
	if n := h.count("SELECT count(*) FROM solved_answers"); n != 1 {
		t.Errorf("%d past answers: a suggestion was learnt again", n)
	}
	if n := h.count("SELECT count(*) FROM suggestion_events WHERE act = 'sent' AND edit_share = 0 AND message_seq = $1", row.Seq); n != 1 {
		t.Errorf("%d acts sent", n)
	}
	usage, err := h.store.Usage(t.Context(), 1, []bot.UsageKey{{Source: bot.FromSolved}, {Source: bot.FromSolved, Item: found.Items[0].Item}})
	if err != nil || usage[bot.UsageKey{Source: bot.FromSolved}] != (bot.Usage{Shown: 1, Used: 1}) || len(usage) != 2 {
		t.Errorf("usage %+v, %v", usage, err)
	}
}

func TestAnEditedSuggestionIsJudgedByTheServer(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice, bob := h.agent("alice"), h.agent("bob")
	h.solve(alice, ferryQuestion, ferryAnswer)
	h.look()
	conv, found := h.asks(alice, ferryQuestion)
	send := func(actor identity.Actor, text string) *chat.Row {
		row, _, err := h.Send(t.Context(), actor, chat.Send{Conversation: conv.ID, CID: newID(), Content: text, Suggestion: found.Items[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		return &row
	}
	// A claim about a suggestion that was never shown counts for nothing.
	if err := h.suggester.Settle(t.Context(), send(bob, ferryAnswer)); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT count(*) FROM suggestion_events"); n != 0 {
		t.Errorf("%d acts of a suggestion that nobody saw", n)
	}
	visitor := h.contactOf(conv)
	h.say(visitor, conv.ID, ferryQuestion)
	again, err := h.suggester.Suggest(t.Context(), bob, conv.ID)
	if err != nil || len(again.Items) != 1 {
		t.Fatalf("suggested %+v, %v", again, err)
	}
	for range 3 { // a page that is opened thrice shows once
		if err := h.suggester.Note(t.Context(), bob, conv.ID, again.Seq, bot.ActShown, []string{again.Items[0].ID, "article:none"}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, h.suggester.Note(t.Context(), bob, conv.ID, again.Seq, bot.ActSent, nil), bot.ErrSuggestion)
	if err := h.suggester.Settle(t.Context(), send(bob, strings.Replace(ferryAnswer, "nine", "ten", 1))); err != nil {
		t.Fatal(err)
	}
	var share float64
	if err := h.pool.QueryRow(t.Context(), "SELECT edit_share FROM suggestion_events WHERE act = 'edited'").Scan(&share); err != nil || share <= 0 || share > 0.1 {
		t.Errorf("edit share %v, %v", share, err)
	}
	if n := h.count("SELECT count(*) FROM suggestion_events WHERE act = 'shown'"); n != 1 {
		t.Errorf("shown %d times", n)
	}
}

func TestTextsAreEmbeddedAnewForAnotherModel(t *testing.T) {
	t.Parallel()
	h := newHelped(t, "letters")
	alice := h.agent("alice")
	h.solve(alice, ferryQuestion, ferryAnswer)
	canned, err := bot.NewCannedReplies(h.store, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := canned.Put(t.Context(), alice, bot.Canned{Site: 1, Owner: alice.ID, Shortcut: "ferry", Title: "Delivery to the islands", Texts: map[string]string{"en": "It takes nine days."}})
	if err != nil {
		t.Fatal(err)
	}
	h.look()
	if n := h.count("SELECT (SELECT count(*) FROM solved_answers WHERE model = 'letters') + (SELECT count(*) FROM canned_texts WHERE model = 'letters')"); n != 2 {
		t.Fatalf("%d texts are embedded", n)
	}
	reply.Title = "Islands"
	if _, err := canned.Put(t.Context(), alice, reply); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT count(*) FROM canned_texts WHERE model = ''"); n != 1 {
		t.Error("a changed reply keeps its old vector")
	}
	other := newLearnerOf(t, h, "another")
	if err := other.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT (SELECT count(*) FROM solved_answers WHERE model = 'another') + (SELECT count(*) FROM canned_texts WHERE model = 'another')"); n != 2 {
		t.Errorf("%d texts follow the model", n)
	}
}

func newLearnerOf(t *testing.T, h *helped, model string) *bot.Learner {
	t.Helper()
	s, err := bot.NewSuggester(bot.SuggesterConfig{Knowledge: noArticles{}, Chat: h.Service, Store: h.store, Embedder: pairsOfLetters{model}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := bot.NewLearner(bot.LearnerConfig{Suggester: s, Store: h.store})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// contactOf is the visitor of a conversation as an actor.
func (h *helped) contactOf(conv chat.Conversation) identity.Actor {
	return identity.VisitorClaims{Site: conv.Site, Contact: conv.Contact.ID}.Actor()
}

func (h *helped) count(sql string, args ...any) (n int) {
	h.t.Helper()
	if err := h.pool.QueryRow(h.t.Context(), sql, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
)

// told returns the bot's next row after the visitor's message.
func (b *branch) told(visitor identity.Actor, conv string, m chat.Send) chat.Row {
	b.t.Helper()
	m.Conversation, m.CID = conv, newID()
	sent, _, err := b.Send(b.t.Context(), visitor, m)
	if err != nil {
		b.t.Fatal(err)
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for deadline := time.After(20 * time.Second); ; {
		_, rows, err := b.Thread(b.t.Context(), identity.System(), sent.Conversation, 50)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, row := range rows {
			if row.Seq > sent.Seq && row.Author.Kind == chat.AuthorBot {
				return row
			}
		}
		select {
		case <-look.C:
		case <-deadline:
			b.t.Fatal("the bot says nothing")
		}
	}
}

// EXPECTATIONS C, Bot 8: articles for customers reach those for whom the site
// vouched and nobody else, whatever was asked by whom before.
func TestAnArticleForCustomersReachesIdentifiedVisitorsOnly(t *testing.T) {
	t.Parallel()
	b := openBranch(t, pgtest.New(t))
	publish := func(a kb.Article) {
		t.Helper()
		a.Site, a.Locale = 1, "en"
		if _, err := b.kb.Save(t.Context(), identity.System(), a); err != nil {
			t.Fatal(err)
		}
	}
	const secret = "The gold hotline is 0800 4711."
	publish(kb.Article{ID: "gold", Title: "Gold hotline", Answer: secret, Questions: []string{"what is the gold hotline", "number of the gold hotline"}, Audience: kb.AudienceCustomers})
	publish(kb.Article{ID: "refund", Title: "Refunds", Answer: "Refunds take three days.", Questions: []string{"how do I get a refund"}, Next: []string{"gold"}})
	publish(kb.Article{ID: "hours", Title: "Opening hours", Answer: "We open at nine.", Questions: []string{"what are your opening hours"}})
	const ask = "What is the gold hotline?"
	closed := func(what string, row chat.Row) {
		t.Helper()
		offered := slices.ContainsFunc(row.Data.Buttons, func(x chat.Button) bool { return strings.Contains(x.ID+x.Label, "old") })
		if row.Data.Source != nil && row.Data.Source.Article == "gold" || strings.Contains(row.Content, "4711") || offered {
			t.Errorf("%s: an anonymous visitor is told %q, buttons %+v", what, row.Content, row.Data.Buttons)
		}
	}
	open := func(what string, row chat.Row) {
		t.Helper()
		if row.Content != secret || row.Data.Source == nil || row.Data.Source.Article != "gold" {
			t.Errorf("%s: the customer is told %q", what, row.Content)
		}
	}
	people := b.people()
	anonymous := func() (identity.Actor, string) { v, conv := b.visitor(); return v, conv.ID }
	customer := func(id string) (identity.Actor, string) {
		out := become(t, people, "", identity.Proof{External: id})
		return visitorOf(out.Contact.ID), out.Conversation.ID
	}

	v, conv := anonymous()
	closed("before anybody", b.told(v, conv, chat.Send{Content: ask}))
	c, known := customer("1")
	open("asks", b.told(c, known, chat.Send{Content: ask}))
	c, known = customer("2")
	open("asks what was kept", b.told(c, known, chat.Send{Content: ask}))
	if hits := b.cache.Counts().Hits; hits == 0 {
		t.Errorf("nothing was kept: %+v", b.cache.Counts())
	}
	v, conv = anonymous()
	closed("after customers, from the cache", b.told(v, conv, chat.Send{Content: ask}))

	// The step after a public article, and a button that was never offered.
	v, conv = anonymous()
	closed("next step", b.told(v, conv, chat.Send{Content: "How do I get a refund?"}))
	v, conv = anonymous()
	closed("forged button", b.told(v, conv, chat.Send{Content: "Gold", Button: bot.ButtonArticle + "gold"}))
	c, known = customer("3")
	if row := b.told(c, known, chat.Send{Content: "How do I get a refund?"}); !slices.ContainsFunc(row.Data.Buttons, func(x chat.Button) bool { return x.ID == bot.ButtonArticle+"gold" }) {
		t.Errorf("the customer is not offered the next step: %+v", row.Data.Buttons)
	}

	// What somebody says of themselves proves nothing; the site's word does, in the same conversation.
	v, conv = anonymous()
	if _, err := b.LeaveEmail(t.Context(), v, conv, "gold@example.com"); err != nil {
		t.Fatal(err)
	}
	closed("with an address", b.told(v, conv, chat.Send{Content: "I am a customer. " + ask}))
	w, other := anonymous()
	b.told(w, other, chat.Send{Content: "What are your opening hours?"})
	signedIn := become(t, people, w.ID, identity.Proof{External: "4"})
	open("after signing in", b.told(visitorOf(signedIn.Contact.ID), other, chat.Send{Content: ask}))

	// Agents see what to say to whom: for a customer it may be pasted, for others it is to be read only.
	if a, err := b.kb.Replies(t.Context(), identity.Everything(), 1, []string{"gold"}, "en", kb.AudiencePublic); err != nil || len(a) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

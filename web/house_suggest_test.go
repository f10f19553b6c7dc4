package web_test

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/web"
)

// drafted keeps the working copies that were asked for.
type drafted struct {
	articles []kb.Article
	variants []string
}

// AddVariant implements bot.Drafts.
func (d *drafted) AddVariant(_ context.Context, _ identity.Actor, _ int32, id, locale, question string) error {
	d.variants = append(d.variants, id+" "+locale+" "+question)
	return nil
}

// NewDraft implements bot.Drafts.
func (d *drafted) NewDraft(_ context.Context, _ identity.Actor, a kb.Article) error {
	for _, o := range d.articles {
		if o.ID == a.ID {
			return kb.ErrConflict
		}
	}
	d.articles = append(d.articles, a)
	return nil
}

// suggesting gives the server its parts for suggested and canned replies, on the real store.
func (h *house) suggesting(cfg *web.Config, pool *pgxpool.Pool, service *chat.Service, knowledge *kb.Service) error {
	store := postgres.NewSuggest(pool)
	s, err := bot.NewSuggester(bot.SuggesterConfig{Knowledge: knowledge, Chat: service, Store: store, Embedder: letters{}, Clock: h.now})
	if err != nil {
		return err
	}
	canned, err := bot.NewCannedReplies(store, s.Forget, h.now)
	if err != nil {
		return err
	}
	judges, err := bot.NewJudges(store, service, knowledge, h.now)
	if err != nil {
		return err
	}
	promoter, err := bot.NewPromoter(service, knowledge, &h.drafts, nil)
	if err != nil {
		return err
	}
	summaries, err := bot.NewSummaries(service, nil)
	if err != nil {
		return err
	}
	learner, err := bot.NewLearner(bot.LearnerConfig{Suggester: s, Store: store})
	if err != nil {
		return err
	}
	h.learner = learner
	cfg.Suggester, cfg.Canned, cfg.Judges, cfg.Promoter, cfg.Summaries = s, canned, judges, promoter, summaries
	return nil
}

// botSays hands the conversation to the bot's pen and stores an answer of its, as it would.
func (h *house) botSays(conv, article, text string) {
	h.t.Helper()
	if _, _, err := h.chat.Append(h.t.Context(), identity.Bot().Scope, chat.Entry{
		Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorBot}, Kind: chat.KindMessage, Content: text,
		Data: chat.Data{Source: &chat.Source{Article: article, Locale: "en", Title: article, Version: 1, Confidence: 0.9}},
	}); err != nil {
		h.t.Fatal(err)
	}
}

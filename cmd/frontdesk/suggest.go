package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/inference"
	"frontdesk/internal/integration/generator"
	"frontdesk/internal/postgres"
	"frontdesk/internal/safedial"
	"frontdesk/web"
)

var (
	_ web.Suggester     = (*bot.Suggester)(nil)
	_ web.CannedReplies = (*bot.CannedReplies)(nil)
	_ web.Judges        = (*bot.Judges)(nil)
	_ web.Promoter      = (*bot.Promoter)(nil)
	_ web.Summaries     = (*bot.Summaries)(nil)
	_ bot.Log           = (*chat.Service)(nil)
	_ bot.Vectors       = (*inference.Engine)(nil)
	_ bot.Generator     = (*generator.Client)(nil)
)

// suggesting is what helps agents to answer: suggested and canned replies, what
// they say about the bot, and the text generator, if one is configured.
type suggesting struct {
	suggester *bot.Suggester
	canned    *bot.CannedReplies
	judges    *bot.Judges
	promoter  *bot.Promoter
	summaries *bot.Summaries
	learner   *bot.Learner
	reworder  *bot.Reworder // nil = no generator is configured
}

func newSuggesting(cfg Config, s *stack, service *chat.Service, policies bot.Policies, drafts bot.Drafts, logger *slog.Logger) (*suggesting, error) {
	sees, err := newSignals()
	if err != nil {
		return nil, err
	}
	var p suggesting
	store := postgres.NewSuggest(s.pool)
	if p.suggester, err = bot.NewSuggester(bot.SuggesterConfig{
		Knowledge: s.knowledge, Chat: service, Store: store, Embedder: s.engine, Pairs: pairScorer{s.engine}, Signals: sees, Logger: logger,
		Floor: func(ctx context.Context, site int32) (float64, error) {
			policy, err := policies.Policy(ctx, site)
			return policy.Suggest, err
		},
	}); err != nil {
		return nil, err
	}
	if p.learner, err = bot.NewLearner(bot.LearnerConfig{Suggester: p.suggester, Store: store}); err != nil {
		return nil, err
	}
	changed := func() { p.suggester.Forget(); p.learner.Wake() }
	if p.canned, err = bot.NewCannedReplies(store, changed, time.Now); err != nil {
		return nil, err
	}
	if p.judges, err = bot.NewJudges(store, service, s.knowledge, time.Now); err != nil {
		return nil, err
	}
	if drafts != nil {
		if p.promoter, err = bot.NewPromoter(service, s.knowledge, drafts, sees); err != nil {
			return nil, err
		}
	}
	if p.reworder, err = newReworder(cfg, s, policies, logger); err != nil {
		return nil, err
	}
	p.summaries, err = bot.NewSummaries(service, p.reworder)
	return &p, err
}

// newReworder returns nil where no generator is configured.
func newReworder(cfg Config, s *stack, policies bot.Policies, logger *slog.Logger) (*bot.Reworder, error) {
	g := cfg.Bot.Generator
	if g.URL == "" {
		return nil, nil
	}
	dialer, err := safedial.New(safedial.Config{Allow: cfg.egress(), Timeout: g.Timeout})
	if err != nil {
		return nil, err
	}
	client, err := generator.New(generator.Config{URL: g.URL, Model: g.Model, Key: g.Key, Timeout: g.Timeout, Dialer: dialer})
	if err != nil {
		return nil, err
	}
	return bot.NewReworder(bot.ReworderConfig{
		Generator: client, Vectors: s.engine, Logger: logger,
		Enabled: func(ctx context.Context, site int32) (bool, error) {
			policy, err := policies.Policy(ctx, site)
			return policy.Generator, err
		},
	})
}

// into puts the parts into the server's configuration.
func (p *suggesting) into(cfg web.Config) web.Config {
	cfg.Suggester, cfg.Canned, cfg.Judges, cfg.Summaries = p.suggester, p.canned, p.judges, p.summaries
	if p.promoter != nil {
		cfg.Promoter = p.promoter
	}
	return cfg
}

// Describe implements prometheus.Collector.
func (p *suggesting) Describe(ch chan<- *prometheus.Desc) { ch <- generatedDesc() }

// Collect implements prometheus.Collector.
func (p *suggesting) Collect(ch chan<- prometheus.Metric) {
	var used, refused uint64
	if p.reworder != nil {
		used, refused = p.reworder.Counts()
	}
	ch <- prometheus.MustNewConstMetric(generatedDesc(), prometheus.CounterValue, float64(used), "used")
	ch <- prometheus.MustNewConstMetric(generatedDesc(), prometheus.CounterValue, float64(refused), "refused")
}

func generatedDesc() *prometheus.Desc {
	return prometheus.NewDesc("frontdesk_bot_generated_total", "Texts that a generator was asked to reword: used, or refused and said word for word.", []string{"result"}, nil)
}

// rewriter is the reworder as the bot's turns take it; an interface of a nil pointer is not nil.
func (p *suggesting) rewriter() bot.Rewriter {
	if p.reworder == nil {
		return nil
	}
	return p.reworder
}

package main

import (
	"log/slog"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

var (
	_ web.BotSettings    = (*bot.Settings)(nil)
	_ web.BotBench       = (*bot.Bench)(nil)
	_ web.BotRuns        = (*bot.Runs)(nil)
	_ web.BotCurves      = (*bot.Runs)(nil)
	_ web.SavedQuestions = (*bot.Saved)(nil)
)

// newBotDesk returns what the pages of the bot's desk need, and the runs, which
// work while Run does.
func newBotDesk(cfg Config, s *stack, settings *bot.Settings, responder *bot.Responder, drafts bot.WorkingCopies, logger *slog.Logger) (web.BotDesk, *bot.Runs, error) {
	sees, err := newSignals()
	if err != nil {
		return web.BotDesk{}, nil, err
	}
	thresholds := bot.Thresholds{Answer: cfg.Bot.AnswerAt, Clarify: cfg.Bot.ClarifyAt}
	bench, err := bot.NewBench(bot.BenchConfig{
		Knowledge: s.knowledge, Policies: settings, Drafts: drafts,
		Responder: bot.ResponderConfig{Knowledge: s.knowledge, Signals: sees, Thresholds: thresholds, Clock: time.Now},
	})
	if err != nil {
		return web.BotDesk{}, nil, err
	}
	store, kept := postgres.NewBotRuns(s.pool), postgres.NewBotSaved(s.pool)
	runs, err := bot.NewRuns(bot.RunsConfig{Bench: bench, Store: store, Work: store, Saved: kept, Logger: logger})
	if err != nil {
		return web.BotDesk{}, nil, err
	}
	saved, err := bot.NewSaved(kept, time.Now)
	if err != nil {
		return web.BotDesk{}, nil, err
	}
	return web.BotDesk{
		Settings: settings, Bench: bench, Runs: runs, Curves: runs, Saved: saved, Articles: s.knowledge, Thresholds: responder.Thresholds(),
	}, runs, nil
}

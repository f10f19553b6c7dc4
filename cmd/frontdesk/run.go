package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/inference"
	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/jobs"
	"frontdesk/kb"
	"frontdesk/web"
)

// requestGrace is what requests in flight get on top of the drain timeout.
const requestGrace = 5 * time.Second

// The pins: what the edges offer is what the areas ask for.
var (
	_ kb.Store           = (*postgres.Knowledge)(nil)
	_ kb.Embedder        = (*inference.Engine)(nil)
	_ chat.Store         = (*postgres.Chat)(nil)
	_ chat.PresenceStore = (*postgres.Chat)(nil)
	_ auth.Store         = (*postgres.Accounts)(nil)
	_ auth.SetupStore    = (*postgres.Accounts)(nil)
	_ bot.Knowledge      = (*kb.Service)(nil)
	_ bot.Chat           = (*chat.Service)(nil)
	_ web.Chat           = (*chat.Service)(nil)
	_ web.Inboxes        = (*chat.Hub)(nil)
	_ web.Presence       = (*chat.Presence)(nil)
	_ web.Knowledge      = (*kb.Service)(nil)
	_ web.Answerer       = (*bot.Responder)(nil)
	_ web.Gaps           = (*bot.GapBoard)(nil)
	_ web.Reports        = (*bot.Reports)(nil)
	_ bot.GapEmbedder    = (*inference.Engine)(nil)
	_ web.Accounts       = (*postgres.Accounts)(nil)
	_ web.Sessions       = (*auth.Sessions)(nil)
	_ web.Visitors       = (*auth.Visitors)(nil)
	_ web.Setup          = (*auth.Setup)(nil)
	_ web.Keys           = (*auth.APIKeys)(nil)
	_ web.Inference      = (*inference.Engine)(nil)
	_ auth.KeyStore      = (*postgres.Accounts)(nil)
	_ web.Readiness      = (*readiness)(nil)
)

// serve builds the server, runs it until ctx ends and takes it down again, the
// last built part first. Order matters: the port before the database (a port in
// use costs nothing), the front before the back when stopping.
func serve(ctx context.Context, cfg Config, demo bool, out io.Writer, logger *slog.Logger) (err error) {
	listener, err := openListener(ctx, cfg)
	if err != nil {
		return err
	}
	defer listener.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	succession := newHandover(listener, stop, logger)
	defer succession.close()
	if cfg.PublicURL == "http://localhost:0" { // any free port was asked for: say which it is
		cfg.PublicURL = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // a tcp listener
	}

	db, err := startDatabase(ctx, cfg, logger)
	if err != nil {
		return err
	}
	reg := newRegistry()
	s, err := newStack(ctx, cfg, db, reg, logger)
	if err != nil {
		return err
	}
	defer func() {
		if succession.handed.Load() {
			db.leave()
		}
		err = errors.Join(err, s.close(ctx))
		logger.Info("stopped")
	}()

	s.follow = s.switcher.Follow
	if err := s.mover.settle(ctx, s.engine.Model(), s.engine); err != nil {
		return fmt.Errorf("index the knowledge base for the model: %w", err)
	}
	// Before build: it takes seconds, and the node's lease should be young when Run begins to renew it.
	var accounts string
	if demo {
		if accounts, err = seedDemo(ctx, s, cfg.Data, out); err != nil {
			return err
		}
	}
	link, err := newLink(ctx, cfg, postgres.NewChat(s.pool), logger)
	if err != nil {
		return err
	}
	defer link.bus.Close() // where Run never began
	parts, err := build(ctx, cfg, s, link, listener.Addr().String(), reg, demo, logger)
	if err != nil {
		return err
	}
	var lines []string
	if !cfg.inherited.succeeds() { // a successor's operator knows where to click
		if lines, err = greeting(ctx, cfg, parts, accounts); err != nil {
			return err
		}
	}
	logger.Info("serving", "addr", listener.Addr().String(), "version", version)
	return supervise(ctx,
		[]runner{
			&frontDoor{listener: listener, server: parts.server, cfg: cfg.Web, handover: succession, others: parts.chat.OtherNodes, logger: logger}, succession,
			&herald{ready: parts.ready.First(), in: cfg.inherited, handover: succession, logger: logger},
			&greeter{ready: parts.ready.First(), out: out, lines: lines},
		},
		// What works for the desk and writes to its log; River's jobs end here.
		parts.working(s, logger),
		[]runner{parts.chat, parts.presence, s.knowledge, s.switcher, parts.ready, newRest(os.Environ(), logger)},
		[]runner{link.bus}, // it has carried the last rows
		[]runner{db})
}

// parts are what runs.
type parts struct {
	chat     *chat.Service
	presence *chat.Presence
	router   *chat.Dispatcher
	turns    *bot.Turns
	runs     *bot.Runs
	learner  *bot.Learner
	gaps     *bot.GapWorker
	people   *contacting
	past     *past
	jobs     *jobs.Client
	server   *web.Server
	setup    *auth.Setup
	kept     *postgres.Sessions
	ready    *readiness
}

// working are the parts that work for the desk and rely on its log.
func (p *parts) working(s *stack, logger *slog.Logger) []runner {
	return []runner{
		s.editorial, p.router, p.turns, p.runs, p.learner, p.gaps, p.jobs, p.people.blocks, p.people.watch, p.past.indexer, p.past.keeper,
		&janitor{sessions: p.kept, logger: logger},
	}
}

func build(ctx context.Context, cfg Config, s *stack, link *link, address string, reg *prometheus.Registry, demo bool, logger *slog.Logger) (*parts, error) {
	clock, err := serverClock(os.Environ(), logger)
	if err != nil {
		return nil, err
	}
	store := postgres.NewChat(s.pool).WithFault(cfg.fault)
	hub := link.hub
	room := chat.NewWaitingRoom()
	service, err := chat.NewService(ctx, chat.Config{Store: store, Hub: hub, Relay: link.bus, Room: room, Logger: logger, Clock: clock, Digest: bot.Summarize, Writers: cfg.Chat.Writers, Fault: cfg.fault})
	if err != nil {
		return nil, err
	}
	router, routes, offers, err := newRouting(cfg.Routing, store, service, room, link.node, reg, logger, clock)
	if err != nil {
		return nil, err
	}
	routes.Teams = s.accounts
	name, at := link.presence(address)
	presence, err := chat.NewPresence(ctx, chat.PresenceConfig{Store: store, Chat: service, Node: link.node, Name: name, Address: at, Version: version, Logger: logger, Clock: clock, Changed: router.AgentChanged})
	if err != nil {
		return nil, err
	}
	policies, err := bot.NewSettings(postgres.NewBotSettings(s.pool), nil)
	if err != nil {
		return nil, err
	}
	cache, err := newCache(cfg, s.knowledge) //nolint:contextcheck // its searches are shared: no caller ends one
	if err != nil {
		return nil, err
	}
	responder, err := newResponder(cfg, s.knowledge, policies, cache)
	if err != nil {
		return nil, err
	}
	sug, err := newSuggesting(cfg, s, service, policies, drafting{s.editorial, s.articles}, logger)
	if err != nil {
		return nil, err
	}
	hub.WatchAll(sug.learner)
	reg.MustRegister(sug)
	turns, err := bot.NewTurns(bot.TurnsConfig{Decider: responder, Chat: service, Policies: policies, Rewriter: sug.rewriter(), Logger: logger})
	if err != nil {
		return nil, err
	}
	hub.WatchAll(turns)
	people, err := newContacting(s, service, cfg.fault, reg, logger)
	if err != nil {
		return nil, err
	}
	if err := people.blocks.Load(ctx); err != nil { // before anybody can write
		return nil, err
	}
	past, err := newPast(ctx, s, service, logger)
	if err != nil {
		return nil, err
	}
	reg.MustRegister(past)
	gapStore := postgres.NewGaps(s.pool)
	gaps, err := bot.NewGapWorker(bot.GapWorkerConfig{Store: gapStore, Embedder: s.engine, Decider: responder, Logger: logger})
	if err != nil {
		return nil, err
	}
	board, err := bot.NewGapBoard(gapStore, drafting{s.editorial, s.articles}, time.Now)
	if err != nil {
		return nil, err
	}
	reports, err := bot.NewReports(postgres.NewReports(s.pool), time.Now)
	if err != nil {
		return nil, err
	}

	hasher, err := auth.NewHasher(0) //nolint:contextcheck // hashes once, at once
	if err != nil {
		return nil, err
	}
	kept := postgres.NewSessions(s.pool)
	sessions, err := auth.NewSessions(s.accounts, kept, hasher)
	if err != nil {
		return nil, err
	}
	setup, err := auth.NewSetup(s.accounts, hasher, clock)
	if err != nil {
		return nil, err
	}
	keys, err := auth.NewAPIKeys(s.accounts, logger, clock)
	if err != nil {
		return nil, err
	}
	var key string
	if err := s.accounts.Setting(ctx, "visitor_token_key", &key); err != nil {
		return nil, fmt.Errorf("read the key of visitor tokens: %w", err)
	}
	visitors, err := auth.NewVisitors([]byte(key), clock)
	if err != nil {
		return nil, err
	}
	reg.MustRegister(newBusCollector(link.bus, service), newDomainCollector(service, responder, turns, cache, s.pool), newModelCollector(s.switcher))
	probes := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "frontdesk_inference_probes_total", Help: "Model runs asked for by the readiness probe; the rest of frontdesk_inference_runs_total is work.",
	})
	reg.MustRegister(probes)
	ready := newReadiness(logger, map[string]func(context.Context) error{
		"database": func(ctx context.Context) error {
			_, err := service.AgentsOnline(ctx, 0, 0) // a real query on a real table
			return err
		},
		"inference": func(ctx context.Context) error {
			probes.Inc()
			_, _, err := s.engine.EmbedQuestion(ctx, "ready?")
			return err
		},
		"models": s.switcher.Ready,
	})
	home := "/console/"
	if demo {
		home = "/demo"
	}
	desk, runs, err := newBotDesk(cfg, s, policies, responder, drafting{s.editorial, s.articles}, logger)
	if err != nil {
		return nil, err
	}
	s.gate.Set(runs)
	files, err := newImporting(cfg, s, logger)
	if err != nil {
		return nil, err
	}
	server, err := web.New(sug.into(people.into(web.Config{
		Chat: service, Inboxes: hub, Presence: presence, Knowledge: s.knowledge, Editorial: s.editorial, Staff: s.accounts, Answerer: responder, BotDesk: desk, Gaps: board, Reports: reports, History: past.pages,
		Imports: files.imports, Exporter: files.transfer, Files: files.files,
		Routing: routes, Offers: offers,
		Accounts: s.accounts, Sessions: sessions, Signals: service, Visitors: visitors, Setup: setup, Keys: keys, Ready: ready,
		Registry: reg, Logger: logger, Clock: clock, PublicURL: cfg.PublicURL, HomePath: home, Version: version,
		MetricsToken: cfg.Web.MetricsToken, TrustProxy: cfg.Web.TrustProxy, Compression: cfg.Web.Compression,
		SessionsPerMinute: cfg.Web.SessionsPerMinute, SendsPerSecond: limitOrNone(cfg.Web.SendsPerSecond), SendsBurst: 4 * cfg.Web.SendsPerSecond,
		Inference: s.engine, MaxBatchTokens: batchTokens, MaxClientBatch: cfg.Inference.ClientBatch, ModelAliases: cfg.Inference.Aliases,
		KeyRequestsPerMinute: limitOrNone(cfg.Inference.RequestsPerMinute), KeyTokensPerMinute: limitOrNone(cfg.Inference.TokensPerMinute),
		DrainTimeout: cfg.Web.DrainTimeout,
	}, cfg.Web)))
	if err != nil {
		return nil, err
	}
	return &parts{
		chat: service, presence: presence, router: router, turns: turns, runs: runs, learner: sug.learner, gaps: gaps, people: people, past: past, jobs: files.jobs, server: server, setup: setup, kept: kept, ready: ready,
	}, nil
}

// newCache returns the decision cache, nil where none is configured.
func newCache(cfg Config, knowledge *kb.Service) (*bot.Cache, error) {
	if cfg.Bot.CacheMB == 0 {
		return nil, nil //nolint:nilnil // no cache is what was asked for
	}
	return bot.NewCache(bot.CacheConfig{Moments: knowledge, SizeMB: cfg.Bot.CacheMB})
}

// limitOrNone turns a limit of 0, none, into what web takes for none.
func limitOrNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// greeting returns the lines to print once the server is ready: where to click,
// in the demo also the accounts' file, without an admin the one-time setup URL.
func greeting(ctx context.Context, cfg Config, p *parts, accounts string) ([]string, error) {
	if accounts != "" {
		return []string{
			"", "Frontdesk is ready.",
			"  shop with the chat   " + cfg.PublicURL + "/demo",
			"  agents and admins    " + cfg.PublicURL + "/console/",
			"  demo accounts        " + accounts,
			"Ctrl-C stops it.",
		}, nil
	}
	token, err := p.setup.Issue(ctx)
	if errors.Is(err, identity.ErrSetup) { // there is an admin
		return []string{"", "Frontdesk is ready: " + cfg.PublicURL + "/console/"}, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{
		"", "Frontdesk is ready. Nobody administers it yet: open this address within 24 hours to make the first admin.",
		"It works once; a restart prints a new one.", "  " + cfg.PublicURL + "/console/setup?token=" + token,
	}, nil
}

// janitor deletes what has expired.
type janitor struct {
	sessions *postgres.Sessions
	logger   *slog.Logger
}

// Run sweeps every ten minutes until ctx ends.
func (j *janitor) Run(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		if _, err := j.sessions.Prune(ctx); err != nil && ctx.Err() == nil {
			j.logger.ErrorContext(ctx, "prune sessions", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

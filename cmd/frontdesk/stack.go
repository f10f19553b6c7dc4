package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
	"frontdesk/models"
)

// stack is what every command that touches content needs: a migrated database,
// the engine, the knowledge base. The server builds on the same one, so that a
// command takes the production path.
type stack struct {
	db        *database
	pool      *pgxpool.Pool
	engine    *inference.Engine
	models    *postgres.Models
	mover     *mover
	switcher  *switcher
	follow    func(ctx context.Context, fingerprint string) error
	accounts  *postgres.Accounts
	knowledge *kb.Service
	editorial *kb.Editorial
	articles  *postgres.Knowledge
	gate      lateGate // asked before working copies are published
}

// batchTokens bounds a run of a model in tokens, padding included; /info tells it.
const batchTokens = 512

// newStack migrates db and opens what stands on it. It owns db from the call
// on, also when it returns an error.
func newStack(ctx context.Context, cfg Config, db *database, reg prometheus.Registerer, logger *slog.Logger) (*stack, error) {
	s := &stack{db: db}
	if err := s.open(ctx, cfg, reg, logger); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

func (s *stack) open(ctx context.Context, cfg Config, reg prometheus.Registerer, logger *slog.Logger) error {
	applied, err := postgres.Migrate(ctx, s.db.url)
	if err != nil {
		return err
	}
	if applied > 0 {
		logger.InfoContext(ctx, "schema migrated", "migrations", applied)
	}
	if s.pool, err = postgres.Open(ctx, s.db.url, int32(cfg.Database.MaxConns)); err != nil {
		return err
	}
	s.models = postgres.NewModels(s.pool)
	bundles, err := bundlesInUse(ctx, cfg, s.models)
	if err != nil {
		return err
	}
	s.engine, err = inference.New(inference.Config{Library: cfg.Inference.Library, Models: bundles, Slots: cfg.Inference.Slots, BatchTokens: batchTokens, Registerer: reg}) //nolint:contextcheck // loads once, at once
	if err != nil {
		return err
	}
	s.accounts = postgres.NewAccounts(s.pool)
	s.articles = postgres.NewKnowledge(s.pool)
	s.knowledge, err = kb.NewService(kb.Config{
		Store: s.articles, Vectors: s.articles, Embedder: s.engine, Pairs: pairScorer{s.engine}, Logger: logger,
		Follow: func(ctx context.Context, fingerprint string) error { return s.follow(ctx, fingerprint) },
	})
	if err != nil {
		return err
	}
	if s.editorial, err = newEditorial(s, s.articles, logger); err != nil {
		return err
	}
	s.mover = newMover(s.models, s.knowledge, logger)
	s.switcher = newSwitcher(s.models, liveEngine{s.engine}, func(u models.Use) (models.Bundle, error) { return loadUse(cfg, u) }, s.mover, hostName(), logger) //nolint:contextcheck // reads a folder, at once
	// A command's way: the server's switcher will have loaded it beforehand.
	s.follow = s.switcher.Catch
	return nil
}

// bundlesInUse loads what the database says is in use, one model a task.
func bundlesInUse(ctx context.Context, cfg Config, store *postgres.Models) ([]models.Bundle, error) {
	uses, err := store.Uses(ctx)
	if err != nil {
		return nil, err
	}
	var all []models.Bundle
	for task, use := range uses {
		if use.Name == models.NoModel {
			continue // switched off
		}
		var b models.Bundle
		var err error
		ok := true
		if use.Name == "" {
			b, ok, err = models.DefaultOf(task)
		} else {
			b, err = loadUse(cfg, use) //nolint:contextcheck // reads a folder, at once
		}
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, b)
		}
	}
	return all, nil
}

// pairScorer is the engine as the knowledge base's [kb.PairScorer]: where the
// reranker is switched off there is no score, rather than a cosine.
type pairScorer struct{ engine *inference.Engine }

var _ kb.PairScorer = pairScorer{}

// ScorePairs implements [kb.PairScorer]; without a reranker in use it returns
// no scores and the fingerprint "".
func (p pairScorer) ScorePairs(ctx context.Context, query string, texts []string) (scores []float32, fingerprint string, err error) {
	for _, m := range p.engine.Models() {
		if m.InUse && m.Manifest.Task == models.TaskRerank {
			return p.engine.ScorePairs(ctx, query, texts)
		}
	}
	return nil, "", nil
}

// hostName names this node to people.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "a node without a name"
	}
	return name
}

// close ends what the stack opened, last opened first.
func (s *stack) close(ctx context.Context) error {
	var err error
	if s.engine != nil {
		err = s.engine.Close()
	}
	if s.pool != nil {
		s.pool.Close()
	}
	s.db.close(ctx)
	return err
}

// site returns the site with the key, or with an empty key the first one.
func (s *stack) site(ctx context.Context, key string) (identity.Site, error) {
	site, err := s.accounts.SiteByKey(ctx, key)
	if errors.Is(err, identity.ErrNotFound) {
		return site, fmt.Errorf("there is no site %q", key)
	}
	return site, err
}

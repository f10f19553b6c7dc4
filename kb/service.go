package kb

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

// Config is what a [Service] needs. Store and Embedder are required.
type Config struct {
	Store    Store
	Embedder Embedder
	Clock    func() time.Time // Defaults to time.Now.
	Logger   *slog.Logger     // Defaults to one that discards.
	// Candidates is how many variants each leg of the search returns. Defaults to 48.
	Candidates int
	// EmbedBatch is how many texts go to the model at once when publishing. Defaults to 64.
	EmbedBatch int
}

// Service is the knowledge base. It is safe for concurrent use.
type Service struct {
	store      Store
	embedder   Embedder
	clock      func() time.Time
	log        *slog.Logger
	candidates int
	embedBatch int

	loading sync.Mutex // held while a site's statistics are read; taken before mu

	wake chan struct{} // one place: something is in stale

	mu    sync.Mutex           // guards all below
	sites map[int32]*siteStats // one entry a site
	stale map[int32]bool       // sites published to since their confidence was fitted
}

// NewService checks cfg and returns the knowledge base.
func NewService(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Embedder == nil {
		return nil, errors.New("kb: Config.Store and Config.Embedder are required")
	}
	if cfg.Candidates < 0 || cfg.EmbedBatch < 0 {
		return nil, errors.New("kb: Config.Candidates and Config.EmbedBatch must not be negative")
	}
	s := &Service{
		store: cfg.Store, embedder: cfg.Embedder, clock: cfg.Clock, log: cfg.Logger,
		candidates: cfg.Candidates, embedBatch: cfg.EmbedBatch, sites: map[int32]*siteStats{},
		wake: make(chan struct{}, 1), stale: map[int32]bool{},
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.candidates == 0 {
		s.candidates = 48
	}
	if s.embedBatch == 0 {
		s.embedBatch = 64
	}
	return s, nil
}

// Get returns the published version of one translation. Errors: [ErrNotFound],
// identity.ErrForbidden.
func (s *Service) Get(ctx context.Context, actor identity.Actor, site int32, id, locale string) (Article, error) {
	if !actor.Can(identity.PermKBRead) {
		return Article{}, fmt.Errorf("read article: %w", identity.ErrForbidden)
	}
	return s.store.Article(ctx, actor.Scope, site, id, locale)
}

// Translations returns all published translations of an article, at least one.
// Errors: [ErrNotFound], identity.ErrForbidden.
func (s *Service) Translations(ctx context.Context, actor identity.Actor, site int32, id string) ([]Article, error) {
	if !actor.Can(identity.PermKBRead) {
		return nil, fmt.Errorf("read article: %w", identity.ErrForbidden)
	}
	all, err := s.store.Translations(ctx, actor.Scope, site, id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("read article %q: %w", id, ErrNotFound)
	}
	return all, err
}

// Page is one page of a list.
type Page struct {
	Items []Summary
	Next  string // cursor of the next page; empty on the last
	Total int    // of all pages
}

// List returns a page of published articles by id and locale. A cursor that is
// not one of ours starts at the beginning. Errors: identity.ErrForbidden.
func (s *Service) List(ctx context.Context, actor identity.Actor, q ListQuery) (Page, error) {
	if !actor.Can(identity.PermKBRead) {
		return Page{}, fmt.Errorf("list articles: %w", identity.ErrForbidden)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	q.Limit = limit + 1
	if raw, err := base64.RawURLEncoding.DecodeString(q.Cursor); err == nil {
		q.Cursor = strings.ToValidUTF8(strings.ReplaceAll(string(raw), "\x00", ""), "")
	} else {
		q.Cursor = ""
	}
	q.Search = strings.ReplaceAll(strings.ToValidUTF8(q.Search, ""), "\x00", "")
	items, total, err := s.store.List(ctx, actor.Scope, q)
	if err != nil {
		return Page{}, fmt.Errorf("list articles: %w", err)
	}
	page := Page{Items: items, Total: total}
	if len(items) > limit {
		page.Items = items[:limit]
		last := page.Items[limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(last.Locale + " " + last.ID))
	}
	return page, nil
}

// Save publishes a as a new version: its texts are embedded, then version and
// index are committed together. If nothing changed, the version stays. Errors:
// [ErrInvalid], [ErrConflict] (a.Version is not 0 and not the last version),
// [ErrEmbedding], [ErrNotFound] (no such site), identity.ErrForbidden.
func (s *Service) Save(ctx context.Context, actor identity.Actor, a Article) (Article, error) {
	if !actor.Can(identity.PermKBWrite) {
		return Article{}, fmt.Errorf("save article: %w", identity.ErrForbidden)
	}
	a, err := a.validate()
	if err != nil {
		return Article{}, err
	}
	old, err := s.store.Article(ctx, actor.Scope, a.Site, a.ID, a.Locale)
	if err == nil && a.Department == 0 {
		a.Department = old.Department // not given: the wall stays
	}
	switch {
	case err == nil && a.Version != 0 && a.Version != old.Version:
		return Article{}, fmt.Errorf("save article %q: version %d was edited, %d is published: %w", a.ID, a.Version, old.Version, ErrConflict)
	case err == nil && old.sameContent(a):
		return old, nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return Article{}, fmt.Errorf("save article: %w", err)
	}
	saved, err := s.publish(ctx, actor, a.Site, []Article{a})
	if err != nil {
		return Article{}, err
	}
	return saved[0], nil
}

// Archive takes one translation (locale "" = all of them) out of the index at
// once; its versions stay stored. Errors: [ErrNotFound], identity.ErrForbidden.
func (s *Service) Archive(ctx context.Context, actor identity.Actor, site int32, id, locale string) error {
	if !actor.Can(identity.PermKBWrite) {
		return fmt.Errorf("archive article: %w", identity.ErrForbidden)
	}
	if err := s.store.Archive(ctx, actor.Scope, site, id, locale, s.clock().UTC()); err != nil {
		return fmt.Errorf("archive article %q: %w", id, err)
	}
	s.markStale(site)
	return nil
}

// publish embeds and commits validated articles of one site.
func (s *Service) publish(ctx context.Context, actor identity.Actor, site int32, articles []Article) ([]Article, error) {
	p := Publication{Site: site, At: s.clock().UTC(), Articles: make([]IndexedArticle, len(articles))}
	var pending []*IndexedVariant
	for i, a := range articles {
		a.Author = "system"
		if actor.ID != "" {
			a.Author = actor.ID
		}
		p.Articles[i] = IndexedArticle{Article: a, Variants: variants(a)}
		for j := range p.Articles[i].Variants {
			pending = append(pending, &p.Articles[i].Variants[j])
		}
	}
	for batch := range slices.Chunk(pending, s.embedBatch) {
		texts := make([]string, len(batch))
		for i, v := range batch {
			texts[i] = v.Content
		}
		vectors, fingerprint, err := s.embed(ctx, texts)
		if err != nil {
			return nil, err
		}
		if p.Fingerprint != "" && p.Fingerprint != fingerprint {
			return nil, fmt.Errorf("the model was exchanged meanwhile; save again: %w", ErrEmbedding)
		}
		p.Fingerprint = fingerprint
		for i, v := range batch {
			v.Vector = vectors[i]
		}
	}
	saved, err := s.store.Publish(ctx, actor.Scope, p)
	if err != nil {
		return nil, fmt.Errorf("publish articles: %w", err)
	}
	s.markStale(site)
	return saved, nil
}

// embed returns unit vectors for texts.
func (s *Service) embed(ctx context.Context, texts []string) ([][]float32, string, error) {
	vectors, fingerprint, err := s.embedder.EmbedPassages(ctx, texts)
	if err != nil {
		return nil, "", fmt.Errorf("embed %d texts: %w: %w", len(texts), ErrEmbedding, err)
	}
	if len(vectors) != len(texts) || fingerprint == "" {
		return nil, "", fmt.Errorf("embed %d texts: the model returned %d vectors of %q: %w", len(texts), len(vectors), fingerprint, ErrEmbedding)
	}
	for i := range vectors {
		vectors[i] = unit(vectors[i])
	}
	return vectors, fingerprint, nil
}

// EnsureIndexed gives every variant a vector of the present model, so that a
// server started with another model finds everything. It blocks until done and
// logs its progress. Errors: [ErrEmbedding] and those of the store.
func (s *Service) EnsureIndexed(ctx context.Context) error {
	_, fingerprint, err := s.embedder.EmbedPassages(ctx, []string{"frontdesk"})
	if err != nil {
		return fmt.Errorf("ask the model for its fingerprint: %w: %w", ErrEmbedding, err)
	}
	done, after := 0, int64(0)
	for {
		todo, err := s.store.Unembedded(ctx, fingerprint, after, s.embedBatch*8)
		if err != nil {
			return fmt.Errorf("look for variants without a vector: %w", err)
		}
		if len(todo) == 0 {
			break
		}
		after = todo[len(todo)-1].ID
		for batch := range slices.Chunk(todo, s.embedBatch) {
			ids, texts := make([]int64, len(batch)), make([]string, len(batch))
			for i, v := range batch {
				ids[i], texts[i] = v.ID, v.Content
			}
			vectors, _, err := s.embed(ctx, texts)
			if err != nil {
				return err
			}
			if err := s.store.AddVectors(ctx, fingerprint, ids, vectors); err != nil {
				return fmt.Errorf("store vectors: %w", err)
			}
		}
		done += len(todo)
		s.log.InfoContext(ctx, "embedding the knowledge base with the present model", "variants", done)
	}
	if done > 0 {
		sites, err := s.store.DropOtherModels(ctx, fingerprint)
		if err != nil {
			return fmt.Errorf("drop vectors of other models: %w", err)
		}
		for _, site := range sites {
			if err := s.Calibrate(ctx, site); err != nil {
				return err
			}
		}
	}
	return nil
}

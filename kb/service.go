package kb

import (
	"cmp"
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
	// Pairs is the model that reads question and candidates together, on every
	// search. Nil: none, and candidates keep the order of fusion and head.
	Pairs PairScorer
	// Follow makes Embedder answer with the model of this fingerprint, which
	// somebody has put in use, or says why it does not. Questions wait for it: it
	// must not load anything. Nil: Embedder has one model for ever.
	Follow func(ctx context.Context, fingerprint string) error
	// Candidates is how many variants each leg of the search returns. Defaults to 48.
	Candidates int
	// Vectors keeps approximate indexes over the vectors of large sites, while Run
	// runs. Nil: every search compares all of them.
	Vectors VectorIndex
	// Rota keeps several nodes from learning the same at once. Nil: this is the only one.
	Rota Rota
	// Approximate is from how many texts on a site gets such an index. Defaults to 5000.
	Approximate int
	// EmbedBatch is how many texts go to the model at once when publishing. Defaults to 64.
	EmbedBatch int
}

// Service is the knowledge base. It is safe for concurrent use.
type Service struct {
	store      Store
	embedder   Embedder
	pairs      PairScorer // nil = none
	clock      func() time.Time
	log        *slog.Logger
	candidates int
	embedBatch int

	followModel func(ctx context.Context, fingerprint string) error // nil = none

	loading sync.Mutex // held while a site's statistics are read; taken before mu

	wake chan struct{} // one place: something is in stale

	rota        Rota        // nil = no other node
	vectors     VectorIndex // nil = none
	approximate int
	tend        chan struct{} // one place: a site may have outgrown the exact search

	mu    sync.Mutex            // guards all below
	sites map[int32]*siteLevels // one entry a site
	stale map[int32]bool        // sites published to since their confidence was fitted

	awaited map[int32]awaited       // sites whose questions found that they need learning
	fitting map[int32]int           // sites that are being learnt from
	slots   map[int32]chan struct{} // of each site one place, held while a change is learnt from and committed
}

// NewService checks cfg and returns the knowledge base.
func NewService(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Embedder == nil {
		return nil, errors.New("kb: Config.Store and Config.Embedder are required")
	}
	if cfg.Candidates < 0 || cfg.EmbedBatch < 0 || cfg.Approximate < 0 {
		return nil, errors.New("kb: Config.Candidates, Config.EmbedBatch and Config.Approximate must not be negative")
	}
	s := &Service{
		store: cfg.Store, embedder: cfg.Embedder, pairs: cfg.Pairs, clock: cfg.Clock, log: cfg.Logger,
		candidates: cfg.Candidates, embedBatch: cfg.EmbedBatch, sites: map[int32]*siteLevels{},
		wake: make(chan struct{}, 1), stale: map[int32]bool{}, awaited: map[int32]awaited{}, fitting: map[int32]int{}, slots: map[int32]chan struct{}{}, followModel: cfg.Follow,
	}
	s.rota = cfg.Rota
	s.vectors, s.approximate, s.tend = cfg.Vectors, cmp.Or(cfg.Approximate, defaultApproximate), make(chan struct{}, 1)
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
	a = a.settleDepartment(old)
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
	if err := s.archive(ctx, actor, site, id, locale); err != nil {
		return fmt.Errorf("archive article %q: %w", id, err)
	}
	return nil
}

// embedPublication gives every variant of p a vector of one model. It returns
// a [*ModelError] if the embedder's model changed underway.
func (s *Service) embedPublication(ctx context.Context, p *Publication) error {
	var pending []*IndexedVariant
	for i := range p.Articles {
		for j := range p.Articles[i].Variants {
			pending = append(pending, &p.Articles[i].Variants[j])
		}
	}
	p.Fingerprint = ""
	embedded := 0
	for batch := range slices.Chunk(pending, s.embedBatch) {
		texts := make([]string, len(batch))
		for i, v := range batch {
			texts[i] = v.Content
		}
		vectors, fingerprint, err := embed(ctx, s.embedder, texts)
		if err != nil {
			return err
		}
		if p.Fingerprint != "" && p.Fingerprint != fingerprint {
			return &ModelError{}
		}
		p.Fingerprint = fingerprint
		for i, v := range batch {
			v.Vector = vectors[i]
		}
		embedded += len(batch)
		tellProgress(ctx, embedded, len(pending))
	}
	return nil
}

// follow makes the embedder answer with the model in use.
func (s *Service) follow(ctx context.Context, fingerprint string) error {
	if s.followModel == nil {
		return &ModelError{Active: fingerprint}
	}
	if err := s.followModel(ctx, fingerprint); err != nil {
		return fmt.Errorf("%w: %w", &ModelError{Active: fingerprint}, err)
	}
	return nil
}

// embed returns unit vectors for texts.
func embed(ctx context.Context, e Embedder, texts []string) ([][]float32, string, error) {
	vectors, fingerprint, err := e.EmbedPassages(ctx, texts)
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

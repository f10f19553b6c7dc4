package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"frontdesk/internal/identity"
)

// ErrPreview says that a knowledge base is too large to be tried in memory.
var ErrPreview = errors.New("the knowledge base is too large to be tried in memory")

// MaxPreviewVariants bounds what is held in memory for a preview: 50,000 vectors
// of 256 numbers are 50 MB.
const MaxPreviewVariants = 50_000

// previewBudget is the work (see [workToLearn]) that a preview does at most to
// learn: about ten times what a publication waits for. Beyond it, as right after
// such a publication, the former adaptation serves.
const previewBudget = 10 * learnBudget

// Preview is a site's knowledge base in memory as it would be if some articles
// were published: same texts, same vectors, same learning, same search. It takes
// questions like a [Service] and is safe for concurrent use. It publishes nothing,
// starts no goroutine and follows no later change.
type Preview struct {
	service *Service

	// Epoch is that of the published articles it is made of.
	Epoch int64
	// Fingerprint is the model of its vectors.
	Fingerprint string
	// Relearnt says that head and thresholds were learnt from the articles as they
	// would be; false = nothing changes, there is too little to learn from, or too much to try.
	Relearnt bool
}

// Preview makes a preview of the site's published articles with changed in
// place of what they change, or beside. It takes as long as a publication of
// them. Errors: [ErrPreview], [ErrInvalid], [ErrEmbedding], identity.ErrForbidden
// and those of the store.
func (s *Service) Preview(ctx context.Context, actor identity.Actor, site int32, changed []Article) (*Preview, error) {
	if !actor.Can(identity.PermKBRead) {
		return nil, fmt.Errorf("preview the knowledge base: %w", identity.ErrForbidden)
	}
	_, fingerprint, err := s.embedder.EmbedQuestion(ctx, "frontdesk")
	if err != nil {
		return nil, fmt.Errorf("preview the knowledge base: %w: %w", ErrEmbedding, err)
	}
	store, corpus, err := s.snapshot(ctx, site, fingerprint)
	if err != nil {
		return nil, fmt.Errorf("preview the knowledge base: %w", err)
	}
	p := &Preview{Epoch: corpus.Epoch, Fingerprint: fingerprint}
	if len(changed) > 0 {
		if err := s.change(ctx, store, &corpus, fingerprint, changed); err != nil {
			return nil, fmt.Errorf("preview the knowledge base: %w", err)
		}
		if workToLearn(corpus.Variants) <= previewBudget {
			a, err := s.learn(ctx, &oneModel{Embedder: s.embedder, fingerprint: fingerprint}, corpus)
			if err != nil {
				return nil, fmt.Errorf("preview the knowledge base: %w", err)
			}
			p.Relearnt = a != nil
			corpus.Adaptations = map[string]Adaptation{}
			if a != nil {
				corpus.Adaptations[fingerprint] = *a
			}
		}
	}
	if len(corpus.Variants) > MaxPreviewVariants {
		return nil, fmt.Errorf("preview the knowledge base: %d texts, at most %d: %w", len(corpus.Variants), MaxPreviewVariants, ErrPreview)
	}
	store.corpus = corpus
	store.index = newCorpusIndex(corpus.Variants, nil)
	p.service, err = NewService(Config{
		Store: store, Embedder: s.embedder, Pairs: s.pairs, Clock: s.clock, Logger: slog.New(slog.DiscardHandler), Candidates: s.candidates, EmbedBatch: s.embedBatch,
	})
	return p, err
}

// Search is [Service.Search] on the preview.
func (p *Preview) Search(ctx context.Context, scope identity.Scope, q Query) (Result, error) {
	return p.service.Search(ctx, scope, q)
}

// Replies is [Service.Replies] on the preview.
func (p *Preview) Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience Audience) ([]Article, error) {
	return p.service.Replies(ctx, scope, site, ids, locale, audience)
}

// Now is [Service.Now] on the preview: its moment never passes.
func (p *Preview) Now(ctx context.Context, site int32) (Now, error) { return p.service.Now(ctx, site) }

// snapshot reads all of a site's published articles, as of one epoch.
func (s *Service) snapshot(ctx context.Context, site int32, fingerprint string) (*previewStore, Corpus, error) {
	for attempt := 1; ; attempt++ {
		learnt, err := s.store.Corpus(ctx, site, "") // with the heads
		if err != nil {
			return nil, Corpus{}, err
		}
		if len(learnt.Variants) > MaxPreviewVariants {
			return nil, Corpus{}, fmt.Errorf("%d texts, at most %d: %w", len(learnt.Variants), MaxPreviewVariants, ErrPreview)
		}
		store := &previewStore{Store: s.store, fingerprint: fingerprint, articles: map[previewKey]Article{}}
		if err := s.store.Each(ctx, identity.System().Scope, site, func(a Article) error {
			store.articles[previewKey{a.ID, a.Locale}] = a
			return nil
		}); err != nil {
			return nil, Corpus{}, err
		}
		corpus, err := s.store.Corpus(ctx, site, fingerprint) // with the vectors
		if err != nil {
			return nil, Corpus{}, err
		}
		if corpus.Epoch != learnt.Epoch {
			if attempt == 3 { // others publish without a pause
				return nil, Corpus{}, ErrMoved
			}
			continue
		}
		corpus.Adaptations = learnt.Adaptations
		return store, corpus, nil
	}
}

// change puts articles into a corpus as a publication would.
func (s *Service) change(ctx context.Context, store *previewStore, corpus *Corpus, fingerprint string, changed []Article) error {
	p := Publication{Articles: make([]IndexedArticle, len(changed))}
	for i, a := range changed {
		a, err := a.validate()
		if err != nil {
			return err
		}
		key := previewKey{a.ID, a.Locale}
		old := store.articles[key]
		a = a.settleDepartment(old)
		a.Version = old.Version + 1
		store.articles[key] = a
		p.Articles[i] = IndexedArticle{Article: a, Variants: variants(a)}
	}
	if err := s.embedPublication(ctx, &p); err != nil {
		return err
	}
	if p.Fingerprint != "" && p.Fingerprint != fingerprint {
		return &ModelError{}
	}
	c := p.change()
	corpus.Variants = append(slices.DeleteFunc(corpus.Variants, c.goes), c.comes...)
	return nil
}

type previewKey struct{ id, locale string }

// previewStore is a site's published knowledge base in memory: what searching
// needs of a [Store]. All but the index's scratch space is read only; what
// [Preview] does not call falls through to the store underneath.
type previewStore struct {
	Store

	fingerprint string
	articles    map[previewKey]Article
	corpus      Corpus

	mu    sync.Mutex // guards index: it keeps the present question
	index *corpusIndex
}

// sees reports whether the article lies within the scope and the audience.
func (p *previewStore) sees(scope identity.Scope, a Article, audience Audience) bool {
	inside := scope.All || scope.AllDepartments || a.Department == 0 || slices.Contains(scope.Departments, a.Department)
	return inside && a.Audience <= audience
}

// Search implements [Index].
func (p *previewStore) Search(_ context.Context, scope identity.Scope, q SearchQuery) (Found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.index.ask(q)
	hits := p.index.hits(q.Candidates, func(v Variant) bool {
		return !p.sees(scope, p.articles[previewKey{v.Article, v.Locale}], q.Audience)
	})
	return Found{Epoch: p.corpus.Epoch, Active: p.fingerprint, Embedded: true, Hits: hits}, nil
}

// Corpus implements [Index].
func (p *previewStore) Corpus(context.Context, int32, string) (Corpus, error) { return p.corpus, nil }

// Now implements [Moments].
func (p *previewStore) Now(context.Context, int32) (Now, error) {
	return Now{Epoch: p.corpus.Epoch, Fingerprint: p.fingerprint}, nil
}

// Replies implements [Catalog].
func (p *previewStore) Replies(_ context.Context, scope identity.Scope, _ int32, ids []string, locale string, audience Audience) ([]Article, error) {
	var out []Article
	for _, id := range ids {
		found := Article{}
		for key, a := range p.articles {
			if key.id == id && p.sees(scope, a, audience) && (found.ID == "" || key.locale == locale || (found.Locale != locale && key.locale < found.Locale)) {
				found = a
			}
		}
		if found.ID != "" {
			out = append(out, found)
		}
	}
	return out, nil
}

// Package kbtest holds fakes of kb's ports for tests: a store in memory that
// searches by a plain scan, against which the real one is compared, and an
// embedder without a model. It starts no goroutines and is never part of the
// server.
package kbtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Store is a kb.Store in memory. Sites exist as soon as they are named.
type Store struct {
	mu       sync.Mutex // guards all below
	nextID   int64
	epochs   map[int32]int64
	fits     map[fit]kb.Adaptation
	active   string // fingerprint of the model in use
	articles map[key]*entry
	searches int
	fail     error
}

type key struct {
	site       int32
	id, locale string
}

type fit struct {
	site        int32
	fingerprint string
}

type entry struct {
	article   kb.Article // of the last version
	published bool
	variants  []variant
}

type variant struct {
	kb.Variant
	indexed kb.IndexedVariant
	vectors map[string][]float32
}

var _ kb.Store = (*Store)(nil)

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{epochs: map[int32]int64{}, fits: map[fit]kb.Adaptation{}, articles: map[key]*entry{}}
}

// Fail makes every search return err until it is nil again.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// Searches returns how many searches there were.
func (s *Store) Searches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.searches
}

func visible(scope identity.Scope, a kb.Article) bool {
	if scope.All {
		return true
	}
	return slices.Contains(scope.Sites, a.Site) &&
		(scope.AllDepartments || a.Department == 0 || slices.Contains(scope.Departments, a.Department))
}

// sorted returns the published entries of a site within scope by id and locale; mu is held.
func (s *Store) sorted(scope identity.Scope, site int32) []*entry {
	var out []*entry
	for k, e := range s.articles {
		if k.site == site && e.published && visible(scope, e.article) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.article.ID, b.article.ID), cmp.Compare(a.article.Locale, b.article.Locale))
	})
	return out
}

// Article implements kb.Catalog.
func (s *Store) Article(_ context.Context, scope identity.Scope, site int32, id, locale string) (kb.Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.articles[key{site, id, locale}]
	if e == nil || !e.published || !visible(scope, e.article) {
		return kb.Article{}, kb.ErrNotFound
	}
	return e.article, nil
}

// Translations implements kb.Catalog.
func (s *Store) Translations(_ context.Context, scope identity.Scope, site int32, id string) ([]kb.Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []kb.Article
	for _, e := range s.sorted(scope, site) {
		if e.article.ID == id {
			out = append(out, e.article)
		}
	}
	return out, nil
}

// Replies implements kb.Catalog.
func (s *Store) Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience kb.Audience) ([]kb.Article, error) {
	var out []kb.Article
	for _, id := range ids {
		all, err := s.Translations(ctx, scope, site, id)
		all = slices.DeleteFunc(all, func(a kb.Article) bool { return a.Audience > audience })
		if err != nil || len(all) == 0 {
			continue
		}
		best := all[0]
		for _, a := range all {
			if a.Locale == locale {
				best = a
			}
		}
		out = append(out, best)
	}
	return out, nil
}

// List implements kb.Catalog.
func (s *Store) List(_ context.Context, scope identity.Scope, q kb.ListQuery) ([]kb.Summary, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []kb.Summary
	total := 0
	for _, e := range s.sorted(scope, q.Site) {
		a := e.article
		all := strings.ToLower(strings.Join(append([]string{a.ID, a.Title}, append(a.Questions, a.Tags...)...), " "))
		if (q.Locale != "" && a.Locale != q.Locale) || (q.Tag != "" && !slices.Contains(a.Tags, q.Tag)) || !strings.Contains(all, strings.ToLower(q.Search)) {
			continue
		}
		total++
		locale, id, _ := strings.Cut(q.Cursor, " ")
		if cmp.Or(cmp.Compare(a.ID, id), cmp.Compare(a.Locale, locale)) > 0 && len(out) < q.Limit {
			out = append(out, kb.Summary{ID: a.ID, Locale: a.Locale, Title: a.Title, Tags: a.Tags, Questions: len(a.Questions), Version: a.Version, UpdatedAt: a.UpdatedAt})
		}
	}
	return out, total, nil
}

// Each implements kb.Catalog.
func (s *Store) Each(_ context.Context, scope identity.Scope, site int32, yield func(kb.Article) error) error {
	s.mu.Lock()
	entries := s.sorted(scope, site)
	s.mu.Unlock()
	for _, e := range entries {
		if err := yield(e.article); err != nil {
			return err
		}
	}
	return nil
}

// Publish implements kb.Publisher.
func (s *Store) Publish(_ context.Context, scope identity.Scope, p kb.Publication) ([]kb.Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range p.Articles {
		if !visible(scope, a.Article) {
			return nil, kb.ErrNotFound
		}
		e := s.articles[key{p.Site, a.ID, a.Locale}]
		if a.Version != 0 && (e == nil || !e.published || e.article.Version != a.Version) {
			return nil, fmt.Errorf("article %q: %w", a.ID, kb.ErrConflict)
		}
	}
	if p.Learnt != nil && p.Learnt.Epoch != s.epochs[p.Site] {
		return nil, kb.ErrMoved
	}
	if s.active == "" {
		s.active = p.Fingerprint
	}
	if s.active != p.Fingerprint {
		return nil, fmt.Errorf("publish: %w", &kb.ModelError{Active: s.active})
	}
	s.epochs[p.Site]++
	saved := make([]kb.Article, len(p.Articles))
	for i, a := range p.Articles {
		k := key{p.Site, a.ID, a.Locale}
		e := s.articles[k]
		if e == nil {
			e = &entry{}
			s.articles[k] = e
		}
		last := e.article.Version
		*e = entry{article: a.Article, published: true}
		e.article.Version, e.article.UpdatedAt = last+1, p.At
		for _, v := range a.Variants {
			s.nextID++
			e.variants = append(e.variants, variant{
				Variant: kb.Variant{ID: s.nextID, Article: a.ID, Locale: a.Locale, Kind: v.Kind, Content: v.Content, Department: a.Department, Audience: a.Audience},
				indexed: v, vectors: map[string][]float32{p.Fingerprint: v.Vector},
			})
		}
		saved[i] = e.article
	}
	s.adapt(p.Site, p.Learnt)
	return saved, nil
}

// adapt stores what was learnt, if anything was; mu is held.
func (s *Store) adapt(site int32, l *kb.Learnt) {
	switch {
	case l == nil:
	case l.Adaptation == nil:
		delete(s.fits, fit{site, l.Fingerprint})
	default:
		s.fits[fit{site, l.Fingerprint}] = *l.Adaptation
	}
}

// Archive implements kb.Publisher.
func (s *Store) Archive(_ context.Context, scope identity.Scope, site int32, id, locale string, _ time.Time, l *kb.Learnt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != nil && l.Epoch != s.epochs[site] {
		return kb.ErrMoved
	}
	found := false
	for _, e := range s.sorted(scope, site) {
		if e.article.ID == id && (locale == "" || e.article.Locale == locale) {
			e.published, e.variants, found = false, nil, true
		}
	}
	if !found {
		return kb.ErrNotFound
	}
	s.epochs[site]++
	s.adapt(site, l)
	return nil
}

// Adapt implements kb.Publisher.
func (s *Store) Adapt(_ context.Context, site int32, l kb.Learnt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, learnt := s.fits[fit{site, l.Fingerprint}]; s.epochs[site] != l.Epoch && learnt {
		return kb.ErrMoved
	}
	s.adapt(site, &l)
	s.epochs[site]++
	return nil
}

// Search implements kb.Index by looking at every variant.
func (s *Store) Search(_ context.Context, scope identity.Scope, q kb.SearchQuery) (kb.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.searches++
	if s.fail != nil {
		return kb.Found{}, s.fail
	}
	type scored struct {
		kb.Hit
		embedded bool
	}
	var all []scored
	for _, e := range s.sorted(scope, q.Site) {
		if e.article.Audience > q.Audience {
			continue
		}
		for _, v := range e.variants {
			h := scored{Hit: kb.Hit{Variant: v.ID, Article: v.Article, Locale: v.Locale, Kind: v.Kind, Content: v.Content}}
			if vector, ok := v.vectors[q.Fingerprint]; ok {
				h.embedded = true
				for i := range vector {
					h.Cosine += float64(vector[i]) * float64(q.Vector[i])
				}
			}
			for i, t := range q.Terms {
				if at := slices.Index(v.indexed.Terms, t); at >= 0 {
					h.BM25 += float64(q.IDF[i]) * float64(v.indexed.Weights[at])
				}
			}
			all = append(all, h)
		}
	}
	keep := map[int64]scored{}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(indicator(b.embedded), indicator(a.embedded)), cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.Variant, b.Variant))
	})
	for _, h := range all[:min(q.Candidates, len(all))] {
		if h.embedded {
			keep[h.Variant] = h
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.BM25, a.BM25), cmp.Compare(a.Variant, b.Variant)) })
	for _, h := range all[:min(q.Candidates, len(all))] {
		if h.BM25 > 0 {
			keep[h.Variant] = h
		}
	}
	found := kb.Found{Epoch: s.epochs[q.Site], Active: s.active, Hits: make([]kb.Hit, 0, len(keep))}
	for _, h := range keep {
		if !q.Texts {
			h.Hit = kb.Hit{Variant: h.Variant, Cosine: h.Cosine, BM25: h.BM25}
		}
		found.Hits = append(found.Hits, h.Hit)
		found.Embedded = found.Embedded || h.embedded
	}
	slices.SortFunc(found.Hits, func(a, b kb.Hit) int { return cmp.Compare(a.Variant, b.Variant) })
	return found, nil
}

func indicator(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Corpus implements kb.Index.
func (s *Store) Corpus(_ context.Context, site int32, fingerprint string) (kb.Corpus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := kb.Corpus{Epoch: s.epochs[site], Adaptations: map[string]kb.Adaptation{}}
	for f, adaptation := range s.fits {
		if f.site == site {
			c.Adaptations[f.fingerprint] = adaptation
		}
	}
	for _, e := range s.sorted(identity.Everything(), site) {
		for _, v := range e.variants {
			stored := v.Variant
			stored.Vector = v.vectors[fingerprint]
			c.Variants = append(c.Variants, stored)
		}
	}
	return c, nil
}

// Unembedded implements kb.Index.
func (s *Store) Unembedded(_ context.Context, fingerprint string, after int64, limit int) ([]kb.Variant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []kb.Variant
	for _, e := range s.articles {
		for _, v := range e.variants {
			if _, ok := v.vectors[fingerprint]; !ok && v.ID > after {
				out = append(out, v.Variant)
			}
		}
	}
	slices.SortFunc(out, func(a, b kb.Variant) int { return cmp.Compare(a.ID, b.ID) })
	return out[:min(limit, len(out))], nil
}

// AddVectors implements kb.Index.
func (s *Store) AddVectors(_ context.Context, fingerprint string, ids []int64, vectors [][]float32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.articles {
		for _, v := range e.variants {
			if i := slices.Index(ids, v.ID); i >= 0 {
				v.vectors[fingerprint] = vectors[i]
			}
		}
	}
	return nil
}

// Coverage implements kb.Index.
func (s *Store) Coverage(_ context.Context, fingerprint string) (kb.Coverage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c kb.Coverage
	for site := range s.epochs {
		before := c.Variants
		for k, e := range s.articles {
			if k.site != site {
				continue
			}
			for _, v := range e.variants {
				c.Variants++
				if _, ok := v.vectors[fingerprint]; ok {
					c.Embedded++
				}
			}
		}
		if c.Variants == before {
			continue
		}
		c.Sites = append(c.Sites, site)
		if _, ok := s.fits[fit{site, fingerprint}]; !ok {
			c.Unfitted = append(c.Unfitted, site)
		}
	}
	slices.Sort(c.Sites)
	slices.Sort(c.Unfitted)
	return c, nil
}

// Use puts the model of this fingerprint in use, as a switch does.
func (s *Store) Use(fingerprint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = fingerprint
	for site := range s.epochs {
		s.epochs[site]++
	}
}

package kb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk/internal/identity"
)

// publishAttempts is how often an article is embedded anew because models were
// switched meanwhile; nobody switches faster than that.
const publishAttempts = 3

// learnAttempts is how often a change is learnt from anew because another node
// published meanwhile. After that it is committed with the former adaptation.
const learnAttempts = 3

// publish embeds, learns and commits validated articles of one site. A switch to
// another model meanwhile makes it embed them again: an article is published
// with the vectors of the model in use, or not at all. What is to be learnt then
// waits until it is committed: embedding takes milliseconds, learning may take
// longer than the next switch.
func (s *Service) publish(ctx context.Context, actor identity.Actor, site int32, articles []Article) ([]Article, error) {
	for i := range articles {
		articles[i].Author, articles[i].RestoredFrom = nameOf(actor), 0
	}
	return s.publishOn(ctx, actor, site, articles, terms{})
}

// terms are what else belongs to a publication.
type terms struct {
	releases []Release // working copies that it ends
	minor    []bool    // of each article; nil = none is
	atOnce   bool      // it does not wait for what is learnt from it
}

// publishOn is [Service.publish] for articles that bring their authors.
func (s *Service) publishOn(ctx context.Context, actor identity.Actor, site int32, articles []Article, t terms) ([]Article, error) {
	p := Publication{Site: site, At: s.clock().UTC(), Articles: make([]IndexedArticle, len(articles)), Releases: t.releases}
	for i, a := range articles {
		p.Articles[i] = IndexedArticle{Article: a, Variants: variants(a), Minor: t.minor != nil && t.minor[i]}
	}
	for attempt := 1; ; attempt++ {
		err := s.embedPublication(ctx, &p)
		var saved []Article
		if err == nil {
			attempts := learnAttempts
			if attempt > 1 || t.atOnce {
				attempts = 0
			}
			saved, err = s.publishEmbedded(ctx, actor, &p, attempts)
		}
		var changed *ModelError
		switch {
		case err == nil:
			s.wakeTend()
			return saved, nil
		case !errors.As(err, &changed):
			return nil, fmt.Errorf("publish articles: %w", err)
		case attempt == publishAttempts:
			return nil, fmt.Errorf("publish articles: %w: %w", ErrEmbedding, err)
		}
		if changed.Active == "" {
			continue // the embedder switched between two batches: it has followed already
		}
		if err := s.follow(ctx, changed.Active); err != nil {
			return nil, fmt.Errorf("publish articles: %w: %w", ErrEmbedding, err)
		}
	}
}

// publishEmbedded learns from the articles as they will be, in so many attempts, and commits both.
func (s *Service) publishEmbedded(ctx context.Context, actor identity.Actor, p *Publication, attempts int) (saved []Article, err error) {
	err = s.withLearnt(ctx, p.Site, p.Fingerprint, p.change(), attempts, func(l *Learnt) error {
		p.Learnt = l
		saved, err = s.store.Publish(ctx, actor.Scope, *p)
		return err
	})
	return saved, err
}

// archive takes translations out of the index at once: what must not be said any
// more waits for nothing. [Service.Run] learns from the rest afterwards.
func (s *Service) archive(ctx context.Context, actor identity.Actor, site int32, id, locale string) error {
	if err := s.store.Archive(ctx, actor.Scope, site, id, locale, s.clock().UTC(), nil); err != nil {
		return err
	}
	s.markStale(site)
	s.wakeTend()
	return nil
}

// publishPatience is how long a publication waits for what is learnt from it: a
// machine that is busy elsewhere must not hold an editor's request up.
const publishPatience = 10 * time.Second

var errPublishPatience = errors.New("learning takes too long to wait for")

// withLearnt calls commit with what is learnt from the articles as they will be
// after c. One change at a time is learnt from on this node; if another node was
// faster, it is learnt from anew, attempts times in all. Where that is not to be
// had in time, or attempts is 0, commit is called with nil, and [Service.Run] learns as soon
// as it can. (Others that learn at the time find that something was published, and learn anew.)
func (s *Service) withLearnt(ctx context.Context, site int32, fingerprint string, c change, attempts int, commit func(*Learnt) error) error {
	patient, cancel := context.WithTimeoutCause(ctx, publishPatience, errPublishPatience)
	defer cancel()
	if attempts > 0 { // what waits for nothing does not wait for others' learning either
		slot := s.slot(site)
		select {
		case slot <- struct{}{}:
			defer func() { <-slot }()
		case <-patient.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			attempts = 0
		}
	}
	for range attempts {
		l, err := s.learnFor(patient, site, fingerprint, c)
		if errors.Is(err, errNothingToLearn) { // what is learnt already stays right
			return commit(nil)
		}
		if err != nil && ctx.Err() == nil && patient.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		if l == nil {
			break
		}
		if err := commit(l); !errors.Is(err, ErrMoved) {
			return err
		}
	}
	if err := commit(nil); err != nil {
		return err
	}
	s.markStale(site)
	return nil
}

// slot returns the place of a site in which one change at a time is learnt from.
func (s *Service) slot(site int32) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot, ok := s.slots[site]
	if !ok {
		slot = make(chan struct{}, 1)
		s.slots[site] = slot
	}
	return slot
}

// change returns what p does to its site's corpus.
func (p *Publication) change() change {
	type key struct{ id, locale string }
	replaced := map[key]bool{}
	var comes []Variant
	for _, a := range p.Articles {
		replaced[key{a.ID, a.Locale}] = true
		for _, v := range a.Variants {
			comes = append(comes, Variant{
				ID: -int64(len(comes)) - 1, Article: a.ID, Locale: a.Locale, Kind: v.Kind, Content: v.Content, Vector: v.Vector,
				Department: a.Department, Audience: a.Audience,
			})
		}
	}
	return change{goes: func(v Variant) bool { return replaced[key{v.Article, v.Locale}] }, comes: comes}
}

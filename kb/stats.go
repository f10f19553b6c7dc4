package kb

import (
	"context"
	"errors"
	"fmt"
	"math"

	"frontdesk/internal/text"
)

// siteStats is what a search needs to know of the whole knowledge base of a
// site at one epoch. It is never changed once made.
type siteStats struct {
	epoch       int64
	variants    int
	locales     map[string]*localeStats
	gramWeights []float32                  // squared IDF by bucket of text.Grams
	codes       map[string]map[string]bool // by article
	texts       map[string]int             // variants by article
	words       *vocabulary                // what questions are put right with
	learnt      map[string]*learnt         // by fingerprint
	newer       map[string]bool            // fingerprints for which a newer server has learnt
	content     string                     // see [contentOf]
	learnable   bool                       // there is enough to learn from
	own         *learnt                    // in a rehearsal: what is being learnt
}

type localeStats struct {
	variants int
	df       map[string]int32
}

func newSiteStats(c Corpus) *siteStats {
	s := &siteStats{epoch: c.Epoch, variants: len(c.Variants), locales: map[string]*localeStats{}, learnt: map[string]*learnt{}, newer: map[string]bool{}, content: contentOf(c.Variants), learnable: learnable(c.Variants), texts: map[string]int{}, codes: collectCodes(c.Variants), words: newVocabulary(c.Variants)}
	gramDF := make([]int32, text.GramBuckets)
	seenIn := make([]int32, text.GramBuckets) // number of the variant that counted a bucket last
	short := int32(0)
	for _, v := range c.Variants {
		l := s.locales[v.Locale]
		if l == nil {
			l = &localeStats{df: map[string]int32{}}
			s.locales[v.Locale] = l
		}
		l.variants++
		s.texts[v.Article]++
		for _, t := range distinct(text.Terms(v.Content)) {
			l.df[t]++
		}
		if v.Kind == KindPassage {
			continue
		}
		short++
		text.Grams(v.Content, func(b uint32) {
			if seenIn[b] != short {
				seenIn[b] = short
				gramDF[b]++
			}
		})
	}
	s.gramWeights = make([]float32, text.GramBuckets)
	for b, df := range gramDF {
		w := 1 + math.Log(float64(1+short)/float64(1+df)) // smoothed, as scikit-learn's TfidfTransformer
		s.gramWeights[b] = float32(w * w)
	}
	return s
}

// adaptation returns what was learnt for the vectors of this model, or what
// stands in for it where nothing was.
func (s *siteStats) adaptation(fingerprint string) *learnt {
	if s.own != nil {
		return s.own
	}
	if l, ok := s.learnt[fingerprint]; ok {
		return l
	}
	return &learnt{Adaptation: Adaptation{Calibration: defaultCalibration(), PairWeight: defaultPairWeight, Refuse: defaultRefusal}}
}

// idf returns the weight of a term in questions of this locale and whether any
// variant has the term. A term known only in another language takes the weight
// it has there.
func (s *siteStats) idf(term, locale string) (weight float64, known bool) {
	if l := s.locales[locale]; l != nil {
		if df := l.df[term]; df > 0 {
			return bm25IDF(l.variants, df), true
		}
	}
	for other, l := range s.locales {
		if df := l.df[term]; other != locale && df > 0 {
			return bm25IDF(l.variants, df), true
		}
	}
	return bm25IDF(s.variants, 0), false
}

func bm25IDF(n int, df int32) float64 {
	return math.Log(1 + (float64(n)-float64(df)+0.5)/(float64(df)+0.5))
}

func distinct(terms []string) []string {
	seen := make(map[string]struct{}, len(terms))
	out := terms[:0]
	for _, t := range terms {
		if _, ok := seen[t]; !ok {
			seen[t] = struct{}{}
			out = append(out, t)
		}
	}
	return out
}

// statsAt returns the statistics of a site, read anew if those in memory are
// older than epoch.
func (s *Service) statsAt(ctx context.Context, site int32, epoch int64) (*siteStats, error) {
	s.mu.Lock()
	have := s.sites[site]
	s.mu.Unlock()
	if have != nil && have.epoch >= epoch {
		return have, nil
	}
	// One reader at a time: a publish under load must not make every search read the corpus.
	s.loading.Lock()
	defer s.loading.Unlock()
	s.mu.Lock()
	have = s.sites[site]
	s.mu.Unlock()
	if have != nil && have.epoch >= epoch {
		return have, nil
	}
	corpus, err := s.store.Corpus(ctx, site, "")
	if err != nil {
		return nil, fmt.Errorf("read the knowledge base's statistics: %w", err)
	}
	fresh := newSiteStats(corpus)
	for fingerprint, a := range corpus.Adaptations {
		l, err := newLearnt(a)
		if err != nil { // the defaults serve until the next fit, which a question of this model's asks for
			s.log.WarnContext(ctx, "what was learnt from the knowledge base is not used", "site", site, "model", fingerprint, "reason", err)
			fresh.newer[fingerprint] = errors.Is(err, errNewer)
			continue
		}
		fresh.learnt[fingerprint] = l
	}
	s.mu.Lock()
	s.sites[site] = fresh
	s.mu.Unlock()
	return fresh, nil
}

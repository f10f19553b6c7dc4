package kb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// siteLevels are a site's statistics at one epoch, by what an asker may see: a
// word that only staff's articles have must not show in what a visitor gets, nor
// in how long that takes. A level that no text is of shares those of the one below.
type siteLevels struct {
	epoch int64
	level [AudienceStaff + 1]*siteStats
}

// at returns the statistics of what an audience may see. One that is no level sees what everybody sees.
func (l *siteLevels) at(a Audience) *siteStats {
	if a < AudiencePublic || a > AudienceStaff {
		a = AudiencePublic
	}
	return l.level[a]
}

func newSiteLevels(c Corpus) *siteLevels {
	l := &siteLevels{epoch: c.Epoch}
	of := [len(l.level)]int{}
	for _, v := range c.Variants {
		of[min(max(v.Audience, AudiencePublic), AudienceStaff)]++
	}
	for a := range l.level {
		if a > 0 && of[a] == 0 {
			l.level[a] = l.level[a-1]
			continue
		}
		visible := c
		visible.Variants = upTo(c.Variants, Audience(a))
		l.level[a] = newSiteStats(visible)
		if a > 0 { // what is learnt is learnt from what everybody may see
			base := l.level[AudiencePublic]
			l.level[a].learnt, l.level[a].newer, l.level[a].content, l.level[a].learnable = base.learnt, base.newer, base.content, base.learnable
		}
	}
	return l
}

// upTo returns the variants that an audience may see.
func upTo(variants []Variant, a Audience) []Variant {
	hidden := func(v Variant) bool { return v.Audience > a }
	if !slices.ContainsFunc(variants, hidden) {
		return variants
	}
	return slices.DeleteFunc(slices.Clone(variants), hidden)
}

// siteStats is what a search needs to know of everything in the knowledge base of
// a site that an audience may see, at one epoch. It is never changed once made.
// Departments share it: they are a wall around what is found and said, not around
// how rare a word is in the house.
type siteStats struct {
	epoch       int64
	variants    int
	within      map[int32]int // variants by department; 0 = of every one
	known       []Variant     // all, by id, without vectors
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
	s := &siteStats{epoch: c.Epoch, variants: len(c.Variants), within: map[int32]int{}, locales: map[string]*localeStats{}, learnt: map[string]*learnt{}, newer: map[string]bool{}, content: contentOf(c.Variants), learnable: learnable(c.Variants), texts: map[string]int{}, words: newVocabulary(c.Variants)}
	s.words.list = newWordList(c.Words)
	s.codes = collectCodes(c.Variants, s.words)
	s.known = byID(c.Variants)
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
		s.within[v.Department]++
		s.texts[v.Article]++
		for _, t := range distinct(text.TermsOf(v.Content)) {
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
	for _, l := range s.locales {
		s.words.df = append(s.words.df, l.df)
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

// byID returns variants in the order of their ids, without vectors.
func byID(variants []Variant) []Variant {
	out := slices.Clone(variants)
	for i := range out {
		out[i].Vector = nil
	}
	if compare := func(a, b Variant) int { return cmp.Compare(a.ID, b.ID) }; !slices.IsSortedFunc(out, compare) {
		slices.SortFunc(out, compare)
	}
	return out
}

// resolve completes hits with what they are. One that is not known is left out:
// it was published after these statistics, or is for another audience.
func (s *siteStats) resolve(hits []Hit) []Hit {
	out := hits[:0]
	for _, h := range hits {
		if h.Content == "" {
			at, ok := slices.BinarySearchFunc(s.known, h.Variant, func(v Variant, id int64) int { return cmp.Compare(v.ID, id) })
			if !ok {
				continue
			}
			v := &s.known[at]
			h.Article, h.Locale, h.Kind, h.Content = v.Article, v.Locale, v.Kind, v.Content
		}
		out = append(out, h)
	}
	return out
}

// candidates returns how many variants a scope leaves.
func (s *siteStats) candidates(scope identity.Scope) int {
	if scope.All || scope.AllDepartments {
		return s.variants
	}
	n := s.within[0]
	for _, d := range scope.Departments {
		if d != 0 {
			n += s.within[d]
		}
	}
	return n
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

// statsAt returns the statistics of a site for an audience, read anew if those in
// memory are older than epoch.
func (s *Service) statsAt(ctx context.Context, site int32, audience Audience, epoch int64) (*siteStats, error) {
	l, err := s.levelsAt(ctx, site, epoch)
	if err != nil {
		return nil, err
	}
	return l.at(audience), nil
}

func (s *Service) levelsAt(ctx context.Context, site int32, epoch int64) (*siteLevels, error) {
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
	fresh := newSiteLevels(corpus)
	base := fresh.at(AudiencePublic)
	for fingerprint, a := range corpus.Adaptations {
		l, err := newLearnt(a)
		if err != nil { // the defaults serve until the next fit, which a question of this model's asks for
			s.log.WarnContext(ctx, "what was learnt from the knowledge base is not used", "site", site, "model", fingerprint, "reason", err)
			base.newer[fingerprint] = errors.Is(err, errNewer)
			continue
		}
		base.learnt[fingerprint] = l
	}
	s.mu.Lock()
	s.sites[site] = fresh
	s.mu.Unlock()
	return fresh, nil
}

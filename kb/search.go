package kb

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// lastAttempt is the number of the last try, from 0, to search with statistics of
// the same moment.
const lastAttempt = 2

// maxQueryTerms bounds the lexical leg: of a longer question the rarest terms count.
const maxQueryTerms = 64

// Query is a question to the knowledge base.
type Query struct {
	Site   int32
	Text   string // as typed, without greeting
	Locale string // the visitor's language, for questions without letters; "zh-CN" or "en"
	Limit  int    // articles to return; 0 = 10
	// Audience is what the asker may see; zero = what everybody may.
	Audience Audience
}

// Result is what a search found, best first, and how.
type Result struct {
	Query       string // normalised
	Rewritten   string // in words that the knowledge base has; empty = as it stands
	Locale      string // the question's language, once rewritten
	Candidates  []Candidate
	Confidence  float64 // that the first candidate is the right answer, 0–1; 0 without candidates
	Answerable  float64 // that anything in the knowledge base answers, 0–1
	Answer      float64 // the confidence that suffices to answer from this knowledge base; 0 = not known
	Refuse      float64 // below this Answerable the question is for a person
	Features    Features
	Terms       []QueryTerm
	Epoch       int64
	Fingerprint string
	PairModel   string // fingerprint of the pair model that was asked; empty = none
	EmbedTime   time.Duration
	SearchTime  time.Duration // the statement, round trip included
	FuseTime    time.Duration // features and confidence included
	HeadTime    time.Duration
	PairTime    time.Duration

	pairModel *string // fingerprint of the pair model that was asked; empty = it is switched off; nil = there was nothing to ask
}

// Candidate is an article with the variant that speaks for it.
type Candidate struct {
	Article string
	Score   float64 // what ranks; exact matches stand above 1
	Base    float64 // the fused legs, 0–1: what ranks without head and pair model
	Head    float64 // the head's probability among the knowledge base's articles, 0–1; 0 without a head
	Pair    float64 // the pair model's probability that one of its best variants answers, 0–1; 0 if it was not asked
	Cosine  float64 // best of the article's variants
	BM25    float64 // best of the article's variants ÷ the best of the question
	Char    float64 // n-gram cosine, best of the article's variants
	Variant string  // normalised text of the best variant
	Locale  string  // of the best variant
	Kind    Kind
	Exact   bool // the question is this variant, punctuation aside
	Ranks   Ranks

	best     [pooled]float64 // scores of its best variants, descending
	said     [pooled]string  // those variants
	known    bool            // the head has learnt the article
	vetoed   float64         // what the vetoes left of Variant's score, 0–1
	decision float64         // the head's decision value
	paired   bool            // the pair model was asked
}

// QueryTerm is a term of the question with its weight.
type QueryTerm struct {
	Term  string
	IDF   float64
	Known bool   // some variant has it
	From  string // the word of the question that it stands for; empty = it is there itself
	Added bool   // beside that word, not instead: it finds variants, but is none of what is asked
}

// asked is the question as it is searched for.
func (r *Result) asked() string { return cmp.Or(r.Rewritten, r.Query) }

// Search returns the articles that fit the question best, within scope: the
// site's published articles of the scope's departments for the audience. It never compares a
// question with vectors of another model: in the moment of a switch it asks the
// model that was in use, whose vectors are still there, or follows at once.
// Errors: [ErrEmbedding] and those of the store.
func (s *Service) Search(ctx context.Context, scope identity.Scope, q Query) (Result, error) {
	if q.Audience < AudiencePublic || q.Audience > AudienceStaff {
		q.Audience = AudiencePublic // no level of ours: what everybody sees
	}
	r := Result{Query: text.Normalize(q.Text), Locale: text.Language(q.Text, q.Locale)}
	var vector []float32
	epoch, followed := int64(0), false
	for attempt := 0; ; attempt++ { // a publish between statistics and statement: once more with fresh ones
		stats, err := s.statsAt(ctx, q.Site, q.Audience, epoch)
		if err != nil {
			return Result{}, err
		}
		if before := r.asked(); r.rewrite(stats).asked() != before || vector == nil {
			if vector, err = s.embedQuestion(ctx, &r); err != nil {
				return Result{}, err
			}
		}
		start := time.Now()
		asked := searchQuery(stats, q.Site, vector, r.Fingerprint, r.Terms, s.candidates)
		asked.Audience, asked.Within, asked.Texts = q.Audience, stats.candidates(scope), attempt == lastAttempt
		found, err := s.store.Search(ctx, scope, asked)
		if err != nil {
			return Result{}, fmt.Errorf("search the knowledge base: %w", err)
		}
		r.Epoch, r.SearchTime = found.Epoch, time.Since(start)
		if found.Active != "" && found.Active != r.Fingerprint && !followed { // another node has just switched
			followed = true
			switch err := s.follow(ctx, found.Active); {
			case err == nil:
				if vector, err = s.embedQuestion(ctx, &r); err != nil {
					return Result{}, err
				}
				attempt, epoch = -1, found.Epoch
				continue
			case len(found.Hits) > 0 && !found.Embedded: // words alone would be half an answer
				return Result{}, fmt.Errorf("search the knowledge base: %w: %w", ErrEmbedding, err)
			}
		}
		if found.Epoch > stats.epoch && attempt < lastAttempt { // the last time statistics one publish old do: better than no answer
			epoch = found.Epoch
			continue
		}
		start = time.Now()
		o := stats.adaptation(r.Fingerprint).head.ask(r.asked(), unit(vector))
		r.HeadTime = time.Since(start)
		start = time.Now()
		if err := s.rank(ctx, &r, stats, stats.resolve(found.Hits), o); err != nil {
			return Result{}, err
		}
		r.FuseTime = time.Since(start) - r.PairTime
		s.keepLearnt(q.Site, &r, stats)
		break
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 10
	}
	r.Candidates = r.Candidates[:min(limit, len(r.Candidates))]
	return r, nil
}

// embedQuestion returns the vector of r's query and notes whose it is.
func (s *Service) embedQuestion(ctx context.Context, r *Result) ([]float32, error) {
	start := time.Now()
	vector, fingerprint, err := s.embedder.EmbedQuestion(ctx, r.asked())
	if err != nil {
		return nil, fmt.Errorf("embed question: %w: %w", ErrEmbedding, err)
	}
	r.Fingerprint = fingerprint
	r.EmbedTime += time.Since(start)
	return vector, nil
}

// Replies returns, for each published article among ids within scope that the
// audience may see, the translation in locale or else the one there is, in the
// order of ids.
func (s *Service) Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience Audience) ([]Article, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.store.Replies(ctx, scope, site, ids, locale, audience)
	if err != nil {
		return nil, fmt.Errorf("read replies: %w", err)
	}
	slices.SortFunc(found, func(a, b Article) int {
		return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID))
	})
	return found, nil
}

// weighTerms returns the question's terms, the heaviest first.
func weighTerms(stats *siteStats, terms []string, locale string) []QueryTerm {
	out := make([]QueryTerm, len(terms))
	for i, t := range terms {
		idf, known := stats.idf(t, locale)
		out[i] = QueryTerm{Term: t, IDF: idf, Known: known}
	}
	if len(out) > maxQueryTerms {
		slices.SortStableFunc(out, func(a, b QueryTerm) int { return cmp.Compare(b.IDF, a.IDF) })
	}
	return out
}

// In a large knowledge base a term that many variants have ("how", "my", 我) costs
// thousands of postings and tells little: the lexical leg leaves out what more than
// a tenth of them have, and reads the rarest first until it has read enough.
const (
	largeCorpus = 2000 // variants
	commonShare = 10   // of variants: one in so many
	maxPostings = 5000 // of a question, about 1 ms
	leastTerms  = 2    // that remain, however common
)

func searchQuery(stats *siteStats, site int32, vector []float32, fingerprint string, terms []QueryTerm, candidates int) SearchQuery {
	q := SearchQuery{Site: site, Vector: unit(vector), Fingerprint: fingerprint, Candidates: candidates}
	most := stats.mostCommon(terms)
	for _, t := range terms {
		if t.Known && stats.df(t.Term) <= most && len(q.Terms) < maxQueryTerms {
			q.Terms = append(q.Terms, t.Term)
			q.IDF = append(q.IDF, float32(t.IDF))
		}
	}
	return q
}

// mostCommon returns how many variants at most may have a term that the lexical leg
// of this question reads.
func (s *siteStats) mostCommon(terms []QueryTerm) int {
	if s.variants < largeCorpus {
		return math.MaxInt
	}
	counts := make([]int, 0, len(terms))
	for _, t := range terms {
		if t.Known {
			counts = append(counts, s.df(t.Term))
		}
	}
	slices.Sort(counts)
	most, read := 0, 0
	for i, n := range counts {
		if read += n; i >= leastTerms && (read > maxPostings || n > s.variants/commonShare) {
			break
		}
		most = n
	}
	return most
}

// df returns how many variants have a term.
func (s *siteStats) df(term string) int {
	n := 0
	for _, l := range s.locales {
		n += int(l.df[term])
	}
	return n
}

package bot

import (
	"cmp"
	"context"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// evalCandidates is how many articles an evaluation's search returns, so that
// each leg's own best is among them.
const evalCandidates = 500

// EvalKnowledge is a [Knowledge] whose searches an evaluation looks into. The
// decider gets what it would get without: the same search, cut to as many
// articles as it asked for.
type EvalKnowledge struct {
	Knowledge
}

// NewEvalKnowledge wraps k.
func NewEvalKnowledge(k Knowledge) *EvalKnowledge { return &EvalKnowledge{Knowledge: k} }

// sighting is what an evaluation saw of a decision's first search, which is for
// the whole question; later ones are for parts of it. It travels in the context
// of that one decision.
type sighting struct {
	searched bool
	result   kb.Result // with all candidates
}

type sightingKey struct{}

// decisionCandidates is what a search returns that does not say how many.
const decisionCandidates = 10

// Search implements [Knowledge].
func (k *EvalKnowledge) Search(ctx context.Context, scope identity.Scope, q kb.Query) (kb.Result, error) {
	seen, ok := ctx.Value(sightingKey{}).(*sighting)
	if !ok {
		return k.Knowledge.Search(ctx, scope, q)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = decisionCandidates
	}
	q.Limit = evalCandidates
	r, err := k.Knowledge.Search(ctx, scope, q)
	if err != nil {
		return r, err
	}
	if !seen.searched {
		seen.searched, seen.result = true, r
	}
	r.Candidates = r.Candidates[:min(limit, len(r.Candidates)):min(limit, len(r.Candidates))]
	return r, nil
}

// look searches for a turn that was decided without a search.
func (k *EvalKnowledge) look(ctx context.Context, q Question, seen *sighting) error {
	_, err := k.Search(context.WithValue(ctx, sightingKey{}, seen), searchScope(q), kb.Query{Site: q.Site, Text: q.Text, Locale: q.Locale})
	return err
}

// ranking returns the article ids that a decision would have seen.
func (s *sighting) ranking() []string {
	var out []string
	for _, c := range s.result.Candidates[:min(decisionCandidates, len(s.result.Candidates))] {
		out = append(out, c.Article)
	}
	return out
}

// Tops names the first article by each leg of the search alone; empty where a
// leg had nothing to say. Ties go to the smaller id, whatever the other legs say.
type Tops struct {
	BM25  string `json:"bm25,omitempty"`  // words
	Char  string `json:"char,omitempty"`  // character n-grams
	Dense string `json:"dense,omitempty"` // the encoder
	Base  string `json:"base,omitempty"`  // the three fused
	Head  string `json:"head,omitempty"`  // the head fitted to the knowledge base
	Pair  string `json:"pair,omitempty"`  // the pair model, over those that it was asked about
}

func topsOf(candidates []kb.Candidate) Tops {
	top := func(value func(kb.Candidate) float64) string {
		best, at := 0.0, ""
		for _, c := range candidates {
			v := value(c)
			if order := cmp.Compare(v, best); order > 0 || (order == 0 && v > 0 && c.Article < at) {
				best, at = v, c.Article
			}
		}
		return at
	}
	return Tops{
		BM25:  top(func(c kb.Candidate) float64 { return c.BM25 }),
		Char:  top(func(c kb.Candidate) float64 { return c.Char }),
		Dense: top(func(c kb.Candidate) float64 { return c.Cosine }),
		Base:  top(func(c kb.Candidate) float64 { return c.Base }),
		Head:  top(func(c kb.Candidate) float64 { return c.Head }),
		Pair:  top(func(c kb.Candidate) float64 { return c.Pair }),
	}
}

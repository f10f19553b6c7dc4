package bot

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

const (
	// priorSource and priorItem are how many showings the general experience weighs
	// against a source's own, and a source's against an item's: a reply that was
	// shown twice and never sent is not yet a bad one.
	priorSource, priorItem = 40, 12
	// priorRate is how many of the suggestions that are shown are used where nothing is known yet.
	priorRate = 0.3
	// leastFactor and mostFactor bound what usage may do: it orders what fits about
	// equally well, it never lifts what does not fit.
	leastFactor, mostFactor = 0.6, 1.5
	// nearEqual is the share of common terms from which on two texts say the same.
	nearEqual = 0.8
	// newsworthy bounds how much is read of a text when comparing.
	newsworthy = 2000
)

// rank returns the best suggestions above the floor: ordered by confidence ×
// what usage has taught, equal texts of several sources folded into the best.
func (s *Suggester) rank(ctx context.Context, head chat.Conversation, found []Suggestion, floor float64) []Suggestion {
	best := map[string]Suggestion{}
	for _, f := range found { // parts of a message find the same item
		if old, ok := best[f.ID]; (!ok || f.Confidence > old.Confidence) && f.Confidence >= floor {
			best[f.ID] = f
		}
	}
	all := make([]Suggestion, 0, len(best))
	keys := make([]UsageKey, 0, len(best)+3)
	for _, f := range best {
		all = append(all, f)
		keys = append(keys, UsageKey{f.Source, f.Item})
	}
	if len(all) == 0 {
		return nil
	}
	for _, source := range []SuggestionSource{FromArticle, FromCanned, FromSolved} {
		keys = append(keys, UsageKey{source, ""})
	}
	usage, err := s.store.Usage(ctx, head.Site, keys)
	if err != nil { // suggestions in the order of their confidence are better than none
		s.log.WarnContext(ctx, "suggestions are ranked without their usage", "conversation", head.ID, "error", err)
	}
	value := func(f *Suggestion) float64 { return f.Confidence * usageFactor(usage, f.Source, f.Item) }
	slices.SortFunc(all, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(value(&b), value(&a)), cmp.Compare(a.ID, b.ID))
	})
	var out []Suggestion
	for _, f := range all {
		if slices.ContainsFunc(out, func(o Suggestion) bool { return sameReply(&o, &f) }) {
			continue
		}
		f.Rank = len(out) + 1
		if out = append(out, f); len(out) == maxSuggestions {
			break
		}
	}
	return out
}

// usageFactor is how an item's share of used showings stands to what is usual,
// both Beta-smoothed: towards the source's share, and that towards the prior.
func usageFactor(usage map[UsageKey]Usage, source SuggestionSource, item string) float64 {
	of := usage[UsageKey{source, ""}]
	base := (of.Used + priorRate*priorSource) / (of.Shown + priorSource)
	one := usage[UsageKey{source, item}]
	rate := (one.Used + base*priorItem) / (one.Shown + priorItem)
	f := rate / priorRate
	if math.IsNaN(f) {
		return 1
	}
	return min(mostFactor, max(leastFactor, f))
}

// sameReply reports that two suggestions say nearly the same. What is internal
// is never folded into what may be sent.
func sameReply(a, b *Suggestion) bool {
	if a.Internal != b.Internal {
		return false
	}
	if a.Source == FromArticle && b.Source == FromArticle {
		return a.Item == b.Item
	}
	x, y := termSet(clip(a.Text, newsworthy)), termSet(clip(b.Text, newsworthy))
	shared := 0
	for t := range x {
		if y[t] {
			shared++
		}
	}
	less := min(len(x), len(y))
	return less > 0 && float64(shared)/float64(max(len(x), len(y))) >= nearEqual
}

// Weights of logistic fits on question variants of the demo shop, each beside the
// twelve nearest of all others in its language: bias, cosine, share of common
// terms, the pair model's log-odds; and the same without a pair model. Fitted on
// every second question, measured on the rest (TestLikenessIsCalibrated).
const (
	likeBias, likeCosine, likeShared, likePair = -4.00, 4.03, 1.08, 0.186
	plainBias, plainCosine, plainShared        = -4.91, 5.29, 1.06
)

// likeness is the probability, 0–1, that what answers the text answers the
// question. Codes and amounts that differ make it another question.
func likeness(question, other string, cosine float64, pairs []float32, i int) float64 {
	if strings.EqualFold(text.Key(question), text.Key(other)) {
		return 0.97
	}
	z := plainBias + plainCosine*cosine + plainShared*sharedTerms(question, other)
	if pairs != nil {
		p := min(0.999, max(0.001, float64(pairs[i])))
		z = likeBias + likeCosine*cosine + likeShared*sharedTerms(question, other) + likePair*math.Log(p/(1-p))
	}
	c := 1 / (1 + math.Exp(-z))
	if otherMatter(question, other) {
		c *= 0.4
	}
	return c
}

// sharedTerms is the share of the question's telling terms that the other has.
func sharedTerms(question, other string) float64 {
	has := termSet(other)
	n, shared := 0, 0
	for t := range termSet(question) {
		if filler(t) || (utf8.RuneCountInString(t) < 2 && !strings.ContainsAny(t, "0123456789")) {
			continue
		}
		n++
		if has[t] {
			shared++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(shared) / float64(n)
}

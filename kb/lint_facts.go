package kb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// Limits of what is asked for one look at an article.
const (
	maxProbes      = 24 // questions that are searched, those first that are not published yet
	lintNeighbours = 6
	lintPatience   = 6 * time.Second // what is not searched by then is left out
)

// nearProbe is the cosine above which a question counts as near another article's.
const nearProbe = 0.8

// LintReport is what was found, and how much of it was looked at.
type LintReport struct {
	Warnings []Warning
	Searched int // questions that were searched
	Of       int // questions that there are
}

// Lint looks for what is odd about an article as it stands in the editor, against
// what is published at the site: every question is searched as a visitor's would
// be. Errors: [ErrInvalid], [ErrEmbedding], identity.ErrForbidden.
func (e *Editorial) Lint(ctx context.Context, actor identity.Actor, a Article) (LintReport, error) {
	if err := mayRead(actor, "look for what is odd"); err != nil {
		return LintReport{}, err
	}
	a, err := a.validateUnfinished()
	if err != nil {
		return LintReport{}, err
	}
	f, searched, err := e.lintFacts(ctx, actor, a)
	if err != nil {
		return LintReport{}, err
	}
	return LintReport{Warnings: Lint(a, f), Searched: searched, Of: len(a.Questions)}, nil
}

func (e *Editorial) lintFacts(ctx context.Context, actor identity.Actor, a Article) (LintFacts, int, error) {
	var f LintFacts
	var err error
	published, isPublished, err := e.published(ctx, actor, a.Site, a.ID, a.Locale)
	if err != nil {
		return f, 0, err
	}
	if err := e.translationFacts(ctx, actor, a, &f); err != nil {
		return f, 0, err
	}
	if err := e.listFacts(ctx, actor, a, &f); err != nil {
		return f, 0, err
	}
	contents := make([]string, len(a.Questions))
	for i, q := range a.Questions {
		contents[i] = text.Normalize(q)
	}
	if f.Taken, err = e.store.Taken(ctx, actor.Scope, a.Site, a.ID, contents); err != nil {
		return f, 0, err
	}
	own := map[string]bool{} // questions that are its own already
	if isPublished {
		for _, q := range published.Questions {
			own[text.Key(q)] = true
		}
	}
	searched, err := e.searchFacts(ctx, actor, a, own, &f)
	if err != nil {
		return f, 0, err
	}
	slices.SortStableFunc(f.Taken, byEntry)
	f.Taken = slices.CompactFunc(f.Taken, func(x, y Taken) bool { return x.Entry == y.Entry && x.Article == y.Article })
	slices.SortFunc(f.Stolen, byEntry)
	return f, searched, e.sentenceFacts(ctx, a, &f)
}

// translationFacts reads the other languages, as they are being written where they are.
func (e *Editorial) translationFacts(ctx context.Context, actor identity.Actor, a Article, f *LintFacts) error {
	all, err := e.service.store.Translations(ctx, actor.Scope, a.Site, a.ID)
	if err != nil {
		return err //nolint:wrapcheck // names itself
	}
	for _, t := range all {
		if t.Locale != a.Locale {
			f.Translations = append(f.Translations, t)
		}
	}
	for _, locale := range []string{text.Chinese, text.English} {
		d, err := e.store.Draft(ctx, actor.Scope, a.Site, a.ID, locale)
		switch {
		case errors.Is(err, ErrNotFound) || locale == a.Locale:
		case err != nil:
			return err //nolint:wrapcheck // names itself
		default:
			f.Translations = append(slices.DeleteFunc(f.Translations, func(t Article) bool { return t.Locale == locale }), d.Article)
		}
	}
	var outdated []string
	if f.Locales, outdated, err = e.store.Spoken(ctx, actor.Scope, a.Site, a.ID); err != nil {
		return err //nolint:wrapcheck // names itself
	}
	f.Outdated = slices.Contains(outdated, a.Locale)
	return nil
}

// listFacts reads the code list and the next steps.
func (e *Editorial) listFacts(ctx context.Context, actor identity.Actor, a Article, f *LintFacts) error {
	words, err := e.store.Words(ctx, actor.Scope, a.Site)
	if err != nil {
		return err //nolint:wrapcheck // names itself
	}
	f.Codes = map[string]bool{}
	for _, g := range words {
		if g.Kind != WordCode {
			continue
		}
		for _, w := range g.Words {
			for _, term := range append(text.Terms(text.Normalize(w)), text.Normalize(w)) {
				f.Codes[term] = true
			}
		}
	}
	f.Next = map[string]Audience{}
	if len(a.Next) == 0 {
		return nil
	}
	found, err := e.service.store.Replies(ctx, actor.Scope, a.Site, a.Next, a.Locale, AudienceStaff)
	if err != nil {
		return err //nolint:wrapcheck // names itself
	}
	for _, n := range found {
		f.Next[n.ID] = n.Audience
	}
	return nil
}

// searchFacts searches the article's questions as visitors would ask them, and
// gathers who else would answer and who is near.
func (e *Editorial) searchFacts(ctx context.Context, actor identity.Actor, a Article, own map[string]bool, f *LintFacts) (int, error) {
	type probe struct {
		entry int
		own   bool
	}
	probes := make([]probe, 0, len(a.Questions))
	for i, q := range a.Questions {
		probes = append(probes, probe{i + 1, own[text.Key(q)]})
	}
	slices.SortStableFunc(probes, func(x, y probe) int { return cmp.Compare(number(x.own), number(y.own)) })
	probes = probes[:min(len(probes), maxProbes)]
	near, score := map[string]int{}, map[string]float64{}
	deadline := time.Now().Add(lintPatience)
	searched := 0
	for _, p := range probes {
		if time.Now().After(deadline) {
			break
		}
		r, err := e.service.Search(ctx, actor.Scope, Query{Site: a.Site, Text: a.Questions[p.entry-1], Locale: a.Locale, Limit: lintNeighbours + 1, Audience: AudienceStaff})
		if err != nil {
			return 0, err
		}
		searched++
		for i, c := range r.Candidates {
			if c.Article == a.ID {
				continue
			}
			if c.Cosine >= nearProbe {
				near[c.Article]++
			}
			score[c.Article] += c.Cosine
			switch {
			case c.Exact && c.Kind == KindQuestion:
				f.Taken = append(f.Taken, Taken{Entry: p.entry, Article: c.Article, Locale: c.Locale})
			case i == 0 && !p.own && r.Answer > 0 && r.Confidence >= r.Answer:
				f.Stolen = append(f.Stolen, Taken{Entry: p.entry, Article: c.Article, Locale: c.Locale, Confidence: r.Confidence})
			}
		}
	}
	ids := make([]string, 0, len(score))
	for id := range score {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y string) int { return cmp.Or(cmp.Compare(score[y], score[x]), cmp.Compare(x, y)) })
	ids = ids[:min(len(ids), lintNeighbours)]
	if len(ids) == 0 {
		return searched, nil
	}
	found, err := e.service.Replies(ctx, actor.Scope, a.Site, ids, a.Locale, AudienceStaff)
	if err != nil {
		return 0, err
	}
	for _, n := range found {
		if n.Locale == a.Locale {
			f.Neighbours = append(f.Neighbours, Neighbour{Article: n, Near: float64(near[n.ID]) / float64(searched)})
		}
	}
	return searched, nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sentenceFacts embeds the sentences with numbers, without these, so that "back
// within 7 days" and "15 days to send it in" are seen to speak of the same.
func (e *Editorial) sentenceFacts(ctx context.Context, a Article, f *LintFacts) error {
	l := linter{quantities: text.NewQuantities()}
	var texts []string
	seen := map[string]bool{}
	add := func(answer string) {
		all := l.claims(answer)
		for _, c := range all[:min(len(all), maxClaims)] {
			if !seen[c.masked] && text.HasWord(c.masked) {
				seen[c.masked] = true
				texts = append(texts, c.masked)
			}
		}
	}
	add(a.Answer)
	if len(texts) == 0 {
		return nil
	}
	for _, n := range f.Neighbours {
		add(n.Answer)
	}
	byText := make(map[string][]float32, len(texts))
	for batch := range slices.Chunk(texts, e.service.embedBatch) {
		vectors, _, err := embed(ctx, e.service.embedder, batch)
		if err != nil {
			return err
		}
		for i, t := range batch {
			byText[t] = vectors[i]
		}
	}
	f.Alike = func(x, y string) float64 {
		u, v := byText[x], byText[y]
		if u == nil || v == nil || len(u) != len(v) {
			return Overlap(x, y)
		}
		sum := 0.0
		for i := range u {
			sum += float64(u[i]) * float64(v[i])
		}
		return sum
	}
	return nil
}

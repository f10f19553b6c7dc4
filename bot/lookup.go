package bot

import (
	"context"
	"fmt"
	"slices"

	"frontdesk/chat"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// lookUp decides by what the knowledge base has, or by what it was found to have
// for the same question before.
func (r *Responder) lookUp(ctx context.Context, a *inquiry) (Decision, error) {
	find := func(ctx context.Context) (Decision, error) { return r.find(ctx, a) }
	if r.cache == nil {
		return find(ctx)
	}
	revive := func(ctx context.Context, d Decision) (Decision, bool, error) { return r.revive(ctx, a, d) }
	return r.cache.decide(ctx, a, revive, find)
}

// find searches and decides by confidence. A publish between search and reading
// the replies makes it search once more.
func (r *Responder) find(ctx context.Context, a *inquiry) (Decision, error) {
	for attempt := 0; ; attempt++ {
		result, withContext, err := r.search(ctx, a)
		if err != nil {
			return Decision{}, err
		}
		t := a.base.forKnowledge(result)
		d := a.traced(result, t)
		d.Trace.WithContext = withContext
		done, err := r.several(ctx, a, result, t, &d)
		if err == nil && !done {
			done, err = r.byConfidence(ctx, a, result, t, &d)
		}
		if err != nil {
			return Decision{}, err
		}
		if done || attempt == 1 {
			if !done { // its articles vanished twice
				intoHandover(&d, ReasonNoAnswer)
			}
			return d, nil
		}
	}
}

// revive gives a kept decision its texts, as they are published now. It reports
// false if they are others than those that were decided on.
func (r *Responder) revive(ctx context.Context, a *inquiry, d Decision) (Decision, bool, error) {
	if d.Action == ActionClarify {
		ids := d.offered()
		articles, err := r.replies(ctx, a, d.Locale, ids...)
		if err != nil || len(articles) != len(ids) {
			return d, false, err
		}
		d.clarify(a, articles)
		return d, true, nil
	}
	if d.Source == nil {
		return d, false, nil
	}
	articles, err := r.replies(ctx, a, d.Locale, d.Source.Article)
	if err != nil || len(articles) == 0 {
		return d, false, err
	}
	if found := articles[0]; found.Locale != d.Source.Locale || found.Version != d.Source.Version || found.Handover || found.Floor > d.Confidence {
		return d, false, nil
	}
	return d, true, r.intoAnswer(ctx, a, &d, articles[0])
}

// traced is a decision not yet taken, with all that is known of the search.
func (a *inquiry) traced(result kb.Result, t Thresholds) Decision {
	locale := a.locale
	if text.HasCJK(result.Rewritten) && !text.HasCJK(result.Query) {
		locale = text.Chinese // pinyin turned out to be Chinese
	}
	return Decision{
		Locale:     locale,
		Confidence: result.Confidence, Answerable: result.Answerable, Candidates: result.Candidates,
		Trace: Trace{
			Query: result.Query, Rewritten: result.Rewritten, Features: result.Features, Terms: result.Terms,
			Epoch: result.Epoch, Fingerprint: result.Fingerprint, PairModel: result.PairModel,
			Answer: t.Answer, Clarify: t.Clarify, Answerable: result.Answerable, AnswerLearnt: a.base.Answer == 0 && result.Answer > 0,
			EmbedTime: result.EmbedTime, SearchTime: result.SearchTime, FuseTime: result.FuseTime,
			HeadTime: result.HeadTime, PairTime: result.PairTime,
		},
	}
}

// exactly answers what looks like small talk if it is, word for word, a
// question of an article: whoever wrote the article wants it said. An error is
// no match: a greeting is returned without a model too.
func (r *Responder) exactly(ctx context.Context, a *inquiry) (Decision, bool) {
	if !text.HasWord(a.Text) {
		return Decision{}, false
	}
	result, err := r.knowledge.Search(ctx, searchScope(a.Question), a.query(a.Text))
	if err != nil || len(result.Candidates) == 0 || !result.Features.Exact || result.Features.Ambiguous ||
		slices.Contains(a.Rejected, result.Candidates[0].Article) {
		return Decision{}, false
	}
	t := a.base.forKnowledge(result)
	d := a.traced(result, t)
	done, err := r.byConfidence(ctx, a, result, t, &d)
	return d, done && err == nil
}

// query is a search for s by whoever asks a.
func (a *inquiry) query(s string) kb.Query {
	return kb.Query{Site: a.Site, Text: s, Locale: a.locale, Audience: a.Audience}
}

// leastPart is the confidence from which on a part of a message counts as a
// question that an article answers; a wrong offer beside a right one costs little.
const leastPart = 0.5

// several asks back where a message asks for two things that different articles
// answer: both are offered, in the order they were asked for.
func (r *Responder) several(ctx context.Context, a *inquiry, whole kb.Result, t Thresholds, d *Decision) (done bool, err error) {
	if a.Button != "" || len(a.Rejected) > 0 || a.Clarified >= t.MaxClarifications || whole.Features.Exact {
		return false, nil
	}
	parts := r.splitter.Questions(a.text)
	if len(parts) < 2 {
		return false, nil
	}
	var offered []kb.Candidate
	for _, part := range parts {
		query := a.query(part)
		query.Locale = d.Locale
		result, err := r.knowledge.Search(ctx, searchScope(a.Question), query)
		if err != nil {
			return false, err
		}
		if result.Confidence < leastPart || len(offered) == maxOffers {
			continue
		}
		best := result.Candidates[0]
		if !slices.ContainsFunc(offered, func(c kb.Candidate) bool { return c.Article == best.Article }) {
			offered = append(offered, best)
		}
	}
	if len(offered) < 2 {
		return false, nil
	}
	d.Trace.Parts, d.Reason = parts, ReasonUnsure
	done, err = r.offer(ctx, a, offered, d)
	if done && err == nil {
		rest := slices.DeleteFunc(slices.Clone(whole.Candidates), func(c kb.Candidate) bool {
			return slices.ContainsFunc(offered, func(o kb.Candidate) bool { return o.Article == c.Article })
		})
		d.Candidates = append(offered, rest...)
	}
	return done, err
}

// standsAlone is the confidence from which on a question is not asked together with the one before
// it, and unsure how far below the threshold to answer at a joined question stays.
const (
	standsAlone = 0.2
	unsure      = 0.05
)

// search looks the question up, and if nothing fits and it leans on the question
// before it ("and how long does that take?"), once more together with that.
func (r *Responder) search(ctx context.Context, a *inquiry) (kb.Result, bool, error) {
	scope := searchScope(a.Question)
	if a.instead != "" {
		result, err := r.knowledge.Search(ctx, scope, a.query(a.instead))
		return result, true, err
	}
	result, err := r.knowledge.Search(ctx, scope, a.query(a.text))
	if err != nil || result.Confidence >= standsAlone || !a.leans {
		return result, false, err
	}
	before := r.gate.check(a.Previous[len(a.Previous)-1])
	if before.question == "" {
		return result, false, nil
	}
	joined, err := r.knowledge.Search(ctx, scope, a.query(before.question+"\n"+a.text))
	if err != nil {
		return kb.Result{}, false, err
	}
	// Together they must not bring back what the first question alone was answered with and surely:
	// the visitor asked for more than that.
	if joined.Confidence > result.Confidence {
		joined.Confidence = min(joined.Confidence, a.base.forKnowledge(joined).Answer-unsure)
		return joined, true, nil
	}
	return result, false, nil
}

// offer asks back with the candidates as buttons. It reports false if all of
// their articles were archived meanwhile.
func (r *Responder) offer(ctx context.Context, a *inquiry, offered []kb.Candidate, d *Decision) (done bool, err error) {
	ids := make([]string, len(offered))
	for i, c := range offered {
		ids[i] = c.Article
	}
	articles, err := r.replies(ctx, a, d.Locale, ids...)
	if err != nil || len(articles) == 0 {
		return false, err
	}
	d.clarify(a, articles)
	return true, nil
}

// clarify makes d a question back: which of these, or "do you mean this?" where
// only one comes near.
func (d *Decision) clarify(a *inquiry, articles []kb.Article) {
	p := phrasesFor(d.Locale)
	none := p.none
	d.Action, d.Text = ActionClarify, p.clarify
	switch {
	case len(articles) == 1:
		d.Text, none = fmt.Sprintf(p.clarifyOne, articles[0].Title), p.notThis
	case a.Clarified > 0 || d.Reason == ReasonRejected:
		d.Text = p.clarifyAgain
	}
	d.Buttons = append(articleButtons(articles), chat.Button{ID: ButtonNone, Label: none, Kind: "none_of_these"}, chat.Button{ID: ButtonHuman, Label: p.human, Kind: "human"})
}

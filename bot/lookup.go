package bot

import (
	"context"
	"slices"

	"frontdesk/chat"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// lookUp searches and decides by confidence. A publish between search and
// reading the replies makes it search once more.
func (r *Responder) lookUp(ctx context.Context, q Question, question, locale string) (Decision, error) {
	for attempt := 0; ; attempt++ {
		result, withContext, err := r.search(ctx, q, question, locale)
		if err != nil {
			return Decision{}, err
		}
		t := r.thresholds.forKnowledge(result)
		d := r.traced(result, t, locale)
		d.Trace.WithContext = withContext
		done, err := r.several(ctx, q, question, result, t, &d)
		if err == nil && !done {
			done, err = r.byConfidence(ctx, q, result, t, &d)
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

// traced is a decision not yet taken, with all that is known of the search.
func (r *Responder) traced(result kb.Result, t Thresholds, locale string) Decision {
	if text.HasCJK(result.Rewritten) && !text.HasCJK(result.Query) {
		locale = text.Chinese // pinyin turned out to be Chinese
	}
	return Decision{
		Locale:     locale,
		Confidence: result.Confidence, Answerable: result.Answerable, Candidates: result.Candidates,
		Trace: Trace{
			Query: result.Query, Rewritten: result.Rewritten, Features: result.Features, Terms: result.Terms,
			Epoch: result.Epoch, Fingerprint: result.Fingerprint, PairModel: result.PairModel,
			Answer: t.Answer, Clarify: t.Clarify, Answerable: result.Answerable, AnswerLearnt: r.thresholds.Answer == 0 && result.Answer > 0,
			EmbedTime: result.EmbedTime, SearchTime: result.SearchTime, FuseTime: result.FuseTime,
			HeadTime: result.HeadTime, PairTime: result.PairTime,
		},
	}
}

// exactly answers what looks like small talk if it is, word for word, a
// question of an article: whoever wrote the article wants it said. An error is
// no match: a greeting is returned without a model too.
func (r *Responder) exactly(ctx context.Context, q Question, locale string) (Decision, bool) {
	if !text.HasWord(q.Text) {
		return Decision{}, false
	}
	result, err := r.knowledge.Search(ctx, searchScope(q), kb.Query{Site: q.Site, Text: q.Text, Locale: locale})
	if err != nil || len(result.Candidates) == 0 || !result.Features.Exact || result.Features.Ambiguous ||
		slices.Contains(q.Rejected, result.Candidates[0].Article) {
		return Decision{}, false
	}
	t := r.thresholds.forKnowledge(result)
	d := r.traced(result, t, locale)
	done, err := r.byConfidence(ctx, q, result, t, &d)
	return d, done && err == nil
}

// leastPart is the confidence from which on a part of a message counts as a
// question that an article answers; a wrong offer beside a right one costs little.
const leastPart = 0.5

// several asks back where a message asks for two things that different articles
// answer: both are offered, in the order they were asked for.
func (r *Responder) several(ctx context.Context, q Question, question string, whole kb.Result, t Thresholds, d *Decision) (done bool, err error) {
	if q.Button != "" || len(q.Rejected) > 0 || q.Clarified >= t.MaxClarifications || whole.Features.Exact {
		return false, nil
	}
	parts := r.splitter.Questions(question)
	if len(parts) < 2 {
		return false, nil
	}
	var offered []kb.Candidate
	for _, part := range parts {
		result, err := r.knowledge.Search(ctx, searchScope(q), kb.Query{Site: q.Site, Text: part, Locale: d.Locale})
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
	done, err = r.offer(ctx, q, offered, d)
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
func (r *Responder) search(ctx context.Context, q Question, question, locale string) (kb.Result, bool, error) {
	scope := searchScope(q)
	result, err := r.knowledge.Search(ctx, scope, kb.Query{Site: q.Site, Text: question, Locale: locale})
	if err != nil || result.Confidence >= standsAlone || len(q.Previous) == 0 || !r.gate.followUp.MatchString(question) {
		return result, false, err
	}
	before := r.gate.check(q.Previous[len(q.Previous)-1])
	if before.question == "" {
		return result, false, nil
	}
	joined, err := r.knowledge.Search(ctx, scope, kb.Query{Site: q.Site, Text: before.question + "\n" + question, Locale: locale})
	if err != nil {
		return kb.Result{}, false, err
	}
	// Together they must not bring back what the first question alone was answered with and surely:
	// the visitor asked for more than that.
	if joined.Confidence > result.Confidence {
		joined.Confidence = min(joined.Confidence, r.thresholds.forKnowledge(joined).Answer-unsure)
		return joined, true, nil
	}
	return result, false, nil
}

// offer asks back with the candidates as buttons. It reports false if all of
// their articles were archived meanwhile.
func (r *Responder) offer(ctx context.Context, q Question, offered []kb.Candidate, d *Decision) (done bool, err error) {
	ids := make([]string, len(offered))
	for i, c := range offered {
		ids[i] = c.Article
	}
	articles, err := r.knowledge.Replies(ctx, searchScope(q), q.Site, ids, d.Locale, kb.AudiencePublic)
	if err != nil || len(articles) == 0 {
		return false, err
	}
	p := phrasesFor(d.Locale)
	d.Action, d.Text = ActionClarify, p.clarify
	if q.Clarified > 0 || d.Reason == ReasonRejected {
		d.Text = p.clarifyAgain
	}
	for _, a := range articles {
		d.Buttons = append(d.Buttons, chat.Button{ID: ButtonArticle + a.ID, Label: a.Title, Kind: "article"})
	}
	d.Buttons = append(d.Buttons, wayOut(p)...)
	return true, nil
}

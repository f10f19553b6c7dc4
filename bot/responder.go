package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// Thresholds turn a confidence into an action.
type Thresholds struct {
	// Answer is the least confidence, 0–1, to answer with. A wrong answer costs
	// more than a question back, so it stands well above one half. Defaults to 0.65.
	Answer float64
	// Clarify is the least probability, 0–1, that anything in the knowledge base
	// answers, to answer or ask back with; below it the bot hands over. 0 = what was
	// learnt from the knowledge base.
	Clarify float64
	// MaxClarifications in one episode; after that the bot hands over. Defaults to 2.
	MaxClarifications int
}

// DefaultAnswer is the least confidence to answer with where nothing was
// learnt from the knowledge base and nobody has set one.
const DefaultAnswer = 0.65

// forKnowledge puts what was learnt from the knowledge base where nothing is configured.
func (t Thresholds) forKnowledge(found kb.Result) Thresholds {
	switch {
	case t.Answer > 0:
	case found.Answer > 0:
		t.Answer = found.Answer
	default:
		t.Answer = DefaultAnswer
	}
	if t.Clarify == 0 {
		t.Clarify = found.Refuse
	}
	return t
}

// ResponderConfig is what a [Responder] needs. Knowledge is required.
type ResponderConfig struct {
	Knowledge Knowledge
	// Signals read what messages show beside their question. Nil = the rules alone.
	Signals    Signals
	Thresholds Thresholds
	// Policies tell how the bot behaves at each site. Nil = everywhere as configured.
	Policies Policies
	// Cache keeps decisions. Nil = each question is searched anew.
	Cache *Cache
	Clock func() time.Time // Defaults to time.Now.
}

// Responder decides what to say. It keeps no state and is safe for concurrent use.
type Responder struct {
	knowledge  Knowledge
	thresholds Thresholds
	policies   Policies // nil = none
	cache      *Cache   // nil = none
	clock      func() time.Time
	gate       gate
	splitter   *text.Splitter
	stats      metrics
}

// NewResponder checks cfg and returns a responder.
func NewResponder(cfg ResponderConfig) (*Responder, error) {
	if cfg.Knowledge == nil {
		return nil, errors.New("bot: ResponderConfig.Knowledge is required")
	}
	t := cfg.Thresholds
	if t.MaxClarifications == 0 {
		t.MaxClarifications = 2
	}
	if t.Clarify < 0 || t.Clarify > 1 || t.Answer < 0 || t.Answer > 1 || t.MaxClarifications < 0 {
		return nil, fmt.Errorf("bot: the thresholds to answer (%g) and to clarify (%g) must be within 0 and 1, and MaxClarifications (%d) not negative", t.Answer, t.Clarify, t.MaxClarifications)
	}
	r := &Responder{knowledge: cfg.Knowledge, thresholds: t, policies: cfg.Policies, cache: cfg.Cache, clock: cfg.Clock, gate: newGate(cfg.Signals), splitter: text.NewSplitter()}
	if r.clock == nil {
		r.clock = time.Now
	}
	return r, nil
}

// Thresholds returns those configured; see [Thresholds.Answer] for 0.
func (r *Responder) Thresholds() Thresholds { return r.thresholds }

// maxOffers is how many articles a question back offers.
const maxOffers = 3

// Decide returns what to do with q. Errors are those of search and model: the
// caller hands over ([Unavailable]).
func (r *Responder) Decide(ctx context.Context, q Question) (Decision, error) {
	start := r.clock()
	d, err := r.decide(ctx, q)
	took := r.clock().Sub(start)
	if err != nil {
		r.stats.failed(took)
		return Decision{}, err
	}
	d.Trace.Total = took
	r.stats.decided(d.Action, d.Reason, took)
	return d, nil
}

// inquiry is a question on its way to a decision.
type inquiry struct {
	Question
	text   string     // what of Text is a question, normalised
	locale string     // to answer in
	policy Policy     // of the site
	base   Thresholds // configured, or the policy's
	leans  bool       // on the question before it
	// instead is the question before it with the product that this one names; empty where it names none.
	instead string
}

func (r *Responder) decide(ctx context.Context, q Question) (Decision, error) {
	a := inquiry{Question: q, locale: r.gate.language(q)}
	if r.policies != nil {
		var err error
		if a.policy, err = r.policies.Policy(ctx, q.Site); err != nil {
			return Decision{}, fmt.Errorf("read the bot's policy: %w", err)
		}
	}
	a.base = a.policy.Thresholds(r.thresholds)
	d, err := r.answer(ctx, &a)
	d.Trace.Policy = a.policy.Version
	if d.Trace.Answer == 0 { // nothing was searched
		t := a.base.forKnowledge(kb.Result{})
		d.Trace.Answer, d.Trace.Clarify = t.Answer, t.Clarify
	}
	return d, err
}

func (r *Responder) answer(ctx context.Context, a *inquiry) (Decision, error) {
	switch {
	case a.Button == ButtonHuman:
		return handover(a.locale, ReasonAskedForHuman), nil
	case strings.HasPrefix(a.Button, ButtonArticle):
		return r.chosen(ctx, a)
	}
	v := r.gate.check(a.Text)
	a.text = v.question
	if n := len(a.Previous); n > 0 {
		a.leans = r.gate.followUp.MatchString(a.text)
		if question, ok := inItsPlace(r.gate.check(a.Previous[n-1]).question, a.text); ok {
			a.leans, a.instead = true, question
		}
	}
	d, err := r.react(ctx, a, v)
	d.Mood, d.Anger = v.mood.mood(), max(v.mood.Anger, v.mood.Insult)
	if err == nil && a.circles(d) {
		intoHandover(&d, ReasonLoop)
	}
	return d, err
}

// circles reports that the visitor's third turn would come to nothing as the two
// before did: the same article again, or one more question back. A person is next,
// not a fourth try.
func (a *inquiry) circles(d Decision) bool {
	const turns = 3
	if a.Stalled < turns-1 {
		return false
	}
	switch d.Action {
	case ActionAnswer:
		return d.Source.Article == a.Said
	case ActionClarify:
		// A site may allow more questions back than two: then it wants them asked.
		return a.Stalled >= max(turns-1, a.base.MaxClarifications)
	default:
		return false
	}
}

// react does what the gate's verdict asks for.
func (r *Responder) react(ctx context.Context, a *inquiry, v verdict) (Decision, error) {
	switch v.reason {
	case "":
		d, err := r.lookUp(ctx, a)
		if err != nil || d.Action == ActionAnswer || v.otherwise == "" || a.Button != "" {
			return d, err
		}
		if v.mood.angry() && (v.otherwise == ReasonAngry || r.angryBefore(a.Question)) {
			intoHandover(&d, ReasonAngry) // who is angry is asked nothing back
			return d, nil
		}
		if d.Action == ActionHandover && d.Reason == ReasonTopic {
			return d, nil
		}
		if d.Action == ActionClarify && d.Confidence >= leastOffer && (v.otherwise == ReasonUpset || v.otherwise == ReasonThanks) {
			return d, nil // an article in reach helps more than words about the mood
		}
		return intoReply(d, v.otherwise), nil
	case ReasonRisk: // the rule goes before any confidence, but not before whoever wrote an article for these very words
		if d, ok := r.exactly(ctx, a); ok {
			return d, nil
		}
		return handover(a.locale, v.reason), nil
	case ReasonAskedForHuman, ReasonTooLong, ReasonAngry, ReasonUrgent:
		return handover(a.locale, v.reason), nil
	case ReasonInsult:
		if r.angryBefore(a.Question) {
			return handover(a.locale, ReasonAngry), nil
		}
		return smallTalkReply(a.locale, v.reason), nil
	default: // small talk, and what looks like orders or code
		if d, ok := r.exactly(ctx, a); ok {
			return d, nil
		}
		d := smallTalkReply(a.locale, v.reason)
		if v.reason == ReasonEmpty && text.HasWord(a.Text) { // a number of nothing
			d.Text = phrasesFor(d.Locale).inWords
		}
		return d, nil
	}
}

// leastOffer is the confidence from which on a question back goes before a
// sentence about the visitor's mood.
const leastOffer = 0.4

// angryBefore reports that this is not the first angry turn of the episode.
func (r *Responder) angryBefore(q Question) bool {
	return q.Offered || slices.ContainsFunc(q.Previous, func(s string) bool { return r.gate.signals.Read(s).angry() })
}

func searchScope(q Question) identity.Scope {
	s := identity.Scope{Sites: []int32{q.Site}}
	if q.Department != 0 {
		s.Departments = []int32{q.Department}
	} else {
		s.AllDepartments = true
	}
	return s
}

// byConfidence fills d; it reports false if an article was archived meanwhile.
func (r *Responder) byConfidence(ctx context.Context, a *inquiry, result kb.Result, t Thresholds, d *Decision) (done bool, err error) {
	open := slices.DeleteFunc(slices.Clone(result.Candidates), func(c kb.Candidate) bool { return slices.Contains(a.Rejected, c.Article) })
	// Two articles with the same question, or nothing in it but what both are about: no threshold, however low, chooses.
	answerable := result.Answerable >= t.Clarify
	sure := answerable && result.Confidence >= t.Answer && !result.Features.Ambiguous && !result.Features.Contested
	d.Reason = ReasonUnsure
	switch {
	case a.Button == ButtonNone || (len(open) < len(result.Candidates) && sure && open0(open) != open0(result.Candidates)):
		// The best was turned down: offer what is left, if anything comes near.
		if offers(open) == 0 {
			intoHandover(d, ReasonRejected)
			return true, nil
		}
		d.Reason = ReasonRejected
	case sure:
		articles, err := r.replies(ctx, a, d.Locale, result.Candidates[0].Article)
		if err != nil || len(articles) == 0 {
			return false, err
		}
		best := articles[0]
		if best.Handover {
			intoHandover(d, ReasonTopic)
			return true, nil
		}
		if result.Confidence < best.Floor { // what it says must not be said on a hunch
			break
		}
		d.Reason = ReasonConfident
		if result.Candidates[0].Exact {
			d.Reason = ReasonExact
		}
		return true, r.intoAnswer(ctx, a, d, best)
	case !answerable || len(open) == 0:
		intoHandover(d, ReasonNoAnswer)
		return true, nil
	}
	if a.Clarified >= t.MaxClarifications {
		intoHandover(d, ReasonClarifyLimit)
		return true, nil
	}
	return r.offer(ctx, a, open[:max(1, offers(open))], d)
}

func open0(cs []kb.Candidate) string {
	if len(cs) == 0 {
		return ""
	}
	return cs[0].Article
}

// offers returns how many of the first candidates are near enough to the first to be offered.
func offers(cs []kb.Candidate) int {
	const near, least = 0.6, 0.25 // share of the first's score; score
	n := 0
	for n < min(maxOffers, len(cs)) && cs[n].Score >= least && cs[n].Score >= near*cs[0].Score {
		n++
	}
	return n
}

// replies reads what is published of articles, in locale where there is a translation.
func (r *Responder) replies(ctx context.Context, a *inquiry, locale string, ids ...string) ([]kb.Article, error) {
	return r.knowledge.Replies(ctx, searchScope(a.Question), a.Site, ids, locale, a.Audience)
}

// chosen answers with the article whose button was pressed.
func (r *Responder) chosen(ctx context.Context, a *inquiry) (Decision, error) {
	d := Decision{Locale: a.locale, Confidence: 1, Reason: ReasonChosen}
	articles, err := r.replies(ctx, a, a.locale, strings.TrimPrefix(a.Button, ButtonArticle))
	switch {
	case err != nil:
		return Decision{}, err
	case len(articles) == 0: // archived since it was offered
		intoHandover(&d, ReasonNoAnswer)
		return d, nil
	case articles[0].Handover:
		intoHandover(&d, ReasonTopic)
		return d, nil
	}
	return d, r.intoAnswer(ctx, a, &d, articles[0])
}

// maxNext is how many next steps stand under an answer.
const maxNext = 3

// intoAnswer makes d the article, verbatim, with its next steps. Where there is
// no translation in the visitor's language it says so first.
func (r *Responder) intoAnswer(ctx context.Context, a *inquiry, d *Decision, article kb.Article) error {
	p := phrasesFor(d.Locale)
	d.Action, d.Text = ActionAnswer, article.Answer
	if article.Locale != d.Locale && article.Locale != "" {
		d.Text = p.otherLanguage + "\n\n" + article.Answer
	}
	d.Source = &chat.Source{Article: article.ID, Locale: article.Locale, Title: article.Title, Version: article.Version, Confidence: d.Confidence}
	d.Buttons = nil
	steps := slices.Clone(article.Next)
	if a.Also != "" {
		steps = slices.Insert(steps, 0, a.Also)
	}
	steps = slices.DeleteFunc(steps, func(id string) bool { return id == article.ID || slices.Contains(a.Rejected, id) })
	if len(steps) > 0 {
		next, err := r.replies(ctx, a, d.Locale, steps[:min(maxNext, len(steps))]...)
		if err != nil {
			return err
		}
		d.Buttons = articleButtons(next)
	}
	d.Buttons = append(d.Buttons, chat.Button{ID: ButtonNone, Label: p.notThis, Kind: "none_of_these"}, chat.Button{ID: ButtonHuman, Label: p.human, Kind: "human"})
	return nil
}

func articleButtons(articles []kb.Article) []chat.Button {
	buttons := make([]chat.Button, 0, len(articles)+2)
	for _, a := range articles {
		buttons = append(buttons, chat.Button{ID: ButtonArticle + a.ID, Label: a.Title, Kind: "article"})
	}
	return buttons
}

// offered returns the ids of the articles among d's buttons.
func (d Decision) offered() []string {
	var ids []string
	for _, b := range d.Buttons {
		if id, ok := strings.CutPrefix(b.ID, ButtonArticle); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func intoHandover(d *Decision, reason Reason) {
	d.Action, d.Reason, d.Source, d.Buttons = ActionHandover, reason, nil, nil
	d.Text = phrasesFor(d.Locale).handoverText(reason)
}

func handover(locale string, reason Reason) Decision {
	d := Decision{Locale: locale}
	intoHandover(&d, reason)
	return d
}

// Unavailable is the decision when search or model failed: a human, not silence.
func Unavailable(q Question) Decision {
	return handover(unspoken(q), ReasonBotUnavailable)
}

func smallTalkReply(locale string, reason Reason) Decision {
	return intoReply(Decision{Locale: locale}, reason)
}

// intoReply makes d a sentence of our own.
func intoReply(d Decision, reason Reason) Decision {
	p := phrasesFor(d.Locale)
	d.Action, d.Reason, d.Source, d.Buttons = ActionReply, reason, nil, nil
	switch reason {
	case ReasonThanks:
		d.Text = p.thanks
	case ReasonGoodbye:
		d.Text = p.goodbye
	case ReasonAcknowledged:
		d.Text = p.acknowledged
	case ReasonIdentity:
		d.Text = p.identity
	case ReasonGreeting:
		d.Text = p.greeting
	case ReasonChitchat:
		d.Text = p.chitchat
	case ReasonInjection:
		d.Text = p.injection
	case ReasonInsult:
		d.Text = p.insult
	case ReasonUpset:
		d.Text = p.upset
	case ReasonEmail:
		d.Text = p.email
	default:
		d.Text = p.empty
	}
	switch reason {
	case ReasonThanks, ReasonGoodbye, ReasonAcknowledged, ReasonEmail:
	default:
		d.Buttons = []chat.Button{{ID: ButtonHuman, Label: p.human, Kind: "human"}}
	}
	return d
}

// spoken returns a locale that we speak.
func spoken(locale string) string {
	if locale == text.Chinese || strings.HasPrefix(strings.ToLower(locale), "zh") {
		return text.Chinese
	}
	return text.English
}

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
	Clock      func() time.Time // Defaults to time.Now.
}

// Responder decides what to say. It keeps no state and is safe for concurrent use.
type Responder struct {
	knowledge  Knowledge
	thresholds Thresholds
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
	r := &Responder{knowledge: cfg.Knowledge, thresholds: t, clock: cfg.Clock, gate: newGate(cfg.Signals), splitter: text.NewSplitter()}
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
	if d.Trace.Answer == 0 { // nothing was searched
		t := r.thresholds.forKnowledge(kb.Result{})
		d.Trace.Answer, d.Trace.Clarify = t.Answer, t.Clarify
	}
	r.stats.decided(d.Action, took)
	return d, nil
}

func (r *Responder) decide(ctx context.Context, q Question) (Decision, error) {
	locale := r.gate.language(q)
	switch {
	case q.Button == ButtonHuman:
		return handover(locale, ReasonAskedForHuman), nil
	case strings.HasPrefix(q.Button, ButtonArticle):
		return r.chosen(ctx, q)
	}
	v := r.gate.check(q.Text)
	d, err := r.react(ctx, q, v, locale)
	d.Mood, d.Anger = v.mood.mood(), max(v.mood.Anger, v.mood.Insult)
	return d, err
}

// react does what the gate's verdict asks for.
func (r *Responder) react(ctx context.Context, q Question, v verdict, locale string) (Decision, error) {
	switch v.reason {
	case "":
		d, err := r.lookUp(ctx, q, v.question, locale)
		if err != nil || d.Action == ActionAnswer || v.otherwise == "" || q.Button != "" {
			return d, err
		}
		if v.mood.angry() && (v.otherwise == ReasonAngry || r.angryBefore(q)) {
			intoHandover(&d, ReasonAngry) // who is angry is asked nothing back
			return d, nil
		}
		if d.Action == ActionClarify && d.Confidence >= leastOffer && (v.otherwise == ReasonUpset || v.otherwise == ReasonThanks) {
			return d, nil // an article in reach helps more than words about the mood
		}
		return intoReply(d, v.otherwise), nil
	case ReasonAskedForHuman, ReasonTooLong, ReasonAngry, ReasonUrgent:
		return handover(locale, v.reason), nil
	case ReasonInsult:
		if r.angryBefore(q) {
			return handover(locale, ReasonAngry), nil
		}
		return smallTalkReply(locale, v.reason), nil
	default: // small talk, and what looks like orders or code
		if d, ok := r.exactly(ctx, q, locale); ok {
			return d, nil
		}
		return smallTalkReply(locale, v.reason), nil
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
func (r *Responder) byConfidence(ctx context.Context, q Question, result kb.Result, t Thresholds, d *Decision) (done bool, err error) {
	open := slices.DeleteFunc(slices.Clone(result.Candidates), func(c kb.Candidate) bool { return slices.Contains(q.Rejected, c.Article) })
	// Two articles with the same question, or nothing in it but what both are about: no threshold, however low, chooses.
	answerable := result.Answerable >= t.Clarify
	sure := answerable && result.Confidence >= t.Answer && !result.Features.Ambiguous && !result.Features.Contested
	switch {
	case q.Button == ButtonNone || (len(open) < len(result.Candidates) && sure && open0(open) != open0(result.Candidates)):
		// The best was turned down: offer what is left, if anything comes near.
		if offers(open) == 0 {
			intoHandover(d, ReasonRejected)
			return true, nil
		}
		d.Reason = ReasonRejected
	case sure:
		articles, err := r.knowledge.Replies(ctx, searchScope(q), q.Site, []string{result.Candidates[0].Article}, d.Locale, kb.AudiencePublic)
		if err != nil || len(articles) == 0 {
			return false, err
		}
		d.Reason = ReasonConfident
		if result.Candidates[0].Exact {
			d.Reason = ReasonExact
		}
		intoAnswer(d, articles[0])
		return true, nil
	case !answerable || len(open) == 0:
		intoHandover(d, ReasonNoAnswer)
		return true, nil
	default:
		d.Reason = ReasonUnsure
	}
	if q.Clarified >= t.MaxClarifications {
		intoHandover(d, ReasonClarifyLimit)
		return true, nil
	}
	return r.intoClarify(ctx, q, open, d)
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

func (r *Responder) intoClarify(ctx context.Context, q Question, open []kb.Candidate, d *Decision) (done bool, err error) {
	return r.offer(ctx, q, open[:max(1, offers(open))], d)
}

// wayOut are the buttons that stand under everything the bot says.
func wayOut(p phrases) []chat.Button {
	return []chat.Button{
		{ID: ButtonNone, Label: p.none, Kind: "none_of_these"},
		{ID: ButtonHuman, Label: p.human, Kind: "human"},
	}
}

// chosen answers with the article whose button was pressed.
func (r *Responder) chosen(ctx context.Context, q Question) (Decision, error) {
	locale := r.gate.language(q)
	id := strings.TrimPrefix(q.Button, ButtonArticle)
	articles, err := r.knowledge.Replies(ctx, searchScope(q), q.Site, []string{id}, locale, kb.AudiencePublic)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Locale: locale, Confidence: 1, Reason: ReasonChosen}
	if len(articles) == 0 { // archived since it was offered
		intoHandover(&d, ReasonNoAnswer)
		return d, nil
	}
	intoAnswer(&d, articles[0])
	return d, nil
}

func intoAnswer(d *Decision, a kb.Article) {
	d.Action, d.Text = ActionAnswer, a.Answer
	d.Source = &chat.Source{Article: a.ID, Locale: a.Locale, Title: a.Title, Version: a.Version, Confidence: d.Confidence}
	p := phrasesFor(d.Locale)
	d.Buttons = []chat.Button{
		{ID: ButtonNone, Label: p.notThis, Kind: "none_of_these"},
		{ID: ButtonHuman, Label: p.human, Kind: "human"},
	}
}

func intoHandover(d *Decision, reason Reason) {
	d.Action, d.Reason, d.Source, d.Buttons = ActionHandover, reason, nil, nil
	d.Text = phrasesFor(d.Locale).handoverText(reason, true)
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
	default:
		d.Text = p.empty
	}
	switch reason {
	case ReasonThanks, ReasonGoodbye, ReasonAcknowledged:
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

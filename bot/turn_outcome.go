package bot

import (
	"slices"
	"strings"

	"frontdesk/chat"
)

// TurnOutcome is what a turn came to, short enough to be kept and compared.
type TurnOutcome struct {
	Action     Action   `json:"action"`
	Reason     Reason   `json:"reason"`
	Article    string   `json:"article,omitempty"` // that was said
	Title      string   `json:"title,omitempty"`
	Locale     string   `json:"locale,omitempty"`
	Version    uint32   `json:"version,omitempty"`
	Offers     []string `json:"offers,omitempty"` // articles that were offered, in order
	Confidence float64  `json:"confidence"`
	Answerable float64  `json:"answerable"`
	// Decided is the confidence that a threshold to answer is held against: 0 where no threshold, however low, answers.
	Decided float64 `json:"decided"`
	// Best is the article that stood first, said or not.
	Best string `json:"best,omitempty"`
}

func turnOutcomeOf(d Decision) TurnOutcome {
	o := TurnOutcome{Action: d.Action, Reason: d.Reason, Confidence: round(d.Confidence), Answerable: round(d.Answerable)}
	if s := d.Source; s != nil {
		o.Article, o.Title, o.Locale, o.Version = s.Article, clipBytes(s.Title, maxShownBytes), s.Locale, s.Version
	}
	if d.Action == ActionClarify {
		o.Offers = offersOf(d.Buttons)
	}
	if len(d.Candidates) > 0 {
		o.Best = d.Candidates[0].Article
		if f := d.Trace.Features; d.Answerable >= d.Trace.Clarify && !f.Ambiguous && !f.Contested {
			o.Decided = o.Confidence
		}
	}
	return o
}

// searched reports whether the knowledge base had a say.
func (o TurnOutcome) searched() bool {
	return o.Best != "" || o.Article != "" || len(o.Offers) > 0 || o.Reason == ReasonNoAnswer
}

func offersOf(buttons []chat.Button) []string {
	var out []string
	for _, b := range buttons {
		if id, ok := strings.CutPrefix(b.ID, ButtonArticle); ok {
			out = append(out, id)
		}
	}
	return out
}

// outcomeThen is what a stored turn came to when it was taken. offers are those
// of the row's buttons.
func outcomeThen(p Packet, offers []string) TurnOutcome {
	o := TurnOutcome{Action: p.Action, Reason: p.Reason, Confidence: p.Confidence, Answerable: p.Answerable, Offers: offers}
	if a := p.Article; a != nil {
		o.Article, o.Locale, o.Version = a.ID, a.Locale, a.Version
	}
	if len(p.Candidates) > 0 {
		o.Best = p.Candidates[0].Article
	}
	if f, t := p.Features, p.Thresholds; f != nil && t != nil && p.Answerable >= t.Clarify && !f.Ambiguous && !f.Contested {
		o.Decided = o.Confidence
	}
	return o
}

// Change is how an outcome differs from another.
type Change string

// The changes.
const (
	ChangeNone         Change = ""
	ChangeAnswered     Change = "answered"      // now answered, before not
	ChangeHandedOver   Change = "handed_over"   // now to a person, before not
	ChangeAskedBack    Change = "asked_back"    // now a question back, before an answer or a reply
	ChangeOtherArticle Change = "other_article" // answered with another article
	ChangeOtherOffers  Change = "other_offers"  // a question back that offers others
	ChangeReply        Change = "reply"         // now a sentence of the bot's own
)

// changeFrom compares what is decided, not how surely or why.
func changeFrom(before, after TurnOutcome) Change {
	switch {
	case before.Action != after.Action:
		switch after.Action {
		case ActionAnswer:
			return ChangeAnswered
		case ActionHandover:
			return ChangeHandedOver
		case ActionClarify:
			return ChangeAskedBack
		case ActionReply:
			return ChangeReply
		}
	case after.Action == ActionAnswer && before.Article != after.Article:
		return ChangeOtherArticle
	case after.Action == ActionClarify && !slices.Equal(before.Offers, after.Offers):
		return ChangeOtherOffers
	}
	return ChangeNone
}

// worse reports whether a visitor would be served worse than before: what was
// answered, and not turned down, is answered otherwise or no more; what was asked
// back goes to a person.
func worse(before, after TurnOutcome, turnedDown bool) bool {
	switch changeFrom(before, after) {
	case ChangeOtherArticle:
		return !turnedDown
	case ChangeHandedOver, ChangeAskedBack, ChangeReply:
		return (before.Action == ActionAnswer && !turnedDown) || before.Action == ActionClarify
	}
	return false
}

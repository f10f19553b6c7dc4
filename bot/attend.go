package bot

import (
	"context"
	"slices"
	"strings"

	"frontdesk/chat"
)

// attend speaks in a conversation that waits in the queue while nobody is there:
// it tells the hours, takes an e-mail address, and answers what it is sure of. It
// changes no owner: the conversation keeps its place, and the first word of a
// human's makes what is under way stale. With somebody online it is silent, and
// where the visitor is in danger, angry or at risk it leaves the word to people.
// See docs/adr/0010. What a crash loses here is not caught up with: a person will
// read it.
func (t *Turns) attend(ctx, attempt context.Context, head chat.Conversation, ep *episode) error {
	if len(ep.pending) == 0 && !ep.waits.asked {
		return nil
	}
	online, err := t.chat.AgentsOnline(attempt, head.Site, head.Department)
	if err != nil {
		return err
	}
	if online > 0 {
		return nil
	}
	p, err := t.policy(attempt, head.Site)
	if err != nil {
		return err
	}
	// Each message for itself: those before it were left to people.
	ep.pending = ep.pending[max(0, len(ep.pending)-1):]
	q, pending := ep.question(head)
	if !pending {
		q = Question{Site: head.Site, Department: head.Department, Conversation: head.ID, Locale: localeOf(head), Audience: audienceOf(head.Contact)}
	}
	live := p.ModeFor(head.ID) == ModeLive
	answers := live && goesOn(ep.waits.reason)
	if pending && live {
		d, err := t.decider.Decide(attempt, q)
		switch {
		case err != nil: // people will read it
			return err
		case attempt.Err() != nil:
			return context.Cause(attempt)
		case d.Reason == ReasonEmail:
			return t.say(ctx, head, ep, q, d)
		case d.Reason == ReasonUrgent:
			return t.say(ctx, head, ep, q, saying(d, phrasesFor(d.Locale).urgentAbsent))
		case d.Action == ActionAnswer && answers:
			// The way to a person is gone already, and who turns an answer down here is not asked back.
			d.Buttons = slices.DeleteFunc(d.Buttons, func(b chat.Button) bool { return !strings.HasPrefix(b.ID, ButtonArticle) })
			return t.say(ctx, head, ep, q, d)
		case d.Action == ActionReply && answers && d.Reason != ReasonEmpty: // who thanks or greets gets a word back
			return t.say(ctx, head, ep, q, saying(d, d.Text))
		case d.Reason == ReasonAskedForHuman, answers && !ep.toldAbsent():
			ep.waits.asked = true // once more: nobody hears silence as "it waits"
		}
	}
	if !ep.waits.asked {
		return nil
	}
	d := Decision{Locale: unspoken(q), Reason: ReasonAbsent}
	return t.say(ctx, head, ep, q, saying(d, absentText(d.Locale, absence{hours: p.Hours, now: t.clock(), email: reachable(head), goOn: answers})))
}

// goesOn reports whether the bot answers other questions after a hand-over for
// this reason, as long as nobody has taken the conversation.
func goesOn(handedOver Reason) bool {
	switch handedOver {
	case ReasonAngry, ReasonUrgent, ReasonRisk, ReasonBotUnavailable, ReasonOff, ReasonShadow:
		return false
	}
	return true
}

// toldAbsent reports that the bot's last word was that nobody is there.
func (e *episode) toldAbsent() bool {
	for i := len(e.rows) - 1; i >= 0; i-- {
		if r := &e.rows[i]; r.Author.Kind == chat.AuthorBot && r.Kind == chat.KindMessage {
			return Reason(r.Data.Reason) == ReasonAbsent
		} else if r.Kind == chat.KindHandover {
			return false
		}
	}
	return false
}

// saying is d as a sentence of our own.
func saying(d Decision, sentence string) Decision {
	d.Action, d.Text, d.Source, d.Buttons = ActionReply, sentence, nil, nil
	return d
}

// say stores d as a message.
func (t *Turns) say(ctx context.Context, head chat.Conversation, ep *episode, q Question, d Decision) error {
	if err := t.commit(ctx, head, ep, q, d); err != nil {
		return err
	}
	t.count(func(c *TurnCounts) { c.Committed++ })
	return nil
}

// localeOf is the visitor's language as far as the conversation tells.
func localeOf(c chat.Conversation) string {
	if c.Locale != "" {
		return c.Locale
	}
	return c.Contact.Locale
}

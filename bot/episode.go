package bot

import (
	"slices"
	"strings"

	"frontdesk/chat"
	"frontdesk/kb"
)

// maxPrevious is how many earlier questions a turn sees.
const maxPrevious = 3

// episode is what the log says about the question under way. An episode begins
// with the conversation, when a human or the queue had it, when it was resolved,
// and with the question after an answer that the visitor did not turn down.
type episode struct {
	rows     []chat.Row // all that were read, ascending
	lastSeq  uint32
	pending  []remark      // the visitor's, not yet answered
	previous []string      // the visitor's questions before those
	menu     []chat.Button // under the bot's last message
	offered  []string      // articles of the bot's last message
	rejected []string      // articles offered and turned down
	clarify  int           // questions back
	answered bool          // the bot's last message was an article
	calmed   bool          // a human was offered to an angry visitor
	stalled  int           // the visitor's turns that came to nothing, in a row
	said     string        // the article that was said last, unless the visitor has moved on since
	waits    waiting       // since the hand-over; zero while the bot has the conversation
}

// remark is one message of the visitor's, as it is understood.
type remark struct {
	row chat.Row
	choice
	text string // what it asks; empty for a choice
}

// waiting is what happened since the conversation went into the queue.
type waiting struct {
	since  uint32 // seq of the hand-over; 0 = it does not wait, or that is too long ago
	reason Reason
	asked  bool // the visitor went there by themselves: the bot has said nothing yet
}

// readEpisode reads rows in ascending order.
func (c choices) readEpisode(rows []chat.Row) episode {
	e := episode{rows: rows}
	for i := range rows {
		row := &rows[i]
		e.lastSeq = row.Seq
		switch {
		case row.Kind == chat.KindNote, row.Kind == chat.KindEmail, row.Kind == chat.KindFeedback, row.Kind == chat.KindInvited, row.Kind == chat.KindIdentified,
			row.Kind == chat.KindEdited, row.Kind == chat.KindDeleted: // the rows they speak of say what counts
		case row.Author.Kind == chat.AuthorVisitor && row.Data.Deleted != nil: // taken back: nothing is asked
		case row.Kind == chat.KindHandover:
			e = episode{rows: rows, lastSeq: row.Seq, waits: waiting{since: row.Seq, reason: Reason(row.Data.Reason), asked: row.Author.Kind == chat.AuthorVisitor}}
		case row.Kind != chat.KindMessage, row.Author.Kind == chat.AuthorAgent:
			e = episode{rows: rows, lastSeq: row.Seq}
		case row.Author.Kind == chat.AuthorVisitor:
			e.pending = append(e.pending, c.understand(row, &e))
		case row.Author.Kind == chat.AuthorBot:
			e.waits.asked = false
			e.settle()
			e.spoke(row)
		}
	}
	return e
}

// understand reads a message of the visitor's: a button, words that stand for
// one, or a question.
func (c choices) understand(row *chat.Row, e *episode) remark {
	m := remark{row: *row, choice: choice{button: row.Data.Button}}
	if m.button != "" {
		return m
	}
	if pick, ok := c.read(row.Content, e.menu, e.answered); ok && e.waits.since == 0 {
		m.choice, m.text = pick, pick.rest
		return m
	}
	m.text = row.Content
	return m
}

// settle moves what the bot has reacted to from pending into the past.
func (e *episode) settle() {
	for i := range e.pending {
		m := &e.pending[i]
		if m.button == ButtonNone {
			if e.answered {
				e.stalled++ // so the answer was of no use
			}
			e.rejected, e.answered, e.offered = append(e.rejected, e.offered...), false, nil
		}
		if m.text != "" {
			if e.answered {
				e.clarify, e.rejected, e.answered, e.calmed = 0, nil, false, false
			}
			e.previous = append(e.previous, m.text)
		}
	}
	e.previous = e.previous[max(0, len(e.previous)-maxPrevious):]
}

// spoke takes in what the bot said to the pending messages.
func (e *episode) spoke(row *chat.Row) {
	chosen := len(e.pending) > 0 && strings.HasPrefix(e.pending[len(e.pending)-1].button, ButtonArticle)
	refused := slices.ContainsFunc(e.pending, func(m remark) bool { return m.button == ButtonNone })
	e.pending, e.menu = nil, row.Data.Buttons
	e.offered, e.answered = nil, row.Data.Source != nil
	if !e.answered {
		for _, b := range row.Data.Buttons {
			if id, ok := strings.CutPrefix(b.ID, ButtonArticle); ok {
				e.offered = append(e.offered, id)
			}
		}
	}
	switch Reason(row.Data.Reason) {
	case ReasonInsult, ReasonUpset:
		e.calmed = true
	case ReasonThanks, ReasonGoodbye:
		e.stalled, e.said = 0, ""
	default:
	}
	switch {
	case len(e.offered) > 0:
		e.clarify++
		e.stalled++
	case e.answered:
		article := row.Data.Source.Article
		switch {
		case chosen, article != e.said && !refused:
			e.stalled = 0
		case article == e.said: // the same again: the turn before came to nothing either
			e.stalled = max(2, e.stalled+1)
		}
		e.said, e.offered = article, []string{article}
	}
}

// audienceOf returns what a contact may be told: articles for customers only
// those for whom the site vouched. What a visitor says of themselves proves nothing.
func audienceOf(c chat.Contact) kb.Audience {
	if c.Identified {
		return kb.AudienceCustomers
	}
	return kb.AudiencePublic
}

// question is what the bot is asked now; ok is false if nothing is pending.
func (e episode) question(c chat.Conversation) (q Question, ok bool) {
	if len(e.pending) == 0 {
		return Question{}, false
	}
	q = Question{
		Site: c.Site, Department: c.Department, Conversation: c.ID, Locale: c.Locale, Audience: audienceOf(c.Contact),
		Previous: e.previous, Rejected: e.rejected, Clarified: e.clarify, Offered: e.calmed, Stalled: e.stalled, Said: e.said,
	}
	if q.Locale == "" {
		q.Locale = c.Contact.Locale
	}
	var texts []string
	refused := false
	for i := range e.pending {
		m := &e.pending[i]
		if m.button == ButtonNone && !refused {
			refused = true
			q.Rejected = slices.Concat(e.rejected, e.offered)
			if e.answered {
				q.Stalled++
			}
		}
		if m.text != "" {
			texts = append(texts, m.text)
		}
	}
	last := &e.pending[len(e.pending)-1]
	switch {
	case last.button == ButtonHuman, last.button == ButtonNone && last.text == "", strings.HasPrefix(last.button, ButtonArticle):
		q.Button, q.Also = last.button, strings.TrimPrefix(last.also, ButtonArticle)
		switch {
		case len(texts) > 0:
			q.Text = strings.Join(texts, "\n")
		case len(e.previous) > 0:
			q.Text, q.Previous = e.previous[len(e.previous)-1], e.previous[:len(e.previous)-1]
		default:
			q.Text = last.row.Content
		}
		return q, true
	case len(texts) == 0: // a button that we do not know: its label is the question
		texts = []string{last.row.Content}
	}
	if e.answered && !refused { // a new question after an answer
		q.Rejected, q.Clarified, q.Offered = nil, 0, false
	}
	q.Text = strings.Join(texts, "\n")
	return q, true
}

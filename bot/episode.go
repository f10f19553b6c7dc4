package bot

import (
	"strings"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// maxPrevious is how many earlier questions a turn sees.
const maxPrevious = 3

// episode is what the log says about the question under way. An episode begins
// with the conversation, when a human or the queue had it, when it was resolved,
// and with the question after an answer that the visitor did not turn down.
type episode struct {
	lastSeq  uint32
	pending  []chat.Row // the visitor's, not yet answered
	previous []string   // the visitor's questions before those
	offered  []string   // articles of the bot's last message
	rejected []string   // articles offered and turned down
	clarify  int        // questions back
	answered bool       // the bot's last message was an article
	calmed   bool       // a human was offered to an angry visitor
}

// readEpisode reads rows in ascending order.
func readEpisode(rows []chat.Row) episode {
	var e episode
	for i := range rows {
		row := &rows[i]
		e.lastSeq = row.Seq
		switch {
		case row.Kind == chat.KindNote, row.Kind == chat.KindEmail, row.Kind == chat.KindFeedback:
		case row.Kind != chat.KindMessage, row.Author.Kind == chat.AuthorAgent:
			e = episode{lastSeq: row.Seq}
		case row.Author.Kind == chat.AuthorVisitor:
			said := *row
			if said.Data.Button == "" && len(e.pending) == 0 && len(e.offered) > 0 && turnsDown(said.Content, e.answered) {
				said.Data.Button = ButtonNone
			}
			e.pending = append(e.pending, said)
		case row.Author.Kind == chat.AuthorBot:
			e.settle()
			e.spoke(row)
		}
	}
	return e
}

// settle moves what the bot has reacted to from pending into the past.
func (e *episode) settle() {
	for i := range e.pending {
		row := &e.pending[i]
		switch row.Data.Button {
		case "":
			if e.answered {
				e.clarify, e.rejected, e.answered, e.calmed = 0, nil, false, false
			}
			e.previous = append(e.previous, row.Content)
		case ButtonNone:
			e.rejected, e.answered = append(e.rejected, e.offered...), false
			e.offered = nil
		}
	}
	e.previous = e.previous[max(0, len(e.previous)-maxPrevious):]
	e.pending = nil
}

func (e *episode) spoke(row *chat.Row) {
	e.offered, e.answered = nil, row.Data.Source != nil
	for _, b := range row.Data.Buttons {
		if id, ok := strings.CutPrefix(b.ID, ButtonArticle); ok {
			e.offered = append(e.offered, id)
		}
	}
	if len(e.offered) > 0 {
		e.clarify++
	}
	switch Reason(row.Data.Reason) {
	case ReasonInsult, ReasonUpset:
		e.calmed = true
	default:
	}
	if e.answered {
		e.offered = []string{row.Data.Source.Article}
	}
}

// question is what the bot is asked now; ok is false if nothing is pending.
func (e episode) question(c chat.Conversation) (q Question, ok bool) {
	if len(e.pending) == 0 {
		return Question{}, false
	}
	q = Question{
		Site: c.Site, Department: c.Department, Conversation: c.ID, Locale: c.Locale,
		Previous: e.previous, Rejected: e.rejected, Clarified: e.clarify, Offered: e.calmed,
	}
	if q.Locale == "" {
		q.Locale = c.Contact.Locale
	}
	var texts []string
	for i := range e.pending {
		if e.pending[i].Data.Button == "" {
			texts = append(texts, e.pending[i].Content)
		}
	}
	last := e.pending[len(e.pending)-1]
	switch button := last.Data.Button; {
	case button == ButtonHuman, button == ButtonNone, strings.HasPrefix(button, ButtonArticle):
		q.Button = button
		if button == ButtonNone {
			q.Rejected = append(append([]string(nil), e.rejected...), e.offered...)
		}
		switch {
		case len(texts) > 0:
			q.Text = strings.Join(texts, "\n")
		case len(e.previous) > 0:
			q.Text, q.Previous = e.previous[len(e.previous)-1], e.previous[:len(e.previous)-1]
		default:
			q.Text = last.Content
		}
		return q, true
	case len(texts) == 0: // a button that we do not know: its label is the question
		texts = []string{last.Content}
	}
	if e.answered { // a new question after an answer
		q.Rejected, q.Clarified, q.Offered = nil, 0, false
	}
	q.Text = strings.Join(texts, "\n")
	return q, true
}

// turnsDown reports whether a message says in words what the button none of
// these says. After an answer a bare no may as well mean that nothing else is
// wanted, so it counts only after a question back.
func turnsDown(s string, answered bool) bool {
	switch text.Key(text.Normalize(s)) {
	case text.Key("都不是"), text.Key("以上都不是"), text.Key("都不对"), text.Key("不是这个"), text.Key("不是这些"), text.Key("不是我想问的"),
		text.Key("none of these"), text.Key("none of them"), text.Key("none of those"), text.Key("neither"), text.Key("not what i asked"), text.Key("not what i meant"):
		return true
	case text.Key("不是"), text.Key("不"), text.Key("不对"), text.Key("没有"), text.Key("no"), text.Key("nope"), text.Key("none"):
		return !answered
	}
	return false
}

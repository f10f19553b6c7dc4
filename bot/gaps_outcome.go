package bot

import (
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// GapOutcome is what became of a sample.
type GapOutcome struct {
	// Answered: the bot found the answer after all, and no person was needed. The sample tells of no gap.
	Answered bool
	Handled  time.Duration // from a person's taking the conversation to its end; 0 = not known
	Replies  []uint32      // rows of the person's reply that solved it
}

const (
	// gapReturn is how soon a visitor who comes back says that nothing was solved.
	gapReturn = 72 * time.Hour
	// maxGapReplies is how many messages make up a reply.
	maxGapReplies = 3
	// longestHandling: a conversation left open over night says nothing about the work in it.
	longestHandling = 8 * time.Hour
)

// gapOutcomeOf reads a conversation's rows, in order, for what came after the turn
// at seq. Only a person's own messages count as a reply: nothing that the bot has
// said, nor what repeats it (fault: a bot that learns from itself).
func gapOutcomeOf(rows []chat.Row, seq uint32, reason string) GapOutcome {
	said := map[string]bool{}
	var out GapOutcome
	var taken time.Time
	var replies []*chat.Row
	for i := range rows {
		row := &rows[i]
		if row.Author.Kind == chat.AuthorBot && row.Kind == chat.KindMessage {
			said[text.Key(text.Normalize(row.Content))] = true
		}
		if row.Seq <= seq {
			continue
		}
		byAgent := row.Author.Kind == chat.AuthorAgent
		switch {
		case row.Kind == chat.KindClaimed || byAgent && row.Kind == chat.KindMessage:
			if taken.IsZero() {
				taken = row.Time
			}
			if byAgent && row.Kind == chat.KindMessage {
				replies = append(replies, row)
			}
		case row.Author.Kind == chat.AuthorBot && row.Data.Source != nil && taken.IsZero() && reason == string(ReasonRejected):
			// What the visitor then chose answered it, unless they vote against it: that is a sample of its own.
			out.Answered = true
			return out
		case row.Kind == chat.KindResolved && !taken.IsZero():
			if took := row.Time.Sub(taken); took <= longestHandling {
				out.Handled = took
			}
			if !gapCameBack(rows[i+1:], row.Time) {
				out.Replies = gapRepliesOf(replies, said)
			}
			return out
		}
	}
	return out
}

// gapCameBack reports whether the matter went on soon after it was resolved. Thanks
// and goodbyes do not count: they are answered by small talk.
func gapCameBack(rows []chat.Row, resolved time.Time) bool {
	for i := range rows {
		row := &rows[i]
		if row.Time.Sub(resolved) > gapReturn {
			return false
		}
		switch {
		case row.Kind == chat.KindReopened, row.Kind == chat.KindHandover:
			return true
		case row.Kind != chat.KindMessage:
		case row.Author.Kind == chat.AuthorAgent:
			return true
		case row.Author.Kind == chat.AuthorBot:
			switch Reason(row.Data.Reason) {
			case ReasonThanks, ReasonGoodbye, ReasonAcknowledged, ReasonGreeting, ReasonEmpty:
			default:
				return true
			}
		}
	}
	return false
}

// gapRepliesOf returns the rows that say most, in their order: no questions
// back, no pleasantries, nothing that the bot has said, unless nothing else is left.
func gapRepliesOf(replies []*chat.Row, said map[string]bool) []uint32 {
	var own, telling []*chat.Row
	for _, r := range replies {
		if said[text.Key(text.Normalize(r.Content))] {
			continue
		}
		own = append(own, r)
		if gapTells(r.Content) {
			telling = append(telling, r)
		}
	}
	if len(telling) == 0 {
		telling = own
	}
	for len(telling) > maxGapReplies {
		shortest := 0
		for i := range telling {
			if utf8.RuneCountInString(telling[i].Content) < utf8.RuneCountInString(telling[shortest].Content) {
				shortest = i
			}
		}
		telling = append(telling[:shortest:shortest], telling[shortest+1:]...)
	}
	var seqs []uint32
	for _, r := range telling {
		seqs = append(seqs, r.Seq)
	}
	return seqs
}

// gapTells reports whether a message says something rather than asks or greets.
func gapTells(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？") || strings.HasSuffix(s, "吗") || strings.HasSuffix(s, "呢") {
		return false
	}
	if text.HasCJK(s) {
		return utf8.RuneCountInString(s) >= 9
	}
	return len(strings.Fields(s)) >= 5
}

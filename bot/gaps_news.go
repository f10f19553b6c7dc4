package bot

import (
	"slices"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// ReasonThumbsDown is why an answer that the visitor voted against is a sample of
// a gap; ReasonBotWrong, one that an agent called wrong; ReasonRequested, a hand-over
// that the visitor asked for by the button above the text field.
const (
	ReasonThumbsDown Reason = "thumbs_down"
	ReasonBotWrong   Reason = "bot_wrong"
	ReasonRequested  Reason = "requested"
)

// gapReasons are the reasons of rows that tell of a gap.
func gapReasons() []string {
	return []string{
		string(ReasonNoAnswer), string(ReasonClarifyLimit), string(ReasonRejected), string(ReasonAskedForHuman), string(ReasonRequested), "loop", "topic",
	}
}

const (
	maxGapQuestion = 500 // code points that are kept of a question
	maxGapNearest  = 3
)

// gapSampleOf returns the sample that a row of the log is; ok is false if it is
// none: nothing was asked of the bot before, or the vote is for the answer.
func gapSampleOf(n GapNews) (s GapSample, ok bool) {
	if n.Vote && n.Helpful {
		return s, false
	}
	own, err := ReadPacket(n.Extra)
	if err != nil || n.Author == chat.AuthorVisitor { // a visitor's hand-over tells what they said last, which may be no question
		own = Packet{}
	}
	p := own
	if !gapAsks(p) {
		if p, err = ReadPacket(n.Before); err != nil || !gapAsks(p) {
			return s, false
		}
	}
	s = GapSample{
		GapTurn: n.GapTurn, Contact: n.Contact, Reason: n.Reason, At: n.At,
		Question: clip(gapQuestionOf(p), maxGapQuestion),
	}
	if s.Reason == string(ReasonRequested) { // by the button or in words: one wish
		s.Reason = string(ReasonAskedForHuman)
	}
	if n.Vote || n.Judged {
		s.Reason = string(ReasonThumbsDown)
		if n.Judged {
			s.Reason = string(ReasonBotWrong)
		}
		if n.Source != nil {
			s.Said = PacketArticle{ID: n.Source.Article, Locale: n.Source.Locale, Version: n.Source.Version}
		}
	}
	if text.Key(text.Normalize(s.Question)) == "" {
		return s, false
	}
	locale := n.Locale
	if p.Asked != nil {
		s.Audience, locale = p.Asked.Audience, p.Asked.Locale
	}
	s.Site, s.Department, s.Locale = n.Site, n.Department, spoken(text.Language(s.Question, locale))
	for _, c := range p.Candidates[:min(maxGapNearest, len(p.Candidates))] {
		if !slices.Contains(s.Nearest, c.Article) {
			s.Nearest = append(s.Nearest, c.Article)
		}
	}
	return s, true
}

// gapAsks reports whether the turn looked a question up.
func gapAsks(p Packet) bool {
	return p.Question != "" || p.Reason == ReasonChosen && p.Asked != nil && p.Asked.Text != ""
}

// gapQuestionOf returns the question in the visitor's words where they are kept.
func gapQuestionOf(p Packet) string {
	if p.Asked != nil && p.Asked.Text != "" {
		return p.Asked.Text
	}
	return p.Question
}

package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"frontdesk/internal/identity"
)

const (
	// packetRows is how far back a packet looks.
	packetRows = 60
	// packetQuestions bounds the questions of a packet, packetRunes each, maxTried its articles.
	packetQuestions, packetCandidates, packetRunes, maxTried = 3, 3, 500, 6
)

// articlePrefix is what the id of a button of kind "article" begins with.
const articlePrefix = "article:"

// Outcome of an article that the visitor saw.
const (
	TriedAnswered  = "answered"  // said, and not objected to
	TriedOffered   = "offered"   // a button that was not pressed
	TriedRejected  = "rejected"  // turned down
	TriedUnhelpful = "unhelpful" // said, and voted down
	reasonRejected = "none_of_these"
)

// Tried is an article that the visitor saw before a person takes over.
type Tried struct {
	Article string `json:"article"`
	Title   string `json:"title"`
	Locale  string `json:"locale,omitempty"`
	Outcome string `json:"outcome"`
}

// packet is what staff should know when the visitor asks for a human: the part
// of the bot's own hand-over packet that the log tells.
type packet struct {
	Action     string   `json:"action"`
	Reason     string   `json:"reason"`
	Question   string   `json:"question"`            // the visitor's last
	Questions  []string `json:"questions,omitempty"` // the last ones, oldest first, when there are several
	Summary    []string `json:"summary,omitempty"`
	Tried      []Tried  `json:"tried,omitempty"`
	Language   string   `json:"language,omitempty"`
	Mood       string   `json:"mood,omitempty"`
	Confidence float64  `json:"confidence"` // of the last answer
	// Candidates are the articles found last, as in the bot's own packets.
	Candidates []packetCandidate `json:"candidates,omitempty"`
}

type packetCandidate struct {
	Article string  `json:"article"`
	Score   float64 `json:"score,omitempty"` // of an article that was shown; 0 if it was only offered
	Variant string  `json:"variant"`         // its title
}

// summarize returns the packet for a conversation that the visitor takes to the
// queue: the last questions, and the articles that were shown or offered.
func (s *Service) summarize(ctx context.Context, scope identity.Scope, conv, reason string) (json.RawMessage, error) {
	conv, ok := CanonicalID(conv)
	if !ok {
		return nil, ErrNotFound
	}
	rows, err := s.store.Rows(ctx, scope, conv, 0, math.MaxInt32, packetRows)
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	p := packetOf(rows, reason)
	if s.digest != nil {
		p.Summary = s.digest(VisitorTexts(rows))
	}
	return json.Marshal(p)
}

// packetOf reads rows, which ascend, from the last one back.
func packetOf(rows []Row, reason string) packet {
	p := packet{Action: string(ActHandover), Reason: reason, Tried: TriedArticles(rows)}
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		switch {
		case r.Kind != KindMessage, r.Data.Deleted != nil:
		case r.Author.Kind == AuthorVisitor && len(p.Questions) < packetQuestions:
			p.Questions = append(p.Questions, clip(r.Content, packetRunes))
		case r.Author.Kind == AuthorBot:
			p.heard(r)
		}
	}
	slices.Reverse(p.Questions)
	if n := len(p.Questions); n > 0 {
		p.Question = p.Questions[n-1]
	}
	if len(p.Questions) == 1 {
		p.Questions = nil
	}
	return p
}

// heard takes from a row of the bot what the later ones did not tell: its articles, language, mood, confidence.
func (p *packet) heard(r *Row) {
	if s := r.Data.Source; s != nil {
		p.add(packetCandidate{Article: s.Article, Score: s.Confidence, Variant: s.Title})
	}
	for _, b := range r.Data.Buttons {
		if b.Kind == "article" {
			p.add(packetCandidate{Article: strings.TrimPrefix(b.ID, articlePrefix), Variant: b.Label})
		}
	}
	if p.Language == "" {
		p.Language = r.Data.Locale
	}
	if p.Confidence == 0 && r.Data.Source != nil {
		p.Confidence = r.Data.Source.Confidence
	}
	if p.Mood == "" && len(r.Data.Extra) > 0 {
		var told struct {
			Mood string `json:"mood"`
		}
		if json.Unmarshal(r.Data.Extra, &told) == nil {
			p.Mood = told.Mood
		}
	}
}

func (p *packet) add(c packetCandidate) {
	known := slices.ContainsFunc(p.Candidates, func(o packetCandidate) bool { return o.Article == c.Article })
	if !known && len(p.Candidates) < packetCandidates {
		p.Candidates = append(p.Candidates, c)
	}
}

// VisitorTexts returns what the visitor typed since a person last had the
// conversation, oldest first; pressed buttons are left out.
func VisitorTexts(rows []Row) []string {
	var out []string
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Kind == KindResolved, r.Kind == KindMessage && r.Author.Kind == AuthorAgent:
			out = nil
		case r.Kind == KindMessage && r.Author.Kind == AuthorVisitor && r.Data.Button == "" && r.Data.Deleted == nil:
			out = append(out, r.Content)
		}
	}
	return out
}

// TriedArticles returns the articles that the bot said or offered since a person
// last had the conversation, by title, the latest first, with what became of each.
func TriedArticles(rows []Row) []Tried {
	var all []Tried
	bySeq := map[uint32]string{}
	last := []string(nil) // of the bot's last message
	set := func(article, outcome string) {
		for i := range all {
			if all[i].Article == article {
				all[i].Outcome = outcome
			}
		}
	}
	put := func(t Tried) {
		all = slices.DeleteFunc(all, func(o Tried) bool {
			return o.Article == t.Article && (t.Outcome == TriedAnswered || o.Outcome == TriedOffered)
		})
		if !slices.ContainsFunc(all, func(o Tried) bool { return o.Article == t.Article }) {
			all = append(all, t)
		}
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Kind == KindResolved, r.Kind == KindMessage && r.Author.Kind == AuthorAgent:
			all, last = nil, nil
		case r.Kind == KindFeedback && r.Data.Feedback != nil && bySeq[r.Data.Feedback.Seq] != "":
			if r.Data.Feedback.Helpful {
				set(bySeq[r.Data.Feedback.Seq], TriedAnswered)
			} else {
				set(bySeq[r.Data.Feedback.Seq], TriedUnhelpful)
			}
		case r.Kind == KindMessage && r.Author.Kind == AuthorVisitor && r.Data.Button == reasonRejected:
			for _, article := range last {
				set(article, TriedRejected)
			}
		case r.Author.Kind == AuthorBot:
			if last = shownIn(r, put); r.Data.Source != nil {
				bySeq[r.Seq] = r.Data.Source.Article
			}
		}
	}
	slices.Reverse(all)
	return all[:min(maxTried, len(all))]
}

// shownIn puts the articles of one message of the bot and returns their ids.
func shownIn(r *Row, put func(Tried)) []string {
	var ids []string
	if s := r.Data.Source; s != nil {
		put(Tried{Article: s.Article, Title: s.Title, Locale: s.Locale, Outcome: TriedAnswered})
		return []string{s.Article} // its buttons are next steps
	}
	for _, b := range r.Data.Buttons {
		if id, ok := strings.CutPrefix(b.ID, articlePrefix); ok && b.Kind == "article" {
			put(Tried{Article: id, Title: b.Label, Locale: r.Data.Locale, Outcome: TriedOffered})
			ids = append(ids, id)
		}
	}
	return ids
}

// clip returns the first limit code points of text.
func clip(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit])
	}
	return text
}

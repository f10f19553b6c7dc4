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
	// packetQuestions and packetCandidates bound what it tells, packetRunes each question.
	packetQuestions, packetCandidates, packetRunes = 3, 3, 500
)

// articlePrefix is what the id of a button of kind "article" begins with.
const articlePrefix = "article:"

// packet is what staff should know when the visitor asks for a human: the part
// of the bot's own hand-over packet that the log tells.
type packet struct {
	Action     string            `json:"action"`
	Reason     string            `json:"reason"`
	Question   string            `json:"question"`            // the visitor's last
	Questions  []string          `json:"questions,omitempty"` // the last ones, oldest first, when there are several
	Confidence float64           `json:"confidence"`          // of the last answer
	Candidates []packetCandidate `json:"candidates,omitempty"`
}

type packetCandidate struct {
	Article string  `json:"article"`
	Score   float64 `json:"score,omitempty"` // of an article that was shown; 0 if it was only offered
	Variant string  `json:"variant"`         // its title
}

// summarize returns the packet for a conversation that the visitor takes to the
// queue: the last questions, and the articles that were shown or offered last.
func (s *Service) summarize(ctx context.Context, scope identity.Scope, conv, reason string) (json.RawMessage, error) {
	conv, ok := CanonicalID(conv)
	if !ok {
		return nil, ErrNotFound
	}
	rows, err := s.store.Rows(ctx, scope, conv, 0, math.MaxInt32, packetRows)
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	return json.Marshal(packetOf(rows, reason))
}

// packetOf reads rows, which ascend, from the last one back.
func packetOf(rows []Row, reason string) packet {
	p := packet{Action: string(ActHandover), Reason: reason}
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		switch {
		case r.Kind != KindMessage:
		case r.Author.Kind == AuthorVisitor && len(p.Questions) < packetQuestions:
			p.Questions = append(p.Questions, clip(r.Content, packetRunes))
		case r.Author.Kind == AuthorBot:
			p.found(r)
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

// found adds the articles of one message of the bot.
func (p *packet) found(r *Row) {
	if s := r.Data.Source; s != nil {
		if len(p.Candidates) == 0 {
			p.Confidence = s.Confidence
		}
		p.add(packetCandidate{Article: s.Article, Score: s.Confidence, Variant: s.Title})
	}
	for _, b := range r.Data.Buttons {
		if b.Kind == "article" {
			p.add(packetCandidate{Article: strings.TrimPrefix(b.ID, articlePrefix), Variant: b.Label})
		}
	}
}

func (p *packet) add(c packetCandidate) {
	known := slices.ContainsFunc(p.Candidates, func(o packetCandidate) bool { return o.Article == c.Article })
	if !known && len(p.Candidates) < packetCandidates {
		p.Candidates = append(p.Candidates, c)
	}
}

// clip returns the first limit code points of text.
func clip(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit])
	}
	return text
}

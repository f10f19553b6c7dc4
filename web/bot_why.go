package web

import (
	"context"
	"fmt"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Why is how a decision of the bot came about.
type Why struct {
	Packet bot.Packet `json:"packet" doc:"What it was asked, what it found, what it was held against"`
	// Titles of the articles that the packet names, as published now; one that is not there any more is left out.
	Titles map[string]string `json:"titles" doc:"Of the articles named, as published now; one that is gone is left out"`
	Whole  bool              `json:"whole" doc:"False for turns of before the whole trace was stored"`
	// Of a row of a conversation.
	Text string     `json:"text" doc:"What the visitor saw"`
	Time *time.Time `json:"time" nullable:"true"`
}

type whyInput struct {
	ID  string `path:"id"`
	Seq uint32 `path:"seq" minimum:"1"`
}

// why tells agents and admins why the bot said what it said.
func (s *Server) why(ctx context.Context, in *whyInput) (*jsonBody[Why], error) {
	actor := callerOf(ctx).actor
	head, err := s.cfg.Chat.Conversation(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.cfg.Chat.History(ctx, actor, in.ID, in.Seq-1, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || rows[0].Seq != in.Seq || rows[0].Author.Kind != chat.AuthorBot {
		return nil, fmt.Errorf("row %d is none of the bot's: %w", in.Seq, chat.ErrNotFound)
	}
	p, err := bot.ReadPacket(rows[0].Data.Extra)
	if err != nil {
		return nil, err
	}
	titles, err := s.titlesOf(ctx, actor, head.Site, p, rows[0].Data.Locale)
	if err != nil {
		return nil, err
	}
	at := rows[0].Time.UTC()
	return body(Why{Packet: p, Titles: titles, Whole: p.Asked != nil, Text: rows[0].Content, Time: &at}, nil)
}

// titlesOf returns what the packet's articles are called within the actor's scope.
func (s *Server) titlesOf(ctx context.Context, actor identity.Actor, site int32, p bot.Packet, locale string) (map[string]string, error) {
	seen := map[string]bool{}
	var ids []string
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if p.Article != nil {
		add(p.Article.ID)
	}
	for _, c := range p.Candidates {
		add(c.Article)
	}
	for _, id := range p.Rejected {
		add(id)
	}
	titles := make(map[string]string, len(ids))
	if s.cfg.BotDesk.Articles == nil {
		return titles, nil
	}
	found, err := s.cfg.BotDesk.Articles.Replies(ctx, actor.Scope, site, ids, locale, kb.AudienceStaff)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		titles[a.ID] = a.Title
	}
	return titles, nil
}

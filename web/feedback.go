package web

import (
	"context"

	"frontdesk/chat"
)

type feedbackInput struct {
	Body struct {
		Conversation string `json:"conversation,omitempty" doc:"Without it the visitor's current one"`
		CID          string `json:"cid" doc:"A UUIDv7 made by the client; the same one is stored once"`
		Seq          uint32 `json:"seq" minimum:"1" maximum:"2147483647" doc:"Of the bot's answer"`
		Helpful      bool   `json:"helpful"`
	}
}

// visitorFeedback stores whether an answer of the bot helped.
func (s *Server) visitorFeedback(ctx context.Context, in *feedbackInput) (*jsonBody[SentMessage], error) {
	c := callerOf(ctx)
	if err := s.voteLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("feedback").Inc()
		return nil, err
	}
	row, err := s.cfg.Chat.Vote(ctx, c.actor, in.Body.Conversation, in.Body.CID, chat.Feedback{Seq: in.Body.Seq, Helpful: in.Body.Helpful})
	return body(sentOf(row), s.orGone(ctx, c.claims.Contact, err))
}

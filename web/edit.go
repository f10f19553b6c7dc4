package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// deliveryRoutes are the REST twins of the frames that pages without a socket need.
func (s *Server) deliveryRoutes() {
	const get, post = http.MethodGet, http.MethodPost
	add(s, post, "/api/visitor/delete-message", identity.PermVisitorChat, "Remove an own message", s.visitorDelete)
	add(s, post, "/api/visitor/read", identity.PermVisitorChat, "Say how far the log was received and read", s.visitorRead)
	add(s, post, "/api/agent/edit-message", identity.PermChatReply, "Change or remove an own message or note", s.agentEdit)
	add(s, get, "/api/agent/mentions", identity.PermChatRead, "Notes that mention the caller", s.mentions)
	add(s, get, "/api/agent/offers", identity.PermChatClaim, "Open offers to the caller", s.offers)
	add(s, post, "/api/agent/offers/{id}/answer", identity.PermChatClaim, "Take or decline an offer", s.answerOffer)
}

type visitorDeleteInput struct {
	Body struct {
		Conversation string `json:"conversation" doc:"One of the visitor's conversations"`
		CID          string `json:"cid" doc:"A UUIDv7 made by the client for this removal"`
		Seq          uint32 `json:"seq" doc:"The message"`
	}
}

func (s *Server) visitorDelete(ctx context.Context, in *visitorDeleteInput) (*jsonBody[SentMessage], error) {
	c := callerOf(ctx)
	if err := s.sendLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("edit").Inc()
		return nil, err
	}
	row, err := s.cfg.Chat.Edit(ctx, c.actor, chat.Edit{Conversation: in.Body.Conversation, CID: in.Body.CID, Seq: in.Body.Seq, Remove: true})
	return body(sentOf(row), s.orGone(ctx, c.claims.Contact, err))
}

type visitorReadInput struct {
	Body struct {
		Conversation string `json:"conversation"`
		Delivered    uint32 `json:"delivered,omitempty" doc:"Highest seq received without a hole"`
		Read         uint32 `json:"read,omitempty" doc:"Highest seq that was on the screen"`
	}
}

func (s *Server) visitorRead(ctx context.Context, in *visitorReadInput) (*struct{}, error) {
	c := callerOf(ctx)
	if err := s.sendLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("read").Inc()
		return nil, err
	}
	err := s.cfg.Chat.Mark(ctx, c.actor, in.Body.Conversation, chat.Progress{Delivered: in.Body.Delivered, Read: in.Body.Read})
	return nil, s.orGone(ctx, c.claims.Contact, err)
}

type agentEditInput struct {
	Body struct {
		Conversation string `json:"conversation"`
		CID          string `json:"cid" doc:"A UUIDv7 made by the client for this change"`
		Seq          uint32 `json:"seq" doc:"The own message or note"`
		Content      string `json:"content,omitempty" doc:"The new text, 1–10,000 characters"`
		Remove       bool   `json:"remove,omitempty" doc:"Remove the text instead"`
	}
}

func (s *Server) agentEdit(ctx context.Context, in *agentEditInput) (*jsonBody[SentMessage], error) {
	row, err := s.cfg.Chat.Edit(ctx, callerOf(ctx).actor, chat.Edit{
		Conversation: in.Body.Conversation, CID: in.Body.CID, Seq: in.Body.Seq, Content: in.Body.Content, Remove: in.Body.Remove,
	})
	return body(sentOf(row), err)
}

// Mentions are notes that mention the caller, newest first.
type Mentions struct {
	Items  []MentionItem `json:"items" nullable:"false"`
	Unread int           `json:"unread" doc:"Of the last 200, those that the caller has not read; reading the conversation reads them"`
}

// MentionItem is one such note.
type MentionItem struct {
	Conversation string    `json:"conversation"`
	Seq          uint32    `json:"seq"`
	Time         time.Time `json:"time"`
	Author       Person    `json:"author"`
	Content      string    `json:"content"`
	ContactName  string    `json:"contact_name"`
	Seen         bool      `json:"seen"`
}

type mentionsInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

func (s *Server) mentions(ctx context.Context, in *mentionsInput) (*jsonBody[Mentions], error) {
	notes, unread, err := s.cfg.Chat.Mentions(ctx, callerOf(ctx).actor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := Mentions{Items: make([]MentionItem, len(notes)), Unread: unread}
	for i, n := range notes {
		out.Items[i] = MentionItem{
			Conversation: n.Conversation, Seq: n.Seq, Time: n.Time, Author: Person{ID: n.Author.ID, Name: n.Author.Name},
			Content: n.Content, ContactName: n.Contact, Seen: n.Seen,
		}
	}
	return body(out, nil)
}

// OfferList is the router's open offers to the caller.
type OfferList struct {
	Items []OfferItem `json:"items" nullable:"false"`
}

// OfferItem is a conversation that waits for the caller's answer.
type OfferItem struct {
	ID           string    `json:"id"`
	Conversation string    `json:"conversation"`
	ContactName  string    `json:"contact_name"`
	LastMessage  string    `json:"last_message"`
	Skills       []string  `json:"skills" nullable:"false"`
	Reason       string    `json:"reason"`
	Expires      time.Time `json:"expires"`
}

func (s *Server) offers(ctx context.Context, _ *struct{}) (*jsonBody[OfferList], error) {
	out := OfferList{Items: []OfferItem{}}
	if s.cfg.Offers == nil {
		return body(out, nil)
	}
	open, err := s.cfg.Offers.Offers(ctx, callerOf(ctx).actor)
	for _, o := range open {
		item := OfferItem{
			ID: o.ID, Conversation: o.Conversation, ContactName: o.ContactName, LastMessage: o.LastMessage, Skills: o.Skills,
			Reason: o.Reason, Expires: o.Expires.UTC(),
		}
		if item.Skills == nil {
			item.Skills = []string{}
		}
		out.Items = append(out.Items, item)
	}
	return body(out, err)
}

type answerOfferInput struct {
	ID   string `path:"id" maxLength:"36" doc:"Offer id"`
	Body struct {
		Accept bool `json:"accept"`
	}
}

// OfferEnded is how an offer ended.
type OfferEnded struct {
	ID           string `json:"id"`
	Conversation string `json:"conversation"`
	Result       string `json:"result" enum:"accepted,declined,timeout,taken"`
}

func (s *Server) answerOffer(ctx context.Context, in *answerOfferInput) (*jsonBody[OfferEnded], error) {
	if s.cfg.Offers == nil {
		return nil, fmt.Errorf("offer: %w", identity.ErrNotFound)
	}
	end, err := s.cfg.Offers.Answer(ctx, callerOf(ctx).actor, in.ID, in.Body.Accept)
	return body(OfferEnded{ID: end.ID, Conversation: end.Conversation, Result: end.Result}, err)
}

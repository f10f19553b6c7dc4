package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// VisitorState is a conversation as its visitor sees it.
type VisitorState struct {
	Conversation string         `json:"conversation"`
	Status       string         `json:"status" enum:"open,snoozed,resolved"`
	Owner        string         `json:"owner" enum:"bot,queue,human"`
	OwnerEpoch   uint32         `json:"owner_epoch"`
	LastSeq      uint32         `json:"last_seq"`
	Assignee     OrNull[Person] `json:"assignee"`
	Email        string         `json:"email" doc:"The address that an answer can go to: the one the visitor left, else what the site vouched for; or empty"`
	AgentsOnline bool           `json:"agents_online" doc:"Whether an agent who may take the conversation is there now"`
}

// VisitorSite is the site that a visitor is on.
type VisitorSite struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Locale string `json:"locale"`
}

// VisitorSession is what a visitor starts with.
type VisitorSession struct {
	Token        string       `json:"token" doc:"Send it as a Bearer token, and in the socket's hello"`
	ExpiresAt    time.Time    `json:"expires_at"`
	Conversation string       `json:"conversation"`
	Contact      string       `json:"contact"`
	State        VisitorState `json:"state"`
	AgentsOnline bool         `json:"agents_online"`
	Identified   bool         `json:"identified" doc:"The site vouched for the visitor: POST /api/visitor/identify"`
	Site         VisitorSite  `json:"site"`
}

type startInput struct {
	Body *struct {
		Site   string `json:"site,omitempty" maxLength:"200" doc:"The site's key; without it the visitor's, else the oldest site"`
		Locale string `json:"locale,omitempty" maxLength:"35" doc:"zh-CN or en; anything else means the site's"`
		PageContext
	}
}

// refreshBelow is how much life a token must have left not to be replaced. One
// of an identified visitor is never replaced: the site has to vouch for them again.
const refreshBelow = 15 * 24 * time.Hour

// startVisitor starts a visitor, or continues one who brings a token.
func (s *Server) startVisitor(ctx context.Context, in *startInput) (*jsonBody[VisitorSession], error) {
	c := callerOf(ctx)
	var req chat.StartRequest
	var key string
	var place PageContext
	if b := in.Body; b != nil {
		place = b.PageContext
		key, req.Locale, req.Page = b.Site, b.Locale, firstRunes(b.Page, 2000)
	}
	var claims identity.VisitorClaims
	if c.bare {
		var err error
		if claims, err = s.cfg.Visitors.Verify(c.bearer); err != nil {
			return nil, err
		}
		req.Contact = claims.Contact
	} else if !loopback(c.address) {
		if err := s.startLimit.take(c.address); err != nil {
			s.metrics.rateLimited.WithLabelValues("session").Inc()
			return nil, err
		}
	}
	site, err := s.visitorSite(ctx, key, claims)
	if err != nil {
		return nil, err
	}
	req.Site = site.Key
	contact, conv, err := s.cfg.Chat.StartVisitor(ctx, req)
	if err != nil {
		return nil, err
	}
	if contact.Identified && !claims.Identified { // no such token is issued
		return nil, identity.ErrTokenInvalid
	}
	out := VisitorSession{
		Conversation: conv.ID, Contact: contact.ID, Identified: contact.Identified, Site: VisitorSite{Key: site.Key, Name: site.Name, Locale: site.Locale},
		Token: c.bearer, ExpiresAt: claims.ExpiresAt,
	}
	if contact.ID != claims.Contact || !claims.Identified && claims.ExpiresAt.Sub(s.clock()) < refreshBelow {
		if out.Token, out.ExpiresAt, err = s.cfg.Visitors.Issue(site.ID, contact.ID); err != nil {
			return nil, fmt.Errorf("issue visitor token: %w", err)
		}
	}
	if out.State, err = s.visitorState(ctx, conv); err != nil {
		return nil, err
	}
	out.AgentsOnline = out.State.AgentsOnline
	s.arrive(ctx, identity.VisitorClaims{Site: site.ID, Contact: contact.ID}.Actor(), site.ID, place)
	return body(out, nil)
}

// visitorSite returns the site asked for. A token of another site is no good there.
func (s *Server) visitorSite(ctx context.Context, key string, claims identity.VisitorClaims) (identity.Site, error) {
	if key != "" || claims.Contact == "" {
		site, err := s.cfg.Accounts.SiteByKey(ctx, key)
		if err == nil && claims.Contact != "" && claims.Site != site.ID {
			err = identity.ErrTokenInvalid
		}
		return site, err
	}
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		return identity.Site{}, err
	}
	for _, site := range sites {
		if site.ID == claims.Site {
			return site, nil
		}
	}
	return identity.Site{}, identity.ErrTokenInvalid
}

func (s *Server) visitorState(ctx context.Context, c chat.Conversation) (VisitorState, error) {
	online, err := s.cfg.Chat.AgentsOnline(ctx, c.Site, c.Department)
	if err != nil {
		return VisitorState{}, fmt.Errorf("count agents: %w", err)
	}
	email := c.Email
	if email == "" && c.Contact.Identified {
		email = c.Contact.Email
	}
	return VisitorState{
		Conversation: c.ID, Status: string(c.Status), Owner: string(c.Owner), OwnerEpoch: c.OwnerEpoch, LastSeq: c.LastSeq,
		Assignee: personOf(c.Assignee), Email: email, AgentsOnline: online > 0,
	}, nil
}

// current returns the visitor's conversation, made if there is none.
func (s *Server) current(ctx context.Context) (identity.Actor, chat.Conversation, error) {
	c := callerOf(ctx)
	contact, conv, err := s.cfg.Chat.StartVisitor(ctx, chat.StartRequest{Site: s.siteKey(ctx, c.claims.Site), Contact: c.claims.Contact, Existing: true})
	if errors.Is(err, chat.ErrNotFound) || err == nil && contact.ID != c.claims.Contact { // erased, or moved into another
		err = identity.ErrTokenInvalid
	}
	return c.actor, conv, err
}

// SentMessage says where a message is stored.
type SentMessage struct {
	Conversation string    `json:"conversation" doc:"Another than the one sent to when that was resolved over 24 h ago"`
	CID          string    `json:"cid"`
	Seq          uint32    `json:"seq"`
	Time         time.Time `json:"time"`
}

func sentOf(r chat.Row) SentMessage {
	return SentMessage{Conversation: r.Conversation, CID: r.CID, Seq: r.Seq, Time: r.Time.UTC()}
}

type visitorSendInput struct {
	Body struct {
		Conversation string `json:"conversation,omitempty" doc:"Without it the visitor's current one"`
		CID          string `json:"cid" doc:"A UUIDv7 made by the client; the same one is stored once"`
		Type         string `json:"type,omitempty" enum:"text" default:"text"`
		Content      string `json:"content" doc:"1–10,000 characters"`
		Button       string `json:"button,omitempty" maxLength:"200" doc:"The id of the pressed button"`
	}
}

func (s *Server) visitorSend(ctx context.Context, in *visitorSendInput) (*jsonBody[SentMessage], error) {
	c := callerOf(ctx)
	if err := s.admitMessage(c.claims.Site, c.claims.Contact, c.address); err != nil {
		return nil, err
	}
	row, _, err := s.cfg.Chat.Send(ctx, c.actor, chat.Send{
		Conversation: in.Body.Conversation, CID: in.Body.CID, Kind: chat.KindMessage, Content: in.Body.Content, Button: in.Body.Button,
	})
	return body(sentOf(row), s.orGone(ctx, c.claims.Contact, err))
}

func (s *Server) visitorConversation(ctx context.Context, _ *struct{}) (*jsonBody[VisitorState], error) {
	_, conv, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return body(s.visitorState(ctx, conv))
}

// LogPage is a part of a conversation's log.
type LogPage struct {
	Events  []Event `json:"events" nullable:"false"`
	LastSeq uint32  `json:"last_seq" doc:"Of the conversation"`
}

type visitorMessagesInput struct {
	LogQuery
	Conversation string `query:"conversation" doc:"One of the visitor's conversations; without it the current one"`
}

func (s *Server) visitorMessages(ctx context.Context, in *visitorMessagesInput) (*jsonBody[LogPage], error) {
	actor := callerOf(ctx).actor
	var conv chat.Conversation
	var err error
	if in.Conversation != "" {
		conv, err = s.cfg.Chat.Conversation(ctx, actor, in.Conversation)
		err = s.orGone(ctx, callerOf(ctx).claims.Contact, err)
	} else {
		_, conv, err = s.current(ctx)
	}
	if err != nil {
		return nil, err
	}
	return body(s.logPage(ctx, actor, conv, in.LogQuery))
}

func (s *Server) logPage(ctx context.Context, actor identity.Actor, conv chat.Conversation, q LogQuery) (LogPage, error) {
	rows, err := s.cfg.Chat.History(ctx, actor, conv.ID, q.After, min(q.Before, math.MaxInt32), q.Limit)
	if err != nil {
		return LogPage{}, err
	}
	last := conv.LastSeq
	if len(rows) > 0 {
		last = max(last, rows[len(rows)-1].Seq) // written between the two reads
	}
	return LogPage{Events: eventsOf(rows), LastSeq: last}, nil
}

type requestHumanInput struct {
	Body *struct {
		Conversation string `json:"conversation,omitempty"`
	}
}

// HumanRequested says where the visitor stands after asking for a human.
type HumanRequested struct {
	VisitorState
	QueueStand
}

// QueueStand is a place in the queue.
type QueueStand struct {
	Position      int    `json:"position" doc:"From 1; 0 when not waiting"`
	Waiting       int    `json:"waiting" doc:"Conversations in the same queue"`
	ExpectedWaitS *int64 `json:"expected_wait_s" nullable:"true" doc:"Seconds, from the last waits; null without any"`
}

func (s *Server) requestHuman(ctx context.Context, in *requestHumanInput) (*jsonBody[HumanRequested], error) {
	actor, id := callerOf(ctx).actor, ""
	if in.Body != nil {
		id = in.Body.Conversation
	}
	c := callerOf(ctx)
	if err := s.barred(c.claims.Site, c.claims.Contact, c.address); err != nil {
		return nil, err
	}
	conv, err := s.cfg.Chat.RequestHuman(ctx, actor, id, "requested")
	if err != nil {
		return nil, s.orGone(ctx, c.claims.Contact, err)
	}
	var out HumanRequested
	if out.VisitorState, err = s.visitorState(ctx, conv); err != nil {
		return nil, err
	}
	out.QueueStand, err = s.queueStand(ctx, actor, conv.ID)
	return body(out, err)
}

func (s *Server) queuePosition(ctx context.Context, _ *struct{}) (*jsonBody[QueueStand], error) {
	actor, conv, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return body(s.queueStand(ctx, actor, conv.ID))
}

func (s *Server) queueStand(ctx context.Context, actor identity.Actor, conv string) (QueueStand, error) {
	q, err := s.cfg.Chat.QueuePosition(ctx, actor, conv)
	if errors.Is(err, chat.ErrNotFound) { // it is the caller's own: it does not wait
		return QueueStand{}, nil
	}
	if err != nil {
		return QueueStand{}, err
	}
	out := QueueStand{Position: q.Position, Waiting: q.Waiting}
	if q.Expected != nil {
		seconds := int64(math.Ceil(q.Expected.Seconds()))
		out.ExpectedWaitS = &seconds
	}
	return out, nil
}

type emailInput struct {
	Body struct {
		Email        string `json:"email" maxLength:"254"`
		Conversation string `json:"conversation,omitempty"`
	}
}

// EmailLeft is the address as stored.
type EmailLeft struct {
	Email string `json:"email"`
}

func (s *Server) leaveEmail(ctx context.Context, in *emailInput) (*jsonBody[EmailLeft], error) {
	c := callerOf(ctx)
	if err := s.sendLimit.take(c.claims.Contact); err != nil {
		s.metrics.rateLimited.WithLabelValues("email").Inc()
		return nil, err
	}
	if err := s.barred(c.claims.Site, c.claims.Contact, c.address); err != nil {
		return nil, err
	}
	if s.cfg.Blocks != nil {
		if err := s.cfg.Blocks.CheckEmail(c.claims.Site, in.Body.Email); err != nil {
			return nil, err
		}
	}
	conv, err := s.cfg.Chat.LeaveEmail(ctx, c.actor, in.Body.Conversation, in.Body.Email)
	return body(EmailLeft{Email: conv.Email}, s.orGone(ctx, c.claims.Contact, err))
}

// firstRunes cuts s to n code points.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

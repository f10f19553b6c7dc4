package web

import (
	"context"
	"time"

	"frontdesk/chat"
)

// Unread is what waits for the agent.
type Unread struct {
	Total         int                  `json:"total"`
	Conversations []UnreadConversation `json:"conversations" nullable:"false"`
}

// UnreadConversation is a conversation with messages that the agent has not read.
type UnreadConversation struct {
	Conversation  string         `json:"conversation"`
	Status        string         `json:"status" enum:"open,snoozed,resolved"`
	Owner         string         `json:"owner" enum:"bot,queue,human"`
	Unread        int            `json:"unread"`
	LastSeq       uint32         `json:"last_seq"`
	LastMessage   string         `json:"last_message"`
	LastAuthor    string         `json:"last_author"`
	LastMessageAt *time.Time     `json:"last_message_at" nullable:"true"`
	Contact       Contact        `json:"contact"`
	Assignee      OrNull[Person] `json:"assignee"`
}

func (s *Server) unread(ctx context.Context, _ *struct{}) (*jsonBody[Unread], error) {
	total, items, err := s.cfg.Chat.Unread(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	out := Unread{Total: total, Conversations: []UnreadConversation{}}
	for _, item := range items {
		c := s.conversationOf(ctx, item.Conversation, &item.Unread)
		out.Conversations = append(out.Conversations, UnreadConversation{
			Conversation: c.ID, Status: c.Status, Owner: c.Owner, Unread: item.Unread, LastSeq: c.LastSeq, LastMessage: c.LastMessage,
			LastAuthor: c.LastAuthor, LastMessageAt: c.LastMessageAt, Contact: c.Contact, Assignee: c.Assignee,
		})
	}
	return body(out, nil)
}

// InboxPage is one page of a view of the inbox.
type InboxPage struct {
	Items  []Conversation `json:"items" nullable:"false"`
	Next   string         `json:"next" doc:"Cursor of the next page; empty on the last"`
	Counts InboxCounts    `json:"counts"`
}

// InboxCounts counts every view, whatever is searched.
type InboxCounts struct {
	Queue    int `json:"queue"`
	Mine     int `json:"mine"`
	Bot      int `json:"bot"`
	Human    int `json:"human"`
	Resolved int `json:"resolved"`
	All      int `json:"all"`
}

type inboxInput struct {
	View   string `query:"view" enum:"queue,mine,bot,human,resolved,all" default:"all"`
	Cursor string `query:"cursor" maxLength:"500" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Search string `query:"search" maxLength:"200" doc:"Part of the contact's name or address or of the last message"`
}

func (s *Server) inbox(ctx context.Context, in *inboxInput) (*jsonBody[InboxPage], error) {
	page, err := s.cfg.Chat.Inbox(ctx, callerOf(ctx).actor, chat.InboxQuery{
		View: chat.View(in.View), Cursor: in.Cursor, Limit: in.Limit, Search: in.Search,
	})
	if err != nil {
		return nil, err
	}
	out := InboxPage{Items: make([]Conversation, len(page.Items)), Next: page.Next, Counts: InboxCounts{
		Queue: page.Counts[chat.ViewQueue], Mine: page.Counts[chat.ViewMine], Bot: page.Counts[chat.ViewBot],
		Human: page.Counts[chat.ViewHuman], Resolved: page.Counts[chat.ViewResolved], All: page.Counts[chat.ViewAll],
	}}
	for i, item := range page.Items {
		out.Items[i] = s.conversationOf(ctx, item.Conversation, &item.Unread)
		if item.Owner != chat.OwnerQueue {
			continue
		}
		if place, ok := s.cfg.Chat.Place(callerOf(ctx).actor, item.ID); ok && place.Position > 0 {
			out.Items[i].Position = &place.Position
		}
	}
	return body(out, nil)
}

// ConversationPath names a conversation in the path.
type ConversationPath struct {
	ID string `path:"id" maxLength:"36" doc:"Conversation id"`
}

func (s *Server) conversation(ctx context.Context, in *ConversationPath) (*jsonBody[Conversation], error) {
	conv, err := s.cfg.Chat.Conversation(ctx, callerOf(ctx).actor, in.ID)
	return s.oneConversation(ctx, conv, err)
}

func (s *Server) oneConversation(ctx context.Context, conv chat.Conversation, err error) (*jsonBody[Conversation], error) {
	if err != nil {
		return nil, err
	}
	return body(s.conversationOf(ctx, conv, nil), nil)
}

type messagesInput struct {
	ConversationPath
	LogQuery
}

func (s *Server) messages(ctx context.Context, in *messagesInput) (*jsonBody[LogPage], error) {
	actor := callerOf(ctx).actor
	conv, err := s.cfg.Chat.Conversation(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return body(s.logPage(ctx, actor, conv, in.LogQuery))
}

type readInput struct {
	ConversationPath
	Body struct {
		Seq uint32 `json:"seq" doc:"Everything up to here is read"`
	}
}

func (s *Server) markRead(ctx context.Context, in *readInput) (*jsonBody[Conversation], error) {
	actor := callerOf(ctx).actor
	if err := s.cfg.Chat.MarkRead(ctx, actor, in.ID, in.Body.Seq); err != nil {
		return nil, err
	}
	conv, err := s.cfg.Chat.Conversation(ctx, actor, in.ID)
	return s.oneConversation(ctx, conv, err)
}

type claimInput struct {
	ConversationPath
	Body *struct {
		OwnerEpoch *uint32 `json:"owner_epoch,omitempty" doc:"Refuse with stale unless this is still the owner epoch"`
	}
}

func (s *Server) claim(ctx context.Context, in *claimInput) (*jsonBody[Conversation], error) {
	var epoch *uint32
	if in.Body != nil {
		epoch = in.Body.OwnerEpoch
	}
	conv, err := s.cfg.Chat.Claim(ctx, callerOf(ctx).actor, in.ID, epoch)
	return s.oneConversation(ctx, conv, err)
}

func (s *Server) reopen(ctx context.Context, in *ConversationPath) (*jsonBody[Conversation], error) {
	conv, err := s.cfg.Chat.Reopen(ctx, callerOf(ctx).actor, in.ID)
	return s.oneConversation(ctx, conv, err)
}

type releaseInput struct {
	ConversationPath
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"For colleagues only"`
	}
}

func (s *Server) release(ctx context.Context, in *releaseInput) (*jsonBody[Conversation], error) {
	var reason string
	if in.Body != nil {
		reason = in.Body.Reason
	}
	conv, err := s.cfg.Chat.Requeue(ctx, callerOf(ctx).actor, in.ID, reason)
	return s.oneConversation(ctx, conv, err)
}

type inviteInput struct {
	ConversationPath
	Body struct {
		Agent  string `json:"agent" maxLength:"36" doc:"User id of the colleague"`
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"For them and other colleagues only"`
	}
}

func (s *Server) invite(ctx context.Context, in *inviteInput) (*jsonBody[Conversation], error) {
	conv, err := s.cfg.Chat.Invite(ctx, callerOf(ctx).actor, in.ID, in.Body.Agent, in.Body.Reason)
	return s.oneConversation(ctx, conv, err)
}

func (s *Server) resolve(ctx context.Context, in *ConversationPath) (*jsonBody[Conversation], error) {
	conv, err := s.cfg.Chat.Resolve(ctx, callerOf(ctx).actor, in.ID)
	return s.oneConversation(ctx, conv, err)
}

type agentSendInput struct {
	Body struct {
		Conversation string `json:"conversation"`
		CID          string `json:"cid" doc:"A UUIDv7 made by the client; the same one is stored once"`
		Type         string `json:"type,omitempty" enum:"text,note" default:"text" doc:"A note is for agents only"`
		Content      string `json:"content" doc:"1–10,000 characters"`
		Suggestion   string `json:"suggestion,omitempty" maxLength:"200" doc:"The suggested reply that it was made of"`

		Mentions []string `json:"mentions,omitempty" maxItems:"20" doc:"Notes: the ids of the agents whom it mentions"`
		BaseSeq  uint32   `json:"base_seq,omitempty" doc:"The last seq that the agent had seen: when another agent has replied after it, nothing is stored (newer_reply)"`
	}
}

func (s *Server) agentSend(ctx context.Context, in *agentSendInput) (*jsonBody[SentMessage], error) {
	row, _, err := s.cfg.Chat.Send(ctx, callerOf(ctx).actor, chat.Send{
		Conversation: in.Body.Conversation, CID: in.Body.CID, Kind: kindOf(in.Body.Type), Content: in.Body.Content,
		Suggestion: in.Body.Suggestion, Mentions: in.Body.Mentions, BaseSeq: in.Body.BaseSeq,
	})
	return body(sentOf(row), err)
}

// kindOf turns the type of a sent message into the kind of its row.
func kindOf(sent string) chat.Kind {
	if sent == "note" {
		return chat.KindNote
	}
	return chat.KindMessage
}

type transferInput struct {
	Body struct {
		Conversation string `json:"conversation"`
		To           struct {
			Agent string `json:"agent,omitempty" doc:"User id"`
			Team  string `json:"team,omitempty" doc:"Team id"`
		} `json:"to" doc:"Exactly one of agent and team"`
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"For the next agent"`
	}
}

func (s *Server) transfer(ctx context.Context, in *transferInput) (*jsonBody[Conversation], error) {
	conv, err := s.cfg.Chat.Transfer(ctx, callerOf(ctx).actor, in.Body.Conversation,
		chat.To{Agent: in.Body.To.Agent, Team: in.Body.To.Team}, in.Body.Reason)
	return s.oneConversation(ctx, conv, err)
}

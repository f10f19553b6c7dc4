package web

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Person names somebody.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Conversation is a conversation as agents see it. Times that do not apply are null.
type Conversation struct {
	ID            string         `json:"id"`
	Site          string         `json:"site" doc:"The site's key"`
	Status        string         `json:"status" enum:"open,snoozed,resolved"`
	Owner         string         `json:"owner" enum:"bot,queue,human"`
	OwnerEpoch    uint32         `json:"owner_epoch" doc:"Rises with each change of owner"`
	Assignee      OrNull[Person] `json:"assignee"`
	Team          *string        `json:"team" nullable:"true" doc:"Team id"`
	LastSeq       uint32         `json:"last_seq"`
	Locale        string         `json:"locale"`
	Page          string         `json:"page" doc:"Where the visitor wrote from"`
	CreatedAt     time.Time      `json:"created_at"`
	LastMessage   string         `json:"last_message" doc:"Excerpt of the last visible message"`
	LastAuthor    string         `json:"last_author"`
	LastMessageAt *time.Time     `json:"last_message_at" nullable:"true"`
	WaitingSince  *time.Time     `json:"waiting_since" nullable:"true" doc:"Since when the visitor waits for an answer"`
	QueuedAt      *time.Time     `json:"queued_at" nullable:"true"`
	ResolvedAt    *time.Time     `json:"resolved_at" nullable:"true"`
	Contact       Contact        `json:"contact"`
	Unread        *int           `json:"unread,omitempty" doc:"Messages that the caller has not read; in lists only"`
	Position      *int           `json:"position,omitempty" doc:"Place among those that wait for the same people; in lists, while the router knows it"`
}

// Contact is a visitor.
type Contact struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Locale string `json:"locale"`
	// Identified: everything else that a visitor says of themselves is unproven.
	Identified bool `json:"identified" doc:"The site vouched for who they are"`
}

func contactOf(c chat.Contact) Contact {
	return Contact{ID: c.ID, Name: c.Name, Email: c.Email, Locale: c.Locale, Identified: c.Identified}
}

// siteKeys turns site ids into keys. Sites change rarely: an unknown id makes it
// read them again.
type siteKeys struct {
	mu   sync.Mutex // guards keys
	keys map[int32]string
}

func (s *Server) siteKey(ctx context.Context, id int32) string {
	s.siteKeys.mu.Lock()
	defer s.siteKeys.mu.Unlock()
	if key, ok := s.siteKeys.keys[id]; ok {
		return key
	}
	sites, err := s.cfg.Accounts.Sites(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "read sites", "error", err)
		return ""
	}
	s.siteKeys.keys = make(map[int32]string, len(sites))
	for _, site := range sites {
		s.siteKeys.keys[site.ID] = site.Key
	}
	return s.siteKeys.keys[id]
}

func (s *Server) conversationOf(ctx context.Context, c chat.Conversation, unread *int) Conversation {
	return Conversation{
		ID: c.ID, Site: s.siteKey(ctx, c.Site), Status: string(c.Status), Owner: string(c.Owner), OwnerEpoch: c.OwnerEpoch,
		Assignee: personOf(c.Assignee), Team: optional(c.Team), LastSeq: c.LastSeq, Locale: c.Locale, Page: c.Page,
		CreatedAt: c.CreatedAt.UTC(), LastMessage: c.LastMessage, LastAuthor: string(c.LastAuthor),
		LastMessageAt: when(c.LastMessageAt), WaitingSince: when(c.WaitingSince), QueuedAt: when(c.QueuedAt), ResolvedAt: when(c.ResolvedAt),
		Contact: contactOf(c.Contact),
		Unread:  unread,
	}
}

func personOf(a chat.Author) OrNull[Person] {
	if a.ID == "" {
		return OrNull[Person]{}
	}
	return OrNull[Person]{&Person{ID: a.ID, Name: a.Name}}
}

// OrNull is an object that may be null: huma describes nullable values, but no
// nullable objects.
type OrNull[T any] struct{ Value *T }

// MarshalJSON implements json.Marshaler.
func (o OrNull[T]) MarshalJSON() ([]byte, error) {
	return json.Marshal(o.Value) //nolint:wrapcheck // encoding/json wraps it
}

// Schema implements huma.SchemaProvider.
func (OrNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// AgentAccount is the signed-in person.
type AgentAccount struct {
	ID     string        `json:"id"`
	Email  string        `json:"email"`
	Name   string        `json:"name"`
	Role   identity.Role `json:"role" enum:"agent,admin"`
	Locale string        `json:"locale" enum:"zh-CN,en"`
}

func accountOf(u identity.User) AgentAccount {
	return AgentAccount{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Locale: u.Locale}
}

// jsonBody is an answer with a body only.
type jsonBody[T any] struct{ Body T }

func body[T any](v T, err error) (*jsonBody[T], error) {
	if err != nil {
		return nil, err
	}
	return &jsonBody[T]{Body: v}, nil
}

// Nothing is an answer without content.
type Nothing struct{}

// LogQuery selects a part of a log.
type LogQuery struct {
	After  uint32 `query:"after" doc:"Events after this seq" minimum:"0"`
	Before uint32 `query:"before" doc:"Events before this seq; with it the last ones are returned" minimum:"0"`
	Limit  int    `query:"limit" doc:"How many at most" minimum:"1" maximum:"500" default:"100"`
}

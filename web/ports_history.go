package web

import (
	"context"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
)

// History is what becomes of conversations when they are over. A nil part
// answers 503. Errors of all: those of package history, chat.ErrNotFound,
// identity.ErrNotFound, identity.ErrForbidden.
type History struct {
	Search      Searches
	Exports     Exports
	Transcripts Transcripts
	Privacy     Privacy
	Keeper      Keeper
	Audits      Audits
}

// Searches finds conversations; *history.Search is one.
type Searches interface {
	Search(ctx context.Context, actor identity.Actor, q history.Query) (history.Page, error)
}

// Exports takes conversations along; *history.Exports is one.
type Exports interface {
	Count(ctx context.Context, actor identity.Actor, f history.Filter) (conversations, rows int64, err error)
	Export(ctx context.Context, actor identity.Actor, f history.Filter, sink history.ExportSink) error
}

// Transcripts are links to conversations; *history.Transcripts is one.
type Transcripts interface {
	Make(ctx context.Context, actor identity.Actor, conv chat.Conversation, days int, locale string) (history.Link, error)
	List(ctx context.Context, actor identity.Actor, conversation string) ([]history.Link, error)
	Revoke(ctx context.Context, actor identity.Actor, id string) (history.Link, error)
	Open(ctx context.Context, token string) (history.Transcript, error)
}

// Privacy keeps what a policy says and forgets whom it is asked to; *history.Privacy is one.
type Privacy interface {
	Policies
	Erasures
}

// Policies say for how long conversations are kept.
type Policies interface {
	Policies(ctx context.Context, actor identity.Actor) ([]history.Policy, error)
	Save(ctx context.Context, actor identity.Actor, p history.Policy) (history.Policy, error)
	Preview(ctx context.Context, actor identity.Actor, p history.Policy) (history.Preview, error)
}

// Erasures forget contacts.
type Erasures interface {
	People(ctx context.Context, actor identity.Actor, q string) ([]history.Person, error)
	Person(ctx context.Context, actor identity.Actor, contact string) (history.Person, error)
	Erase(ctx context.Context, actor identity.Actor, contact, reason string) (history.Erasure, error)
	Receipts(ctx context.Context, actor identity.Actor) ([]history.Erasure, error)
	Receipt(ctx context.Context, actor identity.Actor, id string) (history.Erasure, error)
}

// Keeper runs policies; *history.Keeper is one.
type Keeper interface {
	Ask(ctx context.Context, actor identity.Actor, site int32) error
}

// Audits is the record of who did what; *history.Audits is one.
type Audits interface {
	List(ctx context.Context, actor identity.Actor, q history.AuditQuery) (history.AuditPage, error)
}

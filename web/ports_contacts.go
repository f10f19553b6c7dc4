package web

import (
	"context"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Contacts is who the visitors are; *chat.Contacts is one. Errors: those of
// package chat about contacts, identity.ErrForbidden, identity.ErrNotFound.
type Contacts interface {
	ContactDesk
	ContactAdmin
	ContactVisitors
}

// ContactDesk is what agents do with contacts.
type ContactDesk interface {
	List(ctx context.Context, actor identity.Actor, q chat.ContactQuery) (chat.ContactPage, error)
	One(ctx context.Context, actor identity.Actor, id string) (chat.Person, error)
	Timeline(ctx context.Context, actor identity.Actor, id, cursor string, limit int) (page []chat.Conversation, next string, err error)
	Save(ctx context.Context, actor identity.Actor, e chat.ContactEdit) (chat.Person, error)
	Attributes(ctx context.Context, actor identity.Actor, site int32) ([]chat.Attribute, error)
}

// ContactAdmin is what admins do with them.
type ContactAdmin interface {
	Merge(ctx context.Context, actor identity.Actor, from, into string) (chat.Person, error)
	Split(ctx context.Context, actor identity.Actor, id string) (chat.Person, error)
	SaveAttributes(ctx context.Context, actor identity.Actor, site int32, all []chat.Attribute) ([]chat.Attribute, error)
}

// ContactVisitors is what visitors bring themselves.
type ContactVisitors interface {
	// Identify finds or makes the contact that a verified proof is about.
	Identify(ctx context.Context, req chat.IdentifyRequest) (chat.Identified, error)
	// Arrive notes where a visitor is, and returns the attributes that were not taken.
	Arrive(ctx context.Context, actor identity.Actor, site int32, a chat.Arrival) (ignored []string, err error)
	// Gone reports whether a visitor's contact has moved into another, or was erased.
	Gone(ctx context.Context, contact string) (bool, error)
}

// Blocklist says who may not write; *chat.Blocklist is one. Errors: those of
// package chat about contacts, identity.ErrForbidden.
type Blocklist interface {
	BlockChecks
	List(ctx context.Context, actor identity.Actor, site int32, live bool) ([]chat.Block, error)
	Add(ctx context.Context, actor identity.Actor, e chat.Block) (chat.Block, error)
	Lift(ctx context.Context, actor identity.Actor, id string) (chat.Block, error)
}

// BlockChecks are asked for each message.
type BlockChecks interface {
	// Check returns chat.ErrBlocked if the contact, from that network address, may not write.
	Check(site int32, contact, address string) error
	// CheckEmail returns chat.ErrBlocked for an address of a barred domain.
	CheckEmail(site int32, email string) error
	// Load brings what Check knows up to date.
	Load(ctx context.Context) error
}

// Proofs checks the tokens by which sites vouch for their customers; *auth.Proofs
// is one. Errors: identity.ErrProof, identity.ErrProofExpired, identity.ErrForbidden, identity.ErrNotFound.
type Proofs interface {
	Verify(ctx context.Context, site identity.Site, token string) (identity.Proof, error)
	Secret(ctx context.Context, actor identity.Actor, site int32) (identity.SiteSecret, error)
	Renew(ctx context.Context, actor identity.Actor, site int32) (identity.SiteSecret, error)
}

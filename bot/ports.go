package bot

import (
	"context"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Knowledge is the knowledge base; *kb.Service is one.
type Knowledge interface {
	// Search returns the best articles with a calibrated confidence. Errors: kb.ErrEmbedding and the store's.
	Search(ctx context.Context, scope identity.Scope, q kb.Query) (kb.Result, error)
	// Replies returns, for each id that is published for the audience, the translation in locale or else another, in the order of ids.
	Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience kb.Audience) ([]kb.Article, error)
}

// Chat is the conversation log; *chat.Service is one.
type Chat interface {
	// Thread returns the conversation and the newest limit rows, ascending; the rows are as new as the head, or newer.
	Thread(ctx context.Context, actor identity.Actor, id string, limit int) (chat.Conversation, []chat.Row, error)
	// Append stores one row. Errors: chat.ErrStale (an expectation failed), chat.ErrCIDTaken, chat.ErrResolved, chat.ErrUnavailable.
	Append(ctx context.Context, scope identity.Scope, e chat.Entry) (chat.Row, chat.Conversation, error)
	// UnansweredByBot returns open conversations owned by the bot whose last message is a visitor's.
	UnansweredByBot(ctx context.Context) ([]chat.Conversation, error)
	// AgentsOnline returns how many agents of the department are online.
	AgentsOnline(ctx context.Context, site, department int32) (int, error)
}

// Decider decides a question; *Responder is one.
type Decider interface {
	Decide(ctx context.Context, q Question) (Decision, error)
}

var (
	_ Knowledge = (*kb.Service)(nil)
	_ Decider   = (*Responder)(nil)
)

package web

import (
	"context"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Votes is how visitors judge the bot's answers. Errors: those of package chat,
// identity.ErrForbidden.
type Votes interface {
	// Vote stores a visitor's vote and returns its row. conv may be empty: the visitor's current one.
	Vote(ctx context.Context, actor identity.Actor, conv, cid string, f chat.Feedback) (chat.Row, error)
}

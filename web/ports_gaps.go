package web

import (
	"context"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// Gaps is the board of what the bot could not answer; *bot.GapBoard is one.
// Errors: bot.ErrGapNotFound, bot.ErrGapChanged, bot.ErrGapInvalid, identity.ErrForbidden.
type Gaps interface {
	GapBoard
	GapMoves
}

// GapBoard shows gaps and says what is made of them.
type GapBoard interface {
	List(ctx context.Context, actor identity.Actor, q bot.GapQuery) (bot.GapPage, error)
	Get(ctx context.Context, actor identity.Actor, id int64) (bot.GapDetail, error)
	SetState(ctx context.Context, actor identity.Actor, id int64, revision int, state bot.GapState) error
	Rename(ctx context.Context, actor identity.Actor, id int64, revision int, name string) error
}

// GapMoves corrects how questions were gathered.
type GapMoves interface {
	Merge(ctx context.Context, actor identity.Actor, id int64, revision int, into int64) error
	// Split returns the gap that was made of the named turns.
	Split(ctx context.Context, actor identity.Actor, id int64, revision int, turns []bot.GapTurn) (int64, error)
	Apart(ctx context.Context, actor identity.Actor, id, other int64) error
}

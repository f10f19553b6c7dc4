package web

import (
	"context"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Gaps is the board of what the bot could not answer; *bot.GapBoard is one.
// Errors: bot.ErrGapNotFound, bot.ErrGapChanged, bot.ErrGapInvalid, identity.ErrForbidden.
type Gaps interface {
	GapBoard
	GapMoves
	GapWork
}

// GapWork turns gaps into working copies of articles; nothing is published. Errors: also those of package kb.
type GapWork interface {
	AddVariants(ctx context.Context, actor identity.Actor, id int64, revision int, a bot.PacketArticle, questions []string) error
	NewDraft(ctx context.Context, actor identity.Actor, id int64, revision int, a kb.Article) error
}

// Reports tells how the bot did; *bot.Reports is one. Errors: bot.ErrReportInvalid, bot.ErrAnswerNotFound, identity.ErrForbidden.
type Reports interface {
	Report(ctx context.Context, actor identity.Actor, q bot.ReportQuery) (bot.DeskReport, error)
	// Audit returns a week's sample of answers; an empty week is the present one.
	Audit(ctx context.Context, actor identity.Actor, site int32, week string) (bot.Audit, error)
	// Judge stores a verdict on an answer, empty takes it back.
	Judge(ctx context.Context, actor identity.Actor, site int32, turn bot.GapTurn, verdict string) error
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

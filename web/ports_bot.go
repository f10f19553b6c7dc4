package web

import (
	"context"
	"io"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// BotSettings is how the bot behaves at each site; *bot.Settings is one. Errors:
// bot.ErrPolicy, bot.ErrPolicyConflict, identity.ErrForbidden, identity.ErrNotFound.
type BotSettings interface {
	Get(ctx context.Context, actor identity.Actor, site int32) (bot.Policy, error)
	Save(ctx context.Context, actor identity.Actor, site int32, p bot.Policy) (bot.Policy, error)
}

// BotBench asks the bot as it would be; *bot.Bench is one. Errors: bot.ErrDrafts,
// kb.ErrPreview, kb.ErrInvalid, kb.ErrEmbedding, identity.ErrForbidden.
type BotBench interface {
	// Ask decides a question as if these working copies were published.
	Ask(ctx context.Context, actor identity.Actor, q bot.Question, refs []kb.DraftRef) (bot.Decision, error)
	// DraftRefs returns a site's working copies.
	DraftRefs(ctx context.Context, actor identity.Actor, site int32) ([]kb.DraftRef, error)
}

// BotRuns goes through past and saved questions; *bot.Runs is one. Errors:
// bot.ErrRun, bot.ErrRunsFull, bot.ErrRunNotFound, bot.ErrDrafts, identity.ErrForbidden.
type BotRuns interface {
	Add(ctx context.Context, actor identity.Actor, site int32, kind bot.RunKind, spec bot.RunSpec, allDrafts bool) (bot.Run, error)
	List(ctx context.Context, actor identity.Actor, site int32, kind bot.RunKind) ([]bot.Run, error)
	Get(ctx context.Context, actor identity.Actor, id string) (bot.Run, error)
	Cancel(ctx context.Context, actor identity.Actor, id string) (bot.Run, error)
	Rows(ctx context.Context, actor identity.Actor, id, change string, after, limit int) ([]bot.RunRow, int, error)
}

// BotCurves measures what thresholds would do; *bot.Runs is one.
type BotCurves interface {
	Curves(ctx context.Context, actor identity.Actor, site int32) (curves []bot.RiskCurve, learnt float64, err error)
}

// SavedQuestions are those whose answers must stay right; *bot.Saved is one.
// Errors: bot.ErrSaved, bot.ErrSavedNotFound, bot.ErrQuestions, identity.ErrForbidden, identity.ErrNotFound.
type SavedQuestions interface {
	List(ctx context.Context, actor identity.Actor, site int32) ([]bot.SavedQuestion, error)
	Put(ctx context.Context, actor identity.Actor, site int32, list []bot.SavedQuestion) (added int, err error)
	Import(ctx context.Context, actor identity.Actor, site int32, file io.Reader) (read, added int, err error)
	Drop(ctx context.Context, actor identity.Actor, site int32, id int64) error
}

// Replies reads published articles; *kb.Service is one.
type Replies interface {
	// Replies returns, for each id that is published for the audience within scope, the translation in locale or else another.
	Replies(ctx context.Context, scope identity.Scope, site int32, ids []string, locale string, audience kb.Audience) ([]kb.Article, error)
}

// BotDesk is what the pages of the bot's desk need; nil parts answer that they are not there.
type BotDesk struct {
	Settings BotSettings
	Bench    BotBench
	Runs     BotRuns
	Curves   BotCurves
	Saved    SavedQuestions
	Articles Replies
	// Thresholds are those that the installation configures; see bot.Thresholds for 0.
	Thresholds bot.Thresholds
}

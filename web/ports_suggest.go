package web

import (
	"context"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

// Suggester finds replies for agents; *bot.Suggester is one. Errors: those of
// packages chat and kb, bot.ErrSuggestion, identity.ErrForbidden.
type Suggester interface {
	Suggest(ctx context.Context, actor identity.Actor, conv string) (bot.Suggestions, error)
	// Note stores what an agent's page did with suggestions for the row seq.
	Note(ctx context.Context, actor identity.Actor, conv string, seq uint32, act bot.Act, ids []string) error
	// Forget takes a past answer out of the suggestions for good. Errors: bot.ErrNoSuggestion.
	ForgetSolved(ctx context.Context, actor identity.Actor, id int64) error
	// Fill puts the values of a conversation into canned replies.
	Fill(ctx context.Context, actor identity.Actor, conv string, replies []bot.Canned) ([]bot.Canned, error)
}

// CannedReplies keeps canned replies; *bot.CannedReplies is one. Errors:
// bot.ErrSuggestion, bot.ErrNoSuggestion, bot.ErrShortcutTaken, bot.ErrCannedConflict, identity.ErrForbidden.
type CannedReplies interface {
	List(ctx context.Context, actor identity.Actor, site int32) ([]bot.Canned, error)
	Put(ctx context.Context, actor identity.Actor, r bot.Canned) (bot.Canned, error)
	Drop(ctx context.Context, actor identity.Actor, id int64) error
}

// Judges keeps what agents say about the bot; *bot.Judges is one. Errors: those
// of package chat, bot.ErrSuggestion, bot.ErrNoSuggestion, identity.ErrForbidden.
type Judges interface {
	Wrong(ctx context.Context, actor identity.Actor, conv string, seq uint32, right, note string) (bot.Judgement, error)
	TakeBack(ctx context.Context, actor identity.Actor, conv string, seq uint32) error
	List(ctx context.Context, actor identity.Actor, conv string) ([]bot.Judgement, error)
}

// Promoter turns an agent's reply into a working copy; *bot.Promoter is one.
// Errors: those of packages chat and kb, bot.ErrSuggestion, bot.ErrNoSuggestion, identity.ErrForbidden.
type Promoter interface {
	Promote(ctx context.Context, actor identity.Actor, conv string, seq uint32, article string) (bot.Promoted, error)
}

// Summaries puts the summary of a conversation into sentences; *bot.Summaries is one.
type Summaries interface {
	Summary(ctx context.Context, actor identity.Actor, conv string) (bot.Summary, error)
}

package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// VerdictWrong is the one verdict so far: what the bot said was wrong.
const VerdictWrong = "wrong"

// Judgement is what an agent says about a row of the bot.
type Judgement struct {
	Site, Department int32
	Conversation     string
	Seq              uint32 // the bot's row
	Agent            string
	Verdict          string
	Article, Locale  string // what was said; empty = a question back or small talk
	Version          uint32
	RightArticle     string // what would have been right; empty = not known
	Note             string
	At               time.Time
}

// maxJudgementNote bounds what an agent writes to a judgement, in code points.
const maxJudgementNote = 500

// JudgementStore keeps judgements; *postgres.Suggest is one.
type JudgementStore interface {
	// Judge stores a judgement; the same agent's of the same row is replaced.
	Judge(ctx context.Context, j Judgement) error
	// Unjudge takes the agent's own back; none is no error.
	Unjudge(ctx context.Context, conversation string, seq uint32, agent string) error
	// Judgements returns those of a conversation within scope, by row.
	Judgements(ctx context.Context, scope identity.Scope, conversation string) ([]Judgement, error)
}

// Judges is what agents say about the bot. It is safe for concurrent use.
type Judges struct {
	store     JudgementStore
	chat      Log
	knowledge Knowledge
	clock     func() time.Time
}

// NewJudges returns it; all but the clock are required.
func NewJudges(store JudgementStore, log Log, knowledge Knowledge, clock func() time.Time) (*Judges, error) {
	if store == nil || log == nil || knowledge == nil {
		return nil, errors.New("bot: judgements need a store, the conversations and the knowledge base")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Judges{store: store, chat: log, knowledge: knowledge, clock: clock}, nil
}

// Wrong says that the bot's row seq was wrong, and maybe which article would have been right. Errors:
// [ErrSuggestion], [ErrNoSuggestion] (no such row of the bot), chat.ErrNotFound, identity.ErrForbidden.
func (j *Judges) Wrong(ctx context.Context, actor identity.Actor, conv string, seq uint32, right, note string) (Judgement, error) {
	if !actor.Can(identity.PermBotTrace) {
		return Judgement{}, fmt.Errorf("judge the bot: %w", identity.ErrForbidden)
	}
	if !plainText(note) || utf8.RuneCountInString(note) > maxJudgementNote {
		return Judgement{}, fmt.Errorf("%w: note is longer than %d characters or not plain text", ErrSuggestion, maxJudgementNote)
	}
	head, row, err := rowOf(ctx, j.chat, actor, conv, seq)
	if err != nil {
		return Judgement{}, err
	}
	if row.Author.Kind != chat.AuthorBot {
		return Judgement{}, fmt.Errorf("%w: seq %d is no row of the bot", ErrSuggestion, seq)
	}
	out := Judgement{
		Site: head.Site, Department: head.Department, Conversation: head.ID, Seq: seq, Agent: actor.ID,
		Verdict: VerdictWrong, RightArticle: right, Note: note, At: j.clock(),
	}
	if s := row.Data.Source; s != nil {
		out.Article, out.Locale, out.Version = s.Article, s.Locale, s.Version
	}
	if right != "" {
		if len(right) > kb.MaxIDBytes {
			return Judgement{}, fmt.Errorf("%w: right_article is longer than %d bytes", ErrSuggestion, kb.MaxIDBytes)
		}
		found, err := j.knowledge.Replies(ctx, wall(head), head.Site, []string{right}, head.Locale, kb.AudienceStaff)
		if err != nil {
			return Judgement{}, fmt.Errorf("judge the bot: %w", err)
		}
		if len(found) == 0 {
			return Judgement{}, fmt.Errorf("%w: right_article names no published article of this site", ErrSuggestion)
		}
	}
	if err := j.store.Judge(ctx, out); err != nil {
		return Judgement{}, fmt.Errorf("judge the bot: %w", err)
	}
	return out, nil
}

// TakeBack removes the agent's own judgement of a row.
func (j *Judges) TakeBack(ctx context.Context, actor identity.Actor, conv string, seq uint32) error {
	if !actor.Can(identity.PermBotTrace) {
		return fmt.Errorf("judge the bot: %w", identity.ErrForbidden)
	}
	head, err := j.chat.Conversation(ctx, actor, conv)
	if err != nil {
		return err
	}
	if err := j.store.Unjudge(ctx, head.ID, seq, actor.ID); err != nil {
		return fmt.Errorf("take a judgement back: %w", err)
	}
	return nil
}

// List returns the judgements of a conversation.
func (j *Judges) List(ctx context.Context, actor identity.Actor, conv string) ([]Judgement, error) {
	if !actor.Can(identity.PermBotTrace) {
		return nil, fmt.Errorf("read judgements: %w", identity.ErrForbidden)
	}
	head, err := j.chat.Conversation(ctx, actor, conv)
	if err != nil {
		return nil, err
	}
	all, err := j.store.Judgements(ctx, actor.Scope, head.ID)
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	return all, nil
}

// rowOf returns one row of a conversation within the actor's scope.
func rowOf(ctx context.Context, log Log, actor identity.Actor, conv string, seq uint32) (chat.Conversation, chat.Row, error) {
	head, err := log.Conversation(ctx, actor, conv)
	if err != nil {
		return head, chat.Row{}, err
	}
	if seq == 0 || seq > newest-1 {
		return head, chat.Row{}, ErrNoSuggestion
	}
	rows, err := log.History(ctx, actor, head.ID, seq-1, 0, 1)
	if err != nil {
		return head, chat.Row{}, err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		return head, chat.Row{}, ErrNoSuggestion
	}
	return head, rows[0], nil
}

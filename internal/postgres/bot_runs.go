package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/bot_run_add.sql
var botRunAddSQL string

//go:embed query/bot_runs.sql
var botRunsSQL string

//go:embed query/bot_run_cancel.sql
var botRunCancelSQL string

//go:embed query/bot_run_claim.sql
var botRunClaimSQL string

//go:embed query/bot_run_keep.sql
var botRunKeepSQL string

//go:embed query/bot_run_end.sql
var botRunEndSQL string

//go:embed query/bot_run_rows.sql
var botRunRowsSQL string

//go:embed query/bot_turns.sql
var botTurnsSQL string

// Most runs of a site that wait or work, and ended ones of a kind that are kept.
const (
	botRunsOpen = bot.MaxOpenRuns
	botRunsKept = bot.KeptRuns
)

// BotRuns keeps runs over past and saved questions. It implements bot.RunStore and bot.RunWork.
type BotRuns struct {
	pool *pgxpool.Pool
}

var (
	_ bot.RunStore = (*BotRuns)(nil)
	_ bot.RunWork  = (*BotRuns)(nil)
)

// NewBotRuns returns the store over pool, which stays the caller's.
func NewBotRuns(pool *pgxpool.Pool) *BotRuns { return &BotRuns{pool: pool} }

type runRow struct {
	ID                 string
	Site               int32
	Kind               string
	Spec               []byte
	State              string
	Total, Done        int
	Summary            []byte
	Problem            string
	Attempts           int
	CreatedBy          string
	CreatedAt          time.Time
	StartedAt, EndedAt *time.Time
}

func scanRun(row pgx.CollectableRow) (bot.Run, error) {
	r, err := pgx.RowToStructByName[runRow](row)
	if err != nil {
		return bot.Run{}, err
	}
	out := bot.Run{
		ID: r.ID, Site: r.Site, Kind: bot.RunKind(r.Kind), State: bot.RunState(r.State), Total: r.Total, Done: r.Done, Problem: r.Problem,
		Attempts: r.Attempts, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(), StartedAt: orZero(r.StartedAt), EndedAt: orZero(r.EndedAt),
	}
	if err := json.Unmarshal(r.Spec, &out.Spec); err != nil {
		return bot.Run{}, fmt.Errorf("read what run %s was asked to do: %w", r.ID, err)
	}
	if len(r.Summary) > 0 {
		out.Summary = &bot.RunSummary{}
		if err := json.Unmarshal(r.Summary, out.Summary); err != nil {
			return bot.Run{}, fmt.Errorf("read the summary of run %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// AddRun implements bot.RunStore.
func (b *BotRuns) AddRun(ctx context.Context, scope identity.Scope, r bot.Run) (bot.Run, error) {
	if !scope.All && (scope.Contact != "" || !slices.Contains(scope.Sites, r.Site)) {
		return bot.Run{}, identity.ErrNotFound
	}
	spec, err := json.Marshal(r.Spec)
	if err != nil {
		return bot.Run{}, fmt.Errorf("store run: %w", err)
	}
	var id string
	err = b.pool.QueryRow(ctx, botRunAddSQL, siteScope(scope, pgx.NamedArgs{
		"id": r.ID, "site": r.Site, "kind": string(r.Kind), "spec": spec, "actor": r.CreatedBy, "at": r.CreatedAt.UTC(), "most": botRunsOpen, "kept": botRunsKept,
	})).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.Run{}, bot.ErrRunsFull
	}
	if err != nil {
		return bot.Run{}, fmt.Errorf("store run: %w", err)
	}
	return r, nil
}

// Runs implements bot.RunStore.
func (b *BotRuns) Runs(ctx context.Context, scope identity.Scope, site int32, kind bot.RunKind, limit int) ([]bot.Run, error) {
	return b.runs(ctx, scope, pgx.NamedArgs{"id": nil, "site": site, "kind": string(kind), "limit": limit})
}

func (b *BotRuns) runs(ctx context.Context, scope identity.Scope, args pgx.NamedArgs) ([]bot.Run, error) {
	rows, err := b.pool.Query(ctx, botRunsSQL, siteScope(scope, args))
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	return runs, nil
}

// RunOf implements bot.RunStore.
func (b *BotRuns) RunOf(ctx context.Context, scope identity.Scope, id string) (bot.Run, error) {
	id, ok := chat.CanonicalID(id)
	if !ok {
		return bot.Run{}, bot.ErrRunNotFound
	}
	runs, err := b.runs(ctx, scope, pgx.NamedArgs{"id": id, "site": 0, "kind": "", "limit": 1})
	if err != nil {
		return bot.Run{}, err
	}
	if len(runs) == 0 {
		return bot.Run{}, bot.ErrRunNotFound
	}
	return runs[0], nil
}

// CancelRun implements bot.RunStore.
func (b *BotRuns) CancelRun(ctx context.Context, scope identity.Scope, id string) (bot.Run, error) {
	canonical, ok := chat.CanonicalID(id)
	if !ok {
		return bot.Run{}, bot.ErrRunNotFound
	}
	if _, err := b.pool.Exec(ctx, botRunCancelSQL, siteScope(scope, pgx.NamedArgs{"id": canonical})); err != nil {
		return bot.Run{}, fmt.Errorf("cancel run: %w", err)
	}
	return b.RunOf(ctx, scope, id)
}

type runRowRow struct {
	N             int
	Department    int32
	Conversation  string
	Seq           int32
	Saved         int64
	Question      string
	Change        string
	Worse         bool
	Before, After []byte
	Total         int
}

// RunRows implements bot.RunStore.
func (b *BotRuns) RunRows(ctx context.Context, scope identity.Scope, id, change string, after, limit int) ([]bot.RunRow, int, error) {
	if _, err := b.RunOf(ctx, scope, id); err != nil {
		return nil, 0, err
	}
	rows, err := b.pool.Query(ctx, botRunRowsSQL, scopeArgs(withoutNil(scope), pgx.NamedArgs{"id": id, "change": change, "after": after, "limit": limit}))
	if err != nil {
		return nil, 0, fmt.Errorf("read rows of a run: %w", err)
	}
	total := 0
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (bot.RunRow, error) {
		r, err := pgx.RowToStructByName[runRowRow](row)
		if err != nil {
			return bot.RunRow{}, err
		}
		total = r.Total
		x := bot.RunRow{N: r.N, Department: r.Department, Conversation: r.Conversation, Seq: uint32(r.Seq), Saved: r.Saved, Question: r.Question, Change: r.Change, Worse: r.Worse}
		if err := json.Unmarshal(r.After, &x.After); err != nil {
			return bot.RunRow{}, fmt.Errorf("read outcome: %w", err)
		}
		if len(r.Before) > 0 {
			x.Before = &bot.TurnOutcome{}
			if err := json.Unmarshal(r.Before, x.Before); err != nil {
				return bot.RunRow{}, fmt.Errorf("read outcome: %w", err)
			}
		}
		return x, nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read rows of a run: %w", err)
	}
	return out, total, nil
}

// withoutNil gives a scope without sites an empty list: ANY (NULL) is no answer.
func withoutNil(s identity.Scope) identity.Scope {
	s.Sites = orEmpty(s.Sites)
	return s
}

// ClaimRun implements bot.RunWork.
func (b *BotRuns) ClaimRun(ctx context.Context, lease string, hold time.Duration) (bot.Run, bool, error) {
	rows, err := b.pool.Query(ctx, botRunClaimSQL, pgx.NamedArgs{"lease": lease, "hold": hold})
	if err != nil {
		return bot.Run{}, false, fmt.Errorf("claim a run: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.Run{}, false, nil
	}
	if err != nil {
		return bot.Run{}, false, fmt.Errorf("claim a run: %w", err)
	}
	return r, true, nil
}

// KeepRun implements bot.RunWork.
func (b *BotRuns) KeepRun(ctx context.Context, id, lease string, total, done int, rows []bot.RunRow, hold time.Duration) error {
	n := len(rows)
	ns, departments, seqs, saved := make([]int32, n), make([]int32, n), make([]int32, n), make([]int64, n)
	conversations, questions, changes, worse := make([]*string, n), make([]string, n), make([]string, n), make([]bool, n)
	befores, afters := make([]*string, n), make([]string, n)
	for i, r := range rows {
		ns[i], departments[i], seqs[i], saved[i] = int32(r.N), r.Department, int32(min(r.Seq, 1<<31-1)), r.Saved
		questions[i], changes[i], worse[i] = r.Question, r.Change, r.Worse
		if r.Conversation != "" {
			conversations[i] = &r.Conversation
		}
		after, err := json.Marshal(r.After)
		if err != nil {
			return fmt.Errorf("keep run: %w", err)
		}
		afters[i] = storable(after)
		if r.Before != nil {
			before, err := json.Marshal(r.Before)
			if err != nil {
				return fmt.Errorf("keep run: %w", err)
			}
			s := storable(before)
			befores[i] = &s
		}
		questions[i] = strings.ReplaceAll(questions[i], "\x00", "")
	}
	var held string
	err := b.pool.QueryRow(ctx, botRunKeepSQL, pgx.NamedArgs{
		"id": id, "lease": lease, "hold": hold, "total": total, "done": done, "ns": ns, "departments": departments, "conversations": conversations,
		"seqs": seqs, "saved": saved, "questions": questions, "changes": changes, "worse": worse, "befores": befores, "afters": afters,
	}).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.ErrRunLost
	}
	if err != nil {
		return fmt.Errorf("keep run: %w", err)
	}
	return nil
}

// storable removes what jsonb does not take.
func storable(b []byte) string { return strings.ReplaceAll(string(b), `\u0000`, "") }

// EndRun implements bot.RunWork.
func (b *BotRuns) EndRun(ctx context.Context, id, lease string, state bot.RunState, s *bot.RunSummary, problem string) error {
	var summary *string
	if s != nil {
		raw, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("end run: %w", err)
		}
		text := string(raw)
		summary = &text
	}
	tag, err := b.pool.Exec(ctx, botRunEndSQL, pgx.NamedArgs{"id": id, "lease": lease, "state": string(state), "summary": summary, "problem": problem})
	if err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return bot.ErrRunLost
	}
	return nil
}

type turnRow struct {
	Conversation        string
	Seq                 int32
	Department          int32
	At                  time.Time
	Extra               []byte
	Buttons             []string
	TurnedDown, Helpful bool
	Wrong               bool
	Total               int
}

// Turns implements bot.RunWork.
func (b *BotRuns) Turns(ctx context.Context, scope identity.Scope, site int32, since time.Time, limit int) (turns []bot.Turn, left int, err error) {
	rows, err := b.pool.Query(ctx, botTurnsSQL, scopeArgs(withoutNil(scope), pgx.NamedArgs{"site": site, "since": since.UTC(), "limit": limit}))
	if err != nil {
		return nil, 0, fmt.Errorf("read the bot's turns: %w", err)
	}
	total := 0
	turns, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (bot.Turn, error) {
		r, err := pgx.RowToStructByName[turnRow](row)
		if err != nil {
			return bot.Turn{}, err
		}
		total = r.Total
		t := bot.Turn{
			Conversation: r.Conversation, Seq: uint32(r.Seq), Department: r.Department, Time: r.At.UTC(), TurnedDown: r.TurnedDown, Helpful: r.Helpful, Wrong: r.Wrong,
		}
		if t.Packet, err = bot.ReadPacket(r.Extra); err != nil {
			return bot.Turn{}, err
		}
		for _, id := range r.Buttons {
			if article, ok := strings.CutPrefix(id, bot.ButtonArticle); ok {
				t.Offers = append(t.Offers, article)
			}
		}
		return t, nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the bot's turns: %w", err)
	}
	slices.Reverse(turns)
	return turns, total - len(turns), nil
}

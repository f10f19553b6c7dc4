package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

//go:embed query/suggest_near.sql
var suggestNearSQL string

//go:embed query/suggest_usage.sql
var suggestUsageSQL string

//go:embed query/suggest_record.sql
var suggestRecordSQL string

//go:embed query/suggest_shown.sql
var suggestShownSQL string

//go:embed query/suggest_canned_text.sql
var suggestCannedTextSQL string

//go:embed query/suggest_solved_text.sql
var suggestSolvedTextSQL string

//go:embed query/suggest_judge.sql
var suggestJudgeSQL string

//go:embed query/suggest_unjudge.sql
var suggestUnjudgeSQL string

//go:embed query/suggest_judgements.sql
var suggestJudgementsSQL string

// Suggest keeps canned replies, past answers, what became of suggestions, and
// judgements of the bot. It implements bot.SuggestStore, bot.CannedStore,
// bot.LearnStore and bot.JudgementStore.
type Suggest struct{ pool *pgxpool.Pool }

// NewSuggest returns a store on pool, which stays the caller's.
func NewSuggest(pool *pgxpool.Pool) *Suggest { return &Suggest{pool: pool} }

var (
	_ bot.SuggestStore   = (*Suggest)(nil)
	_ bot.CannedStore    = (*Suggest)(nil)
	_ bot.LearnStore     = (*Suggest)(nil)
	_ bot.JudgementStore = (*Suggest)(nil)
)

// Near implements bot.SuggestStore.
func (s *Suggest) Near(ctx context.Context, scope identity.Scope, q bot.NearQuery) (bot.Near, error) {
	if !finite(q.Vector) {
		return bot.Near{}, fmt.Errorf("replies near a question: %w", errBadVector)
	}
	rows, err := s.pool.Query(ctx, suggestNearSQL, scopeArgs(scope, pgx.NamedArgs{
		"site": q.Site, "department": q.Department, "agent": uuidOf(q.Agent), "locale": q.Locale, "vector": halfvec(q.Vector),
		"fingerprint": q.Fingerprint, "limit": q.Limit, "at": q.At.UTC(),
	}))
	if err != nil {
		return bot.Near{}, fmt.Errorf("replies near a question: %w", err)
	}
	var out bot.Near
	var source, locale, about, content, agent string
	var id int64
	var at time.Time
	var cosine float64
	_, err = pgx.ForEachRow(rows, []any{&source, &id, &locale, &about, &content, &agent, &at, &cosine}, func() error {
		if source == string(bot.FromCanned) {
			out.Canned = append(out.Canned, bot.NearCanned{ID: id, Locale: locale, Title: about, Content: content, Cosine: cosine})
		} else {
			out.Solved = append(out.Solved, bot.NearSolved{ID: id, Locale: locale, Question: about, Answer: content, Agent: agent, At: at.UTC(), Cosine: cosine})
		}
		return nil
	})
	if err != nil {
		return bot.Near{}, fmt.Errorf("replies near a question: %w", err)
	}
	return out, nil
}

// Usage implements bot.SuggestStore.
func (s *Suggest) Usage(ctx context.Context, site int32, items []bot.UsageKey) (map[bot.UsageKey]bot.Usage, error) {
	sources, names := make([]string, len(items)), make([]string, len(items))
	for i, k := range items {
		sources[i], names[i] = string(k.Source), k.Item
	}
	rows, err := s.pool.Query(ctx, suggestUsageSQL, pgx.NamedArgs{"site": site, "sources": sources, "items": names})
	if err != nil {
		return nil, fmt.Errorf("usage of suggestions: %w", err)
	}
	out := map[bot.UsageKey]bot.Usage{}
	var k bot.UsageKey
	var u bot.Usage
	_, err = pgx.ForEachRow(rows, []any{&k.Source, &k.Item, &u.Shown, &u.Used}, func() error {
		out[k] = u
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("usage of suggestions: %w", err)
	}
	return out, nil
}

// Record implements bot.SuggestStore.
func (s *Suggest) Record(ctx context.Context, acts []bot.SuggestionAct) error {
	n := len(acts)
	conversations, agents := make([]pgtype.UUID, n), make([]pgtype.UUID, n)
	seqs, messages, ranks := make([]int32, n), make([]int32, n), make([]int16, n)
	sources, items, names := make([]string, n), make([]string, n), make([]string, n)
	confidences, edits, ats := make([]float32, n), make([]float32, n), make([]time.Time, n)
	for i := range acts {
		a := &acts[i]
		conversations[i], agents[i] = uuidOf(a.Conversation), uuidOf(a.Agent)
		seqs[i], messages[i], ranks[i] = *signed(&a.Seq), *signed(&a.MessageSeq), int16(min(a.Rank, 100))
		sources[i], items[i], names[i] = string(a.Source), a.Item, string(a.Act)
		confidences[i], edits[i], ats[i] = float32(a.Confidence), float32(a.EditShare), a.At.UTC()
	}
	_, err := s.pool.Exec(ctx, suggestRecordSQL, pgx.NamedArgs{
		"conversations": conversations, "seqs": seqs, "message_seqs": messages, "agents": agents, "sources": sources, "items": items,
		"ranks": ranks, "confidences": confidences, "acts": names, "edits": edits, "ats": ats,
	})
	if err != nil {
		return fmt.Errorf("record acts on suggestions: %w", err)
	}
	return nil
}

// Shown implements bot.SuggestStore.
func (s *Suggest) Shown(ctx context.Context, conversation, agent string, source bot.SuggestionSource, item string, seq uint32) (bot.SuggestionAct, error) {
	a := bot.SuggestionAct{Act: bot.ActShown}
	var at time.Time
	err := s.pool.QueryRow(ctx, suggestShownSQL, pgx.NamedArgs{
		"conversation": uuidOf(conversation), "agent": uuidOf(agent), "source": string(source), "item": item, "seq": signed(&seq),
	}).Scan(&a.Site, &a.Department, &a.Conversation, &a.Seq, &a.Agent, &a.Source, &a.Item, &a.Rank, &a.Confidence, &at)
	a.At = at.UTC()
	return a, suggestError("find a shown suggestion", err)
}

// Text implements bot.SuggestStore.
func (s *Suggest) Text(ctx context.Context, source bot.SuggestionSource, id int64, locale string) (content string, err error) {
	sql, args := suggestSolvedTextSQL, pgx.NamedArgs{"id": id}
	if source == bot.FromCanned {
		sql = suggestCannedTextSQL
		args["locale"] = locale
	}
	err = s.pool.QueryRow(ctx, sql, args).Scan(&content)
	return content, suggestError("read a reply", err)
}

// Judge implements bot.JudgementStore.
func (s *Suggest) Judge(ctx context.Context, j bot.Judgement) error {
	_, err := s.pool.Exec(ctx, suggestJudgeSQL, pgx.NamedArgs{
		"conversation": uuidOf(j.Conversation), "seq": signed(&j.Seq), "agent": uuidOf(j.Agent), "verdict": j.Verdict, "article": j.Article,
		"locale": j.Locale, "version": signed(&j.Version), "right": j.RightArticle, "note": j.Note, "at": j.At.UTC(),
	})
	return suggestError("store a judgement", err)
}

// Unjudge implements bot.JudgementStore.
func (s *Suggest) Unjudge(ctx context.Context, conversation string, seq uint32, agent string) error {
	_, err := s.pool.Exec(ctx, suggestUnjudgeSQL, pgx.NamedArgs{"conversation": uuidOf(conversation), "seq": signed(&seq), "agent": uuidOf(agent)})
	return suggestError("take a judgement back", err)
}

// Judgements implements bot.JudgementStore.
func (s *Suggest) Judgements(ctx context.Context, scope identity.Scope, conversation string) ([]bot.Judgement, error) {
	rows, err := s.pool.Query(ctx, suggestJudgementsSQL, scopeArgs(scope, pgx.NamedArgs{"id": uuidOf(conversation)}))
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (j bot.Judgement, err error) {
		err = r.Scan(&j.Site, &j.Department, &j.Conversation, &j.Seq, &j.Agent, &j.Verdict, &j.Article, &j.Locale, &j.Version, &j.RightArticle, &j.Note, &j.At)
		j.At = j.At.UTC()
		return j, err
	})
	return all, suggestError("read judgements", err)
}

// suggestError turns what the database says into what the domain knows.
func suggestError(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return bot.ErrNoSuggestion
	case violates(err, "canned_replies_place"):
		return bot.ErrShortcutTaken
	}
	return fmt.Errorf("%s: %w", doing, err)
}

package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/bot"
	"frontdesk/internal/identity"
)

//go:embed query/suggest_solved_unread.sql
var suggestSolvedUnreadSQL string

//go:embed query/suggest_solved_learn.sql
var suggestSolvedLearnSQL string

//go:embed query/suggest_unembedded.sql
var suggestUnembeddedSQL string

//go:embed query/suggest_embed_canned.sql
var suggestEmbedCannedSQL string

//go:embed query/suggest_embed_solved.sql
var suggestEmbedSolvedSQL string

//go:embed query/suggest_solved_expire.sql
var suggestSolvedExpireSQL string

//go:embed query/suggest_solved_drop.sql
var suggestSolvedDropSQL string

// Unread implements bot.LearnStore.
func (s *Suggest) Unread(ctx context.Context, since time.Time, limit int) ([]bot.Resolved, error) {
	rows, err := s.pool.Query(ctx, suggestSolvedUnreadSQL, pgx.NamedArgs{"since": since.UTC(), "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("find resolved conversations: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c bot.Resolved, err error) {
		err = r.Scan(&c.Conversation, &c.LastSeq, &c.At)
		c.At = c.At.UTC()
		return c, err
	})
	return all, suggestError("find resolved conversations", err)
}

// Learn implements bot.LearnStore.
func (s *Suggest) Learn(ctx context.Context, conversation string, upto uint32, answers []bot.SolvedAnswer) error {
	n := len(answers)
	seqs, agents := make([]int32, n), make([]pgtype.UUID, n)
	locales, questions, texts := make([]string, n), make([]string, n), make([]string, n)
	ats, expire := make([]time.Time, n), make([]time.Time, n)
	for i := range answers {
		a := &answers[i]
		seqs[i], agents[i], locales[i], questions[i], texts[i] = *signed(&a.AnswerSeq), uuidOf(a.Agent), a.Locale, a.Question, a.Answer
		ats[i], expire[i] = a.At.UTC(), a.ExpiresAt.UTC()
	}
	_, err := s.pool.Exec(ctx, suggestSolvedLearnSQL, pgx.NamedArgs{
		"conversation": uuidOf(conversation), "upto": signed(&upto), "seqs": seqs, "agents": agents, "locales": locales, "questions": questions,
		"answers": texts, "ats": ats, "expire": expire,
	})
	return suggestError("store past answers", err)
}

// Unembedded implements bot.LearnStore.
func (s *Suggest) Unembedded(ctx context.Context, fingerprint string, limit int) ([]bot.Remembered, error) {
	rows, err := s.pool.Query(ctx, suggestUnembeddedSQL, pgx.NamedArgs{"fingerprint": fingerprint, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("find replies without a vector: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m bot.Remembered, err error) {
		err = r.Scan(&m.Source, &m.ID, &m.Locale, &m.Text)
		return m, err
	})
	return all, suggestError("find replies without a vector", err)
}

// Embed implements bot.LearnStore.
func (s *Suggest) Embed(ctx context.Context, fingerprint string, texts []bot.Remembered, vectors [][]float32) error {
	ids, encoded := map[bot.SuggestionSource][]int64{}, map[bot.SuggestionSource][]string{}
	var locales, contents []string
	for i, r := range texts {
		if !finite(vectors[i]) {
			return fmt.Errorf("embed replies: %w", errBadVector)
		}
		ids[r.Source], encoded[r.Source] = append(ids[r.Source], r.ID), append(encoded[r.Source], halfvec(vectors[i]))
		if r.Source == bot.FromCanned {
			locales, contents = append(locales, r.Locale), append(contents, r.Text)
		}
	}
	batch := &pgx.Batch{}
	if n := ids[bot.FromCanned]; len(n) > 0 {
		batch.Queue(suggestEmbedCannedSQL, pgx.NamedArgs{
			"fingerprint": fingerprint, "ids": n, "locales": locales, "contents": contents, "vectors": encoded[bot.FromCanned],
		})
	}
	if n := ids[bot.FromSolved]; len(n) > 0 {
		batch.Queue(suggestEmbedSolvedSQL, pgx.NamedArgs{"fingerprint": fingerprint, "ids": n, "vectors": encoded[bot.FromSolved]})
	}
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("store vectors of replies: %w", err)
	}
	return nil
}

// Expire implements bot.LearnStore.
func (s *Suggest) Expire(ctx context.Context, now time.Time, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, suggestSolvedExpireSQL, pgx.NamedArgs{"now": now.UTC(), "limit": limit})
	return int(tag.RowsAffected()), suggestError("drop past answers", err)
}

// DropSolved empties a past answer within scope for good. bot.ErrNoSuggestion when there is none.
func (s *Suggest) DropSolved(ctx context.Context, scope identity.Scope, id int64) error {
	tag, err := s.pool.Exec(ctx, suggestSolvedDropSQL, scopeArgs(scope, pgx.NamedArgs{"id": id}))
	if err == nil && tag.RowsAffected() == 0 {
		err = bot.ErrNoSuggestion
	}
	return suggestError("drop a past answer", err)
}

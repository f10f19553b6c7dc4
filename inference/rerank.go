package inference

import (
	"context"
	"errors"
	"fmt"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// Rerank scores how well each text answers the query: with the reranker in use, which reads query and text together, or
// where there is none with the embedding model, which encodes the query once; the score is then the cosine, −1 to 1.
//
// It is all or nothing. Errors are those of Embed; a models.TextError says Query when the query is at fault.
func (e *Engine) Rerank(ctx context.Context, r models.RerankRequest) (models.RerankResult, error) {
	ln := interactive
	if r.Bulk {
		ln = bulk
	}
	result, err := e.rerank(ctx, r, ln)
	if err != nil {
		return models.RerankResult{}, fmt.Errorf("rerank: %w", err)
	}
	return result, nil
}

// ScorePairs returns how well each text answers the query, as Rerank does in the interactive lane, and the fingerprint
// of the model that says so.
func (e *Engine) ScorePairs(ctx context.Context, query string, texts []string) (scores []float32, fingerprint string, err error) {
	result, err := e.rerank(ctx, models.RerankRequest{Query: query, Texts: texts}, interactive)
	if err != nil {
		return nil, "", fmt.Errorf("score pairs: %w", err)
	}
	return result.Scores, result.Fingerprint, nil
}

func (e *Engine) rerank(ctx context.Context, r models.RerankRequest, ln lane) (models.RerankResult, error) {
	if len(r.Texts) == 0 {
		return models.RerankResult{}, fmt.Errorf("%w: texts is empty; give at least one", models.ErrInput)
	}
	m, err := e.models.acquire(models.TaskRerank, r.Model)
	if errors.Is(err, models.ErrNoModel) {
		if m, err = e.models.acquire(models.TaskEmbed, r.Model); err == nil {
			defer e.models.release(m)
			return e.rerankByCosine(ctx, m, r, ln)
		}
	}
	if err != nil {
		return models.RerankResult{}, err
	}
	defer e.models.release(m)
	query, err := m.piecesOf(r.Query)
	if err != nil {
		return models.RerankResult{}, textError(0, true, err)
	}
	rows, took, err := e.prepare(ctx, m, ln, len(r.Texts), func(i int) (sequence, error) {
		row, err := m.pair(query, r.Texts[i], r.Cut)
		if err != nil {
			return sequence{}, textError(i, false, err)
		}
		return row, nil
	})
	if err != nil {
		return models.RerankResult{}, err
	}
	result := models.RerankResult{Served: m.served(rows, took), Scores: make([]float32, len(rows))}
	if result.Times.Queue, result.Times.Run, err = e.sched.do(ctx, m.worker, ln, rows, result.Scores); err != nil {
		return models.RerankResult{}, err
	}
	if !r.Raw {
		for i := range result.Scores {
			activate(m.manifest.Activation, result.Scores[i:i+1])
		}
	}
	return result, nil
}

// rerankByCosine encodes the query once, beside the texts.
func (e *Engine) rerankByCosine(ctx context.Context, m *model, r models.RerankRequest, ln lane) (models.RerankResult, error) {
	rows, took, err := e.prepare(ctx, m, ln, 1+len(r.Texts), func(i int) (sequence, error) {
		s, prefix, limit := r.Query, m.manifest.Prefixes.Question, m.manifest.MaxTokens.Question
		if i > 0 {
			s, prefix, limit = r.Texts[i-1], m.manifest.Prefixes.Passage, m.manifest.MaxTokens.Passage
		}
		ids, err := m.idsOf(s, prefix, limit, r.Cut)
		if err != nil {
			return sequence{}, textError(max(0, i-1), i == 0, err)
		}
		return sequence{ids: ids}, nil
	})
	if err != nil {
		return models.RerankResult{}, err
	}
	result := models.RerankResult{Served: m.served(rows[1:], took), Scores: make([]float32, len(r.Texts))}
	vectors, queued, ran, err := e.vectors(ctx, m, ln, rows, m.manifest.Dims, true)
	if err != nil {
		return models.RerankResult{}, err
	}
	result.Times.Queue, result.Times.Run = queued, ran
	for i, v := range vectors[1:] {
		result.Scores[i] = float32(cosine(vectors[0], v))
	}
	return result, nil
}

// piecesOf checks and tokenises one text of a pair, without special tokens and limit.
func (m *model) piecesOf(s string) ([]int32, error) {
	if err := checkText(s); err != nil {
		return nil, err
	}
	ids := m.tok.AppendPieceIDs(nil, s)
	if len(ids) == 0 {
		return nil, ErrEmptyText
	}
	return ids, nil
}

// pair puts a tokenised first text and a second one together; the longer one is cut first.
func (m *model) pair(first []int32, second string, cut models.Cut) (sequence, error) {
	pieces, err := m.piecesOf(second)
	if err != nil {
		return sequence{}, err
	}
	limit := m.manifest.MaxTokens.Passage
	if all := len(first) + len(pieces) + m.tok.SpecialsPair(); all > limit && cut == models.CutNot {
		return sequence{}, &tooLongError{tokens: all, limit: limit}
	}
	var types []int32
	if m.worker.info.Types {
		types = []int32{}
	}
	side := tokenizer.Right
	if cut == models.CutLeft {
		side = tokenizer.Left
	}
	ids, types := m.tok.Assemble(nil, types, first, pieces, true, tokenizer.Truncation{MaxLength: limit, Side: side})
	return sequence{ids: ids, types: types}, nil
}

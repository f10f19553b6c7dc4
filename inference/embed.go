package inference

import (
	"context"
	"fmt"
	"slices"
	"time"

	"frontdesk/models"
)

// EmbedQuestion returns the vector of one question, of Dims values, and the fingerprint of its space. A question beyond
// the model's limit is cut on the right.
//
// Errors wrap ErrEmptyText, ErrInvalidText, ErrClosed, ErrNotFinite or the context's cause, or are an OverloadError.
func (e *Engine) EmbedQuestion(ctx context.Context, question string) (vector []float32, fingerprint string, err error) {
	m, err := e.models.acquire(models.TaskEmbed, "")
	if err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	defer e.models.release(m)
	return e.question(ctx, m, question)
}

// EmbedPassages returns one vector a text, in order, and their fingerprint. No text gives no vector and no error.
//
// It is all or nothing. Besides the errors of EmbedQuestion, which name the text by its index, it may wrap ErrTooLarge.
func (e *Engine) EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error) {
	m, err := e.models.acquire(models.TaskEmbed, "")
	if err != nil {
		return nil, "", fmt.Errorf("embed passages: %w", err)
	}
	defer e.models.release(m)
	return e.passages(ctx, m, texts)
}

func (e *Engine) question(ctx context.Context, m *model, question string) (vector []float32, fingerprint string, err error) {
	start := e.cfg.Now()
	ids, err := m.idsOf(question, m.manifest.Prefixes.Question, m.manifest.MaxTokens.Question, models.CutRight)
	m.metrics.tokenized(e.cfg.Now().Sub(start))
	if err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	var key string
	if m.cache != nil {
		key = cacheKey(ids)
		if v, ok := m.cache.Get(key); ok {
			m.metrics.hits.Inc()
			return slices.Clone(v), m.manifest.Fingerprint, nil
		}
		m.metrics.misses.Inc()
	}
	vector = make([]float32, m.worker.limits.width)
	if _, _, err := e.sched.do(ctx, m.worker, interactive, []sequence{{ids: ids}}, vector); err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	if vector, err = m.shape(vector, m.manifest.Dims, m.manifest.Normalize); err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	if m.cache != nil {
		m.cache.Add(key, slices.Clone(vector))
	}
	return vector, m.manifest.Fingerprint, nil
}

func (e *Engine) passages(ctx context.Context, m *model, texts []string) (vectors [][]float32, fingerprint string, err error) {
	if len(texts) == 0 {
		return nil, m.manifest.Fingerprint, nil
	}
	rows, _, err := e.prepare(ctx, m, bulk, len(texts), func(i int) (sequence, error) {
		ids, err := m.idsOf(texts[i], m.manifest.Prefixes.Passage, m.manifest.MaxTokens.Passage, models.CutRight)
		if err != nil {
			return sequence{}, fmt.Errorf("passage %d: %w", i, err)
		}
		return sequence{ids: ids}, nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("embed passages: %w", err)
	}
	vectors, _, _, err = e.vectors(ctx, m, bulk, rows, m.manifest.Dims, m.manifest.Normalize)
	if err != nil {
		return nil, "", fmt.Errorf("embed passages: %w", err)
	}
	return vectors, m.manifest.Fingerprint, nil
}

// Embed returns vectors as asked. It is all or nothing.
//
// Errors wrap models.ErrNoModel, models.ErrInput (a models.TextError names the text), models.ErrTooLong, ErrClosed,
// ErrNotFinite or the context's cause, or are an OverloadError.
func (e *Engine) Embed(ctx context.Context, r models.EmbedRequest) (models.EmbedResult, error) {
	m, err := e.models.acquire(models.TaskEmbed, r.Model)
	if err != nil {
		return models.EmbedResult{}, fmt.Errorf("embed: %w", err)
	}
	defer e.models.release(m)
	dims, err := m.dims(r.Dims)
	if err != nil {
		return models.EmbedResult{}, fmt.Errorf("embed: %w", err)
	}
	ln, limit, prefix := bulk, m.manifest.MaxTokens.Passage, m.manifest.Prefixes.Passage
	if r.Question {
		ln, limit, prefix = interactive, m.manifest.MaxTokens.Question, m.manifest.Prefixes.Question
	}
	if r.NoPrefix {
		prefix = ""
	}
	if (len(r.Texts) == 0) == (len(r.TokenIDs) == 0) {
		return models.EmbedResult{}, fmt.Errorf("embed: %w: give texts or token ids, at least one and not both", models.ErrInput)
	}
	rows, took, err := e.prepare(ctx, m, ln, max(len(r.Texts), len(r.TokenIDs)), func(i int) (sequence, error) {
		var ids []int32
		var err error
		if len(r.Texts) > 0 {
			ids, err = m.idsOf(r.Texts[i], prefix, limit, r.Cut)
		} else {
			ids, err = m.given(r.TokenIDs[i], limit, r.Cut)
		}
		if err != nil {
			return sequence{}, textError(i, false, err)
		}
		return sequence{ids: ids}, nil
	})
	if err != nil {
		return models.EmbedResult{}, fmt.Errorf("embed: %w", err)
	}
	result := models.EmbedResult{Served: m.served(rows, took)}
	result.Vectors, result.Times.Queue, result.Times.Run, err = e.vectors(ctx, m, ln, rows, dims, m.manifest.Normalize && !r.Raw)
	if err == nil && r.Half {
		result.Halves, err = halves(result.Vectors)
		result.Vectors = nil
	}
	if err != nil {
		return models.EmbedResult{}, fmt.Errorf("embed: %w", err)
	}
	return result, nil
}

// halves rounds vectors to binary16. A value beyond its range, which only raw vectors have, is an error that wraps
// ErrNotFinite: as an infinity it would poison every distance.
func halves(vectors [][]float32) ([][]uint16, error) {
	all := make([][]uint16, len(vectors))
	for i, v := range vectors {
		all[i] = make([]uint16, len(v))
		for d, x := range v {
			h := models.ToHalf(x)
			if h&0x7C00 == 0x7C00 {
				return nil, fmt.Errorf("%w: value %g of vector %d does not fit a half", ErrNotFinite, x, i)
			}
			all[i][d] = h
		}
	}
	return all, nil
}

// given checks ids that a caller brings: one outside the vocabulary would fail its batch mates too. They are copied: a
// caller who leaves may write to them while a run goes on.
func (m *model) given(ids []int32, limit int, cut models.Cut) ([]int32, error) {
	if len(ids) == 0 {
		return nil, ErrEmptyText
	}
	for _, id := range ids {
		if id < 0 || int(id) >= m.tok.VocabSize() {
			return nil, fmt.Errorf("%w: token id %d is outside 0…%d", models.ErrInput, id, m.tok.VocabSize()-1)
		}
	}
	switch {
	case len(ids) <= limit:
		return slices.Clone(ids), nil
	case cut == models.CutNot:
		return nil, &tooLongError{tokens: len(ids), limit: limit}
	case cut == models.CutLeft:
		return slices.Clone(ids[len(ids)-limit:]), nil
	}
	return slices.Clone(ids[:limit]), nil
}

// dims checks the length that a request asks for.
func (m *model) dims(asked int) (int, error) {
	have := m.manifest.Dims
	if asked == 0 || asked == have {
		return have, nil
	}
	if slices.Contains(m.manifest.Matryoshka, asked) {
		return asked, nil
	}
	return 0, fmt.Errorf("%w: dimensions %d: model %s gives %v", models.ErrInput, asked, m.manifest.Name, append(slices.Clone(m.manifest.Matryoshka), have))
}

// vectors runs rows and brings them into shape.
func (e *Engine) vectors(ctx context.Context, m *model, ln lane, rows []sequence, dims int, unit bool) (vectors [][]float32, queued, ran time.Duration, err error) {
	width := m.worker.limits.width
	flat := make([]float32, len(rows)*width)
	if queued, ran, err = e.sched.do(ctx, m.worker, ln, rows, flat); err != nil {
		return nil, 0, 0, err
	}
	vectors = make([][]float32, len(rows))
	for i := range vectors {
		if vectors[i], err = m.shape(flat[i*width:(i+1)*width:(i+1)*width], dims, unit); err != nil {
			return nil, 0, 0, err
		}
	}
	return vectors, queued, ran, nil
}

// shape cuts a row to dims values and brings it to length 1. A row cut short of the manifest's length is always brought
// to length 1, as long as the whole one has it (Kusupati et al. 2022, Matryoshka Representation Learning).
func (m *model) shape(row []float32, dims int, unit bool) ([]float32, error) {
	row = row[:dims:dims]
	if (unit || dims < m.manifest.Dims && m.manifest.Pooling == models.PoolGraph) && !normalize(row) {
		return nil, fmt.Errorf("%w: all its values are 0", ErrNotFinite)
	}
	return row, nil
}

// served begins the account of a request.
func (m *model) served(rows []sequence, tokenize time.Duration) models.Served {
	s := models.Served{
		Model: m.manifest.Name, Version: m.manifest.Version, Fingerprint: m.manifest.Fingerprint,
		Tokens: make([]int, len(rows)), Times: models.Times{Tokenize: tokenize},
	}
	for i, r := range rows {
		s.Tokens[i] = len(r.ids)
	}
	return s
}

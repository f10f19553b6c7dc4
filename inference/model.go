package inference

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"

	"frontdesk/inference/internal/onnx"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// model is a bundle that is loaded.
type model struct {
	manifest models.Manifest
	tok      *tokenizer.Tokenizer
	backend  Backend
	worker   *worker
	metrics  *modelMetrics
	cache    *lru.Cache[string, []float32] // of question vectors; nil = off

	// Guarded by registry.mu.
	refs    int  // requests that it serves, and its Staged
	retired bool // nothing new comes; it is destroyed when refs is 0
}

// load makes a model of a bundle and proves it. Nothing of it is left when there is an error.
func (e *Engine) load(ctx context.Context, bundle *models.Bundle) (*model, error) {
	m := bundle.Manifest
	tok, err := tokenizer.Parse(bundle.Tokenizer)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer of model %s: %w", m.Name, err)
	}
	if m.Runtime == models.RuntimeStatic {
		backend, err := newStaticBackend(bundle, tok)
		if err != nil {
			return nil, fmt.Errorf("load model %s: %w", m.Name, err)
		}
		return e.adopt(ctx, bundle, tok, backend)
	}
	if _, err := LoadLibrary(e.cfg.Library); err != nil {
		return nil, err
	}
	var loaded *model
	onnx.Background(func() { // beside requests that somebody waits for
		var backend Backend
		if backend, err = newONNXBackend(bundle); err != nil {
			err = fmt.Errorf("load model %s: %w", m.Name, err)
			return
		}
		loaded, err = e.adopt(ctx, bundle, tok, backend)
	})
	return loaded, err
}

// adopt proves a backend by the bundle's golden values, warms it and makes it a model. It owns the backend from the
// call on.
func (e *Engine) adopt(ctx context.Context, bundle *models.Bundle, tok *tokenizer.Tokenizer, backend Backend) (*model, error) {
	m := &model{manifest: bundle.Manifest, tok: tok, backend: backend}
	if err := m.try(ctx, e.cfg, bundle.Golden); err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	m.metrics = e.metrics.of(m.manifest)
	limit := max(m.manifest.MaxTokens.Question, m.manifest.MaxTokens.Passage)
	m.worker = e.sched.newWorker(backend, m.manifest.Task != models.TaskEmbed, limits{
		maxLen: limit, batchTokens: e.cfg.BatchTokens, batchTexts: e.cfg.BatchTexts,
		queueTokens: [lanes]int{interactive: e.cfg.InteractiveTokens, bulk: e.cfg.BulkTokens},
	}, m.metrics)
	return m, nil
}

// try completes, proves and warms a model. A panic is an error: what a stranger's files do to it must not end the
// process, and no caller could recover it from the thread that loads.
func (m *model) try(ctx context.Context, cfg Config, golden []models.Golden) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("try model %s: panic: %v\n%s", m.manifest.Name, p, debug.Stack())
		}
	}()
	if err := m.complete(cfg); err != nil {
		return err
	}
	if err := m.backend.Check(); err != nil { // before golden values: its error is plainer than theirs
		return fmt.Errorf("model %s does not run: %w", m.manifest.Name, err)
	}
	if err := m.prove(ctx, golden); err != nil {
		return err
	}
	return m.warm(ctx, cfg)
}

func (m *model) complete(cfg Config) error {
	specials, room := m.tok.Specials(), min(m.manifest.MaxTokens.Question, m.manifest.MaxTokens.Passage)
	if m.manifest.Task != models.TaskEmbed { // a pair needs a token of each text
		specials = max(specials, m.tok.SpecialsPair()+1)
	}
	if specials >= room {
		return fmt.Errorf("%w: model %s: max_tokens is %d; it must be more than %d, or special tokens leave no room for text", models.ErrManifest, m.manifest.Name, room, specials)
	}
	if cfg.QuestionCache == 0 || m.manifest.Task != models.TaskEmbed {
		return nil
	}
	var err error
	if m.cache, err = lru.New[string, []float32](cfg.QuestionCache); err != nil {
		return fmt.Errorf("make question cache: %w", err)
	}
	return nil
}

// warm runs the shapes that will come, so that the first requests after a swap do not pay for first-time allocations,
// and the last id of the tokenizer, which a graph with too few rows does not know.
func (m *model) warm(ctx context.Context, cfg Config) error {
	last := int32(m.tok.VocabSize() - 1)
	length := min(m.manifest.MaxTokens.Passage, cfg.BatchTokens)
	for _, shape := range [][2]int{{1, 1}, {1, length}, {max(1, min(cfg.BatchTexts, cfg.BatchTokens/16)), min(16, length)}} {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("warm model %s: %w", m.manifest.Name, context.Cause(ctx))
		}
		rows := make([]sequence, shape[0])
		for i := range rows {
			rows[i].ids = slices.Repeat([]int32{last}, shape[1])
		}
		out, err := m.once(rows)
		if err != nil {
			return fmt.Errorf("%w: model %s does not run %d texts of %d tokens (id %d): %w",
				models.ErrManifest, m.manifest.Name, shape[0], shape[1], last, err)
		}
		if !finite(out) {
			return fmt.Errorf("model %s: %w", m.manifest.Name, ErrNotFinite)
		}
	}
	return nil
}

// once runs texts past the scheduler.
func (m *model) once(rows []sequence) ([]float32, error) {
	w := &worker{backend: m.backend, info: m.backend.Info(), scores: m.manifest.Task != models.TaskEmbed}
	w.limits.width = w.info.Width
	b := &slot{worker: w}
	for _, r := range rows {
		b.jobs = append(b.jobs, &job{ids: r.ids, types: r.types})
	}
	b.measure()
	b.fill()
	err := b.call()
	return b.out, err
}

// idsOf checks and tokenises one text for embedding.
func (m *model) idsOf(s, prefix string, limit int, cut models.Cut) ([]int32, error) {
	if err := checkText(s); err != nil {
		return nil, err
	}
	first := limit
	if prefix != "" {
		first = m.tok.Specials() + 1 // enough to see whether there is anything beside the prefix
	}
	ids := m.tok.AppendIDs(make([]int32, 0, min(limit, len(prefix)+len(s)+2)), s, first)
	if len(ids) <= m.tok.Specials() {
		return nil, ErrEmptyText // only characters that normalisation removes
	}
	if prefix == "" && (cut == models.CutRight || len(ids) < limit) { // shorter than the limit: nothing was cut
		return ids, nil
	}
	if cut == models.CutRight {
		return m.tok.AppendIDs(ids[:0], prefix+s, limit), nil
	}
	pieces := m.tok.AppendPieceIDs(nil, prefix+s)
	if all := len(pieces) + m.tok.Specials(); all > limit && cut == models.CutNot {
		return nil, &tooLongError{tokens: all, limit: limit}
	}
	ids, _ = m.tok.Assemble(ids[:0], nil, pieces, nil, false, tokenizer.Truncation{MaxLength: limit, Side: tokenizer.Left})
	return ids, nil
}

// checkText refuses what no model may see.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return ErrInvalidText
	}
	if strings.TrimSpace(s) == "" {
		return ErrEmptyText
	}
	return nil
}

// cacheKey is the ids themselves: texts that the model cannot tell apart share an entry, others never do.
func cacheKey(ids []int32) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return string(b)
}

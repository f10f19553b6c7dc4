// Package inference turns texts into vectors with a model that runs inside the process.
//
// An Engine holds one model: a Go tokenizer, an ONNX graph and a batcher. Questions go through the interactive lane,
// passages through the bulk lane, which waits for the other but is never starved. Everything is bounded by tokens: a
// request is taken as a whole or refused as a whole with an OverloadError that says when to come back.
//
// The engine owns its goroutines and has none while idle: a slot starts when work arrives and ends with it; Close waits
// for the runs in flight. A caller who leaves early never disturbs its batch mates, nor memory that C is using. The
// engine never serves vectors that disagree with the model's golden vectors, never silently caches (the question cache
// is off unless asked for) and never talks to the network. cgo is confined to internal/onnx.
package inference

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference/internal/onnx"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// Config is what an Engine can be told. The zero value serves the bundled model.
type Config struct {
	// Library is the full path of the ONNX Runtime library. Empty means what FindLibrary finds.
	Library string
	// Bundle is the model. Nil means models.Default.
	Bundle *models.Bundle
	// Slots is how many runs go on at once. Defaults to the number of cores that Go uses.
	Slots int
	// BatchTokens bounds a batch, padding included. Defaults to 512.
	BatchTokens int
	// BatchTexts bounds a batch in texts. Defaults to 32.
	BatchTexts int
	// InteractiveTokens is how many tokens of questions may wait; beyond, requests are refused. Defaults to 32,768.
	InteractiveTokens int
	// BulkTokens is the same for passages. Defaults to 1,048,576.
	BulkTokens int
	// QuestionCache is how many question vectors are kept. 0, the default, keeps none, so that every question runs the
	// graph; what counts runs as proof of an answer (DESIGN 3) relies on that.
	QuestionCache int
	// Registerer receives the metrics. Nil means none are exported.
	Registerer prometheus.Registerer
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Engine embeds texts. Make one with New; it is safe for concurrent use.
type Engine struct {
	manifest models.Manifest
	tok      *tokenizer.Tokenizer
	batch    *batcher
	metrics  *metrics
	cache    *lru.Cache[string, []float32] // nil = off
	now      func() time.Time
	closing  sync.Once
	closeErr error
}

// New loads the library and the model and proves the model by its golden vectors. Errors wrap ErrNoLibrary, ErrGolden,
// or the errors of models and the tokenizer, and say what to do.
func New(cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	bundle := cfg.Bundle
	if bundle == nil {
		b, err := models.Default()
		if err != nil {
			return nil, fmt.Errorf("open model: %w", err)
		}
		bundle = &b
	}
	m := bundle.Manifest
	tok, err := tokenizer.Parse(bundle.Tokenizer)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer of model %s: %w", m.Name, err)
	}
	if _, err := LoadLibrary(cfg.Library); err != nil {
		return nil, err
	}
	session, err := onnx.NewSession(bundle.Model, onnx.Spec{
		IDs: m.Graph.IDs, Mask: m.Graph.Mask, Output: m.Graph.Output, Dims: m.Dims,
	})
	if err != nil {
		return nil, fmt.Errorf("load model %s: %w", m.Name, err)
	}
	e, err := newEngine(cfg, m, tok, session)
	if err == nil {
		err = proveGolden(tok, session, bundle)
	}
	if err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return e, nil
}

// newEngine puts an engine together around a runner.
func newEngine(cfg Config, m models.Manifest, tok *tokenizer.Tokenizer, r runner) (*Engine, error) {
	e := &Engine{manifest: m, tok: tok, now: cfg.Now}
	if cfg.QuestionCache > 0 {
		cache, err := lru.New[string, []float32](cfg.QuestionCache)
		if err != nil {
			return nil, fmt.Errorf("make question cache: %w", err)
		}
		e.cache = cache
	}
	var err error
	if e.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, err
	}
	e.batch = newBatcher(r, limits{
		dims:        m.Dims,
		maxLen:      max(m.MaxTokens.Question, m.MaxTokens.Passage),
		batchTokens: cfg.BatchTokens,
		batchTexts:  cfg.BatchTexts,
		queueTokens: [lanes]int{interactive: cfg.InteractiveTokens, bulk: cfg.BulkTokens},
		slots:       cfg.Slots,
	}, e.metrics, cfg.Now)
	return e, nil
}

// complete fills in defaults and refuses what makes no sense.
func (c *Config) complete() error {
	for _, f := range []struct {
		name  string
		value *int
		usual int
	}{
		{"Slots", &c.Slots, runtime.GOMAXPROCS(0)},
		{"BatchTokens", &c.BatchTokens, 512},
		{"BatchTexts", &c.BatchTexts, 32},
		{"InteractiveTokens", &c.InteractiveTokens, 32 << 10},
		{"BulkTokens", &c.BulkTokens, 1 << 20},
		{"QuestionCache", &c.QuestionCache, 0},
	} {
		if *f.value < 0 {
			return fmt.Errorf("inference config: %s is %d; it must not be negative", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.usual
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// EmbedQuestion returns the L2-normalised vector of one question, of Dims values, and the fingerprint of its space. A
// question beyond the model's limit is cut on the right.
//
// Errors wrap ErrEmptyText, ErrInvalidText, ErrClosed, ErrNotFinite or the context's cause, or are an OverloadError.
func (e *Engine) EmbedQuestion(ctx context.Context, text string) (vector []float32, fingerprint string, err error) {
	start := e.now()
	ids, err := e.ids(text, e.manifest.Prefixes.Question, e.manifest.MaxTokens.Question)
	e.metrics.tokenized(e.now().Sub(start))
	if err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	var key string
	if e.cache != nil {
		key = cacheKey(ids)
		if v, ok := e.cache.Get(key); ok {
			e.metrics.hits.Inc()
			return slices.Clone(v), e.manifest.Fingerprint, nil
		}
		e.metrics.misses.Inc()
	}
	vector = make([]float32, e.manifest.Dims)
	if err := e.batch.do(ctx, interactive, [][]int32{ids}, vector); err != nil {
		return nil, "", fmt.Errorf("embed question: %w", err)
	}
	if e.cache != nil {
		e.cache.Add(key, slices.Clone(vector))
	}
	return vector, e.manifest.Fingerprint, nil
}

// EmbedPassages returns one vector a text, in order, and their fingerprint. No text gives no vector and no error.
//
// It is all or nothing. Besides the errors of EmbedQuestion, which name the text by its index, it may wrap ErrTooLarge.
func (e *Engine) EmbedPassages(ctx context.Context, texts []string) (vectors [][]float32, fingerprint string, err error) {
	if len(texts) == 0 {
		return nil, e.manifest.Fingerprint, nil
	}
	start := e.now()
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, "", fmt.Errorf("embed passages: %w", context.Cause(ctx))
		}
		if ids[i], err = e.ids(text, e.manifest.Prefixes.Passage, e.manifest.MaxTokens.Passage); err != nil {
			return nil, "", fmt.Errorf("embed passage %d: %w", i, err)
		}
	}
	e.metrics.tokenized(e.now().Sub(start))
	dims := e.manifest.Dims
	flat := make([]float32, len(texts)*dims)
	if err := e.batch.do(ctx, bulk, ids, flat); err != nil {
		return nil, "", fmt.Errorf("embed passages: %w", err)
	}
	vectors = make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = flat[i*dims : (i+1)*dims : (i+1)*dims]
	}
	return vectors, e.manifest.Fingerprint, nil
}

// ids checks and tokenises one text.
func (e *Engine) ids(text, prefix string, limit int) ([]int32, error) {
	if !utf8.ValidString(text) {
		return nil, ErrInvalidText
	}
	if strings.TrimSpace(text) == "" {
		return nil, ErrEmptyText
	}
	ids := e.tok.AppendIDs(make([]int32, 0, min(limit, len(text)+2)), text, limit)
	if len(ids) <= e.tok.Specials() {
		return nil, ErrEmptyText // only characters that normalisation removes
	}
	if prefix != "" {
		ids = e.tok.AppendIDs(ids[:0], prefix+text, limit)
	}
	return ids, nil
}

// cacheKey is the ids themselves: texts that the model cannot tell apart share an entry, others never do.
func cacheKey(ids []int32) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return string(b)
}

// CountTokens returns how many tokens the model sees of text without its limit, special tokens included.
func (e *Engine) CountTokens(text string) int { return e.tok.Count(text) }

// Dims returns the length of a vector.
func (e *Engine) Dims() int { return e.manifest.Dims }

// Fingerprint names the vector space; vectors of different fingerprints must not be compared.
func (e *Engine) Fingerprint() string { return e.manifest.Fingerprint }

// Model returns the manifest of the model that is served.
func (e *Engine) Model() models.Manifest { return e.manifest }

// Runs returns how many runs of the graph have served requests.
func (e *Engine) Runs() uint64 { return e.metrics.count.Load() }

// Close refuses new requests, fails waiting ones with ErrClosed, waits for the runs in flight, which still deliver, and
// frees the model. Calling it again waits for the first call and returns its result.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.batch.close()
		if err := e.batch.run.Close(); err != nil {
			e.closeErr = fmt.Errorf("close inference engine: %w", err)
		}
	})
	return e.closeErr
}

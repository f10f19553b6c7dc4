package kbtest

import (
	"context"
	"hash/fnv"
	"math"
	"sync"
	"sync/atomic"

	"frontdesk/internal/text"
	"frontdesk/kb"
)

// dimensions of the vectors that [Embedder] makes unless told otherwise.
const dimensions = 64

// Embedder is a kb.Embedder without a model: a text's vector is the sum of
// fixed pseudo-random directions, one a term, so that texts which share terms
// are near each other and the same text is always the same vector.
type Embedder struct {
	// Fingerprint of the made-up model; another one turns all directions. Set it before use.
	Fingerprint string
	// Synonyms maps a term to the one it is embedded as.
	Synonyms map[string]string
	// Dimensions of the vectors. Defaults to 64. Set it before use.
	Dimensions int

	calls atomic.Int64
	mu    sync.Mutex // guards fail
	fail  error
}

var _ kb.Embedder = (*Embedder)(nil)

// Fail makes every call return err until it is nil again.
func (e *Embedder) Fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = err
}

// Calls returns how often it was called.
func (e *Embedder) Calls() int { return int(e.calls.Load()) }

func (e *Embedder) failure() error {
	e.calls.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fail
}

// EmbedQuestion implements kb.Embedder.
func (e *Embedder) EmbedQuestion(ctx context.Context, s string) ([]float32, string, error) {
	if err := e.failure(); err != nil {
		return nil, "", err
	}
	return e.vector(s), e.fingerprint(), ctx.Err()
}

// EmbedPassages implements kb.Embedder.
func (e *Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, string, error) {
	if err := e.failure(); err != nil {
		return nil, "", err
	}
	out := make([][]float32, len(texts))
	for i, s := range texts {
		out[i] = e.vector(s)
	}
	return out, e.fingerprint(), ctx.Err()
}

func (e *Embedder) fingerprint() string {
	if e.Fingerprint == "" {
		return "kbtest-1"
	}
	return e.Fingerprint
}

func (e *Embedder) vector(s string) []float32 {
	n := e.Dimensions
	if n == 0 {
		n = dimensions
	}
	v := make([]float32, n)
	for _, t := range text.Terms(s) {
		if other, ok := e.Synonyms[t]; ok {
			t = other
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(e.fingerprint() + t))
		x := h.Sum64()
		for i := range v {
			x ^= x << 13 // xorshift (Marsaglia 2003)
			x ^= x >> 7
			x ^= x << 17
			v[i] += float32(int64(x)) / float32(math.MaxInt64)
		}
	}
	var sum float64
	for _, f := range v {
		sum += float64(f) * float64(f)
	}
	if sum == 0 {
		v[0] = 1
		return v
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

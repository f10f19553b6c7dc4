package web_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
	"frontdesk/models"
	"frontdesk/web"
)

// modelRoom is an Inference that counts words for tokens: what the routes make of it can be told from outside.
type modelRoom struct {
	mu     sync.Mutex // guards what follows
	loaded []models.Info
	fail   error
	embeds []models.EmbedRequest
	reads  []models.TokenizeRequest
	ranks  []models.RerankRequest
	labels []models.ClassifyRequest
	hold   chan struct{} // if set, a call waits for it or for its context
	swap   func()        // if set, runs once in the middle of a call
}

const modelName, rerankerName, classifierName = "owner/words-small", "owner/judge", "owner/mood"

func embedder() models.Info {
	return models.Info{InUse: true, Manifest: models.Manifest{
		Name: modelName, Version: "1", Task: models.TaskEmbed, Runtime: models.RuntimeONNX, Dims: 4, Matryoshka: []int{2, 3}, Pooling: models.PoolMean,
		MaxTokens: models.Lengths{Question: 8, Passage: 16}, Prefixes: models.Prefixes{Question: "query: ", Passage: "passage: "},
		Languages: []string{"en"}, License: "MIT", Source: &models.Source{Repo: "owner/words-small", Revision: "abc123"}, Fingerprint: "print-1",
	}}
}

func reranker() models.Info {
	return models.Info{InUse: true, Manifest: models.Manifest{
		Name: rerankerName, Version: "1", Task: models.TaskRerank, Runtime: models.RuntimeONNX, MaxTokens: models.Lengths{Question: 16, Passage: 32},
		Activation: models.ActivationSigmoid, Languages: []string{"en"}, License: "MIT", Fingerprint: "print-2",
	}}
}

func classifier() models.Info {
	return models.Info{InUse: true, Manifest: models.Manifest{
		Name: classifierName, Version: "1", Task: models.TaskClassify, Runtime: models.RuntimeONNX, MaxTokens: models.Lengths{Question: 16, Passage: 16},
		Labels: []string{"sad", "glad"}, Activation: models.ActivationSoftmax, Languages: []string{"en"}, License: "MIT", Fingerprint: "print-3",
	}}
}

// withModels gives a house an engine with these models.
func withModels(loaded ...models.Info) (*modelRoom, func(*web.Config)) {
	room := &modelRoom{loaded: loaded}
	return room, func(c *web.Config) { c.Inference = room }
}

// key is a browser with an API key, changed before it is made.
func (h *house) key(change ...func(*identity.APIKey)) *browser {
	h.t.Helper()
	site, err := h.accounts.SiteByKey(h.t.Context(), "")
	if err != nil {
		h.t.Fatal(err)
	}
	k := identity.APIKey{Site: site.ID, Name: "test", Permissions: []identity.Permission{identity.PermInference}}
	for _, f := range change {
		f(&k)
	}
	secret, _, err := h.keys.Create(h.t.Context(), identity.System(), k)
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.bearer = secret
	return b
}

func (m *modelRoom) Models() []models.Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]models.Info(nil), m.loaded...)
}

func (m *modelRoom) of(task string) (models.Manifest, bool) {
	for _, i := range m.Models() {
		if i.InUse && i.Manifest.Task == task {
			return i.Manifest, true
		}
	}
	return models.Manifest{}, false
}

func (m *modelRoom) begin(ctx context.Context) error {
	m.mu.Lock()
	fail, hold, swap := m.fail, m.hold, m.swap
	m.swap = nil
	m.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return fmt.Errorf("embed: %w", context.Cause(ctx))
		}
	}
	if swap != nil {
		swap()
	}
	return fail
}

// words is the number of tokens: the words and two special ones.
func words(text string) int { return len(strings.Fields(text)) + 2 }

func (m *modelRoom) Embed(ctx context.Context, req models.EmbedRequest) (models.EmbedResult, error) {
	if err := m.begin(ctx); err != nil {
		return models.EmbedResult{}, err
	}
	manifest, ok := m.of(models.TaskEmbed)
	if !ok || (req.Model != "" && req.Model != manifest.Name) {
		return models.EmbedResult{}, fmt.Errorf("embed: %w", models.ErrNoModel)
	}
	m.mu.Lock()
	m.embeds = append(m.embeds, req)
	m.mu.Unlock()
	res := models.EmbedResult{Served: models.Served{
		Model: manifest.Name, Version: "1", Fingerprint: manifest.Fingerprint,
		Times: models.Times{Tokenize: 2 * time.Millisecond, Queue: 3 * time.Millisecond, Run: 4 * time.Millisecond},
	}}
	for i := range max(len(req.Texts), len(req.TokenIDs)) {
		tokens, first := 0, float32(0)
		if req.Texts != nil {
			tokens, first = words(req.Texts[i]), float32(utf8.RuneCountInString(req.Texts[i]))
		} else {
			tokens, first = len(req.TokenIDs[i]), float32(req.TokenIDs[i][0])
		}
		if limit := manifest.MaxTokens.Passage; tokens > limit {
			if req.Cut == models.CutNot {
				return res, fmt.Errorf("embed: %w", &models.TextError{Index: i, Tokens: tokens, Limit: limit, Err: models.ErrTooLong})
			}
			tokens = limit
		}
		v := []float32{first, -0.1, 1e-30, float32(tokens)}
		if req.Dims > 0 {
			v = v[:req.Dims]
		}
		res.Vectors = append(res.Vectors, v)
		res.Tokens = append(res.Tokens, tokens)
	}
	return res, nil
}

func (m *modelRoom) Rerank(ctx context.Context, req models.RerankRequest) (models.RerankResult, error) {
	if err := m.begin(ctx); err != nil {
		return models.RerankResult{}, err
	}
	m.mu.Lock()
	m.ranks = append(m.ranks, req)
	m.mu.Unlock()
	var res models.RerankResult
	for i, text := range req.Texts {
		if strings.Contains(text, "unreadable") {
			return res, fmt.Errorf("rerank: %w", &models.TextError{Index: i, Reason: "has nothing that the model reads", Err: models.ErrInput})
		}
		score := float32(0)
		for word := range strings.FieldsSeq(req.Query) {
			if strings.Contains(text, word) {
				score++
			}
		}
		res.Scores = append(res.Scores, score)
		res.Tokens = append(res.Tokens, words(text)+words(req.Query))
	}
	if strings.Contains(req.Query, "unreadable") {
		return res, &models.TextError{Query: true, Reason: "has nothing that the model reads", Err: models.ErrInput}
	}
	return res, nil
}

func (m *modelRoom) Classify(ctx context.Context, req models.ClassifyRequest) (models.ClassifyResult, error) {
	if err := m.begin(ctx); err != nil {
		return models.ClassifyResult{}, err
	}
	m.mu.Lock()
	m.labels = append(m.labels, req)
	m.mu.Unlock()
	res := models.ClassifyResult{Labels: []string{"sad", "glad"}}
	for _, in := range req.Inputs {
		glad := float32(0.25)
		if strings.Contains(in.Text, ":)") {
			glad = 0.75
		}
		if in.Pair != nil {
			glad += 0.125
		}
		res.Scores = append(res.Scores, []float32{1 - glad, glad})
		res.Tokens = append(res.Tokens, words(in.Text))
	}
	return res, nil
}

func (m *modelRoom) Tokenize(ctx context.Context, req models.TokenizeRequest) ([][]models.Token, error) {
	if err := m.begin(ctx); err != nil {
		return nil, err
	}
	if manifest, ok := m.of(models.TaskEmbed); !ok || req.Model != manifest.Name {
		return nil, fmt.Errorf("tokenize: %w", models.ErrNoModel)
	}
	m.mu.Lock()
	m.reads = append(m.reads, req)
	m.mu.Unlock()
	out := make([][]models.Token, len(req.Texts))
	for i, text := range req.Texts {
		if !req.NoSpecials {
			out[i] = append(out[i], models.Token{ID: 101, Text: "[CLS]", Special: true})
		}
		for at := range []rune(text) { // a token a character
			out[i] = append(out[i], models.Token{ID: int32(at), Text: "?", Start: at, Stop: at + 1})
		}
		if !req.NoSpecials {
			out[i] = append(out[i], models.Token{ID: 102, Text: "[SEP]", Special: true})
		}
	}
	return out, nil
}

// busy is how the engine refuses.
type busy struct{ after time.Duration }

func (b busy) Error() string             { return "inference queue is full: 123 tokens of slot 7" }
func (b busy) RetryAfter() time.Duration { return b.after }

var errSecret = errors.New("onnx: session 0xdeadbeef: /work/secret/model.onnx")

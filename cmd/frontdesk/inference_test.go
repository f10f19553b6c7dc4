package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/models"
)

// command runs a subcommand on a data directory, beside the server that holds it, and returns what it printed.
func command(t *testing.T, data string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append(args, "--data", data))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// apiKey makes a key on the command line.
func apiKey(t *testing.T, data string, flags ...string) (id, secret string) {
	t.Helper()
	out, err := command(t, data, append([]string{"apikey", "create", "test"}, flags...)...)
	m := regexp.MustCompile(`made key (\S+) .*\nsecret: (fd_\w+) `).FindStringSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%q, %v", out, err)
	}
	return m[1], m[2]
}

type vectorsAnswer struct {
	Data []struct {
		Index     int
		Embedding json.RawMessage
	}
	Model string
	Usage struct {
		Tokens int `json:"prompt_tokens"`
	}
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestProgramsUseTheRealModelThroughBothWires(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, false)
	id, key := apiKey(t, data)
	bundle, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	model := bundle.Manifest
	texts := []string{"How do I return a parcel?", "怎么退货", "a [SEP] in the text", "😀 TH01", "how do I send a parcel back?"}
	ask := func(path string, body any) (int, string) {
		t.Helper()
		var raw string
		status := r.call(http.MethodPost, path, key, body, &raw)
		return status, raw
	}
	want := func(status int, path string, body, into any) {
		t.Helper()
		got, raw := ask(path, body)
		if got != status {
			t.Fatalf("%s: %d, want %d: %.300s", path, got, status, raw)
		}
		if err := json.Unmarshal([]byte(raw), into); err != nil {
			t.Fatalf("%s: %v: %.300s", path, err, raw)
		}
	}

	var floats, encoded vectorsAnswer
	want(200, "/v1/embeddings", map[string]any{"model": model.Name, "input": texts}, &floats)
	want(200, "/v1/embeddings", map[string]any{"model": model.Name, "input": texts, "encoding_format": "base64"}, &encoded)
	vectors := make([][]float32, len(texts))
	for i := range texts {
		if err := json.Unmarshal(floats.Data[i].Embedding, &vectors[i]); err != nil || len(vectors[i]) != model.Dims {
			t.Fatalf("text %d: %d numbers, %v", i, len(vectors[i]), err)
		}
		if norm := dot(vectors[i], vectors[i]); math.Abs(norm-1) > 1e-4 {
			t.Errorf("text %d has length² %v", i, norm)
		}
		var text string
		if err := json.Unmarshal(encoded.Data[i].Embedding, &text); err != nil {
			t.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != 4*model.Dims {
			t.Fatalf("text %d: %d bytes, %v", i, len(raw), err)
		}
		other := make([]float32, model.Dims)
		for j := range other {
			other[j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
		}
		if cos := dot(vectors[i], other); cos < 0.999999 {
			t.Errorf("text %d: base64 gives another vector, cosine %v", i, cos)
		}
	}
	if near, far := dot(vectors[0], vectors[4]), dot(vectors[0], vectors[3]); near <= far {
		t.Errorf("a paraphrase is at %v, an unrelated text at %v", near, far)
	}
	if floats.Model != model.Name || floats.Usage.Tokens <= len(texts) {
		t.Errorf("answer %+v", floats.Usage)
	}

	// The tokens that the server names, sent back as ids, are the same text; they cover it without a hole at its ends.
	var tokens [][]struct {
		ID          int32
		Text        string
		Special     bool
		Start, Stop *int
	}
	want(200, "/tokenize", map[string]any{"inputs": texts}, &tokens)
	ids, total := make([][]int32, len(texts)), 0
	for i, list := range tokens {
		for _, token := range list {
			ids[i] = append(ids[i], token.ID)
			if runes := []rune(texts[i]); !token.Special && (token.Start == nil || token.Text != string(runes[*token.Start:*token.Stop])) {
				t.Errorf("text %d: token %+v", i, token)
			}
		}
		total += len(list)
	}
	if total != floats.Usage.Tokens {
		t.Errorf("%d tokens were named, %d charged", total, floats.Usage.Tokens)
	}
	var byID vectorsAnswer
	want(200, "/v1/embeddings", map[string]any{"model": model.Name, "input": ids}, &byID)
	var embedded [][]float32
	want(200, "/embed", map[string]any{"inputs": texts}, &embedded)
	for i := range texts {
		var v []float32
		if err := json.Unmarshal(byID.Data[i].Embedding, &v); err != nil || dot(v, vectors[i]) < 0.999999 || dot(embedded[i], vectors[i]) < 0.999999 {
			t.Errorf("text %d: ids, /embed and /v1/embeddings disagree, %v", i, err)
		}
	}

	var ranks []struct {
		Index int
		Score float64
		Text  string
	}
	want(200, "/rerank", map[string]any{"query": texts[0], "texts": texts[1:], "return_text": true}, &ranks)
	if len(ranks) != 4 || !slices.IsSortedFunc(ranks, func(a, b struct {
		Index int
		Score float64
		Text  string
	},
	) int {
		return int(math.Copysign(1, b.Score-a.Score))
	}) {
		t.Fatalf("ranks %+v", ranks)
	}
	// The same question in either language stands above two texts about nothing of the kind; [SEP] in one divides nothing.
	for i, r := range ranks {
		if same := r.Index == 0 || r.Index == 3; same != (i < 2) || r.Text != texts[1+r.Index] {
			t.Errorf("rank %d of %+v", i, ranks)
		}
	}
	var failed struct {
		Error     string
		ErrorType string `json:"error_type"`
	}
	want(424, "/predict", map[string]any{"inputs": "x"}, &failed)
	want(413, "/embed", map[string]any{"inputs": []string{"x", strings.Repeat("long ", 2000)}}, &failed)
	if !regexp.MustCompile(`inputs\[1\] has \d+ tokens, the model takes at most 256`).MatchString(failed.Error) || failed.ErrorType != "Validation" {
		t.Errorf("%+v", failed)
	}
	want(422, "/embed", map[string]any{"inputs": []string{"x", "\u200b\u200d"}}, &failed)
	if !strings.HasPrefix(failed.Error, "inputs[1] ") || failed.ErrorType != "Tokenizer" {
		t.Errorf("%+v", failed)
	}
	var invalid struct {
		Error struct{ Message, Param string }
	}
	want(400, "/v1/embeddings", map[string]any{"model": model.Name, "input": [][]int32{{1}, {1 << 30}}}, &invalid)
	if invalid.Error.Param != "input[1]" || strings.Contains(invalid.Error.Message, "invalid input:") {
		t.Errorf("%+v", invalid)
	}

	// 1 MiB without a space, cut; and as many texts as OpenAI allows.
	want(200, "/embed", map[string]any{"inputs": strings.Repeat("a", 1<<20), "truncate": true}, &embedded)
	many := make([]string, 2048)
	for i := range many {
		many[i] = fmt.Sprintf("text %d of many", i)
	}
	want(200, "/v1/embeddings", map[string]any{"model": model.Name, "input": many}, &floats)
	if len(floats.Data) != 2048 || floats.Data[2047].Index != 2047 {
		t.Errorf("%d vectors", len(floats.Data))
	}

	out, err := command(t, data, "apikey", "list")
	if err != nil || !strings.Contains(out, id) || !strings.Contains(out, "live") || strings.Contains(out, key) || strings.Contains(out, "never") {
		t.Errorf("list: %q, %v", out, err)
	}
	if out, err := command(t, data, "apikey", "revoke", id); err != nil || !strings.Contains(out, "revoked") {
		t.Errorf("revoke: %q, %v", out, err)
	}
	if _, err := command(t, data, "apikey", "revoke", "nonsense"); err == nil {
		t.Error("an unknown key was revoked")
	}
	until := time.Now().Add(10 * time.Second)
	for {
		if status, _ := ask("/embed", map[string]any{"inputs": "x"}); status == http.StatusUnauthorized {
			break
		}
		if time.Now().After(until) {
			t.Fatal("a revoked key is let in 10 s later")
		}
	}
	if out, _ := command(t, data, "apikey", "list", "--json"); !strings.Contains(out, `"state":"revoked"`) {
		t.Errorf("list: %q", out)
	}
}

func TestTheServerStaysReadyWhileProgramsSaturateTheModel(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, data, false)
	_, key := apiKey(t, data, "--tokens-per-minute", "1000000000", "--requests-per-minute", "1000000000")
	bundle, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	input := make([]string, 256)
	for i := range input {
		input[i] = strings.Repeat(fmt.Sprintf("passage %d that keeps the model busy ", i), 24)
	}
	body, err := json.Marshal(map[string]any{"model": bundle.Manifest.Name, "input": input, "truncate": true, "encoding_format": "base64"})
	if err != nil {
		t.Fatal(err)
	}
	load, unload := context.WithCancel(t.Context())
	defer unload()
	post := func() int {
		req, err := http.NewRequestWithContext(load, http.MethodPost, r.url+"/v1/embeddings", bytes.NewReader(body))
		if err != nil {
			return 0
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
			return 0
		}
		return resp.StatusCode
	}
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 32 { // each waits for its answer: 32 × 256 texts of 256 tokens are twice what the bulk queue holds
		wg.Go(func() {
			for load.Err() == nil {
				if status := post(); load.Err() == nil {
					mu.Lock()
					statuses[status]++
					mu.Unlock()
				}
			}
		})
	}
	// Longer than the 3 s after which a probe's result counts no longer.
	var took []time.Duration
	for began := time.Now(); time.Since(began) < 8*time.Second; {
		at := time.Now()
		var page string
		if status := r.call(http.MethodGet, "/readyz", "", nil, &page); status != http.StatusOK {
			t.Fatalf("readyz after %v of load: %d: %s", time.Since(began), status, page)
		}
		took = append(took, time.Since(at))
	}
	unload()
	wg.Wait()
	slices.Sort(took)
	t.Logf("readyz: %d answers, P50 %v, P99 %v; model requests by status: %v", len(took), took[len(took)/2], took[len(took)*99/100], statuses)
	// What the handler itself took: from outside, other processes on the machine would be measured too.
	var metrics string
	r.call(http.MethodGet, "/metrics", "", nil, &metrics)
	within, all := metrics, metrics
	for page, pattern := range map[*string]string{&within: `_bucket\{route="/readyz",le="0.05"\} (\d+)`, &all: `_count\{route="/readyz"\} (\d+)`} {
		m := regexp.MustCompile(`frontdesk_http_request_duration_seconds` + pattern).FindStringSubmatch(*page)
		if m == nil {
			t.Fatalf("no series %s", pattern)
		}
		*page = m[1]
	}
	fast, _ := strconv.Atoi(within)
	if total, _ := strconv.Atoi(all); total < len(took) || 10*fast < 9*total {
		t.Errorf("only %s of %s answers of readyz took less than 50 ms", within, all)
	}
	for status, n := range statuses {
		if status != http.StatusOK && status != http.StatusTooManyRequests {
			t.Errorf("%d model requests ended with %d", n, status)
		}
	}
	if statuses[http.StatusOK] == 0 {
		t.Error("no model request was served")
	}
}

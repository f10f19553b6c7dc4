package web_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"frontdesk/models"
	"frontdesk/web"
)

// declined expects an error in TEI's shape.
func (r *reply) declined(status int, kind string, says ...string) *reply {
	r.t.Helper()
	r.status(status)
	var out struct {
		Error     string
		ErrorType string `json:"error_type"`
	}
	r.into(&out)
	if out.Error == "" || out.ErrorType != kind || r.header.Get("Content-Type") != "application/json" {
		r.t.Fatalf("%s: want error_type %q: %s", r.what, kind, r.body)
	}
	return r.has(says...).without("onnx", "/work", "secret", ".go:", "goroutine", "slot 7")
}

func TestEmbedTakesTEIsFieldsAndGivesBareVectors(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	r := k.post("/embed", `{"inputs":"one two"}`).status(200)
	if r.body != `[[7,-0.1,1e-30,4]]` {
		t.Errorf("got %s", r.body)
	}
	if r.header.Get("x-compute-tokens") != "4" || r.header.Get("x-inference-time") != "4" || r.header.Get("x-ratelimit-limit-requests") != "600" {
		t.Errorf("headers %v", r.header)
	}
	k.post("/embed", `{"inputs":["a","b"],"normalize":false,"dimensions":2,"truncate":true,"truncation_direction":"Left"}`).status(200).has(`[[1,-0.1],[1,-0.1]]`)
	req := room.embeds[1]
	if !req.Raw || req.Dims != 2 || req.Cut != models.CutLeft || !req.NoPrefix || req.Question {
		t.Errorf("the engine was asked %+v", req)
	}
	for name, prefix := range map[string]string{"query": "query: ", "passage": "passage: ", "document": "passage: "} {
		k.post("/embed", `{"inputs":["hello","you"],"prompt_name":"`+name+`"}`).status(200)
		if got := room.embeds[len(room.embeds)-1]; got.Texts[1] != prefix+"you" || got.Question {
			t.Errorf("prompt %s: %+v", name, got)
		}
	}
	k.post("/embed", `{"inputs":[5,6]}`).status(200).has(`[[5,`)
	k.post("/embed", `{"inputs":[[5,6]],"prompt_name":"query"}`).declined(422, "Validation", "prompt_name")
	k.post("/embed", `{"inputs":"x","prompt_name":"chat"}`).declined(422, "Validation", "prompt_name")
	k.post("/embed", `{"inputs":"x","dimensions":100}`).declined(422, "Validation", "dimensions", "2, 3, 4")
}

func TestAPromptNeverGoesBeforeTheTextsOfAnotherModel(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	next := embedder()
	next.Manifest.Fingerprint, next.Manifest.Prefixes.Question = "print-9", "ask: "
	room.swap = func() {
		room.mu.Lock()
		defer room.mu.Unlock()
		room.loaded = []models.Info{next}
	}
	h.key().post("/embed", `{"inputs":"you","prompt_name":"query"}`).status(200)
	if n := len(room.embeds); n != 2 || room.embeds[1].Texts[0] != "ask: you" {
		t.Errorf("asked %d times, at last %+v", n, room.embeds[n-1])
	}
}

func TestTEIErrorsHaveTEIsStatusesAndNameTheField(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use, func(c *web.Config) { c.MaxClientBatch = 3 })
	k := h.key()
	long := strings.Repeat("x ", 15)
	for body, want := range map[string]struct {
		status     int
		kind, says string
	}{
		`{}`:                              {422, "Validation", "inputs is missing"},
		`{"inputs":[]}`:                   {400, "Empty", "inputs is empty"},
		`{"inputs":""}`:                   {400, "Empty", "inputs is blank"},
		`{"inputs":["a"," "]}`:            {400, "Empty", "inputs[1] is blank"},
		`{"inputs":["a","b\u0000"]}`:      {422, "Tokenizer", "inputs[1] has a NUL"},
		"{\"inputs\":\"\xff\"}":           {422, "Tokenizer", "inputs is not valid UTF-8"},
		`{"inputs":["a","b","c","d"]}`:    {413, "Validation", "has 4 texts, a request may have 3"},
		`{"inputs":["a","` + long + `"]}`: {413, "Validation", "inputs[1] has 17 tokens, the model takes at most 16"},
		`{"inputs":"a","truncate":1}`:     {422, "Validation", "truncate must be true or false, not a number"},
		`{"inputs":"a","normalize":"no"}`: {422, "Validation", "normalize must be true or false, not a string"},
		`{"inputs":7}`:                    {422, "Validation", "inputs must be"},
		`{"inputs"`:                       {422, "Validation", "body"},
		`{"inputs":[` + strings.Repeat("[", 20_000) + `]}`: {422, "Validation", "body"},
	} {
		k.post("/embed", body).declined(want.status, want.kind, want.says)
	}
	nobody := h.browser()
	for _, path := range []string{"/embed", "/rerank", "/predict", "/tokenize"} {
		nobody.post(path, `{}`).declined(401, "Unauthorized", "API key")
		k.get(path).declined(405, "Validation")
		k.post(path, strings.Repeat(" ", 8<<20+1)).declined(413, "Validation", "larger")
	}
	nobody.get("/info").declined(401, "Unauthorized")
	room.fail = fmt.Errorf("embed: %w", errSecret)
	k.post("/embed", `{"inputs":"x"}`).declined(424, "Backend", "request id")
	room.fail = fmt.Errorf("embed: %w", busy{1})
	if r := k.post("/embed", `{"inputs":"x"}`).declined(429, "Overloaded"); r.header.Get("Retry-After") != "1" {
		t.Errorf("headers %v", r.header)
	}
	room.fail = nil
	room.swap = func() { panic(errors.New("secret")) }
	k.post("/embed", `{"inputs":"x"}`).declined(500, "Backend", "request id")
}

func TestRerankSortsByScoreAndSaysWhatScores(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder(), reranker())
	h := open(t, use)
	k := h.key()
	body := `{"query":"red cat","texts":["a dog","a red cat","a cat","no dog"]`
	r := k.post("/rerank", body+`}`).status(200)
	if r.body != `[{"index":1,"score":2},{"index":2,"score":1},{"index":0,"score":0},{"index":3,"score":0}]` {
		t.Errorf("got %s", r.body)
	}
	if r.header.Get("x-compute-tokens") != "33" || r.header.Get("x-compute-characters") != fmt.Sprint(4*7+25) {
		t.Errorf("headers %v", r.header)
	}
	k.post("/rerank", body+`,"return_text":true,"raw_scores":true,"truncate":true}`).status(200).has(`{"index":1,"text":"a red cat","score":2}`)
	if req := room.ranks[1]; !req.Raw || req.Cut != models.CutRight || !req.Bulk {
		t.Errorf("the engine was asked %+v", req)
	}
	k.get("/info").status(200).has(`"rerank":{"model_id":"owner/judge","method":"pairs"}`)
	k.post("/rerank", `{"texts":["a"]}`).declined(422, "Validation", "query is missing")
	k.post("/rerank", `{"query":["a"],"texts":["a"]}`).declined(422, "Validation", "query must be a text, not a list")
	k.post("/rerank", `{"query":"a"}`).declined(422, "Validation", "texts is missing")
	k.post("/rerank", `{"query":"a","texts":"a"}`).declined(422, "Validation", "texts must be a list of texts, not a string")
	k.post("/rerank", `{"query":"a","texts":[1,2]}`).declined(422, "Validation", "token ids")
	k.post("/rerank", `{"query":"a","texts":[]}`).declined(400, "Empty", "texts is empty")
	k.post("/rerank", `{"query":"a","texts":["b","unreadable"]}`).declined(422, "Tokenizer", "texts[1] has nothing")
	k.post("/rerank", `{"query":"unreadable","texts":["b"]}`).declined(422, "Tokenizer", "query has nothing")
}

func TestRerankWithoutARerankerIsTheEmbeddingModelsAndSaysSo(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	k.post("/rerank", `{"query":"cat","texts":["a cat"]}`).status(200).has(`"score":1`)
	k.get("/info").status(200).has(`"rerank":{"model_id":"owner/words-small","method":"cosine"}`)
}

func TestPredictReadsATextAPairOrABatchAsTEIDoes(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder(), classifier())
	h := open(t, use)
	k := h.key()
	if r := k.post("/predict", `{"inputs":"fine :)"}`).status(200); r.body != `[{"score":0.75,"label":"glad"},{"score":0.25,"label":"sad"}]` {
		t.Errorf("one text: %s", r.body)
	}
	if r := k.post("/predict", `{"inputs":["bad","really"]}`).status(200); r.body != `[{"score":0.625,"label":"sad"},{"score":0.375,"label":"glad"}]` {
		t.Errorf("a pair: %s", r.body)
	}
	k.post("/predict", `{"inputs":["bad"]}`).status(200).has(`[{"score":0.75,"label":"sad"}`)
	r := k.post("/predict", `{"inputs":[["bad"],["fine :)","yes"]],"raw_scores":true,"truncate":true}`).status(200)
	if r.body != `[[{"score":0.75,"label":"sad"},{"score":0.25,"label":"glad"}],[{"score":0.875,"label":"glad"},{"score":0.125,"label":"sad"}]]` {
		t.Errorf("a batch: %s", r.body)
	}
	if req := room.labels[3]; !req.Raw || req.Cut != models.CutRight || !req.Bulk || *req.Inputs[1].Pair != "yes" || req.Inputs[0].Pair != nil {
		t.Errorf("the engine was asked %+v", req)
	}
	k.post("/predict", `{}`).declined(422, "Validation", "inputs is missing")
	k.post("/predict", `{"inputs":["a","b","c"]}`).declined(422, "Validation", "pair of texts")
	k.post("/predict", `{"inputs":[["a"],"b"]}`).declined(422, "Validation", "all lists")
	k.post("/predict", `{"inputs":[["a"],["b",7]]}`).declined(422, "Validation", "inputs[1][1] must be a text, not a number")
	k.post("/predict", `{"inputs":[["a"],["b","c","d"]]}`).declined(422, "Validation", "inputs[1]")
	k.post("/predict", `{"inputs":[["a"],[]]}`).declined(400, "Empty", "inputs[1] is empty")
	k.post("/predict", `{"inputs":[]}`).declined(400, "Empty", "inputs is empty")
	k.post("/predict", `{"inputs":[`+strings.Repeat(`["a"],`, 32)+`["a"]]}`).declined(413, "Validation", "has 33 texts, a request may have 32")

	_, only := withModels(embedder())
	without := open(t, only)
	without.key().post("/predict", `{"inputs":"a"}`).declined(424, "Backend", "no classifier")
}

func TestTokenizeShowsThePartsOfTheTextByCodePoint(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	r := k.post("/tokenize", `{"inputs":"a😀中"}`).status(200)
	if r.body != `[[{"id":101,"text":"[CLS]","special":true,"start":null,"stop":null},`+
		`{"id":0,"text":"a","special":false,"start":0,"stop":1},{"id":1,"text":"😀","special":false,"start":1,"stop":2},`+
		`{"id":2,"text":"中","special":false,"start":2,"stop":3},{"id":102,"text":"[SEP]","special":true,"start":null,"stop":null}]]` {
		t.Errorf("got %s", r.body)
	}
	k.post("/tokenize", `{"inputs":["x","yz"],"add_special_tokens":false}`).status(200).has(`"text":"z"`).without("CLS")
	k.post("/tokenize", `{"inputs":["x"],"prompt_name":"query"}`).status(200).has(`"text":"q"`, `"text":"x"`)
	if room.reads[2].Texts[0] != "query: x" {
		t.Errorf("read %+v", room.reads[2])
	}
	k.post("/tokenize", `{"inputs":[1,2]}`).declined(422, "Validation", "token ids")
	k.post("/tokenize", strings.Repeat(" ", 2<<20+1)).declined(413, "Validation", "2097152")
	k.post("/tokenize", `{"inputs":"x","add_special_tokens":"x"}`).declined(422, "Validation", "add_special_tokens")
	if r := k.post("/tokenize", `{"inputs":"`+strings.Repeat("中", 1<<20/3)+`"}`).status(200); !strings.Contains(r.body, `"stop":349525}`) {
		t.Error("1 MiB of text lost its end")
	}
}

func TestInfoAndHealthTellAsTEIDoes(t *testing.T) {
	t.Parallel()
	state := checks{"inference": nil}
	_, use := withModels(embedder())
	h := open(t, use, func(c *web.Config) { c.Ready, c.MaxBatchTokens, c.Version = state, 4096, "1.2.3" })
	h.key().get("/info").status(200).has(`"model_id":"owner/words-small"`, `"model_sha":"abc123"`, `"model_dtype":"float32"`,
		`"model_type":{"embedding":{"pooling":"mean"}}`, `"max_concurrent_requests":512`, `"max_input_length":16`, `"max_batch_tokens":4096`,
		`"max_batch_requests":null`, `"max_client_batch_size":32`, `"auto_truncate":false`, `"version":"1.2.3"`, `"docker_label":null`, `"sha":null`)
	nobody := h.browser()
	if r := nobody.get("/health").status(200); r.body != "" {
		t.Errorf("body %q", r.body)
	}
	state["inference"] = errors.New("secret")
	nobody.get("/health").declined(503, "Unhealthy")

	without := open(t)
	without.browser().get("/health").declined(503, "Unhealthy")
	without.key().get("/info").declined(424, "Backend", "no embedding model")
}

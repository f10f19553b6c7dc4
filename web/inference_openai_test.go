package web_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/models"
	"frontdesk/web"
)

type openAIAnswer struct {
	Object string
	Data   []struct {
		Object    string
		Index     int
		Embedding any
	}
	Model string
	Usage struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	}
}

// refused expects an error in OpenAI's shape.
func (r *reply) refused(status int, kind, param, code string) *reply {
	r.t.Helper()
	r.status(status)
	var out struct {
		Error *struct {
			Message, Type string
			Param, Code   *string
		}
	}
	r.into(&out)
	if out.Error == nil || out.Error.Message == "" || r.header.Get("Content-Type") != "application/json" {
		r.t.Fatalf("%s: not an error of OpenAI's: %s", r.what, r.body)
	}
	show := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	if out.Error.Type != kind || show(out.Error.Param) != param || show(out.Error.Code) != code {
		r.t.Fatalf("%s: want type %q, param %q, code %q: %s", r.what, kind, param, code, r.body)
	}
	return r.without("onnx", "/work", "secret", ".go:", "goroutine", "SQLSTATE", "slot 7")
}

const invalid = "invalid_request_error"

func TestEmbeddingsComeInOrderAsNumbersOrBase64(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	var got openAIAnswer
	r := k.post("/v1/embeddings", `{"model":"owner/words-small","input":["one two","a b c d"],"user":"u-1","unknown":1}`).status(200).into(&got)
	if got.Object != "list" || got.Model != modelName || len(got.Data) != 2 || got.Data[1].Index != 1 || got.Data[0].Object != "embedding" ||
		got.Usage.Prompt != 4+6 || got.Usage.Total != 10 {
		t.Fatalf("%+v", got)
	}
	if v, _ := got.Data[0].Embedding.([]any); len(v) != 4 || v[0] != 7.0 || v[1] != -0.1 || v[2] != 1e-30 || v[3] != 4.0 {
		t.Fatalf("vector %v", got.Data[0].Embedding)
	}
	for name, want := range map[string]string{
		"x-compute-tokens": "10", "x-compute-characters": "14", "x-tokenization-time": "2", "x-queue-time": "3", "x-inference-time": "4", "x-compute-type": "cpu",
	} {
		if r.header.Get(name) != want {
			t.Errorf("header %s is %q, want %q", name, r.header.Get(name), want)
		}
	}
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":"one two","encoding_format":"base64","dimensions":3}`).status(200).into(&got)
	encoded, _ := got.Data[0].Embedding.(string)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != 12 {
		t.Fatalf("base64 %q: %v", encoded, err)
	}
	var v []float32
	for i := 0; i < len(raw); i += 4 {
		v = append(v, math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
	}
	if !reflect.DeepEqual(v, []float32{7, -0.1, 1e-30}) {
		t.Errorf("decoded %v", v)
	}
	req := room.embeds[len(room.embeds)-1]
	if req.Question || !req.NoPrefix || req.Cut != models.CutNot || req.Dims != 3 || req.Raw {
		t.Errorf("the engine was asked %+v", req)
	}
}

func TestEmbeddingsTakeTokenIDsOfOneTextAndOfMany(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":[101, 7 ,102]}`).status(200).has(`"prompt_tokens":3`)
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":[ [101,7,102] , [5] ]}`).status(200).has(`"prompt_tokens":4`)
	if got := fmt.Sprint(room.embeds[0].TokenIDs, room.embeds[1].TokenIDs, room.embeds[0].Texts); got != "[[101 7 102]] [[101 7 102] [5]] []" {
		t.Error(got)
	}
}

func TestTheModelGoesByItsNameOrAnAliasAndNoOther(t *testing.T) {
	t.Parallel()
	staged := embedder()
	staged.Manifest.Name, staged.InUse, staged.Staged = "owner/next", false, true
	_, use := withModels(embedder(), reranker(), staged)
	h := open(t, use, func(c *web.Config) { c.ModelAliases = []string{"text-embedding-3-small"} })
	k := h.key()
	ask := func(model string) *reply { return k.post("/v1/embeddings", `{"input":"x","model":`+model+`}`) }
	ask(`"owner/words-small"`).status(200)
	ask(`"text-embedding-3-small"`).status(200).has(`"model":"owner/words-small"`)
	ask(`"gpt-4"`).refused(404, invalid, "model", "model_not_found").has("owner/words-small").without("gpt-4")
	ask(`"owner/next"`).refused(404, invalid, "model", "model_not_found")
	ask(`"owner/judge"`).refused(404, invalid, "model", "model_not_found")
	ask(`null`).refused(400, invalid, "model", "")
	ask(`7`).refused(400, invalid, "model", "").has("must be a string, not a number")

	k.get("/v1/models").status(200).has(`"object":"list"`, `"id":"owner/words-small"`, `"id":"owner/judge"`, `"owned_by":"owner"`, `"dimensions":[2,3,4]`).without("owner/next")
	k.get("/v1/models/owner%2Fwords-small").status(200).has(`"task":"embed"`)
	k.get("/v1/models/owner/judge").status(200).has(`"task":"rerank"`)
	k.get("/v1/models/text-embedding-3-small").status(200).has(`"id":"owner/words-small"`)
	k.get("/v1/models/nothing").refused(404, invalid, "model", "model_not_found")
	k.get("/v1/nothing").refused(404, invalid, "", "unknown_url")
	k.get("/v1/embeddings").refused(405, invalid, "", "method_not_allowed")
}

func TestBadInputIsToldByFieldAndNothingOfItComesBack(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	many := strings.Repeat(`"x",`, 2048) + `"x"`
	for name, c := range map[string]struct{ input, param, code, says string }{
		"missing":             {``, "input", "", "missing"},
		"null":                {`null`, "input", "", "missing"},
		"empty":               {`""`, "input", "", "blank"},
		"white space":         {`" \t\n\u3000"`, "input", "", "blank"},
		"empty list":          {`[]`, "input", "", "empty"},
		"an empty text":       {`["a","","c"]`, "input[1]", "", "blank"},
		"NUL":                 {`["a","b\u0000c"]`, "input[1]", "", "NUL"},
		"invalid UTF-8":       {"[\"a\",\"b\xff\"]", "input[1]", "", "UTF-8"},
		"overlong UTF-8":      {"\"\xc0\x80\"", "input", "", "UTF-8"},
		"half a surrogate":    {`["\ud83d"]`, "input[0]", "", "surrogate"},
		"the other half":      {`["a","b","\ude00 "]`, "input[2]", "", "surrogate"},
		"two first halves":    {`["\ud83d\ud83d"]`, "input[0]", "", "surrogate"},
		"a number among":      {`["a",7]`, "input[1]", "", "not a number"},
		"a list among texts":  {`["a",["b"]]`, "input[1]", "", "either"},
		"a text among ids":    {`[1,2,"a"]`, "input[2]", "", "token id"},
		"an object":           {`{"a":1}`, "input", "", "not an object"},
		"a boolean":           {`true`, "input", "", "not a boolean"},
		"a number":            {`7`, "input", "", "not a number"},
		"objects":             {`[{"a":1}]`, "input[0]", "", "not an object"},
		"nested too deep":     {`[[["a"]]]`, "input[0][0]", "", "token id"},
		"a negative id":       {`[1,-2]`, "input[1]", "", "token id"},
		"half an id":          {`[[1],[2,2.5]]`, "input[1][1]", "", "token id"},
		"a huge id":           {`[1,99999999999]`, "input[1]", "", "token id"},
		"null for an id":      {`[1,null]`, "input[1]", "", "token id"},
		"no ids":              {`[[1],[]]`, "input[1]", "", "empty"},
		"2,049 texts":         {`[` + many + `]`, "input", "", "2049"},
		"over 1 MiB":          {`["a","` + strings.Repeat("x", 1<<20+1) + `"]`, "input[1]", "context_length_exceeded", "1048576"},
		"too many tokens":     {`["a","` + strings.Repeat("x ", 15) + `"]`, "input[1]", "context_length_exceeded", "has 17 tokens, the model takes at most 16"},
		"too many ids":        {`[[1],[` + strings.Repeat("1,", 16) + `1]]`, "input[1]", "context_length_exceeded", "17 tokens"},
		"one text, too long":  {`"` + strings.Repeat("x ", 15) + `"`, "input", "context_length_exceeded", "truncate"},
		"quotes and brackets": {`["a]\",[", "\\\"", " "]`, "input[2]", "", "blank"},
	} {
		body := `{"model":"owner/words-small"}`
		if c.input != "" {
			body = `{"model":"owner/words-small","input":` + c.input + `}`
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := k.post("/v1/embeddings", body)
			r.t = t
			r.refused(400, invalid, c.param, c.code).has(c.says)
		})
	}
	for field, bad := range map[string]string{
		"dimensions": `"3"`, "encoding_format": `"binary"`, "truncate": `"yes"`, "truncation_direction": `"up"`,
	} {
		k.post("/v1/embeddings", `{"model":"owner/words-small","input":"x","`+field+`":`+bad+`}`).refused(400, invalid, field, "")
	}
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":"x","dimensions":5}`).refused(400, invalid, "dimensions", "").has("2, 3, 4")
	for _, body := range []string{`{"input":`, `[]`, `"x"`, ``, `nonsense`, strings.Repeat(`[`, 200_000), `{"a":` + strings.Repeat(`[`, 100_000), "\xff\xfe"} {
		k.post("/v1/embeddings", body).refused(400, invalid, "", "").has("body")
	}
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":"`+strings.Repeat("x", 8<<20)+`"}`).refused(413, invalid, "", "request_too_large")
	k.header.Set("Content-Type", "application/x-www-form-urlencoded")
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":"x"}`).refused(415, invalid, "", "")
	k.header.Del("Content-Type")
	k.post("/v1/embeddings", `{"model":"owner/words-small","truncate":true,"input":["`+strings.Repeat("x ", 500_000)+`","😀 \ud83d\ude00 ok"]}`).
		status(200).has(`"prompt_tokens":21`)
	if got := room.embeds[len(room.embeds)-1]; got.Texts[1] != "😀 😀 ok" || got.Cut != models.CutRight {
		t.Errorf("texts %q, cut %v", got.Texts[1], got.Cut)
	}
	k.post("/v1/embeddings", `{"model":"owner/words-small","input":[`+strings.Repeat(`"x",`, 2047)+`"x"]}`).status(200)
}

func TestKeysAreAskedForAndNeverGuessedAt(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use)
	body := `{"model":"owner/words-small","input":"x"}`
	nobody := h.browser()
	nobody.post("/v1/embeddings", body).refused(401, invalid, "", "missing_api_key")
	nobody.bearer = "sk-of-somebody-else"
	r := nobody.post("/v1/embeddings", body).refused(401, invalid, "", "invalid_api_key").without("somebody")
	if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
		t.Error("no WWW-Authenticate")
	}
	visitor := h.visitor()
	visitor.post("/v1/embeddings", body).refused(401, invalid, "", "invalid_api_key")
	h.signIn(h.user("root", identity.RoleAdmin)).post("/v1/embeddings", body).refused(401, invalid, "", "missing_api_key")

	good := h.key()
	good.post("/v1/embeddings", body).status(200)
	page := h.browser()
	page.bearer = good.bearer
	page.header.Set("Origin", "https://evil.example")
	page.header.Set("Sec-Fetch-Site", "cross-site")
	page.post("/v1/embeddings", body).refused(403, invalid, "", "cross_origin")
	if r := good.do(http.MethodOptions, "/v1/embeddings", ""); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS is open")
	}
	short := h.key(func(k *identity.APIKey) { k.ExpiresAt = h.now().Add(time.Minute) })
	short.post("/v1/embeddings", body).status(200)
	h.advance(time.Minute)
	short.post("/v1/embeddings", body).refused(401, invalid, "", "invalid_api_key")
	// A key for the models opens nothing else.
	for _, path := range []string{"/api/agent/me", "/api/admin/api-keys", "/api/admin/realtime-stats", "/api/admin/kb/articles"} {
		good.get(path).problem(401, "unauthenticated")
	}
	good.get("/api/visitor/conversation").problem(401, "token_invalid")
	if log := h.log.String(); strings.Contains(log, good.bearer) || strings.Contains(log, good.bearer[11:]) {
		t.Error("the log has a secret")
	}
}

func TestWhatTheEngineSaysIsToldWithoutItsInsides(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	k := h.key()
	body := `{"model":"owner/words-small","input":"private words"}`
	room.fail = fmt.Errorf("embed: %w", busy{2300 * time.Millisecond})
	r := k.post("/v1/embeddings", body).refused(429, "overloaded", "", "overloaded")
	if r.header.Get("Retry-After") != "3" || r.header.Get("retry-after-ms") != "2300" {
		t.Errorf("headers %v", r.header)
	}
	room.fail = fmt.Errorf("embed: %w", errSecret)
	k.post("/v1/embeddings", body).refused(500, "server_error", "", "").has("request id")
	if log := h.log.String(); !strings.Contains(log, "0xdeadbeef") || strings.Contains(log, "private words") {
		t.Error("the log lacks the cause or has the text")
	}
	room.fail = models.ErrNoModel
	k.post("/v1/embeddings", body).refused(404, invalid, "", "model_not_found")
	room.fail = nil
	room.swap = func() { panic("secret panic") }
	k.post("/v1/embeddings", body).refused(500, "server_error", "", "")
	k.post("/v1/embeddings", body).status(200)

	without := open(t)
	without.key().post("/v1/embeddings", body).refused(404, invalid, "", "model_not_found")
	without.key().get("/v1/models").status(200).has(`"data":[]`)
}

func TestAnAliasMeansTheNextModelWhenTheLastIsReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use, func(c *web.Config) { c.ModelAliases = []string{"alias"} })
	k := h.key()
	next := embedder()
	next.Manifest.Name, next.Manifest.Fingerprint = "owner/next", "print-9"
	replace := func(with models.Info) func() {
		return func() {
			room.mu.Lock()
			defer room.mu.Unlock()
			room.loaded = []models.Info{with}
		}
	}
	room.swap = replace(next)
	k.post("/v1/embeddings", `{"model":"alias","input":"x"}`).status(200).has(`"model":"owner/next"`)
	room.swap = replace(embedder())
	k.post("/v1/embeddings", `{"model":"owner/next","input":"x"}`).refused(404, invalid, "model", "model_not_found").has(modelName)
	room.swap = replace(next)
	k.post("/tokenize", `{"inputs":"x"}`).status(200)
	room.swap = replace(embedder())
	k.post("/embed", `{"inputs":"x"}`).status(200)
}

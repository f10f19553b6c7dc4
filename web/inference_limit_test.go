package web_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/web"
)

const one = `{"model":"owner/words-small","input":"one two"}` // 4 tokens, guessed as 4

func TestAKeysRequestsAreLimitedByTheMinuteAndItSeesWhatIsLeft(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use)
	h.freeze()
	k := h.key(func(k *identity.APIKey) { k.RequestsPerMinute = 3 })
	for left := 2; left >= 0; left-- {
		r := k.post("/v1/embeddings", one).status(200)
		if r.header.Get("x-ratelimit-limit-requests") != "3" || r.header.Get("x-ratelimit-remaining-requests") != fmt.Sprint(left) ||
			r.header.Get("x-ratelimit-reset-requests") != (time.Duration(3-left)*20*time.Second).String() {
			t.Fatalf("%d left: %v", left, r.header)
		}
	}
	r := k.post("/v1/embeddings", one).refused(429, "requests", "", "rate_limit_exceeded").has("3 requests a minute")
	if r.header.Get("Retry-After") != "20" || r.header.Get("x-ratelimit-remaining-requests") != "0" {
		t.Errorf("headers %v", r.header)
	}
	k.post("/embed", `{"inputs":"x"}`).declined(429, "Overloaded", "3 requests a minute") // one budget for all routes
	h.key().post("/v1/embeddings", one).status(200)                                       // and one for each key
	h.advance(20 * time.Second)
	k.post("/v1/embeddings", one).status(200)
	k.post("/v1/embeddings", one).refused(429, "requests", "", "rate_limit_exceeded")
	k.get("/metrics").status(200).has(`frontdesk_rate_limited_total{limit="api_key_requests"} 3`)
}

func TestAKeysTokensAreChargedByWhatTheModelSaw(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	h.freeze()
	k := h.key(func(k *identity.APIKey) { k.TokensPerMinute = 60 })
	left := func(r *reply) string { return r.header.Get("x-ratelimit-remaining-tokens") }
	if r := k.post("/v1/embeddings", one).status(200); left(r) != "56" || r.header.Get("x-ratelimit-limit-tokens") != "60" || r.header.Get("x-ratelimit-reset-tokens") != "4s" {
		t.Errorf("headers %v", r.header)
	}
	words := `{"model":"owner/words-small","input":["` + strings.Repeat("x ", 14) + `"]}` // 16 tokens, guessed as 11
	if r := k.post("/v1/embeddings", words).status(200); left(r) != "40" {
		t.Errorf("%s left", left(r))
	}
	room.fail = busy{time.Second} // what was not served costs nothing
	k.post("/v1/embeddings", words).refused(429, "overloaded", "", "overloaded")
	room.fail = nil
	for range 2 {
		k.post("/v1/embeddings", words).status(200)
	}
	if r := k.post("/v1/embeddings", words).refused(429, "tokens", "", "rate_limit_exceeded").has("60 tokens a minute"); r.header.Get("Retry-After") != "3" || left(r) != "8" {
		t.Errorf("headers %v", r.header)
	}
	h.advance(time.Minute)
	big := `{"model":"owner/words-small","input":[` + strings.Repeat(`"a b c d e f g h i j",`, 30) + `"x"]}` // more than a minute's worth
	k.post("/v1/embeddings", big).status(200)
	k.post("/v1/embeddings", one).refused(429, "tokens", "", "rate_limit_exceeded")
	h.advance(7 * time.Minute) // the debt was 363 − 60, and the bucket is to be full
	k.post("/v1/embeddings", big).status(200)
}

func TestWithoutALimitNothingIsCountedDown(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use, func(c *web.Config) { c.KeyRequestsPerMinute, c.KeyTokensPerMinute = -1, -1 })
	k := h.key()
	for range 700 {
		if r := k.post("/v1/embeddings", one).status(200); r.header.Get("x-ratelimit-limit-requests") != "" {
			t.Fatalf("headers %v", r.header)
		}
	}
}

func TestNoMoreThanTheBudgetPassesAtOnce(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	h.freeze()
	room.hold = make(chan struct{})
	k := h.key(func(k *identity.APIKey) { k.TokensPerMinute = 40 })
	codes := make(chan int, 32)
	var wg sync.WaitGroup
	for range 32 { // 4 tokens each: ten fit
		wg.Go(func() { codes <- k.try("/v1/embeddings", one) })
	}
	for range 22 {
		if code := <-codes; code != 429 {
			t.Errorf("status %d before any was served", code)
		}
	}
	close(room.hold)
	wg.Wait()
	close(codes)
	for code := range codes {
		if code != 200 {
			t.Errorf("status %d", code)
		}
	}
}

func TestARevokedKeyIsRefusedAtOnceHere(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use)
	admin := h.signIn(h.user("root", identity.RoleAdmin))
	var made struct {
		Key    struct{ ID, Prefix string }
		Secret string
	}
	admin.post("/api/admin/api-keys", `{"name":"search"}`).status(200).into(&made)
	k := h.browser()
	k.bearer = made.Secret
	k.post("/v1/embeddings", one).status(200)
	admin.do("DELETE", "/api/admin/api-keys/"+made.Key.ID, "").status(200).has(`"revoked_at":"`)
	k.post("/v1/embeddings", one).refused(401, invalid, "", "invalid_api_key")
}

func TestAClientThatLeavesFreesItsPlace(t *testing.T) {
	t.Parallel()
	room, use := withModels(embedder())
	h := open(t, use)
	room.hold = make(chan struct{})
	k := h.key()
	k.client.Timeout = 50 * time.Millisecond
	if code := k.try("/v1/embeddings", one); code != 0 {
		t.Fatalf("status %d", code)
	}
	close(room.hold)
	k.client.Timeout = 0
	k.post("/v1/embeddings", one).status(200)
}

// slowBody sends its beginning and then nothing until it is closed.
type slowBody struct{ rest chan struct{} }

func (b slowBody) Read([]byte) (int, error) {
	<-b.rest
	return 0, io.ErrUnexpectedEOF
}

func TestOneKeyCannotKeepTheOthersOut(t *testing.T) {
	t.Parallel()
	_, use := withModels(embedder())
	h := open(t, use)
	greedy, other := h.key(func(k *identity.APIKey) { k.RequestsPerMinute = 1_000_000 }), h.key()
	rest := make(chan struct{})
	var wg sync.WaitGroup
	for range 17 { // bodies of a length that is not told: 8 MiB each, and a key may hold 128
		wg.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/v1/embeddings", slowBody{rest})
			if err != nil {
				return
			}
			r.Header.Set("Authorization", "Bearer "+greedy.bearer)
			if res, err := greedy.client.Do(r); err == nil {
				_ = res.Body.Close()
			}
		})
	}
	for greedy.try("/v1/embeddings", one) != http.StatusTooManyRequests { // until all are in
	}
	greedy.post("/v1/embeddings", one).refused(429, "overloaded", "", "overloaded")
	other.post("/v1/embeddings", one).status(200)
	close(rest)
	wg.Wait()
	for greedy.try("/v1/embeddings", one) != http.StatusOK { // until the server has seen all of them go
	}
}

package web_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/argon2"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/web"
)

const password = "correct horse battery"

// hasher is shared: each one spends 64 MiB on its dummy.
var hasher = sync.OnceValues(func() (*auth.Hasher, error) { return auth.NewHasher(2) })

// passwordHash is a cheap hash of password: the real cost takes seconds under the race detector.
func passwordHash() string {
	salt := []byte("salt for testing")
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=64,t=1,p=1$" + encode(salt) + "$" + encode(key)
}

// house is a whole server on a database of its own, with the real stores and
// services; only the model is made up.
type house struct {
	t        testing.TB
	pool     *pgxpool.Pool
	accounts *postgres.Accounts
	chat     *chat.Service
	sessions *auth.Sessions
	visitors *auth.Visitors
	setup    *auth.Setup
	keys     *auth.APIKeys
	server   *web.Server
	gatherer *bot.GapWorker
	registry *prometheus.Registry
	log      *syncBuffer
	url      string
	stop     func() // ends Server.Run and waits
	drafts   drafted
	learner  *bot.Learner
	proofs   *auth.Proofs
	runs     *bot.Runs
	indexer  *history.Indexer

	mu     sync.Mutex // guards what follows
	ahead  time.Duration
	frozen time.Time // zero = the clock runs
}

func open(t testing.TB, adjust ...func(*web.Config)) *house {
	t.Helper()
	h := &house{t: t, registry: prometheus.NewRegistry(), log: &syncBuffer{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pool, err := postgres.Open(t.Context(), pgtest.New(t), 16)
	must(err)
	t.Cleanup(pool.Close)
	h.pool = pool
	h.accounts = postgres.NewAccounts(pool)
	logger := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	hub := chat.NewHub()
	h.chat, err = chat.NewService(t.Context(), chat.Config{Store: postgres.NewChat(pool), Hub: hub, Logger: logger, Clock: h.now})
	must(err)
	presence, err := chat.NewPresence(t.Context(), chat.PresenceConfig{Store: postgres.NewChat(pool), Chat: h.chat, Logger: logger})
	must(err)
	knowledge, err := kb.NewService(kb.Config{Store: postgres.NewKnowledge(pool), Embedder: letters{}, Logger: logger})
	must(err)
	editorial, err := kb.NewEditorial(kb.EditorialConfig{Service: knowledge, Store: postgres.NewKnowledge(pool), Logger: logger})
	must(err)
	hash, err := hasher()
	must(err)
	h.sessions, err = auth.NewSessions(h.accounts, postgres.NewSessions(pool), hash)
	must(err)
	h.visitors, err = auth.NewVisitors([]byte(strings.Repeat("k", 32)), h.now)
	must(err)
	h.setup, err = auth.NewSetup(h.accounts, hash, h.now)
	must(err)
	h.keys, err = auth.NewAPIKeys(h.accounts, logger, h.now)
	must(err)
	cfg := web.Config{
		Chat: h.chat, Inboxes: hub, Presence: presence, Knowledge: knowledge, Editorial: editorial, Staff: h.accounts, Accounts: h.accounts,
		Sessions: h.sessions, Visitors: h.visitors, Setup: h.setup, Keys: h.keys, Authorizer: auth.Roles{},
		Registry: h.registry, Logger: logger, Clock: h.now, DrainTimeout: 50 * time.Millisecond,
	}
	cfg.Routing = web.Routing{Store: postgres.NewChat(pool), Teams: h.accounts, Invitations: postgres.NewChat(pool)}
	must(h.suggesting(&cfg, pool, h.chat, knowledge))
	must(h.botDesk(&cfg, pool, knowledge))
	hub.WatchAll(h.learner)
	must(h.gapping(&cfg, pool, knowledge, editorial))
	must(h.contacting(&cfg, pool))
	must(h.remembering(&cfg, pool))
	for _, f := range adjust {
		f(&cfg)
	}
	h.server, err = web.New(cfg)
	must(err)
	h.serve(presence)
	return h
}

// serve runs everything that runs, and stops it in the right order at the end.
func (h *house) serve(presence *chat.Presence) {
	h.t.Helper()
	run := func(f func(context.Context) error) func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
		ended := make(chan error, 1)
		go func() { ended <- f(ctx) }()
		return sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				h.t.Errorf("ended with %v", err)
			}
		})
	}
	h.t.Cleanup(run(h.chat.Run))
	h.t.Cleanup(run(h.learner.Run))
	h.t.Cleanup(run(presence.Run))
	h.stop = run(h.server.Run)
	server := httptest.NewUnstartedServer(h.server.Handler())
	server.Config = h.server.HTTPServer()
	server.Start()
	h.url = server.URL
	h.t.Cleanup(server.Close)
	h.t.Cleanup(h.stop)
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.frozen.IsZero() {
		return h.frozen.Add(h.ahead)
	}
	return time.Now().Add(h.ahead)
}

// freeze stops the clock, for what counts by time on a busy machine.
func (h *house) freeze() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = time.Now()
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += d
}

// user adds an account with the tests' password.
func (h *house) user(name string, role identity.Role, change ...func(*identity.User)) identity.User {
	h.t.Helper()
	u := identity.User{Email: name + "@example.com", Name: name, Role: role, Locale: "en", PasswordHash: passwordHash()}
	for _, f := range change {
		f(&u)
	}
	u, err := h.accounts.AddUser(h.t.Context(), u)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// browser is somebody with cookies of their own.
type browser struct {
	h       *house
	client  *http.Client
	bearer  string
	csrf    string
	conv    string // visitors: their conversation
	contact string
	header  http.Header
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	transport := &http.Transport{}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &browser{h: h, header: http.Header{}, client: &http.Client{
		Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// narrow makes the browser's new connections receive little at a time.
func (b *browser) narrow() {
	b.transport().DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		}
		return conn, err
	}
	b.transport().CloseIdleConnections()
}

func (b *browser) transport() *http.Transport { return b.client.Transport.(*http.Transport) }

// again is the same person in another browser window.
func (b *browser) again() *browser {
	other := b.h.browser()
	other.bearer, other.csrf, other.conv, other.contact, other.client.Jar = b.bearer, b.csrf, b.conv, b.contact, b.client.Jar
	return other
}

// visitor is a browser with a visitor's session.
func (h *house) visitor() *browser {
	h.t.Helper()
	b := h.browser()
	var session struct{ Token, Conversation, Contact string }
	b.post("/api/visitor/session", `{}`).status(200).into(&session)
	b.bearer, b.conv, b.contact = session.Token, session.Conversation, session.Contact
	return b
}

// signIn is a browser signed in as u.
func (h *house) signIn(u identity.User) *browser {
	h.t.Helper()
	b := h.browser()
	var in struct{ CSRF string }
	b.post("/api/agent/login", `{"email":"`+u.Email+`","password":"`+password+`"}`).status(200).into(&in)
	b.csrf = in.CSRF
	return b
}

func (b *browser) get(path string) *reply { b.h.t.Helper(); return b.do(http.MethodGet, path, "") }
func (b *browser) post(path, body string) *reply {
	b.h.t.Helper()
	return b.do(http.MethodPost, path, body)
}

func (b *browser) send(cid, content string) *reply {
	b.h.t.Helper()
	return b.post("/api/visitor/send-message", `{"cid":"`+cid+`","type":"text","content":`+quote(content)+`}`)
}

func (b *browser) do(method, path, body string) *reply {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.url+path, strings.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+b.bearer)
	}
	if b.csrf != "" {
		r.Header.Set("X-CSRF-Token", b.csrf)
	}
	maps.Copy(r.Header, b.header)
	res, err := b.client.Do(r)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return &reply{t: b.h.t, what: method + " " + path, code: res.StatusCode, header: res.Header, body: string(raw)}
}

// try posts from another goroutine than the test's, and returns the status or 0.
func (b *browser) try(path, body string) int {
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.url+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	if b.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+b.bearer)
	}
	res, err := b.client.Do(r)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// reply is an answer with what a scenario expects of it and forbids.
type reply struct {
	t      testing.TB
	what   string
	code   int
	header http.Header
	body   string
}

func (r *reply) status(want int) *reply {
	r.t.Helper()
	if r.code != want {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.code, want, r.body)
	}
	return r
}

// problem expects an RFC 9457 answer with this code.
func (r *reply) problem(status int, code string) *reply {
	r.t.Helper()
	r.status(status)
	var p struct {
		Status                               int
		Type, Title, Code, Detail, RequestID string
	}
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Fatalf("%s: content type %q: %s", r.what, ct, r.body)
	}
	r.into(&p)
	if p.Code != code || p.Status != status || p.Title == "" || p.Type == "" {
		r.t.Fatalf("%s: want code %q: %s", r.what, code, r.body)
	}
	return r.without("pgx", "SQLSTATE", "goroutine", "panic", "/work/", ".go:")
}

func (r *reply) has(parts ...string) *reply {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.body, part) {
			r.t.Fatalf("%s: %q is missing in %s", r.what, part, r.body)
		}
	}
	return r
}

func (r *reply) without(parts ...string) *reply {
	r.t.Helper()
	for _, part := range parts {
		if part != "" && strings.Contains(r.body, part) {
			r.t.Fatalf("%s: %q must not be in %s", r.what, part, r.body)
		}
	}
	return r
}

func (r *reply) into(v any) *reply {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.body)
	}
	return r
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// letters embeds texts by their letter pairs: good enough to find articles by.
type letters struct{}

func (letters) EmbedQuestion(_ context.Context, text string) ([]float32, string, error) {
	return embed(text), "letters", nil
}

func (letters) EmbedPassages(_ context.Context, texts []string) ([][]float32, string, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = embed(text)
	}
	return out, "letters", nil
}

func embed(text string) []float32 {
	v := make([]float32, 256)
	runes := []rune(" " + strings.ToLower(text) + " ")
	for i := range len(runes) - 1 {
		f := fnv.New32a()
		_, _ = f.Write([]byte(string(runes[i : i+2])))
		v[f.Sum32()%256]++
	}
	var norm float64
	for _, x := range v {
		norm += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(norm))
	}
	return v
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

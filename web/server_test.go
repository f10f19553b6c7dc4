package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/internal/identity"
	"frontdesk/web"
)

func TestAPanicIsAnsweredLoggedAndCounted(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.server.HandleForTest("/api/test/panic", identity.PermPublic, func(http.ResponseWriter, *http.Request) { panic("secret internals") })
	h.server.HandleForTest("/api/test/half", identity.PermPublic, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("later")
	})
	b := h.browser()
	b.header.Set("X-Request-Id", "trace-me-0001")
	r := b.get("/api/test/panic").problem(500, "internal").has("trace-me-0001").without("secret")
	if r.header.Get("X-Request-Id") != "trace-me-0001" {
		t.Error("the request id is not sent back")
	}
	if log := h.log.String(); !strings.Contains(log, "trace-me-0001") || !strings.Contains(log, "secret internals") {
		t.Error("the log does not have the panic under its request id")
	}
	if res, err := b.client.Get(h.url + "/api/test/half"); err == nil { //nolint:noctx // as a browser would
		_ = res.Body.Close()
	}
	// Go's client repeats a GET whose connection breaks off.
	b.get("/metrics").status(200).without("frontdesk_panics_total 0", "frontdesk_panics_total 1\n").has(`frontdesk_http_requests_total{method="GET",route="/api/test/panic",status="500"} 1`)
	b.header.Set("X-Request-Id", "evil\tid with spaces")
	if id := b.get("/healthz").status(200).header.Get("X-Request-Id"); strings.Contains(id, "evil") || len(id) < 8 {
		t.Errorf("request id %q", id)
	}
}

// checks is a Readiness.
type checks map[string]error

func (c checks) Checks() map[string]error { return c }

func TestReadinessNamesWhatFailsButNotWhy(t *testing.T) {
	t.Parallel()
	state := checks{"database": nil, "inference": nil}
	h := open(t, func(c *web.Config) { c.Ready = state })
	b := h.browser()
	b.get("/healthz").status(200).has("ok")
	b.get("/readyz").status(200).has(`"status":"ready"`, `"database":"ok"`)
	state["inference"] = errors.New("libonnx secret path")
	b.get("/readyz").status(503).has(`"status":"unready"`, `"inference":"failed"`, `"database":"ok"`).without("secret")
}

func TestMetricsAreManyAndMayNeedAToken(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.MetricsToken = "let me in" })
	b := h.browser()
	b.get("/metrics").problem(401, "unauthenticated")
	b.bearer = "wrong"
	b.get("/metrics").problem(401, "unauthenticated")
	b.bearer = "let me in"
	body := b.get("/metrics").status(200).body
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (frontdesk_\w+)`).FindAllStringSubmatch(body, -1) {
		names[m[1]] = true
	}
	if len(names) < 12 {
		t.Errorf("only %d series: %v", len(names), names)
	}
}

func TestPathsDoNotBecomeLabels(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	b.get("/api/agent/conversations/"+newID()).problem(401, "unauthenticated")
	b.get("/no/such/"+newID()).problem(404, "not_found")
	b.do("BREW", "/healthz", "")
	b.get("/metrics").status(200).has(`route="/api/agent/conversations/{id}"`, `route="none"`).without("/no/such", "BREW")
}

func TestPagesCarryTheHeadersThatLimitThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	for path, want := range map[string]string{"/docs": "frame-ancestors 'self'", "/console/": "frame-ancestors 'self'", "/widget/": "frame-ancestors *"} {
		r := b.get(path)
		csp := r.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, want) || !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "script-src 'self' 'unsafe") {
			t.Errorf("%s: CSP %q", path, csp)
		}
		if r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", path, r.header)
		}
	}
	if loc := b.get("/").status(302).header.Get("Location"); loc != "/console/" {
		t.Errorf("/ leads to %s", loc)
	}
	if b.get("/api/setup").header.Get("Cache-Control") != "no-store" {
		t.Error("API answers may be cached")
	}
	b.get("/console/../../etc/passwd").without("root:")
	b.get("/widget/%2e%2e/%2e%2e/config.go").without("package web")
}

func TestTheDescriptionIsCompleteAndThePageIsSelfContained(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	var api struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary   string
			Responses map[string]json.RawMessage
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	r := b.get("/openapi.json").status(200).into(&api)
	if !strings.HasPrefix(api.OpenAPI, "3.1") {
		t.Errorf("version %q", api.OpenAPI)
	}
	for _, ref := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(r.body, -1) {
		if api.Components.Schemas[ref[1]] == nil {
			t.Errorf("schema %s is missing", ref[1])
		}
	}
	for route := range h.server.Declared() {
		method, path, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(path, "/api/") || method == http.MethodHead {
			continue
		}
		op, ok := api.Paths[path][strings.ToLower(method)]
		if !ok || op.Summary == "" || len(op.Responses) < 2 {
			t.Errorf("%s is not described: %+v", route, op)
		}
	}
	for _, path := range []string{"/docs", "/docs/docs.js"} {
		page := b.get(path).status(200).body
		if m := regexp.MustCompile(`https?://[^\s'"]+`).FindString(page); m != "" {
			t.Errorf("%s refers to %s", path, m)
		}
	}
}

func TestAnAddressThatNoTextCanHoldIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("ada", identity.RoleAdmin))
	for _, path := range []string{"/api/admin/kb/articles/%00", "/api/admin/kb/articles/a%00b", "/api/admin/kb/articles/%ff", "/api/agent/conversations/%00"} {
		admin.get(path).problem(400, "bad_request")
	}
	admin.get("/api/admin/kb/articles?search=%25").status(200)
}

func TestAServerNeedsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := web.New(web.Config{}); err == nil || !strings.Contains(err.Error(), "required") {
		t.Errorf("empty config: %v", err)
	}
	if _, err := web.New(web.Config{Registry: prometheus.NewRegistry(), PublicURL: "nonsense"}); err == nil {
		t.Error("nonsense is taken for a URL")
	}
}

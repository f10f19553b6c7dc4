package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"frontdesk/internal/identity"
)

const permissionKey = "permission"

// handle registers one route with its permission. Every route of the server,
// huma's included, passes here.
func (s *Server) handle(method, pattern string, p identity.Permission, h http.Handler) {
	s.declared[method+" "+pattern] = p
	s.router.Method(method, pattern, s.guard(p, h))
}

// plain registers a route that huma does not handle; GET routes answer HEAD too.
func (s *Server) plain(method, pattern string, p identity.Permission, h http.HandlerFunc) {
	s.handle(method, pattern, p, h)
	if method == http.MethodGet {
		s.handle(http.MethodHead, pattern, p, h)
	}
}

// adapter lets huma register its operations through [Server.handle].
type adapter struct{ s *Server }

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	p, ok := op.Metadata[permissionKey].(identity.Permission)
	if !ok {
		panic("web: " + op.Method + " " + op.Path + " declares no permission") // at start, not in a request
	}
	a.s.handle(op.Method, op.Path, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxJSONBytes+1) // huma answers 413 at its own limit first
		handler(humachi.NewContext(op, r, w))
	}))
}

// ServeHTTP implements huma.Adapter.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.s.router.ServeHTTP(w, r) }

// add registers a JSON route: huma reads and checks the input by I's schema,
// the handler's errors are answered by the table of problem.go.
func add[I, O any](s *Server, method, path string, p identity.Permission, summary string, h func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID:  operationID(method, path),
		Method:       method,
		Path:         path,
		Summary:      summary,
		Description:  "Permission: `" + string(p) + "`.",
		Tags:         []string{tag(path)},
		Metadata:     map[string]any{permissionKey: p},
		MaxBodyBytes: maxJSONBytes,
		Security:     security(method, p),
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// operationID makes "post-visitor-session" of POST /api/visitor/session.
func operationID(method, path string) string {
	name := strings.NewReplacer("/api/", "", "{", "", "}", "", "/", "-").Replace(path)
	return strings.ToLower(method) + "-" + strings.TrimPrefix(name, "-")
}

func tag(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/"), "/")
	if parts[0] == "admin" && len(parts) > 1 && parts[1] == "kb" {
		return "knowledge base"
	}
	return parts[0]
}

// The names of the ways to prove who calls, as in the OpenAPI description.
const (
	schemeVisitor = "visitorToken"
	schemeSession = "session"
	schemeCSRF    = "csrf"
	schemeKey     = "apiKey"
)

func security(method string, p identity.Permission) []map[string][]string {
	switch {
	case p == identity.PermPublic || p == identity.PermMetrics:
		return nil
	case p == identity.PermVisitorChat:
		return []map[string][]string{{schemeVisitor: {}}}
	case p == identity.PermInference:
		return []map[string][]string{{schemeKey: {}}}
	case unsafeMethod(method):
		return []map[string][]string{{schemeSession: {}, schemeCSRF: {}}}
	}
	return []map[string][]string{{schemeSession: {}}}
}

// newAPI returns huma on the server's router. Unknown fields are ignored: older
// servers must accept newer clients. There is no docs page of huma's own, which
// loads from elsewhere, and no schema links.
func (s *Server) newAPI() huma.API {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	cfg := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Frontdesk", Version: s.cfg.Version,
				Description: "The REST API. Sockets, and the rules that both share, are described in docs/protocol.md.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					schemeVisitor: {Type: "http", Scheme: "bearer", Description: "The token of POST /api/visitor/session."},
					schemeKey:     {Type: "http", Scheme: "bearer", Description: "An API key: frontdesk apikey create, or POST /api/admin/api-keys."},
					schemeSession: {Type: "apiKey", In: "cookie", Name: cookieName, Description: "Set by POST /api/agent/login."},
					schemeCSRF:    {Type: "apiKey", In: "header", Name: "X-CSRF-Token", Description: "The csrf value of POST /api/agent/login."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	cfg.AllowAdditionalPropertiesByDefault = true
	return huma.NewAPI(cfg, adapter{s})
}

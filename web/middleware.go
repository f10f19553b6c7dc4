package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
)

type contextKey int

const (
	keyCaller contextKey = iota
	keyRequestID
)

// requestID returns the id of the request that ctx belongs to, empty outside of one.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// identify gives each request an id, which the answer and the log carry. A
// proxy's id is kept if it is harmless in a log.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyRequestID, id)))
	})
}

func plainID(s string) bool {
	return len(s) >= 8 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// statusWriter remembers the status for log and metrics.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 || w.status/100 == 1 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b) //nolint:wrapcheck // a writer in between
}

// Unwrap lets http.ResponseController and the sockets' hijack reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe logs and counts each request, by route pattern: paths hold ids, and
// queries and bodies may hold anything.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		s.metrics.inFlight.Inc()
		sw := &statusWriter{ResponseWriter: w}
		defer func() {
			s.metrics.inFlight.Dec()
			route, took := routePattern(r), time.Since(began)
			status := max(sw.status, 0)
			if status == 0 {
				status = http.StatusOK
			}
			s.metrics.requests.WithLabelValues(route, method(r.Method), strconv.Itoa(status)).Inc()
			if status != http.StatusSwitchingProtocols {
				s.metrics.duration.WithLabelValues(route).Observe(took.Seconds())
			}
			level := slog.LevelDebug
			if status >= http.StatusInternalServerError {
				level = slog.LevelWarn
			}
			s.log.Log(r.Context(), level, "request", "request_id", requestID(r.Context()), "method", method(r.Method),
				"route", route, "status", status, "took", took)
		}()
		next.ServeHTTP(sw, r)
	})
}

// routePattern names the route for logs and metrics; unknown paths share one name.
func routePattern(r *http.Request) string {
	if rc := chi.RouteContext(r.Context()); rc != nil {
		if p := rc.RoutePattern(); p != "" && p != "/*" {
			return p
		}
	}
	return "none"
}

// method bounds what a client can put into a label.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recoverPanics turns a panic into a 500 and keeps the process alive.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // net/http's own way to end a connection
			}
			s.metrics.panics.Inc()
			s.log.ErrorContext(r.Context(), "panic in a request", "request_id", requestID(r.Context()),
				"route", routePattern(r), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			if sw, ok := w.(*statusWriter); ok && sw.status != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: the client must see that it is broken
			}
			s.writeProblem(w, r, errors.New("panic"))
		}()
		next.ServeHTTP(w, r)
	})
}

// contentPolicy is the Content-Security-Policy of everything but the widget,
// which other sites may frame. Inline styles are allowed because the console's
// component library sets them; scripts are not. Answers may show images of other https sites.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; " +
	"font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-src 'self'; frame-ancestors "

// secure sets the headers that limit what a page may do.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if strings.HasPrefix(r.URL.Path, "/widget/") {
			h.Set("Content-Security-Policy", contentPolicy+"*")
			h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the loader is a script on other sites
		} else {
			h.Set("Content-Security-Policy", contentPolicy+"'self'")
			h.Set("X-Frame-Options", "SAMEORIGIN")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		if s.cfg.secureCookies() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		if !storable(r.URL.Path) {
			s.writeProblem(w, r, fmt.Errorf("%w: the address holds a byte that is no text", errBadRequest))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// storable reports whether PostgreSQL's text could hold s: no id is anything else.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func (c Config) secureCookies() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// address returns the client's network address without port: what rate limits
// count by. IPv6 counts by /64, which one customer has at least (RFC 6177).
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.cfg.TrustProxy {
		forwarded := r.Header.Values("X-Forwarded-For")
		if len(forwarded) > 0 {
			last := forwarded[len(forwarded)-1]
			host = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		}
	}
	return countedAs(host)
}

// countedAs is the form in which an address counts. Some proxies forward it with its port.
func countedAs(host string) string {
	if withPort, err := netip.ParseAddrPort(host); err == nil {
		host = withPort.Addr().String()
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap()
	if ip.Is6() && !ip.IsLoopback() { // this machine's own has no network
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.WithZone("").String()
}

package web

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"frontdesk/internal/identity"
)

// cookieName is the sign-in cookie of agents and admins.
const cookieName = "frontdesk_session"

// caller is who sent a request, as far as the guard found out.
type caller struct {
	actor   identity.Actor
	session identity.Session       // of agents and admins
	claims  identity.VisitorClaims // of visitors
	key     identity.APIKey        // of programs
	address string                 // for rate limits
	browser string                 // User-Agent
	cookie  string                 // the session cookie sent along, checked or not
	bearer  string                 // the token sent along, checked or not
	bare    bool                   // an Authorization header was sent, whatever it holds
}

// callerOf returns the caller that the guard put into ctx.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(keyCaller).(caller)
	return c
}

// builtinRoles authorizes by identity's table.
type builtinRoles struct{}

// Authorize implements [Authorizer].
func (builtinRoles) Authorize(_ context.Context, actor identity.Actor, p identity.Permission) error {
	if !actor.Can(p) {
		return fmt.Errorf("%s: %w", p, identity.ErrForbidden)
	}
	return nil
}

// guard is the one place where a route's permission is enforced: it finds out
// who calls, in the way that the permission is held, refuses what comes from
// another origin or lacks the CSRF value, and asks the Authorizer.
func (s *Server) guard(p identity.Permission, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := s.admit(r, p)
		if err != nil {
			s.writeProblem(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyCaller, c)))
	})
}

func (s *Server) admit(r *http.Request, p identity.Permission) (caller, error) {
	c := caller{address: s.address(r), browser: r.UserAgent()}
	c.bearer, c.bare = bearerToken(r)
	if cookie, err := r.Cookie(cookieName); err == nil {
		c.cookie = cookie.Value
	}
	// Sec-Fetch-Site and Origin, for every unsafe method: it also covers sign-in, which has no session to bind a token to.
	if err := s.crossOrigin.Check(r); err != nil {
		return c, fmt.Errorf("%w: %w", identity.ErrCSRF, err)
	}
	switch p {
	case identity.PermPublic:
		return c, nil
	case identity.PermMetrics:
		if s.cfg.MetricsToken != "" && subtle.ConstantTimeCompare([]byte(c.bearer), []byte(s.cfg.MetricsToken)) != 1 {
			return c, identity.ErrUnauthenticated
		}
		return c, nil
	case identity.PermVisitorChat:
		claims, err := s.cfg.Visitors.Verify(c.bearer)
		if err != nil {
			if c.bearer == "" {
				err = identity.ErrUnauthenticated
			}
			return c, err
		}
		c.claims, c.actor = claims, claims.Actor()
	case identity.PermInference:
		key, err := s.cfg.Keys.Verify(r.Context(), c.bearer)
		if err != nil {
			return c, err
		}
		c.key, c.actor = key, key.Actor()
	default:
		session, err := s.cfg.Sessions.Open(r.Context(), c.cookie)
		if err != nil {
			return c, err
		}
		if unsafeMethod(r.Method) && !sameText(r.Header.Get("X-CSRF-Token"), session.CSRF) {
			return c, identity.ErrCSRF
		}
		c.session, c.actor = session, session.User.Actor()
	}
	return c, s.cfg.Authorizer.Authorize(r.Context(), c.actor, p)
}

// unsafeMethod: RFC 9110, section 9.2.1.
func unsafeMethod(m string) bool {
	return m != http.MethodGet && m != http.MethodHead && m != http.MethodOptions
}

// sameText compares in constant time; empty is never the same.
func sameText(a, b string) bool {
	return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// bearerToken reads the Authorization header (RFC 6750, section 2.1).
func bearerToken(r *http.Request) (token string, sent bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", len(r.Header.Values("Authorization")) > 0
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}

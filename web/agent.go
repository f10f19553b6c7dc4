package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// SignedIn is what the workbench needs after sign-in.
type SignedIn struct {
	Agent AgentAccount `json:"agent"`
	CSRF  string       `json:"csrf" doc:"Send it as X-CSRF-Token on every unsafe request, and in the socket's hello"`
}

// signedIn is SignedIn with the cookie.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SignedIn
}

func (s *Server) signedIn(session identity.Session) *signedIn {
	return &signedIn{
		SetCookie: s.cookie(session.Token, session.ExpiresAt),
		Body:      SignedIn{Agent: accountOf(session.User), CSRF: session.CSRF},
	}
}

// cookie is HttpOnly, so that no script reads it, and Lax, so that a link to a
// conversation in a mail still opens signed in.
func (s *Server) cookie(token string, expires time.Time) http.Cookie {
	return http.Cookie{
		Name: cookieName, Value: token, Path: "/", Expires: expires,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.cfg.secureCookies(),
	}
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1024"`
	}
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*signedIn, error) {
	c := callerOf(ctx)
	// Per address and account against guessing one password; per address alone against trying many accounts.
	account := strings.ToLower(strings.TrimSpace(in.Body.Email))
	for _, take := range []func() error{
		func() error { return s.guessLimit.take(c.address) },
		func() error { return s.signInLimit.take(c.address + " " + account) },
	} {
		if err := take(); err != nil {
			s.metrics.rateLimited.WithLabelValues("sign_in").Inc()
			return nil, err
		}
	}
	session, err := s.cfg.Sessions.SignIn(ctx, in.Body.Email, in.Body.Password, c.cookie)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, session.User.Actor(), "session.start", session.User.ID, 0)
	return s.signedIn(session), nil
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	ClearSite string      `header:"Clear-Site-Data"`
}, error,
) {
	session := callerOf(ctx).session
	if err := s.cfg.Sessions.SignOut(ctx, session.Token); err != nil {
		return nil, err
	}
	s.signedOut(session.User.ID, session.Token)
	cookie := s.cookie("", time.Unix(1, 0))
	cookie.MaxAge = -1
	return &struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
		ClearSite string      `header:"Clear-Site-Data"`
	}{cookie, `"cache"`}, nil
}

// Me is the signed-in person with what the workbench shows of them.
type Me struct {
	SignedIn
	Presence string `json:"presence" enum:"online,away,invisible,offline"`
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*jsonBody[Me], error) {
	session := callerOf(ctx).session
	presence, err := s.cfg.Accounts.Presence(ctx, session.User.ID)
	return body(Me{SignedIn: SignedIn{Agent: accountOf(session.User), CSRF: session.CSRF}, Presence: presence}, err)
}

type updateMeInput struct {
	Body struct {
		Name   string `json:"name,omitempty" maxLength:"200"`
		Locale string `json:"locale,omitempty" enum:"zh-CN,en"`
	}
}

func (s *Server) updateMe(ctx context.Context, in *updateMeInput) (*jsonBody[AgentAccount], error) {
	user := callerOf(ctx).session.User
	if err := s.cfg.Accounts.UpdateProfile(ctx, user.ID, in.Body.Name, in.Body.Locale); err != nil {
		return nil, err
	}
	if in.Body.Name != "" {
		user.Name = in.Body.Name
	}
	if in.Body.Locale != "" {
		user.Locale = in.Body.Locale
	}
	return body(accountOf(user), nil)
}

type passwordInput struct {
	Body struct {
		Current string `json:"current" maxLength:"1024"`
		New     string `json:"new" maxLength:"1024" doc:"At least 8 characters"`
	}
}

// changePassword ends every session of the account and starts a new one here.
func (s *Server) changePassword(ctx context.Context, in *passwordInput) (*signedIn, error) {
	c := callerOf(ctx)
	if err := s.signInLimit.take(c.session.User.ID); err != nil {
		s.metrics.rateLimited.WithLabelValues("sign_in").Inc()
		return nil, err
	}
	session, err := s.cfg.Sessions.ChangePassword(ctx, c.session, in.Body.Current, in.Body.New)
	if err != nil {
		return nil, err
	}
	s.sockets.endSession(c.session.Token, closeUnauthenticated) // no sign-out: they come back at once, to what they have in hand
	s.accountChanged(c.session.User.ID)                         // every session of the account is over
	s.audit(ctx, c.actor, "user.password", c.session.User.ID, 0)
	return s.signedIn(session), nil
}

// PresenceValue is an agent's presence.
type PresenceValue struct {
	Presence string `json:"presence" enum:"online,away,invisible,offline" doc:"invisible: signed in, given nothing, away to colleagues"`
	Reason   string `json:"reason,omitempty" maxLength:"200" doc:"Of being away, for colleagues"`
}

type presenceInput struct{ Body PresenceValue }

func (s *Server) setPresence(ctx context.Context, in *presenceInput) (*jsonBody[PresenceValue], error) {
	return body(in.Body, s.cfg.Presence.Set(ctx, callerOf(ctx).actor, in.Body.Presence, in.Body.Reason))
}

// Teams is the teams that conversations can be passed to.
type Teams struct {
	Teams []Team `json:"teams" nullable:"false"`
}

// Team is one team.
type Team struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Members []TeamMember `json:"members" nullable:"false"`
}

// TeamMember is an agent as others see them.
type TeamMember struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Presence string `json:"presence" enum:"online,away,offline"`
	Active   int    `json:"active" doc:"Open conversations in hand"`
	Cap      int    `json:"cap" doc:"How many the router may give them"`
}

func (s *Server) teams(ctx context.Context, _ *struct{}) (*jsonBody[Teams], error) {
	rosters, err := s.cfg.Accounts.Rosters(ctx, callerOf(ctx).actor.Scope)
	if err != nil {
		return nil, err
	}
	out := Teams{Teams: []Team{}}
	for _, r := range rosters {
		t := Team{ID: r.ID, Name: r.Name, Members: []TeamMember{}}
		for _, p := range r.People {
			t.Members = append(t.Members, TeamMember(p))
		}
		out.Teams = append(out.Teams, t)
	}
	return body(out, nil)
}

// SetupState says whether the first admin is still to be made.
type SetupState struct {
	Needed bool `json:"needed"`
}

func (s *Server) setupNeeded(ctx context.Context, _ *struct{}) (*jsonBody[SetupState], error) {
	needed, err := s.cfg.Setup.Needed(ctx)
	return body(SetupState{Needed: needed}, err)
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"128" doc:"From the address that the server printed"`
		Locale   string `json:"locale" enum:"zh-CN,en"`
		Name     string `json:"name" maxLength:"200"`
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1024" doc:"At least 8 characters"`
	}
}

func (s *Server) completeSetup(ctx context.Context, in *setupInput) (*signedIn, error) {
	c := callerOf(ctx)
	if err := s.guessLimit.take(c.address); err != nil {
		s.metrics.rateLimited.WithLabelValues("setup").Inc()
		return nil, err
	}
	admin, err := s.cfg.Setup.Complete(ctx, in.Body.Token, identity.User{
		Email: in.Body.Email, Name: in.Body.Name, Locale: in.Body.Locale,
	}, in.Body.Password)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, admin.Actor(), "user.first_admin", admin.ID, 0)
	session, err := s.cfg.Sessions.Start(ctx, admin, c.cookie)
	if err != nil {
		return nil, fmt.Errorf("sign the first admin in: %w", err)
	}
	return s.signedIn(session), nil
}

// audit records an act. One that cannot be recorded is logged: the act itself is done.
func (s *Server) audit(ctx context.Context, actor identity.Actor, action, object string, site int32) {
	row := identity.AuditRow{At: s.clock(), Actor: actor.ID, Action: action, Object: object, Site: site}
	if err := s.cfg.Accounts.AddAudit(ctx, row); err != nil {
		s.log.ErrorContext(ctx, "audit row lost", "request_id", requestID(ctx), "action", action, "error", err)
	}
}

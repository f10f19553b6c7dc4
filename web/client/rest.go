package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"frontdesk/web/frame"
)

// API speaks the session routes beside the sockets. Its methods are safe for
// concurrent use; those of agents take the [AgentSession] of AgentLogin.
type API struct {
	base string
	http *http.Client
}

// NewAPI makes an API for a server's base URL. hc nil means a client of its
// own with a timeout of 30 s. Errors: ErrInvalid.
func NewAPI(base string, hc *http.Client) (*API, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, fmt.Errorf("new API: %w", err)
	}
	if hc == nil {
		hc = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	}
	return &API{base: u.String(), http: hc}, nil
}

// ProblemError is a refusal by the server (RFC 9457).
type ProblemError struct {
	Status     int           `json:"status"`
	Title      string        `json:"title"`
	Detail     string        `json:"detail"`
	Code       string        `json:"code"`
	RequestID  string        `json:"request_id"`
	RetryAfter time.Duration `json:"-"` // of the Retry-After header; 0 without one
}

// Error returns status, title and detail.
func (p *ProblemError) Error() string {
	return fmt.Sprintf("server answers %d %s: %s (%s)", p.Status, p.Title, p.Detail, p.Code)
}

// SessionRequest opens a visitor's session. All fields are optional.
type SessionRequest struct {
	Site   string `json:"site,omitempty"`
	Locale string `json:"locale,omitempty"`
	Page   string `json:"page,omitempty"`
	Token  string `json:"-"` // of an earlier session: keeps the visitor
}

// VisitorSession is an opened session.
type VisitorSession struct {
	Token        string    `json:"token"`
	ExpiresAt    time.Time `json:"expires_at"`
	Conversation string    `json:"conversation"`
	Contact      string    `json:"contact"`
	AgentsOnline bool      `json:"agents_online"`
}

// VisitorSession opens a session or, with a token, renews it.
func (a *API) VisitorSession(ctx context.Context, r SessionRequest) (VisitorSession, error) {
	var s VisitorSession
	err := a.call(ctx, http.MethodPost, "/api/visitor/session", bearer(r.Token), r, &s)
	if err == nil && (s.Token == "" || s.Conversation == "") {
		err = errors.New("answer without token or conversation")
	}
	if err != nil {
		return s, fmt.Errorf("open visitor session: %w", err)
	}
	return s, nil
}

// RequestHuman moves the visitor's conversation into the queue.
func (a *API) RequestHuman(ctx context.Context, token string) error {
	if err := a.call(ctx, http.MethodPost, "/api/visitor/request-human", bearer(token), struct{}{}, nil); err != nil {
		return fmt.Errorf("request a human: %w", err)
	}
	return nil
}

// AgentSession is a signed-in agent.
type AgentSession struct {
	ID   string
	Name string
	Auth Auth // Cookie and CSRF
}

// AgentLogin signs an agent in.
func (a *API) AgentLogin(ctx context.Context, email, password string) (AgentSession, error) {
	in := map[string]string{"email": email, "password": password}
	var out struct {
		Agent struct{ ID, Name string } `json:"agent"`
		CSRF  string                    `json:"csrf"`
	}
	var cookie string
	err := a.exchange(ctx, http.MethodPost, "/api/agent/login", nil, in, func(res *http.Response) error {
		for _, ck := range res.Cookies() {
			if cookie != "" {
				cookie += "; "
			}
			cookie += ck.Name + "=" + ck.Value
		}
		return json.NewDecoder(res.Body).Decode(&out)
	})
	if err == nil && cookie == "" {
		err = errors.New("answer without a session cookie")
	}
	if err != nil {
		return AgentSession{}, fmt.Errorf("sign in: %w", err)
	}
	return AgentSession{ID: out.Agent.ID, Name: out.Agent.Name, Auth: Auth{Cookie: cookie, CSRF: out.CSRF}}, nil
}

// SetPresence sets "online", "away" or "offline".
func (a *API) SetPresence(ctx context.Context, s AgentSession, presence string) error {
	in := map[string]string{"presence": presence}
	if err := a.call(ctx, http.MethodPost, "/api/agent/presence", s.header(), in, nil); err != nil {
		return fmt.Errorf("set presence: %w", err)
	}
	return nil
}

// Claim takes a conversation.
func (a *API) Claim(ctx context.Context, s AgentSession, conv string) error {
	path := "/api/agent/conversations/" + url.PathEscape(conv) + "/claim"
	if err := a.call(ctx, http.MethodPost, path, s.header(), struct{}{}, nil); err != nil {
		return fmt.Errorf("claim conversation: %w", err)
	}
	return nil
}

// Page is a part of a conversation's log, by rising seq.
type Page struct {
	Events  []*frame.Event
	LastSeq uint32 // of the whole log
}

// VisitorMessages reads rows of the visitor's conversation after a seq.
func (a *API) VisitorMessages(ctx context.Context, token string, after uint32, limit int) (Page, error) {
	return a.messages(ctx, "/api/visitor/messages", bearer(token), after, limit)
}

// AgentMessages reads rows of a conversation after a seq.
func (a *API) AgentMessages(ctx context.Context, s AgentSession, conv string, after uint32, limit int) (Page, error) {
	return a.messages(ctx, "/api/agent/conversations/"+url.PathEscape(conv)+"/messages", s.header(), after, limit)
}

func (a *API) messages(ctx context.Context, path string, h http.Header, after uint32, limit int) (Page, error) {
	q := url.Values{"after": {strconv.FormatUint(uint64(after), 10)}, "limit": {strconv.Itoa(limit)}}
	var raw struct {
		Events  []json.RawMessage `json:"events"`
		LastSeq uint32            `json:"last_seq"`
	}
	if err := a.call(ctx, http.MethodGet, path+"?"+q.Encode(), h, nil, &raw); err != nil {
		return Page{}, fmt.Errorf("read messages: %w", err)
	}
	p := Page{LastSeq: raw.LastSeq, Events: make([]*frame.Event, 0, len(raw.Events))}
	for _, b := range raw.Events {
		ev := &frame.Event{}
		if err := JSON.Unmarshal(b, ev); err != nil {
			return Page{}, fmt.Errorf("read messages: %w", err)
		}
		p.Events = append(p.Events, ev)
	}
	return p, nil
}

// Ready returns nil when the server says that it is ready.
func (a *API) Ready(ctx context.Context) error {
	if err := a.call(ctx, http.MethodGet, "/readyz", nil, nil, nil); err != nil {
		return fmt.Errorf("readiness: %w", err)
	}
	return nil
}

func (s AgentSession) header() http.Header {
	return http.Header{"Cookie": {s.Auth.Cookie}, "X-Csrf-Token": {s.Auth.CSRF}}
}

func bearer(token string) http.Header {
	if token == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}

// maxAnswerBytes bounds an answer's body; a page of 1,000 long messages stays below.
const maxAnswerBytes = 64 << 20

func (a *API) call(ctx context.Context, method, path string, h http.Header, in, out any) error {
	return a.exchange(ctx, method, path, h, in, func(res *http.Response) error {
		if out == nil {
			return nil
		}
		return json.NewDecoder(io.LimitReader(res.Body, maxAnswerBytes)).Decode(out)
	})
}

func (a *API) exchange(ctx context.Context, method, path string, h http.Header, in any, read func(*http.Response) error) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	maps.Copy(req.Header, h)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer func() {
		// What is left is read so that the connection can be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
		_ = res.Body.Close()
	}()
	if res.StatusCode/100 != 2 {
		p := &ProblemError{RetryAfter: retryAfter(res)}
		// A proxy may answer with something else; then the status must do.
		_ = json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(p)
		p.Status = res.StatusCode
		if p.Title == "" {
			p.Title = http.StatusText(res.StatusCode)
		}
		return p
	}
	return read(res)
}

package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"frontdesk/web/frame"
)

// Errors returned by the package.
var (
	// ErrClosed: the client's Run has ended; the message may or may not be stored.
	ErrClosed = errors.New("client is closed")
	// ErrOutboxFull: OutboxMax messages wait for their answer; nothing was queued.
	ErrOutboxFull = errors.New("outbox is full")
	// ErrOffline: there is no connection at the moment, and what was asked for is only good for one.
	ErrOffline = errors.New("there is no connection")
	// ErrTooManyConversations: MaxConversations are followed already.
	ErrTooManyConversations = errors.New("too many conversations are followed")
	// ErrUnauthenticated: the server does not accept the token or session, and Refresh is not set or did not help.
	ErrUnauthenticated = errors.New("server does not accept the credentials")
	// ErrRejected: the server closed the socket with a code that forbids to return.
	ErrRejected = errors.New("server rejected the client")
	// ErrInvalid: an argument cannot be used. Wrapped with which and why.
	ErrInvalid = errors.New("invalid argument")
)

// Role says which of the two sockets the client speaks to.
type Role string

// The roles.
const (
	Visitor Role = "visitor" // /ws/visitor, by bearer token
	Agent   Role = "agent"   // /ws/agent, by session cookie and CSRF value
)

// Auth is what proves who the client is.
type Auth struct {
	Token  string // visitors: the token of POST /api/visitor/session
	Cookie string // agents: the Cookie header, "name=value"
	CSRF   string // agents: the csrf value of sign-in
}

// Handler receives what arrives. All functions are optional, are called on
// Run's goroutine one at a time, and must not block; they may call the client.
type Handler struct {
	// Connected is called after each hello of the server.
	Connected func(*frame.ServerHello)
	// Disconnected is called when a connection that had said hello has ended, with the reason.
	Disconnected func(error)
	// Event is called once for each row of a followed conversation, in the order of seq, without holes.
	Event func(*frame.Event)
	// Acked is called when a message is durably stored, once for each cid.
	Acked func(*frame.Ack)
	// Refused is called when the server will not store a message (its cid is in the error), once for each cid.
	Refused func(*frame.Error)
	// Problem is called for an error that concerns no message, such as a resume that is not allowed.
	Problem func(*frame.Error)
	// Typing is called when somebody types. Such signals may be lost.
	Typing func(*frame.Typing)
	// Mark is called when it becomes known how far somebody has a conversation (author.kind "visitor" or "agent"; with
	// one's own id: this person, on any device), and after each resume. Marks only rise; take the highest.
	Mark func(*frame.Watermark)
	// Queue is called when a visitor's place in the queue changes.
	Queue func(*frame.Queue)
	// Viewing is called when it changes which agents have a conversation on the screen.
	Viewing func(*frame.Viewing)
	// Offer is called when the router asks this agent to take a conversation, again after each reconnection while it is
	// open; OfferEnd when that is over.
	Offer    func(*frame.Offer)
	OfferEnd func(*frame.OfferEnd)
	// Presence is called when a colleague's or the agent's own presence or load changes.
	Presence func(*frame.Presence)
	// Gone is called when a conversation was deleted with all its rows: what Event has shown of it is to be dropped. Such
	// signals may be lost; a refused resume (Problem, "not_found") says the same.
	Gone func(*frame.Gone)
	// Resumed is called when everything that a conversation had when it was resumed has been delivered.
	Resumed func(*frame.Resumed)
	// Reset is called when the server's log is another one than before (log_epoch): what Event has shown is void
	// and every followed conversation starts again from its first row.
	Reset func(logEpoch string)
}

// Config describes a [Client].
type Config struct {
	// URL is the server's base, "http://host:port" or https. Required.
	URL string
	// Role chooses the socket. Required.
	Role Role
	// Auth is used for the first connection. Required unless Refresh is set.
	Auth Auth
	// Refresh fetches new credentials when the server refuses the old ones; it is called on Run's goroutine
	// and at most once between two successful hellos. Nil: Run ends with ErrUnauthenticated instead.
	Refresh func() (Auth, error)
	// Inbox makes an agent also receive the live rows of every conversation in scope.
	Inbox bool
	// Delivered tells the others by itself what has reached this client (see [Client.Mark]). Defaults to false.
	Delivered bool
	// OutboxFile keeps messages and edits without an answer in a file, so that they are sent by the next client that is
	// given it, should this process end. The folder must exist; one client a file. Defaults to none.
	OutboxFile string
	// Encoding of the frames. Defaults to JSON.
	Encoding Encoding
	// HTTPClient dials. It must not have a Timeout. Defaults to one with a transport of its own.
	HTTPClient *http.Client
	// Handler receives what arrives.
	Handler Handler
	// OutboxMax is how many messages may wait for their answer; beyond it Enqueue returns ErrOutboxFull. Defaults to 256.
	OutboxMax int
	// Window is how many messages of one conversation may be under way at once. With 1, the order as typed also
	// survives refusals that ask for a retry. Defaults to 1.
	Window int
	// Flight is how many messages of all conversations may be under way at once. What is under way when the connection
	// ends goes out again, and the server must look at it again before it gets to anything new. Defaults to 32.
	Flight int
	// MaxConversations bounds the followed conversations. Defaults to 10,000.
	MaxConversations int
	// DialTimeout bounds connecting up to the server's hello. Defaults to 10 s.
	DialTimeout time.Duration
	// AckTimeout is how long an answer to a message may take before the connection counts as broken. Defaults to 15 s.
	AckTimeout time.Duration
	// BackoffMin and BackoffMax bound the pause before a new attempt: a random part (full jitter) of a span that
	// starts at BackoffMin and doubles up to BackoffMax. Default to 100 ms and 10 s.
	BackoffMin, BackoffMax time.Duration
	// MaxFrameBytes bounds a received frame. Defaults to 1 MiB.
	MaxFrameBytes int64
	// Logger gets connection life cycle at debug level. Defaults to none.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	base, err := parseBase(c.URL)
	if err != nil {
		return c, err
	}
	c.URL = base.String()
	if c.Role != Visitor && c.Role != Agent {
		return c, fmt.Errorf("%w: role %q", ErrInvalid, c.Role)
	}
	if c.Auth == (Auth{}) && c.Refresh == nil {
		return c, fmt.Errorf("%w: no credentials", ErrInvalid)
	}
	if c.Inbox && c.Role != Agent {
		return c, fmt.Errorf("%w: only agents have an inbox", ErrInvalid)
	}
	if c.Encoding != JSON && c.Encoding != Proto {
		return c, fmt.Errorf("%w: encoding %d", ErrInvalid, c.Encoding)
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Transport: &http.Transport{}}
	}
	if c.HTTPClient.Timeout != 0 {
		return c, fmt.Errorf("%w: HTTPClient has a Timeout, which would end every socket", ErrInvalid)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.OutboxMax = orDefault(c.OutboxMax, 256)
	c.Window = orDefault(c.Window, 1)
	c.Flight = orDefault(c.Flight, 32)
	c.MaxConversations = orDefault(c.MaxConversations, 10_000)
	c.DialTimeout = orDefault(c.DialTimeout, 10*time.Second)
	c.AckTimeout = orDefault(c.AckTimeout, 15*time.Second)
	c.BackoffMin = orDefault(c.BackoffMin, 100*time.Millisecond)
	c.BackoffMax = max(orDefault(c.BackoffMax, 10*time.Second), c.BackoffMin)
	c.MaxFrameBytes = orDefault(c.MaxFrameBytes, 1<<20)
	return c, nil
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%w: URL %q (want http://host:port)", ErrInvalid, raw)
	}
	return u, nil
}

package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config of a [Server]. What is not called optional is required.
type Config struct {
	Chat      Chat
	Inboxes   Inboxes // optional: defaults to no inbox events, which is for tests only
	Presence  Presence
	Knowledge Knowledge
	// Imports, Exporter and Files are optional: without them there are no imports in the background (503), JSONL
	// exports only, and no images and attachments.
	Imports   Imports
	Exporter  Exporter
	Files     Files
	Answerer  Answerer      // optional: without it the test box answers 503
	BotDesk   BotDesk       // optional: parts that are nil answer 503
	Suggester Suggester     // optional: without one of these five the server does not have its routes
	Canned    CannedReplies // see Suggester
	Judges    Judges        // see Suggester
	Promoter  Promoter      // see Suggester
	Summaries Summaries     // see Suggester
	Reports   Reports       // optional: without it there are no reports of the bot
	Gaps      Gaps          // optional: without it there is no gap board
	History   History       // search, export, transcripts, retention, audit; a part that is nil answers 503
	Routing   Routing       // optional: see its parts
	Editorial Editorial     // optional: without it or Staff there are no working copies
	Staff     Staff         // see Editorial
	Offers    Offers        // optional: without it the router asks nobody
	Accounts  Accounts
	Sessions  Sessions
	Signals   Signals // optional: without it the ends of sign-ins reach this node's sockets only, others' with their next ping
	Visitors  Visitors
	Contacts  Contacts  // optional: without one of these three the server does not have the routes of contacts
	Blocks    Blocklist // see Contacts; without it nobody is barred
	Proofs    Proofs    // see Contacts
	Setup     Setup
	Keys      Keys
	Inference Inference // optional: without it the model routes say that no model is in use
	// Authorizer decides permissions. Defaults to the built-in roles (identity.Role.Grants).
	Authorizer Authorizer
	// Ready says whether the server can do its work. Defaults to always.
	Ready Readiness
	// Registry receives the server's metrics, and /metrics shows all that is in it.
	Registry *prometheus.Registry
	// Logger receives the access log (debug for pages, info for failures) and faults. Defaults to slog.Default().
	Logger *slog.Logger
	// Clock is asked for the time. Defaults to time.Now.
	Clock func() time.Time

	// PublicURL is how browsers reach the server; https makes cookies Secure. Requests from that origin pass the
	// cross-origin check even when a proxy rewrites Host. Empty: the Host header counts, over plain http.
	PublicURL string
	// HomePath is where / redirects to. Defaults to "/console/".
	HomePath string
	// Version is shown in the API's description. Defaults to "dev".
	Version string
	// MetricsToken, if set, must come as a Bearer token to read /metrics. Defaults to "" (open).
	MetricsToken string
	// TrustProxy takes the client's address from the last entry of X-Forwarded-For. Defaults to false.
	TrustProxy bool
	// Compression lets sockets compress frames of 1 KiB and more (permessage-deflate, RFC 7692, each frame by itself), for
	// clients that offer it. Defaults to false: a compressor is 1.2 MB while it writes, and most frames are small.
	Compression bool

	// SessionsPerMinute bounds the visitor sessions an address may start; SessionsBurst more may come at once. Loopback
	// addresses are exempt: a proxy's or the operator's own, they say nothing about the visitor. 0 means no limit. SessionsBurst defaults to 100.
	SessionsPerMinute, SessionsBurst int
	// SendsPerSecond bounds the messages of one visitor; SendsBurst more may come at once. Negative means no limit.
	// Default to 50 and 200: no person comes near, a script that floods one conversation does.
	SendsPerSecond, SendsBurst int
	// MessagesPerMinute bounds the messages that one visitor writes, AddressMessagesPerMinute those from one network
	// address; half a minute's worth may come at once. Loopback addresses are exempt, as for sessions. 0 means no limit.
	MessagesPerMinute, AddressMessagesPerMinute int
	// SignInsPerMinute bounds failed and successful sign-ins of one e-mail address from one network address; ten times
	// as many pass for one address alone. Negative means no limit. Defaults to 10.
	SignInsPerMinute int
	// KeyRequestsPerMinute and KeyTokensPerMinute bound what an API key without limits of its own may ask the model
	// routes for; a minute's worth may come at once. Negative means no limit. Default to 600 and 1,000,000.
	KeyRequestsPerMinute, KeyTokensPerMinute int
	// MaxClientBatch bounds the texts of one request to TEI's routes. Defaults to 32, as TEI's.
	MaxClientBatch int
	// MaxBatchTokens is the engine's bound of a run in padded tokens; only told, by /info.
	MaxBatchTokens int
	// ModelAliases are names that clients may call the embedding model in use by, beside its own. Defaults to none.
	ModelAliases []string
	// MaxSockets bounds the sockets of this process; beyond it upgrades get 503. Defaults to 100,000.
	MaxSockets int
	// SocketBudgetBytes bounds what waits to be written to one socket; beyond it the socket is closed as slow. Defaults to 1 MiB.
	SocketBudgetBytes int
	// PingEvery is how often each socket is pinged; an answer may take as long again, at most 10 s. Defaults to 25 s.
	PingEvery time.Duration
	// HelloTimeout is how long a new socket may take to say hello. Defaults to 10 s.
	HelloTimeout time.Duration
	// DrainTimeout is over how long a stop spreads the closing of sockets. Defaults to 10 s.
	DrainTimeout time.Duration
	// MaxImportBytes bounds a knowledge-base import. Defaults to 64 MiB.
	MaxImportBytes int64
}

// limits of what a request may carry.
const (
	maxJSONBytes  = 1 << 20
	maxFrameBytes = 128 << 10 // 10,000 code points, each as a surrogate pair escaped in JSON (12 bytes), and the rest of the frame
)

func (c Config) withDefaults() (Config, error) {
	for name, missing := range map[string]bool{
		"Chat": c.Chat == nil, "Presence": c.Presence == nil, "Knowledge": c.Knowledge == nil, "Accounts": c.Accounts == nil,
		"Sessions": c.Sessions == nil, "Visitors": c.Visitors == nil, "Setup": c.Setup == nil, "Keys": c.Keys == nil, "Registry": c.Registry == nil,
	} {
		if missing {
			return c, fmt.Errorf("web: Config.%s is required", name)
		}
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return c, fmt.Errorf("web: PublicURL %q must look like https://help.example.com", c.PublicURL)
		}
		c.PublicURL = u.Scheme + "://" + u.Host
	}
	if c.HomePath != "" && !strings.HasPrefix(c.HomePath, "/") {
		return c, errors.New("web: HomePath must begin with /")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Authorizer == nil {
		c.Authorizer = builtinRoles{}
	}
	setDefault(&c.HomePath, "/console/")
	setDefault(&c.Version, "dev")
	setDefault(&c.SessionsBurst, 100)
	setDefault(&c.SendsPerSecond, 50)
	setDefault(&c.SendsBurst, 200)
	setDefault(&c.SignInsPerMinute, 10)
	setDefault(&c.KeyRequestsPerMinute, 600)
	setDefault(&c.KeyTokensPerMinute, 1_000_000)
	setDefault(&c.MaxClientBatch, 32)
	setDefault(&c.MaxSockets, 100_000)
	setDefault(&c.SocketBudgetBytes, 1<<20)
	setDefault(&c.PingEvery, 25*time.Second)
	setDefault(&c.HelloTimeout, 10*time.Second)
	setDefault(&c.DrainTimeout, 10*time.Second)
	setDefault(&c.MaxImportBytes, 64<<20)
	if c.SessionsPerMinute < 0 || c.MessagesPerMinute < 0 || c.AddressMessagesPerMinute < 0 || c.SocketBudgetBytes < 0 || c.PingEvery < 0 || c.HelloTimeout < 0 || c.DrainTimeout < 0 || c.MaxImportBytes < 0 || c.MaxClientBatch < 0 || c.MaxBatchTokens < 0 {
		return c, errors.New("web: limits and durations must not be negative")
	}
	return c, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

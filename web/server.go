package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"frontdesk/internal/identity"
)

// Server answers HTTP and sockets. Build it with [New]; [Server.Handler] works
// from then on, [Server.Run] pings and, at the end, drains the sockets.
type Server struct {
	cfg         Config
	log         *slog.Logger
	clock       func() time.Time
	metrics     *metrics
	crossOrigin *http.CrossOriginProtection
	router      chi.Router
	api         huma.API
	declared    map[string]identity.Permission // "GET /api/agent/me" → its permission
	pages       *pages

	startLimit   *limiter // visitor sessions, by address
	sendLimit    *limiter // messages, by contact
	floodLimit   *limiter // messages, by contact: as many as people write
	addressLimit *limiter // messages, by network address
	contextLimit *limiter // where visitors are, by contact
	voteLimit    *limiter // votes on answers, by contact
	signInLimit  *limiter // sign-ins, by e-mail address and network address
	guessLimit   *limiter // sign-ins and setup attempts, by network address
	linkLimit    *limiter // transcripts opened, by network address

	budgets   *budgets      // of API keys
	modelGate modelGate     // for all of them
	reading   chan struct{} // a place a core for taking bodies apart

	transcripts *transcriptGate
	sockets     *sockets
	siteKeys    siteKeys
}

// hookHuma makes huma's own errors ours. huma offers package variables only, so
// they are set once, to a function without state.
var hookHuma = sync.OnceFunc(func() { //nolint:gochecknoglobals // see above
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, msg, errs...)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		if ctx == nil {
			return humaProblem(context.Background(), status, msg, errs...)
		}
		return humaProblem(ctx.Context(), status, msg, errs...)
	}
})

// New checks cfg and returns a server.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	hookHuma()
	s := &Server{
		cfg: cfg, log: cfg.Logger, clock: cfg.Clock, crossOrigin: http.NewCrossOriginProtection(),
		declared: map[string]identity.Permission{}, transcripts: newTranscriptGate(),
	}
	if cfg.PublicURL != "" {
		if err := s.crossOrigin.AddTrustedOrigin(cfg.PublicURL); err != nil {
			return nil, fmt.Errorf("web: PublicURL: %w", err)
		}
	}
	if s.metrics, err = newMetrics(cfg.Registry); err != nil {
		return nil, err
	}
	perMinute := func(n int) float64 { return float64(n) / 60 }
	for _, l := range []struct {
		to               **limiter
		perSecond, burst float64
	}{
		{&s.startLimit, perMinute(cfg.SessionsPerMinute), float64(cfg.SessionsBurst)},
		{&s.sendLimit, float64(cfg.SendsPerSecond), float64(cfg.SendsBurst)},
		{&s.floodLimit, perMinute(cfg.MessagesPerMinute), float64(cfg.MessagesPerMinute) / 2},
		{&s.addressLimit, perMinute(cfg.AddressMessagesPerMinute), float64(cfg.AddressMessagesPerMinute) / 2},
		{&s.contextLimit, 1, 30},
		{&s.voteLimit, 1, 30}, // a person reads before they vote
		{&s.signInLimit, perMinute(cfg.SignInsPerMinute), float64(cfg.SignInsPerMinute)},
		{&s.linkLimit, 0.5, 30},
		{&s.guessLimit, 10 * perMinute(cfg.SignInsPerMinute), 10 * float64(cfg.SignInsPerMinute)},
	} {
		if *l.to, err = newLimiter(l.perSecond, l.burst, cfg.Clock); err != nil {
			return nil, err
		}
	}
	if s.budgets, err = newBudgets(cfg.Clock); err != nil {
		return nil, err
	}
	s.reading = make(chan struct{}, runtime.GOMAXPROCS(0))
	s.sockets = newSockets()
	if s.pages, err = newPages(); err != nil {
		return nil, err
	}
	s.buildRoutes()
	if cfg.Inboxes != nil {
		cfg.Inboxes.WatchInbox(identity.Everything(), wakes{s}) // for good, as the hub and the server are
	}
	return s, nil
}

// Handler returns the root handler. It is safe for concurrent use.
func (s *Server) Handler() http.Handler { return s.router }

// Leave says that this server will stop: /readyz fails from now on, while
// everything is still served. away is how long at least the clients of the
// sockets that Run then closes are told to stay away.
func (s *Server) Leave(away time.Duration) { s.sockets.leave(away) }

// Run pings sockets until ctx ends, then closes them all, spread over
// DrainTimeout, and waits for what they started. New sockets are refused from
// then on.
func (s *Server) Run(ctx context.Context) error {
	s.sockets.turn(ctx, s.cfg.PingEvery, s.tend)
	s.sockets.drain(s.cfg.DrainTimeout)
	return nil
}

// HTTPServer returns a server for Handler whose timeouts bound what a slow
// client can hold: reading a request 30 s (imports set their own), answering 60 s
// (exports set their own), an idle connection two minutes. Sockets are exempt:
// they leave it.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// checks returns the readiness checks; none means ready.
func (s *Server) checks() map[string]error {
	if s.cfg.Ready == nil {
		return nil
	}
	return s.cfg.Ready.Checks()
}

var _ huma.StatusError = (*Problem)(nil)

var errNoAnswerer = errors.New("the bot is not there")

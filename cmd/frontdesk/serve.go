package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/web"
)

func newServe(opts *options) *cobra.Command {
	var demo, allowFaults bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server.

Without --database-url it makes and runs a private PostgreSQL below --data.
On an empty database it prints a one-time URL where the first admin is made;
with --demo it fills the database with a demo shop instead.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := opts.load(os.Environ())
			if err != nil {
				return err
			}
			if cfg.fault, err = serverFaults(allowFaults, os.Environ(), cfg.logger()); err != nil {
				return err
			}
			if cfg.inherited, err = inherit(os.Environ()); err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, demo, cmd.OutOrStdout(), cfg.logger())
		},
	}
	cmd.Flags().BoolVar(&demo, "demo", false, "fill an empty database with a demo shop and demo accounts")
	cmd.Flags().BoolVar(&allowFaults, "allow-faults", false, "let "+faultsVariable+" kill, stop or delay this server: for tests only")
	_ = cmd.Flags().MarkHidden("allow-faults") // it exists: the line above
	return cmd
}

// frontDoor serves HTTP on a listener that was opened before anything else, so
// that a port in use is told before a database is started.
type frontDoor struct {
	listener net.Listener
	server   *web.Server
	cfg      WebConfig
	handover *handover
	others   func() int // other nodes that live
	logger   *slog.Logger

	closed atomic.Bool  // the listener is closed on purpose
	fresh  sync.Map     // net.Conn accepted, nothing read yet
	silent atomic.Int64 // how many of them there are
}

// What a client is told when its socket is closed: how long to stay away at least. With another node, or a successor, it
// finds somebody at once; a single server needs a moment to start anew.
const (
	returnToAnother = 100 * time.Millisecond
	returnToNew     = 1500 * time.Millisecond
)

// Run serves until ctx ends. Then the server says that it is not ready, for the
// drain delay; sockets are closed, spread over the drain timeout, while requests
// in flight finish. A successor accepts meanwhile: then nothing is accepted here any more.
func (f *frontDoor) Run(ctx context.Context) error {
	server := f.server.HTTPServer()
	server.ConnState = f.note
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	wg.Go(func() {
		if err := server.Serve(f.listener); !errors.Is(err, http.ErrServerClosed) && !f.closed.Load() {
			failed <- fmt.Errorf("serve HTTP: %w", err)
			stop()
		}
	})
	ended := make(chan error, 1)
	wg.Go(func() { ended <- f.server.Run(serving) }) // returns once the sockets are drained
	select {
	case <-ctx.Done():
	case <-serving.Done():
	}
	handed := f.handover.handed.Load()
	pause := returnToNew
	if handed || f.others() > 0 {
		pause = returnToAnother
	}
	f.server.Leave(pause)
	var err error
	if handed {
		stop()
		err = f.shutDown(ctx, server) // the listener first: whoever comes now comes to the successor
		err = errors.Join(err, <-ended)
	} else {
		f.linger(serving)
		stop()
		err = <-ended
		err = errors.Join(err, f.shutDown(ctx, server))
	}
	wg.Wait()
	select {
	case serveErr := <-failed:
		return errors.Join(err, serveErr)
	default:
		return err
	}
}

// note counts the connections that were accepted and have said nothing yet.
func (f *frontDoor) note(c net.Conn, state http.ConnState) {
	if state == http.StateNew {
		f.fresh.Store(c, nil)
		f.silent.Add(1)
	} else if _, was := f.fresh.LoadAndDelete(c); was {
		f.silent.Add(-1)
	}
}

// linger waits for the drain delay, while the server serves.
func (f *frontDoor) linger(serving context.Context) {
	if f.cfg.DrainDelay == 0 {
		return
	}
	f.logger.Info("not ready any more, still serving", "for", f.cfg.DrainDelay)
	timer := time.NewTimer(f.cfg.DrainDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-serving.Done():
	}
}

// shutDown closes the listener and waits for requests in flight.
func (f *frontDoor) shutDown(ctx context.Context, server *http.Server) error {
	f.logger.Info("draining requests")
	ending, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), f.cfg.DrainTimeout+requestGrace, errors.New("requests did not end in time"))
	defer cancel()
	f.closed.Store(true)
	_ = f.listener.Close() // Serve returns
	// Shutdown drops a connection whose first request it has not read yet (net/http, conn.serve): those that were
	// accepted get a moment to say what they came for.
	patience := time.NewTimer(requestGrace)
	defer patience.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting && f.silent.Load() > 0; {
		select {
		case <-look.C:
		case <-patience.C:
			waiting = false
		}
	}
	if server.Shutdown(ending) != nil {
		return server.Close() // what still runs now is cut off
	}
	return nil
}

// greeter prints where to click, once the server is ready.
type greeter struct {
	ready <-chan struct{}
	out   io.Writer
	lines []string
}

// Run waits for the first readiness, prints, and waits for the end.
func (g *greeter) Run(ctx context.Context) error {
	select {
	case <-g.ready:
		for _, line := range g.lines {
			fmt.Fprintln(g.out, line)
		}
		<-ctx.Done()
	case <-ctx.Done():
	}
	return nil
}

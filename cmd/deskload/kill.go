package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// killOptions are the flags of deskload kill beside those of a run.
type killOptions struct {
	options
	server       string
	serverLog    string
	kills        int
	every        time.Duration
	readyTimeout time.Duration
	stopTimeout  time.Duration
}

// killOutcome says how the server came back.
type killOutcome struct {
	Kills            int     `json:"kills"`
	FirstReadyMillis float64 `json:"first_ready_ms"` // from the first start
	MaxReadyMillis   float64 `json:"max_ready_ms"`   // from a kill until ready again
	MeanReadyMillis  float64 `json:"mean_ready_ms"`
}

// Bounds of a kill test.
const maxKills = 1000

func newKill() *cobra.Command {
	k := &killOptions{}
	cmd := &cobra.Command{
		Use:   "kill --server-cmd 'bin/frontdesk serve …'",
		Short: "Start a server, kill -9 it again and again under load, and compare the clients' log with its history",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := k.validate(); err != nil {
				return err
			}
			rep, err := k.run(cmd.Context())
			if err != nil {
				return err
			}
			return finish(cmd, rep, k.json)
		},
	}
	f := cmd.Flags()
	k.bind(f)
	for name, value := range map[string]string{"visitors": "60", "rate": "200", "settle": "30s"} {
		fl := f.Lookup(name)
		fl.DefValue = value
		_ = fl.Value.Set(value) // constants
	}
	for _, name := range []string{"mode", "pid", "duration", "questions", "answer-limit", "beat", "allow-remote", "processes", "bot-share"} {
		_ = f.MarkHidden(name) // they have no meaning here; validate refuses them
	}
	f.StringVar(&k.server, "server-cmd", "", "command that serves at --url; it is started without a shell")
	f.StringVar(&k.serverLog, "server-log", "", "file for the server's output; default: none is kept")
	f.IntVar(&k.kills, "kills", 10, "how often to kill -9 the server")
	f.DurationVar(&k.every, "every", 3*time.Second, "how long the server works, once ready, before the next kill, and after the last")
	f.DurationVar(&k.readyTimeout, "ready-timeout", 2*time.Minute, "how long a start may take")
	f.DurationVar(&k.stopTimeout, "stop-timeout", 30*time.Second, "how long the server may take to stop at the end, before it is killed")
	return cmd
}

func (k *killOptions) validate() error {
	var bad []error
	if k.mode != modeChat || len(k.pids) > 0 || k.processes > 1 || k.questions != "" {
		bad = append(bad, errors.New("--mode, --pid, --processes and --questions have no meaning for kill"))
	}
	if k.rate == 0 {
		bad = append(bad, errors.New("--rate 0: a kill without load shows nothing"))
	}
	if k.kills < 1 || k.kills > maxKills {
		bad = append(bad, fmt.Errorf("--kills %d: between 1 and %d", k.kills, maxKills))
	}
	if k.every <= 0 || k.every > time.Hour || k.readyTimeout <= 0 || k.readyTimeout > time.Hour || k.stopTimeout <= 0 || k.stopTimeout > time.Hour {
		bad = append(bad, errors.New("--every, --ready-timeout and --stop-timeout: more than 0, at most an hour"))
	}
	if k.server == "" {
		bad = append(bad, errors.New("--server-cmd is required"))
	}
	if k.allowRemote {
		bad = append(bad, errors.New("--allow-remote: the server that kill starts is on this machine"))
	}
	// The load lasts as long as the kills do.
	k.duration = min(maxDuration, time.Duration(k.kills+1)*(k.every+k.readyTimeout))
	return errors.Join(append(bad, k.options.validate())...)
}

func (k *killOptions) run(ctx context.Context) (_ *report, err error) {
	words, err := splitWords(k.server)
	if err != nil {
		return nil, fmt.Errorf("--server-cmd: %w", err)
	}
	out := k.serverLog
	if out == "" {
		out = os.DevNull
	}
	log, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--server-log: %w", err)
	}
	defer log.Close()
	r, err := newRun(&k.options)
	if err != nil {
		return nil, err
	}
	defer r.closeDoors()
	if err := r.door.api.Ready(ctx); err == nil {
		return nil, fmt.Errorf("something already serves at %s: kill starts its own server", k.url)
	}
	h := &hangman{opts: k, words: words, log: log, run: r}
	defer func() { err = errors.Join(err, h.stop()) }()
	if err := h.first(ctx); err != nil {
		return nil, errors.Join(err, r.journal.close())
	}
	// When the server does not come back, everything ends.
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	loadCtx, endLoad := context.WithCancel(ctx)
	defer endLoad()
	killed := make(chan error, 1)
	gathered := make(chan struct{})
	r.onLoad = func() { close(gathered) }
	go func() {
		defer endLoad()
		select {
		case <-gathered:
			err := h.work(ctx)
			if err != nil {
				giveUp(err)
			}
			killed <- err
		case <-loadCtx.Done():
			killed <- nil
		}
	}()
	rep, err := r.execute(ctx, loadCtx)
	endLoad()
	if err := errors.Join(err, <-killed); err != nil {
		return nil, err
	}
	rep.Kill = h.outcome()
	return rep, nil
}

// hangman starts the server, kills it and starts it again.
type hangman struct {
	opts  *killOptions
	words []string
	log   *os.File
	run   *run

	server *process
	ready  []time.Duration // from each kill until ready; the first: from the first start
}

// first starts the server and waits until it is ready.
func (h *hangman) first(ctx context.Context) error { return h.start(ctx, time.Now()) }

func (h *hangman) start(ctx context.Context, since time.Time) error {
	p, err := startProcess(h.words, nil, h.log)
	if err != nil {
		return err
	}
	h.server = p
	if err := p.untilReady(ctx, h.opts.readyTimeout, h.run.door.api.Ready); err != nil {
		return err
	}
	h.ready = append(h.ready, time.Since(since))
	h.run.memory.watch(p.pid())
	h.run.journal.write(entry{Event: "ready"})
	return nil
}

// work kills and restarts the server as often as asked, and lets it work at the end.
func (h *hangman) work(ctx context.Context) error {
	t := time.NewTimer(0)
	defer t.Stop()
	for i := 0; ; i++ {
		t.Reset(h.opts.every)
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-h.server.done:
			return fmt.Errorf("server ended by itself: %w", h.server.err)
		}
		if i == h.opts.kills {
			return nil
		}
		since := time.Now()
		h.run.journal.write(entry{Event: "killed"})
		if err := h.server.kill(); err != nil {
			return err
		}
		if err := h.start(ctx, since); err != nil {
			return fmt.Errorf("after kill %d: %w", i+1, err)
		}
	}
}

// stop ends the server for good.
func (h *hangman) stop() error {
	if h.server == nil {
		return nil
	}
	return h.server.stop(h.opts.stopTimeout)
}

func (h *hangman) outcome() *killOutcome {
	out := &killOutcome{Kills: len(h.ready) - 1, FirstReadyMillis: millis(h.ready[0])}
	var sum time.Duration
	for _, d := range h.ready[1:] {
		sum += d
		out.MaxReadyMillis = max(out.MaxReadyMillis, millis(d))
	}
	if out.Kills > 0 {
		out.MeanReadyMillis = millis(sum / time.Duration(out.Kills))
	}
	return out
}

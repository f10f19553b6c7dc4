package client_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/web/client"
	"frontdesk/web/client/clienttest"
	"frontdesk/web/frame"
)

// world is a server in memory and the clients of one test, inside a synctest
// bubble: time stands still while anybody has something to do.
type world struct {
	t    *testing.T
	srv  *clienttest.Server
	pipe *clienttest.Pipe

	partners []*partner
}

// bubble runs f in a synctest bubble with a fresh server.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, srv: clienttest.New(), pipe: clienttest.NewPipe()}
		hs := &http.Server{Handler: w.srv, ReadHeaderTimeout: time.Minute}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = hs.Serve(w.pipe) // ends with the pipe
		}()
		// Deferred: the bubble must be empty also after a Fatal, and clients end before their server.
		defer func() {
			for _, p := range w.partners {
				_ = p.stop()
			}
			w.srv.Close()
			_ = hs.Close()
			<-served
		}()
		f(w)
	})
}

// partner is a running client and what it has been told.
type partner struct {
	*client.Client
	w    *world
	stop func() error

	mu      sync.Mutex // guards everything below
	changed chan struct{}
	hellos  []*frame.ServerHello
	events  []*frame.Event
	acks    []*frame.Ack
	refused []*frame.Error
	issues  []*frame.Error
	typing  []*frame.Typing
	resets  []string
	ended   bool
	err     error
}

// start runs a client; cfg's URL, HTTPClient and Handler are set here.
func (w *world) start(cfg client.Config) *partner {
	w.t.Helper()
	p := &partner{w: w, changed: make(chan struct{}, 1)}
	cfg.URL = "http://pipe"
	cfg.HTTPClient = w.pipe.HTTPClient()
	note := func(f func()) {
		p.mu.Lock()
		f()
		p.mu.Unlock()
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
	cfg.Handler = client.Handler{
		Connected: func(h *frame.ServerHello) { note(func() { p.hellos = append(p.hellos, h) }) },
		Event:     func(e *frame.Event) { note(func() { p.events = append(p.events, e) }) },
		Acked:     func(a *frame.Ack) { note(func() { p.acks = append(p.acks, a) }) },
		Refused:   func(e *frame.Error) { note(func() { p.refused = append(p.refused, e) }) },
		Problem:   func(e *frame.Error) { note(func() { p.issues = append(p.issues, e) }) },
		Typing:    func(e *frame.Typing) { note(func() { p.typing = append(p.typing, e) }) },
		Reset:     func(e string) { note(func() { p.resets = append(p.resets, e) }) },
	}
	c, err := client.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	p.Client = c
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := c.Run(ctx)
		note(func() { p.ended, p.err = true, err })
	}()
	p.stop = func() error {
		cancel()
		<-done
		return p.err
	}
	w.partners = append(w.partners, p)
	return p
}

// visitor starts a visitor's client with defaults.
func (w *world) visitor(token string, more ...func(*client.Config)) *partner {
	cfg := client.Config{Role: client.Visitor, Auth: client.Auth{Token: token}}
	for _, f := range more {
		f(&cfg)
	}
	return w.start(cfg)
}

// agent starts an agent's client with an inbox.
func (w *world) agent() *partner {
	w.srv.AddAgent("a@example.org", "pw")
	return w.start(client.Config{
		Role: client.Agent, Inbox: true,
		Auth: client.Auth{Cookie: "frontdesk_session=a@example.org", CSRF: "csrf-a@example.org"},
	})
}

// until waits for a condition on what p has been told, for at most ten minutes of bubble time.
func (p *partner) until(what string, ok func() bool) {
	p.w.t.Helper()
	limit := time.NewTimer(10 * time.Minute)
	defer limit.Stop()
	for {
		p.mu.Lock()
		fine := ok()
		p.mu.Unlock()
		if fine {
			return
		}
		select {
		case <-p.changed:
		case <-limit.C:
			p.w.t.Fatalf("%s: not within ten minutes; stats %+v, %d events, %d acks", what, p.Stats(), len(p.events), len(p.acks))
		}
	}
}

func (p *partner) untilAcked(n int) {
	p.w.t.Helper()
	p.until("acknowledgements", func() bool { return len(p.acks) >= n })
}

func (p *partner) untilEvents(n int) {
	p.w.t.Helper()
	p.until("events", func() bool { return len(p.events) >= n })
}

// enqueue sends messages and fails the test when one is not taken.
func (p *partner) enqueue(conv string, contents ...string) {
	p.w.t.Helper()
	for _, s := range contents {
		if _, err := p.Enqueue(client.Message{Conv: conv, Content: s}); err != nil {
			p.w.t.Fatal(err)
		}
	}
}

// wantInOrder checks that the events are exactly contents, with seq from 1.
func (p *partner) wantInOrder(contents []string) {
	p.w.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) != len(contents) {
		p.w.t.Fatalf("got %d events, want %d", len(p.events), len(contents))
	}
	for i, e := range p.events {
		if e.Content != contents[i] || int(e.Seq) != i+1 {
			p.w.t.Errorf("event %d is seq %d %q, want %q", i+1, e.Seq, e.Content, contents[i])
		}
	}
}

// wantStored checks that the server's log is exactly contents.
func (w *world) wantStored(conv string, contents []string) {
	w.t.Helper()
	rows := w.srv.Rows(conv)
	if len(rows) != len(contents) {
		w.t.Fatalf("server stores %d rows, want %d", len(rows), len(contents))
	}
	for i, r := range rows {
		if r.Content != contents[i] {
			w.t.Errorf("row %d is %q, want %q", r.Seq, r.Content, contents[i])
		}
	}
}

func wantErr(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

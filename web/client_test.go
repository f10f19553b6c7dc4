package web_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"frontdesk/internal/identity"
	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// person is a Go client with what it was told.
type person struct {
	*client.Client
	t *testing.T

	mu      sync.Mutex // guards what follows
	changed chan struct{}
	heard   []proto.Message
}

// joins runs a Go client until the test ends, or stop is called.
func joins(t *testing.T, cfg client.Config) (p *person, stop func()) {
	t.Helper()
	p = &person{t: t, changed: make(chan struct{}, 1)}
	note := func(m proto.Message) {
		p.mu.Lock()
		p.heard = append(p.heard, m)
		p.mu.Unlock()
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
	cfg.BackoffMax, cfg.Delivered = 200*time.Millisecond, true
	cfg.Handler = client.Handler{
		Event: func(m *frame.Event) { note(m) }, Mark: func(m *frame.Watermark) { note(m) }, Queue: func(m *frame.Queue) { note(m) },
		Viewing: func(m *frame.Viewing) { note(m) }, Presence: func(m *frame.Presence) { note(m) }, Resumed: func(m *frame.Resumed) { note(m) },
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.Client = c
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the client ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return p, stop
}

// hears waits until something was told that fits.
func hears[M proto.Message](p *person, what string, fits func(M) bool) {
	p.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for {
		p.mu.Lock()
		for _, m := range p.heard {
			if m, ok := m.(M); ok && fits(m) {
				p.mu.Unlock()
				return
			}
		}
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-limit.C:
			p.t.Fatalf("%s: not told within 30 s", what)
		}
	}
}

// The Go client and this server, with every frame that both know, in both encodings.
func TestTheGoClientAndTheServerUnderstandEachOther(t *testing.T) {
	t.Parallel()
	for _, enc := range []client.Encoding{client.JSON, client.Proto} {
		t.Run(enc.Subprotocol(), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			v, alice := h.visitor(), h.user("alice", identity.RoleAgent)
			a := h.signIn(alice)
			outbox := filepath.Join(t.TempDir(), "outbox")
			asVisitor := client.Config{URL: h.url, Role: client.Visitor, Auth: client.Auth{Token: v.bearer}, Encoding: enc, OutboxFile: outbox}
			visitor, stop := joins(t, asVisitor)
			cookie := ""
			for _, c := range a.client.Jar.Cookies(mustRequest(t, h.url).URL) {
				cookie = c.String()
			}
			agent, _ := joins(t, client.Config{URL: h.url, Role: client.Agent, Auth: client.Auth{Cookie: cookie, CSRF: a.csrf}, Inbox: true, Encoding: enc})

			if _, err := visitor.Send(t.Context(), client.Message{Conv: v.conv, Content: "my number is 12345"}); err != nil {
				t.Fatal(err)
			}
			if err := agent.Follow(v.conv, 0); err != nil {
				t.Fatal(err)
			}
			hears(agent, "the visitor's message", func(e *frame.Event) bool { return e.Content == "my number is 12345" })
			hears(visitor, "delivered", func(m *frame.Watermark) bool { return m.GetAuthor().GetKind() == "agent" && m.Delivered == 1 })
			agent.Mark(v.conv, 1, 1)
			hears(visitor, "read", func(m *frame.Watermark) bool { return m.GetAuthor().GetKind() == "agent" && m.Read == 1 })
			agent.Viewing(v.conv, true)
			hears(agent, "viewing", func(w *frame.Viewing) bool { return len(w.Agents) == 1 && w.Agents[0].Id == alice.ID })
			if err := agent.SetPresence("away", "lunch"); err != nil {
				t.Fatal(err)
			}
			hears(agent, "presence", func(p *frame.Presence) bool { return p.Presence == "away" && p.Reason == "lunch" })
			sent, err := agent.Send(t.Context(), client.Message{Conv: v.conv, Content: "thank you too", BaseSeq: 1})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := agent.SendEdit(t.Context(), client.Edit{Conv: v.conv, Seq: sent.Seq, Content: "thank you"}); err != nil {
				t.Fatal(err)
			}
			hears(visitor, "the edit", func(e *frame.Event) bool {
				return e.Kind == "edited" && e.Content == "thank you" && e.GetData().GetFields()["target"].GetNumberValue() == float64(sent.Seq)
			})
			if _, err := visitor.SendEdit(t.Context(), client.Edit{Conv: v.conv, Seq: 1, Remove: true}); err != nil {
				t.Fatal(err)
			}
			// The visitor's process ends, and comes back with what its file holds.
			stop()
			again, err := client.New(asVisitor)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := again.Enqueue(client.Message{Conv: v.conv, Content: "never connected"}); err != nil {
				t.Fatal(err)
			}
			after, _ := joins(t, asVisitor)
			hears(agent, "what was only in the file", func(e *frame.Event) bool { return e.Content == "never connected" })
			hears(after, "the whole log", func(r *frame.Resumed) bool { return r.LastSeq >= 4 })
			after.mu.Lock()
			defer after.mu.Unlock()
			for _, m := range after.heard {
				if e, ok := m.(*frame.Event); ok && strings.Contains(e.String(), "12345") {
					t.Errorf("a removed message is shown: %v", e)
				}
			}
		})
	}
}

func mustRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

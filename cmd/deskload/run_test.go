package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk/web/client/clienttest"
	"frontdesk/web/frame"
)

// setup starts a server in memory with two agents and returns options for a
// short run against it.
func setup(t *testing.T) (*clienttest.Server, *options) {
	t.Helper()
	srv := clienttest.New()
	srv.AddAgent("a@example.org", "pw")
	srv.AddAgent("b@example.org", "pw")
	hs := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		hs.Close()
	})
	creds := filepath.Join(t.TempDir(), "agents.json")
	body := `{"agents":[{"email":"a@example.org","password":"pw"},{"email":"b@example.org","password":"pw"}]}`
	if err := os.WriteFile(creds, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return srv, &options{
		url: hs.URL, mode: modeChat, visitors: 5, agents: 2, credentials: creds, rate: 500, agentShare: .3,
		duration: 600 * time.Millisecond, maxMessages: 1000, settle: 10 * time.Second, encoding: "proto", window: 16,
		answerLimit: 5 * time.Second, pids: []int{os.Getpid()}, processes: 1, dropShare: 1, log: filepath.Join(t.TempDir(), "client.jsonl"),
	}
}

func execute(t *testing.T, o *options) *report {
	t.Helper()
	if err := o.validate(); err != nil {
		t.Fatal(err)
	}
	r, err := newRun(o)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := r.execute(t.Context(), t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestAChatWithAHealthyServerIsClean(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	rep := execute(t, o)
	if !rep.OK || rep.Sent != 300 || rep.Acked != 300 || rep.Received != 300 || rep.Stored != 300 {
		t.Errorf("verdict %+v, errors %v", rep.verdict, rep.Errors)
	}
	if rep.Latency.Ack.N != 300 || rep.Latency.OtherSide.N != 300 || rep.Latency.Late.N != 300 {
		t.Errorf("latencies %+v", rep.Latency)
	}
	if rep.RSS == nil || *rep.RSS.Max < 1000 || *rep.RSS.End <= 0 {
		t.Errorf("memory %+v", rep.RSS)
	}
	wantJournal(t, o.log, map[string]int{"sent": 300, "acked": 300})
}

func TestAChatThroughConnectionsThatBreakIsClean(t *testing.T) {
	t.Parallel()
	srv, o := setup(t)
	o.encoding = "json"
	n := 0
	srv.SetFaults(clienttest.Faults{Cut: func(p clienttest.Point, _ string) bool {
		if p != clienttest.BeforeAck && p != clienttest.AfterAck {
			return false
		}
		n++
		return n%37 == 0
	}})
	rep := execute(t, o)
	if !rep.OK || rep.Reconnects == 0 || rep.Acked != 300 || rep.Latency.Reconnect.N == 0 {
		t.Errorf("verdict %+v, reconnects %d, errors %v", rep.verdict, rep.Reconnects, rep.Errors)
	}
}

func TestARunThatIsInterruptedIsJudgedUpToThere(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.duration, o.log = time.Minute, ""
	r, err := newRun(o)
	if err != nil {
		t.Fatal(err)
	}
	loadCtx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	interrupted := false
	r.onLoad = func() {
		time.AfterFunc(200*time.Millisecond, func() { interrupted = true; interrupt() })
	}
	rep, err := r.execute(t.Context(), loadCtx)
	if err != nil {
		t.Fatal(err)
	}
	if !interrupted || !rep.OK || rep.Sent == 0 || rep.Sent > 1000 || rep.Acked != rep.Sent {
		t.Errorf("verdict %+v", rep.verdict)
	}
}

func TestAFaultyServerIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults func(count func() int) clienttest.Faults
		found  func(r *report) bool
	}{
		"loses a row and says that it is stored": {
			func(count func() int) clienttest.Faults {
				return clienttest.Faults{Store: func(m *frame.Send) []*frame.Send {
					if count() == 100 {
						return nil
					}
					return []*frame.Send{m}
				}}
			},
			func(r *report) bool { return r.Lost > 0 && r.Detail.LostStored > 0 },
		},
		"stores a message twice": {
			func(count func() int) clienttest.Faults {
				return clienttest.Faults{Store: func(m *frame.Send) []*frame.Send {
					if count() == 100 {
						return []*frame.Send{m, {Conv: m.Conv, Cid: "another", Content: m.Content}}
					}
					return []*frame.Send{m}
				}}
			},
			func(r *report) bool { return r.Duplicated > 0 && r.Detail.DupStored == 1 },
		},
		"refuses a message": {
			func(count func() int) clienttest.Faults {
				return clienttest.Faults{Refuse: func(*frame.Send) *frame.Error {
					if count() == 100 {
						return &frame.Error{Code: "internal"}
					}
					return nil
				}}
			},
			func(r *report) bool { return r.Refused == 1 && r.Errors["refused_internal"] == 1 && r.Lost == 0 },
		},
		"never shows the last rows": {
			func(count func() int) clienttest.Faults {
				return clienttest.Faults{Show: func(e *frame.Event) []*frame.Event {
					if count() > 290 {
						return nil
					}
					return []*frame.Event{e}
				}}
			},
			func(r *report) bool { return r.Lost > 0 && r.Detail.LostStored == 0 && r.Detail.LostVisitor > 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, o := setup(t)
			o.settle = 500 * time.Millisecond
			n := 0
			srv.SetFaults(c.faults(func() int { n++; return n }))
			if rep := execute(t, o); rep.OK || !c.found(rep) {
				t.Errorf("verdict %+v, errors %v", rep.verdict, rep.Errors)
			}
		})
	}
}

func TestIdleSocketsStayOpen(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.rate, o.visitors, o.duration = 0, 200, 100*time.Millisecond
	if rep := execute(t, o); !rep.OK || rep.Sent != 0 || rep.Reconnects != 0 {
		t.Errorf("report %+v", rep)
	}
}

func TestBotModeMeasuresEachAnswerAndReplacesVisitorsWhoGoToAHuman(t *testing.T) {
	t.Parallel()
	srv, o := setup(t)
	o.mode, o.agents, o.maxMessages, o.duration = modeBot, 0, 90, 10*time.Second
	o.visitors, o.beat = 3, 10*time.Millisecond
	n := 0
	srv.SetAnswer(func(string) *frame.Event {
		n++
		switch n % 3 {
		case 0:
			return &frame.Event{Kind: "message", Content: "a human will come", State: &frame.State{Status: "open", Owner: "queue"}}
		case 1:
			return &frame.Event{Kind: "message", Content: "did you mean", Buttons: []*frame.Button{{Id: "b", Label: "yes", Kind: "article"}}}
		}
		return &frame.Event{Kind: "message", Content: "like this", Source: &frame.Source{Article: "returns"}}
	})
	rep := execute(t, o)
	want := botOutcome{Answered: 30, Clarified: 30, HandedOver: 30}
	if !rep.OK || *rep.Bot != want || rep.Latency.Bot.N != 90 {
		t.Errorf("outcome %+v, verdict %+v, errors %v", *rep.Bot, rep.verdict, rep.Errors)
	}
}

func TestAQuestionWithoutAnAnswerTimesOut(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.mode, o.agents, o.visitors, o.maxMessages = modeBot, 0, 1, 2
	o.duration, o.answerLimit = 5*time.Second, 50*time.Millisecond
	if rep := execute(t, o); rep.Bot.TimedOut != 2 || rep.Latency.Bot.N != 0 {
		t.Errorf("outcome %+v", *rep.Bot)
	}
}

func TestAKilledServerThatKeepsItsLogIsCleanAndOneThatForgetsIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]bool{"keeps": true, "forgets": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := l.Addr().String()
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			file := "-"
			if keeps {
				file = filepath.Join(t.TempDir(), "log.jsonl")
			}
			_, o := setup(t)
			o.url, o.pids, o.rate, o.agents = "http://"+address, nil, 200, 1
			if !keeps {
				// The forgetful server knows no session after the first kill.
				o.settle = 200 * time.Millisecond
			}
			k := &killOptions{
				options: *o, server: strings.Join([]string{os.Args[0], "serve-for-test", address, file}, " "),
				kills: 3, every: 300 * time.Millisecond, readyTimeout: 20 * time.Second, stopTimeout: 10 * time.Second,
			}
			if err := k.validate(); err != nil {
				t.Fatal(err)
			}
			rep, err := k.run(t.Context())
			if !keeps {
				if err == nil && rep.OK {
					t.Errorf("a server that forgets everything passes: %+v", rep.verdict)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !rep.OK || rep.Kill.Kills != 3 || rep.Reconnects < 3 || rep.Sent < 150 || rep.Acked != rep.Sent || rep.Kill.MaxReadyMillis <= 0 {
				t.Errorf("verdict %+v, kill %+v, reconnects %d, errors %v", rep.verdict, rep.Kill, rep.Reconnects, rep.Errors)
			}
			if rep.RSS == nil || *rep.RSS.Max <= 0 {
				t.Errorf("memory %+v", rep.RSS)
			}
		})
	}
}

// wantJournal checks how often events stand in the client's log.
func wantJournal(t *testing.T, path string, want map[string]int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for line := range strings.Lines(string(b)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		got[e.Event]++
	}
	for event, n := range want {
		if got[event] != n {
			t.Errorf("%d lines of %q, want %d", got[event], event, n)
		}
	}
}

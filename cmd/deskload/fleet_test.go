package main

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"frontdesk/web/client/clienttest"
	"frontdesk/web/frame"
)

func TestSeveralProcessesShareTheLoadAndAddUpWhatTheyFound(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.processes, o.log = 2, ""
	if err := o.validate(); err != nil {
		t.Fatal(err)
	}
	rep, err := runAll(t.Context(), t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !rep.OK || rep.Processes != 2 || rep.Sent < 299 || rep.Sent > 301 || rep.Acked != rep.Sent || rep.Stored != rep.Sent || rep.Received != rep.Sent {
		t.Errorf("verdict %+v, errors %v", rep.verdict, rep.Errors)
	}
	if got := int(rep.Latency.Ack.N); got != rep.Acked || *rep.Latency.Ack.P50 <= 0 {
		t.Errorf("%d latencies of %d messages", got, rep.Acked)
	}
}

func TestAFaultThatOneProcessFindsIsInTheSum(t *testing.T) {
	t.Parallel()
	srv, o := setup(t)
	o.processes, o.log, o.settle = 2, "", time.Second
	n := 0
	srv.SetFaults(clienttest.Faults{Store: func(m *frame.Send) []*frame.Send {
		if n++; n == 100 {
			return nil
		}
		return []*frame.Send{m}
	}})
	rep, err := runAll(t.Context(), t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if rep.OK || rep.Lost == 0 {
		t.Errorf("verdict %+v", rep.verdict)
	}
}

func TestAPartThatCannotBeginEndsTheFleet(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.processes, o.log, o.url = 2, "", "http://127.0.0.1:1"
	if rep, err := runAll(t.Context(), t.Context(), o); err == nil {
		t.Errorf("a fleet without a server: %+v", rep)
	}
}

func TestPartsCoverEverybodyOnce(t *testing.T) {
	t.Parallel()
	o := &options{url: "http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:3", visitors: 1001, agents: 7, processes: 3, rate: 100, maxMessages: 1000}
	visitors, agents, rate, doors := 0, 0, 0.0, map[int]bool{}
	for n := range o.processes {
		p := o.part(n)
		if p.FirstAgent != agents {
			t.Errorf("part %d begins at agent %d, not %d", n, p.FirstAgent, agents)
		}
		visitors, agents, rate = visitors+p.Visitors, agents+p.Agents, rate+p.Rate
		for d := range (p.Visitors/(3*doorVisitors) + 1) * 3 { // see visitorDoor
			if doors[p.FirstDoor+d] {
				t.Errorf("two parts leave by address %d", p.FirstDoor+d)
			}
			doors[p.FirstDoor+d] = true
		}
	}
	if visitors != 1001 || agents != 7 || rate < 99.9 || rate > 100.1 {
		t.Errorf("%d visitors, %d agents, rate %g", visitors, agents, rate)
	}
}

func TestAStormOfCutSocketsLosesNothing(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.dropEvery, o.dropShare = 150*time.Millisecond, 1
	rep := execute(t, o)
	if !rep.OK || rep.Cut < 7 || rep.Reconnects < 7 || rep.Acked != 300 {
		t.Errorf("verdict %+v, cut %d, reconnects %d, errors %v", rep.verdict, rep.Cut, rep.Reconnects, rep.Errors)
	}
}

func TestSeveralNodesAreTriedInTurn(t *testing.T) {
	t.Parallel()
	_, o := setup(t)
	o.url = "http://127.0.0.1:1," + o.url // nobody serves at the first
	if rep := execute(t, o); !rep.OK || rep.Acked != 300 {
		t.Errorf("verdict %+v, errors %v", rep.verdict, rep.Errors)
	}
}

func TestAClientOfAProxyBeforeADeadNodeComesBackByTheNext(t *testing.T) {
	t.Parallel()
	listen := func() net.Listener {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	dead, alive := listen(), listen()
	serve := func(l net.Listener, words string) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(words))
			_ = c.Close()
		}
	}
	go serve(dead, "") // as a proxy that finds nobody behind it
	go serve(alive, "hello")
	d, err := newDoor("http://"+dead.Addr().String()+",http://"+alive.Addr().String(), netip.Addr{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	for range 3 {
		c, err := d.dialSocket(t.Context(), "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(c) // an end is all that matters
		heard = append(heard, string(b))
		_ = c.Close()
	}
	if !slices.Equal(heard, []string{"", "hello", "hello"}) {
		t.Errorf("heard %q", heard)
	}
}

func TestTheMixtureIsJudgedTooAndItsQuestionsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	srv, o := setup(t)
	o.mode, o.visitors, o.botShare = modeMixed, 10, .5
	marked := make(chan string, 1000)
	srv.SetAnswer(func(question string) *frame.Event {
		if len(question) > 0 && question[len(question)-1] == ']' {
			marked <- question
		}
		return &frame.Event{Kind: "message", Content: "like this", Source: &frame.Source{Article: "returns"}}
	})
	rep := execute(t, o)
	if !rep.OK || rep.Sent != 225 || rep.Acked != 225 || len(rep.Errors) != 0 || rep.Latency.All.N != 225+60 {
		t.Errorf("verdict %+v, acts %d, errors %v", rep.verdict, rep.Latency.All.N, rep.Errors)
	}
	if len(marked) > 0 {
		t.Errorf("the bot was asked %q", <-marked)
	}
}

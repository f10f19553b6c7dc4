package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// run is one load test: who takes part, what was measured, what the oracle knows.
type run struct {
	opts      *options
	fronts    []*door // one for each node, by which agents enter, and visitors who do not come from many addresses
	door      *door   // the first of them
	spread    bool    // visitors come from many addresses
	enc       client.Encoding
	oracle    *oracle
	journal   *journal
	errs      *tally
	memory    *sampler
	questions map[string][]question // by locale; bot mode
	arrivals  sync.Map              // *person → chan arrival; bot mode

	ack, other, bot, reconnect, late *histogram
	acts                             *histogram // mixed mode: every act, from due to its answer
	outcome                          botOutcome
	begin, end                       time.Time // first message due, last message due
	cuts                             atomic.Int64
	transactions                     *int64 // committed under load; nil = not counted

	gate   func(context.Context) error // waited for once everybody is connected; may be nil
	onLoad func()                      // called once everybody is connected, before the first message; may be nil

	people sync.WaitGroup // one for each connected client

	mu       sync.Mutex // guards everything below
	visitors []*person
	agents   []*person
	all      []*person          // everybody who has connected, those who have left included
	claimed  map[string]*person // conversation → agent
	doors    []*door            // of visitors, by source address
	entered  int                // visitors who have been given a door
}

// newRun prepares a run; it connects to nothing.
func newRun(o *options) (*run, error) {
	var fronts []*door
	for i := range strings.Count(o.url, ",") + 1 {
		d, err := newDoor(o.url, netip.Addr{}, i)
		if err != nil {
			return nil, err
		}
		fronts = append(fronts, d)
	}
	enc, err := client.ParseEncoding(o.encoding)
	if err != nil {
		return nil, err
	}
	j, err := openJournal(o.log)
	if err != nil {
		return nil, err
	}
	r := &run{
		opts: o, door: fronts[0], fronts: fronts, spread: canSpread(o.url), enc: enc, journal: j,
		oracle: newOracle(strconv.FormatInt(time.Now().UnixNano(), 36)),
		errs:   newTally(), memory: &sampler{pids: o.pids}, questions: map[string][]question{},
		ack: newHistogram(), other: newHistogram(), bot: newHistogram(), reconnect: newHistogram(), late: newHistogram(), acts: newHistogram(),
		claimed: map[string]*person{},
	}
	if o.mode != modeChat {
		qs, err := readQuestions(o.questions)
		if err != nil {
			return nil, errors.Join(err, j.close())
		}
		for _, q := range qs {
			r.questions[q.locale] = append(r.questions[q.locale], q)
		}
	}
	return r, nil
}

// execute does the whole run: gather, load, settle, compare, part. The load
// ends early, without being an error, when loadCtx does.
func (r *run) execute(ctx, loadCtx context.Context) (_ *report, err error) {
	defer r.closeDoors()
	defer func() { err = errors.Join(err, r.journal.close()) }()
	defer r.part()
	for _, pid := range r.opts.pids {
		if _, err := rss(pid); err != nil {
			return nil, fmt.Errorf("--pid: %w", err)
		}
	}
	watchCtx, stopWatch := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { r.memory.run(watchCtx) })
	defer watch.Wait()
	defer stopWatch()

	if err := r.gather(loadCtx); err != nil {
		return nil, err
	}
	if r.gate != nil {
		if err := r.gate(loadCtx); err != nil {
			return nil, err
		}
	}
	if r.onLoad != nil {
		r.onLoad()
	}
	if err := r.load(ctx, loadCtx); err != nil {
		return nil, err
	}
	if r.onLoad != nil {
		// The load may be over before the kills are, by --max-messages.
		<-loadCtx.Done()
	}
	r.settle(ctx)
	r.memory.sample()
	// Nobody may be told anything that the history, read later, does not know.
	r.part()
	rep := r.report()
	stored, err := r.history(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the server's history: %w", err)
	}
	rep.verdict = r.oracle.judge(stored)
	rep.sumUp()
	rep.OK = rep.OK && ctx.Err() == nil
	return rep, nil
}

// load is what is measured.
func (r *run) load(ctx, loadCtx context.Context) error {
	count, err := countTransactions(ctx, r.opts.database)
	if err != nil {
		return err
	}
	r.memory.load(false)
	var storm sync.WaitGroup
	stormCtx, calm := context.WithCancel(loadCtx)
	storm.Go(func() { r.storm(stormCtx) })
	switch {
	case r.opts.mode == modeBot:
		err = r.ask(ctx, loadCtx)
	case r.opts.mode == modeMixed:
		r.mix(loadCtx)
	case r.opts.rate == 0:
		r.idle(loadCtx)
	default:
		r.talk(loadCtx)
	}
	calm()
	storm.Wait()
	r.memory.load(true)
	if err != nil {
		return err
	}
	r.transactions, err = count(ctx)
	return err
}

// storm cuts sockets as often as asked.
func (r *run) storm(ctx context.Context) {
	if r.opts.dropEvery == 0 {
		return
	}
	tick := time.NewTicker(r.opts.dropEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.mu.Lock()
		doors := slices.Concat(r.fronts, r.doors)
		r.mu.Unlock()
		for _, d := range doors {
			r.cuts.Add(int64(d.cut(r.opts.dropShare)))
		}
	}
}

// handler connects a client's callbacks with the oracle, the log and the clocks.
func (r *run) handler(p *person) client.Handler {
	var greet sync.Once
	return client.Handler{
		Connected: func(*frame.ServerHello) {
			greet.Do(func() { close(p.greeted) })
			p.mu.Lock()
			if !p.downSince.IsZero() {
				r.reconnect.add(time.Since(p.downSince))
				p.downSince = time.Time{}
			}
			p.mu.Unlock()
			r.journal.write(entry{Event: "connected", By: p.name})
		},
		Disconnected: func(err error) {
			p.mu.Lock()
			p.downSince = time.Now()
			p.mu.Unlock()
			r.journal.write(entry{Event: "disconnected", By: p.name, Note: err.Error()})
		},
		Event: func(ev *frame.Event) { r.saw(p, ev, time.Now()) },
		Acked: func(a *frame.Ack) {
			now := time.Now()
			conv := a.Conv
			if a.MovedTo != "" {
				conv = a.MovedTo
			}
			if due, first := r.oracle.acked(conv, a.Cid, a.Seq); first {
				r.ack.add(now.Sub(due))
				r.acts.add(now.Sub(due))
			}
			r.journal.write(entry{Event: "acked", By: p.name, Conv: conv, CID: a.Cid, Seq: a.Seq})
		},
		Refused: func(e *frame.Error) {
			r.oracle.refused(e.Cid)
			r.errs.add("refused_" + e.Code)
			r.journal.write(entry{Event: "refused", By: p.name, Conv: e.Conv, CID: e.Cid, Note: e.Code})
		},
		Problem: func(e *frame.Error) { r.errs.add("server_" + e.Code) },
		Reset: func(string) {
			r.errs.add("log_epoch_changed")
			r.oracle.restart()
		},
	}
}

// saw tells the oracle about a row that somebody was shown.
func (r *run) saw(p *person, ev *frame.Event, now time.Time) {
	r.journal.write(entry{Event: "received", By: p.name, Conv: ev.Conv, CID: ev.Cid, Seq: ev.Seq})
	if p.name[0] == 'v' {
		due, sender, first := r.oracle.saw(visitorSide, ev.Conv, ev.Seq, ev.Cid, ev.Content)
		if first && sender[0] == 'a' {
			r.other.add(now.Sub(due))
		}
		if p.onEvent != nil {
			p.onEvent(ev)
		}
		return
	}
	r.mu.Lock()
	mine := r.claimed[ev.Conv] == p
	r.mu.Unlock()
	if mine {
		due, sender, first := r.oracle.saw(agentSide, ev.Conv, ev.Seq, ev.Cid, ev.Content)
		if first && sender[0] == 'v' {
			r.other.add(now.Sub(due))
		}
	}
	if p.inbox {
		r.oracle.saw(watcher, ev.Conv, ev.Seq, ev.Cid, ev.Content)
	}
}

// settle waits until everything has arrived everywhere, at most opts.settle.
func (r *run) settle(ctx context.Context) {
	limit := time.NewTimer(r.opts.settle)
	defer limit.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for !r.oracle.settled() {
		select {
		case <-look.C:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// pageRows is how many rows a page of history holds.
const pageRows = 200

// history reads every conversation's rows through the API, by the visitor's
// eyes where no agent is.
func (r *run) history(ctx context.Context) (map[string][]storedRow, error) {
	var mu sync.Mutex // guards out
	out := map[string][]storedRow{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, p := range r.everybody() {
		if p.conv == "" {
			continue
		}
		g.Go(func() error {
			rows, err := r.readLog(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			for conv, more := range rows {
				out[conv] = append(out[conv], more...)
			}
			return err
		})
	}
	return out, g.Wait()
}

func (r *run) readLog(ctx context.Context, p *person) (map[string][]storedRow, error) {
	r.mu.Lock()
	agent := r.claimed[p.conv]
	r.mu.Unlock()
	out := map[string][]storedRow{}
	for after := uint32(0); ; {
		var page client.Page
		err := r.again(ctx, func() (err error) {
			if agent != nil {
				page, err = r.door.api.AgentMessages(ctx, agent.session, p.conv, after, pageRows)
			} else {
				page, err = p.door.api.VisitorMessages(ctx, p.token, after, pageRows)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, ev := range page.Events {
			out[ev.Conv] = append(out[ev.Conv], storedRow{ev.Seq, ev.Cid, ev.Content})
		}
		n := len(page.Events)
		if n == 0 || page.Events[n-1].Seq >= page.LastSeq {
			return out, nil
		}
		if next := page.Events[n-1].Seq; next > after {
			after = next
			continue
		}
		return nil, errors.New("a page of history does not go on")
	}
}

// report collects everything but the oracle's verdict.
func (r *run) report() *report {
	rep := &report{
		Mode: r.opts.mode, URL: r.opts.url, Visitors: r.opts.visitors, Agents: r.opts.agents, Rate: r.opts.rate,
		Seconds: r.end.Sub(r.begin).Seconds(), Errors: r.errs.counts(), RSS: r.memory.report(),
		Latency: latencies{r.ack.summary(), r.other.summary(), r.bot.summary(), r.reconnect.summary(), r.late.summary(), r.acts.summary()},
		Cut:     int(r.cuts.Load()), Transactions: r.transactions, Processes: 1,
	}
	if r.opts.mode == modeBot {
		rep.Rate = 0
		rep.Bot = &r.outcome
	}
	for _, p := range r.everybody() {
		st := p.Stats()
		rep.Reconnects += max(st.Connects-1, 0)
		rep.Resent += st.Resends
		rep.Deferred += st.Deferred
		rep.Holes += st.Holes
		rep.WireRepeats += st.Doubled
		if st.DialErrors > 0 {
			rep.Errors["dial"] += st.DialErrors
		}
		if st.Untracked > 0 {
			rep.Errors["untracked_rows"] += st.Untracked
		}
	}
	return rep
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// person is a visitor or an agent with a socket.
type person struct {
	*client.Client
	name    string // "v12", "a3"
	door    *door
	conv    string // visitors: their conversation
	token   string // visitors
	session client.AgentSession
	locale  string
	inbox   bool // the agent whose inbox is watched
	asks    bool // visitors: the bot, not a person
	onEvent func(*frame.Event)
	greeted chan struct{} // closed at the first hello
	stop    context.CancelFunc

	mu        sync.Mutex // guards downSince
	downSince time.Time
}

// setupParallel bounds how many visitors or agents are set up at once.
const setupParallel = 32

// outboxMax is how many unanswered messages one person may pile up, as while
// the server is down; more are not sent and counted as outbox_full.
const outboxMax = 16_384

// gather signs everybody in and connects them.
func (r *run) gather(ctx context.Context) error {
	creds, err := readCredentials(r.opts.credentials, r.opts.firstAgent, r.opts.agents)
	if err != nil {
		return err
	}
	r.agents = make([]*person, len(creds))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4) // argon2id is made to be slow
	for i, c := range creds {
		g.Go(func() error {
			p, err := r.addAgent(gctx, ctx, i, c)
			r.agents[i] = p
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	visitors := make([]*person, r.opts.visitors)
	g, gctx = errgroup.WithContext(ctx)
	g.SetLimit(setupParallel)
	for i := range visitors {
		g.Go(func() error {
			p, err := r.addVisitor(gctx, ctx, i)
			visitors[i] = p
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r.visitors = visitors
	return nil
}

// addAgent signs an agent in and connects; life bounds the connection.
func (r *run) addAgent(ctx, life context.Context, i int, c credential) (*person, error) {
	p := &person{name: "a" + strconv.Itoa(i), inbox: i == 0, door: r.fronts[i%len(r.fronts)]}
	err := r.again(ctx, func() (err error) {
		p.session, err = r.door.api.AgentLogin(ctx, c.Email, c.Password)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", c.Email, err)
	}
	if err := r.connect(ctx, life, p, client.Config{Role: client.Agent, Auth: p.session.Auth, Inbox: p.inbox}); err != nil {
		return nil, fmt.Errorf("agent %s: %w", c.Email, err)
	}
	err = r.again(ctx, func() error { return r.door.api.SetPresence(ctx, p.session, "online") })
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", c.Email, err)
	}
	return p, nil
}

// addVisitor opens a session, connects and, where people talk, brings an agent in.
func (r *run) addVisitor(ctx, life context.Context, i int) (*person, error) {
	by, err := r.visitorDoor()
	if err != nil {
		return nil, err
	}
	p := &person{name: "v" + strconv.Itoa(i), locale: [...]string{"zh-CN", "en"}[i%2], door: by}
	if _, both := r.questions[p.locale]; !both && r.opts.mode != modeChat {
		for only := range r.questions {
			p.locale = only
		}
	}
	err = r.again(ctx, func() error {
		s, err := by.api.VisitorSession(ctx, client.SessionRequest{Site: r.opts.site, Locale: p.locale, Token: p.token})
		p.token, p.conv = s.Token, s.Conversation
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("visitor %s: %w", p.name, err)
	}
	r.oracle.expect(p.conv, visitorSide)
	p.asks = r.opts.mode == modeBot || r.opts.mode == modeMixed && shared(i, r.opts.botShare)
	if !p.asks && !r.opts.silent() { // who only sits there waits for nobody
		if err := r.again(ctx, func() error { return by.api.RequestHuman(ctx, p.token) }); err != nil {
			return nil, fmt.Errorf("visitor %s: %w", p.name, err)
		}
	}
	if len(r.agents) > 0 && !p.asks {
		if err := r.claim(ctx, p, r.agents[i%len(r.agents)]); err != nil {
			return nil, fmt.Errorf("visitor %s: %w", p.name, err)
		}
	}
	if r.opts.mode == modeBot {
		// Bounded: the asker takes them out; one that cannot follow is counted.
		events := make(chan arrival, 256)
		p.onEvent = func(ev *frame.Event) {
			select {
			case events <- arrival{ev, time.Now()}:
			default:
				r.errs.add("asker_too_slow")
			}
		}
		r.arrivals.Store(p, events)
	}
	if err := r.connect(ctx, life, p, client.Config{Role: client.Visitor, Auth: client.Auth{Token: p.token}}); err != nil {
		return nil, fmt.Errorf("visitor %s: %w", p.name, err)
	}
	return p, nil
}

// claim gives a visitor's conversation to an agent, who follows it; the
// watching agent learns of it too.
func (r *run) claim(ctx context.Context, v, agent *person) error {
	err := r.again(ctx, func() error { return r.door.api.Claim(ctx, agent.session, v.conv) })
	if p, ok := errors.AsType[*client.ProblemError](err); ok && p.Status == http.StatusConflict { // the router was faster
		err = r.again(ctx, func() error { return r.door.api.Transfer(ctx, agent.session, v.conv, agent.session.ID, "deskload") })
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.claimed[v.conv] = agent
	r.mu.Unlock()
	if err := agent.Follow(v.conv, 0); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	r.oracle.expect(v.conv, agentSide)
	w := r.agents[0]
	if err := w.Expect(v.conv, 0); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	r.oracle.expect(v.conv, watcher)
	return nil
}

// connect makes the person's client, starts it and waits for the first hello.
func (r *run) connect(ctx, life context.Context, p *person, cfg client.Config) error {
	p.greeted = make(chan struct{})
	cfg.URL, _, _ = strings.Cut(r.opts.url, ",") // the door's dialer knows the others
	cfg.Encoding = r.enc
	cfg.HTTPClient = p.door.sockets
	cfg.OutboxMax = outboxMax
	cfg.MaxConversations = max(10_000, r.opts.visitors+1)
	cfg.Window = r.opts.window
	cfg.BackoffMax = time.Second // a load generator is impatient
	cfg.Handler = r.handler(p)
	c, err := client.New(cfg)
	if err != nil {
		return err
	}
	p.Client = c
	if p.conv != "" {
		if err := c.Follow(p.conv, 0); err != nil {
			return fmt.Errorf("follow: %w", err)
		}
	}
	runCtx, stop := context.WithCancel(context.WithoutCancel(life))
	p.stop = stop
	r.mu.Lock()
	r.all = append(r.all, p)
	r.mu.Unlock()
	ended := make(chan error, 1)
	r.people.Go(func() {
		err := c.Run(runCtx)
		ended <- err
		if err != nil {
			r.errs.add("client_ended")
			r.journal.write(entry{Event: "ended", By: p.name, Note: err.Error()})
		}
	})
	wait := time.NewTimer(time.Minute)
	defer wait.Stop()
	select {
	case <-p.greeted:
		return nil
	case err := <-ended:
		return fmt.Errorf("connect: %w", err)
	case <-ctx.Done():
		stop()
		return ctx.Err()
	case <-wait.C:
		stop()
		return errors.New("connect: no hello within a minute")
	}
}

// part ends everybody's connection and waits for it.
func (r *run) part() {
	for _, p := range r.everybody() {
		p.stop()
	}
	r.people.Wait()
}

// closeDoors ends idle connections.
func (r *run) closeDoors() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range slices.Concat(r.fronts, r.doors) {
		d.close()
	}
}

// everybody returns all who have connected, those who have left included.
func (r *run) everybody() []*person {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// attempts bounds again.
const attempts = 8

// again repeats a request that the server, for the moment, cannot answer.
func (r *run) again(ctx context.Context, f func() error) error {
	pause := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := f()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if p, ok := errors.AsType[*client.ProblemError](err); ok {
			if p.Status != 429 && p.Status < 500 {
				return err
			}
			pause = max(pause, p.RetryAfter)
		}
		if try == attempts {
			return err
		}
		r.errs.add("request_repeated")
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, 5*time.Second)
	}
}

package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// hall is the database of several nodes in memory, as far as routing uses it:
// heads, loads, the queue, offers, with the guards of the real one.
type hall struct {
	*memory

	mu      sync.Mutex // guards what follows
	heads   map[string]*Conversation
	items   map[string]*Queued
	agents  map[string]*routing.Agent // Active is what they have in hand
	weights map[string]int
	offers  map[string]*hallOffer // by conversation
	configs map[int32]routing.Config
	fail    error // what every read returns
	nodes   int   // that are said to live; 0 = those that run
	taken   []string
}

type hallOffer struct {
	Offer
	record routing.Record
}

func newHall() *hall {
	return &hall{
		memory: newMemory(), heads: make(map[string]*Conversation), items: make(map[string]*Queued), agents: make(map[string]*routing.Agent),
		weights: make(map[string]int), offers: make(map[string]*hallOffer), configs: make(map[int32]routing.Config),
	}
}

// Change commits one change by its definition.
func (h *hall) Change(ctx context.Context, e Scoped, now time.Time) (Outcome, error) {
	all, err := h.Changes(ctx, []Scoped{e}, now)
	if err != nil {
		return Outcome{}, err
	}
	return all[0].Outcome, all[0].Err
}

// Changes commits one after another.
func (h *hall) Changes(_ context.Context, entries []Scoped, now time.Time) ([]Changed, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Changed, len(entries))
	for i := range entries {
		out[i] = h.change(&entries[i].Entry, now)
	}
	return out, nil
}

func (h *hall) change(e *Entry, now time.Time) (c Changed) {
	head := h.heads[e.Conversation]
	if head == nil {
		c.Verdict = Missing
		return c
	}
	if e.Expect.OwnerEpoch != nil && *e.Expect.OwnerEpoch != head.OwnerEpoch {
		c.Verdict, c.Head = Stale, *head
		return c
	}
	next, err := e.Change.Apply(*head, now)
	if err == nil && e.Change.Guard != nil {
		err = h.guard(e.Conversation, e.Change.Assignee.ID, *e.Change.Guard, now)
	}
	if err != nil {
		c.Head, c.Err = *head, err
		return c
	}
	if before, after := hallHolder(*head), hallHolder(next); before != after {
		if a := h.agents[before]; a != nil {
			a.Active -= h.weights[e.Conversation]
		}
		if a := h.agents[after]; a != nil {
			h.weights[e.Conversation] = max(1, e.Change.Guard.NewWeight())
			a.Active += h.weights[e.Conversation]
			h.taken = append(h.taken, after)
		}
	}
	if next.Owner == OwnerQueue && next.Status != StatusResolved {
		q := h.items[e.Conversation]
		q.EnqueuedAt, q.Place, q.Listed, q.Team, q.Epoch = now, now, now, next.Team, next.OwnerEpoch
		if before := hallHolder(*head); before != "" && !e.Change.Head {
			q.exclude(before, now, false)
		}
	}
	delete(h.offers, e.Conversation)
	next.LastSeq++
	*head = next
	state := next.State()
	data := e.Data
	data.State = &state
	c.Verdict, c.Head = Stored, next
	c.Row = Row{
		Conversation: e.Conversation, Seq: next.LastSeq, CID: e.CID, Site: next.Site, Department: next.Department, Contact: next.Contact.ID,
		Author: e.Author, Kind: e.Kind, Content: e.Content, Data: data, Time: now,
	}
	if q := h.items[e.Conversation]; q != nil {
		q.LastSeq = next.LastSeq
	}
	return c
}

func hallHolder(c Conversation) string {
	if c.Owner != OwnerHuman || c.Status == StatusResolved {
		return ""
	}
	return c.Assignee.ID
}

func (h *hall) guard(conv, agent string, g Guard, now time.Time) error {
	a := h.agents[agent]
	offered := 0
	for _, o := range h.offers {
		if o.Agent == agent && o.Conversation != conv && o.Expires.After(now) {
			offered++
		}
	}
	o := h.offers[conv]
	stands := o != nil && o.Expires.After(now)
	switch {
	case a == nil:
		return identity.ErrNotFound
	case g.Offer == "" && stands, g.Offer != "" && (!stands || o.ID != g.Offer || o.Agent != agent):
		return &GuardError{Code: RejectOffer}
	case a.Presence != Online:
		return &GuardError{Code: routing.RejectPresence}
	case a.Active+offered+g.Weight > a.Cap:
		return &GuardError{Code: routing.RejectFull}
	}
	return nil
}

func (h *hall) RoutingDigest(context.Context) (RoutingDigest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := RoutingDigest{Waiting: make(map[string]uint32), Now: time.Now()}
	for id, c := range h.heads {
		if c.Owner == OwnerQueue && c.Status != StatusResolved {
			d.Waiting[id] = c.LastSeq
		}
		if agent := hallHolder(*c); agent != "" {
			d.Held = append(d.Held, HeldConversation{Conversation: id, Agent: agent, Channel: routing.ChannelChat, Weight: h.weights[id], LastSeq: c.LastSeq})
		}
	}
	for _, o := range h.offers {
		standing := o.Offer
		standing.Left = time.Until(o.Expires)
		d.Offers = append(d.Offers, standing)
	}
	for i := range h.nodes {
		d.Nodes = append(d.Nodes, fmt.Sprintf("node%d", i))
	}
	return d, h.fail
}

func (h *hall) QueuedItems(_ context.Context, convs []string) (out []Queued, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range convs {
		if c := h.heads[id]; c != nil && c.Owner == OwnerQueue && c.Status != StatusResolved {
			out = append(out, *h.items[id])
		}
	}
	return out, h.fail
}

func (h *hall) RoutingAgents(_ context.Context, users []string) (out []routing.Agent, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, a := range h.agents {
		if users == nil || slices.Contains(users, id) {
			b := *a
			b.Active = 0 // the dispatcher counts it
			out = append(out, b)
		}
	}
	return out, h.fail
}

func (h *hall) RoutingConfigs(context.Context) (map[int32]routing.Config, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.configs), h.fail
}

func (h *hall) PlaceQueued(_ context.Context, conv string, _ uint32, place time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.items[conv].Listed = place
	return nil
}

func (h *hall) MakeOffer(_ context.Context, o Offer, epoch uint32, guard Guard, record routing.Record, d time.Duration) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if c := h.heads[o.Conversation]; c == nil || c.Owner != OwnerQueue || c.OwnerEpoch != epoch || !h.items[o.Conversation].ExcludedAt.Equal(o.ExcludedAt) || h.offers[o.Conversation] != nil {
		return now, ErrStale
	}
	if err := h.guard(o.Conversation, o.Agent, guard, now); err != nil {
		return now, err
	}
	o.Expires = now.Add(d)
	h.offers[o.Conversation] = &hallOffer{o, record}
	return o.Expires, nil
}

func (h *hall) EndOffer(_ context.Context, id string, how OfferEnding) (bool, time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for conv, o := range h.offers {
		if o.ID != id {
			continue
		}
		if left := time.Until(o.Expires); how == EndOverdue && left > 0 {
			return false, left, nil
		}
		delete(h.offers, conv)
		if how != EndFreed {
			h.items[conv].exclude(o.Agent, time.Now(), how == EndOverdue)
		}
		return true, 0, nil
	}
	return false, 0, nil
}

// exclude notes that the agent gave it back.
func (q *Queued) exclude(agent string, at time.Time, missed bool) {
	others := slices.DeleteFunc(slices.Clone(q.Excluded), func(x routing.Exclusion) bool { return x.Agent == agent })
	q.Excluded, q.ExcludedAt = append(others, routing.Exclusion{Agent: agent, At: at, Missed: missed}), at
}

func (h *hall) Offer(_ context.Context, id string) (Offer, routing.Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.offers {
		if o.ID == id {
			return o.Offer, o.record, nil
		}
	}
	return Offer{}, routing.Record{}, identity.ErrNotFound
}

// hallRelay carries rows and signals to the other nodes of a hall, each after a while.
type hallRelay struct {
	hubs  []*Hub
	node  int
	delay time.Duration
	wait  *sync.WaitGroup
	cut   *bool // set before the nodes run
}

func (r hallRelay) each(deliver func(*Hub)) {
	for i, h := range r.hubs {
		if i != r.node && !*r.cut {
			r.wait.Go(func() {
				elapse(r.delay)
				deliver(h)
			})
		}
	}
}

func (r hallRelay) Publish(rows ...*Row) { r.each(func(h *Hub) { h.PublishRemote(rows...) }) }
func (r hallRelay) Signal(s *Signal)     { r.each(func(h *Hub) { h.PublishRemoteSignal(s) }) }

// hallNode is one node of a hall.
type hallNode struct {
	*Dispatcher
	chat *Service
}

// open starts n nodes on h inside a bubble; they end with the test's context.
func (h *hall) open(t *testing.T, n int, cut bool, adjust func(*DispatcherConfig)) []*hallNode {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wait sync.WaitGroup
	hubs := make([]*Hub, n)
	for i := range hubs {
		hubs[i] = NewHub()
	}
	nodes := make([]*hallNode, n)
	if h.nodes == 0 {
		h.nodes = n
	}
	for i := range nodes {
		room := NewWaitingRoom()
		service, err := NewService(ctx, Config{
			Store: h, Hub: hubs[i], Relay: hallRelay{hubs, i, 2 * time.Millisecond, &wait, &cut}, Room: room, Logger: quiet(), Writers: 1, Reconcile: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg := DispatcherConfig{Store: h, Offers: h, Chat: service, Node: fmt.Sprintf("node%d", i), Room: room, Logger: quiet(), Reconcile: time.Hour}
		adjust(&cfg)
		d, err := NewDispatcher(cfg)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &hallNode{d, service}
		wait.Go(func() {
			if err := service.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	synctest.Wait()
	t.Cleanup(func() {
		stop()
		wait.Wait()
	})
	return nodes
}

// agent adds one who is online and may hold most.
func (h *hall) agent(name string, most int, adjust func(*routing.Agent)) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &routing.Agent{
		ID: name, Name: name, Node: "node0", Presence: Online, Sites: []int32{1}, AllDepartments: true, Cap: most, IdleSince: time.Now(),
		Skills: map[int32][]routing.Skill{}, Channels: map[string]routing.Capacity{},
	}
	adjust(a)
	h.agents[name] = a
	return name
}

func plainAgent(*routing.Agent) {}

// put has a new conversation wait, on this node.
func (n *hallNode) put(t *testing.T, h *hall, adjust func(*Queued)) string {
	t.Helper()
	id := NewID(time.Now())
	q := &Queued{Item: routing.Item{Conversation: id, Site: 1, Department: 1, Channel: routing.ChannelChat, Language: "en"}, Contact: NewID(time.Now())}
	adjust(q)
	h.mu.Lock()
	h.heads[id] = &Conversation{ID: id, Site: 1, Department: 1, Status: StatusOpen, Owner: OwnerBot, OwnerEpoch: 1, Contact: Contact{ID: q.Contact}}
	h.items[id] = q
	h.mu.Unlock()
	n.do(t, id, Change{Act: ActHandover, Team: q.Team}, KindHandover)
	return id
}

func plainItem(*Queued) {}

// do commits a change on this node.
func (n *hallNode) do(t *testing.T, conv string, c Change, kind Kind) {
	t.Helper()
	_, _, err := n.chat.Append(t.Context(), identity.Everything(), Entry{
		Conversation: conv, CID: NewID(time.Now()), Author: Author{Kind: AuthorSystem}, Kind: kind, Change: &c,
	})
	if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrResolved) {
		t.Error(err)
	}
}

func (h *hall) holder(conv string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return hallHolder(*h.heads[conv])
}

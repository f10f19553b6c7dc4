package chat

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk/internal/identity"
)

// hubShards spreads the hub's locks; a power of two.
const hubShards = 64

// Sink receives updates: a socket, the bot. Deliver is called from the
// publisher's goroutine and must not block, nor call back into the hub: the
// sink's own bounded queue decides what happens to a slow reader.
type Sink interface {
	Deliver(*Update)
}

// Hub shows stored rows and class-B signals to the sinks of this process. It has
// no goroutine and no queue: Publish calls each sink in turn.
//
// A conversation's sinks may see a row more than once and out of order: they
// deliver the next seq, drop older ones and fetch holes ([Service.Follow] does).
// Sinks of WatchInbox and WatchAll drop rows they have seen, by (conversation, seq).
type Hub struct {
	seed   maphash.Seed
	shards [hubShards]hubShard

	wideMu sync.Mutex                 // serialises changes of wide
	wide   atomic.Pointer[[]*watcher] // inbox and all; replaced, never changed

	lookout lookout
	desks   desks
	viewers *viewers
}

type hubShard struct {
	mu     sync.Mutex // guards topics and what they hold
	topics map[string]*topic
}

// topic is a conversation that somebody watches.
type topic struct {
	watchers []*watcher // replaced, never changed: readers keep their copy
	last     uint32     // highest seq published or read
	known    bool       // the fields below are filled in
	site     int32
	dept     int32
	contact  string
	marks    Marks // as signalled while it is watched
}

type watcher struct {
	sink  Sink
	scope identity.Scope // of an inbox or a desk
	user  string         // of a desk
}

// NewHub returns an empty hub.
func NewHub() *Hub {
	h := &Hub{seed: maphash.MakeSeed(), viewers: newViewers(), lookout: lookout{wake: make(chan struct{}, 1)}}
	for i := range h.shards {
		h.shards[i].topics = make(map[string]*topic)
	}
	h.wide.Store(new([]*watcher))
	return h
}

// Watch delivers the updates of one conversation to s until stop is called;
// one that is being delivered at that moment may still arrive. It does not check
// rights: [Service.Follow] does.
func (h *Hub) Watch(conv string, s Sink) (stop func()) {
	w := &watcher{sink: s}
	sh := h.shard(conv)
	sh.mu.Lock()
	t := sh.topics[conv]
	if t == nil {
		t = &topic{}
		sh.topics[conv] = t
	}
	t.watchers = append(slices.Clone(t.watchers), w)
	sh.mu.Unlock()
	return sync.OnceFunc(func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if t.watchers = without(t.watchers, w); len(t.watchers) == 0 {
			delete(sh.topics, conv)
		}
	})
}

// WatchInbox delivers the updates of every conversation within scope to s.
func (h *Hub) WatchInbox(scope identity.Scope, s Sink) (stop func()) {
	w := &watcher{sink: s, scope: scope}
	h.wideMu.Lock()
	defer h.wideMu.Unlock()
	h.setWide(append(slices.Clone(*h.wide.Load()), w))
	return sync.OnceFunc(func() {
		h.wideMu.Lock()
		defer h.wideMu.Unlock()
		h.setWide(without(*h.wide.Load(), w))
	})
}

// WatchAll delivers the updates of all conversations to s: for the bot.
func (h *Hub) WatchAll(s Sink) (stop func()) { return h.WatchInbox(identity.Everything(), s) }

func (h *Hub) setWide(all []*watcher) { h.wide.Store(&all) }

// Publish shows rows, in order, to whoever watches their conversations. It is
// called after the commit.
func (h *Hub) Publish(rows ...*Row) { h.show(rows, false) }

// PublishRemote is Publish for rows that another node stored: as the bus brings
// them, or the database. What follows from a row (the bot's turn) is the storing node's.
func (h *Hub) PublishRemote(rows ...*Row) { h.show(rows, true) }

func (h *Hub) show(rows []*Row, remote bool) {
	for _, r := range rows {
		sh := h.shard(r.Conversation)
		sh.mu.Lock()
		var near []*watcher
		if t := sh.topics[r.Conversation]; t != nil {
			near = t.watchers
			if r.Seq > t.last {
				t.last, t.dept, t.contact = r.Seq, r.Department, r.Contact // a merge gives it to another contact
			}
		}
		sh.mu.Unlock()
		h.deliver(&Update{Row: r, Remote: remote}, near, r.Visible)
	}
}

// PublishSignal shows a signal of this node to whoever watches the conversation
// it is about, and to the wide watchers of its audience. It reports whether the
// conversation is watched here.
func (h *Hub) PublishSignal(sig *Signal) bool { return h.signal(sig, false) }

// PublishRemoteSignal is PublishSignal for what another node signalled.
func (h *Hub) PublishRemoteSignal(sig *Signal) bool { return h.signal(sig, true) }

func (h *Hub) signal(sig *Signal, remote bool) bool {
	switch {
	case sig.aboutDesk():
		h.desks.deliver(&Update{Signal: sig, Remote: remote})
		for _, w := range *h.wide.Load() {
			if w.scope.All { // the process's own: the dispatcher
				w.sink.Deliver(&Update{Signal: sig, Remote: remote})
			}
		}
		return false
	case sig.Viewing != nil:
		if remote {
			h.viewers.learn(sig.To, sig.Viewing, time.Now())
		}
		v := sig.Viewing
		sig = &Signal{To: sig.To, Viewing: &ViewingSignal{Conversation: v.Conversation, Agents: h.viewers.all(v.Conversation)}}
	}
	return h.broadcast(sig, remote)
}

// broadcast shows a signal about a conversation.
func (h *Hub) broadcast(sig *Signal, remote bool) bool {
	var near []*watcher
	if conv := sig.Conversation(); conv != "" {
		sh := h.shard(conv)
		sh.mu.Lock()
		if t := sh.topics[conv]; t != nil && (t.known || sig.Gone != nil) { // who is about to read what is gone is told as well
			near = t.watchers
			t.note(sig.Mark)
		}
		sh.mu.Unlock()
	}
	to := sig.To
	h.deliver(&Update{Signal: sig, Remote: remote}, near,
		func(s identity.Scope) bool { return s.Allows(to.Site, to.Department, to.Contact) })
	return len(near) > 0
}

// note keeps the furthest watermarks of a watched conversation.
func (t *topic) note(m *MarkSignal) {
	if m == nil {
		return
	}
	p := Progress{Delivered: m.Delivered, Read: m.Read}
	if m.Author.Kind == AuthorVisitor {
		t.marks.Visitor.rise(p)
	} else {
		t.marks.Agents.rise(p)
	}
}

// marksOf returns the watermarks signalled while the conversation is watched.
func (h *Hub) marksOf(conv string) Marks {
	sh := h.shard(conv)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if t := sh.topics[conv]; t != nil {
		return t.marks
	}
	return Marks{}
}

// audience returns who may see signals about a watched conversation, if that
// lies in from's scope.
func (h *Hub) audience(from identity.Scope, conv string) (Audience, bool) {
	sh := h.shard(conv)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.topics[conv]
	if t == nil || !t.known || !from.Allows(t.site, t.dept, t.contact) {
		return Audience{}, false
	}
	return Audience{Site: t.site, Department: t.dept, Contact: t.contact}, true
}

func (h *Hub) deliver(u *Update, near []*watcher, visible func(identity.Scope) bool) {
	for _, w := range near {
		w.sink.Deliver(u)
	}
	for _, w := range *h.wide.Load() {
		if visible(w.scope) {
			w.sink.Deliver(u)
		}
	}
}

// learn notes what the first reader of the conversation saw, and returns the
// highest seq that was shown or seen: each reader fetches what lies before that,
// so a later one, whose head is newer, must not raise it over what the earlier
// ones were not shown.
func (h *Hub) learn(c *Conversation) (shown uint32) {
	sh := h.shard(c.ID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.topics[c.ID]
	switch {
	case t == nil:
		return 0
	case !t.known:
		t.known, t.site = true, c.Site
		if c.LastSeq >= t.last { // else a row that was shown meanwhile knows better
			t.last, t.dept, t.contact = c.LastSeq, c.Department, c.Contact.ID
		}
	}
	return t.last
}

// seen returns the highest seq that was shown of a watched conversation.
func (h *Hub) seen(conv string) (last uint32, watched bool) {
	sh := h.shard(conv)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.topics[conv]
	if t == nil || !t.known {
		return 0, false
	}
	return t.last, true
}

// watched returns the conversations that somebody watches, with the highest seq shown.
func (h *Hub) watched() (ids []string, last []uint32) {
	for i := range h.shards {
		sh := &h.shards[i]
		sh.mu.Lock()
		for id, t := range sh.topics {
			if t.known {
				ids, last = append(ids, id), append(last, t.last)
			}
		}
		sh.mu.Unlock()
	}
	return ids, last
}

func (h *Hub) shard(conv string) *hubShard {
	return &h.shards[maphash.String(h.seed, conv)%hubShards]
}

func without(all []*watcher, w *watcher) []*watcher {
	return slices.DeleteFunc(slices.Clone(all), func(v *watcher) bool { return v == w })
}

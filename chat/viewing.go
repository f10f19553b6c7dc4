package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

const (
	// viewRepeat is how often a node says again who has what open, for nodes that missed it.
	viewRepeat = 20 * time.Second
	// viewLife is how long another node's word lasts.
	viewLife = 3 * viewRepeat
)

// viewers knows which agents have which conversations open, on this node by
// count of their sockets, on others by what those said last.
type viewers struct {
	mu   sync.Mutex // guards what follows
	open map[string]*viewed
}

// viewed is one conversation that somebody has open.
type viewed struct {
	to   Audience
	here []viewer
	away map[string]away // by node
}

type viewer struct {
	author  Author
	sockets int
}

type away struct {
	agents []Author
	until  time.Time
}

func newViewers() *viewers { return &viewers{open: make(map[string]*viewed)} }

// count adds by (+1, −1) to an agent's sockets, and reports whether they came or left.
func (v *viewers) count(conv string, to Audience, a Author, by int) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.open[conv]
	if c == nil {
		c = &viewed{to: to}
		v.open[conv] = c
	}
	c.to = to
	i := slices.IndexFunc(c.here, func(w viewer) bool { return w.author.ID == a.ID })
	switch {
	case i < 0 && by > 0:
		c.here = append(c.here, viewer{author: a, sockets: by})
		changed = true
	case i >= 0:
		if c.here[i].sockets += by; c.here[i].sockets <= 0 {
			c.here = slices.Delete(c.here, i, i+1)
			changed = true
		}
	}
	v.tidy(conv, c)
	return changed
}

// learn takes another node's word.
func (v *viewers) learn(to Audience, s *ViewingSignal, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.open[s.Conversation]
	if c == nil {
		c = &viewed{}
		v.open[s.Conversation] = c
	}
	c.to = to
	if c.away == nil {
		c.away = make(map[string]away)
	}
	if c.away[s.Node] = (away{agents: s.Agents, until: now.Add(viewLife)}); len(s.Agents) == 0 {
		delete(c.away, s.Node)
	}
	v.tidy(s.Conversation, c)
}

// tidy forgets a conversation that nobody has open. The caller holds mu.
func (v *viewers) tidy(conv string, c *viewed) {
	if len(c.here) == 0 && len(c.away) == 0 {
		delete(v.open, conv)
	}
}

// local returns whom this node has at a conversation.
func (v *viewers) local(conv string) []Author {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open[conv].hereNow()
}

// hereNow returns this node's agents; the caller holds the lock.
func (c *viewed) hereNow() []Author {
	if c == nil {
		return nil
	}
	out := make([]Author, 0, len(c.here))
	for _, w := range c.here {
		out = append(out, w.author)
	}
	return out
}

// all returns who has a conversation open on any node, by name.
func (v *viewers) all(conv string) []Author {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.open[conv]
	if c == nil {
		return nil
	}
	out := c.hereNow()
	for _, a := range c.away {
		for _, who := range a.agents {
			if !slices.ContainsFunc(out, func(o Author) bool { return o.ID == who.ID }) {
				out = append(out, who)
			}
		}
	}
	slices.SortFunc(out, func(a, b Author) int {
		if d := strings.Compare(a.Name, b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// expire forgets what other nodes said too long ago, and returns the
// conversations that this changes, and those that this node speaks of.
func (v *viewers) expire(now time.Time) (changed, mine map[string]Audience) {
	v.mu.Lock()
	defer v.mu.Unlock()
	changed, mine = make(map[string]Audience), make(map[string]Audience)
	for conv, c := range v.open {
		for node, a := range c.away {
			if now.After(a.until) {
				delete(c.away, node)
				changed[conv] = c.to
			}
		}
		if len(c.here) > 0 {
			mine[conv] = c.to
		}
		v.tidy(conv, c)
	}
	return changed, mine
}

// View says that an agent has a conversation on the screen, until stop is
// called: colleagues see it. [ErrNotFound] outside the agent's scope.
func (s *Service) View(ctx context.Context, actor identity.Actor, conv string) (stop func(), err error) {
	if err := permit(actor, identity.PermChatRead); err != nil {
		return nil, err
	}
	if actor.Kind != identity.KindAgent {
		return nil, fmt.Errorf("%w: only agents view conversations", identity.ErrForbidden)
	}
	conv, ok := CanonicalID(conv)
	if !ok {
		return nil, ErrNotFound
	}
	to, _, err := s.whereabouts(ctx, actor.Scope, conv, 0)
	if err != nil {
		return nil, err
	}
	who := author(actor)
	s.hub.viewers.count(conv, to, who, 1)
	s.tellViewers(conv, to) // also who opens it once more learns who else is there
	return sync.OnceFunc(func() {
		if s.hub.viewers.count(conv, to, who, -1) {
			s.tellViewers(conv, to)
		}
	}), nil
}

// tellViewers shows who has a conversation open, here and to the other nodes.
func (s *Service) tellViewers(conv string, to Audience) {
	sig := &Signal{To: to, Viewing: &ViewingSignal{Conversation: conv, Agents: s.hub.viewers.local(conv)}}
	s.hub.PublishSignal(sig)
	s.relay.Signal(sig)
}

// Viewing returns the conversations of a scope that agents have open, with them.
func (h *Hub) Viewing(scope identity.Scope) map[string][]Author {
	v := h.viewers
	v.mu.Lock()
	var convs []string
	for conv, c := range v.open {
		if scope.Allows(c.to.Site, c.to.Department, c.to.Contact) {
			convs = append(convs, conv)
		}
	}
	v.mu.Unlock()
	out := make(map[string][]Author, len(convs))
	for _, conv := range convs {
		if all := v.all(conv); len(all) > 0 {
			out[conv] = all
		}
	}
	return out
}

// repeatViewers says each viewRepeat again who has what open on this node, and
// drops what nodes that fell silent said.
func (s *Service) repeatViewers(ctx context.Context) {
	tick := time.NewTicker(viewRepeat)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		changed, mine := s.hub.viewers.expire(s.clock())
		for conv, to := range changed {
			s.hub.showViewers(conv, to, true)
		}
		for conv, to := range mine {
			s.relay.Signal(&Signal{To: to, Viewing: &ViewingSignal{Conversation: conv, Agents: s.hub.viewers.local(conv)}})
		}
	}
}

// showViewers shows everybody who has a conversation open to the sinks here.
func (h *Hub) showViewers(conv string, to Audience, remote bool) {
	h.broadcast(&Signal{To: to, Viewing: &ViewingSignal{Conversation: conv, Agents: h.viewers.all(conv)}}, remote)
}

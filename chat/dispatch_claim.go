package chat

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

const (
	// restAfterRefusal is for how long an agent whom the database refused is given nothing, unless they were read again and
	// something about them was new.
	restAfterRefusal = time.Second
	// restUnknown is for how long one is who may not have the conversation at all, or whose account is gone.
	restUnknown = 30 * time.Second
)

// mine reports whether a conversation falls to this node: of all nodes that live,
// the one with the highest weight for it (rendezvous hashing: Thaler and
// Ravishankar, 1998), so that a node's end moves only its own.
func (d *Dispatcher) mine(conv string) bool { return weightsMost(d.cfg.Node, d.nodes, conv) }

// weightsMost reports whether something falls to node, of these that live.
func weightsMost(node string, nodes []string, key string) bool {
	own := weightOf(node, key)
	for _, n := range nodes {
		if n != node && weightOf(n, key) > own {
			return false
		}
	}
	return true
}

func weightOf(node, conv string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(node))
	_, _ = h.Write([]byte(conv))
	x := h.Sum64() // its low bits alone are uneven for ids that differ in their last digits: mixed as in MurmurHash3's finalizer
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// claim commits an assignment. What it returns runs in Run's goroutine.
func (d *Dispatcher) claim(ctx context.Context, conv string, g *given) func() {
	epoch := g.queued.Epoch
	_, _, err := d.chat.Append(ctx, identity.Everything(), Entry{
		Conversation: conv, CID: NewID(d.clock()), Author: Author{Kind: AuthorSystem}, Kind: KindClaimed,
		Data: Data{Routing: &g.record}, Expect: Expect{OwnerEpoch: &epoch},
		Change: &Change{
			Act: ActAssign, Assignee: Author{Kind: AuthorAgent, ID: g.agent, Name: g.name},
			Guard: &Guard{Channel: g.queued.channel(), Weight: g.record.Weight},
		},
	})
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.counts.claims.Add(1)
		if err == nil {
			d.counts.assigned.Add(1)
			d.counts.took(d.clock().Sub(g.at))
			return // its row came before this
		}
		d.refused(conv, g, err)
	}
}

// refused takes a decision back, and has read what it was wrong about.
func (d *Dispatcher) refused(conv string, g *given, err error) {
	now := d.clock()
	guard, guarded := errors.AsType[*GuardError](err)
	again := now
	switch {
	case guarded:
		d.counts.refused(guard.Code)
		if guard.Code == RejectOffer {
			again = now.Add(time.Second)
			break
		}
		d.rest(g.agent, now.Add(restAfterRefusal))
	case errors.Is(err, ErrStale), errors.Is(err, ErrResolved), errors.Is(err, ErrNotFound):
		d.counts.stale.Add(1)
		if g.reserve > 0 { // it is offered by another node, which will be heard
			again = now.Add(restAfterRefusal)
		}
	case errors.Is(err, identity.ErrNotFound):
		d.counts.refused("unknown")
		d.rest(g.agent, now.Add(restUnknown))
	default:
		d.counts.failures.Add(1)
		again = now.Add(time.Second)
		if !errors.Is(err, context.Canceled) {
			d.log.Warn("an assignment was not stored, trying again", "conversation", conv, "agent", g.agent, "error", err)
		}
	}
	if d.given[conv] != g { // the log has told something else meanwhile
		return
	}
	d.drop(conv, true, now)
	if again.After(now) {
		d.later[conv] = again
	} else {
		d.fetch[conv] = true
	}
}

// rest keeps an agent from being chosen until they were read again.
func (d *Dispatcher) rest(agent string, until time.Time) {
	d.engine.Rest(agent, until)
	if _, asked := d.refresh[agent]; !asked {
		d.refresh[agent] = false
	}
}

// channel is what the conversation comes through.
func (q *Queued) channel() string {
	if q.Channel == "" {
		return routing.ChannelChat
	}
	return q.Channel
}

package chat

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"frontdesk/internal/identity"
)

// ErrOfferEnded says that the offer was answered, ran out, or somebody else has the conversation.
var ErrOfferEnded = errors.New("the offer has ended")

// invisible is the presence of an agent who works but is given nothing.
const invisible = "invisible"

// desks are the agents' sockets that hear signals about no conversation:
// presence, offers.
type desks struct {
	mu  sync.Mutex                 // serialises changes of all
	all atomic.Pointer[[]*watcher] // replaced, never changed; nil at first
}

// WatchDesk delivers the signals that are not about one conversation to s: the
// presence of colleagues of the agent's sites, and offers to the agent. One for
// each of an agent's sockets.
func (h *Hub) WatchDesk(agent identity.Actor, s Sink) (stop func()) {
	w := &watcher{sink: s, scope: agent.Scope, user: agent.ID}
	d := &h.desks
	d.mu.Lock()
	defer d.mu.Unlock()
	all := append(slices.Clone(d.list()), w)
	d.all.Store(&all)
	return sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		rest := without(d.list(), w)
		d.all.Store(&rest)
	})
}

func (d *desks) list() []*watcher {
	if p := d.all.Load(); p != nil {
		return *p
	}
	return nil
}

// deliver passes a signal to the sockets it is for. That somebody works
// invisibly is shown to themselves only.
func (d *desks) deliver(u *Update) {
	to := u.Signal.To
	others := u
	if p := u.Signal.Presence; p != nil && p.Presence == invisible {
		away := *p
		away.Presence, away.Reason = Away, ""
		others = &Update{Signal: &Signal{To: to, Presence: &away}, Remote: u.Remote}
	}
	for _, w := range d.list() {
		switch {
		case u != others && w.user == u.Signal.Presence.Agent.ID:
			w.sink.Deliver(u)
		case to.User != "" && to.User != w.user:
		case to.User == "" && !w.scope.All && !slices.Contains(w.scope.Sites, to.Site): // colleagues of the site, whatever their department
		default:
			w.sink.Deliver(others)
		}
	}
}

// aboutDesk reports whether the signal is for agents' sockets as such.
func (s *Signal) aboutDesk() bool { return s.Presence != nil || s.Offer != nil || s.OfferEnd != nil }

package chat

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

// tellEvery is how often positions and loads are told at most; expectEvery how often expectations are looked at while
// nothing moves: they shrink with what is behind those who wait.
const (
	tellEvery   = time.Second
	expectEvery = 15 * time.Second
)

const (
	// waitsKept is how many of the last waits of a queue the expectation comes from, leastWaits how few tell nothing.
	waitsKept, leastWaits = 20, 3
	// waitsFor is how long a wait says something about the next.
	waitsFor = 24 * time.Hour
)

// WaitingRoom is where the queue's positions are read, kept by a [Dispatcher].
type WaitingRoom struct {
	mu     sync.Mutex // guards what follows
	stands map[string]stand
	waits  map[line][]Wait
}

// line is one queue: what waits for the same people.
type line struct {
	site, department int32
	team             string
}

// stand is where a conversation waits.
type stand struct {
	line
	contact string
	since   time.Time
	QueuePosition
}

// NewWaitingRoom returns an empty one.
func NewWaitingRoom() *WaitingRoom {
	return &WaitingRoom{stands: make(map[string]stand), waits: make(map[line][]Wait)}
}

// position returns where a conversation within scope waits; false when it does not, as far as is known here.
func (r *WaitingRoom) position(scope identity.Scope, conv string) (QueuePosition, bool) {
	if r == nil {
		return QueuePosition{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.stands[conv]
	if !ok || !scope.Allows(s.site, s.department, s.contact) {
		return QueuePosition{}, false
	}
	return s.QueuePosition, true
}

// waited adds a wait to its queue's last ones.
func (r *WaitingRoom) waited(w Wait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := line{w.Site, w.Department, w.Team}
	all := append(r.waits[l], w)
	r.waits[l] = all[max(0, len(all)-waitsKept):]
}

// expected is how much longer one who has waited this long will probably wait:
// the median of those of the last waits of the queue that were longer, less what
// is behind them. Nil when the last waits do not tell.
func (r *WaitingRoom) expected(l line, waited time.Duration, now time.Time) *time.Duration {
	var longer []time.Duration
	recent := 0
	for _, w := range r.waits[l] {
		if now.Sub(w.At) > waitsFor {
			continue
		}
		if recent++; w.Waited > waited {
			longer = append(longer, w.Waited)
		}
	}
	if recent < leastWaits || len(longer) == 0 {
		return nil
	}
	slices.Sort(longer)
	left := (longer[(len(longer)-1)/2] + longer[len(longer)/2]) / 2
	left = (left - waited).Round(time.Second)
	return &left
}

// place sets where everything stands and returns the conversations for which
// that is news, with what to tell them. What waits no longer is told Position 0.
func (r *WaitingRoom) place(queue []stand, convs []string, now time.Time) (news map[string]stand) {
	r.mu.Lock()
	defer r.mu.Unlock()
	news = make(map[string]stand)
	waiting := make(map[line]int)
	for _, s := range queue {
		waiting[s.line]++
	}
	next := make(map[string]stand, len(queue))
	place := make(map[line]int)
	for i, s := range queue {
		place[s.line]++
		s.Position, s.Waiting = place[s.line], waiting[s.line]
		s.Expected = r.expected(s.line, now.Sub(s.since), now)
		old, ok := r.stands[convs[i]]
		if !ok || old.Position != s.Position || old.Waiting != s.Waiting || minutes(old.Expected) != minutes(s.Expected) {
			news[convs[i]] = s
		}
		next[convs[i]] = s
	}
	for conv, s := range r.stands {
		if _, still := next[conv]; !still {
			s.QueuePosition = QueuePosition{}
			news[conv] = s
		}
	}
	r.stands = next
	return news
}

// minutes is an expectation as people read it: one that shrinks by seconds is no news.
func minutes(d *time.Duration) time.Duration {
	if d == nil {
		return -1
	}
	return d.Truncate(time.Minute)
}

// tell says what changed of positions and loads, at most each [tellEvery].
func (d *Dispatcher) tell(now time.Time) {
	if now.Sub(d.toldAt) >= expectEvery && d.engine.Len() > 0 {
		d.moved = true
	}
	if !d.moved && len(d.loads) == 0 || now.Sub(d.toldAt) < tellEvery {
		return
	}
	d.toldAt = now
	for agent := range d.loads {
		d.tellAgent(agent)
	}
	clear(d.loads)
	if !d.moved {
		return
	}
	d.moved = false
	var queue []stand
	var convs []string
	var misplaced []string
	for item, place := range d.engine.Queue {
		k := d.convs[item.Conversation]
		if k == nil {
			continue
		}
		queue = append(queue, stand{
			line: line{item.Site, item.Department, item.Team}, contact: k.queued.Contact, since: item.EnqueuedAt,
		})
		convs = append(convs, item.Conversation)
		if !k.queued.Listed.Equal(place) && d.mine(item.Conversation) {
			k.queued.Listed = place
			misplaced = append(misplaced, item.Conversation)
		}
	}
	d.misplaced = append(d.misplaced, misplaced...)
	for conv, s := range d.cfg.Room.place(queue, convs, now) {
		q := QueueSignal{Conversation: conv, Position: s.Position, Waiting: s.Waiting}
		if s.Expected != nil {
			q.Expected = *s.Expected
		}
		// To this node's sockets only: each node knows the queue.
		d.chat.Hub().PublishSignal(&Signal{To: Audience{Site: s.site, Department: s.department, Contact: s.contact}, Queue: &q})
	}
}

// tellAgent says how an agent stands, to colleagues of their sites on all nodes.
func (d *Dispatcher) tellAgent(id string) {
	a, ok := d.engine.Agent(id)
	if !ok {
		return
	}
	presence := a.Presence
	if a.Node == "" {
		presence = Offline
	}
	for _, site := range slices.SortedFunc(slices.Values(a.Sites), cmp.Compare[int32]) {
		d.chat.Signal(&Signal{To: Audience{Site: site}, Presence: &PresenceSignal{
			Agent: Author{Kind: AuthorAgent, ID: a.ID, Name: a.Name}, Presence: presence, Reason: a.Reason, Active: a.Active, Cap: a.Cap,
		}})
	}
}

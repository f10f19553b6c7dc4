package natsbus

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"frontdesk/chat"
	"frontdesk/internal/natsbus/wire"
)

const (
	// packetRows and packetBytes bound one packet; a single larger row travels alone, and one beyond the
	// server's limit not at all.
	packetRows  = 256
	packetBytes = 256 << 10
	// maxQueueBytes bounds the texts of the rows that wait to be sent.
	maxQueueBytes = 32 << 20
	// maxSignals is how many signals may wait to be sent; the oldest give way.
	maxSignals = 4096
	// slack is added to an outage when asking what was missed: commits are seen in another order than their times.
	slack = 2 * time.Second
	// ticksPerBeat is how often between two beats holes are looked at.
	ticksPerBeat = 4
)

// Bus is this node's end. It implements [chat.Relay].
type Bus struct {
	cfg    Config
	server *server.Server // nil with external servers
	conn   *nats.Conn
	wake   chan struct{} // 1: something waits to be sent
	soon   chan struct{} // 1: say at once that we live

	mu      sync.Mutex // guards what follows; never held while calling out
	rows    []*chat.Row
	bytes   int // of their texts
	signals []*chat.Signal
	number  uint64 // of the last packet with rows
	peers   map[string]*peer
	cutAt   time.Time // since when there is no connection; zero: there is
	upAt    time.Time // since when there is
	stats   Stats
	closing bool

	once sync.Once
}

var _ chat.Relay = (*Bus)(nil)

// Stats is what the bus has done since it started.
type Stats struct {
	Connected bool
	Peers     int    // other nodes that are heard now
	Connects  uint64 // connections made, the first included
	Sent      uint64 // rows
	Received  uint64 // rows
	Dropped   uint64 // rows not sent: the queue was full, or the bus cut
	Lost      uint64 // times that rows of another node were missing, and looked for in the log
	Slow      uint64 // times that this node fell behind and the client dropped
	Foreign   uint64 // rows of another history, not shown
}

// New starts the embedded server where none is external, and connects. It does
// not wait for an external server that is not there. Call Run, or Close.
func New(cfg Config) (*Bus, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{cfg: cfg, wake: make(chan struct{}, 1), soon: make(chan struct{}, 1), peers: map[string]*peer{}, cutAt: time.Now()}
	if cfg.URL == "" {
		if b.server, err = startServer(cfg); err != nil {
			return nil, err
		}
	}
	if err := b.connect(); err != nil {
		if b.server != nil {
			stopServer(b.server)
		}
		return nil, err
	}
	return b, nil
}

// Addr returns where the embedded server listens, "" when it does not.
func (b *Bus) Addr() string {
	if b.server == nil || b.server.Addr() == nil {
		return ""
	}
	return b.server.Addr().String()
}

// Stats returns the counts.
func (b *Bus) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Connected, s.Peers = b.cutAt.IsZero(), len(b.peers)
	return s
}

// Publish implements [chat.Relay].
func (b *Bus) Publish(rows ...*chat.Row) {
	b.mu.Lock()
	if len(b.peers) == 0 { // nobody hears it: who comes later reads the log
		b.mu.Unlock()
		return
	}
	for i, r := range rows {
		size := len(r.Content) + len(r.Data.Extra)
		if len(b.rows) >= b.cfg.Queue || b.bytes+size > maxQueueBytes {
			b.stats.Dropped += uint64(len(rows) - i)
			b.number++ // a hole, so that the others look
			break
		}
		b.rows = append(b.rows, r)
		b.bytes += size
	}
	b.mu.Unlock()
	signal(b.wake)
}

// Signal implements [chat.Relay].
func (b *Bus) Signal(s *chat.Signal) {
	b.mu.Lock()
	if len(b.peers) == 0 {
		b.mu.Unlock()
		return
	}
	if len(b.signals) >= maxSignals {
		b.signals = append(b.signals[:0], b.signals[maxSignals/2:]...)
	}
	b.signals = append(b.signals, s)
	b.mu.Unlock()
	signal(b.wake)
}

// Run sends and looks out until ctx ends; then it says goodbye, and ends the
// connection and the embedded server.
func (b *Bus) Run(ctx context.Context) error {
	defer b.Close()
	tick := time.NewTicker(max(b.cfg.Beat/ticksPerBeat, time.Millisecond))
	defer tick.Stop()
	b.beat(false)
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			b.flush()
			b.beat(true)
			_ = b.conn.FlushTimeout(time.Second) // what did not go out is in the log
			return nil
		case <-b.wake:
			b.flush()
			n--
		case <-b.soon:
			b.beat(false)
			n--
		case <-tick.C:
			if n%ticksPerBeat == 0 {
				b.beat(false)
			}
			b.lookOut(time.Now())
		}
	}
}

// Close ends the connection and the embedded server. Run calls it.
func (b *Bus) Close() {
	b.once.Do(func() {
		b.mu.Lock()
		b.closing = true
		b.mu.Unlock()
		b.conn.Close()
		if b.server != nil {
			stopServer(b.server)
		}
	})
}

// flush sends what waits, signals last: they are the first to be late.
func (b *Bus) flush() {
	b.mu.Lock()
	rows, signals := b.rows, b.signals
	b.rows, b.signals, b.bytes = nil, nil, 0
	b.mu.Unlock()
	for len(rows) > 0 {
		p := &wire.Packet{}
		bytes, n := 0, 0
		for ; n < len(rows) && n < packetRows && bytes < packetBytes; n++ {
			row, err := encodeRow(rows[n])
			if err != nil {
				b.cfg.Logger.Error("a row does not travel", "conversation", rows[n].Conversation, "seq", rows[n].Seq, "error", err)
				continue
			}
			if size := proto.Size(row); size < maxPayloadBytes/2 {
				bytes += size
				p.Rows = append(p.Rows, row)
			} // else no packet holds it: the other nodes' watchers find the hole
		}
		rows = rows[n:]
		b.send(b.rowsSubject(), p)
	}
	for len(signals) > 0 {
		p := &wire.Packet{}
		n := min(len(signals), packetRows)
		for _, s := range signals[:n] {
			if w := encodeSignal(s); w != nil {
				p.Signals = append(p.Signals, w)
			}
		}
		signals = signals[n:]
		b.send(b.signalsSubject(), p)
	}
}

// beat says that this node lives, or that it leaves.
func (b *Bus) beat(leaving bool) {
	b.send(b.rowsSubject(), &wire.Packet{Beat: &wire.Beat{Leaving: leaving}})
}

// send stamps and sends one packet. One that cannot be sent leaves a hole in the
// numbers.
func (b *Bus) send(subject string, p *wire.Packet) {
	b.mu.Lock()
	if len(p.GetRows()) > 0 {
		b.number++
	}
	p.Node, p.Epoch = b.cfg.Node, b.cfg.Epoch
	if len(p.GetSignals()) == 0 { // they take another way and may come before the rows that were sent first
		p.Number = b.number
	}
	b.mu.Unlock()
	body, err := proto.Marshal(p)
	if err == nil {
		err = b.conn.Publish(subject, body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.stats.Dropped += uint64(len(p.GetRows()))
		return
	}
	b.stats.Sent += uint64(len(p.GetRows()))
}

// receive shows what a packet brings. It runs on the client's goroutine of the subscription.
func (b *Bus) receive(m *nats.Msg) {
	p := &wire.Packet{}
	if err := proto.Unmarshal(m.Data, p); err != nil || p.GetNode() == "" || p.GetNode() == b.cfg.Node {
		return // nothing of ours
	}
	if len(p.GetSignals()) == 0 {
		b.account(p, time.Now())
	}
	if len(p.GetRows()) > 0 {
		b.show(p)
	}
	for _, w := range p.GetSignals() {
		if s := decodeSignal(w); s != nil {
			if s.Viewing != nil { // each node has a list of its own: whose this is the packet says
				s.Viewing.Node = p.GetNode()
			}
			b.cfg.Receiver.PublishRemoteSignal(s)
		}
	}
}

func (b *Bus) show(p *wire.Packet) {
	if p.GetEpoch() != b.cfg.Epoch { // after a failover to another history, until this node is started anew
		b.mu.Lock()
		first := b.stats.Foreign == 0
		b.stats.Foreign += uint64(len(p.GetRows()))
		b.mu.Unlock()
		if first {
			b.cfg.Logger.Error("a node works on another history of the database: restart the nodes one after another", "node", p.GetNode())
		}
		return
	}
	rows := make([]*chat.Row, 0, len(p.GetRows()))
	for _, w := range p.GetRows() {
		row, err := decodeRow(w)
		if err != nil {
			b.cfg.Logger.Warn("a row of another node cannot be read", "conversation", w.GetConversation(), "seq", w.GetSeq(), "error", err)
			continue
		}
		rows = append(rows, row)
	}
	b.mu.Lock()
	b.stats.Received += uint64(len(rows))
	b.mu.Unlock()
	b.cfg.Receiver.PublishRemote(rows...)
}

func (b *Bus) rowsSubject() string    { return "frontdesk." + b.cfg.Topic + ".rows" }
func (b *Bus) signalsSubject() string { return "frontdesk." + b.cfg.Topic + ".signals" }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

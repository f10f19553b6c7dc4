package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// Direction of bytes through a [Proxy].
type Direction int

// The directions.
const (
	Both       Direction = iota
	ToServer             // from the client to the target
	FromServer           // from the target to the client
)

const (
	chunkBytes = 16 << 10
	// chunks bounds what one direction of a connection holds while it is late; a full one stops reading, as TCP does.
	chunks      = 256
	dialTimeout = 5 * time.Second
)

// Proxy passes TCP connections on to a target, until it is told to disturb them.
// Its methods are safe for concurrent use.
type Proxy struct {
	listener net.Listener
	network  string
	target   string
	wg       sync.WaitGroup
	done     chan struct{}

	mu       sync.Mutex // guards what follows
	rand     *rand.Rand
	conns    map[*link]struct{}
	rules    rules
	changed  chan struct{} // closed and replaced when rules change
	accepted int
	closed   bool
}

// rules are the disturbances that hold now.
type rules struct {
	cut            bool
	stopped        [3]bool // by Direction; [Both] is unused
	delay, jitter  time.Duration
	bytesPerSecond int // 0: as fast as it goes
}

// NewProxy listens on a free port of 127.0.0.1 and passes connections on to
// target: "host:port", or "unix:" and the path of a socket. seed decides the
// jitter: the same seed and the same traffic give the same delays. Close it.
func NewProxy(target string, seed uint64) (*Proxy, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the proxy: %w", err)
	}
	p := &Proxy{
		listener: listener, network: "tcp", target: target, done: make(chan struct{}),
		rand: rand.New(rand.NewPCG(seed, 0)), conns: map[*link]struct{}{}, changed: make(chan struct{}), //nolint:gosec // G404: a test's dice, replayed by their seed
	}
	if path, ok := strings.CutPrefix(target, "unix:"); ok {
		p.network, p.target = "unix", path
	}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns where clients connect, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Accepted returns how many connections came so far, those that were cut at once included.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Open returns how many connections are passed on now.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Close resets all connections and frees the port.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	close(p.done)
	err := p.listener.Close()
	p.Reset()
	p.wg.Wait()
	return err
}

// Cut resets every connection, and each new one at once, until Heal.
func (p *Proxy) Cut() {
	p.set(func(r *rules) { r.cut = true })
	p.Reset()
}

// Reset resets every connection now. New ones pass.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.reset()
	}
}

// Partition holds back what goes in a direction, until Heal: connections stay
// open and nothing arrives. What was held back then arrives, as TCP would send it again.
func (p *Proxy) Partition(d Direction) {
	p.set(func(r *rules) {
		r.stopped[ToServer] = r.stopped[ToServer] || d != FromServer
		r.stopped[FromServer] = r.stopped[FromServer] || d != ToServer
	})
}

// Delay makes everything late by d and up to jitter more, in order.
func (p *Proxy) Delay(d, jitter time.Duration) {
	p.set(func(r *rules) { r.delay, r.jitter = d, jitter })
}

// Slow passes at most so many bytes a second in each direction of each connection; 0 lifts it.
func (p *Proxy) Slow(bytesPerSecond int) { p.set(func(r *rules) { r.bytesPerSecond = bytesPerSecond }) }

// Heal ends every disturbance. Connections that were cut stay cut.
func (p *Proxy) Heal() { p.set(func(r *rules) { *r = rules{} }) }

func (p *Proxy) set(change func(*rules)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.rules)
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Proxy) current() (rules, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rules, p.changed
}

// late returns for how long a chunk that came now is held.
func (p *Proxy) late() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.rules.delay
	if p.rules.jitter > 0 {
		d += time.Duration(p.rand.Int64N(int64(p.rules.jitter)))
	}
	return d
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptors left: the next may be luckier
			continue
		}
		p.wg.Go(func() { p.serve(client) })
	}
}

// serve passes one connection on until either side ends it.
func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	p.accepted++
	refuse := p.closed || p.rules.cut
	p.mu.Unlock()
	if refuse {
		abort(client)
		return
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	server, err := dialer.DialContext(context.Background(), p.network, p.target)
	if err != nil {
		abort(client)
		return
	}
	l := &link{proxy: p, client: client, server: server, ended: make(chan struct{})}
	p.mu.Lock()
	if p.closed || p.rules.cut {
		p.mu.Unlock()
		l.reset()
		return
	}
	p.conns[l] = struct{}{}
	p.mu.Unlock()
	var pumps sync.WaitGroup
	pumps.Go(func() { l.pump(ToServer, client, server) })
	pumps.Go(func() { l.pump(FromServer, server, client) })
	pumps.Wait()
	l.reset()
	p.mu.Lock()
	delete(p.conns, l)
	p.mu.Unlock()
}

// link is one connection that is passed on.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	once           sync.Once
	ended          chan struct{}
}

// reset ends both sides without a word.
func (l *link) reset() {
	l.once.Do(func() {
		close(l.ended)
		abort(l.client)
		abort(l.server)
	})
}

// abort closes with RST where the connection is TCP.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else the close below is an orderly one
	}
	_ = c.Close() // it may be closed already
}

type chunk struct {
	bytes []byte
	due   time.Time
}

// pump passes one direction on. The end of the one side's writing is passed on
// after all that was written.
func (l *link) pump(d Direction, from, to net.Conn) {
	held := make(chan chunk, chunks)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(held)
		for {
			buf := make([]byte, chunkBytes)
			n, err := from.Read(buf)
			if n > 0 {
				select {
				case held <- chunk{bytes: buf[:n], due: time.Now().Add(l.proxy.late())}:
				case <-l.ended:
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	defer reader.Wait()
	for c := range held {
		if !l.until(d, c.due) || !l.write(to, c.bytes) {
			l.reset()
			for range held { // lets the reader go
			}
			return
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the other direction ends by itself
	}
}

// until waits for due and for the direction to be open; false when the link ended.
func (l *link) until(d Direction, due time.Time) bool {
	for {
		r, changed := l.proxy.current()
		wait := time.Until(due)
		if !r.stopped[d] && wait <= 0 {
			return true
		}
		if r.stopped[d] {
			wait = time.Hour
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-l.ended:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// write sends b as fast as the rules allow.
func (l *link) write(to net.Conn, b []byte) bool {
	for len(b) > 0 {
		r, _ := l.proxy.current()
		n := len(b)
		if r.bytesPerSecond > 0 {
			n = min(n, max(1, r.bytesPerSecond/50))
		}
		if _, err := to.Write(b[:n]); err != nil {
			return false
		}
		if b = b[n:]; r.bytesPerSecond > 0 && !l.pause(time.Duration(n)*time.Second/time.Duration(r.bytesPerSecond)) {
			return false
		}
	}
	return true
}

func (l *link) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}

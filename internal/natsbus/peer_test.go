package natsbus

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"frontdesk/chat"
	"frontdesk/internal/natsbus/wire"
)

// desk collects what a bus brings.
type desk struct {
	mu      sync.Mutex
	rows    []*chat.Row
	signals []*chat.Signal
	missed  []time.Duration
	reached int
	changed chan struct{}
	block   chan struct{} // not nil: rows wait here
}

func newDesk() *desk { return &desk{changed: make(chan struct{}, 1)} }

func (d *desk) PublishRemote(rows ...*chat.Row) {
	d.mu.Lock()
	block := d.block
	d.mu.Unlock()
	if block != nil {
		<-block
	}
	d.note(func() { d.rows = append(d.rows, rows...) })
}

func (d *desk) PublishRemoteSignal(s *chat.Signal) bool {
	d.note(func() { d.signals = append(d.signals, s) })
	return true
}

func (d *desk) Missed(age time.Duration) { d.note(func() { d.missed = append(d.missed, age) }) }
func (d *desk) Reached(n int)            { d.note(func() { d.reached = n }) }

func (d *desk) note(change func()) {
	d.mu.Lock()
	change()
	d.mu.Unlock()
	signal(d.changed)
}

// until waits for a state of the desk.
func (d *desk) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	look := time.NewTicker(10 * time.Millisecond) // some states change without a word to the desk
	defer look.Stop()
	for {
		d.mu.Lock()
		ok := holds()
		d.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-d.changed:
		case <-look.C:
		case <-late.C:
			t.Fatalf("still not: %s", what)
		}
	}
}

// deaf is a bus without a connection, for what is decided in memory.
func deaf(d *desk) *Bus {
	return &Bus{
		cfg:  Config{Node: "self", Receiver: d, Logger: slog.New(slog.DiscardHandler), Beat: time.Second},
		soon: make(chan struct{}, 1), wake: make(chan struct{}, 1), peers: map[string]*peer{}, upAt: time.Now(),
	}
}

func rowsPacket(n uint64) *wire.Packet {
	return &wire.Packet{Node: "other", Number: n, Rows: []*wire.Row{{}}}
}

func beatPacket(n uint64) *wire.Packet {
	return &wire.Packet{Node: "other", Number: n, Beat: &wire.Beat{}}
}

func TestALatePacketIsNoLossAndAMissingOneIs(t *testing.T) {
	t.Parallel()
	d := newDesk()
	b := deaf(d)
	now := time.Now()
	b.account(beatPacket(7), now)
	if len(d.missed) != 1 || d.reached != 1 {
		t.Fatalf("the first contact: missed %v, reached %d", d.missed, d.reached)
	}
	for _, n := range []uint64{8, 10, 9, 9, 8, 11} { // reordered and repeated
		b.account(rowsPacket(n), now)
	}
	b.lookOut(now.Add(2 * holePatience))
	if len(d.missed) != 1 || b.stats.Lost != 0 {
		t.Errorf("duplicates and disorder were taken for a loss: %v", d.missed)
	}
	now = now.Add(time.Second)
	b.account(rowsPacket(13), now) // 12 never comes
	b.lookOut(now.Add(holePatience / 2))
	if len(d.missed) != 1 {
		t.Error("no patience with a late packet")
	}
	b.lookOut(now.Add(2 * holePatience))
	if len(d.missed) != 2 || d.missed[1] < time.Second {
		t.Errorf("the hole was not noticed from its beginning on: %v", d.missed)
	}
	now = now.Add(time.Second)
	b.account(beatPacket(14), now) // the tail: 14 was sent and never came
	b.lookOut(now.Add(2 * holePatience))
	if len(d.missed) != 3 {
		t.Error("a lost tail was not noticed")
	}
	b.account(rowsPacket(15), now)
	b.lookOut(now.Add(2 * holePatience))
	if len(d.missed) != 3 {
		t.Error("after a loss the count does not go on")
	}
}

func TestASilentNodeIsMissedAndOneThatLeavesIsNot(t *testing.T) {
	t.Parallel()
	d := newDesk()
	b := deaf(d)
	now := time.Now()
	b.account(beatPacket(1), now)
	b.lookOut(now.Add(3 * time.Second))
	if d.reached != 1 {
		t.Error("given up too early")
	}
	b.lookOut(now.Add(4 * time.Second))
	if d.reached != 0 || len(d.missed) != 2 || d.missed[1] < 4*time.Second {
		t.Errorf("a dead node: reached %d, missed %v", d.reached, d.missed)
	}
	b.account(beatPacket(2), now)
	b.account(&wire.Packet{Node: "other", Number: 2, Beat: &wire.Beat{Leaving: true}}, now)
	if d.reached != 0 || len(d.missed) != 3 {
		t.Errorf("a node that left in order: reached %d, missed %v", d.reached, d.missed)
	}
	b.account(beatPacket(3), now)
	b.account(&wire.Packet{Node: "other", Number: 4, Beat: &wire.Beat{Leaving: true}}, now)
	if len(d.missed) != 5 {
		t.Errorf("a node left and its last packet never came: missed %v", d.missed)
	}
}

// Whatever is dropped, doubled and swapped: after the look-out, a loss is reported if and only if a packet is missing.
func TestLossesAreFoundWhateverTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk()
		b := deaf(d)
		now := time.Now()
		b.account(beatPacket(0), now)
		n := rapid.IntRange(1, 40).Draw(t, "packets")
		var sent []uint64
		lost := false
		for i := 1; i <= n; i++ {
			switch rapid.SampledFrom([]string{"pass", "pass", "pass", "drop", "double"}).Draw(t, "fate") {
			case "drop":
				lost = true
			case "double":
				sent = append(sent, uint64(i), uint64(i))
			default:
				sent = append(sent, uint64(i))
			}
		}
		for _, i := range rapid.Permutation(sent).Draw(t, "order") {
			b.account(rowsPacket(i), now)
		}
		b.account(beatPacket(uint64(n)), now)
		b.lookOut(now.Add(2 * holePatience))
		if found := len(d.missed) > 1; found != lost {
			t.Fatalf("loss reported: %v, happened: %v", found, lost)
		}
	})
}

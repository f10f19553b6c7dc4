package natsbus

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/fault"
)

// open makes a bus that runs until the test ends.
func open(t *testing.T, d *desk, change func(*Config)) *Bus {
	t.Helper()
	cfg := Config{
		Node: chat.NewID(time.Now()), Topic: "t", Epoch: "e", Receiver: d, Logger: slog.New(slog.DiscardHandler), Beat: 50 * time.Millisecond,
	}
	change(&cfg)
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = b.Run(ctx) // it returns nil
	}()
	t.Cleanup(func() {
		d.mu.Lock()
		if d.block != nil {
			close(d.block)
			d.block = nil
		}
		d.mu.Unlock()
		cancel()
		<-ended
	})
	return b
}

// pair are two nodes: the first one's embedded server listens, the second comes through a proxy.
func pair(t *testing.T) (one, two *Bus, at1, at2 *desk, between *fault.Proxy) {
	t.Helper()
	at1, at2 = newDesk(), newDesk()
	one = open(t, at1, func(c *Config) { c.Listen = "127.0.0.1:0" })
	between, err := fault.NewProxy(one.Addr(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = between.Close() })
	two = open(t, at2, func(c *Config) { c.URL = "nats://" + between.Addr() })
	for _, d := range []*desk{at1, at2} {
		d.until(t, "the other is heard", func() bool { return d.reached == 1 })
	}
	return one, two, at1, at2, between
}

func rowsOf(from, to int) []*chat.Row {
	rows := make([]*chat.Row, 0, to-from+1)
	for i := from; i <= to; i++ {
		rows = append(rows, &chat.Row{Conversation: "c", Seq: uint32(i), Content: fmt.Sprintf("row %d", i), Time: time.UnixMicro(int64(i)).UTC()})
	}
	return rows
}

func (d *desk) seqs() []uint32 {
	seqs := make([]uint32, len(d.rows))
	for i, r := range d.rows {
		seqs[i] = r.Seq
	}
	return seqs
}

func TestWhatOneNodeStoresTheOtherShows(t *testing.T) {
	t.Parallel()
	one, two, at1, at2, _ := pair(t)
	one.Publish(rowsOf(1, 600)...)
	at2.until(t, "600 rows", func() bool { return len(at2.rows) == 600 })
	if seqs := at2.seqs(); !slices.IsSorted(seqs) || at2.rows[599].Content != "row 600" {
		t.Errorf("out of order or damaged: %v", seqs)
	}
	two.Signal(&chat.Signal{To: chat.Audience{Site: 3}, Typing: &chat.TypingSignal{Conversation: "c", On: true}})
	at1.until(t, "a signal", func() bool { return len(at1.signals) == 1 })
	if s := at1.signals[0]; s.To.Site != 3 || !s.Typing.On {
		t.Errorf("signal %+v", s)
	}
	if len(at1.rows) != 0 {
		t.Error("a node hears itself")
	}
	at1.until(t, "the count", func() bool { return one.Stats().Connected && one.Stats().Sent == 600 })
	if s := one.Stats(); s.Sent != 600 || s.Lost+s.Dropped != 0 || !s.Connected || s.Peers != 1 {
		t.Errorf("%+v", s)
	}
}

func TestOtherDatabasesAndHistoriesAreNotHeard(t *testing.T) {
	t.Parallel()
	one, two, _, at2, _ := pair(t)
	atForeign, atOld := newDesk(), newDesk()
	foreign := open(t, atForeign, func(c *Config) { c.URL, c.Topic = "nats://"+one.Addr(), "another" })
	old := open(t, atOld, func(c *Config) { c.URL, c.Epoch = "nats://"+one.Addr(), "before the restore" })
	at2.until(t, "the node of the old history is heard", func() bool { return at2.reached == 2 })
	atOld.until(t, "and hears the others", func() bool { return atOld.reached == 2 })
	foreign.Publish(rowsOf(1, 1)...)
	old.Publish(rowsOf(1, 1)...)
	one.Publish(rowsOf(2, 2)...)
	at2.until(t, "the row of this history", func() bool { return len(at2.rows) > 0 })
	at2.until(t, "the other history's row is refused", func() bool { return two.Stats().Foreign == 1 })
	if seqs := at2.seqs(); !slices.Equal(seqs, []uint32{2}) || len(atForeign.rows)+len(atOld.rows) != 0 {
		t.Errorf("shown: %v, foreign %d, old %d", seqs, len(atForeign.rows), len(atOld.rows))
	}
}

func TestACutBusSaysForHowLongItMissedRows(t *testing.T) {
	t.Parallel()
	one, two, at1, at2, between := pair(t)
	before := len(at2.missed)
	began := time.Now()
	between.Cut()
	at1.until(t, "the first notices that the second is silent", func() bool { return at1.reached == 0 })
	at2.until(t, "the second notices that nothing comes", func() bool { return at2.reached == 0 && !two.Stats().Connected })
	two.Publish(rowsOf(1, 3)...) // nobody hears it, nobody waits
	one.Publish(rowsOf(4, 6)...)
	between.Heal()
	at2.until(t, "they hear each other again", func() bool { return at2.reached == 1 && len(at2.missed) > before })
	took := time.Since(began)
	at2.mu.Lock()
	longest := slices.Max(at2.missed[before:])
	at2.mu.Unlock()
	if longest < 175*time.Millisecond || longest > took+firstLook+slack {
		t.Errorf("missed %v, was cut for up to %v", longest, took)
	}
	at1.until(t, "the first hears the second again", func() bool { return at1.reached == 1 })
	one.Publish(rowsOf(7, 7)...)
	at2.until(t, "rows come again", func() bool { return slices.Contains(at2.seqs(), 7) })
}

func TestAHalfDeadConnectionIsNoticed(t *testing.T) {
	t.Parallel()
	_, two, _, at2, between := pair(t)
	between.Partition(fault.FromServer)
	at2.until(t, "nothing is heard", func() bool { return at2.reached == 0 })
	between.Heal()
	at2.until(t, "heard again", func() bool { return at2.reached == 1 })
	if two.Stats().Connects > 2 {
		t.Errorf("%d connections", two.Stats().Connects)
	}
}

func TestPublishingNeverWaitsForTheBus(t *testing.T) {
	t.Parallel()
	at1, at2 := newDesk(), newDesk()
	one := open(t, at1, func(c *Config) { c.Listen = "127.0.0.1:0" })
	between, err := fault.NewProxy(one.Addr(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = between.Close() })
	two := open(t, at2, func(c *Config) { c.URL, c.Queue = "nats://"+between.Addr(), 100 })
	at2.until(t, "the other is heard", func() bool { return at2.reached == 1 })
	at1.until(t, "the other is heard", func() bool { return at1.reached == 1 })
	between.Partition(fault.ToServer) // the connection stands, and takes nothing
	big := rowsOf(1, 1)[0]
	big.Content = string(make([]byte, 100<<10))
	began := time.Now()
	for range 1000 { // 100 MiB: beyond every buffer between the two
		two.Publish(big)
		if two.Stats().Dropped > 0 {
			break
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("publishing took %v", took)
	}
	if two.Stats().Dropped == 0 {
		t.Error("a queue of 100 rows dropped nothing")
	}
	between.Heal()
	at1.until(t, "the hole is noticed, or the node was silent", func() bool { return one.Stats().Lost > 0 || len(at1.missed) > 2 })
}

func TestASlowReceiverLosesRowsAndKnowsIt(t *testing.T) {
	t.Parallel()
	at1, at2 := newDesk(), newDesk()
	one := open(t, at1, func(c *Config) { c.Listen, c.Queue = "127.0.0.1:0", 64 })
	two := open(t, at2, func(c *Config) { c.URL, c.pending = "nats://"+one.Addr(), 4<<20 })
	for _, d := range []*desk{at1, at2} {
		d.until(t, "the other is heard", func() bool { return d.reached == 1 })
	}
	at2.mu.Lock()
	at2.block = make(chan struct{})
	block := at2.block
	at2.mu.Unlock()
	big := rowsOf(1, 1)[0]
	big.Content = string(make([]byte, 200<<10))
	at2.mu.Lock()
	before := len(at2.missed)
	at2.mu.Unlock()
	deadline := time.Now().Add(60 * time.Second)
	for two.Stats().Slow == 0 && time.Now().Before(deadline) { // beyond what the client keeps for its receiver
		one.Publish(big)
		if one.Stats().Dropped > 0 { // the sender's own queue was full: let it go on
			time.Sleep(time.Millisecond) //nolint:forbidigo // paces the flood
		}
	}
	if two.Stats().Slow == 0 {
		t.Fatal("far behind, and nothing was dropped")
	}
	at2.mu.Lock()
	close(block)
	at2.block = nil
	at2.mu.Unlock()
	at2.until(t, "the loss is noticed", func() bool { return len(at2.missed) > before })
	if at2.reached != 1 {
		at2.until(t, "both hear each other", func() bool { return at2.reached == 1 })
	}
}

func TestTheEmbeddedServerOpensNoPortByItself(t *testing.T) {
	t.Parallel()
	d := newDesk()
	b := open(t, d, func(*Config) {})
	d.until(t, "it reaches its own server", func() bool { return b.Stats().Connected })
	if b.Addr() != "" {
		t.Errorf("listens on %s", b.Addr())
	}
	b.Publish(rowsOf(1, 10)...)
	if s := b.Stats(); s.Sent != 0 || s.Dropped != 0 {
		t.Errorf("alone, and yet %+v", s)
	}
}

func TestAnOpenServerAsksForItsTokenAndSpeaksTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	at1, at2, at3 := newDesk(), newDesk(), newDesk()
	one := open(t, at1, func(c *Config) { c.Listen, c.Token, c.CertFile, c.KeyFile = "127.0.0.1:0", "secret", cert, key })
	open(t, at2, func(c *Config) { c.URL, c.Token, c.CAFile = "tls://"+one.Addr(), "secret", cert })
	at1.until(t, "the one with the token", func() bool { return at1.reached == 1 })
	three := open(t, at3, func(c *Config) { c.URL, c.Token, c.CAFile = "tls://"+one.Addr(), "guess", cert })
	if three.Stats().Connected || at3.reached != 0 {
		t.Error("a wrong token is let in")
	}
	for name, cfg := range map[string]Config{
		"open to all":      {Listen: "0.0.0.0:0"},
		"both":             {Listen: "127.0.0.1:0", URL: "nats://127.0.0.1:1"},
		"half of a pair":   {CertFile: cert},
		"no such creds":    {URL: "nats://127.0.0.1:1", CredsFile: filepath.Join(t.TempDir(), "none")},
		"no address":       {Listen: "here"},
		"negative queue":   {Queue: -1},
		"not certificates": {Listen: "127.0.0.1:0", CertFile: key, KeyFile: cert},
	} {
		cfg.Node, cfg.Topic, cfg.Receiver, cfg.Logger = "n", "t", newDesk(), slog.New(slog.DiscardHandler)
		if b, err := New(cfg); err == nil {
			b.Close()
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("an empty configuration is accepted")
	}
}

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bus"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

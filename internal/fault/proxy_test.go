package fault

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo serves whoever connects with what they said, until the test ends.
func echo(t *testing.T, network, address string) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // its end is the test's business
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l
}

func setup(t *testing.T) (*Proxy, func() *bufio.ReadWriter) {
	t.Helper()
	p, err := NewProxy(echo(t, "tcp", "127.0.0.1:0").Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, func() *bufio.ReadWriter {
		t.Helper()
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
	}
}

func say(t *testing.T, c *bufio.ReadWriter, line string) (string, error) {
	t.Helper()
	if _, err := c.WriteString(line + "\n"); err != nil {
		return "", err
	}
	if err := c.Flush(); err != nil {
		return "", err
	}
	return c.ReadString('\n')
}

func TestTheProxyPassesBytesOnAndCutsThem(t *testing.T) {
	t.Parallel()
	p, dial := setup(t)
	c := dial()
	if got, err := say(t, c, "hello"); got != "hello\n" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	p.Cut()
	if _, err := say(t, c, "lost"); err == nil {
		t.Error("a connection survived the cut")
	}
	var d net.Dialer
	if fresh, err := d.DialContext(t.Context(), "tcp", p.Addr()); err == nil { // the reset may come before connect returns
		if _, err := say(t, bufio.NewReadWriter(bufio.NewReader(fresh), bufio.NewWriter(fresh)), "refused"); err == nil {
			t.Error("a new connection passed during the cut")
		}
		_ = fresh.Close()
	}
	p.Heal()
	if got, err := say(t, dial(), "again"); got != "again\n" || err != nil {
		t.Errorf("after healing: %q, %v", got, err)
	}
}

func TestAPartitionHoldsOneDirectionBackUntilItHeals(t *testing.T) {
	t.Parallel()
	for _, d := range []Direction{ToServer, FromServer, Both} {
		p, dial := setup(t)
		c := dial()
		if _, err := say(t, c, "first"); err != nil {
			t.Fatal(err)
		}
		p.Partition(d)
		arrived := make(chan string, 1)
		go func() {
			got, _ := say(t, c, "held")
			arrived <- got
		}()
		select {
		case got := <-arrived:
			t.Fatalf("%q came through", got)
		case <-time.After(50 * time.Millisecond): // a wait for what must not happen
		}
		p.Heal()
		if got := <-arrived; got != "held\n" {
			t.Errorf("after healing: %q", got)
		}
	}
}

func TestDelayAndSlownessKeepTheOrder(t *testing.T) {
	t.Parallel()
	p, dial := setup(t)
	c := dial()
	p.Delay(5*time.Millisecond, 10*time.Millisecond)
	p.Slow(2 << 10)
	began := time.Now()
	for _, line := range []string{"one", "two", "three"} {
		if got, err := say(t, c, line); got != line+"\n" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("three there-and-backs at 5 ms each way took %v", took)
	}
}

func TestTheProxyReachesAUnixSocketAndResets(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "fault") //nolint:usetesting // a short path: sun_path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	echo(t, "unix", path)
	p, err := NewProxy("unix:"+path, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rw := bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
	if got, err := say(t, rw, "hello"); got != "hello\n" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	if p.Open() != 1 || p.Accepted() != 1 {
		t.Errorf("%d open of %d", p.Open(), p.Accepted())
	}
	p.Reset()
	if _, err := say(t, rw, "lost"); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a reset connection: %v", err)
	}
}

func TestAPlanIsReplayedByItsSeed(t *testing.T) {
	t.Parallel()
	a, b := Plan(7, 20, time.Second), Plan(7, 20, time.Second)
	if !slices.Equal(a, b) || slices.Equal(a, Plan(8, 20, time.Second)) {
		t.Error("the seed does not decide the plan")
	}
	p, dial := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	p.Play(ctx, Plan(1, 8, 5*time.Millisecond))
	if got, err := say(t, dial(), "calm"); got != "calm\n" || err != nil {
		t.Errorf("after the plan: %q, %v", got, err)
	}
}

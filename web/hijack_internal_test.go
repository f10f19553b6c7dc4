package web

import (
	"net"
	"testing"
	"time"
)

// counted is a connection that counts writes and deadlines.
type counted struct {
	net.Conn
	writes, deadlines int
	written           []byte
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes++
	c.written = append(c.written, b...)
	return len(b), nil
}

func (c *counted) SetWriteDeadline(time.Time) error { c.deadlines++; return nil }

func TestFramesThatWaitTogetherAreOneSystemCall(t *testing.T) {
	t.Parallel()
	under := &counted{}
	p := &pipe{Conn: under}
	p.cork()
	for range 10 {
		if _, err := p.Write([]byte("frame ")); err != nil {
			t.Fatal(err)
		}
	}
	if under.writes != 0 {
		t.Fatalf("%d writes while corked", under.writes)
	}
	if err := p.uncork(); err != nil || under.writes != 1 || len(under.written) != 60 {
		t.Fatalf("%d writes of %q, %v", under.writes, under.written, err)
	}
	if _, err := p.Write([]byte("alone")); err != nil || under.writes != 2 {
		t.Fatalf("%d writes, %v", under.writes, err)
	}
	if under.deadlines != 1 { // set anew once half of it is over
		t.Errorf("%d deadlines", under.deadlines)
	}
}

func TestACorkedPipeGathersNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	under := &counted{}
	p := &pipe{Conn: under}
	p.cork()
	for range 100 {
		if _, err := p.Write(make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		if cap(*p.held) > 4*corkBytes {
			t.Fatalf("%d bytes are held", cap(*p.held))
		}
	}
	if err := p.uncork(); err != nil || len(under.written) != 1_000_000 {
		t.Fatalf("%d bytes, %v", len(under.written), err)
	}
}

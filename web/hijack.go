package web

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Sizes of a socket's buffers. net/http's are 4 KiB each and most sockets are
// idle: with these, and after the handler has returned, an idle socket costs a
// third. Longer reads and writes pass by them. What is written holds a ping with
// its header (a counter, at most 2 + 20 bytes); frames of ours are gathered by the corked pipe.
const (
	readBufferBytes  = 256
	writeBufferBytes = 32
	// corkBytes is how much a corked pipe gathers before it writes.
	corkBytes = 32 << 10
)

// slimWriter makes the connection that the WebSocket library takes over start
// with small buffers, and lie on a pipe.
type slimWriter struct {
	http.ResponseWriter
	pipe *pipe // set by Hijack
}

// Hijack implements http.Hijacker.
func (w *slimWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection over: %w", err)
	}
	// The first frame may have come in the same segment as the request.
	early, err := rw.Peek(rw.Reader.Buffered())
	if err != nil {
		_ = conn.Close() // the peer sees a broken handshake
		return nil, nil, fmt.Errorf("read what came early: %w", err)
	}
	w.pipe = &pipe{Conn: conn, early: bytes.Clone(early)}
	return w.pipe, bufio.NewReadWriter(bufio.NewReaderSize(w.pipe, readBufferBytes), bufio.NewWriterSize(w.pipe, writeBufferBytes)), nil
}

// pipe is the connection under a WebSocket. Its first bytes may have been read
// already; every write has a deadline; and while it is corked, writes are
// gathered, so that many frames are one system call. The library has one reader
// at a time; its writes, and ours, come from several goroutines.
type pipe struct {
	net.Conn
	early []byte // of the reader

	mu       sync.Mutex // guards what follows; held while writing
	deadline time.Time
	held     *[]byte // gathered; nil unless corked
}

//nolint:gochecknoglobals // what corked wires gather in, so that idle ones hold nothing
var corkBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// Read implements net.Conn.
func (c *pipe) Read(b []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(b, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(b) //nolint:wrapcheck // a connection in between
}

// Write implements net.Conn.
func (c *pipe) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.write(b)
	}
	*c.held = append(*c.held, b...)
	if len(*c.held) >= corkBytes {
		if _, err := c.write(*c.held); err != nil {
			return 0, err
		}
		*c.held = (*c.held)[:0]
	}
	return len(b), nil
}

// write writes with a deadline between half of writeTimeout and all of it:
// setting it anew for each write would cost as much as a small write's copy.
func (c *pipe) write(b []byte) (int, error) {
	if now := time.Now(); c.deadline.Sub(now) < writeTimeout/2 {
		c.deadline = now.Add(writeTimeout)
		if err := c.SetWriteDeadline(c.deadline); err != nil {
			return 0, err //nolint:wrapcheck // a connection in between
		}
	}
	return c.Conn.Write(b) //nolint:wrapcheck // likewise
}

// cork gathers writes until uncork.
func (c *pipe) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held, _ = corkBuffers.Get().(*[]byte)
	}
}

// uncork writes what was gathered.
func (c *pipe) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf := c.held
	if buf == nil {
		return nil
	}
	c.held = nil
	var err error
	if len(*buf) > 0 {
		_, err = c.write(*buf)
	}
	if cap(*buf) <= 2*corkBytes {
		*buf = (*buf)[:0]
		corkBuffers.Put(buf)
	}
	return err
}

package web

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
)

// Sizes of a socket's buffers. net/http's are 4 KiB each and most sockets are
// idle: with these, and after the handler has returned, an idle socket costs a
// third. Longer reads and writes pass by them.
const (
	readBufferBytes  = 256
	writeBufferBytes = 512
)

// slimWriter makes the connection that the WebSocket library takes over start
// with small buffers.
type slimWriter struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (w slimWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
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
	if len(early) > 0 {
		conn = &earlyConn{Conn: conn, early: bytes.Clone(early)}
	}
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, readBufferBytes), bufio.NewWriterSize(conn, writeBufferBytes)), nil
}

// earlyConn is a connection whose first bytes have been read already. It has one
// reader at a time, as the WebSocket library promises.
type earlyConn struct {
	net.Conn
	early []byte
}

// Read implements net.Conn.
func (c *earlyConn) Read(b []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(b, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(b) //nolint:wrapcheck // a connection in between
}

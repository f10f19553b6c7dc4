package web_test

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// masked returns one WebSocket frame of a client (RFC 6455, section 5.2).
func masked(opcode byte, fin bool, payload []byte) []byte {
	first := opcode
	if fin {
		first |= 0x80
	}
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	key := make([]byte, 4)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	out = append(out, key...)
	for i, b := range payload {
		out = append(out, b^key[i%4])
	}
	return out
}

const upgrade = "GET /ws/visitor HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: frontdesk.v1.json\r\n\r\n"

// greeted writes pieces to a new connection, one call each, and expects the
// server's hello.
func (h *house) greeted(t *testing.T, pieces ...[]byte) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, p := range pieces {
		if _, err := conn.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %v, %v", res, err)
	}
	_ = res.Body.Close()
	var text strings.Builder
	for !strings.Contains(text.String(), `"hello"`) {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("no hello came: %v; %q", err, text.String())
		}
		text.WriteByte(b)
	}
}

// EXPECTATIONS C, Chat 15: what a client may send is read however it is cut.
func TestChat15TheFirstFrameIsReadHoweverItIsCut(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	hello := []byte(`{"hello":{"token":"` + v.bearer + `"}}`)
	t.Run("in the same segment as the upgrade", func(t *testing.T) {
		t.Parallel()
		h.greeted(t, append([]byte(upgrade), masked(1, true, hello)...))
	})
	t.Run("half in the same segment", func(t *testing.T) {
		t.Parallel()
		whole := append([]byte(upgrade), masked(1, true, hello)...)
		h.greeted(t, whole[:len(upgrade)+9], whole[len(upgrade)+9:])
	})
	t.Run("in fragments of one byte with pings between", func(t *testing.T) {
		t.Parallel()
		pieces := [][]byte{[]byte(upgrade)}
		for i := range hello {
			opcode := byte(0)
			if i == 0 {
				opcode = 1
			}
			pieces = append(pieces, masked(opcode, i == len(hello)-1, hello[i:i+1]))
			if i%50 == 0 {
				pieces = append(pieces, masked(9, true, []byte("ping")))
			}
		}
		h.greeted(t, pieces...)
	})
	t.Run("byte by byte", func(t *testing.T) {
		t.Parallel()
		var pieces [][]byte
		for _, b := range append([]byte(upgrade), masked(1, true, hello)...) {
			pieces = append(pieces, []byte{b})
		}
		h.greeted(t, pieces...)
	})
}

// EXPECTATIONS C, Chat 15: a fragmented message beyond the limit ends its socket, before it is all there.
func TestChat15FragmentsDoNotPassTheLimit(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(upgrade)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	part := []byte(strings.Repeat("x", 1024))
	for i := range 200 { // 200 KiB, never finished
		opcode := byte(0)
		if i == 0 {
			opcode = 1
		}
		if _, err := conn.Write(masked(opcode, false, part)); err != nil {
			break // closed meanwhile
		}
	}
	head := make([]byte, 4)
	if _, err := r.Read(head); err != nil || head[0] != 0x88 || binary.BigEndian.Uint16(head[2:]) != 1009 {
		t.Fatalf("want a close frame 1009, got % x, %v", head, err)
	}
}

// exhausted is a listener whose process has no file descriptors for a while.
type exhausted struct {
	net.Listener

	mu   sync.Mutex
	left int
}

func (e *exhausted) Accept() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left > 0 {
		e.left--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return e.Listener.Accept()
}

// EXPECTATIONS C, Chat 15: a server that has no file descriptors left goes on when there are some.
func TestChat15NoFileDescriptorsForAWhile(t *testing.T) {
	t.Parallel()
	h := open(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := h.server.HTTPServer()
	hs.Handler = h.server.Handler()
	served := make(chan error, 1)
	go func() { served <- hs.Serve(&exhausted{Listener: l, left: 5}) }()
	v := h.visitor()
	h.url = "http://" + l.Addr().String()
	if _, hello := v.visitorWire(); hello.GetConv() != v.conv {
		t.Fatalf("hello %v", hello)
	}
	_ = hs.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

package web_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"frontdesk/web/frame"
)

// BenchmarkIdleSocket measures what one idle visitor socket costs in heap and
// stack. The test's end of each connection is a bare TCP socket, which counts
// too, with some hundred bytes. ns/op says nothing.
// 2 cores AMD EPYC, go1.26.8: 5.3 KB heap, 4.2 KB stack.
func BenchmarkIdleSocket(b *testing.B) {
	h := open(b)
	v := h.visitor()
	measure := func() (heap, stack uint64) {
		for range 5 { // frees what pools kept, and halves a stack each time until it fits
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	const sockets = 1000
	for b.Loop() {
		heap, stack := measure()
		conns := make([]net.Conn, sockets)
		for i := range conns {
			conns[i] = bareSocket(b, h, v.bearer)
		}
		heapAfter, stackAfter := measure()
		b.ReportMetric(float64(heapAfter-heap)/sockets, "heap-B/socket")
		b.ReportMetric(float64(stackAfter-stack)/sockets, "stack-B/socket")
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// bareSocket is a visitor's socket after hello, without a WebSocket library.
func bareSocket(b *testing.B, h *house, token string) net.Conn {
	b.Helper()
	address := strings.TrimPrefix(h.url, "http://")
	conn, err := net.Dial("tcp", address) //nolint:noctx // a benchmark's end
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /ws/visitor HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", address, frame.SubprotocolProto)
	hello, err := proto.Marshal(&frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: &frame.ClientHello{Token: token}}})
	if err != nil {
		b.Fatal(err)
	}
	// In the same breath as the request: the server must not lose what came early. A mask of zeros changes nothing.
	header := []byte{0x82, 0x80 | 126, byte(len(hello) >> 8), byte(len(hello)), 0, 0, 0, 0}
	if _, err := conn.Write(append(header, hello...)); err != nil {
		b.Fatal(err)
	}
	buf, got := make([]byte, 1024), []byte{}
	for !bytes.Contains(got, []byte(":visitor")) && !bytes.Contains(got, []byte("visitor\x12")) { // until the server's hello
		n, err := conn.Read(buf)
		if err != nil {
			b.Fatalf("%v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
	return conn
}

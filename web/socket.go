package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

const (
	// writeTimeout bounds one write to a peer that does not read.
	writeTimeout = 15 * time.Second
	// flushTimeout bounds how long a socket's end waits for what is queued.
	flushTimeout = 2 * time.Second
	// frameTimeout bounds what one frame may take, its database work included.
	frameTimeout = 15 * time.Second
	// compressFrom is the size of frames that are compressed, where that is asked for.
	compressFrom = 1 << 10
	// maxBadFrames is how many unreadable frames a socket may send.
	maxBadFrames = 16
)

// socket is one client's connection. Its goroutine reads frames and answers
// them one after another, messages apart (sends); a writer runs only while
// something waits.
type socket struct {
	server *Server
	kind   string
	format int
	conn   *websocket.Conn
	pipe   *pipe // under conn
	out    outbox
	sends  sends
	slot   int    // in the wheel
	cookie string // agents: the session token of the upgrade request
	addr   string // for rate limits
	pace   pace   // of resume and typing; touched by the frame being handled only

	ctx    context.Context //nolint:containedctx // the socket's own life; the request's is over
	cancel context.CancelFunc
	ending sync.Once
	reason string // why the server ended it; written in ending, read after the end

	mu      sync.Mutex // guards what follows; never held while calling out
	ready   bool       // hello was accepted
	self    identity.Actor
	expires time.Time
	follows map[string]func() // conversation → stop
	left    []func()          // stops of conversations that left the scope; called with the next resume, or at the end
	inbox   func()            // stops the inbox, nil without
	seen    *recent           // rows that came by the inbox
	agent   *agentSide        // nil of a visitor
}

// visitorSocket and agentSocket take a request over as a socket.
func (s *Server) visitorSocket(w http.ResponseWriter, r *http.Request) { s.upgrade(w, r, kindVisitor) }

func (s *Server) agentSocket(w http.ResponseWriter, r *http.Request) { s.upgrade(w, r, kindAgent) }

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, kind string) {
	if s.sockets.full(s.cfg.MaxSockets) {
		s.writeProblem(w, r, errDraining)
		return
	}
	format, err := negotiate(r)
	if err != nil {
		s.writeProblem(w, r, err)
		return
	}
	opts := &websocket.AcceptOptions{
		Subprotocols:    []string{frame.SubprotocolJSON, frame.SubprotocolProto},
		CompressionMode: websocket.CompressionDisabled,
	}
	if s.cfg.Compression { // never with context takeover, which costs 1.2 MB a socket
		opts.CompressionMode, opts.CompressionThreshold = websocket.CompressionNoContextTakeover, compressFrom
	}
	if u, err := url.Parse(s.cfg.PublicURL); err == nil && u.Host != "" {
		opts.OriginPatterns = []string{s.cfg.PublicURL}
	}
	slim := &slimWriter{ResponseWriter: w}
	conn, err := websocket.Accept(slim, r, opts)
	if err != nil { // Accept has answered
		s.log.DebugContext(r.Context(), "upgrade refused", "request_id", requestID(r.Context()), "error", err)
		return
	}
	conn.SetReadLimit(maxFrameBytes)
	c := callerOf(r.Context())
	k := &socket{server: s, kind: kind, format: format, conn: conn, pipe: slim.pipe, cookie: c.cookie, addr: c.address, follows: map[string]func(){}}
	k.out.budget = s.cfg.SocketBudgetBytes
	// Not the request's context: the handler returns now, so that net/http frees the request, its buffers and its stack.
	k.ctx, k.cancel = context.WithCancel(context.Background())
	if !s.sockets.add(k, s.cfg.MaxSockets, k.run) {
		k.cancel()
		_ = conn.Close(closeUnavailable.code, closeUnavailable.reason) // it never was one of ours
	}
}

// negotiate chooses the encoding. A client that names no subprotocol speaks JSON.
func negotiate(r *http.Request) (format int, err error) {
	offered := r.Header.Values("Sec-WebSocket-Protocol")
	if len(offered) == 0 {
		return formatJSON, nil
	}
	for _, known := range []struct {
		name   string
		format int
	}{{frame.SubprotocolJSON, formatJSON}, {frame.SubprotocolProto, formatProto}} {
		for _, list := range offered {
			for name := range strings.SplitSeq(list, ",") {
				if strings.EqualFold(strings.TrimSpace(name), known.name) {
					return known.format, nil
				}
			}
		}
	}
	return 0, fmt.Errorf("%w: subprotocols are %s and %s", errBadRequest, frame.SubprotocolJSON, frame.SubprotocolProto)
}

// run is the socket's goroutine: it reads until the connection ends.
func (k *socket) run() {
	m := k.server.metrics
	m.opened.WithLabelValues(k.kind).Inc()
	m.sockets.WithLabelValues(k.kind).Inc()
	defer func() {
		k.release()
		m.sockets.WithLabelValues(k.kind).Dec()
		m.closed.WithLabelValues(k.kind, k.reason).Inc()
	}()
	defer k.rescue()
	late := time.AfterFunc(k.server.cfg.HelloTimeout, func() {
		if !k.isReady() {
			k.end(closeNoHello)
		}
	})
	defer late.Stop()
	bad := 0
	for {
		f, err := k.read()
		switch {
		case errors.Is(err, errBadFrame):
			if bad++; bad > maxBadFrames {
				k.end(closeBadFrames)
				return
			}
			k.failFor(err, aboutBad(err))
		case errors.Is(err, errMediaType):
			k.end(closeWrongType)
			return
		case err != nil:
			return // the connection is over
		default:
			if m := f.GetSend(); m != nil && k.isReady() {
				k.take(m)
			} else {
				k.handleApart(f)
			}
		}
	}
}

// handleApart handles a frame on a goroutine of its own and waits for it. The
// database driver needs a deep stack, which the reader would keep while it idles:
// measured 8.4 KB a socket instead of 4.2.
func (k *socket) handleApart(f *frame.ClientFrame) {
	done := make(chan struct{})
	k.server.sockets.wg.Go(func() {
		defer close(done)
		defer k.rescue()
		k.handle(f)
	})
	<-done
}

// rescue turns a panic into the end of this socket alone.
func (k *socket) rescue() {
	if v := recover(); v != nil {
		k.server.metrics.panics.Inc()
		k.server.log.Error("panic in a socket", "kind", k.kind, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		k.end(closeInternal)
	}
}

// release gives everything back after the connection ended.
func (k *socket) release() {
	k.server.sockets.remove(k)
	k.ending.Do(func() { // else the server ends it: what is queued and the close frame are still on their way
		k.reason = closedByPeer
		k.out.fail()
		k.cancel()
		_ = k.conn.CloseNow() // usually closed already
	})
	k.mu.Lock()
	stops, left, inbox, online, agent := k.follows, k.left, k.inbox, k.ready && k.kind == kindAgent, k.agent
	k.follows, k.left, k.inbox, k.ready, k.agent = nil, nil, nil, false, nil
	self := k.self
	k.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	for _, stop := range left {
		stop()
	}
	if inbox != nil {
		inbox()
	}
	agent.release()
	switch {
	case !online:
	case k.reason == closeSignedOut.reason:
		k.server.cfg.Presence.SignOut(self)
	default:
		k.server.cfg.Presence.Disconnect(self)
	}
}

//nolint:gochecknoglobals // buffers of frames being read, so that idle sockets hold none
var frameBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads one frame. errBadFrame: it cannot be decoded, the connection is
// fine. errMediaType: a text message on a binary socket, or the reverse.
func (k *socket) read() (*frame.ClientFrame, error) {
	// No context: the end of a socket closes the connection, and that ends the read.
	kind, r, err := k.conn.Reader(context.Background())
	if err != nil {
		return nil, err //nolint:wrapcheck // the connection's end, never shown
	}
	buf, _ := frameBuffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 16<<10 {
			buf.Reset()
			frameBuffers.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(r); err != nil {
		return nil, err //nolint:wrapcheck // likewise
	}
	if kind != k.messageType() {
		return nil, errMediaType
	}
	f, err := decodeFrame(k.format, buf.Bytes())
	k.server.metrics.framesIn.WithLabelValues(frameName(f)).Inc()
	return f, err
}

func frameName(f *frame.ClientFrame) string {
	switch f.GetFrame().(type) {
	case *frame.ClientFrame_Hello:
		return "hello"
	case *frame.ClientFrame_Send:
		return "send"
	case *frame.ClientFrame_Resume:
		return "resume"
	case *frame.ClientFrame_Typing:
		return "typing"
	case *frame.ClientFrame_Mark:
		return "mark"
	case *frame.ClientFrame_Edit:
		return "edit"
	case *frame.ClientFrame_Viewing:
		return "viewing"
	case *frame.ClientFrame_Answer:
		return "answer"
	case *frame.ClientFrame_Presence:
		return "presence"
	}
	return "bad"
}

func (k *socket) messageType() websocket.MessageType {
	if k.format == formatProto {
		return websocket.MessageBinary
	}
	return websocket.MessageText
}

// send queues one frame of our own.
func (k *socket) send(name string, f *frame.ServerFrame) {
	b, err := encodeFrame(k.format, f)
	if err != nil {
		k.server.log.Error("encode frame", "frame", name, "error", err)
		return
	}
	k.push(name, b)
}

// push queues an encoded frame of class A, and closes a socket that is behind.
func (k *socket) push(name string, b []byte) { k.queue(name, b, false) }

// queue is push; with more, another frame follows at once and b may wait for it.
func (k *socket) queue(name string, b []byte, more bool) {
	start, ok := k.out.push(b, more)
	if !ok {
		k.end(closeSlow)
		return
	}
	k.server.metrics.framesOut.WithLabelValues(name).Inc()
	if start {
		k.server.sockets.wg.Go(k.write)
	}
}

// write empties the outbox and ends.
func (k *socket) write() {
	size := 0
	for {
		var batch [][]byte
		if batch, size = k.out.next(size); batch == nil {
			return
		}
		if err := k.writeAll(batch); err != nil {
			k.out.fail()
			_ = k.conn.CloseNow() // ends the reader, which cleans up
			return
		}
		k.server.metrics.bytesOut.Add(float64(size))
	}
}

// writeAll writes frames in as few system calls as they fit in.
func (k *socket) writeAll(batch [][]byte) error {
	k.pipe.cork()
	for _, b := range batch {
		// No context: the pipe sets a deadline, and the end of a socket closes the connection.
		if err := k.conn.Write(context.Background(), k.messageType(), b); err != nil {
			_ = k.pipe.uncork() // the first error counts
			return err          //nolint:wrapcheck // the connection's end, never shown
		}
	}
	return k.pipe.uncork()
}

// end closes the socket with a code, once, after what is queued has been
// written. It returns at once; the reader's goroutine cleans up.
func (k *socket) end(c closing) {
	k.ending.Do(func() {
		k.reason = c.reason
		k.server.log.Debug("socket is closed", "kind", k.kind, "reason", c.reason)
		k.announce(c)
		flushed, start := k.out.finish()
		if start {
			k.server.sockets.wg.Go(k.write)
		}
		k.server.sockets.wg.Go(func() {
			defer k.cancel()
			if !c.abrupt {
				timer := time.NewTimer(flushTimeout)
				defer timer.Stop()
				select {
				case <-flushed:
				case <-timer.C:
				}
			}
			_ = k.conn.Close(c.code, c.reason) // it waits for the peer's answer, a few seconds at most
		})
	})
}

// fail answers a frame with an error.
func (k *socket) fail(err error, conv, cid string) { k.failFor(err, about{conv: conv, cid: cid}) }

func (k *socket) failFor(err error, what about) {
	a, text, retryAfter := explainError(err)
	if a.status >= http.StatusInternalServerError {
		k.server.log.Error("frame failed", "kind", k.kind, "code", a.code, "conversation", what.conv, "error", err)
	}
	if a.status == http.StatusUnauthorized {
		k.server.metrics.authFailures.WithLabelValues(a.code).Inc()
	}
	k.send("error", &frame.ServerFrame{Frame: &frame.ServerFrame_Error{Error: &frame.Error{
		Code: a.frame, Message: text, Conv: what.conv, Cid: what.cid, Offer: what.offer, RetryAfterMs: milliseconds(retryAfter),
	}}})
	if k.kind == kindVisitor && errors.Is(err, identity.ErrTokenInvalid) && k.isReady() { // it was good at the hello
		k.end(closeUnauthenticated)
	}
}

// milliseconds rounds up: too early would be refused again.
func milliseconds(d time.Duration) uint32 {
	return uint32(min(max((d+time.Millisecond-1)/time.Millisecond, 0), 1<<31))
}

func (k *socket) isReady() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready
}

func (k *socket) belongsTo(token string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready && k.kind == kindAgent && k.cookie == token
}

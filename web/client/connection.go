package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"frontdesk/web/frame"
)

// ending says how a connection ended.
type ending struct {
	err     error
	verdict verdict
	settled bool          // hello was received
	lived   time.Duration // since hello
}

// Reasons for which the client itself ends a connection; it returns afterwards.
var (
	errSilent     = errors.New("nothing heard from the server for too long")
	errAckTimeout = errors.New("a message was not answered in time")
	errLoggedOut  = errors.New("the server no longer accepts the credentials")
	errBadFrame   = errors.New("undecodable frame from the server")
)

// lastWords is how long the reader may look for a close frame after a write has failed.
const lastWords = time.Second

// helloResumes bounds the resumes inside one hello, so that it stays a small
// frame; the rest follow as frames of their own.
const helloResumes = 64

// connect runs one connection from dial to end.
//
//nolint:contextcheck // the connection outlives ctx by the time that closing politely takes
func (c *Client) connect(ctx context.Context) ending {
	conn, hello, end := c.dial(ctx)
	if conn == nil {
		c.mu.Lock()
		c.stats.DialErrors++
		c.mu.Unlock()
		return end
	}
	defer conn.ws.CloseNow() //nolint:errcheck // the connection is over; Close below was the polite form
	since := time.Now()
	// One watch for the connection: the library's own, two for each frame, cost a busy client more than its frames.
	unwatch := context.AfterFunc(conn.ctx, func() { _ = conn.ws.CloseNow() })
	defer unwatch()

	// A parent that ends closes politely; reads then fail by the peer's close frame.
	closing := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closing)
		_ = conn.ws.Close(websocket.StatusNormalClosure, "") // the peer may be gone; CloseNow follows
	})
	writerCtx, stopWriter := context.WithCancel(conn.ctx)
	written := make(chan struct{})

	c.begin(hello)
	if c.cfg.Handler.Connected != nil {
		c.cfg.Handler.Connected(hello)
	}
	go func() {
		defer close(written)
		if err := c.write(writerCtx, conn); err != nil && writerCtx.Err() == nil {
			// The reader may be about to learn why, from a close frame that is on its way.
			sleep(writerCtx, lastWords)
			conn.cancel(err)
		}
	}()

	err := c.read(conn)
	conn.cancel(err)
	conn.watch.Stop()
	stopWriter()
	<-written
	if !stop() {
		<-closing
	}
	c.end()
	if c.cfg.Handler.Disconnected != nil {
		c.cfg.Handler.Disconnected(err)
	}
	return ending{err: err, verdict: judgeEnd(err), settled: true, lived: time.Since(since)}
}

// connection is one socket.
type connection struct {
	ws     *websocket.Conn
	ctx    context.Context //nolint:containedctx // ends with the connection, which is shorter than any caller's
	cancel context.CancelCauseFunc
	watch  *time.Timer   // ends the connection when the server is silent
	quiet  time.Duration // how long that is; set once before reading starts
	buf    bytes.Buffer
	enc    Encoding
}

// dial connects and exchanges hellos. On failure conn is nil.
func (c *Client) dial(parent context.Context) (conn *connection, hello *frame.ServerHello, end ending) {
	dialCtx, cancelDial := context.WithTimeout(parent, c.cfg.DialTimeout)
	defer cancelDial()
	c.mu.Lock()
	auth := c.auth
	c.mu.Unlock()

	opts := &websocket.DialOptions{
		HTTPClient:   c.cfg.HTTPClient,
		HTTPHeader:   http.Header{},
		Subprotocols: []string{c.cfg.Encoding.Subprotocol()},
	}
	if c.cfg.Role == Agent && auth.Cookie != "" {
		opts.HTTPHeader.Set("Cookie", auth.Cookie)
	}
	// Not the parent: its end must leave time for a close frame.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	conn = &connection{ctx: ctx, cancel: cancel, enc: c.cfg.Encoding, quiet: c.cfg.DialTimeout}
	conn.watch = time.AfterFunc(c.cfg.DialTimeout, func() { cancel(errSilent) })
	opts.OnPingReceived = func(context.Context, []byte) bool {
		conn.watch.Reset(conn.quiet)
		return true
	}
	fail := func(err error, v verdict) (*connection, *frame.ServerHello, ending) {
		conn.watch.Stop()
		cancel(err)
		if conn.ws != nil {
			_ = conn.ws.CloseNow() // nothing to add to err
		}
		return nil, nil, ending{err: err, verdict: v}
	}
	ws, res, err := websocket.Dial(dialCtx, "ws"+strings.TrimPrefix(c.cfg.URL, "http")+"/ws/"+string(c.cfg.Role), opts) //nolint:bodyclose // coder/websocket: never needed
	if err != nil {
		return fail(fmt.Errorf("dial: %w", err), judgeDial(res))
	}
	conn.ws = ws
	ws.SetReadLimit(c.cfg.MaxFrameBytes)
	if ws.Subprotocol() != c.cfg.Encoding.Subprotocol() {
		return fail(fmt.Errorf("%w: server does not speak %s", errBadFrame, c.cfg.Encoding.Subprotocol()), verdict{})
	}

	first, rest := c.hello(auth)
	if err := conn.writeFrame(dialCtx, first); err != nil {
		return fail(fmt.Errorf("writing hello: %w", err), judgeClose(err))
	}
	f, err := conn.readFrame(dialCtx)
	if err != nil {
		return fail(fmt.Errorf("reading hello: %w", err), judgeEnd(err))
	}
	if e := f.GetError(); e != nil {
		err := &RefusedError{Code: e.Code, Message: e.Message}
		return fail(fmt.Errorf("hello: %w", err), judgeHello(e))
	}
	hello = f.GetHello()
	if hello == nil {
		return fail(fmt.Errorf("%w: first frame is no hello", errBadFrame), verdict{})
	}
	conn.quiet = silence(hello)
	conn.watch.Reset(conn.quiet)
	for _, f := range rest {
		if err := conn.writeFrame(dialCtx, f); err != nil {
			return fail(fmt.Errorf("writing resume: %w", err), judgeClose(err))
		}
	}
	return conn, hello, ending{}
}

// judgeHello maps an error that answers hello to a verdict: a server that is
// busy or broken may be asked again, one that means what it says may not.
func judgeHello(e *frame.Error) verdict {
	switch e.Code {
	case "unauthenticated":
		return verdict{retry: true, unauthenticated: true}
	case "overloaded", "unavailable", "internal":
		return verdict{retry: true, floor: time.Duration(e.RetryAfterMs) * time.Millisecond}
	}
	return verdict{}
}

// silence is how long the server may say nothing: it pings each ping_s, and
// one ping may be lost in a stall.
func silence(h *frame.ServerHello) time.Duration {
	if h.PingS == 0 {
		return 2 * time.Minute
	}
	return 2*time.Duration(h.PingS)*time.Second + 5*time.Second
}

// hello builds the first frame, and the resumes that did not fit in.
func (c *Client) hello(auth Auth) (*frame.ClientFrame, []*frame.ClientFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &frame.ClientHello{LogEpoch: c.logEpoch}
	if c.cfg.Role == Visitor {
		h.Token = auth.Token
	} else {
		h.Csrf = auth.CSRF
	}
	if c.cfg.Inbox {
		h.Resume = append(h.Resume, &frame.Resume{Inbox: true})
	}
	var rest []*frame.ClientFrame
	for conv, s := range c.streams {
		r := &frame.Resume{Conv: conv, AfterSeq: s.ask()}
		s.fruitless = 0
		if len(h.Resume) < helloResumes {
			h.Resume = append(h.Resume, r)
			continue
		}
		rest = append(rest, &frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: r}})
	}
	return &frame.ClientFrame{Frame: &frame.ClientFrame_Hello{Hello: h}}, rest
}

// begin takes note of the server's hello. When the log is another one, every
// conversation starts again.
func (c *Client) begin(h *frame.ServerHello) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.online = true
	c.stats.Connects++
	c.control = nil
	c.typing, c.said = 0, 0
	reset := c.logEpoch != "" && c.logEpoch != h.LogEpoch
	c.logEpoch = h.LogEpoch
	c.dropOutdated()
	if reset {
		c.restart()
	}
	c.tellAgain()
	if h.Conv != "" {
		if s, err := c.track(h.Conv, 0); err == nil && s != nil {
			c.resume(h.Conv, s)
		}
	}
	// Follow and Enqueue may have been called between hello's building and now.
	for conv, s := range c.streams {
		c.resume(conv, s)
	}
	c.signal()
}

// dropOutdated refuses the edits that were made to rows of another log: their
// numbers mean something else now. The caller holds mu, which is released while
// the caller of the client is told.
func (c *Client) dropOutdated() {
	for _, e := range c.outbox.outdated(c.logEpoch) {
		conv, _ := addressOf(e.frame)
		c.settle(e.cid)
		c.mu.Unlock()
		c.refuse(e, &frame.Error{Code: "stale", Message: "the log is another one", Conv: conv, Cid: e.cid})
		c.mu.Lock()
	}
}

// refuse tells whoever waits for a message that it will not be stored.
func (c *Client) refuse(e *entry, why *frame.Error) {
	if e.done != nil {
		e.done <- result{err: &RefusedError{Code: why.Code, Message: why.Message}}
	}
	call(c.cfg.Handler.Refused, why)
}

// restart begins every conversation again, because the server's log is another
// one than the client has shown. The caller holds mu, which is released while
// the caller of the client is told.
func (c *Client) restart() {
	clear(c.marks)
	clear(c.risen)
	for conv, s := range c.streams {
		s.reset()
		c.resume(conv, s)
	}
	if c.cfg.Handler.Reset == nil {
		return
	}
	// On the reading goroutine, and so before any row of the new log.
	epoch := c.logEpoch
	c.mu.Unlock()
	defer c.mu.Lock()
	c.cfg.Handler.Reset(epoch)
}

// end rewinds what had no answer.
func (c *Client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.online = false
	c.stats.Disconnects++
	c.stats.Resends += c.outbox.rewind()
	clear(c.deferred)
	for _, s := range c.streams {
		s.resuming = false
	}
}

// write sends what waits until ctx ends or a write fails.
func (c *Client) write(ctx context.Context, conn *connection) error {
	unwatched := context.WithoutCancel(ctx) // connect watches
	check := c.cfg.AckTimeout / 4
	next := time.NewTimer(check)
	defer next.Stop()
	for {
		now := time.Now()
		c.mu.Lock()
		e, wait := c.outbox.take(now)
		wait = c.tellMarks(now, c.repeatResumes(now, wait))
		control := c.control
		c.control = nil
		c.typing, c.said = 0, 0
		overdue := e == nil && c.overdue(now)
		c.mu.Unlock()
		if overdue {
			return errAckTimeout
		}
		for _, f := range control {
			if err := conn.writeFrame(unwatched, f); err != nil {
				return err
			}
		}
		if e != nil {
			if err := conn.writeFrame(unwatched, e.frame); err != nil {
				return err
			}
			continue
		}
		if wait == 0 || wait > check {
			wait = check
		}
		next.Reset(wait)
		select {
		case <-c.wake:
		case <-next.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// repeatResumes queues the resumes whose pause has passed and returns the
// shorter of wait (0: none) and the time until the next one. The caller holds mu.
func (c *Client) repeatResumes(now time.Time, wait time.Duration) time.Duration {
	for conv, at := range c.deferred {
		if d := at.Sub(now); d > 0 {
			if wait == 0 || d < wait {
				wait = d
			}
			continue
		}
		delete(c.deferred, conv)
		if s := c.streams[conv]; s != nil {
			s.resuming = false
			c.resume(conv, s)
		}
	}
	return wait
}

// overdue reports whether an answer is missing for too long. The caller holds mu.
func (c *Client) overdue(now time.Time) bool {
	oldest := c.outbox.oldest()
	return !oldest.IsZero() && now.Sub(oldest) > c.cfg.AckTimeout
}

// read handles frames until the connection ends.
func (c *Client) read(conn *connection) error {
	unwatched := context.WithoutCancel(conn.ctx) // connect watches
	for {
		f, err := conn.readFrame(unwatched)
		if err != nil {
			if cause := context.Cause(conn.ctx); cause != nil && websocket.CloseStatus(err) == -1 {
				return cause
			}
			return err
		}
		conn.watch.Reset(conn.quiet)
		if err := c.handle(f); err != nil {
			return err
		}
	}
}

func (conn *connection) writeFrame(ctx context.Context, f *frame.ClientFrame) error {
	b, err := conn.enc.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	if err := conn.ws.Write(ctx, conn.enc.MessageType(), b); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

func (conn *connection) readFrame(ctx context.Context) (*frame.ServerFrame, error) {
	typ, r, err := conn.ws.Reader(ctx)
	if err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	conn.buf.Reset()
	if _, err := io.Copy(&conn.buf, r); err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	if typ != conn.enc.MessageType() {
		return nil, fmt.Errorf("%w: %s message", errBadFrame, typ)
	}
	f := &frame.ServerFrame{}
	if err := conn.enc.Unmarshal(conn.buf.Bytes(), f); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadFrame, err)
	}
	return f, nil
}

// judgeEnd is judgeClose, and knows the client's own reasons: all of them may heal.
func judgeEnd(err error) verdict {
	if errors.Is(err, errBadFrame) {
		// A server that speaks another language may be one that is being replaced; do not hammer it.
		return verdict{retry: true, floor: time.Second}
	}
	if errors.Is(err, errLoggedOut) {
		return verdict{unauthenticated: true}
	}
	return judgeClose(err)
}

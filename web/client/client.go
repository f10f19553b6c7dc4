package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"frontdesk/web/frame"
)

// Stats counts what a client has been through since it was made.
type Stats struct {
	Connects    int // hellos received
	Disconnects int // connections that ended after their hello
	DialErrors  int // attempts that ended before it
	Resends     int // messages that were under way when a connection ended, and so went out again
	Deferred    int // times the server asked to send a message later
	Delivered   int // rows handed to Handler.Event
	Repeats     int // rows dropped because they were delivered before, resumes included
	Doubled     int // rows dropped because the server sent them again outside a resume
	Holes       int // times a row arrived before one that was missing
	Untracked   int // inbox rows delivered without order checks because MaxConversations was reached
}

// Client is one visitor's or agent's connection that outlives its sockets.
// Its methods are safe for concurrent use.
type Client struct {
	cfg  Config
	wake chan struct{} // capacity 1: there is something to write

	mu       sync.Mutex // guards everything below
	auth     Auth
	outbox   *outbox
	streams  map[string]*stream
	logEpoch string
	deferred map[string]time.Time // resumes the server asked to repeat later
	marks    map[string]*mark     // how far each conversation is here
	risen    map[string]*mark     // of marks: to be told
	views    map[string]bool      // conversations on the screen
	journal  *journal             // nil: the outbox lives as long as the client
	control  []*frame.ClientFrame // what is for the present connection; see queueControl
	typing   int                  // how many of control are typing
	said     int                  // how many of control are answers and presences
	pause    time.Duration        // what the server asked for before it closed the connection
	online   bool                 // between hello and the end of the connection
	closed   bool                 // Run has ended
	stats    Stats
}

// New makes a client. Nothing happens before [Client.Run].
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	c := &Client{
		cfg:     cfg,
		wake:    make(chan struct{}, 1),
		auth:    cfg.Auth,
		outbox:  newOutbox(cfg.OutboxMax, cfg.Window, cfg.Flight),
		streams: map[string]*stream{},

		deferred: map[string]time.Time{},
		marks:    map[string]*mark{},
		risen:    map[string]*mark{},
		views:    map[string]bool{},
	}
	if cfg.OutboxFile == "" {
		return c, nil
	}
	j, all, err := openJournal(cfg.OutboxFile)
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	c.journal = j
	for _, k := range all {
		e, _, err := c.outbox.add(k.frame)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("new client: outbox file holds more than OutboxMax: %w", err), j.close())
		}
		e.epoch = k.epoch
	}
	return c, nil
}

// NewCID returns a fresh UUIDv7 for a message. It fails only when the system
// has no random source.
func NewCID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make cid: %w", err)
	}
	return id.String(), nil
}

// Message is what a person sends.
type Message struct {
	Conv    string // conversation id; required
	CID     string // UUIDv7; made by the client when empty
	Content string
	Type    string // "" or "text"; agents also "note"
	Button  string // visitors: the pressed button's id

	Suggestion string   // agents: the suggested reply that it was made of
	Mentions   []string // agents' notes: ids of the colleagues it mentions
	BaseSeq    uint32   // agents: the last seq seen; a newer reply of another agent refuses it ("stale"). 0: no check
}

// Edit changes or removes an own message.
type Edit struct {
	Conv    string // required
	CID     string // UUIDv7 of this change; made by the client when empty
	Seq     uint32 // the message; required
	Content string // the new text
	Remove  bool   // instead: no text any more. Visitors can only remove
}

// Enqueue puts a message into the outbox and returns its cid at once; the
// answer comes through Handler.Acked or Handler.Refused. The message survives
// any number of connections. Errors: ErrOutboxFull, ErrClosed, ErrInvalid.
func (c *Client) Enqueue(m Message) (cid string, err error) {
	return c.enqueue(m.frame, m.CID, nil)
}

// EnqueueEdit is Enqueue for a change of an own message: it stays in the outbox
// until it is answered, unless the server's log becomes another one.
func (c *Client) EnqueueEdit(e Edit) (cid string, err error) {
	if e.Seq == 0 {
		return "", fmt.Errorf("%w: edit without seq", ErrInvalid)
	}
	return c.enqueue(e.frame, e.CID, nil)
}

func (m Message) frame(cid string) *frame.ClientFrame {
	return &frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{
		Conv: m.Conv, Cid: cid, Content: m.Content, Type: m.Type, Button: m.Button, Suggestion: m.Suggestion,
		Mentions: m.Mentions, BaseSeq: m.BaseSeq,
	}}}
}

func (e Edit) frame(cid string) *frame.ClientFrame {
	return &frame.ClientFrame{Frame: &frame.ClientFrame_Edit{Edit: &frame.Edit{
		Conv: e.Conv, Cid: cid, Seq: e.Seq, Content: e.Content, Remove: e.Remove,
	}}}
}

// Send enqueues a message and waits for its answer. When ctx ends first, the
// message stays in the outbox. A refusal is a [*RefusedError].
func (c *Client) Send(ctx context.Context, m Message) (*frame.Ack, error) {
	return c.await(ctx, m.frame, m.CID)
}

// SendEdit is Send for a change of an own message.
func (c *Client) SendEdit(ctx context.Context, e Edit) (*frame.Ack, error) {
	if e.Seq == 0 {
		return nil, fmt.Errorf("%w: edit without seq", ErrInvalid)
	}
	return c.await(ctx, e.frame, e.CID)
}

func (c *Client) await(ctx context.Context, f func(cid string) *frame.ClientFrame, cid string) (*frame.Ack, error) {
	done := make(chan result, 1)
	if _, err := c.enqueue(f, cid, done); err != nil {
		return nil, err
	}
	select {
	case r := <-done:
		return r.ack, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the acknowledgement: %w", context.Cause(ctx))
	}
}

// RefusedError says that the server will not store a message.
type RefusedError struct {
	Code    string // as in frame.Error
	Message string
}

// Error returns the server's code and message.
func (e *RefusedError) Error() string {
	return "message refused: " + e.Code + ": " + e.Message
}

func (c *Client) enqueue(build func(cid string) *frame.ClientFrame, cid string, done chan result) (string, error) {
	if cid == "" {
		fresh, err := NewCID()
		if err != nil {
			return "", err
		}
		cid = fresh
	}
	f := build(cid)
	if conv, _ := addressOf(f); conv == "" {
		return "", fmt.Errorf("%w: message without conversation", ErrInvalid)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return "", ErrClosed
	}
	e, fresh, err := c.outbox.add(f)
	if err != nil {
		return "", err
	}
	if fresh {
		e.epoch = c.logEpoch
		if c.journal != nil {
			if err := c.journal.take(kept{frame: f, epoch: e.epoch}); err != nil {
				c.outbox.settle(cid) // what may be lost with the process was not taken
				return "", err
			}
		}
	}
	if done != nil {
		if e.done != nil {
			return "", fmt.Errorf("%w: cid %s is being sent already", ErrInvalid, cid)
		}
		e.done = done
	}
	c.signal()
	return cid, nil
}

// settle takes an answered message out of the outbox and its file. The caller holds mu.
func (c *Client) settle(cid string) *entry {
	e := c.outbox.settle(cid)
	if e == nil || c.journal == nil {
		return e
	}
	if err := c.journal.settle(cid, c.outbox.kept); err != nil {
		// It may be sent once more by the next process; its cid makes that harmless.
		c.cfg.Logger.Warn("an answer is not noted in the outbox file", "error", err)
	}
	return e
}

// Waiting returns how many messages have no answer yet.
func (c *Client) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.outbox.byCID)
}

// Follow asks for every row of a conversation after a seq and then for the
// live ones, now and after each reconnection. Following again changes nothing.
// Errors: ErrTooManyConversations, ErrClosed.
func (c *Client) Follow(conv string, after uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.track(conv, after)
	if err != nil || s == nil {
		return err
	}
	c.resume(conv, s)
	return nil
}

// Expect tells an agent's client that a conversation covered by its inbox
// exists and that its rows up to after are known. Unlike Follow it asks the
// server for nothing now; after a hole or a new connection the conversation is
// resumed like a followed one. Errors: ErrTooManyConversations, ErrClosed.
func (c *Client) Expect(conv string, after uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.track(conv, after)
	return err
}

// Unfollow forgets a conversation's position. The server goes on sending its
// rows until the connection ends; they are delivered without order checks only
// for an inbox and dropped otherwise.
func (c *Client) Unfollow(conv string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, conv)
}

// track returns the new stream of a conversation, nil if there is one already. The caller holds mu.
func (c *Client) track(conv string, after uint32) (*stream, error) {
	if conv == "" {
		return nil, fmt.Errorf("%w: empty conversation", ErrInvalid)
	}
	if c.closed {
		return nil, ErrClosed
	}
	if c.streams[conv] != nil {
		return nil, nil
	}
	if len(c.streams) >= c.cfg.MaxConversations {
		return nil, ErrTooManyConversations
	}
	s := &stream{last: after, seen: after}
	c.streams[conv] = s
	return s, nil
}

// Typing tells the others that this client types or has stopped. It is dropped
// when there is no connection or many such signals wait already.
func (c *Client) Typing(conv string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.online || c.typing >= maxTyping {
		return
	}
	c.typing++
	c.queueControl(&frame.ClientFrame{Frame: &frame.ClientFrame_Typing{Typing: &frame.Typing{Conv: conv, On: on}}})
}

// Stats returns the counters.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Online reports whether the server has said hello on the present connection.
func (c *Client) Online() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.online
}

// Run keeps the client connected until ctx ends (then it returns nil) or the
// server forbids to return (ErrRejected, ErrUnauthenticated). Messages without
// an answer then fail with ErrClosed; with Config.OutboxFile they stay in the file,
// and the next client that is given it sends them. It must be called once.
func (c *Client) Run(ctx context.Context) error {
	defer c.close()
	pause := backoff{min: c.cfg.BackoffMin, max: c.cfg.BackoffMax}
	refreshed := false
	for {
		end := c.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if end.settled {
			refreshed = false
		}
		if end.lived >= settledAfter {
			pause.reset()
		}
		c.cfg.Logger.DebugContext(ctx, "connection ended", "role", c.cfg.Role, "error", end.err)
		if end.verdict.unauthenticated {
			if c.cfg.Refresh == nil || refreshed {
				return fmt.Errorf("%w: %w", ErrUnauthenticated, end.err)
			}
			refreshed = true
			auth, err := c.cfg.Refresh()
			if err != nil {
				return fmt.Errorf("%w: refreshing: %w", ErrUnauthenticated, err)
			}
			c.mu.Lock()
			c.auth = auth
			c.mu.Unlock()
		} else if !end.verdict.retry {
			return fmt.Errorf("%w: %w", ErrRejected, end.err)
		}
		if !sleep(ctx, pause.next(max(end.verdict.floor, c.asked()))) {
			return nil
		}
	}
}

// asked returns, once, the pause that the server asked for.
func (c *Client) asked() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.pause
	c.pause = 0
	return d
}

func (c *Client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.journal != nil {
		if err := c.journal.close(); err != nil {
			c.cfg.Logger.Warn("the outbox file cannot be closed", "error", err)
		}
	}
	for _, e := range c.outbox.byCID {
		if e.done != nil {
			e.done <- result{err: ErrClosed}
		}
	}
	if t, ok := c.cfg.HTTPClient.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// signal wakes the writer; one pending signal is enough.
func (c *Client) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// settledAfter is how long a connection must have lived for the next
// interruption to count as a new one; a server that says hello and hangs up
// must not be dialed at the shortest pause for ever.
const settledAfter = time.Second

// maxTyping bounds the typing signals that wait for the writer; more are dropped.
const maxTyping = 8

// queueControl hands a frame to the writer. The queue is bounded by maxTyping,
// maxSaid and maxViews, and by one resume and one watermark for each
// conversation. The caller holds mu.
func (c *Client) queueControl(f *frame.ClientFrame) {
	c.control = append(c.control, f)
	c.signal()
}

// resume queues a Resume for a stream unless one is under way or there is no
// connection (then hello asks). The caller holds mu.
func (c *Client) resume(conv string, s *stream) {
	if !c.online || s.resuming {
		return
	}
	c.queueControl(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Conv: conv, AfterSeq: s.ask()}}})
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// errBehind: the server says that there is more but does not send it.
var errBehind = errors.New("resumes bring nothing although the server has more")

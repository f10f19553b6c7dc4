package client

import (
	"time"

	"frontdesk/web/frame"
)

// handle acts on one frame. An error ends the connection.
func (c *Client) handle(f *frame.ServerFrame) error {
	switch f := f.Frame.(type) {
	case *frame.ServerFrame_Event:
		return c.onEvent(f.Event)
	case *frame.ServerFrame_Ack:
		c.onAck(f.Ack)
	case *frame.ServerFrame_Resumed:
		return c.onResumed(f.Resumed)
	case *frame.ServerFrame_Error:
		return c.onError(f.Error)
	}
	c.onSignal(f) // frames that this version does not know are tolerated
	return nil
}

func (c *Client) onEvent(ev *frame.Event) error {
	c.mu.Lock()
	s := c.streams[ev.Conv]
	if s == nil {
		s = c.adopt(ev)
		if s == nil {
			deliver := c.cfg.Inbox
			if deliver {
				c.stats.Untracked++
				c.stats.Delivered++
			}
			c.mu.Unlock()
			if deliver && c.cfg.Handler.Event != nil {
				c.cfg.Handler.Event(ev)
			}
			return nil
		}
	}
	at := s.accept(ev.Seq)
	switch at {
	case placeNext:
		c.stats.Delivered++
		if c.cfg.Delivered {
			c.raise(ev.Conv, ev.Seq, 0)
		}
	case placeOld:
		c.stats.Repeats++
		if !s.resuming {
			c.stats.Doubled++
		}
	case placeHole:
		if !s.resuming {
			c.stats.Holes++
			c.resume(ev.Conv, s)
		}
	}
	c.mu.Unlock()
	if at == placeNext && c.cfg.Handler.Event != nil {
		c.cfg.Handler.Event(ev)
	}
	return nil
}

// adopt starts a stream for a conversation that the client did not know: a
// visitor's from its first row, an inbox's from the row at hand, unless that
// is the first. Nil: not tracked. The caller holds mu.
func (c *Client) adopt(ev *frame.Event) *stream {
	if c.cfg.Role == Agent && !c.cfg.Inbox {
		return nil // unfollowed meanwhile
	}
	after := uint32(0)
	if c.cfg.Inbox && ev.Seq > 0 {
		after = ev.Seq - 1
	}
	s, err := c.track(ev.Conv, after)
	if err != nil {
		return nil
	}
	return s
}

func (c *Client) onAck(a *frame.Ack) {
	c.mu.Lock()
	e := c.settle(a.Cid)
	if e == nil {
		c.mu.Unlock()
		return // the second answer to a message that went out twice
	}
	conv := a.Conv
	if a.MovedTo != "" {
		conv = a.MovedTo
		// The visitor's conversation goes on elsewhere: follow it from its beginning.
		if s, err := c.track(conv, 0); err == nil && s != nil {
			c.resume(conv, s)
		}
	}
	if s := c.streams[conv]; s != nil {
		s.seen = max(s.seen, a.Seq)
	}
	c.signal()
	c.mu.Unlock()
	if e.done != nil {
		e.done <- result{ack: a}
	}
	if c.cfg.Handler.Acked != nil {
		c.cfg.Handler.Acked(a)
	}
}

func (c *Client) onResumed(r *frame.Resumed) error {
	if r.Inbox {
		return nil
	}
	complete, err := c.endResume(r)
	if !complete {
		return err
	}
	for _, m := range r.Marks {
		m.Conv = r.Conv
		call(c.cfg.Handler.Mark, m)
	}
	call(c.cfg.Handler.Resumed, r)
	return nil
}

// endResume reports whether everything up to the resume's end is here; if not,
// it asks again.
func (c *Client) endResume(r *frame.Resumed) (complete bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[r.Conv]
	if s == nil {
		return false, nil
	}
	if s.behind(r.LastSeq) {
		c.restart()
		return false, nil
	}
	if !s.resumed(r.LastSeq) {
		return true, nil
	}
	if s.fruitless > maxFruitless {
		return false, errBehind
	}
	c.resume(r.Conv, s)
	return false, nil
}

func (c *Client) onError(e *frame.Error) error {
	retry := time.Duration(e.RetryAfterMs) * time.Millisecond
	c.mu.Lock()
	if e.Cid != "" {
		if retry > 0 && c.outbox.postpone(e.Cid, time.Now().Add(retry)) {
			c.stats.Deferred++
			c.signal()
			c.mu.Unlock()
			return nil
		}
		sent := c.settle(e.Cid)
		c.signal()
		c.mu.Unlock()
		if sent != nil {
			c.refuse(sent, e)
		}
		return nil
	}
	if e.Conv == "" && e.Offer == "" && retry > 0 { // the server is going away: it asks for a pause
		c.pause = min(retry, time.Minute)
	}
	if s := c.streams[e.Conv]; s != nil && s.resuming {
		if retry > 0 {
			c.deferred[e.Conv] = time.Now().Add(retry)
			c.signal()
		} else {
			// The resume was refused for good; other errors of the conversation leave it as it is.
			delete(c.streams, e.Conv)
		}
	}
	c.mu.Unlock()
	if c.cfg.Handler.Problem != nil {
		c.cfg.Handler.Problem(e)
	}
	if e.Code == "unauthenticated" {
		return errLoggedOut
	}
	return nil
}

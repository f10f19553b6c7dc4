package client

import (
	"fmt"
	"time"

	"frontdesk/web/frame"
)

// markEvery is how often a conversation's watermark is told at most.
const markEvery = 500 * time.Millisecond

// mark is how far this client, and its person, have a conversation.
type mark struct {
	delivered, read uint32
	told            frame.Watermark // what the server was told on this connection
	due             time.Time       // not to be told before; zero: at once
}

// Mark tells the others how far this client has a conversation (delivered) and
// how far the person has seen it (read). Both only rise. It is told when there is
// a connection, at most twice a second for a conversation, and again after each
// reconnection. With Config.Delivered the first is told by itself.
func (c *Client) Mark(conv string, delivered, read uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raise(conv, max(delivered, read), read)
}

// raise notes a watermark. The caller holds mu.
func (c *Client) raise(conv string, delivered, read uint32) {
	m := c.marks[conv]
	if m == nil {
		if conv == "" || len(c.marks) >= c.cfg.MaxConversations {
			return
		}
		m = &mark{}
		c.marks[conv] = m
	}
	if delivered <= m.delivered && read <= m.read {
		return
	}
	m.delivered, m.read = max(m.delivered, delivered), max(m.read, read)
	c.risen[conv] = m
	c.signal()
}

// tellMarks queues the watermarks that are due and returns the shorter of wait
// (0: none) and the time until the next is. The caller holds mu.
func (c *Client) tellMarks(now time.Time, wait time.Duration) time.Duration {
	for conv, m := range c.risen {
		if d := m.due.Sub(now); d > 0 {
			if wait == 0 || d < wait {
				wait = d
			}
			continue
		}
		delete(c.risen, conv)
		if m.told.Delivered == m.delivered && m.told.Read == m.read {
			continue
		}
		m.told.Delivered, m.told.Read, m.due = m.delivered, m.read, now.Add(markEvery)
		c.control = append(c.control, &frame.ClientFrame{Frame: &frame.ClientFrame_Mark{Mark: &frame.Watermark{
			Conv: conv, Delivered: m.delivered, Read: m.read,
		}}})
	}
	return wait
}

// tellAgain makes due what a new connection must hear: watermarks, which the
// server may have lost, and what is on the screen, which it forgot. The caller
// holds mu.
func (c *Client) tellAgain() {
	for conv, m := range c.marks {
		m.told.Delivered, m.told.Read, m.due = 0, 0, time.Time{}
		c.risen[conv] = m
	}
	for conv := range c.views {
		c.queueControl(viewing(conv, true))
	}
}

// Viewing tells an agent's colleagues that the conversation is on this screen, or
// no longer; it is told again after each reconnection.
func (c *Client) Viewing(conv string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on == c.views[conv] {
		return
	}
	if on {
		if len(c.views) >= maxViews {
			return
		}
		c.views[conv] = true
	} else {
		delete(c.views, conv)
	}
	if c.online {
		c.queueControl(viewing(conv, on))
	}
}

// maxViews bounds what one client has on its screen; the server's limit.
const maxViews = 50

func viewing(conv string, on bool) *frame.ClientFrame {
	return &frame.ClientFrame{Frame: &frame.ClientFrame_Viewing{Viewing: &frame.Viewing{Conv: conv, On: on}}}
}

// Answer takes or declines an offer of the router. The answer comes by
// Handler.OfferEnd or Handler.Problem. ErrOffline without a connection: offers
// that are still open come again with the next one.
func (c *Client) Answer(offer string, accept bool) error {
	return c.say(&frame.ClientFrame{Frame: &frame.ClientFrame_Answer{Answer: &frame.Answer{Offer: offer, Accept: accept}}})
}

// SetPresence says whether the agent is there: "online", "away", "invisible" or
// "offline", with a reason for colleagues. The answer comes by Handler.Presence
// or Handler.Problem. ErrOffline without a connection.
func (c *Client) SetPresence(presence, reason string) error {
	return c.say(&frame.ClientFrame{Frame: &frame.ClientFrame_Presence{Presence: &frame.SetPresence{Presence: presence, Reason: reason}}})
}

// maxSaid bounds the answers and presences that wait for the writer.
const maxSaid = 64

// say hands a frame that is only good for the present connection to the writer.
func (c *Client) say(f *frame.ClientFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case !c.online:
		return ErrOffline
	case c.said >= maxSaid:
		return fmt.Errorf("%w: %d frames wait to be written", ErrOffline, c.said)
	}
	c.said++
	c.queueControl(f)
	return nil
}

// onSignal hands a frame of class B to the caller of the client.
func (c *Client) onSignal(f *frame.ServerFrame) {
	h := &c.cfg.Handler
	switch f := f.Frame.(type) {
	case *frame.ServerFrame_Typing:
		call(h.Typing, f.Typing)
	case *frame.ServerFrame_Mark:
		call(h.Mark, f.Mark)
	case *frame.ServerFrame_Queue:
		call(h.Queue, f.Queue)
	case *frame.ServerFrame_Viewing:
		call(h.Viewing, f.Viewing)
	case *frame.ServerFrame_Offer:
		call(h.Offer, f.Offer)
	case *frame.ServerFrame_OfferEnd:
		call(h.OfferEnd, f.OfferEnd)
	case *frame.ServerFrame_Presence:
		call(h.Presence, f.Presence)
	case *frame.ServerFrame_Gone:
		c.Unfollow(f.Gone.GetConv())
		call(h.Gone, f.Gone)
	}
}

func call[T any](f func(T), v T) {
	if f != nil {
		f(v)
	}
}

package web

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

// signalFrame returns a signal as it goes over the wire; nil for one that is no
// client's.
func signalFrame(s *chat.Signal) *frame.ServerFrame {
	switch {
	case s.Typing != nil:
		return &frame.ServerFrame{Frame: &frame.ServerFrame_Typing{Typing: &frame.Typing{
			Conv: s.Typing.Conversation, Author: authorOf(s.Typing.Author), On: s.Typing.On,
		}}}
	case s.Mark != nil:
		return &frame.ServerFrame{Frame: &frame.ServerFrame_Mark{Mark: &frame.Watermark{
			Conv: s.Mark.Conversation, Author: authorOf(s.Mark.Author), Delivered: s.Mark.Delivered, Read: s.Mark.Read,
		}}}
	case s.Viewing != nil:
		return viewingFrame(s.Viewing.Conversation, s.Viewing.Agents)
	case s.Presence != nil:
		p := s.Presence
		return &frame.ServerFrame{Frame: &frame.ServerFrame_Presence{Presence: &frame.Presence{
			Agent: authorOf(p.Agent), Presence: p.Presence, Active: count32(p.Active), Cap: count32(p.Cap), Reason: p.Reason,
		}}}
	case s.Queue != nil:
		q := s.Queue
		return &frame.ServerFrame{Frame: &frame.ServerFrame_Queue{Queue: &frame.Queue{
			Conv: q.Conversation, Position: count32(q.Position), Waiting: count32(q.Waiting), ExpectedWaitS: wholeSeconds(q.Expected),
		}}}
	case s.Offer != nil:
		return offerFrame(s.Offer)
	case s.OfferEnd != nil:
		return &frame.ServerFrame{Frame: &frame.ServerFrame_OfferEnd{OfferEnd: &frame.OfferEnd{
			Id: s.OfferEnd.ID, Conv: s.OfferEnd.Conversation, Result: s.OfferEnd.Result,
		}}}
	case s.Gone != nil:
		return &frame.ServerFrame{Frame: &frame.ServerFrame_Gone{Gone: &frame.Gone{Conv: s.Gone.Conversation, Reason: s.Gone.Reason}}}
	}
	return nil
}

func viewingFrame(conv string, agents []chat.Author) *frame.ServerFrame {
	v := &frame.Viewing{Conv: conv}
	for _, a := range agents {
		v.Agents = append(v.Agents, authorOf(a))
	}
	return &frame.ServerFrame{Frame: &frame.ServerFrame_Viewing{Viewing: v}}
}

func offerFrame(o *chat.OfferSignal) *frame.ServerFrame {
	return &frame.ServerFrame{Frame: &frame.ServerFrame_Offer{Offer: &frame.Offer{
		Id: o.ID, Conv: o.Conversation, ContactName: o.ContactName, LastMessage: o.LastMessage, Skills: o.Skills,
		Expires: timestamppb.New(o.Expires), Reason: o.Reason, ExpiresInMs: milliseconds(o.Left),
	}}}
}

func count32(n int) uint32 { return uint32(min(max(n, 0), 1<<31-1)) }

// wholeSeconds rounds up: nobody is to be told a shorter wait than is expected.
func wholeSeconds(d time.Duration) uint32 {
	return count32(int((d + time.Second - 1) / time.Second))
}

// show passes a signal on to the client. What may be lost is merged and dropped
// while much waits; what the client waits for is not.
func (k *socket) show(u *chat.Update) {
	s := u.Signal
	key := ""
	switch {
	case s.Typing != nil:
		if s.Typing.Author.ID == k.self.ID && k.self.ID != "" { // their own, from this or another tab
			return
		}
		key = "typing " + s.Typing.Conversation + s.Typing.Author.ID
	case s.Mark != nil:
		key = "mark " + s.Mark.Conversation + string(s.Mark.Author.Kind) + s.Mark.Author.ID
	case s.Viewing != nil:
		key = "viewing " + s.Viewing.Conversation
	case s.Queue != nil && k.kind != kindVisitor: // agents look at the live queue
		return
	}
	b := encodeUpdate(k.format, u)
	if len(b) == 0 {
		return
	}
	name := signalName(s)
	if key == "" {
		k.push(name, b)
		return
	}
	start, dropped := k.out.hint(key, b)
	if dropped {
		k.server.metrics.dropped.Inc()
	}
	if start {
		k.server.metrics.framesOut.WithLabelValues(name).Inc()
		k.server.sockets.wg.Go(k.write)
	}
}

func signalName(s *chat.Signal) string {
	switch {
	case s.Typing != nil:
		return "typing"
	case s.Mark != nil:
		return "mark"
	case s.Viewing != nil:
		return "viewing"
	case s.Presence != nil:
		return "presence"
	case s.Queue != nil:
		return "queue"
	case s.Offer != nil:
		return "offer"
	case s.Gone != nil:
		return "gone"
	}
	return "offer_end"
}

// deskSink hears what is for an agent's socket whatever it follows.
type deskSink struct{ k *socket }

// Deliver implements chat.Sink.
func (d deskSink) Deliver(u *chat.Update) {
	if u.Signal != nil {
		d.k.show(u)
	}
}

// forInbox reports whether a signal is shown to an agent who only has the
// conversation in a list: how far others have read it is not.
func forInbox(s *chat.Signal, self identity.Actor) bool {
	switch {
	case s.Typing != nil, s.Viewing != nil:
		return true
	case s.Gone != nil: // a policy's run takes many that no list shows any more
		return s.Gone.Reason == chat.GoneErased
	case s.Mark != nil: // read in another tab
		return s.Mark.Author.ID == self.ID
	}
	return false
}

package natsbus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/chat"
	"frontdesk/internal/natsbus/wire"
)

// encodeRow returns a row as the bus carries it.
func encodeRow(r *chat.Row) (*wire.Row, error) {
	out := &wire.Row{
		Conversation: r.Conversation, Seq: r.Seq, Cid: r.CID, Site: r.Site, Department: r.Department, Left: r.Left, Contact: r.Contact, Was: r.Was,
		Author: encodeAuthor(r.Author), Kind: string(r.Kind), Content: r.Content, TimeUs: r.Time.UnixMicro(), // PostgreSQL keeps microseconds
	}
	if reflect.ValueOf(&r.Data).Elem().IsZero() { // most messages
		return out, nil
	}
	var err error
	if out.Data, err = json.Marshal(r.Data); err != nil {
		return nil, fmt.Errorf("encode a row's data: %w", err)
	}
	return out, nil
}

func decodeRow(w *wire.Row) (*chat.Row, error) {
	r := &chat.Row{
		Conversation: w.GetConversation(), Seq: w.GetSeq(), CID: w.GetCid(), Site: w.GetSite(), Department: w.GetDepartment(), Left: w.GetLeft(),
		Contact: w.GetContact(), Was: w.GetWas(), Author: decodeAuthor(w.GetAuthor()), Kind: chat.Kind(w.GetKind()), Content: w.GetContent(), Time: time.UnixMicro(w.GetTimeUs()).UTC(),
	}
	if len(w.GetData()) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(w.GetData(), &r.Data); err != nil {
		return nil, fmt.Errorf("decode a row's data: %w", err)
	}
	return r, nil
}

func encodeAuthor(a chat.Author) *wire.Author {
	return &wire.Author{Kind: string(a.Kind), Id: a.ID, Name: a.Name}
}

func decodeAuthor(w *wire.Author) chat.Author {
	return chat.Author{Kind: chat.AuthorKind(w.GetKind()), ID: w.GetId(), Name: w.GetName()}
}

// encodeSignal returns a signal as the bus carries it, nil for one that says nothing.
func encodeSignal(s *chat.Signal) *wire.Signal {
	out := &wire.Signal{Site: s.To.Site, Department: s.To.Department, Contact: s.To.Contact, User: s.To.User}
	switch {
	case s.Typing != nil:
		out.Kind = &wire.Signal_Typing{Typing: &wire.Typing{Conversation: s.Typing.Conversation, Author: encodeAuthor(s.Typing.Author), On: s.Typing.On}}
	case s.Mark != nil:
		m := s.Mark
		out.Kind = &wire.Signal_Mark{Mark: &wire.Mark{Conversation: m.Conversation, Author: encodeAuthor(m.Author), Delivered: m.Delivered, Read: m.Read}}
	case s.Viewing != nil:
		v := &wire.Viewing{Conversation: s.Viewing.Conversation, Node: s.Viewing.Node}
		for _, a := range s.Viewing.Agents {
			v.Agents = append(v.Agents, encodeAuthor(a))
		}
		out.Kind = &wire.Signal_Viewing{Viewing: v}
	case s.Presence != nil:
		p := s.Presence
		out.Kind = &wire.Signal_Presence{Presence: &wire.Presence{
			Agent: encodeAuthor(p.Agent), Presence: p.Presence, Reason: p.Reason, Active: int64(p.Active), Cap: int64(p.Cap),
		}}
	case s.Queue != nil:
		q := s.Queue
		out.Kind = &wire.Signal_Queue{Queue: &wire.Queue{
			Conversation: q.Conversation, Position: int64(q.Position), Waiting: int64(q.Waiting), ExpectedNs: int64(q.Expected),
		}}
	case s.Offer != nil:
		o := s.Offer
		out.Kind = &wire.Signal_Offer{Offer: &wire.Offer{
			Id: o.ID, Conversation: o.Conversation, ContactName: o.ContactName, LastMessage: o.LastMessage, Skills: o.Skills, Reason: o.Reason,
			Expires: timestamppb.New(o.Expires), LeftNs: int64(o.Left), Weight: int64(o.Weight),
		}}
	case s.OfferEnd != nil:
		out.Kind = &wire.Signal_OfferEnd{OfferEnd: &wire.OfferEnd{Id: s.OfferEnd.ID, Conversation: s.OfferEnd.Conversation, Result: s.OfferEnd.Result}}
	case s.Wake != nil:
		out.Kind = &wire.Signal_Wake{Wake: &wire.Wake{About: s.Wake.About, User: s.Wake.User, Key: s.Wake.Key}}
	case s.Gone != nil:
		out.Kind = &wire.Signal_Gone{Gone: &wire.Gone{Conversation: s.Gone.Conversation, Reason: s.Gone.Reason}}
	default:
		return nil
	}
	return out
}

// decodeSignal returns nil for a kind that only a newer node knows.
func decodeSignal(w *wire.Signal) *chat.Signal {
	s := &chat.Signal{To: chat.Audience{Site: w.GetSite(), Department: w.GetDepartment(), Contact: w.GetContact(), User: w.GetUser()}}
	switch k := w.GetKind().(type) {
	case *wire.Signal_Typing:
		s.Typing = &chat.TypingSignal{Conversation: k.Typing.GetConversation(), Author: decodeAuthor(k.Typing.GetAuthor()), On: k.Typing.GetOn()}
	case *wire.Signal_Mark:
		s.Mark = &chat.MarkSignal{
			Conversation: k.Mark.GetConversation(), Author: decodeAuthor(k.Mark.GetAuthor()), Delivered: k.Mark.GetDelivered(), Read: k.Mark.GetRead(),
		}
	case *wire.Signal_Viewing:
		s.Viewing = &chat.ViewingSignal{Conversation: k.Viewing.GetConversation(), Node: k.Viewing.GetNode()}
		for _, a := range k.Viewing.GetAgents() {
			s.Viewing.Agents = append(s.Viewing.Agents, decodeAuthor(a))
		}
	case *wire.Signal_Presence:
		p := k.Presence
		s.Presence = &chat.PresenceSignal{
			Agent: decodeAuthor(p.GetAgent()), Presence: p.GetPresence(), Reason: p.GetReason(), Active: int(p.GetActive()), Cap: int(p.GetCap()),
		}
	case *wire.Signal_Queue:
		q := k.Queue
		s.Queue = &chat.QueueSignal{
			Conversation: q.GetConversation(), Position: int(q.GetPosition()), Waiting: int(q.GetWaiting()), Expected: time.Duration(q.GetExpectedNs()),
		}
	case *wire.Signal_Offer:
		o := k.Offer
		s.Offer = &chat.OfferSignal{
			ID: o.GetId(), Conversation: o.GetConversation(), ContactName: o.GetContactName(), LastMessage: o.GetLastMessage(), Skills: o.GetSkills(),
			Reason: o.GetReason(), Expires: o.GetExpires().AsTime(), Left: time.Duration(o.GetLeftNs()), Weight: int(o.GetWeight()),
		}
	case *wire.Signal_OfferEnd:
		s.OfferEnd = &chat.OfferEndSignal{ID: k.OfferEnd.GetId(), Conversation: k.OfferEnd.GetConversation(), Result: k.OfferEnd.GetResult()}
	case *wire.Signal_Wake:
		s.Wake = &chat.WakeSignal{About: k.Wake.GetAbout(), User: k.Wake.GetUser(), Key: k.Wake.GetKey()}
	case *wire.Signal_Gone:
		s.Gone = &chat.GoneSignal{Conversation: k.Gone.GetConversation(), Reason: k.Gone.GetReason()}
	default:
		return nil
	}
	return s
}

package clienttest

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// pingSeconds is what the server's hello promises.
const pingSeconds = 20

// socket is one connection. Everything but ws, enc and wake is guarded by Server.mu.
type socket struct {
	ws      *websocket.Conn
	enc     client.Encoding
	end     context.CancelFunc
	wake    chan struct{} // capacity 1
	queue   []*frame.ServerFrame
	watches map[string]bool
	inbox   bool
	dead    bool
	closing websocket.StatusCode // when set, the writer closes with it after the queue
	author  *frame.Author
}

func (k *socket) send(f *frame.ServerFrame) {
	if k.dead {
		return
	}
	// Unbounded: a test's traffic is small.
	k.queue = append(k.queue, f)
	k.signal()
}

func (k *socket) cut() {
	k.dead = true
	k.queue = nil
	k.end()
	k.signal()
}

func (k *socket) signal() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// CloseAll ends every socket with a close code, after what is queued.
func (s *Server) CloseAll(code websocket.StatusCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		k.closing = code
		k.signal()
	}
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request, agent bool) {
	if agent && s.agentOf(r) == "" {
		http.Error(w, "no session", http.StatusUnauthorized)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{client.JSON.Subprotocol(), client.Proto.Subprotocol()}})
	if err != nil {
		return
	}
	defer ws.CloseNow() //nolint:errcheck // the end is the end
	s.wg.Add(1)
	defer s.wg.Done()
	// Not the request's context: it ends when the handler's caller does, which tests want to decide.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	k := &socket{ws: ws, end: cancel, wake: make(chan struct{}, 1), watches: map[string]bool{}}
	if ws.Subprotocol() == client.Proto.Subprotocol() {
		k.enc = client.Proto
	}
	s.mu.Lock()
	s.sockets[k] = struct{}{}
	if s.down {
		k.cut()
	}
	s.mu.Unlock()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write(ctx, k)
	}()
	s.read(ctx, k, agent, r)
	cancel()
	s.mu.Lock()
	delete(s.sockets, k)
	s.mu.Unlock()
	<-written
}

func (s *Server) write(ctx context.Context, k *socket) {
	for {
		s.mu.Lock()
		q, code := k.queue, k.closing
		k.queue = nil
		s.mu.Unlock()
		for _, f := range q {
			b, err := k.enc.Marshal(f)
			if err != nil || k.ws.Write(ctx, k.enc.MessageType(), b) != nil {
				return
			}
		}
		if code != 0 {
			_ = k.ws.Close(code, "") // the reader sees the end
			return
		}
		select {
		case <-k.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) read(ctx context.Context, k *socket, agent bool, r *http.Request) {
	greeted := false
	for {
		_, b, err := k.ws.Read(ctx)
		if err != nil {
			return
		}
		f := &frame.ClientFrame{}
		if k.enc.Unmarshal(b, f) != nil {
			return
		}
		s.mu.Lock()
		if k.dead || k.closing != 0 {
			// A server that is gone does not work off what it had received; one that is closing still sends what it owes.
			dead := k.dead
			s.mu.Unlock()
			if dead {
				return
			}
			continue
		}
		switch f := f.Frame.(type) {
		case *frame.ClientFrame_Hello:
			greeted = s.onHello(k, f.Hello, agent, r)
		case *frame.ClientFrame_Send:
			if greeted {
				s.onSend(k, f.Send)
			}
		case *frame.ClientFrame_Resume:
			if greeted {
				s.onResume(k, f.Resume)
			}
		case *frame.ClientFrame_Typing:
			for o := range s.sockets {
				if o != k && o.watches[f.Typing.Conv] {
					o.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Typing{Typing: &frame.Typing{Conv: f.Typing.Conv, On: f.Typing.On, Author: k.author}}})
				}
			}
		}
		s.mu.Unlock()
	}
}

func (s *Server) onHello(k *socket, h *frame.ClientHello, agent bool, r *http.Request) bool {
	conv := ""
	if agent {
		email := strings.TrimPrefix(h.Csrf, "csrf-")
		k.author = &frame.Author{Kind: "agent", Id: "id-" + email, Name: email}
		if h.Csrf == "" || r.Header.Get("Cookie") == "" {
			k.send(errorFrame(&frame.Error{Code: "unauthenticated", Message: "no csrf"}))
			return false
		}
	} else {
		conv = s.visitors[h.Token]
		if conv == "" {
			k.send(errorFrame(&frame.Error{Code: "unauthenticated", Message: "unknown token"}))
			return false
		}
		if to := s.moved[conv]; to != "" {
			conv = to
		}
		k.author = &frame.Author{Kind: "visitor", Id: h.Token}
	}
	if s.cutAt(BeforeHello, conv, k) {
		return false
	}
	s.hellos++
	k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Hello{Hello: &frame.ServerHello{
		LogEpoch: s.epoch, Conv: conv, Self: k.author, PingS: pingSeconds,
	}}})
	for _, res := range h.Resume {
		s.onResume(k, res)
	}
	s.cutAt(AfterHello, conv, k)
	return true
}

func (s *Server) onResume(k *socket, r *frame.Resume) {
	s.resumes = append(s.resumes, r)
	if s.faults.RefuseResume != nil {
		if e := s.faults.RefuseResume(r); e != nil {
			k.send(errorFrame(e))
			return
		}
	}
	if r.Inbox {
		k.inbox = true
		k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Resumed{Resumed: &frame.Resumed{Inbox: true}}})
		return
	}
	l := s.logs[r.Conv]
	if l == nil {
		k.send(errorFrame(&frame.Error{Code: "not_found", Conv: r.Conv}))
		return
	}
	rows := l.rows[min(int(r.AfterSeq), len(l.rows)):]
	for i, ev := range rows {
		if i == len(rows)/2 && s.cutAt(MidResume, r.Conv, k) {
			return
		}
		k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Event{Event: ev}})
	}
	k.watches[r.Conv] = true
	last := uint32(len(l.rows))
	k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Resumed{Resumed: &frame.Resumed{Conv: r.Conv, LastSeq: last}}})
}

func (s *Server) onSend(k *socket, m *frame.Send) {
	if s.cutAt(BeforeStore, m.Conv, k) {
		return
	}
	if s.faults.Refuse != nil {
		if e := s.faults.Refuse(m); e != nil {
			e.Conv, e.Cid = m.Conv, m.Cid
			k.send(errorFrame(e))
			return
		}
	}
	conv, movedTo := m.Conv, s.moved[m.Conv]
	if movedTo != "" {
		conv = movedTo
	}
	l := s.logs[conv]
	if l == nil {
		k.send(errorFrame(&frame.Error{Code: "not_found", Conv: m.Conv, Cid: m.Cid}))
		return
	}
	ev := l.byCID[m.Cid]
	fresh := ev == nil
	ack := &frame.Ack{Conv: m.Conv, Cid: m.Cid, Seq: uint32(len(l.rows)) + 1, Time: timestamppb.Now(), MovedTo: movedTo}
	var rows []*frame.Event
	if fresh {
		sends := []*frame.Send{m}
		if s.faults.Store != nil {
			sends = s.faults.Store(m)
		}
		for _, x := range sends {
			rows = append(rows, s.append(conv, &frame.Event{Cid: x.Cid, Author: k.author, Kind: "message", Content: x.Content}))
		}
	} else {
		ack.Seq, ack.Time = ev.Seq, ev.Time
	}
	cut := s.cutAt(BeforeAck, conv, k)
	if !cut && (s.faults.Mute == nil || !s.faults.Mute(ack)) {
		k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Ack{Ack: ack}})
	}
	for _, row := range rows {
		s.show(row)
	}
	if fresh && k.author.Kind == "visitor" && l.owner == "bot" && s.answer != nil {
		if a := s.answer(m.Content); a != nil {
			a.Cid = uuid.NewString()
			a.Author = &frame.Author{Kind: "bot"}
			s.show(s.append(conv, a))
		}
	}
	s.cutAt(AfterAck, conv, k)
}

// cutAt cuts the connection where the faults say so. AfterAck and AfterHello
// let the queue out first: the frames were sent, only then did the server die.
func (s *Server) cutAt(p Point, conv string, k *socket) bool {
	if k.dead || s.faults.Cut == nil || !s.faults.Cut(p, conv) {
		return false
	}
	if p == AfterAck || p == AfterHello || p == MidResume {
		k.closing = websocket.StatusServiceRestart
		k.signal()
		return true
	}
	k.cut()
	return true
}

func errorFrame(e *frame.Error) *frame.ServerFrame {
	return &frame.ServerFrame{Frame: &frame.ServerFrame_Error{Error: e}}
}

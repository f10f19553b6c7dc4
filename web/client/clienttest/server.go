package clienttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/web/frame"
)

// Point is a moment at which [Faults.Cut] may end a connection.
type Point string

// The points of a message's way.
const (
	BeforeHello Point = "before hello" // hello received, not answered
	AfterHello  Point = "after hello"  // hello answered
	BeforeStore Point = "before store" // message received, not stored
	BeforeAck   Point = "before ack"   // stored, neither shown nor acknowledged
	AfterAck    Point = "after ack"    // stored and acknowledged
	MidResume   Point = "mid resume"   // half of the resumed rows sent
)

// Points lists all of them.
func Points() []Point {
	return []Point{BeforeHello, AfterHello, BeforeStore, BeforeAck, AfterAck, MidResume}
}

// Faults makes the server misbehave. All functions are optional, are called
// under the server's lock and must not call the server.
type Faults struct {
	// Cut reports whether the connection ends at this point without a close frame.
	Cut func(p Point, conv string) bool
	// Refuse returns the error that answers a message instead of storing it, or nil.
	Refuse func(*frame.Send) *frame.Error
	// RefuseResume returns the error that answers a resume, or nil.
	RefuseResume func(*frame.Resume) *frame.Error
	// Store returns the rows that a message becomes in the log (content and cid count): none loses it, two double it.
	Store func(*frame.Send) []*frame.Send
	// Show returns what is sent live in place of a row: none withholds it, two repeat it.
	Show func(*frame.Event) []*frame.Event
	// Mute reports whether an acknowledgement is withheld.
	Mute func(*frame.Ack) bool
}

// Server is the server. Use it as an http.Handler.
type Server struct {
	mux *http.ServeMux
	wg  sync.WaitGroup // sockets

	mu       sync.Mutex // guards everything below
	faults   Faults
	epoch    string
	moved    map[string]string // conversation → its successor
	logs     map[string]*convLog
	visitors map[string]string // token → conversation
	agents   map[string]string // e-mail → password
	sockets  map[*socket]struct{}
	answer   func(question string) *frame.Event
	down     bool
	file     *json.Encoder // nil: rows are not kept
	hellos   int
	resumes  []*frame.Resume
}

type convLog struct {
	rows  []*frame.Event
	byCID map[string]*frame.Event
	owner string
}

// New makes a server without agents; visitors are made by their sessions.
func New() *Server {
	s := &Server{
		mux:      http.NewServeMux(),
		epoch:    "epoch-1",
		moved:    map[string]string{},
		logs:     map[string]*convLog{},
		visitors: map[string]string{},
		agents:   map[string]string{},
		sockets:  map[*socket]struct{}{},
	}
	s.routes()
	return s
}

// ServeHTTP answers the session routes and both sockets.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// SetFaults replaces the faults.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// SetAnswer makes a bot that answers each visitor's message as long as no
// human was asked for; nil rows mean no answer.
func (s *Server) SetAnswer(f func(question string) *frame.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// AddAgent makes an account.
func (s *Server) AddAgent(email, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents[email] = password
}

// AddVisitor makes a visitor and returns token and conversation.
func (s *Server) AddVisitor() (token, conv string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addVisitor()
}

func (s *Server) addVisitor() (token, conv string) {
	token = "t-" + strconv.Itoa(len(s.visitors)+1)
	conv = uuid.NewString()
	s.visitors[token] = conv
	s.logs[conv] = &convLog{byCID: map[string]*frame.Event{}, owner: "bot"}
	s.keep(record{Token: token, Conv: conv})
	return token, conv
}

// Revoke makes a visitor's token invalid and returns a new one for the same conversation.
func (s *Server) Revoke(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	conv := s.visitors[token]
	delete(s.visitors, token)
	fresh := token + "-renewed"
	s.visitors[fresh] = conv
	return fresh
}

// Move lets messages to a conversation land in a new one, as after a
// resolution long ago, and returns its id.
func (s *Server) Move(conv string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := uuid.NewString()
	s.logs[to] = &convLog{byCID: map[string]*frame.Event{}, owner: "bot"}
	s.moved[conv] = to
	return to
}

// Replace starts another log: all rows are gone and the epoch is a new one.
// Sockets are cut.
func (s *Server) Replace(epoch string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch = epoch
	for conv := range s.logs {
		s.logs[conv] = &convLog{byCID: map[string]*frame.Event{}, owner: "bot"}
	}
	s.cutAll()
}

// Post writes a row as the system would and shows it.
func (s *Server) Post(conv, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.append(conv, &frame.Event{Cid: uuid.NewString(), Author: &frame.Author{Kind: "system"}, Kind: "message", Content: content})
	s.show(ev)
}

// Write stores a row without showing it, as if its publication were lost.
func (s *Server) Write(conv, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(conv, &frame.Event{Cid: uuid.NewString(), Author: &frame.Author{Kind: "system"}, Kind: "message", Content: content})
}

// Rows returns a copy of a conversation's log.
func (s *Server) Rows(conv string) []*frame.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs[conv] == nil {
		return nil
	}
	out := make([]*frame.Event, 0, len(s.logs[conv].rows))
	for _, r := range s.logs[conv].rows {
		out = append(out, proto.CloneOf(r))
	}
	return out
}

// Hellos returns how many hellos were answered.
func (s *Server) Hellos() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hellos
}

// Resumes returns every resume received, those in hellos included.
func (s *Server) Resumes() []*frame.Resume {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*frame.Resume(nil), s.resumes...)
}

// Cut ends every socket without a close frame.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutAll()
}

// SetDown makes every request fail with 503 and cuts all sockets.
func (s *Server) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	if down {
		s.cutAll()
	}
}

// Close ends all sockets and waits for them.
func (s *Server) Close() {
	s.SetDown(true)
	s.wg.Wait()
}

func (s *Server) cutAll() {
	for k := range s.sockets {
		k.cut()
	}
}

// append writes one row. The caller holds mu.
func (s *Server) append(conv string, ev *frame.Event) *frame.Event {
	l := s.logs[conv]
	ev.Conv = conv
	ev.Seq = uint32(len(l.rows)) + 1
	ev.Time = timestamppb.Now()
	l.rows = append(l.rows, ev)
	l.byCID[ev.Cid] = ev
	s.keepRow(ev)
	return ev
}

// show sends a row to every socket that watches. The caller holds mu.
func (s *Server) show(ev *frame.Event) {
	evs := []*frame.Event{ev}
	if s.faults.Show != nil {
		evs = s.faults.Show(ev)
	}
	for _, e := range evs {
		for k := range s.sockets {
			if k.inbox || k.watches[e.Conv] {
				k.send(&frame.ServerFrame{Frame: &frame.ServerFrame_Event{Event: e}})
			}
		}
	}
}

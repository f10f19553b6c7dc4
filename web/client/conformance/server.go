package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"
)

// patience is how long a script waits for the client's next frame.
const patience = 10 * time.Second

// Server plays cases. Use it as an http.Handler.
//
//	GET  /cases            the cases, without their scripts
//	POST /run?case=NAME    begins one: {"run": id}; the client's address is then /run/{id}
//	GET  /run/{id}/ws/visitor, /run/{id}/ws/agent
//	POST /run/{id}/report  {"ok": bool, "failures": [...], "waiting": [...]}
type Server struct {
	mux   *http.ServeMux
	cases []Case
	ctx   context.Context //nolint:containedctx // of the sockets, which outlive their requests
	stop  context.CancelFunc
	wg    sync.WaitGroup

	mu   sync.Mutex // guards runs
	runs map[string]*run
}

// NewServer reads the cases.
func NewServer() (*Server, error) {
	cases, err := Cases()
	if err != nil {
		return nil, err
	}
	s := &Server{mux: http.NewServeMux(), cases: cases, runs: map[string]*run{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.mux.HandleFunc("GET /cases", s.list)
	s.mux.HandleFunc("POST /run", s.begin)
	s.mux.HandleFunc("GET /run/{id}/ws/{role}", s.socket)
	s.mux.HandleFunc("POST /run/{id}/report", s.report)
	return s, nil
}

// ServeHTTP implements http.Handler. Pages of any origin may use it: it is a toy.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	s.mux.ServeHTTP(w, r)
}

// Close ends all sockets and waits for them.
func (s *Server) Close() {
	s.stop()
	s.wg.Wait()
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	out := slices.Clone(s.cases)
	for i := range out {
		out[i].Connections = nil // the client's side has no business with them
	}
	answer(w, out)
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(s.cases, func(c Case) bool { return c.Name == r.URL.Query().Get("case") })
	if i < 0 {
		http.Error(w, "no such case", http.StatusNotFound)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(len(s.runs) + 1)
	s.runs[id] = &run{c: &s.cases[i], names: map[string]any{}}
	answer(w, map[string]string{"run": id})
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.runs[r.PathValue("id")]
	if found == nil {
		http.Error(w, "no such run", http.StatusNotFound)
	}
	return found
}

// Verdict answers a report.
type Verdict struct {
	OK       bool     `json:"ok"`
	Failures []string `json:"failures"` // these do not heal
	Waiting  []string `json:"waiting"`  // these may, if the client is not done yet
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	found := s.find(w, r)
	if found == nil {
		return
	}
	var told map[string]any
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20)).Decode(&told); err != nil {
		http.Error(w, "the report is no JSON object", http.StatusBadRequest)
		return
	}
	answer(w, found.judge(told))
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client is gone or has it
}

// run is one play of a case.
type run struct {
	c *Case

	mu       sync.Mutex // guards what follows
	next     int        // the next connection
	endedAt  time.Time  // of the last one
	done     bool       // the script has nothing more to do
	failures []string
	names    map[string]any
}

func (r *run) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// judge compares a report with what the case expects.
func (r *run) judge(told map[string]any) Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := Verdict{Failures: slices.Clone(r.failures), Waiting: []string{}}
	quiet := time.Duration(r.c.NoReturnMS) * time.Millisecond
	switch {
	case !r.done:
		v.Waiting = append(v.Waiting, fmt.Sprintf("the script is at connection %d of %d", r.next, len(r.c.Connections)))
	case quiet > 0 && (r.endedAt.IsZero() || time.Since(r.endedAt) < quiet):
		v.Waiting = append(v.Waiting, "nobody may come back for a while")
	}
	for _, key := range slices.Sorted(maps.Keys(r.c.Expect)) {
		var want any
		if err := json.Unmarshal(r.c.Expect[key], &want); err != nil {
			v.Failures = append(v.Failures, "the case's expect."+key+" is no JSON")
			continue
		}
		if !reflect.DeepEqual(want, told[key]) {
			got, _ := json.Marshal(told[key]) // it came as JSON
			v.Waiting = append(v.Waiting, fmt.Sprintf("%s: got %s, want %s", key, got, r.c.Expect[key]))
		}
	}
	v.OK = len(v.Failures) == 0 && len(v.Waiting) == 0
	return v
}

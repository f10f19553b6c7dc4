package clienttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"frontdesk/web/client"
)

func (s *Server) routes() {
	s.mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	s.mux.HandleFunc("GET /ws/visitor", func(w http.ResponseWriter, r *http.Request) { s.serveSocket(w, r, false) })
	s.mux.HandleFunc("GET /ws/agent", func(w http.ResponseWriter, r *http.Request) { s.serveSocket(w, r, true) })
	s.mux.HandleFunc("POST /api/visitor/session", s.session)
	s.mux.HandleFunc("POST /api/visitor/request-human", s.requestHuman)
	s.mux.HandleFunc("GET /api/visitor/messages", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		conv := s.visitors[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		s.mu.Unlock()
		s.messages(w, r, conv)
	})
	s.mux.HandleFunc("GET /api/visitor/queue-position", func(w http.ResponseWriter, _ *http.Request) { // nobody waits here
		answer(w, map[string]any{"position": 0, "waiting": 0, "expected_wait_s": nil})
	})
	s.mux.HandleFunc("POST /api/agent/login", s.login)
	s.mux.HandleFunc("POST /api/agent/presence", s.agentOnly(func(w http.ResponseWriter, _ *http.Request) { answer(w, struct{}{}) }))
	s.mux.HandleFunc("POST /api/agent/conversations/{id}/claim", s.agentOnly(func(w http.ResponseWriter, r *http.Request) {
		s.setOwner(w, r.PathValue("id"), "human")
	}))
	s.mux.HandleFunc("GET /api/agent/conversations/{id}/messages", s.agentOnly(func(w http.ResponseWriter, r *http.Request) {
		s.messages(w, r, r.PathValue("id"))
	}))
}

func (s *Server) session(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	conv := s.visitors[token]
	if conv == "" {
		token, conv = s.addVisitor()
	}
	s.mu.Unlock()
	answer(w, map[string]any{"token": token, "conversation": conv, "contact": "c-" + token})
}

func (s *Server) requestHuman(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	conv := s.visitors[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	s.mu.Unlock()
	s.setOwner(w, conv, "queue")
}

func (s *Server) setOwner(w http.ResponseWriter, conv, owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logs[conv]
	if l == nil {
		problem(w, http.StatusNotFound, "not_found")
		return
	}
	l.owner = owner
	answer(w, map[string]any{"id": conv, "conversation": conv, "owner": owner})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password string }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		problem(w, http.StatusBadRequest, "invalid")
		return
	}
	s.mu.Lock()
	want, ok := s.agents[in.Email]
	s.mu.Unlock()
	if !ok || want != in.Password {
		problem(w, http.StatusUnauthorized, "unauthenticated")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "frontdesk_session", Value: in.Email, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	answer(w, map[string]any{"agent": map[string]string{"id": "id-" + in.Email, "name": in.Email}, "csrf": "csrf-" + in.Email})
}

// agentOf returns who the session cookie belongs to, or "".
func (s *Server) agentOf(r *http.Request) string {
	ck, err := r.Cookie("frontdesk_session")
	if err != nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.agents[ck.Value]; !ok {
		return ""
	}
	return ck.Value
}

func (s *Server) agentOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email := s.agentOf(r)
		if email == "" {
			problem(w, http.StatusUnauthorized, "unauthenticated")
			return
		}
		if r.Method != http.MethodGet && r.Header.Get("X-CSRF-Token") != "csrf-"+email {
			problem(w, http.StatusForbidden, "forbidden")
			return
		}
		next(w, r)
	}
}

func (s *Server) messages(w http.ResponseWriter, r *http.Request, conv string) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if limit <= 0 || limit > 200 {
		limit = 200
	}
	rows := s.Rows(conv)
	if rows == nil && conv == "" {
		problem(w, http.StatusNotFound, "not_found")
		return
	}
	last := len(rows)
	rows = rows[min(after, len(rows)):]
	rows = rows[:min(limit, len(rows))]
	events := make([]json.RawMessage, 0, len(rows))
	for _, row := range rows {
		b, err := client.JSON.Marshal(row)
		if err != nil {
			problem(w, http.StatusInternalServerError, "internal")
			return
		}
		events = append(events, b)
	}
	answer(w, map[string]any{"events": events, "last_seq": last})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client is gone or has it
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "code": code}) // as above
}

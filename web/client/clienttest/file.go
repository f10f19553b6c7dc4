package clienttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// record is one line of the file: a visitor or a row.
type record struct {
	Token string          `json:"token,omitempty"`
	Conv  string          `json:"conv,omitempty"`
	Row   json.RawMessage `json:"row,omitempty"`
}

// Open makes a server that writes visitors and rows to a file before it
// acknowledges them, and starts with what the file holds; so it survives a
// kill -9 of its process (not of its machine: nothing is synced).
func Open(path string) (*Server, error) {
	s := New()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r record
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue // the line that was being written at the kill
		}
		if r.Row == nil {
			s.visitors[r.Token] = r.Conv
			s.logs[r.Conv] = &convLog{byCID: map[string]*frame.Event{}, owner: "bot"}
			continue
		}
		ev := &frame.Event{}
		if err := client.JSON.Unmarshal(r.Row, ev); err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
		l := s.logs[ev.Conv]
		l.rows = append(l.rows, ev)
		l.byCID[ev.Cid] = ev
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	// A kill tears the last line at most, since each is written with one call; what follows starts anew.
	if _, err := f.WriteString("\n"); err != nil {
		return nil, fmt.Errorf("write log: %w", err)
	}
	s.file = json.NewEncoder(f)
	return s, nil
}

// keep writes a record to the file, if there is one. The caller holds mu.
func (s *Server) keep(r record) {
	if s.file == nil {
		return
	}
	if err := s.file.Encode(r); err != nil {
		panic(fmt.Sprintf("clienttest: write log: %v", err)) // a test's disk is full
	}
}

func (s *Server) keepRow(ev *frame.Event) {
	if s.file == nil {
		return
	}
	b, err := client.JSON.Marshal(ev)
	if err != nil {
		panic(fmt.Sprintf("clienttest: encode row: %v", err)) // cannot happen: ev was built here
	}
	s.keep(record{Row: b})
}

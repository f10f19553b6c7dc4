package postgres

import (
	"slices"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
)

// recorder is a sink that keeps what it gets.
type recorder struct {
	mu   sync.Mutex // guards rows and more
	rows []chat.Row
	more chan struct{} // closed and replaced at each row
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{})} }

func (r *recorder) Deliver(u *chat.Update) {
	if u.Row == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, *u.Row)
	close(r.more)
	r.more = make(chan struct{})
}

// wait returns the rows once there are n.
func (r *recorder) wait(t testing.TB, n int) []chat.Row {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		r.mu.Lock()
		rows, more := slices.Clip(r.rows), r.more
		r.mu.Unlock()
		if len(rows) >= n {
			return rows
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("%d rows arrived, want %d", len(rows), n)
		}
	}
}

// inOrder fails unless the rows are 1, 2, 3 and so on.
func (r *recorder) inOrder(t testing.TB, n int) {
	t.Helper()
	rows := r.wait(t, n)
	for i, row := range rows {
		if row.Seq != uint32(i+1) {
			t.Fatalf("row %d delivered has seq %d", i+1, row.Seq)
		}
	}
	if len(rows) != n {
		t.Fatalf("%d rows delivered, want %d", len(rows), n)
	}
}

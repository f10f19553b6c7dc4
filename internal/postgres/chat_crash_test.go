package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/local"
)

// EXPECTATIONS C, Chat 4: PostgreSQL goes down without a word, several times,
// under load. Some commits' results are unknown to the server; some senders get
// ErrUnavailable and send the same cid again, as clients do. In the end each
// message is one row, and a watcher has seen each once, in order.
func TestChat04NothingIsLostOrDoubledWhenPostgreSQLCrashes(t *testing.T) {
	t.Parallel()
	cluster, err := local.Temporary(t.Context(), local.TemporaryConfig{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if _, err := Migrate(t.Context(), cluster.URL()); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, cluster.URL(), func(*chat.Config) {})

	const visitors, messages, crashes = 6, 40, 3
	var stored atomic.Int64
	reached := make([]chan struct{}, crashes)
	for i := range reached {
		reached[i] = make(chan struct{})
	}
	sinks := make([]*recorder, visitors)
	convs := make([]string, visitors)
	var senders sync.WaitGroup
	for v := range visitors {
		visitor, conv := d.visitor()
		convs[v], sinks[v] = conv.ID, newRecorder()
		_, stop, err := d.Follow(t.Context(), visitor, conv.ID, 0, sinks[v])
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		senders.Go(func() {
			for i := range messages {
				m := chat.Send{Conversation: conv.ID, CID: newID(), Content: fmt.Sprintf("%d", i+1)}
				for {
					row, _, err := d.Send(t.Context(), visitor, m)
					if err == nil && row.Seq == uint32(i+1) {
						break
					}
					if !errors.Is(err, chat.ErrUnavailable) {
						t.Errorf("message %d: seq %d, %v", i+1, row.Seq, err)
						return
					}
				}
				n := stored.Add(1)
				for c := range reached {
					if n == int64(visitors*messages*(c+1)/(crashes+1)) {
						close(reached[c])
					}
				}
			}
		})
	}
	for _, r := range reached {
		select {
		case <-r:
			crash(t, cluster.URL())
		case <-time.After(3 * time.Minute):
			t.Error("the senders got stuck")
		}
	}
	senders.Wait()
	for { // the last crash may be felt only now
		_, err := d.History(t.Context(), identity.System(), convs[0], 0, 0, 1)
		if err == nil {
			break
		}
		if !errors.Is(err, chat.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	for v, conv := range convs {
		if n := len(d.log(conv)); n != messages {
			t.Errorf("%d rows, want %d", n, messages)
		}
		sinks[v].inOrder(t, messages)
	}
	t.Logf("after %d crashes: %+v", crashes, d.Metrics())
}

// crash kills one backend with SIGKILL: the postmaster then ends all others at
// once and starts crash recovery, as after an immediate restart.
func crash(t *testing.T, url string) {
	t.Helper()
	for {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
			continue // still recovering from the crash before
		}
		pid := int(conn.PgConn().PID())
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("kill backend: %v", err)
		}
		_ = conn.Close(t.Context())
		return
	}
}

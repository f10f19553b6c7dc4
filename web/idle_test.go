package web_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// countWrites has the test's own database note each row that is written, at once and exactly: what
// pg_stat_user_tables says is late by as much as ten seconds.
func (h *house) countWrites() {
	h.t.Helper()
	for _, statement := range []string{
		"CREATE TABLE written (tbl text NOT NULL, kind text NOT NULL)",
		`CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO written VALUES (TG_TABLE_NAME, TG_OP); RETURN NULL; END $$`,
		`DO $$ DECLARE t regclass; BEGIN
			FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'written' LOOP
				EXECUTE format('CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION note_write()', t);
			END LOOP; END $$`,
	} {
		if _, err := h.pool.Exec(h.t.Context(), statement); err != nil {
			h.t.Fatal(err)
		}
	}
}

// writes returns how many rows of each table were written since the last call.
func (h *house) writes() map[string]int {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), "WITH gone AS (DELETE FROM written RETURNING tbl) SELECT tbl, count(*) FROM gone GROUP BY tbl")
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	out := make(map[string]int)
	for rows.Next() {
		var table string
		var n int
		if err := rows.Scan(&table, &n); err != nil {
			h.t.Fatal(err)
		}
		out[table] = n
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return out
}

// pongs returns how many pings the server's sockets have answered.
func (h *house) pongs() uint64 {
	h.t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "frontdesk_socket_ping_seconds" {
			return f.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	h.t.Fatal("no such metric")
	return 0
}

// idle reads and answers pings until the test ends.
func (w *wire) idle() {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, _, err := w.conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	w.t.Cleanup(func() {
		stop() // closes the connection
		<-ended
	})
}

// The goal: no database write that grows with sockets. Idle visitors and agents, each of them following a
// conversation, are pinged some times; all that is written meanwhile is the node's own lease.
func TestIdleSocketsWriteNothingToTheDatabase(t *testing.T) {
	t.Parallel()
	const rounds = 6 // of pings
	h := open(t, func(c *web.Config) { c.PingEvery, c.SendsPerSecond = 500*time.Millisecond, -1 })
	var agents []*browser
	for i := range 3 {
		agents = append(agents, h.signIn(h.user(fmt.Sprint("agent", i), identity.RoleAgent)))
	}
	h.countWrites()
	sockets := 0
	for _, more := range []int{0, 4, 20} { // visitors that are added, and an agent's socket for every third
		for i := range more {
			v := h.visitor()
			v.send(newID(), "hello").status(200)
			w, _ := v.visitorWire()
			w.resume(v.conv, 0)
			w.resumed()
			w.mark(v.conv, 1, 1)
			w.idle()
			sockets++
			if i%3 == 0 {
				a := agents[i/3%len(agents)].agentWire()
				a.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Inbox: true}}})
				a.resumed()
				a.resume(v.conv, 0)
				a.resumed()
				a.idle()
				sockets++
			}
		}
		h.quiet(sockets)
		h.writes()
		began, before := time.Now(), h.pongs()
		h.until("all are pinged some times", func() bool { return h.pongs()-before >= uint64(rounds*sockets) && time.Since(began) > 3*time.Second })
		took := time.Since(began)
		written := h.writes()
		t.Logf("%d sockets idle for %v: %v", sockets, took, written)
		for table, n := range written {
			if table == "nodes" { // one row each two seconds, whoever is there
				if most := int(took/(2*time.Second)) + 2; n > most {
					t.Errorf("%d sockets: the node's lease was written %d times in %v", sockets, n, took)
				}
				continue
			}
			t.Errorf("%d idle sockets: %d rows of %s were written in %v", sockets, n, table, took)
		}
	}
}

// quiet waits until what the sockets' coming wrote is written: marks follow after two seconds.
func (h *house) quiet(sockets int) {
	h.t.Helper()
	h.until("nothing but the lease is written for three seconds", func() bool {
		h.writes()
		began, before := time.Now(), h.pongs()
		h.until("a while", func() bool { return time.Since(began) > 3*time.Second && h.pongs()-before >= uint64(sockets) })
		w := h.writes()
		delete(w, "nodes")
		return len(w) == 0
	})
}

// until waits for a state that nothing announces.
func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-late.C:
			h.t.Fatalf("still not: %s", what)
		}
	}
}

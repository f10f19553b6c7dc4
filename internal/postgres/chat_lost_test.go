package postgres

import (
	"net"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/internal/fault"
	"frontdesk/internal/postgres/pgtest"
)

// between returns a proxy in front of the database at address, and the address through it.
func between(t *testing.T, address string) (*fault.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	p, err := fault.NewProxy("unix:"+filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	host, port, err := net.SplitHostPort(p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	q.Set("host", host)
	q.Set("port", port)
	u.RawQuery = q.Encode()
	return p, u.String()
}

// slowly makes the commits of rows that say "slow" wait, while their conversation
// is held, until the returned function is called: as a disk that is slow to flush
// does. Nothing interrupts it, not the request to cancel that the
// driver sends after a broken connection.
func slowly(t *testing.T, address string) (conn *pgx.Conn, finish func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	for _, sql := range []string{
		`CREATE FUNCTION wait_if_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			WHILE NEW.content = 'slow' LOOP
				BEGIN
					PERFORM pg_advisory_xact_lock_shared(42);
					RETURN NEW;
				EXCEPTION WHEN query_canceled OR lock_not_available THEN NULL;
				END;
			END LOOP;
			RETURN NEW; END $$`,
		`CREATE CONSTRAINT TRIGGER wait_if_slow AFTER INSERT ON conversation_log DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION wait_if_slow()`,
		`SELECT pg_advisory_lock(42)`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return conn, func() {
		if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_unlock(42)"); err != nil {
			t.Error(err)
		}
	}
}

// waits returns once n backends of conn's database wait for a lock of the kinds.
func waits(t *testing.T, conn *pgx.Conn, n int, kinds ...string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		var waiting int
		if err := conn.QueryRow(t.Context(), `SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
			WHERE NOT l.granted AND l.locktype = ANY ($1) AND a.datname = current_database()`, kinds).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting == n {
			return
		}
	}
	t.Fatalf("no %d backends wait for a lock of the kinds %v", n, kinds)
}

// The connection breaks while the commit is under way; the backend goes on
// without it. The repetition finds the conversation held, waits, and finds its
// row: nobody has been shown it, and no sweep looks.
func TestARowIsShownThatABackendCommitsAfterItsConnectionBroke(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	proxy, through := between(t, address)
	d := openDesk(t, through, func(c *chat.Config) { c.Reconcile = time.Hour })
	visitor, conv := d.visitor()
	watch, finish := slowly(t, address)
	follower, inbox := newRecorder(), newRecorder()
	_, stop, err := d.Follow(t.Context(), visitor, conv.ID, 0, follower)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	defer d.hub.WatchAll(inbox)()
	done := make(chan error, 1)
	go func() {
		row, _, err := d.Send(t.Context(), visitor, chat.Send{Conversation: conv.ID, CID: newID(), Content: "slow"})
		if err == nil && row.Seq != 1 {
			t.Errorf("seq %d", row.Seq)
		}
		done <- err
	}()
	waits(t, watch, 1, "advisory")
	proxy.Reset()
	waits(t, watch, 1, "transactionid", "tuple") // a lane, behind the backend that has no client any more
	finish()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	follower.inOrder(t, 1)
	inbox.inOrder(t, 1)
	if m := d.Metrics(); m.Held != 1 || m.Retries == 0 || m.Rows != 0 {
		t.Errorf("held %d, retries %d, rows %d: not what is tested", m.Held, m.Retries, m.Rows)
	}
}

// A state change whose conversation its own lost commit holds for longer than it
// waits: the sender is told to come again, and the row is shown once it is there.
func TestAChangeIsShownThatABackendCommitsAfterItsSenderWasTurnedAway(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	proxy, through := between(t, address)
	d := openDesk(t, through, func(*chat.Config) {})
	visitor, conv := d.visitor()
	d.say(visitor, conv.ID, "hello")
	alice := d.agent("alice")
	watch, finish := slowly(t, address)
	inbox := newRecorder()
	defer d.hub.WatchAll(inbox)()
	m := chat.Send{Conversation: conv.ID, CID: newID(), Content: "slow"} // a reply: it takes the conversation over
	done := make(chan error, 1)
	go func() {
		_, _, err := d.Send(t.Context(), alice, m)
		done <- err
	}()
	waits(t, watch, 1, "advisory")
	proxy.Reset()
	want(t, <-done, chat.ErrUnavailable) // after the lock's three seconds
	finish()
	if rows := inbox.wait(t, 1); rows[0].CID != m.CID || rows[0].Seq != 2 {
		t.Fatalf("shown %+v", rows[0])
	}
}

// What a doubt looks for: the rows that are there, and no error for those that are not.
func TestRowsAreFoundByWhatTheirSenderCallsThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visitor, conv := d.visitor()
	other, _ := d.visitor()
	row, _ := d.say(visitor, conv.ID, "hello")
	keys := []chat.RowKey{{Conversation: newID(), CID: newID()}, {Conversation: conv.ID, CID: newID()}, {Conversation: conv.ID, CID: row.CID}}
	rows, err := d.store.RowsOf(t.Context(), visitor.Scope, keys)
	if err != nil || len(rows) != 1 || rows[0].Seq != row.Seq || rows[0].Content != "hello" {
		t.Fatalf("%+v, %v", rows, err)
	}
	if rows, err = d.store.RowsOf(t.Context(), other.Scope, keys); err != nil || len(rows) != 0 {
		t.Fatalf("another visitor finds %+v, %v", rows, err)
	}
}

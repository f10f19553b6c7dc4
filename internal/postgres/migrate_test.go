package postgres

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/postgres/pgtest"
)

func TestMigratingAnUpToDateDatabaseDoesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	for range 2 {
		if n, err := Migrate(t.Context(), url); n != 0 || err != nil {
			t.Fatalf("%d applied, %v", n, err)
		}
	}
}

func TestNodesThatMigrateAtOnceApplyEachMigrationOnce(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	steps, err := readMigrations()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	total := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			n, err := Migrate(t.Context(), url)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += n
		})
	}
	wg.Wait()
	if total != len(steps) {
		t.Fatalf("%d migrations applied, there are %d", total, len(steps))
	}
	for i, s := range steps {
		if s.version != i+1 {
			t.Errorf("migration %s has number %d, want %d", s.name, s.version, i+1)
		}
	}
}

func TestADatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "INSERT INTO schema_migrations (version, name) VALUES (9999, 'future')"); err != nil {
		t.Fatal(err)
	}
	_, err = Migrate(t.Context(), url)
	want(t, err, ErrNewerSchema)
}

func TestTheLogEpochNeedsNoPrivilegesAndChangesWithTheNonce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	epoch, err := d.store.LogEpoch(t.Context())
	if err != nil || len(epoch) != 24 || epoch != d.LogEpoch() {
		t.Fatalf("%q, %v", epoch, err)
	}
	d.exec("UPDATE settings SET value = '\"restored\"' WHERE key = 'log_epoch_nonce'")
	if again, err := d.store.LogEpoch(t.Context()); err != nil || again == epoch {
		t.Fatalf("%q, %v", again, err)
	}
	conn, err := d.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `CREATE ROLE epoch_reader; GRANT SELECT ON settings TO epoch_reader; SET ROLE epoch_reader`); err != nil {
		t.Fatal(err)
	}
	var system, nonce string
	var timeline int32
	if err := conn.QueryRow(t.Context(), chatEpochSQL).Scan(&system, &timeline, &nonce); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "RESET ROLE; DROP OWNED BY epoch_reader; DROP ROLE epoch_reader"); err != nil {
		t.Fatal(err)
	}
}

// emptyDatabase returns a database without the schema, but with pgvector.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	url := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	return url
}

package postgres

import (
	"embed"
	"io/fs"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/postgres/pgtest"
)

//go:embed query/*.sql
var queries embed.FS

// Every statement is prepared against the migrated schema: names, types and
// parameters are right before anything runs it (docs/adr/0003-sql-files.md).
func TestEveryQueryFileIsAStatementOfThisSchema(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	files, err := fs.Glob(queries, "query/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no query files: %v", err)
	}
	for _, file := range files {
		source, err := queries.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sql := string(source)
		if !strings.HasPrefix(sql, "-- ") {
			t.Errorf("%s: the first line is no comment that states the guarantee", file)
		}
		positional, _, err := pgx.NamedArgs{}.RewriteQuery(t.Context(), conn, sql, nil)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, err := conn.Prepare(t.Context(), file, positional); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

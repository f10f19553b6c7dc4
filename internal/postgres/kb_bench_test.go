package postgres

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// BenchmarkSearch is a question against 10,000 variants of 256 dimensions: both
// legs, the round trip, fusion and confidence; not the model. Measured on 2
// shared cores, PostgreSQL 15 on the same machine.
func BenchmarkSearch(b *testing.B) {
	pool, err := Open(b.Context(), pgtest.New(b), 4)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	service, err := kb.NewService(kb.Config{Store: NewKnowledge(pool), Embedder: &kbtest.Embedder{Dimensions: 256}})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprintf("w%c%d", 'a'+rune(rng.IntN(26)), int(rng.ExpFloat64()*300)) }
	sentence := func() string {
		words := make([]string, 5+rng.IntN(6))
		for i := range words {
			words[i] = word()
		}
		return strings.Join(words, " ")
	}
	var lines bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"%s","locale":"en","answer":"%s","questions":["%s"`, i, sentence(), sentence(), sentence())
		for range 7 {
			fmt.Fprintf(&lines, `,"%s"`, sentence())
		}
		lines.WriteString("]}\n")
	}
	if _, err := service.Import(b.Context(), identity.System(), &lines, kb.ImportOptions{Site: 1}); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
	scope := identity.Scope{Sites: []int32{1}, Departments: []int32{1}}
	var embed, search, head, fuse float64
	b.ResetTimer()
	for b.Loop() {
		r, err := service.Search(b.Context(), scope, kb.Query{Site: 1, Text: sentence(), Locale: "en"})
		if err != nil || len(r.Candidates) == 0 {
			b.Fatal(err)
		}
		embed += r.EmbedTime.Seconds()
		search += r.SearchTime.Seconds()
		head += r.HeadTime.Seconds()
		fuse += r.FuseTime.Seconds()
	}
	n := float64(b.N)
	b.ReportMetric(embed/n*1000, "embed-ms/op")
	b.ReportMetric(search/n*1000, "sql-ms/op")
	b.ReportMetric(head/n*1000, "head-ms/op")
	b.ReportMetric(fuse/n*1000, "fuse-ms/op")
}

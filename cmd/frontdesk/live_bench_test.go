package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/kb"
)

// BenchmarkPublishToLive is bot.publish_to_live_ms: from the commit of an article to
// the first right answer from it, on each of two nodes (a knowledge base and a pool
// each, one database), of which one published it and both answer all the time. Its
// bot.publish_request_to_live_ms counts from the request that saves it, learning included. The
// knowledge base is the demo's (2,390 texts in 109 articles). A node that answers from
// the article before its transaction began fails the benchmark. Both nodes and
// PostgreSQL run on the same cores.
func BenchmarkPublishToLive(b *testing.B) {
	pool := benchDatabase(b)
	_ = benchKnowledge(b, pool, 1)
	engine := benchModels(b)
	other, err := postgres.Open(b.Context(), pool.Config().ConnString(), 8)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(other.Close)
	watched := &watchedStore{Knowledge: postgres.NewKnowledge(pool)}
	var nodes []*kb.Service
	for _, store := range []kb.Store{watched, postgres.NewKnowledge(other)} {
		node, err := kb.NewService(kb.Config{Store: store, Embedder: engine, Pairs: pairScorer{engine}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		nodes = append(nodes, node)
	}
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	var live, request []time.Duration
	for round := 0; b.Loop(); round++ {
		id, question := fmt.Sprintf("zeppelin-%d", round), fmt.Sprintf("Where does zeppelin number %d land?", round)
		seen := make([]time.Time, len(nodes))
		var asking sync.WaitGroup
		for n, node := range nodes {
			asking.Go(func() {
				for pause := time.NewTicker(5 * time.Millisecond); ; <-pause.C { // a visitor asks 200 times a second
					found, err := node.Search(b.Context(), scope, kb.Query{Site: 1, Text: question, Locale: "en"})
					if err != nil {
						b.Error(err)
						return
					}
					if len(found.Candidates) > 0 && found.Candidates[0].Article == id && found.Features.Exact {
						seen[n] = time.Now()
						pause.Stop()
						return
					}
				}
			})
		}
		began := time.Now()
		if _, err := nodes[0].Save(b.Context(), identity.System(), kb.Article{
			Site: 1, ID: id, Locale: "en", Title: fmt.Sprintf("Zeppelin %d", round), Answer: "On the roof.",
			Questions: []string{question, fmt.Sprintf("zeppelin %d landing place", round), fmt.Sprintf("landing of airship %d", round)},
		}); err != nil {
			b.Fatal(err)
		}
		asking.Wait()
		for n := range nodes {
			if seen[n].Before(watched.began) {
				b.Fatalf("node %d answers %v before the transaction began", n, watched.began.Sub(seen[n]))
			}
			live, request = append(live, max(0, seen[n].Sub(watched.committed))), append(request, seen[n].Sub(began))
		}
	}
	fmt.Fprintf(os.Stdout, "\nbench bot.publish_to_live_ms %.0f ms\nbench bot.publish_to_live_p50_ms %.0f ms\nbench bot.publish_request_to_live_ms %.0f ms\nbench bot.publish_request_to_live_p50_ms %.0f ms\n",
		quantile(live, 1), quantile(live, 0.5), quantile(request, 1), quantile(request, 0.5))
}

// watchedStore notes when a publication began to be stored and was committed.
type watchedStore struct {
	*postgres.Knowledge
	began, committed time.Time
}

func (w *watchedStore) Publish(ctx context.Context, scope identity.Scope, p kb.Publication) ([]kb.Article, error) {
	w.began = time.Now()
	saved, err := w.Knowledge.Publish(ctx, scope, p)
	w.committed = time.Now()
	return saved, err
}

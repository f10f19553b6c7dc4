package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/inference"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/local"
	"frontdesk/kb"
	"frontdesk/kb/demo"
	"frontdesk/models"
)

// BenchmarkPublish is kb.publish_2400_s and kb.publish_10k_s: one article of the
// demo's knowledge base is saved with another question, by the bundled models:
// embedding it, learning from all articles (head, confidence, thresholds), and
// the commit. Of the larger one is learnt only afterwards (kb.learn_10k_s). Of 2,390 texts, as they are, and of 10,000: the same articles four
// times over, each copy told apart by a word of its own. PostgreSQL runs on the
// same cores.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []struct {
		name   string
		copies int
	}{{"2400", 1}, {"10k", 4}} {
		b.Run("texts="+size.name, func(b *testing.B) {
			knowledge := benchKnowledge(b, benchDatabase(b), size.copies)
			articles := demoCopies(b, 1)
			article := articles[0]
			var took []float64
			for i := 0; b.Loop(); i++ {
				article.Questions = append(slices.Clone(articles[0].Questions), fmt.Sprintf("and what about case %d", i))
				began := time.Now()
				if _, err := knowledge.Save(b.Context(), identity.System(), article); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began).Seconds())
			}
			slices.Sort(took)
			began := time.Now()
			if err := knowledge.Calibrate(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
			fmt.Fprintf(os.Stdout, "\nbench kb.publish_%s_s %.2f s\nbench kb.learn_%s_s %.2f s\n", size.name, took[len(took)/2], size.name, time.Since(began).Seconds())
		})
	}
}

// benchDatabase is one whose commits are durable, as in production.
func benchDatabase(b *testing.B) *pgxpool.Pool {
	b.Helper()
	cluster, err := local.Temporary(b.Context(), local.TemporaryConfig{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cluster.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	})
	if _, err := postgres.Migrate(b.Context(), cluster.URL()); err != nil {
		b.Fatal(err)
	}
	pool, err := postgres.Open(b.Context(), cluster.URL(), 16)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// benchModels loads the bundled encoder and pair model.
func benchModels(b *testing.B) *inference.Engine {
	b.Helper()
	var bundles []models.Bundle
	for _, task := range []string{models.TaskEmbed, models.TaskRerank} {
		bundle, ok, err := models.DefaultOf(task)
		if err != nil || !ok {
			b.Fatal(ok, err)
		}
		bundles = append(bundles, bundle)
	}
	engine, err := inference.New(inference.Config{Models: bundles, BatchTokens: batchTokens})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = engine.Close() })
	return engine
}

// benchKnowledge is a knowledge base with the bundled models, filled with copies of the demo's articles.
func benchKnowledge(b *testing.B, pool *pgxpool.Pool, copies int) *kb.Service {
	b.Helper()
	engine := benchModels(b)
	store := postgres.NewKnowledge(pool)
	service, err := kb.NewService(kb.Config{Store: store, Vectors: store, Embedder: engine, Pairs: pairScorer{engine}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	for _, a := range demoCopies(b, copies) {
		if err := out.Encode(map[string]any{
			"id": a.ID, "title": a.Title, "locale": a.Locale, "answer": a.Answer, "questions": a.Questions, "tags": a.Tags,
		}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := service.Import(b.Context(), identity.System(), &lines, kb.ImportOptions{Site: 1}); err != nil {
		b.Fatal(err)
	}
	if err := service.Calibrate(b.Context(), 1); err != nil { // a large import is published before it is learnt from
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
	if err := service.TendVectors(b.Context()); err != nil { // as Run does
		b.Fatal(err)
	}
	return service
}

// demoCopies returns the demo's articles n times, those of the copies with a word more in each text.
func demoCopies(b *testing.B, n int) []kb.Article {
	b.Helper()
	var out []kb.Article
	for i := range n {
		if err := kb.ReadJSONL(bytes.NewReader(demo.JSONL()), func(a kb.Article) error {
			a.Site = 1
			if i > 0 {
				a.ID, a.Title = fmt.Sprintf("%s-%d", a.ID, i), fmt.Sprintf("%s series%d", a.Title, i)
				for j, q := range a.Questions {
					a.Questions[j] = fmt.Sprintf("%s series%d", q, i)
				}
			}
			out = append(out, a)
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

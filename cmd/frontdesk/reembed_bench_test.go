package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"frontdesk/inference"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/demo"
	"frontdesk/kb/kbtest"
	"frontdesk/models"
)

// BenchmarkReembed10k is a whole switch to the bundled encoder of a knowledge
// base of 10,000 texts: reading, tokenising, embedding, storing, the fit of the
// confidence, and the step itself. The texts are those of the demo's knowledge
// base (half Chinese, half English, questions, titles and passages), each with a
// number of its own. PostgreSQL runs on the same cores.
func BenchmarkReembed10k(b *testing.B) {
	pool, err := postgres.Open(b.Context(), pgtest.New(b), 8)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	store, knowledge := postgres.NewModels(pool), postgres.NewKnowledge(pool)
	former, err := kb.NewService(kb.Config{Store: knowledge, Embedder: &kbtest.Embedder{Dimensions: 256, Fingerprint: "former"}})
	if err != nil {
		b.Fatal(err)
	}
	texts := tenThousand(b, knowledge, former)
	engine, err := inference.New(inference.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	service, err := kb.NewService(kb.Config{Store: knowledge, Embedder: engine})
	if err != nil {
		b.Fatal(err)
	}
	m := newMover(store, service, slog.New(slog.DiscardHandler))
	encoder := engine.Model()
	var took []float64
	for b.Loop() {
		b.StopTimer()
		for _, sql := range []string{
			"DELETE FROM kb_embeddings e USING kb_models m WHERE m.id = e.model_id AND m.fingerprint <> 'former'",
			"DELETE FROM kb_calibrations", "UPDATE model_uses SET name = 'former', fingerprint = 'former' WHERE task = 'embed'", "VACUUM ANALYZE",
		} {
			if _, err := pool.Exec(b.Context(), sql); err != nil {
				b.Fatal(err)
			}
		}
		s, err := store.Wish(b.Context(), models.Switch{Task: models.TaskEmbed, Name: encoder.Name, Version: encoder.Version, Fingerprint: encoder.Fingerprint})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		if err := m.move(b.Context(), s, engine); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began).Seconds())
		b.StopTimer()
		if s, err = store.Switch(b.Context(), s.ID); err != nil || s.State != models.SwitchDone || s.Done != texts {
			b.Fatalf("%+v, %v", s, err)
		}
		b.StartTimer()
	}
	slices.Sort(took)
	fmt.Fprintf(os.Stdout, "\nbench kb.reembed_10k_s %.2f s\n", took[len(took)/2]*10_000/float64(texts))
}

// tenThousand fills the knowledge base and returns how many texts it has.
func tenThousand(b *testing.B, store *postgres.Knowledge, service *kb.Service) int {
	b.Helper()
	var articles []kb.Article
	if err := kb.ReadJSONL(bytes.NewReader(demo.JSONL()), func(a kb.Article) error {
		articles = append(articles, a)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	add := func(from, to int) int {
		var lines bytes.Buffer
		out := json.NewEncoder(&lines)
		for round := from; round < to; round++ {
			for _, a := range articles {
				questions := make([]string, len(a.Questions))
				for i, q := range a.Questions {
					questions[i] = fmt.Sprintf("%s %d", q, rng.IntN(100_000))
				}
				if err := out.Encode(map[string]any{
					"id": fmt.Sprintf("%s-%d", a.ID, round), "title": fmt.Sprintf("%s %d", a.Title, round), "locale": a.Locale,
					"answer": a.Answer, "questions": questions, "tags": a.Tags,
				}); err != nil {
					b.Fatal(err)
				}
			}
		}
		if _, err := service.Import(b.Context(), identity.System(), &lines, kb.ImportOptions{Site: 1}); err != nil {
			b.Fatal(err)
		}
		covered, err := store.Coverage(b.Context(), "former")
		if err != nil {
			b.Fatal(err)
		}
		return covered.Embedded
	}
	one := add(0, 1)
	return add(1, (10_000+one-1)/one)
}

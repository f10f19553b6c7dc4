package inference_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

func TestFiftyTextRerankAtCapacityIsOneAtomicRefusal(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	pairs := onnxtest.New(onnxtest.Spec{Layers: 4, Hidden: 128, Heads: 4, FFN: 512, Seed: 3, Labels: 1}).Bundle(t, "pairs")
	e := serve(t, small(t), func(c *inference.Config) {
		c.Models, c.Registerer, c.Slots, c.InteractiveTokens = []models.Bundle{pairs}, reg, 1, 1500
	})
	fifty := models.RerankRequest{Query: "where is my order", Texts: slices.Repeat([]string{"your order is late and lost please wait"}, 50)}
	if r, err := e.Rerank(t.Context(), fifty); err != nil || len(r.Scores) != 50 {
		t.Fatalf("with room: %d scores, %v", len(r.Scores), err)
	}
	refused := 0
	for try := 0; refused == 0 && try < 100; try++ { // on a loaded machine the three may be served before the fifty come
		var wg sync.WaitGroup
		var served atomic.Int32
		occupy := func(bulk bool) {
			wg.Go(func() {
				if _, err := e.Rerank(t.Context(), models.RerankRequest{Query: long(120), Texts: []string{long(120)}, Bulk: bulk}); err != nil {
					t.Error(err)
				}
				served.Add(1)
			})
		}
		inside := running(t, reg)
		occupy(true) // keeps the only slot busy
		inside()
		for range 3 { // the lane is more than half full
			occupy(false)
		}
		// Only with the three inside: fifty before them would take their places.
		for gauge(t, reg, "frontdesk_inference_queued_tokens") < 600 && served.Load() == 0 {
			runtime.Gosched()
		}
		before := gauge(t, reg, "frontdesk_inference_refused_total")
		if _, err := e.Rerank(t.Context(), fifty); err != nil {
			var over interface {
				error
				RetryAfter() time.Duration
			}
			if !errors.As(err, &over) || over.RetryAfter() <= 0 {
				t.Fatalf("error %v, want an overload with a time", err)
			}
			refused++
			if after := gauge(t, reg, "frontdesk_inference_refused_total"); after != before+1 {
				t.Errorf("one request counts as %v refusals", after-before)
			}
		}
		wg.Wait()
	}
	if refused == 0 {
		t.Error("fifty texts were never refused")
	}
	if n := gauge(t, reg, "frontdesk_inference_queued_tokens"); n != 0 {
		t.Errorf("%v tokens of a refused request are waiting", n)
	}
	if r, err := e.Rerank(t.Context(), fifty); err != nil || len(r.Scores) != 50 {
		t.Errorf("afterwards: %d scores, %v", len(r.Scores), err)
	}
}

func TestRequestLargerThanTheWholeQueueIsRefusedAsSuch(t *testing.T) {
	t.Parallel()
	e := serve(t, small(t), func(c *inference.Config) { c.InteractiveTokens, c.BulkTokens = 200, 200 })
	if _, _, err := e.EmbedPassages(t.Context(), []string{long(100), long(100)}); !errors.Is(err, inference.ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if _, _, err := e.EmbedPassages(t.Context(), []string{long(100), long(90)}); err != nil {
		t.Errorf("what fits: %v", err)
	}
}

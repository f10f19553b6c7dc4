package inference_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
)

// The tests in this file also run under the address sanitizer: make test-asan.

func TestCancelMidRunFreesNothingThatCStillUses(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	e := serve(t, slow(t), func(c *inference.Config) { c.Registerer, c.Slots = reg, 1 })
	want, _, err := e.EmbedQuestion(t.Context(), "where is my order")
	if err != nil {
		t.Fatal(err)
	}
	stop := churn() // what is let go of is collected at once
	defer stop()
	for round := range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		inside := running(t, reg)
		go func() {
			_, _, err := e.EmbedPassages(ctx, []string{long(200), long(150), long(100)})
			done <- err
		}()
		inside()
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("round %d: %v", round, err)
		}
		got, _, err := e.EmbedQuestion(t.Context(), "where is my order")
		if err != nil || cosine(got, want) < 0.999999 {
			t.Fatalf("round %d: after a cancelled run, cosine %v, %v", round, cosine(got, want), err)
		}
	}
}

func TestOneWaiterLeavesAndItsBatchMatesGetTheirOwnVectors(t *testing.T) {
	t.Parallel()
	e := serve(t, small(t), func(c *inference.Config) { c.Slots = 1 })
	texts := []string{"where is my order", "how do i get my money back", "怎么退款", "忘记密码了", "reset my password please"}
	want := make([][]float32, len(texts))
	for i, text := range texts {
		v, _, err := e.EmbedQuestion(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		want[i] = v
	}
	for range 60 {
		var wg sync.WaitGroup
		for i := range texts {
			for range 4 {
				wg.Go(func() {
					got, _, err := e.EmbedQuestion(t.Context(), texts[i])
					if err != nil {
						t.Error(err)
					} else if c := cosine(got, want[i]); c < 0.999999 {
						t.Errorf("%q: cosine %v while others leave", texts[i], c)
					}
				})
			}
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel() // before, while or after its batch runs
				_, _, err := e.EmbedQuestion(ctx, texts[i])
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

//nolint:paralleltest // sets GOGC for the whole process
func TestGOGC1DuringRunNeitherMovesNorFreesTheBuffers(t *testing.T) {
	old := debug.SetGCPercent(1)
	defer debug.SetGCPercent(old)
	e := serve(t, small(t))
	stop := churn()
	defer stop()
	want, _, err := e.EmbedQuestion(t.Context(), "where is my order")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 100 {
				texts := []string{"where is my order", long(1 + i), long(1 + i/2)}
				vectors, _, err := e.EmbedPassages(t.Context(), texts)
				if err != nil {
					t.Error(err)
					return
				}
				if c := cosine(vectors[0], want); c < 0.999999 {
					t.Errorf("cosine %v with the collector at its worst", c)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCancelledRequestsOfEveryKindLeaveNothingInTheQueue(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	e := serve(t, slow(t), func(c *inference.Config) { c.Registerer, c.Slots = reg, 1 })
	var wg sync.WaitGroup
	inside := running(t, reg)
	wg.Go(func() {
		if _, _, err := e.EmbedPassages(t.Context(), []string{long(250), long(250)}); err != nil {
			t.Error(err)
		}
	})
	inside()
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the visitor has gone")
	errs := make(chan error, 40)
	for i := range 20 {
		wg.Go(func() {
			_, _, err := e.EmbedQuestion(ctx, fmt.Sprint("question ", i))
			errs <- err
		})
		wg.Go(func() {
			_, _, err := e.EmbedPassages(ctx, []string{long(10), long(i + 1)})
			errs <- err
		})
	}
	cancel(gone)
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil && !errors.Is(err, gone) {
			t.Errorf("error %v, want the cause", err)
		}
	}
	if n := gauge(t, reg, "frontdesk_inference_queued_tokens"); n != 0 {
		t.Errorf("%v tokens are still counted as waiting", n)
	}
}

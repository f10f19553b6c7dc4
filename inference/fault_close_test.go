package inference_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
)

func TestShutdownWithRunsInFlightDeliversThemAndFailsWhatWaits(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	b := slow(t)
	e, err := inference.New(inference.Config{Bundle: &b, Slots: 1, BatchTexts: 2, Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 9)
	var wg sync.WaitGroup
	inside := running(t, reg)
	wg.Go(func() {
		v, _, err := e.EmbedPassages(t.Context(), []string{long(250), long(250)})
		if err == nil && len(v) != 2 {
			t.Errorf("%d vectors", len(v))
		}
		results <- err
	})
	inside()
	for range 8 {
		wg.Go(func() {
			_, _, err := e.EmbedPassages(t.Context(), []string{long(250)})
			results <- err
		})
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	close(results)
	served := 0
	for err := range results {
		switch {
		case err == nil:
			served++
		case !errors.Is(err, inference.ErrClosed):
			t.Errorf("error %v, want ErrClosed", err)
		}
	}
	if served == 0 {
		t.Error("the run in flight was not delivered")
	}
}

func TestDoubleCloseFromManySidesIsOneClose(t *testing.T) {
	t.Parallel()
	b := small(t)
	e, err := inference.New(inference.Config{Bundle: &b})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for {
				if _, _, err := e.EmbedQuestion(t.Context(), "where is my order"); err != nil {
					if !errors.Is(err, inference.ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for e.Runs() < 50 {
		if _, _, err := e.EmbedQuestion(t.Context(), "and this one"); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		wg.Go(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := e.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, _, err := e.EmbedQuestion(t.Context(), "late"); !errors.Is(err, inference.ErrClosed) {
		t.Errorf("after close: %v, want ErrClosed", err)
	}
	if _, _, err := e.EmbedPassages(t.Context(), []string{"late"}); !errors.Is(err, inference.ErrClosed) {
		t.Errorf("after close: %v, want ErrClosed", err)
	}
}

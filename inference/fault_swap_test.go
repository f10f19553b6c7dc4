package inference_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// spaces are encoders of different vector spaces and lengths.
func spaces(t testing.TB) []models.Bundle {
	t.Helper()
	var all []models.Bundle
	for i, hidden := range []int{16, 24, 16} {
		all = append(all, onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: hidden, Seed: uint64(20 + i)}).Bundle(t, fmt.Sprint("space-", i)))
	}
	return all
}

func TestFortySwapsUnderLoadFailNoRequestAndSplitNone(t *testing.T) {
	t.Parallel()
	all := spaces(t)
	e := serve(t, all[0])
	texts := []string{"where is my order", "怎么退款", long(90), "reset my password", long(30)}
	want := map[string][][]float32{}
	for _, b := range all {
		one := serve(t, b)
		v, print, err := one.EmbedPassages(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		want[print] = v
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	seen := make([]map[string]int, 6)
	for c := range seen {
		seen[c] = map[string]int{}
		wg.Go(func() {
			for ctx.Err() == nil {
				vectors, print, err := e.EmbedPassages(t.Context(), texts)
				if err != nil {
					t.Errorf("a request failed during a swap: %v", err)
					return
				}
				seen[c][print]++
				for i := range vectors {
					if len(vectors[i]) != len(want[print][i]) || cosine(vectors[i], want[print][i]) < 0.999999 {
						t.Errorf("text %d is not of the model that the request names", i)
						return
					}
				}
			}
		})
	}
	for i := range 40 {
		b := all[(i+1)%len(all)]
		s, err := e.Stage(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		if v, print, err := s.EmbedPassages(t.Context(), texts); err != nil || print != b.Manifest.Fingerprint || !slices.Equal(v[0], want[print][0]) && cosine(v[0], want[print][0]) < 0.999999 {
			t.Errorf("the staged model gives %s, %v", print, err)
		}
		if err := s.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, print, err := e.EmbedQuestion(t.Context(), "after"); err != nil || print != b.Manifest.Fingerprint {
			t.Fatalf("after swap %d the former model answers: %s, %v", i, print, err)
		}
	}
	cancel()
	wg.Wait()
	total := map[string]int{}
	for _, m := range seen {
		for print, n := range m {
			total[print] += n
		}
	}
	if len(total) != len(all) {
		t.Errorf("answers by model: %v", total)
	}
	if n := len(e.Models()); n != 1 {
		t.Errorf("%d models are left", n)
	}
}

func TestAStagedModelThatIsDiscardedOrPublishedTwiceHarmsNothing(t *testing.T) {
	t.Parallel()
	all := spaces(t)
	e := serve(t, all[0])
	s, err := e.Stage(t.Context(), all[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context()); !errors.Is(err, inference.ErrStaged) {
		t.Errorf("publish after discard: %v", err)
	}
	if _, _, err := s.EmbedQuestion(t.Context(), "late"); !errors.Is(err, inference.ErrStaged) {
		t.Errorf("ask after discard: %v", err)
	}
	if s, err = e.Stage(t.Context(), all[2]); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Publish(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context()); !errors.Is(err, inference.ErrStaged) {
		t.Errorf("published twice: %v", err)
	}
	if err := s.Discard(); !errors.Is(err, inference.ErrStaged) {
		t.Errorf("discarded after publish: %v", err)
	}
	if _, print, err := e.EmbedQuestion(t.Context(), "where"); err != nil || print != all[2].Manifest.Fingerprint {
		t.Errorf("%s, %v", print, err)
	}
	if s, err = e.Stage(t.Context(), all[1]); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil { // with a staged model
		t.Error(err)
	}
	if err := s.Publish(t.Context()); !errors.Is(err, inference.ErrClosed) {
		t.Errorf("publish after close: %v", err)
	}
	if _, err := e.Stage(t.Context(), all[1]); !errors.Is(err, inference.ErrClosed) {
		t.Errorf("stage after close: %v", err)
	}
}

func TestShutdownDuringSwapsEndsBoth(t *testing.T) {
	t.Parallel()
	all := spaces(t)
	b := all[0]
	e, err := inference.New(inference.Config{Bundle: &b})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	swapped := make(chan struct{})
	wg.Go(func() {
		for i := 1; ; i++ {
			s, err := e.Stage(t.Context(), all[i%len(all)])
			if err == nil {
				err = s.Publish(t.Context())
			}
			if i == 3 {
				close(swapped)
			}
			if err != nil {
				if !errors.Is(err, inference.ErrClosed) {
					t.Error(err)
				}
				return
			}
		}
	})
	for range 3 {
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
	<-swapped
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

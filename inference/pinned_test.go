package inference

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// stageFake stages a model around f, which must not wait yet.
func stageFake(t *testing.T, e *Engine, name string, f Backend) *Staged {
	t.Helper()
	real := bundle(t)
	tok, err := tokenizer.Parse(real.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	b := models.Bundle{Manifest: real.Manifest}
	b.Manifest.Name, b.Manifest.Fingerprint, b.Manifest.Dims = name, name, testDims
	m, err := e.adopt(t.Context(), &b, tok, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.models.stage(m); err != nil {
		t.Fatal(err)
	}
	return &Staged{engine: e, model: m}
}

// fakeEngine serves a model around f.
func fakeEngine(t *testing.T, f Backend) *Engine {
	t.Helper()
	e, err := newEngine(Config{Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := stageFake(t, e, "first", f).Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// asked is what EmbedQuestion gives.
type asked struct {
	print string
	err   error
}

func askEngine(ctx context.Context, e *Engine) <-chan asked {
	done := make(chan asked, 1)
	go func() {
		_, print, err := e.EmbedQuestion(ctx, "where is my order")
		done <- asked{print, err}
	}()
	return done
}

func (f *fakeRunner) closes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func TestFormerModelServesWhatItTookAndGoesWhenTheLastOfThemEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := &fakeRunner{}, &fakeRunner{}
		e := fakeEngine(t, first)
		first.gate = make(chan struct{})
		inside := askEngine(t.Context(), e)
		synctest.Wait()
		waiting := askEngine(t.Context(), e)
		synctest.Wait()
		if err := stageFake(t, e, "second", second).Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := askEngine(t.Context(), e)
		synctest.Wait()
		if n := first.closes(); n != 0 {
			t.Fatal("the former model was closed under its requests")
		}
		close(first.gate)
		for name, want := range map[<-chan asked]string{inside: "first", waiting: "first", after: "second"} {
			if a := <-name; a.err != nil || a.print != want {
				t.Errorf("served by %q, %v; want %q", a.print, a.err, want)
			}
		}
		synctest.Wait()
		if first.closes() != 1 || second.closes() != 0 {
			t.Errorf("closed %d and %d times, want the former model once", first.closes(), second.closes())
		}
		if n := len(e.sched.workers); n != 1 {
			t.Errorf("%d models are scheduled", n)
		}
		if err := e.Close(); err != nil || second.closes() != 1 {
			t.Errorf("close: %v, %d", err, second.closes())
		}
	})
}

// patient is a backend whose Close waits for its runs, as the contract says.
type patient struct {
	fakeRunner
	runs sync.WaitGroup
}

func (p *patient) Embed(b *Batch, out []float32) error {
	p.runs.Add(1)
	defer p.runs.Done()
	return p.fakeRunner.Embed(b, out)
}

func (p *patient) Close() error {
	p.runs.Wait()
	return p.fakeRunner.Close()
}

func TestRunThatItsCallerLeftIsWaitedForButDelaysNoSwap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := &patient{}
		e := fakeEngine(t, first)
		first.gate = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		gone := askEngine(ctx, e)
		synctest.Wait()
		cancel()
		if a := <-gone; !errors.Is(a.err, context.Canceled) {
			t.Error(a.err)
		}
		// Nobody holds the model now, but its run is still inside.
		if err := stageFake(t, e, "second", &fakeRunner{}).Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := askEngine(t.Context(), e)
		synctest.Wait()
		if n := first.closes(); n != 0 {
			t.Error("the model was closed under a run")
		}
		close(first.gate)
		if a := <-next; a.err != nil || a.print != "second" {
			t.Errorf("served by %q, %v", a.print, a.err)
		}
		if err := e.Close(); err != nil || first.closes() != 1 {
			t.Errorf("close: %v; the former model was closed %d times", err, first.closes())
		}
	})
}

func TestModelThatPanicsWhileItWarmsIsRefusedAndClosed(t *testing.T) {
	t.Parallel()
	real := bundle(t)
	tok, err := tokenizer.Parse(real.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(Config{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeRunner{fail: func([]int64) error { panic("out of the bounds of a table") }}
	b := models.Bundle{Manifest: real.Manifest, Golden: real.Golden[:1]}
	b.Manifest.Dims = testDims
	if _, err := e.adopt(t.Context(), &b, tok, f); !errors.Is(err, ErrGolden) || !strings.Contains(err.Error(), "bounds of a table") {
		t.Errorf("error %v", err)
	}
	if f.closed != 1 {
		t.Errorf("closed %d times", f.closed)
	}
	b.Manifest.Dims, f = bundle(t).Manifest.Dims, &fakeRunner{} // more values than the backend gives
	if _, err := e.adopt(t.Context(), &b, tok, f); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("dims that the backend does not have: %v", err)
	}
	if f.closed != 1 {
		t.Errorf("closed %d times after a panic outside of a run", f.closed)
	}
	if n := len(e.sched.workers) + len(e.Models()); n != 0 {
		t.Errorf("%d traces of it are left", n)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseWhileAModelIsBeingStagedEndsBoth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := &fakeRunner{}
		e := fakeEngine(t, first)
		s := stageFake(t, e, "second", &fakeRunner{})
		late := &fakeRunner{}
		m := stageFake(t, e, "third", late).model
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Discard(); !errors.Is(err, ErrStaged) {
			t.Errorf("discard after close: %v", err)
		}
		if late.closes() != 1 || first.closes() != 1 {
			t.Errorf("closed %d and %d times", first.closes(), late.closes())
		}
		if err := e.models.stage(m); !errors.Is(err, ErrClosed) { // what Stage meets when Close was faster
			t.Errorf("staged after close: %v", err)
		}
	})
}

func TestTokenIDsAreServedBesideAnEmptyListOfTextsAndAreCopied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{}
		e := fakeEngine(t, f)
		f.gate = make(chan struct{})
		busy := askEngine(t.Context(), e)
		synctest.Wait()
		ids := []int32{2, 11, 12, 3}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := e.Embed(ctx, models.EmbedRequest{Texts: []string{}, TokenIDs: [][]int32{ids}})
			left <- err
		}()
		synctest.Wait()
		f.gate <- struct{}{} // now the ids are in a run
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		clear(ids) // -race tells if the run reads them
		close(f.gate)
		if a := <-busy; a.err != nil {
			t.Error(a.err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if !slices.Contains(f.shapes, [2]int{1, 4}) {
			t.Errorf("shapes %v", f.shapes)
		}
	})
}

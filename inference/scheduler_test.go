package inference

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/models"
)

// fakeRunner gives each row the sum of its real ids in every dimension. It records the shapes of its batches.
type fakeRunner struct {
	gate chan struct{} // a run waits for one value; nil = never
	fail func(ids []int64) error

	mu      sync.Mutex
	batches [][]int64 // first id of each row, by run
	shapes  [][2]int
	closed  int
	inside  int
}

func (f *fakeRunner) Info() BackendInfo {
	return BackendInfo{Runtime: models.RuntimeONNX, Graph: true, Width: testDims, Padded: true}
}

func (f *fakeRunner) Check() error { return nil }

func (f *fakeRunner) Score(b *Batch, out []float32) error { return f.Embed(b, out) }

func (f *fakeRunner) Embed(b *Batch, out []float32) error {
	ids, mask, batch, seq := b.IDs, b.Mask, b.Texts, b.Seq
	f.mu.Lock()
	var firsts []int64
	for i := range batch {
		firsts = append(firsts, ids[i*seq])
	}
	f.batches = append(f.batches, firsts)
	f.shapes = append(f.shapes, [2]int{batch, seq})
	f.inside++
	f.mu.Unlock()
	if f.gate != nil {
		<-f.gate
	}
	defer func() {
		f.mu.Lock()
		f.inside--
		f.mu.Unlock()
	}()
	if f.fail != nil {
		if err := f.fail(ids[:batch*seq]); err != nil {
			return err
		}
	}
	const dims = testDims
	for i := range batch {
		var sum int64
		for k := range seq {
			sum += ids[i*seq+k] * mask[i*seq+k]
		}
		for d := range dims {
			out[i*dims+d] = float32(sum)
			if sum < 0 {
				out[i*dims+d] = float32(math.NaN())
			}
		}
	}
	return nil
}

func (f *fakeRunner) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inside > 0 {
		return fmt.Errorf("closed with %d runs inside", f.inside)
	}
	f.closed++
	return nil
}

const testDims = 2

// silent returns series that nobody sees.
func silent() *modelMetrics {
	m, _ := newMetrics(nil, nil) // no registry, no error
	return m.of(models.Manifest{})
}

// batcher is a scheduler with one model.
type batcher struct {
	*scheduler
	w *worker
}

// do is scheduler.do for the one model.
func (b *batcher) do(ctx context.Context, ln lane, texts [][]int32, out []float32) error {
	rows := make([]sequence, len(texts))
	for i, ids := range texts {
		rows[i].ids = ids
	}
	_, _, err := b.scheduler.do(ctx, b.w, ln, rows, out)
	return err
}

// setup makes a scheduler around f, of one slot unless slots says more; change adjusts the limits.
func setup(t *testing.T, f Backend, change func(*limits), slots ...int) *batcher {
	t.Helper()
	l := limits{
		maxLen: 64, batchTokens: 64, batchTexts: 32,
		queueTokens: [lanes]int{interactive: 1000, bulk: 1000},
	}
	if change != nil {
		change(&l)
	}
	n := 1
	if len(slots) > 0 {
		n = slots[0]
	}
	s := newScheduler(n, time.Now)
	return &batcher{scheduler: s, w: s.newWorker(f, false, l, silent())}
}

// text is n tokens of id.
func text(id int32, n int) []int32 { return slices.Repeat([]int32{id}, n) }

// ask runs do in a goroutine and returns where its error and vector will be.
func ask(ctx context.Context, b *batcher, ln lane, texts ...[]int32) (<-chan error, []float32) {
	done := make(chan error, 1)
	out := make([]float32, len(texts)*testDims)
	go func() { done <- b.do(ctx, ln, texts, out) }()
	return done, out
}

func TestCancelMidRunReturnsAtOnceAndLeavesTheRunAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done, out := ask(ctx, b, interactive, text(7, 3))
		synctest.Wait() // the run is inside
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want canceled", err)
		}
		f.gate <- struct{}{}
		b.close()
		if out[0] != 0 {
			t.Errorf("a vector of %v was written for a caller who had left", out[0])
		}
	})
}

func TestOneWaiterLeavesAndItsMatesAreServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		first, _ := ask(t.Context(), b, interactive, text(1, 2))
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		leaver, _ := ask(ctx, b, interactive, text(2, 2))
		stayer, out := ask(t.Context(), b, interactive, text(3, 2))
		synctest.Wait()
		cancel()
		if err := <-leaver; !errors.Is(err, context.Canceled) {
			t.Errorf("leaver: %v", err)
		}
		close(f.gate)
		if err := errors.Join(<-first, <-stayer); err != nil {
			t.Fatal(err)
		}
		if out[0] != 6 {
			t.Errorf("stayer got %v, want 6", out[0])
		}
		b.close()
		if got := fmt.Sprint(f.batches); got != "[[1] [3]]" {
			t.Errorf("batches %s: the leaver's text was run", got)
		}
		for i := range b.w.queues {
			if q := b.w.queues[i]; q.tokens != 0 || q.texts != 0 {
				t.Errorf("lane %d still counts %d tokens, %d texts", i, q.tokens, q.texts)
			}
		}
	})
}

func TestLeaversDoNotPileUpBehindOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		first, _ := ask(t.Context(), b, bulk, text(1, 1))
		synctest.Wait()
		held, _ := ask(t.Context(), b, bulk, text(2, 9)) // keeps the lane from ever being empty
		synctest.Wait()
		for range 500 {
			ctx, cancel := context.WithCancel(t.Context())
			done, _ := ask(ctx, b, bulk, text(3, 40))
			synctest.Wait()
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		b.mu.Lock()
		n := len(b.w.queues[bulk].byLen[40])
		b.mu.Unlock()
		if n > 2 {
			t.Errorf("%d dropped jobs are kept", n)
		}
		close(f.gate)
		if err := errors.Join(<-first, <-held); err != nil {
			t.Error(err)
		}
		b.close()
	})
}

func TestFreeSlotIsUsedAtOnceAndBatchesFormOnlyWhileBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		var all []<-chan error
		for id := range int32(5) {
			done, _ := ask(t.Context(), b, interactive, text(id+1, 4))
			all = append(all, done)
			synctest.Wait()
		}
		close(f.gate)
		for _, done := range all {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		b.close()
		if got := fmt.Sprint(f.shapes); got != "[[1 4] [4 4]]" {
			t.Errorf("shapes %s, want the first alone and the rest together", got)
		}
	})
}

func TestBatchIsTheOldestAndItsNearestLengthsUnderThePaddedBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil) // 64 padded tokens
		first, _ := ask(t.Context(), b, bulk, text(99, 1))
		synctest.Wait()
		// The oldest has 10 tokens; 9, 11 and 12 are near, 30 is far although it came second.
		rest, _ := ask(t.Context(), b, bulk,
			text(10, 10), text(30, 30), text(12, 12), text(9, 9), text(11, 11), text(8, 8))
		synctest.Wait()
		close(f.gate)
		if err := errors.Join(<-first, <-rest); err != nil {
			t.Fatal(err)
		}
		b.close()
		if got := fmt.Sprint(f.batches); got != "[[99] [10 9 11 8 12] [30]]" {
			t.Errorf("batches %s", got)
		}
		for _, s := range f.shapes {
			if s[0]*s[1] > 64 {
				t.Errorf("batch of %v exceeds the budget", s)
			}
		}
	})
}

func TestInteractiveGoesBeforeBulkAndBulkIsNotStarved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, func(l *limits) { l.batchTexts = 1 })
		first, _ := ask(t.Context(), b, interactive, text(1, 1))
		synctest.Wait()
		slow, _ := ask(t.Context(), b, bulk, text(500, 1))
		synctest.Wait()
		var all []<-chan error
		for range 40 {
			done, _ := ask(t.Context(), b, interactive, text(2, 1))
			all = append(all, done)
		}
		synctest.Wait()
		close(f.gate)
		for _, done := range append(all, first, slow) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		b.close()
		at := slices.IndexFunc(f.batches, func(ids []int64) bool { return ids[0] == 500 })
		if at != patience+1 { // the first run, then patience interactive ones
			t.Errorf("bulk ran as number %d of %d", at, len(f.batches))
		}
	})
}

func TestFullQueueRefusesTheWholeRequestAndSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, func(l *limits) { l.queueTokens[interactive] = 100 })
		first, _ := ask(t.Context(), b, interactive, text(1, 1))
		synctest.Wait()
		waiting, _ := ask(t.Context(), b, interactive, text(2, 60))
		synctest.Wait()
		refused, _ := ask(t.Context(), b, interactive, text(3, 30), text(4, 30)) // the first half alone would fit
		var over interface {
			error
			RetryAfter() time.Duration
		}
		if err := <-refused; !errors.As(err, &over) || over.RetryAfter() <= 0 {
			t.Errorf("error %v, want an overload with a time", err)
		}
		huge, _ := ask(t.Context(), b, interactive, text(5, 60), text(6, 60))
		if err := <-huge; !errors.Is(err, ErrTooLarge) {
			t.Errorf("error %v, want ErrTooLarge", err)
		}
		fits, _ := ask(t.Context(), b, interactive, text(7, 40))
		close(f.gate)
		if err := errors.Join(<-first, <-waiting, <-fits); err != nil {
			t.Error(err)
		}
		b.close()
		if got := fmt.Sprint(f.batches); strings.Contains(got, "3") || strings.Contains(got, "4") {
			t.Errorf("batches %s: part of a refused request was run", got)
		}
	})
}

func TestVectorThatIsNotFiniteFailsOnlyItsOwnRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		first, _ := ask(t.Context(), b, interactive, text(1, 1))
		synctest.Wait()
		bad, _ := ask(t.Context(), b, interactive, text(-5, 3), text(2, 3))
		good, out := ask(t.Context(), b, interactive, text(4, 3))
		synctest.Wait()
		close(f.gate)
		if err := <-bad; !errors.Is(err, ErrNotFinite) {
			t.Errorf("error %v, want ErrNotFinite", err)
		}
		if err := errors.Join(<-first, <-good); err != nil || out[0] != 12 {
			t.Errorf("the neighbour got %v, %v", out, err)
		}
		b.close()
	})
}

func TestErrorAndPanicOfARunReachItsCallersAndTheSlotLivesOn(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	f := &fakeRunner{fail: func(ids []int64) error {
		switch ids[0] {
		case 1:
			return boom
		case 2:
			panic("very much boom")
		}
		return nil
	}}
	b := setup(t, f, nil)
	done, _ := ask(t.Context(), b, interactive, text(1, 1))
	if err := <-done; !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	done, _ = ask(t.Context(), b, interactive, text(2, 1))
	if err := <-done; err == nil || !strings.Contains(err.Error(), "very much boom") {
		t.Errorf("error %v", err)
	}
	done, out := ask(t.Context(), b, interactive, text(3, 1))
	if err := <-done; err != nil || out[0] != 3 {
		t.Errorf("after the panic: %v, %v", out, err)
	}
	b.close()
}

func TestCloseDeliversRunsInFlightAndFailsWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil)
		inside, out := ask(t.Context(), b, interactive, text(5, 2))
		synctest.Wait()
		waiting, _ := ask(t.Context(), b, bulk, text(6, 2))
		synctest.Wait()
		ended := make(chan struct{})
		go func() { b.close(); close(ended) }()
		synctest.Wait()
		select {
		case <-ended:
			t.Error("close returned while a run was inside")
		default:
		}
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("waiting: %v, want ErrClosed", err)
		}
		close(f.gate)
		if err := <-inside; err != nil || out[0] != 10 {
			t.Errorf("in flight: %v, %v", out, err)
		}
		<-ended
		late, _ := ask(t.Context(), b, interactive, text(7, 1))
		if err := <-late; !errors.Is(err, ErrClosed) {
			t.Errorf("late: %v, want ErrClosed", err)
		}
		b.close()
	})
}

func TestEveryRowGoesToItsOwnCallerUnderConcurrency(t *testing.T) {
	t.Parallel()
	f := &fakeRunner{}
	b := setup(t, f, func(l *limits) { l.queueTokens = [lanes]int{1 << 20, 1 << 20} }, 4)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 200 {
				n, id := 1+(g*31+i*7)%40, int32(1+g*1000+i)
				texts := [][]int32{text(id, n), text(id+1, 1+n/2)}
				out := make([]float32, 2*testDims)
				if err := b.do(t.Context(), lane(i%2), texts, out); err != nil {
					t.Error(err)
					return
				}
				if out[0] != float32(int(id)*n) || out[testDims] != float32(int(id+1)*(1+n/2)) {
					t.Errorf("caller %d got %v for id %d × %d", g, out, id, n)
					return
				}
			}
		})
	}
	wg.Wait()
	b.close()
}

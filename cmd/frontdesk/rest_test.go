package main

import (
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// resting runs a rest on a heap that the test changes, and counts what it does.
type resting struct {
	*rest
	mu         sync.Mutex // guards heap: fake time alone orders the test and Run for nobody
	heap       heapState
	deep, flat int
	percent    int
}

func newResting() *resting {
	r := &resting{}
	r.rest = newRest([]string{"HOME=/"}, slog.New(slog.DiscardHandler))
	r.pace = func(percent int) { r.percent = percent }
	r.read = func() heapState {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.heap
	}
	r.free = func(deep bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if deep {
			r.deep++
		} else {
			r.flat++
		}
		r.heap.objects, r.heap.free = r.heap.live, 0
	}
	return r
}

// pass lets some looks pass, with so many bytes allocated before each; half of them are garbage.
func (r *resting) pass(looks int, allocated uint64) {
	for range looks {
		r.mu.Lock()
		r.heap.allocated += allocated
		r.heap.objects += allocated / 2
		r.mu.Unlock()
		<-time.After(restLook)
		synctest.Wait()
	}
}

func TestMemoryIsGivenBackOnlyWhenTheProcessHasComeToRest(t *testing.T) {
	t.Parallel()
	const little, much = 1 << 20, 100 << 20
	synctest.Test(t, func(t *testing.T) {
		r := newResting()
		r.heap = heapState{objects: 200 << 20, live: 50 << 20}
		ended := make(chan error, 1)
		go func() { ended <- r.Run(t.Context()) }()
		synctest.Wait()
		check := func(what string, deep, flat int) {
			t.Helper()
			if r.deep != deep || r.flat != flat {
				t.Fatalf("%s: %d deep and %d flat, want %d and %d", what, r.deep, r.flat, deep, flat)
			}
		}
		r.pass(20, much)
		check("under load", 0, 0)
		r.pass(1, little)
		check("one quiet look", 0, 0)
		r.pass(2, little)
		check("at rest", 1, 0)
		if r.heap.objects > r.heap.live+little {
			t.Fatalf("%d bytes of objects, %d live", r.heap.objects, r.heap.live)
		}
		r.pass(40, little)
		check("twenty megabytes of garbage are not worth it", 1, 0)
		for looks := 0; r.flat == 0 && looks < 40; looks++ {
			r.pass(1, little)
		}
		check("more are", 1, 1)
		r.pass(1, much)
		r.pass(3, little)
		check("not again within a minute", 1, 1)
		r.pass(int(restEvery/restLook), little)
		check("after work, whatever it left", 2, 1)
	})
}

func TestGarbageIsCollectedAtOnceUnlessMuchIsAllocated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newResting()
		ended := make(chan error, 1)
		go func() { ended <- r.Run(t.Context()) }()
		synctest.Wait()
		for _, step := range []struct {
			allocated uint64
			percent   int
		}{{0, eagerPercent}, {200 << 20, eagerPercent}, {400 << 20, hastyPercent}, {200 << 20, eagerPercent}} {
			r.pass(1, step.allocated)
			if r.percent != step.percent {
				t.Fatalf("%d bytes in %v: GOGC %d, want %d", step.allocated, restLook, r.percent, step.percent)
			}
		}
	})
}

func TestAnOperatorsOwnGOGCStays(t *testing.T) {
	t.Parallel()
	if r := newRest([]string{"GOGC=200"}, slog.New(slog.DiscardHandler)); r.pace != nil {
		t.Fatal("it would be changed")
	}
}

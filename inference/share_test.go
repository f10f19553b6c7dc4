package inference

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// busy waits until nothing moves and returns how many runs are inside, and the shapes of all runs so far.
func (f *fakeRunner) busy() (inside int, shapes [][2]int) {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inside, slices.Clone(f.shapes)
}

func TestNoSlotIsFreeWhileTextsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, func(l *limits) { l.batchTexts = 2 }, 3)
		var texts [][]int32
		for range 10 { // few tokens, but more texts than a batch may have
			texts = append(texts, text(1, 2))
		}
		done, _ := ask(t.Context(), b, bulk, texts...)
		if inside, _ := f.busy(); inside != 3 {
			t.Errorf("%d of 3 slots run while texts wait", inside)
		}
		f.gate <- struct{}{}
		if inside, shapes := f.busy(); inside != 3 || len(shapes) != 4 {
			t.Errorf("%d slots run, %d runs began", inside, len(shapes))
		}
		close(f.gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.close()
		if len(b.idle) != 3 || b.woken != 0 {
			t.Errorf("%d slots are idle, %d on their way", len(b.idle), b.woken)
		}
	})
}

func TestOneRequestOfManyTextsIsSharedOutAmongFreeSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, func(l *limits) { l.batchTokens = 512 }, 2)
		var texts [][]int32
		for range 20 {
			texts = append(texts, text(1, 20))
		}
		done, _ := ask(t.Context(), b, interactive, texts...) // 400 tokens: one batch would hold them
		if _, shapes := f.busy(); !slices.Equal(shapes, [][2]int{{10, 20}, {10, 20}}) {
			t.Errorf("batches %v, want two halves", shapes)
		}
		late, _ := ask(t.Context(), b, interactive, slices.Repeat([][]int32{text(1, 20)}, 20)...)
		synctest.Wait()
		f.gate <- struct{}{} // the other slot is busy: now one batch is better
		if _, shapes := f.busy(); len(shapes) != 3 || shapes[2] != [2]int{20, 20} {
			t.Errorf("batches %v, want the last one whole", shapes)
		}
		close(f.gate)
		if err := errors.Join(<-done, <-late); err != nil {
			t.Error(err)
		}
		b.close()
	})
}

func TestSmallRequestIsNotTornApartForAFreeSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{gate: make(chan struct{})}
		b := setup(t, f, nil, 2)
		done, _ := ask(t.Context(), b, interactive, text(1, 12), text(2, 12), text(3, 12))
		if _, shapes := f.busy(); !slices.Equal(shapes, [][2]int{{3, 12}}) {
			t.Errorf("batches %v, want one", shapes)
		}
		close(f.gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.close()
	})
}

func TestImpossibleRowIsAnErrorAndTouchesNoQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRunner{}
		b := setup(t, f, nil)
		for name, row := range map[string][]int32{"empty": {}, "longer than the model's limit": text(1, 65)} {
			done, _ := ask(t.Context(), b, interactive, text(1, 3), row)
			if err := <-done; err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		done, _ := ask(t.Context(), b, interactive, text(1, 64))
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.close()
		if len(f.shapes) != 1 {
			t.Errorf("%d runs, want that of the last request alone", len(f.shapes))
		}
	})
}

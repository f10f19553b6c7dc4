package inference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/models"
)

// timedBackend takes a fixed time a run, on the bubble's clock, and notes when it was asked.
type timedBackend struct {
	name string
	took time.Duration

	lk  *sync.Mutex
	log *[]string // shared by the backends of a test; guarded by lk
}

func (f *timedBackend) Info() BackendInfo {
	return BackendInfo{Runtime: models.RuntimeONNX, Graph: true, Width: 1, Padded: true}
}
func (f *timedBackend) Check() error                        { return nil }
func (f *timedBackend) Close() error                        { return nil }
func (f *timedBackend) Score(b *Batch, out []float32) error { return f.Embed(b, out) }
func (f *timedBackend) Embed(b *Batch, out []float32) error {
	f.lk.Lock()
	*f.log = append(*f.log, f.name)
	f.lk.Unlock()
	<-time.After(f.took)
	clear(out)
	return nil
}

// twoModels makes a scheduler of one slot and a heavy and a light model, one text a batch.
func twoModels(heavy, light time.Duration) (s *scheduler, h, l *worker, log *[]string, lk *sync.Mutex) {
	log, lk = &[]string{}, &sync.Mutex{}
	s = newScheduler(1, time.Now)
	lim := limits{maxLen: 16, batchTokens: 16, batchTexts: 1, queueTokens: [lanes]int{10_000, 10_000}}
	h = s.newWorker(&timedBackend{name: "heavy", took: heavy, log: log, lk: lk}, false, lim, silent())
	l = s.newWorker(&timedBackend{name: "light", took: light, log: log, lk: lk}, false, lim, silent())
	return s, h, l, log, lk
}

func (s *scheduler) one(ctx context.Context, w *worker, ln lane) error {
	_, _, err := s.do(ctx, w, ln, []sequence{{ids: []int32{1, 2}}}, make([]float32, 1))
	return err
}

func TestModelsShareTheSlotsByTimeNotByTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, heavy, light, log, _ := twoModels(10*time.Millisecond, time.Millisecond)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := s.one(t.Context(), heavy, interactive); err != nil {
					t.Error(err)
				}
			})
			for range 10 {
				wg.Go(func() {
					if err := s.one(t.Context(), light, interactive); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		s.close()
		half := (*log)[:len(*log)/2] // both have work all the time
		n := 0
		for _, name := range half {
			if name == "heavy" {
				n++
			}
		}
		if share := float64(10*n) / float64(10*n+len(half)-n); share < 0.4 || share > 0.6 {
			t.Errorf("the heavy model had %.2f of the time, want about half", share)
		}
	})
}

func TestModelThatWasIdleHasSavedNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, busy, late, log, lk := twoModels(time.Millisecond, time.Millisecond)
		var wg sync.WaitGroup
		ask := func(w *worker, n int) {
			for range n {
				wg.Go(func() {
					if err := s.one(t.Context(), w, bulk); err != nil {
						t.Error(err)
					}
				})
			}
		}
		ask(busy, 400)
		<-time.After(200 * time.Millisecond) // the other one has used nothing all the while
		ask(late, 100)
		synctest.Wait()
		lk.Lock()
		from := len(*log)
		lk.Unlock()
		wg.Wait()
		s.close()
		first := (*log)[from : from+40]
		if n := len(slices.DeleteFunc(slices.Clone(first), func(x string) bool { return x != "heavy" })); n < 15 {
			t.Errorf("of 40 runs after the idle model came back the busy one had %d", n)
		}
	})
}

func TestModelWithoutRoomRefusesWhileTheOtherTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, heavy, light, _, _ := twoModels(time.Second, time.Millisecond)
		heavy.limits.queueTokens[bulk] = 4
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() { errs[i] = s.one(t.Context(), heavy, bulk) })
			synctest.Wait()
		}
		if err := s.one(t.Context(), light, bulk); err != nil {
			t.Errorf("the other model: %v", err)
		}
		wg.Wait()
		s.close()
		refused := 0
		for _, err := range errs {
			if _, ok := errors.AsType[*OverloadError](err); ok {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 3 { // one runs, two wait
			t.Errorf("%d of 6 refused, want 3", refused)
		}
	})
}

func TestPoolingTakesTheRowsOfTheTextAndNoPadding(t *testing.T) {
	t.Parallel()
	// Two texts of 3 and 1 tokens, padded to 3, rows of 2.
	hidden := []float32{1, 10, 2, 20, 6, 60, 5, 50, 99, 99, 99, 99}
	b := &Batch{Texts: 2, Seq: 3, Rows: [][]int32{{1, 2, 3}, {4}}}
	for pooling, want := range map[string][]float32{
		models.PoolMean: {3, 30, 5, 50},
		models.PoolCLS:  {1, 10, 5, 50},
		models.PoolLast: {6, 60, 5, 50},
	} {
		out := make([]float32, 4)
		pool(pooling, hidden, b, 2, out)
		if !slices.Equal(out, want) {
			t.Errorf("%s: %v, want %v", pooling, out, want)
		}
	}
}

func TestNormalizeSurvivesExtremesAndRefusesWhatHasNoDirection(t *testing.T) {
	t.Parallel()
	for _, v := range [][]float32{{3, 4}, {3e38, 3e38}, {1e-38, 1e-38}, {1e-45, 0}, {-1000, 0}} {
		x := slices.Clone(v)
		if !normalize(x) {
			t.Errorf("%v refused", v)
		}
		if n := float64(x[0])*float64(x[0]) + float64(x[1])*float64(x[1]); n < 0.999999 || n > 1.000001 {
			t.Errorf("%v became %v of squared length %v", v, x, n)
		}
	}
	if x := []float32{0, 0}; normalize(x) {
		t.Errorf("zeros became %v", x)
	}
}

func TestHalfOfAVectorIsOneOfLengthOneAgain(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	b.Manifest.Matryoshka = []int{64, 128}
	b.Manifest.Fingerprint = b.Manifest.ComputeFingerprint()
	e := open(t, Config{Bundle: &b})
	whole, err := e.Embed(t.Context(), models.EmbedRequest{Texts: []string{"where is my order"}, Question: true})
	if err != nil {
		t.Fatal(err)
	}
	part, err := e.Embed(t.Context(), models.EmbedRequest{Texts: []string{"where is my order"}, Question: true, Dims: 64})
	if err != nil {
		t.Fatal(err)
	}
	if len(part.Vectors[0]) != 64 || cosine(part.Vectors[0], whole.Vectors[0][:64]) < 0.999999 {
		t.Errorf("%d values, cosine %v to the first of the whole", len(part.Vectors[0]), cosine(part.Vectors[0], whole.Vectors[0][:64]))
	}
	if n := cosineNorm(part.Vectors[0]); n < 0.999999 || n > 1.000001 {
		t.Errorf("squared length %v", n)
	}
	_, err = e.Embed(t.Context(), models.EmbedRequest{Texts: []string{"x"}, Dims: 100})
	if !errors.Is(err, models.ErrInput) || fmt.Sprint(err) == "" {
		t.Errorf("100 dimensions: %v", err)
	}
}

func cosineNorm(v []float32) (sum float64) {
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}

func TestHalvesAreTheVectorsRoundedAndRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	e := open(t, Config{})
	texts := []string{"where is my order", "怎么退款"}
	whole, err := e.Embed(t.Context(), models.EmbedRequest{Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	half, err := e.Embed(t.Context(), models.EmbedRequest{Texts: texts, Half: true})
	if err != nil {
		t.Fatal(err)
	}
	if half.Vectors != nil || len(half.Halves) != 2 {
		t.Fatalf("%d vectors, %d halves", len(half.Vectors), len(half.Halves))
	}
	for i, v := range half.Halves {
		back := make([]float32, len(v))
		for d, h := range v {
			back[d] = models.FromHalf(h)
		}
		if c := cosine(back, whole.Vectors[i]); c < 0.999999 {
			t.Errorf("text %d: cosine %v to float32", i, c)
		}
	}
	if _, err := halves([][]float32{{1, 65520}}); !errors.Is(err, ErrNotFinite) {
		t.Errorf("65520: %v", err)
	}
	if h, err := halves([][]float32{{65504, -65519, 1 + 1.0/2048, 1 + 3.0/2048}}); err != nil ||
		!slices.Equal(h[0], []uint16{0x7BFF, 0xFBFF, 0x3C00, 0x3C02}) { // ties go to even
		t.Errorf("%#x, %v", h, err)
	}
}

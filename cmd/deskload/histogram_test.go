package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreWithinATenthOfAPercentOfTheExactOnes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	h := newHistogram()
	exact := make([]time.Duration, 100_000)
	for i := range exact {
		// From microseconds to minutes, as latencies under faults are.
		exact[i] = time.Duration(math.Exp(rng.Float64()*18) * 1000)
		h.add(exact[i])
	}
	slices.Sort(exact)
	for _, q := range []float64{0, .001, .5, .9, .99, .999, 1} {
		want := exact[max(int(math.Ceil(q*float64(len(exact))))-1, 0)]
		got := h.quantile(q)
		if got < want || float64(got) > float64(want)*1.001 {
			t.Errorf("quantile %g: got %d ns, want %d to +0.1 %%", q, got, want)
		}
	}
}

func TestQuantilesAtExtremes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		samples []time.Duration
		q       float64
		want    time.Duration
	}{
		"no sample":               {nil, .99, 0},
		"one sample":              {[]time.Duration{7}, .5, 7},
		"all equal":               {slices.Repeat([]time.Duration{time.Second}, 1000), .5, time.Second},
		"negative counts as zero": {[]time.Duration{-5}, 1, 0},
		"largest":                 {[]time.Duration{1, math.MaxInt64}, 1, math.MaxInt64},
		"median of two is the lower by nearest rank": {[]time.Duration{10, 20}, .5, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHistogram()
			for _, d := range c.samples {
				h.add(d)
			}
			got := h.quantile(c.q)
			if c.want > 2048 && c.want < math.MaxInt64 {
				if math.Abs(float64(got-c.want)) > float64(c.want)/1000 {
					t.Errorf("got %d, want %d", got, c.want)
				}
			} else if got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestEveryValueLiesInItsBucket(t *testing.T) {
	t.Parallel()
	for shift := range 63 {
		for _, v := range []uint64{1 << shift, 1<<shift - 1, 1<<shift + 1} {
			if v > math.MaxInt64 {
				continue
			}
			i := bucketOf(v)
			if up := upperBound(i); uint64(up) < v || (i > 0 && uint64(upperBound(i-1)) >= v) {
				t.Errorf("value %d: bucket %d ends at %d, the one before at %d", v, i, up, upperBound(i-1))
			}
		}
	}
}

func TestSummaryWithoutSamplesIsNullAndNotZero(t *testing.T) {
	t.Parallel()
	if s := newHistogram().summary(); s.P50 != nil || s.Max != nil || s.N != 0 {
		t.Errorf("got %+v", s)
	}
}

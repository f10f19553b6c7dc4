package main

import (
	"math"
	"math/bits"
	"sync"
	"time"
)

// subBits is the number of bits of a value that a bucket keeps: 2^subBits
// buckets an octave, so a percentile is at most 0.1 % too high.
const subBits = 10

// histogram counts durations in log-linear buckets (as HdrHistogram does), so
// that any number of samples takes the same 0.4 MB. It is safe for concurrent use.
type histogram struct {
	mu     sync.Mutex // guards everything below
	counts []uint64
	n      uint64
	sum    float64
	max    time.Duration
}

func newHistogram() *histogram {
	return &histogram{counts: make([]uint64, bucketOf(math.MaxInt64)+1)}
}

// add counts one duration; negative ones count as zero.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[bucketOf(uint64(d))]++
	h.n++
	h.sum += float64(d)
	h.max = max(h.max, d)
}

// quantile returns the smallest bucket bound below which at least the share q
// of the samples lies (nearest rank), 0 without samples.
func (h *histogram) quantile(q float64) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.quantileLocked(q)
}

func (h *histogram) quantileLocked(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(h.n)))
	rank = min(max(rank, 1), h.n)
	var seen uint64
	for i, c := range h.counts {
		if seen += c; seen >= rank {
			return min(upperBound(i), h.max)
		}
	}
	return h.max
}

// bucketOf returns the bucket of a value: exact below 2^(subBits+1), then
// 2^subBits buckets for each doubling.
func bucketOf(v uint64) int {
	shift := max(bits.Len64(v)-subBits-1, 0)
	return shift<<subBits + int(v>>shift)
}

// upperBound returns the largest value of a bucket.
func upperBound(i int) time.Duration {
	shift := max(i>>subBits-1, 0)
	top := uint64(i-shift<<subBits) + 1
	return time.Duration(top<<shift - 1)
}

// latency is a histogram's summary, in milliseconds. Without samples all but N are null.
type latency struct {
	N    uint64   `json:"n"`
	Mean *float64 `json:"mean"`
	P50  *float64 `json:"p50"`
	P90  *float64 `json:"p90"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
	Max  *float64 `json:"max"`
}

func (h *histogram) summary() latency {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n == 0 {
		return latency{}
	}
	at := func(q float64) *float64 { return new(millis(h.quantileLocked(q))) }
	return latency{
		N: h.n, Mean: new(millis(time.Duration(h.sum / float64(h.n)))),
		P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: new(millis(h.max)),
	}
}

// millis rounds to a microsecond.
func millis(d time.Duration) float64 {
	return math.Round(float64(d)/1e3) / 1e3
}

// sparse is a histogram on its way to another process.
type sparse struct {
	Buckets map[int]uint64 `json:"b,omitempty"` // count by bucket
	Sum     float64        `json:"s,omitempty"` // nanoseconds
	Max     time.Duration  `json:"m,omitempty"`
}

// pack returns the histogram for another process.
func (h *histogram) pack() sparse {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := sparse{Buckets: map[int]uint64{}, Sum: h.sum, Max: h.max}
	for i, c := range h.counts {
		if c > 0 {
			out.Buckets[i] = c
		}
	}
	return out
}

// merge adds what another process counted. Buckets that no histogram has are left out.
func (h *histogram) merge(s sparse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, c := range s.Buckets {
		if i >= 0 && i < len(h.counts) {
			h.counts[i] += c
			h.n += c
		}
	}
	h.sum += s.Sum
	h.max = max(h.max, s.Max)
}

package inference_test

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// serve makes an engine with the given model and closes it after the test.
func serve(t testing.TB, b models.Bundle, change ...func(*inference.Config)) *inference.Engine {
	t.Helper()
	cfg := inference.Config{Bundle: &b}
	for _, c := range change {
		c(&cfg)
	}
	e, err := inference.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// small is an encoder whose runs take some ten microseconds.
func small(t testing.TB) models.Bundle {
	t.Helper()
	return onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: 16, Seed: 1}).Bundle(t, "small")
}

// slow is an encoder of which a run of long texts takes some ten milliseconds.
func slow(t testing.TB) models.Bundle {
	t.Helper()
	return onnxtest.New(onnxtest.Spec{Layers: 4, Hidden: 128, Heads: 4, FFN: 512, Seed: 2}).Bundle(t, "slow")
}

// long is a text of about n tokens.
func long(n int) string { return strings.TrimSpace(strings.Repeat("order ", n)) }

// gauge reads a metric without labels, or the sum over its labels.
func gauge(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		sum := 0.0
		for _, m := range f.GetMetric() {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
		return sum
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// running returns a function that waits until a run is inside C, or one has ended since running was called.
func running(t testing.TB, reg *prometheus.Registry) (wait func()) {
	t.Helper()
	ended := gauge(t, reg, "frontdesk_inference_runs_total")
	return func() {
		t.Helper()
		for gauge(t, reg, "frontdesk_inference_runs_in_flight") == 0 && gauge(t, reg, "frontdesk_inference_runs_total") == ended {
			runtime.Gosched()
		}
	}
}

// churn collects garbage without pause until the returned function is called.
func churn() (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				runtime.GC()
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// rss returns the resident memory of this process in bytes.
func rss(t testing.TB) float64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	return ab / math.Sqrt(aa*bb)
}

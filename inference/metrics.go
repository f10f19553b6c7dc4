package inference

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what the engine does. Its methods are safe for concurrent use.
type metrics struct {
	count     atomic.Uint64 // runs, also for Engine.Runs
	runs      prometheus.Counter
	inFlight  prometheus.Gauge
	texts     prometheus.Histogram
	real      prometheus.Counter
	padding   prometheus.Counter
	tokenize  prometheus.Histogram
	run       prometheus.Histogram
	queueSecs [lanes]prometheus.Observer
	waiting   [lanes]prometheus.Gauge
	refusals  [lanes]prometheus.Counter
	hits      prometheus.Counter
	misses    prometheus.Counter
}

// newMetrics registers the series with reg; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	const space = "frontdesk_inference_"
	short := prometheus.ExponentialBuckets(5e-6, 2.5, 14) // 5 µs to 0.75 s
	tokens := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: space + "tokens_total", Help: "Tokens given to the model, by kind: real or padding.",
	}, []string{"kind"})
	queue := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: space + "queue_seconds", Help: "Time from admission to the start of the run, by lane.", Buckets: short,
	}, []string{"lane"})
	waiting := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: space + "queued_tokens", Help: "Tokens waiting for a run, by lane.",
	}, []string{"lane"})
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: space + "refused_total", Help: "Requests refused because the queue was full, by lane.",
	}, []string{"lane"})
	cache := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: space + "question_cache_total", Help: "Look-ups in the cache of question vectors, by result.",
	}, []string{"result"})
	m := &metrics{
		runs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: space + "runs_total", Help: "Runs of an ONNX graph that served requests.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: space + "runs_in_flight", Help: "Runs of an ONNX graph going on now.",
		}),
		texts: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: space + "batch_texts", Help: "Texts in a batch.", Buckets: prometheus.ExponentialBuckets(1, 2, 8),
		}),
		tokenize: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: space + "tokenize_seconds", Help: "Time to tokenise the texts of a request.", Buckets: short,
		}),
		run: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: space + "run_seconds", Help: "Time of a run of the graph.", Buckets: short,
		}),
		real:    tokens.WithLabelValues("real"),
		padding: tokens.WithLabelValues("padding"),
		hits:    cache.WithLabelValues("hit"),
		misses:  cache.WithLabelValues("miss"),
	}
	for i, name := range [lanes]string{interactive: "interactive", bulk: "bulk"} {
		m.queueSecs[i] = queue.WithLabelValues(name)
		m.waiting[i] = waiting.WithLabelValues(name)
		m.refusals[i] = refused.WithLabelValues(name)
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.runs, m.inFlight, m.texts, m.tokenize, m.run, tokens, queue, waiting, refused, cache} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register inference metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) refused(ln lane)                 { m.refusals[ln].Inc() }
func (m *metrics) queued(ln lane, tokens int)      { m.waiting[ln].Set(float64(tokens)) }
func (m *metrics) waited(ln lane, d time.Duration) { m.queueSecs[ln].Observe(d.Seconds()) }
func (m *metrics) tokenized(d time.Duration)       { m.tokenize.Observe(d.Seconds()) }
func (m *metrics) enter()                          { m.inFlight.Inc() }
func (m *metrics) leave()                          { m.inFlight.Dec() }

// ran counts one run of texts texts with tokens real tokens, padded to padded.
func (m *metrics) ran(texts, tokens, padded int, d time.Duration) {
	m.count.Add(1)
	m.runs.Inc()
	m.texts.Observe(float64(texts))
	m.real.Add(float64(tokens))
	m.padding.Add(float64(padded - tokens))
	m.run.Observe(d.Seconds())
}

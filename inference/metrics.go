package inference

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/models"
)

// metrics counts what the engine does, in all and by model. Its methods are safe for concurrent use. Labels are names of
// installed models, tasks and lanes, all of them few.
type metrics struct {
	count    atomic.Uint64 // runs of graphs, also for Engine.Runs
	runs     prometheus.Counter
	static   prometheus.Counter
	inFlight prometheus.Gauge
	swaps    *prometheus.CounterVec

	texts    *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	tokenize *prometheus.HistogramVec
	run      *prometheus.HistogramVec
	queue    *prometheus.HistogramVec
	waiting  *prometheus.GaugeVec
	refusals *prometheus.CounterVec
	cache    *prometheus.CounterVec
}

// modelMetrics are the series of one model.
type modelMetrics struct {
	all       *metrics
	graph     bool
	count     atomic.Uint64 // runs
	texts     prometheus.Observer
	real      prometheus.Counter
	padding   prometheus.Counter
	tokenize  prometheus.Observer
	run       prometheus.Observer
	queueSecs [lanes]prometheus.Observer
	waiting   [lanes]prometheus.Gauge
	refusals  [lanes]prometheus.Counter
	hits      prometheus.Counter
	misses    prometheus.Counter
}

// newMetrics registers the series with reg; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, loaded *registry) (*metrics, error) {
	const space = "frontdesk_inference_"
	short := prometheus.ExponentialBuckets(5e-6, 2.5, 14) // 5 µs to 0.75 s
	model := []string{"model", "task"}
	with := func(label string) []string { return append(slices.Clip(model), label) }
	m := &metrics{
		runs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: space + "runs_total", Help: "Runs of an ONNX graph that served requests.",
		}),
		static: prometheus.NewCounter(prometheus.CounterOpts{
			Name: space + "static_runs_total", Help: "Runs of a token table, in pure Go, that served requests.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: space + "runs_in_flight", Help: "Runs going on now.",
		}),
		swaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: space + "swaps_total", Help: "Models put in use beside the first ones (published), and those that their checks kept out (refused).",
		}, []string{"task", "result"}),
		texts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: space + "batch_texts", Help: "Texts in a batch.", Buckets: prometheus.ExponentialBuckets(1, 2, 8),
		}, model),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: space + "tokens_total", Help: "Tokens given to the model, by kind: real or padding.",
		}, with("kind")),
		tokenize: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: space + "tokenize_seconds", Help: "Time to tokenise the texts of a request.", Buckets: short,
		}, model),
		run: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: space + "run_seconds", Help: "Time of a run.", Buckets: short,
		}, model),
		queue: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: space + "queue_seconds", Help: "Time from admission to the start of the run, by lane.", Buckets: short,
		}, with("lane")),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: space + "queued_tokens", Help: "Tokens waiting for a run, by lane.",
		}, with("lane")),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: space + "refused_total", Help: "Requests refused because the queue was full, by lane.",
		}, with("lane")),
		cache: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: space + "question_cache_total", Help: "Look-ups in the cache of question vectors, by result.",
		}, with("result")),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.runs, m.static, m.inFlight, m.swaps, m.texts, m.tokens, m.tokenize, m.run, m.queue, m.waiting, m.refusals, m.cache,
		&modelCollector{loaded: loaded, info: prometheus.NewDesc(space+"model_info", "Models that are loaded; always 1.",
			[]string{"model", "version", "task", "runtime", "fingerprint", "state"}, nil)},
	} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register inference metrics: %w", err)
		}
	}
	return m, nil
}

// of returns the series of a model.
func (m *metrics) of(manifest models.Manifest) *modelMetrics {
	name, task := manifest.Name, manifest.Task
	x := &modelMetrics{
		all: m, graph: manifest.Runtime == models.RuntimeONNX,
		texts: m.texts.WithLabelValues(name, task), tokenize: m.tokenize.WithLabelValues(name, task), run: m.run.WithLabelValues(name, task),
		real: m.tokens.WithLabelValues(name, task, "real"), padding: m.tokens.WithLabelValues(name, task, "padding"),
		hits: m.cache.WithLabelValues(name, task, "hit"), misses: m.cache.WithLabelValues(name, task, "miss"),
	}
	for ln := range lanes {
		x.queueSecs[ln] = m.queue.WithLabelValues(name, task, ln.String())
		x.waiting[ln] = m.waiting.WithLabelValues(name, task, ln.String())
		x.refusals[ln] = m.refusals.WithLabelValues(name, task, ln.String())
	}
	return x
}

// swapped counts the end of a Stage, Publish or Retire.
func (m *metrics) swapped(task, result string) { m.swaps.WithLabelValues(task, result).Inc() }

func (m *modelMetrics) refused(ln lane)                 { m.refusals[ln].Inc() }
func (m *modelMetrics) queued(ln lane, tokens int)      { m.waiting[ln].Set(float64(tokens)) }
func (m *modelMetrics) waited(ln lane, d time.Duration) { m.queueSecs[ln].Observe(d.Seconds()) }
func (m *modelMetrics) tokenized(d time.Duration)       { m.tokenize.Observe(d.Seconds()) }

// ran counts one run of texts texts with tokens real tokens, padded to padded.
func (m *modelMetrics) ran(texts, tokens, padded int, d time.Duration) {
	m.count.Add(1)
	if m.graph {
		m.all.count.Add(1)
		m.all.runs.Inc()
	} else {
		m.all.static.Inc()
	}
	m.texts.Observe(float64(texts))
	m.real.Add(float64(tokens))
	m.padding.Add(float64(padded - tokens))
	m.run.Observe(d.Seconds())
}

// modelCollector tells which models are loaded.
type modelCollector struct {
	loaded *registry
	info   *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *modelCollector) Describe(out chan<- *prometheus.Desc) { out <- c.info }

// Collect implements prometheus.Collector.
func (c *modelCollector) Collect(out chan<- prometheus.Metric) {
	seen := map[string]bool{}
	for _, i := range c.loaded.infos() {
		m, state := i.Manifest, "staged"
		if i.InUse {
			state = "in use"
		}
		if key := m.Fingerprint + m.Task + state; !seen[key] { // one series, however often it is staged
			seen[key] = true
			out <- prometheus.MustNewConstMetric(c.info, prometheus.GaugeValue, 1, m.Name, m.Version, m.Task, m.Runtime, m.Fingerprint, state)
		}
	}
}

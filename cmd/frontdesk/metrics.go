package main

import (
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"frontdesk/bot"
	"frontdesk/chat"
)

// newRegistry returns the registry behind /metrics, with the Go runtime's and
// the process's own series (RSS, CPU, open files).
func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "frontdesk_build_info", Help: "1; the version is a label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return reg
}

// series is one value read when /metrics is.
type series struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func() float64
}

// domainCollector turns the counts of the domains, which know no Prometheus,
// into series.
type domainCollector struct {
	bot       *bot.Responder
	cache     *bot.Cache // nil = none
	series    []series
	decisions *prometheus.Desc
	cached    *prometheus.Desc
	latency   *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *domainCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, s := range c.series {
		ch <- s.desc
	}
	ch <- c.decisions
	ch <- c.cached
	ch <- c.latency
}

// Collect implements prometheus.Collector.
func (c *domainCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.series {
		ch <- prometheus.MustNewConstMetric(s.desc, s.kind, s.read())
	}
	m := c.bot.Metrics()
	for o, n := range m.Outcomes {
		ch <- prometheus.MustNewConstMetric(c.decisions, prometheus.CounterValue, float64(n), string(o.Action), string(o.Reason))
	}
	if c.cache != nil {
		k := c.cache.Counts()
		for what, n := range map[string]uint64{"hit": k.Hits, "miss": k.Misses, "joined": k.Joined, "evicted": k.Evicted, "refused": k.Refused} {
			ch <- prometheus.MustNewConstMetric(c.cached, prometheus.CounterValue, float64(n), what)
		}
	}
	ch <- prometheus.MustNewConstHistogram(c.latency, m.LatencyCount, m.LatencySum.Seconds(), m.LatencyBuckets)
}

func newDomainCollector(service *chat.Service, responder *bot.Responder, turns *bot.Turns, cache *bot.Cache, pool *pgxpool.Pool) *domainCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc("frontdesk_"+name, help, nil, nil) }
	chatCount := func(name, help string, read func(chat.Metrics) int64) series {
		return series{desc(name, help), prometheus.CounterValue, func() float64 { return float64(read(service.Metrics())) }}
	}
	chatGauge := func(name, help string, read func(chat.Metrics) int) series {
		return series{desc(name, help), prometheus.GaugeValue, func() float64 { return float64(read(service.Metrics())) }}
	}
	turnCount := func(name, help string, read func(bot.TurnCounts) uint64) series {
		return series{desc(name, help), prometheus.CounterValue, func() float64 { return float64(read(turns.Counts())) }}
	}
	poolGauge := func(name, help string, read func(*pgxpool.Stat) float64) series {
		return series{desc(name, help), prometheus.GaugeValue, func() float64 { return read(pool.Stat()) }}
	}
	cacheGauge := func(name, help string, read func(bot.CacheCounts) int) series {
		return series{desc(name, help), prometheus.GaugeValue, func() float64 {
			if cache == nil {
				return 0
			}
			return float64(read(cache.Counts()))
		}}
	}
	return &domainCollector{
		bot:       responder,
		decisions: prometheus.NewDesc("frontdesk_bot_decisions_total", "Bot turns decided, by action and reason.", []string{"action", "reason"}, nil),
		cache:     cache,
		cached: prometheus.NewDesc("frontdesk_bot_cache_total",
			"Looks into the decision cache: hit, miss, joined a search under way; and what was evicted for want of room, or refused because the knowledge base changed meanwhile.",
			[]string{"result"}, nil),
		latency: desc("bot_decision_seconds", "From question to decision."),
		series: slices.Concat([]series{
			chatCount("log_rows_total", "Rows stored in conversation logs.", func(m chat.Metrics) int64 { return m.Rows }),
			chatCount("log_repeated_total", "Sends whose row was stored already.", func(m chat.Metrics) int64 { return m.Repeated }),
			chatCount("log_stale_total", "Rows refused because the conversation had changed.", func(m chat.Metrics) int64 { return m.Stale }),
			chatCount("log_batches_total", "Append transactions committed.", func(m chat.Metrics) int64 { return m.Batches }),
			chatCount("log_retries_total", "Append transactions repeated.", func(m chat.Metrics) int64 { return m.Retries }),
			chatCount("log_overloaded_total", "Rows refused because too many waited.", func(m chat.Metrics) int64 { return m.Overloaded }),
			chatCount("conversation_changes_total", "State changes of conversations.", func(m chat.Metrics) int64 { return m.Changes }),
			chatCount("hub_holes_total", "Holes in live sequences that were fetched.", func(m chat.Metrics) int64 { return m.Holes }),
			chatCount("hub_reconciled_rows_total", "Rows found only by comparing with the database; 0 on a healthy single node.",
				func(m chat.Metrics) int64 { return m.ReconciledRows }),
			chatGauge("log_pending", "Rows waiting for their commit.", func(m chat.Metrics) int { return m.Pending }),
			chatGauge("hub_watched", "Conversations that a socket watches.", func(m chat.Metrics) int { return m.Watched }),
		}, []series{
			{
				desc("bot_failures_total", "Bot turns that search or model failed in."), prometheus.CounterValue,
				func() float64 { return float64(responder.Metrics().Failures) },
			},
			turnCount("bot_turns_committed_total", "Bot turns whose row was stored.", func(c bot.TurnCounts) uint64 { return c.Committed }),
			turnCount("bot_turns_stale_total", "Bot turns dropped at the commit: a human wrote, or the article changed.",
				func(c bot.TurnCounts) uint64 { return c.Stale }),
			turnCount("bot_turns_joined_total", "Bot turns cancelled and joined by a newer message.", func(c bot.TurnCounts) uint64 { return c.Cancelled }),
			turnCount("bot_turns_reconciled_total", "Bot turns found only by the reconciling read; 0 in a healthy run.",
				func(c bot.TurnCounts) uint64 { return c.Reconciled }),
			cacheGauge("bot_cache_entries", "Decisions in the cache.", func(k bot.CacheCounts) int { return k.Entries }),
			cacheGauge("bot_cache_bytes", "Heap that the decision cache has taken.", func(k bot.CacheCounts) int { return k.Bytes }),
			poolGauge("db_connections_acquired", "Database connections in use.", func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) }),
			poolGauge("db_connections_max", "Size of the pool.", func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) }),
			{
				desc("db_acquire_wait_seconds_total", "Time spent waiting for a connection."), prometheus.CounterValue,
				func() float64 { return pool.Stat().AcquireDuration().Seconds() },
			},
		}),
	}
}

// modelCollector tells which models this node serves and how far a switch is.
type modelCollector struct {
	switcher          *switcher
	info, done, total *prometheus.Desc
}

func newModelCollector(s *switcher) *modelCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("frontdesk_model_"+name, help, labels, nil)
	}
	return &modelCollector{
		switcher: s,
		info:     desc("info", "1; the labels name the model that this node answers with, by task.", "task", "model", "version", "fingerprint"),
		done:     desc("switch_embedded_texts", "Texts of the knowledge base that have a vector of the model that is being switched to.", "task"),
		total:    desc("switch_texts", "Texts of the knowledge base that need one; no series = no switch is going on.", "task"),
	}
}

// Describe implements prometheus.Collector.
func (c *modelCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.info
	ch <- c.done
	ch <- c.total
}

// Collect implements prometheus.Collector.
func (c *modelCollector) Collect(ch chan<- prometheus.Metric) {
	inUse, open := c.switcher.status()
	for _, m := range inUse {
		ch <- prometheus.MustNewConstMetric(c.info, prometheus.GaugeValue, 1, m.Task, m.Name, m.Version, m.Fingerprint)
	}
	for _, s := range open {
		ch <- prometheus.MustNewConstMetric(c.done, prometheus.GaugeValue, float64(s.Done), s.Task)
		ch <- prometheus.MustNewConstMetric(c.total, prometheus.GaugeValue, float64(s.Total), s.Task)
	}
}

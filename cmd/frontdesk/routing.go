package main

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

var (
	_ chat.DispatchStore      = (*postgres.Chat)(nil)
	_ chat.OfferStore         = (*postgres.Chat)(nil)
	_ chat.RoutingConfigStore = (*postgres.Chat)(nil)
	_ web.RoutingStore        = (*postgres.Chat)(nil)
	_ web.RoutingDesk         = (*chat.Dispatcher)(nil)
	_ web.Offers              = (*chat.Dispatcher)(nil)
	_ prometheus.Collector    = (*routingCollector)(nil)
)

// RoutingConfig says whether conversations are given to agents.
type RoutingConfig struct {
	// Enabled gives what waits to agents by each site's routing settings. Otherwise agents take it by hand. Defaults to true.
	Enabled bool `koanf:"enabled"`
}

// ownStrategies are those that this build knows beside the built-in ones: the
// place to add yours. Admins find them under Routing, see docs/routing.md.
func ownStrategies() []routing.Strategy { return nil }

// newRouting returns the dispatcher, which keeps room, and the parts of the pages that depend on it.
func newRouting(cfg RoutingConfig, store *postgres.Chat, service *chat.Service, room *chat.WaitingRoom, node string,
	reg prometheus.Registerer, logger *slog.Logger, clock func() time.Time,
) (d *chat.Dispatcher, pages web.Routing, offers web.Offers, err error) {
	known, err := routing.NewStrategies(ownStrategies()...)
	if err != nil {
		return nil, web.Routing{}, nil, err
	}
	store = store.WithStrategies(known)
	d, err = chat.NewDispatcher(chat.DispatcherConfig{
		Store: store, Offers: store, Loads: store, Chat: service, Node: node, Room: room, WatchOnly: !cfg.Enabled, Strategies: known, Logger: logger, Clock: clock,
	})
	if err != nil {
		return nil, web.Routing{}, nil, err
	}
	reg.MustRegister(newRoutingCollector(d))
	pages = web.Routing{Store: store, Invitations: store, Strategies: known}
	if cfg.Enabled {
		pages.Desk, offers = d, d
	}
	return d, pages, offers, nil
}

// routingCollector turns the dispatcher's counts into series.
type routingCollector struct {
	d                                *chat.Dispatcher
	series                           []dispatchSeries
	refused, offers, found, assigned *prometheus.Desc
}

type dispatchSeries struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(*chat.DispatchMetrics) float64
}

func newRoutingCollector(d *chat.Dispatcher) *routingCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("frontdesk_routing_"+name, help, labels, nil)
	}
	count := func(name, help string, read func(*chat.DispatchMetrics) int64) dispatchSeries {
		return dispatchSeries{desc(name, help), prometheus.CounterValue, func(m *chat.DispatchMetrics) float64 { return float64(read(m)) }}
	}
	gauge := func(name, help string, read func(*chat.DispatchMetrics) int) dispatchSeries {
		return dispatchSeries{desc(name, help), prometheus.GaugeValue, func(m *chat.DispatchMetrics) float64 { return float64(read(m)) }}
	}
	return &routingCollector{
		d:        d,
		refused:  desc("claims_refused_total", "Assignments that the database refused, by the guard that did not hold; the conversation goes to somebody else.", "guard"),
		offers:   desc("offers_ended_total", "Offers to agents, by how they ended.", "result"),
		found:    desc("reconciled_total", "What comparing memory with the database found, by kind: 0 in a healthy run.", "kind"),
		assigned: desc("assign_seconds", "From the decision to the commit of an assignment."),
		series: []dispatchSeries{
			count("decisions_total", "Conversations given to an agent in memory.", func(m *chat.DispatchMetrics) int64 { return m.Decisions }),
			count("claims_total", "Assignments that were tried.", func(m *chat.DispatchMetrics) int64 { return m.Claims }),
			count("assigned_total", "Assignments that were committed.", func(m *chat.DispatchMetrics) int64 { return m.Assigned }),
			count("claims_stale_total", "Assignments that came too late: somebody took the conversation by hand, on another node, or it was over.", func(m *chat.DispatchMetrics) int64 { return m.Stale }),
			count("claims_late_total", "Assignments of conversations that fell to another node, which was late.", func(m *chat.DispatchMetrics) int64 { return m.Late }),
			count("offers_total", "Offers to agents.", func(m *chat.DispatchMetrics) int64 { return m.Offers }),
			count("overflows_total", "Times that more happened at once than could be kept: memory was compared with the database.", func(m *chat.DispatchMetrics) int64 { return m.Overflows }),
			count("failures_total", "Reads and commits that the database did not do.", func(m *chat.DispatchMetrics) int64 { return m.Failures }),
			gauge("waiting", "Conversations that wait for an agent.", func(m *chat.DispatchMetrics) int { return m.Waiting }),
			gauge("in_hand", "Conversations that agents have in hand.", func(m *chat.DispatchMetrics) int { return m.Held }),
		},
	}
}

// Describe implements prometheus.Collector.
func (c *routingCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, s := range c.series {
		ch <- s.desc
	}
	for _, d := range []*prometheus.Desc{c.refused, c.offers, c.found, c.assigned} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *routingCollector) Collect(ch chan<- prometheus.Metric) {
	m := c.d.Metrics()
	for _, s := range c.series {
		ch <- prometheus.MustNewConstMetric(s.desc, s.kind, s.read(&m))
	}
	for desc, counts := range map[*prometheus.Desc]map[string]int64{c.refused: m.Refused, c.offers: m.Ended, c.found: m.Found} {
		for label, n := range counts {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), label)
		}
	}
	buckets, all := make(map[float64]uint64), uint64(0)
	for i, bound := range chat.TookBounds() {
		all += uint64(m.Took[i])
		buckets[bound.Seconds()] = all
	}
	all += uint64(m.Took[len(m.Took)-1])
	ch <- prometheus.MustNewConstHistogram(c.assigned, all, m.TookSum.Seconds(), buckets)
}

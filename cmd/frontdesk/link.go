package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/chat"
	"frontdesk/internal/natsbus"
	"frontdesk/internal/postgres"
)

var (
	_ natsbus.Receiver = (*chat.Hub)(nil)
	_ chat.Relay       = (*natsbus.Bus)(nil)
)

// link is what ties this process to the other nodes of its database: its id, its
// hub and the bus that feeds it.
type link struct {
	node string
	hub  *chat.Hub
	bus  *natsbus.Bus
}

// newLink connects to the bus, or starts one inside the process. It does not wait
// for an external one that is not there. The bus' Run, or its Close, ends it.
func newLink(ctx context.Context, cfg Config, store *postgres.Chat, logger *slog.Logger) (*link, error) {
	epoch, err := store.LogEpoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("read log epoch: %w", err)
	}
	topic, err := store.Topic(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the bus' topic: %w", err)
	}
	l := &link{node: chat.NewID(time.Now()), hub: chat.NewHub()}
	n := cfg.NATS
	l.bus, err = natsbus.New(natsbus.Config{
		Node: l.node, Topic: topic, Epoch: epoch, Receiver: l.hub, Logger: logger,
		URL: n.URL, Listen: n.Listen, Token: n.Token, CredsFile: n.Creds, CAFile: n.CA, CertFile: n.Cert, KeyFile: n.Key,
	})
	if err != nil {
		return nil, err
	}
	if at := l.bus.Addr(); at != "" {
		logger.InfoContext(ctx, "the bus is open to other nodes", "addr", at)
	}
	return l, nil
}

// presence returns what people see of this node.
func (l *link) presence(address string) (name, at string) {
	name = hostName()
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		address = net.JoinHostPort(name, port) // it serves on all addresses: the machine's name says more
	}
	return fmt.Sprintf("%s/%d", name, os.Getpid()), address
}

// busCollector turns the bus' counts into series.
type busCollector struct {
	bus    *natsbus.Bus
	series []series
}

func newBusCollector(bus *natsbus.Bus, service *chat.Service) *busCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc("frontdesk_"+name, help, nil, nil) }
	count := func(name, help string, read func(natsbus.Stats) uint64) series {
		return series{desc(name, help), prometheus.CounterValue, func() float64 { return float64(read(bus.Stats())) }}
	}
	return &busCollector{bus: bus, series: []series{
		{desc("bus_connected", "1 while this node has a connection to the bus."), prometheus.GaugeValue, func() float64 {
			if bus.Stats().Connected {
				return 1
			}
			return 0
		}},
		{desc("bus_nodes", "Other nodes heard on the bus."), prometheus.GaugeValue, func() float64 { return float64(bus.Stats().Peers) }},
		count("bus_connects_total", "Connections to the bus, the first included.", func(s natsbus.Stats) uint64 { return s.Connects }),
		count("bus_rows_sent_total", "Rows sent to other nodes.", func(s natsbus.Stats) uint64 { return s.Sent }),
		count("bus_rows_received_total", "Rows that other nodes sent.", func(s natsbus.Stats) uint64 { return s.Received }),
		count("bus_rows_dropped_total", "Rows not sent because the bus was slow or cut: other nodes read them from the log.", func(s natsbus.Stats) uint64 { return s.Dropped }),
		count("bus_losses_total", "Times that packets of another node were missing and the log was read instead.", func(s natsbus.Stats) uint64 { return s.Lost }),
		count("bus_slow_total", "Times that this node fell behind the bus.", func(s natsbus.Stats) uint64 { return s.Slow }),
		count("bus_foreign_rows_total", "Rows of another history of the database, not shown.", func(s natsbus.Stats) uint64 { return s.Foreign }),
		{
			desc("hub_recalled_rows_total", "Rows read from the log because the bus may not have brought them."), prometheus.CounterValue,
			func() float64 { return float64(service.Metrics().RecalledRows) },
		},
	}}
}

// Describe implements prometheus.Collector.
func (c *busCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, s := range c.series {
		ch <- s.desc
	}
}

// Collect implements prometheus.Collector.
func (c *busCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.series {
		ch <- prometheus.MustNewConstMetric(s.desc, s.kind, s.read())
	}
}

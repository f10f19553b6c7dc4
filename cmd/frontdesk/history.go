package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

var (
	_ web.Searches        = (*history.Search)(nil)
	_ web.Exports         = (*history.Exports)(nil)
	_ web.Transcripts     = (*history.Transcripts)(nil)
	_ web.Privacy         = (*history.Privacy)(nil)
	_ web.Keeper          = (*history.Keeper)(nil)
	_ web.Audits          = (*history.Audits)(nil)
	_ history.Closer      = (*chat.Service)(nil)
	_ history.KeeperStore = (*postgres.History)(nil)
)

// past is what becomes of conversations when they are over.
type past struct {
	indexer *history.Indexer
	keeper  *history.Keeper
	pages   web.History
}

// newPast builds search, export, transcripts, retention and the audit list.
func newPast(ctx context.Context, s *stack, service *chat.Service, logger *slog.Logger) (*past, error) {
	var p past
	store := postgres.NewHistory(s.pool)
	search, err := history.NewSearch(store, time.Now)
	if err != nil {
		return nil, err
	}
	exports, err := history.NewExports(store)
	if err != nil {
		return nil, err
	}
	var key string
	if err := s.accounts.Setting(ctx, "transcript_key", &key); err != nil {
		return nil, fmt.Errorf("read the key of transcript links: %w", err)
	}
	transcripts, err := history.NewTranscripts(store, []byte(key), time.Now)
	if err != nil {
		return nil, err
	}
	privacy, err := history.NewPrivacy(store, service, time.Now)
	if err != nil {
		return nil, err
	}
	audits, err := history.NewAudits(store)
	if err != nil {
		return nil, err
	}
	if p.indexer, err = history.NewIndexer(history.IndexerConfig{Store: store, Logger: logger, Busy: (&pressure{metrics: service.Metrics}).high}); err != nil {
		return nil, err
	}
	if p.keeper, err = history.NewKeeper(history.KeeperConfig{Store: store, Privacy: privacy, Audit: s.accounts.AddAudit, Logger: logger}); err != nil {
		return nil, err
	}
	p.pages = web.History{Search: search, Exports: exports, Transcripts: transcripts, Privacy: privacy, Keeper: p.keeper, Audits: audits}
	return &p, nil
}

// pressure says whether rows queue behind the log's commits.
type pressure struct {
	metrics func() chat.Metrics
	last    chat.Metrics
}

// fullBatch is how many rows share a commit on average when the log is written as fast as the machine can: a writer takes
// what has come while its last commit was on its way, so that the number says how long that took. At a third of what a
// machine manages it is about 5, at the limit 40 (docs/bench/chat.md).
const fullBatch = 16

// high reports how it was since the last call. One goroutine calls it.
func (p *pressure) high() bool {
	now, before := p.metrics(), p.last
	p.last = now
	rows, batches := now.BatchRows-before.BatchRows, now.Batches-before.Batches
	return batches > 0 && rows/batches >= fullBatch
}

// Describe implements prometheus.Collector.
func (p *past) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range historyDescs() {
		ch <- d
	}
}

// Collect implements prometheus.Collector. The lag is told by the node that indexes; the others say NaN.
func (p *past) Collect(ch chan<- prometheus.Metric) {
	n, d := p.indexer.Counts(), historyDescs()
	behind := math.NaN()
	if n.Behind >= 0 {
		behind = n.Behind.Seconds()
	}
	ch <- prometheus.MustNewConstMetric(d[0], prometheus.GaugeValue, behind)
	ch <- prometheus.MustNewConstMetric(d[1], prometheus.CounterValue, float64(n.Indexed))
	ch <- prometheus.MustNewConstMetric(d[2], prometheus.CounterValue, float64(n.Failed))
}

func historyDescs() [3]*prometheus.Desc {
	return [3]*prometheus.Desc{
		prometheus.NewDesc("frontdesk_history_index_lag_seconds", "Age of the oldest message that the search may not know yet; NaN where another node indexes.", nil, nil),
		prometheus.NewDesc("frontdesk_history_indexed_parts_total", "Parts of conversations written to the search's index.", nil, nil),
		prometheus.NewDesc("frontdesk_history_index_failures_total", "Rounds of indexing that ended with an error.", nil, nil),
	}
}

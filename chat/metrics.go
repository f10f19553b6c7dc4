package chat

import "sync/atomic"

// Metrics is a snapshot of what the service has done since it started.
type Metrics struct {
	Rows           int64 // rows stored
	Repeated       int64 // rows that were stored already (a client's retry)
	Stale          int64 // rows refused because the conversation had changed
	Batches        int64 // batch transactions committed
	BatchRows      int64 // rows sent in them
	Held           int64 // rows passed over because another transaction held the conversation
	Retries        int64 // transactions repeated after a conflict or a lost connection
	Splits         int64 // batches split because of one row
	Refused        int64 // rows that the database refused
	Overloaded     int64 // rows refused because too many waited
	Changes        int64 // state changes committed
	ChangeGroups   int64 // transactions that held more than one of them
	Holes          int64 // holes in a live sequence that were fetched
	ReconciledRows int64 // rows found by comparing with the database: 0 in a healthy run of one node
	RecalledRows   int64 // rows read because the bus may not have brought them, those that it had brought included
	Pending        int   // rows waiting now
	Watched        int   // conversations watched now
	Visitors       int   // visitors' sockets following a conversation now
}

type counters struct {
	rows, repeated, stale, batches, batchRows, held, retries, splits, refused, overloaded,
	changes, changeGroups, holes, reconciled, recalled, visitors atomic.Int64
}

// Metrics returns the counts, for the process's metrics page.
func (s *Service) Metrics() Metrics {
	c := &s.counts
	m := Metrics{
		Rows: c.rows.Load(), Repeated: c.repeated.Load(), Stale: c.stale.Load(), Batches: c.batches.Load(), BatchRows: c.batchRows.Load(),
		Held: c.held.Load(), Retries: c.retries.Load(), Splits: c.splits.Load(), Refused: c.refused.Load(), Overloaded: c.overloaded.Load(),
		Changes: c.changes.Load(), ChangeGroups: c.changeGroups.Load(), Holes: c.holes.Load(), ReconciledRows: c.reconciled.Load(), RecalledRows: c.recalled.Load(), Visitors: int(c.visitors.Load()),
		Watched: s.hub.size(),
	}
	for _, w := range s.writers {
		m.Pending += w.waiting()
	}
	return m
}

// size counts the watched conversations.
func (h *Hub) size() (n int) {
	for i := range h.shards {
		h.shards[i].mu.Lock()
		n += len(h.shards[i].topics)
		h.shards[i].mu.Unlock()
	}
	return n
}

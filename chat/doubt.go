package chat

import (
	"context"
	"errors"
	"slices"
	"sync"

	"frontdesk/internal/identity"
)

const (
	// maxDoubts bounds the doubts of one writer.
	maxDoubts = 4096
	// doubtLooks is how often a row in doubt is looked for: after 1, 2, 4, … ticks, two minutes in all. A connection that
	// broke leaves a backend behind which still runs what it has read, and may commit after the first looks.
	doubtLooks = 7
)

// doubt is a row that was or was not stored: nobody heard what became of its commit.
type doubt struct {
	conv, cid string
	looks     int // so far
	wait      int // ticks until the next one
}

// doubts are a writer's. Each row stands there once; when they are full the
// oldest give way: then the next row of the conversation shows that one is missing.
type doubts struct {
	mu    sync.Mutex // guards what follows
	all   []doubt    // oldest first
	known map[RowKey]struct{}
}

// isNews reports whether the row that an attempt found or stored is to be shown,
// and ends the doubt about it. One that stood in the log already is news after a
// lost commit: perhaps it was that one that stored it.
func (d *doubts) isNews(e *Entry, v Verdict, lost bool) bool {
	if v != Stored && v != Repeated {
		return false
	}
	doubted := d.settle(e.Conversation, e.CID)
	return v == Stored || lost || doubted
}

// unlessKnown notes a row that may be stored although its sender is told something
// else: the last attempt's answer was lost, or an earlier one's, which may be
// committed yet.
func (d *doubts) unlessKnown(e *Entry, v Verdict, err error, lost bool) {
	known := err == nil && (v == Stored || v == Repeated)
	if !known && (lost || errors.Is(err, ErrUnavailable)) {
		d.add(doubt{conv: e.Conversation, cid: e.CID, wait: 1})
	}
}

func (d *doubts) add(n doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := RowKey{n.conv, n.cid}
	if _, ok := d.known[key]; ok {
		return
	}
	if d.known == nil {
		d.known = make(map[RowKey]struct{})
	}
	if len(d.all) >= maxDoubts {
		delete(d.known, RowKey{d.all[0].conv, d.all[0].cid})
		d.all = d.all[1:]
	}
	d.known[key] = struct{}{}
	d.all = append(d.all, n)
}

// settle ends the doubt about a row whose end is known by now. It reports whether there was one.
func (d *doubts) settle(conv, cid string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := RowKey{conv, cid}
	if _, ok := d.known[key]; !ok {
		return false
	}
	delete(d.known, key)
	d.all = slices.DeleteFunc(d.all, func(n doubt) bool { return n.conv == conv && n.cid == cid })
	return true
}

// due counts a tick and removes those whose turn it is.
func (d *doubts) due() []doubt {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []doubt
	rest := d.all[:0]
	for _, n := range d.all {
		if n.wait--; n.wait > 0 {
			rest = append(rest, n)
			continue
		}
		delete(d.known, RowKey{n.conv, n.cid})
		out = append(out, n)
	}
	clear(d.all[len(rest):])
	d.all = rest
	return out
}

// again keeps a doubt that a look did not settle, for a later one.
func (d *doubts) again(n doubt) {
	if n.looks++; n.looks < doubtLooks {
		n.wait = 1 << n.looks
		d.add(n)
	}
}

// doubtsOf returns those that the entry's row may be among.
func (s *Service) doubtsOf(e *Entry) *doubts { return &s.writerOf(e.Conversation).doubts }

// settleDoubts publishes those rows that were stored although their sender was
// told that it is unknown. A conversation that does not exist (any more) has none.
func (s *Service) settleDoubts(ctx context.Context) error {
	for _, w := range s.writers {
		open := w.doubts.due()
		if len(open) == 0 {
			continue
		}
		keys := make([]RowKey, len(open))
		for i, n := range open {
			keys[i] = RowKey{n.conv, n.cid}
		}
		rows, err := s.store.RowsOf(ctx, identity.Everything(), keys)
		if err != nil { // that was no look
			for _, n := range open {
				n.wait = 1
				w.doubts.add(n)
			}
			return err
		}
		found := make(map[RowKey]bool, len(rows))
		for i := range rows {
			found[RowKey{rows[i].Conversation, rows[i].CID}] = true
			s.counts.reconciled.Add(1)
			s.publish(&rows[i])
		}
		for _, n := range open {
			if !found[RowKey{n.conv, n.cid}] {
				w.doubts.again(n)
			}
		}
	}
	return nil
}

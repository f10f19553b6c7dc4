package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
)

// report is what a run prints. docs/deskload.md explains every field.
type report struct {
	Mode     string  `json:"mode"`
	URL      string  `json:"url"`
	Visitors int     `json:"visitors"`
	Agents   int     `json:"agents"`
	Rate     float64 `json:"rate"`
	Seconds  float64 `json:"seconds"` // from the first message due to the last
	OK       bool    `json:"ok"`      // the oracle found no fault
	verdict
	PerSecond float64 `json:"acked_per_s"`

	Latency     latencies      `json:"latency_ms"`
	Errors      map[string]int `json:"errors"` // by kind; empty when there were none
	Reconnects  int            `json:"reconnects"`
	Resent      int            `json:"resent"`
	Deferred    int            `json:"deferred"`
	Holes       int            `json:"holes"`
	WireRepeats int            `json:"wire_repeats"`
	Cut         int            `json:"cut"`       // sockets that --drop-every broke
	Processes   int            `json:"processes"` // of deskload
	RSS         *memory        `json:"rss"`
	// Transactions the database committed under load, ours to count them included; null without --database.
	Transactions  *int64        `json:"transactions"`
	PerMessageTxs *float64      `json:"transactions_per_message"`
	Bot           *botOutcome   `json:"bot,omitempty"`
	Kill          *killOutcome  `json:"kill,omitempty"`
	Faults        *faultOutcome `json:"faults,omitempty"`
}

// latencies are all measured from the moment a message was due.
type latencies struct {
	Ack       latency `json:"send_to_ack"`
	OtherSide latency `json:"send_to_other_side"`
	Bot       latency `json:"send_to_bot_answer"`
	Reconnect latency `json:"reconnect"` // end of a connection to the next hello
	Late      latency `json:"generator_late"`
	All       latency `json:"every_act"` // mixed mode: due to its answer, whatever it was; otherwise as send_to_ack
}

// sumUp fills in what follows from the other fields.
func (r *report) sumUp() {
	if r.Seconds > 0 {
		r.PerSecond = float64(r.Acked) / r.Seconds
	}
	if r.Transactions != nil && r.Acked > 0 {
		r.PerMessageTxs = new(float64(*r.Transactions) / float64(r.Acked))
	}
	r.OK = r.clean()
}

// tally counts errors by kind. It is safe for concurrent use.
type tally struct {
	mu sync.Mutex // guards n
	n  map[string]int
}

func newTally() *tally { return &tally{n: map[string]int{}} }

func (t *tally) add(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[kind]++
}

func (t *tally) counts() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

// print writes the report as one JSON object or as a table.
func (r *report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode report: %w", err)
		}
		_, err = fmt.Fprintf(w, "%s\n", b)
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name string, v any) { _, _ = fmt.Fprintf(tw, "%s\t%v\n", name, v) } // Flush tells
	line("mode", r.Mode)
	line("visitors, agents", fmt.Sprintf("%d, %d", r.Visitors, r.Agents))
	line("sent, acked, received, stored", fmt.Sprintf("%d, %d, %d, %d", r.Sent, r.Acked, r.Received, r.Stored))
	line("acked a second", fmt.Sprintf("%.1f over %.1f s", r.PerSecond, r.Seconds))
	line("lost, duplicated, reordered", fmt.Sprintf("%d, %d, %d", r.Lost, r.Duplicated, r.Reordered))
	line("phantom, corrupted, gaps", fmt.Sprintf("%d, %d, %d", r.Phantom, r.Corrupted, r.Gaps))
	line("refused, unanswered", fmt.Sprintf("%d, %d", r.Refused, r.Unanswered))
	line("reconnects, resent, deferred, holes", fmt.Sprintf("%d, %d, %d, %d", r.Reconnects, r.Resent, r.Deferred, r.Holes))
	for _, row := range []struct {
		name string
		latency
	}{
		{"send to ack", r.Latency.Ack},
		{"send to other side", r.Latency.OtherSide},
		{"send to bot's answer", r.Latency.Bot},
		{"reconnect", r.Latency.Reconnect},
		{"generator late", r.Latency.Late},
		{"every act", r.Latency.All},
	} {
		if l := row.latency; l.N > 0 {
			line(row.name+", ms", fmt.Sprintf("p50 %.3f  p90 %.3f  p99 %.3f  max %.3f  (n %d)", *l.P50, *l.P90, *l.P99, *l.Max, l.N))
		}
	}
	if b := r.Bot; b != nil {
		line("bot", fmt.Sprintf("%d answered, %d clarified, %d handed over, %d other replies, %d timed out", b.Answered, b.Clarified, b.HandedOver, b.Replied, b.TimedOut))
	}
	if k := r.Kill; k != nil {
		line("kills", fmt.Sprintf("%d, longest until ready %.0f ms", k.Kills, k.MaxReadyMillis))
	}
	if f := r.Faults; f != nil {
		line("seed", f.Seed)
		for _, d := range f.Done {
			line("fault", fmt.Sprintf("%6.1f s: %s, node %d, %.1f s", d.At, d.Kind, d.Node+1, d.Hold.Seconds()))
		}
		for _, c := range f.Complaints {
			line("complaint", c)
		}
		for _, u := range f.Unavailable {
			line("not done", u)
		}
	}
	if m := r.RSS; m != nil && m.End != nil {
		line("memory of the server, KiB", fmt.Sprintf("start %d, max %d, end %d", *m.Start, *m.Max, *m.End))
	}
	if m := r.RSS; m != nil && m.Cores != nil {
		line("processors in use by the server", fmt.Sprintf("%.3f", *m.Cores))
	}
	if r.PerMessageTxs != nil {
		line("transactions a message", fmt.Sprintf("%.3f", *r.PerMessageTxs))
	}
	if r.Cut > 0 {
		line("sockets cut", r.Cut)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		line("error: "+kind, r.Errors[kind])
	}
	line("verdict", map[bool]string{true: "clean", false: "FAULTS FOUND"}[r.OK])
	return tw.Flush()
}

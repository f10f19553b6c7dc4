package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

// memory is a log in memory, for tests of what happens around it.
type memory struct {
	Store // what is not below is not called

	mu      sync.Mutex // guards what follows
	logs    map[string][]Row
	held    map[string]bool // conversations that another transaction holds
	erased  map[string]bool // conversations that are no more
	batches [][]string      // contents of each batch that was sent
	reads   int             // calls of Rows
	looks   int             // calls of RowsOf
	recalls []time.Duration // calls of RowsSince
	nodes   []Node

	// answers are given to the next calls of Changes and Rewrite, and nothing is done; nil does it, as a later call does.
	answers []*Outcome

	// recallFails is how many calls of RowsSince fail.
	recallFails int

	// read is called after each read of a head or of rows, outside the lock.
	read func()
	// before is called with each batch, outside the lock: it may block, or fail the batch.
	before func(entries []Scoped, wait bool) error
	// after is called when the batch is committed; its error hides that.
	after func() error
	// unlocked is waited for by batches that wait for a held conversation.
	unlocked chan struct{}
}

func newMemory() *memory {
	return &memory{logs: make(map[string][]Row), held: make(map[string]bool)}
}

func (m *memory) AppendBatch(ctx context.Context, entries []Scoped, wait bool) ([]Outcome, error) {
	m.mu.Lock()
	var contents []string
	for _, e := range entries {
		contents = append(contents, e.Content)
	}
	m.batches = append(m.batches, contents)
	before, after, unlocked := m.before, m.after, m.unlocked
	m.mu.Unlock()
	if before != nil {
		if err := before(entries, wait); err != nil {
			return nil, err
		}
	}
	if wait && unlocked != nil {
		select {
		case <-unlocked:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
	m.mu.Lock()
	outs := make([]Outcome, len(entries))
	for i := range entries {
		outs[i] = m.append(&entries[i].Entry, wait)
	}
	m.mu.Unlock()
	if after != nil {
		if err := after(); err != nil {
			return nil, err
		}
	}
	return outs, nil
}

// Changes stores the rows and leaves the state to the tests on PostgreSQL.
func (m *memory) Changes(ctx context.Context, entries []Scoped, _ time.Time) ([]Changed, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if out := m.answer(); out != nil {
		return []Changed{{Outcome: *out}}, nil
	}
	outs, err := m.AppendBatch(ctx, entries, len(entries) == 1)
	if err != nil {
		return nil, err
	}
	results := make([]Changed, len(outs))
	for i, out := range outs {
		results[i] = Changed{Outcome: out}
	}
	return results, nil
}

// Rewrite appends the row that tells of an edit, and leaves its target to the tests on PostgreSQL.
func (m *memory) Rewrite(ctx context.Context, e Scoped, _ time.Time) (Outcome, error) {
	if out := m.answer(); out != nil {
		return *out, nil
	}
	outs, err := m.AppendBatch(ctx, []Scoped{e}, true)
	if err != nil {
		return Outcome{}, err
	}
	return outs[0], nil
}

// answer returns the next of the answers, if any.
func (m *memory) answer() (out *Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.answers) > 0 {
		out, m.answers = m.answers[0], m.answers[1:]
	}
	return out
}

// RowsOf implements LogStore.
func (m *memory) RowsOf(_ context.Context, _ identity.Scope, keys []RowKey) ([]Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	var rows []Row
	for _, k := range keys {
		for _, r := range m.logs[k.Conversation] {
			if r.CID == k.CID {
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

func (m *memory) append(e *Entry, wait bool) Outcome {
	if m.held[e.Conversation] && !wait {
		return Outcome{Verdict: Held}
	}
	rows := m.logs[e.Conversation]
	head := Conversation{ID: e.Conversation, LastSeq: uint32(len(rows)), Status: StatusOpen, Owner: OwnerBot}
	for _, r := range rows {
		if r.CID == e.CID {
			return Outcome{Verdict: Repeated, Row: r, Head: head}
		}
	}
	if e.Expect.LastSeq != nil && *e.Expect.LastSeq != head.LastSeq {
		return Outcome{Verdict: Stale, Head: head}
	}
	head.LastSeq++
	row := Row{Conversation: e.Conversation, Seq: head.LastSeq, CID: e.CID, Author: e.Author, Kind: e.Kind, Content: e.Content, Data: e.Data}
	m.logs[e.Conversation] = append(rows, row)
	return Outcome{Verdict: Stored, Row: row, Head: head}
}

func (m *memory) Conversation(_ context.Context, _ identity.Scope, id string) (Conversation, error) {
	defer m.wasRead()
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, ok := m.logs[id]
	if !ok {
		return Conversation{}, ErrNotFound
	}
	return Conversation{ID: id, LastSeq: uint32(len(rows)), Site: 1, Department: 1, Contact: Contact{ID: "c"}}, nil
}

func (m *memory) Rows(_ context.Context, _ identity.Scope, id string, after, before uint32, limit int) ([]Row, error) {
	defer m.wasRead()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	rows := m.logs[id]
	if before > 0 {
		return append([]Row(nil), rows[max(0, len(rows)-limit):]...), nil
	}
	after = min(after, uint32(len(rows)))
	return append([]Row(nil), rows[after:min(len(rows), int(after)+limit)]...), nil
}

func (m *memory) wasRead() {
	if m.read != nil {
		m.read()
	}
}

func (m *memory) Behind(_ context.Context, ids []string, known []uint32) (map[string]uint32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	behind := make(map[string]uint32)
	for i, id := range ids {
		if n := uint32(len(m.logs[id])); n > known[i] || m.erased[id] {
			behind[id] = n
		}
	}
	return behind, nil
}

func (m *memory) LogEpoch(context.Context) (string, error) { return "epoch", nil }

// write puts n rows into a log, as another node would.
func (m *memory) write(conv string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.logs[conv] == nil {
		m.logs[conv] = []Row{}
	}
	for range n {
		e := Entry{Conversation: conv, CID: testID(), Kind: KindMessage, Content: fmt.Sprint(len(m.logs[conv]) + 1)}
		m.append(&e, true)
	}
}

// row returns one stored row.
func (m *memory) row(conv string, seq uint32) *Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.logs[conv][seq-1]
	return &r
}

func testID() string { return NewID(time.Unix(1_700_000_000, 0)) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// startService runs a service on m until the test ends.
func startService(t *testing.T, m *memory, adjust func(*Config)) *Service {
	t.Helper()
	cfg := Config{Store: m, Hub: NewHub(), Logger: quiet(), Writers: 1, Reconcile: time.Hour}
	adjust(&cfg)
	s, err := NewService(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// startGated runs a service whose commits wait until commit is closed.
func startGated(t *testing.T) (m *memory, commit chan struct{}, s *Service) {
	t.Helper()
	m, commit = newMemory(), make(chan struct{})
	m.before = func([]Scoped, bool) error { <-commit; return nil }
	return m, commit, startService(t, m, func(*Config) {})
}

// list is a sink that keeps what it gets.
type list struct {
	mu     sync.Mutex
	rows   []*Row
	typing int

	signals []*Signal
}

func (l *list) Deliver(u *Update) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.Row == nil {
		l.typing++
		l.signals = append(l.signals, u.Signal)
		return
	}
	l.rows = append(l.rows, u.Row)
}

func (l *list) seqs() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	seqs := []uint32{}
	for _, r := range l.rows {
		seqs = append(seqs, r.Seq)
	}
	return fmt.Sprint(seqs)
}

func is(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

func asOverloaded(err error, target **OverloadedError) bool { return errors.As(err, target) }

// elapse lets d pass on a bubble's clock (testing/synctest).
func elapse(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // takes no time: only called inside a bubble
}

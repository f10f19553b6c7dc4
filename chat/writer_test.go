package chat

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/internal/identity"
)

// appendLater sends an entry and returns a function that waits for its result.
func appendLater(t *testing.T, s *Service, e Entry) func() (Row, error) {
	t.Helper()
	type result struct {
		row Row
		err error
	}
	done := make(chan result, 1)
	go func() {
		row, _, err := s.Append(context.WithoutCancel(t.Context()), identity.Everything(), e)
		done <- result{row, err}
	}()
	return func() (Row, error) {
		r := <-done
		return r.row, r.err
	}
}

func message(conv, content string) Entry {
	return Entry{Conversation: conv, CID: testID(), Author: Author{Kind: AuthorVisitor, ID: "v"}, Kind: KindMessage, Content: content}
}

// While a commit is on its way rows gather; when it returns they go together,
// without any timer.
func TestRowsGatherWhileACommitIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, commit, s := startGated(t)
		conv := testID()
		waits := []func() (Row, error){appendLater(t, s, message(conv, "first"))}
		synctest.Wait()
		for i := range 5 {
			waits = append(waits, appendLater(t, s, message(conv, fmt.Sprint(i))))
			synctest.Wait()
		}
		close(commit)
		for i, wait := range waits {
			if row, err := wait(); err != nil || row.Seq != uint32(i+1) {
				t.Errorf("row %d: seq %d, %v", i, row.Seq, err)
			}
		}
		if got := fmt.Sprint(m.batches); got != "[[first] [0 1 2 3 4]]" {
			t.Errorf("batches %s", got)
		}
		if n := s.Metrics(); n.Rows != 6 || n.Batches != 2 || n.Pending != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestABatchHoldsAtMost256Rows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, commit, s := startGated(t)
		var wg sync.WaitGroup
		for range 600 {
			wg.Go(func() {
				if _, _, err := s.Append(t.Context(), identity.Everything(), message(testID(), "x")); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(commit)
		wg.Wait()
		var sizes []int
		for _, b := range m.batches {
			sizes = append(sizes, len(b))
		}
		if slices.Max(sizes) > maxBatchRows || len(sizes) > 4 {
			t.Errorf("batches of %v", sizes)
		}
	})
}

// The same cid twice within one batch is sent once; both senders get the row.
func TestDuplicatesInABatchAreFoldedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, commit, s := startGated(t)
		conv := testID()
		blocker := appendLater(t, s, message(conv, "blocker"))
		synctest.Wait()
		e := message(conv, "twice")
		one, two := appendLater(t, s, e), appendLater(t, s, e)
		e.Content = "something else"
		synctest.Wait()
		other := appendLater(t, s, e)
		synctest.Wait()
		close(commit)
		_, _ = blocker()
		for _, wait := range []func() (Row, error){one, two} {
			if row, err := wait(); err != nil || row.Seq != 2 {
				t.Errorf("seq %d, %v", row.Seq, err)
			}
		}
		_, err := other()
		is(t, err, ErrCIDTaken)
		if got := fmt.Sprint(m.batches); got != "[[blocker] [twice]]" {
			t.Errorf("batches %s", got)
		}
	})
}

// A folded row whose elder was refused has expectations of its own.
func TestAFoldedRowIsJudgedByItselfWhenItsElderIsStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, commit, s := startGated(t)
		conv := testID()
		blocker := appendLater(t, s, message(testID(), "blocker"))
		synctest.Wait()
		e := message(conv, "x")
		stale := e
		stale.Expect.LastSeq = new(uint32(7))
		first := appendLater(t, s, stale)
		synctest.Wait()
		second := appendLater(t, s, e)
		synctest.Wait()
		close(commit)
		_, _ = blocker()
		_, err := first()
		is(t, err, ErrStale)
		if row, err := second(); err != nil || row.Seq != 1 {
			t.Errorf("seq %d, %v", row.Seq, err)
		}
	})
}

// What a row expects of the last seq is judged against the rows before it in the
// same batch: so it starts the next one.
func TestARowThatExpectsALastSeqIsTheFirstOfItsConversationInABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, commit, s := startGated(t)
		conv := testID()
		blocker := appendLater(t, s, message(testID(), "blocker"))
		synctest.Wait()
		visitor := appendLater(t, s, message(conv, "question"))
		synctest.Wait()
		answer := message(conv, "answer to nothing")
		answer.Expect.LastSeq = new(uint32)
		bot := appendLater(t, s, answer)
		synctest.Wait()
		late := appendLater(t, s, message(conv, "late"))
		synctest.Wait()
		close(commit)
		_, _ = blocker()
		_, _ = visitor()
		_, err := bot()
		is(t, err, ErrStale)
		if row, err := late(); err != nil || row.Seq != 2 {
			t.Errorf("seq %d, %v", row.Seq, err)
		}
		if got := fmt.Sprint(m.batches); got != "[[blocker] [question] [answer to nothing late]]" {
			t.Errorf("batches %s", got)
		}
	})
}

func TestOneRefusedRowDoesNotFailItsNeighbours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		commit := make(chan struct{})
		m.before = func(entries []Scoped, _ bool) error {
			<-commit
			for _, e := range entries {
				if e.Content == "bad" {
					return ErrRefused
				}
			}
			return nil
		}
		s := startService(t, m, func(*Config) {})
		blocker := appendLater(t, s, message(testID(), "blocker"))
		synctest.Wait()
		conv := testID()
		waits := make(map[string]func() (Row, error))
		for _, content := range []string{"a", "b", "bad", "c", "d"} {
			waits[content] = appendLater(t, s, message(conv, content))
			synctest.Wait()
		}
		close(commit)
		_, _ = blocker()
		for content, wait := range waits {
			_, err := wait()
			if content == "bad" {
				is(t, err, ErrRefused)
			} else if err != nil {
				t.Errorf("%s: %v", content, err)
			}
		}
		if rows := m.logs[conv]; len(rows) != 4 || rows[0].Content != "a" || rows[3].Content != "d" {
			t.Errorf("log %+v", rows)
		}
		if n := s.Metrics(); n.Refused != 1 || n.Splits == 0 {
			t.Errorf("%+v", n)
		}
	})
}

// The result of a commit is lost: the batch is sent again, each row is stored
// once, and watchers see the rows that the lost commit stored.
func TestALostCommitIsRepeatedAndShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var lost atomic.Bool
		m.after = func() error {
			if lost.CompareAndSwap(false, true) {
				return ErrUnavailable
			}
			return nil
		}
		s := startService(t, m, func(*Config) {})
		conv := testID()
		sink := &list{}
		stop := s.Hub().Watch(conv, sink)
		defer stop()
		row, err := appendLater(t, s, message(conv, "once"))()
		if err != nil || row.Seq != 1 || len(m.logs[conv]) != 1 || sink.seqs() != "[1]" {
			t.Errorf("seq %d, %v, %d rows, shown %s", row.Seq, err, len(m.logs[conv]), sink.seqs())
		}
	})
}

// The database stays away: the sender is told within seconds; if the row was
// stored all the same, watchers see it when the database is back.
func TestARowInDoubtIsShownOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.after = func() error { return ErrUnavailable }
		s := startService(t, m, func(c *Config) { c.Reconcile = time.Second })
		conv := testID()
		sink := &list{}
		stop := s.Hub().WatchAll(sink)
		defer stop()
		start := time.Now()
		_, err := appendLater(t, s, message(conv, "doubt"))()
		is(t, err, ErrUnavailable)
		if waited := time.Since(start); waited > 3*time.Second {
			t.Errorf("the sender waited %v", waited)
		}
		elapse(2 * time.Second)
		synctest.Wait()
		if sink.seqs() != "[1]" {
			t.Errorf("shown %s", sink.seqs())
		}
		if n := s.Metrics(); n.ReconciledRows != 1 {
			t.Errorf("%+v", n)
		}
	})
}

// A held conversation waits in a lane of its own, its rows in order; the others
// go on.
func TestAHeldConversationWaitsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		held, free := testID(), testID()
		m.held[held] = true
		m.unlocked = make(chan struct{})
		s := startService(t, m, func(*Config) {})
		var waits []func() (Row, error)
		for i := range 3 {
			waits = append(waits, appendLater(t, s, message(held, fmt.Sprint(i))))
			synctest.Wait()
		}
		for range 3 {
			if _, err := appendLater(t, s, message(free, "free"))(); err != nil {
				t.Error(err)
			}
		}
		if len(m.logs[held]) != 0 {
			t.Error("stored under another's lock")
		}
		m.mu.Lock()
		delete(m.held, held)
		m.mu.Unlock()
		close(m.unlocked)
		for i, wait := range waits {
			if row, err := wait(); err != nil || row.Seq != uint32(i+1) {
				t.Errorf("seq %d, %v", row.Seq, err)
			}
		}
		if n := s.Metrics(); n.Held != 1 || n.Pending != 0 {
			t.Errorf("%+v", n)
		}
	})
}

func TestAFullQueueRefusesWithATimeToRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		commit := make(chan struct{})
		m.before = func([]Scoped, bool) error { <-commit; return nil }
		s := startService(t, m, func(c *Config) { c.MaxPending = 3 })
		var waits []func() (Row, error)
		for i := range 3 {
			waits = append(waits, appendLater(t, s, message(testID(), fmt.Sprint(i))))
		}
		synctest.Wait()
		_, _, err := s.Append(t.Context(), identity.Everything(), message(testID(), "one too many"))
		is(t, err, ErrUnavailable)
		var again *OverloadedError
		if !asOverloaded(err, &again) || again.RetryAfter() <= 0 {
			t.Errorf("%v", err)
		}
		close(commit)
		for _, wait := range waits {
			if _, err := wait(); err != nil {
				t.Error(err)
			}
		}
	})
}

// What was accepted before the end is written; what comes after is refused.
func TestShutdownWritesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		commit := make(chan struct{})
		m.before = func([]Scoped, bool) error { <-commit; return nil }
		s, err := NewService(t.Context(), Config{Store: m, Hub: NewHub(), Logger: quiet(), Writers: 2})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		conv := testID()
		first, second := appendLater(t, s, message(conv, "1")), appendLater(t, s, message(conv, "2"))
		synctest.Wait()
		stop()
		synctest.Wait()
		_, _, err = s.Append(t.Context(), identity.Everything(), message(conv, "late"))
		is(t, err, ErrUnavailable)
		close(commit)
		for _, wait := range []func() (Row, error){first, second} {
			if _, err := wait(); err != nil {
				t.Error(err)
			}
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A database that hangs does not keep the process alive.
func TestShutdownGivesUpAfterAFewSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		conv := testID()
		m.held[conv] = true
		m.unlocked = make(chan struct{})
		s, err := NewService(t.Context(), Config{Store: m, Hub: NewHub(), Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		wait := appendLater(t, s, message(conv, "stuck"))
		synctest.Wait()
		stop()
		start := time.Now()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > drainTimeout+time.Second {
			t.Errorf("took %v", took)
		}
		_, err = wait()
		is(t, err, ErrUnavailable)
	})
}

// The main loop must outlive the lanes: a lane may give rows back to it.
func TestARowThatALaneGivesBackAtTheEndIsStillSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		conv, never := testID(), uint32(99)
		m.held[conv], m.unlocked = true, make(chan struct{})
		w := newWriter(m, 10, quiet(), func(...*Row) {}, &counters{})
		cid := testID()
		jobs := make([]*job, 2)
		for i := range jobs { // the same message twice: folded into one
			e := Entry{Conversation: conv, CID: cid, Kind: KindMessage, Content: "x"}
			if i == 0 {
				e.Expect.LastSeq = &never
			}
			jobs[i] = &job{entry: Scoped{Entry: e}, done: make(chan result, 1)}
			if err := w.enqueue(jobs[i]); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.run(ctx); close(ended) }()
		synctest.Wait()
		stop()
		synctest.Wait()
		start := time.Now()
		close(m.unlocked)
		first, second := <-jobs[0].done, <-jobs[1].done
		<-ended
		if first.out.Verdict != Stale || second.err != nil || second.out.Verdict != Stored || time.Since(start) > 0 {
			t.Errorf("%+v, %+v after %v", first, second, time.Since(start))
		}
	})
}

// What comes while a batch finds its conversation held goes behind the batch's
// rows, and what came before it behind neither.
func TestRowsOfAHeldConversationKeepTheOrderInWhichTheyCame(t *testing.T) {
	t.Parallel()
	conv := testID()
	w := newWriter(newMemory(), 10, quiet(), func(...*Row) {}, &counters{})
	come := func(content string) {
		t.Helper()
		if err := w.enqueue(&job{entry: Scoped{Entry: message(conv, content)}, done: make(chan result, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	come("1")
	batch := w.take()
	come("2") // the batch is on its way
	w.deliver(batch, []Outcome{{Verdict: Held}}, false)
	come("3")
	w.take()
	_, lane, _ := w.takeHeld()
	come("4")
	w.take()
	w.putBack(conv)
	_, next, _ := w.takeHeld()
	var order []string
	for _, j := range append(lane, next...) {
		order = append(order, j.entry.Content)
	}
	if got := fmt.Sprint(order); got != "[1 2 3 4]" {
		t.Errorf("order %s", got)
	}
}

// A refused row splits its batch: what the first part finds held, the second does
// not overtake.
func TestAPartOfABatchDoesNotOvertakeWhatTheFirstPartFoundHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		busy, bad := testID(), testID()
		m.held[busy] = true
		commit := make(chan struct{})
		m.before = func(entries []Scoped, _ bool) error {
			<-commit
			for _, e := range entries {
				if e.Content != "bad" {
					continue
				}
				if entries[0].Content == "bad" { // the second part: nobody holds it any more
					m.mu.Lock()
					delete(m.held, busy)
					m.mu.Unlock()
				}
				return ErrRefused
			}
			return nil
		}
		s := startService(t, m, func(*Config) {})
		blocker := appendLater(t, s, message(testID(), "blocker"))
		synctest.Wait()
		first := appendLater(t, s, message(busy, "first"))
		synctest.Wait()
		refused := appendLater(t, s, message(bad, "bad"))
		synctest.Wait()
		second := appendLater(t, s, message(busy, "second"))
		synctest.Wait()
		close(commit)
		_, _ = blocker()
		_, err := refused()
		is(t, err, ErrRefused)
		for i, wait := range []func() (Row, error){first, second} {
			if row, err := wait(); err != nil || row.Seq != uint32(i+1) {
				t.Errorf("row %d: seq %d, %v", i+1, row.Seq, err)
			}
		}
	})
}

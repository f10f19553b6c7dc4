package history_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"frontdesk/chat/history"
)

// emptyLog is an index store with nothing to do; it counts the rounds.
type emptyLog struct {
	history.IndexStore
	rounds atomic.Int64
}

func (l *emptyLog) Lease(context.Context, string, string, time.Duration) (time.Time, time.Time, error) {
	l.rounds.Add(1)
	return time.Now().Add(-time.Minute), time.Now(), nil
}

func (l *emptyLog) Dirty(context.Context, time.Time, time.Time) ([]history.Dirty, error) {
	return nil, nil
}

func (l *emptyLog) Save(context.Context, string, []history.Part, time.Time) error { return nil }

func TestTheIndexWaitsWhileTheLogIsWrittenAtFullSpeedButNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &emptyLog{}
		var busy atomic.Bool
		x, err := history.NewIndexer(history.IndexerConfig{Store: log, Busy: busy.Load, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = x.Run(t.Context()) }()
		// at lets d pass and returns how many rounds there were in it.
		at := func(d time.Duration) int64 {
			before := log.rounds.Load()
			<-time.After(d) // synctest's clock
			synctest.Wait()
			return log.rounds.Load() - before
		}
		if n := at(time.Minute); n < 10 {
			t.Errorf("%d rounds in a minute of an ordinary log", n)
		}
		busy.Store(true)
		if n := at(4 * time.Minute); n != 0 {
			t.Errorf("%d rounds while the log was written at full speed", n)
		}
		if behind := x.Counts().Behind; behind < 3*time.Minute {
			t.Errorf("says %v behind after four minutes without a round", behind)
		}
		if n := at(2 * time.Minute); n != 1 {
			t.Errorf("%d rounds once five minutes were over, want one each five minutes", n)
		}
		busy.Store(false)
		if n := at(time.Minute); n < 10 {
			t.Errorf("%d rounds in the minute after", n)
		}
	})
}

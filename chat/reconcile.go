package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

const (
	// catchUpWorkers is how many followers fetch a hole at once.
	catchUpWorkers = 2
	// readTimeout bounds one repair.
	readTimeout = 10 * time.Second
)

// catchUp is the queue of followers with a hole. Each stands in it at most once,
// so it is bounded by the number of followers.
type catchUp struct {
	mu    sync.Mutex // guards queue
	queue []*follower
	wake  chan struct{}
}

func newCatchUp() *catchUp { return &catchUp{wake: make(chan struct{}, 1)} }

func (c *catchUp) add(f *follower) {
	c.mu.Lock()
	c.queue = append(c.queue, f)
	c.mu.Unlock()
	signal(c.wake)
}

func (c *catchUp) take() *follower {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil
	}
	f := c.queue[0]
	c.queue = c.queue[1:]
	if len(c.queue) > 0 {
		signal(c.wake)
	}
	return f
}

// repair fetches what followers miss until ctx ends.
func (s *Service) repair(ctx context.Context) {
	for {
		f := s.behind.take()
		if f == nil {
			select {
			case <-s.behind.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		s.counts.holes.Add(1)
		call, cancel := context.WithTimeout(ctx, readTimeout)
		err := f.catchUp(call, s.store, f.position())
		cancel()
		if errors.Is(err, ErrNotFound) { // no longer in the follower's scope
			f.gone()
			continue
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("cannot fetch missing rows, trying again", "conversation", f.conv, "error", err)
			pause(ctx, s.tick)
			s.behind.add(f)
		}
	}
}

// eachTick calls look once each tick, and when wake says so, until ctx ends.
func (s *Service) eachTick(ctx context.Context, wake <-chan struct{}, look func(context.Context) error) {
	t := time.NewTicker(s.tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-wake:
		case <-ctx.Done():
			return
		}
		call, cancel := context.WithTimeout(ctx, readTimeout)
		err := look(call)
		cancel()
		if err != nil && ctx.Err() == nil {
			s.log.Warn("cannot compare conversations with the database", "error", err)
		}
	}
}

// reconcile compares the watched conversations with the database and settles what
// is in doubt, once each tick. What a bus did not bring is read beside that: it
// may be much, and those who watch a conversation do not wait for it.
func (s *Service) reconcile(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.eachTick(ctx, s.hub.lookout.wake, s.recall) })
	s.eachTick(ctx, nil, s.sweep)
	wg.Wait()
}

// sweep shows what was committed without being published: by a node that died
// between the two, or by a commit whose result was lost. A node that is alone
// publishes all that there is, and compares nothing.
func (s *Service) sweep(ctx context.Context) error {
	var err error
	if !s.company.alone.Load() {
		err = s.compare(ctx)
	}
	return errors.Join(err, s.settleDoubts(ctx))
}

// compare shows what the database has of the watched conversations and the hub has not.
func (s *Service) compare(ctx context.Context) error {
	ids, last := s.hub.watched()
	if len(ids) == 0 {
		return nil
	}
	behind, err := s.store.Behind(ctx, ids, last)
	if err != nil {
		return err
	}
	for conv, stored := range behind {
		if stored == 0 {
			s.hub.vanished(conv)
			continue
		}
		// Asked after the database: a row that was being published just then is here by now.
		if seen, watched := s.hub.seen(conv); watched && seen < stored {
			if err := s.show(ctx, conv, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// show publishes the rows after seen.
func (s *Service) show(ctx context.Context, conv string, seen uint32) error {
	rows, err := s.store.Rows(ctx, identity.Everything(), conv, seen, 0, followPage)
	if err != nil {
		return err
	}
	s.counts.reconciled.Add(int64(len(rows)))
	for i := range rows {
		s.hub.PublishRemote(&rows[i])
	}
	return nil
}

package chat

import (
	"context"
	"errors"
	"math"
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
			f.stop()
			continue
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("cannot fetch missing rows, trying again", "conversation", f.conv, "error", err)
			pause(ctx, s.tick)
			s.behind.add(f)
		}
	}
}

// reconcile compares the watched conversations with the database, once each
// tick, and shows what was committed without being published: by a node that
// died between the two, or by a commit whose result was lost. A node that is
// alone publishes all that there is, and reads nothing.
func (s *Service) reconcile(ctx context.Context) {
	t := time.NewTicker(s.tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-s.hub.lookout.wake:
		case <-ctx.Done():
			return
		}
		call, cancel := context.WithTimeout(ctx, readTimeout)
		err := s.sweep(call)
		cancel()
		if err != nil && ctx.Err() == nil {
			s.log.Warn("cannot compare conversations with the database", "error", err)
		}
	}
}

func (s *Service) sweep(ctx context.Context) error {
	if err := s.recall(ctx); err != nil {
		return err
	}
	if s.company.alone.Load() {
		return s.settleDoubts(ctx)
	}
	if ids, last := s.hub.watched(); len(ids) > 0 {
		behind, err := s.store.Behind(ctx, ids, last)
		if err != nil {
			return err
		}
		for conv, stored := range behind {
			// Asked after the database: a row that was being published just then is here by now.
			if seen, watched := s.hub.seen(conv); watched && seen < stored {
				if err := s.show(ctx, conv, seen); err != nil {
					return err
				}
			}
		}
	}
	return s.settleDoubts(ctx)
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

// settleDoubts publishes those rows that were stored although their sender was
// told that it is unknown.
func (s *Service) settleDoubts(ctx context.Context) error {
	open := make(map[string]map[string]bool)
	for _, w := range s.writers {
		for _, d := range w.takeDoubts() {
			if open[d.conv] == nil {
				open[d.conv] = make(map[string]bool)
			}
			open[d.conv][d.cid] = true
		}
	}
	for conv, cids := range open {
		rows, err := s.store.Rows(ctx, identity.Everything(), conv, 0, math.MaxInt32, 100)
		if err != nil {
			s.returnDoubts(open)
			return err
		}
		for i := range rows {
			if cids[rows[i].CID] {
				s.counts.reconciled.Add(1)
				s.publish(&rows[i])
			}
		}
		delete(open, conv)
	}
	return nil
}

// returnDoubts keeps what could not be settled for the next tick.
func (s *Service) returnDoubts(open map[string]map[string]bool) {
	for conv, cids := range open {
		for cid := range cids {
			s.writerOf(conv).doubt(conv, cid)
		}
	}
}

package chat

import (
	"sync/atomic"
	"time"
)

// databaseClock tells the database's time. Between two readings it goes on by the
// node's own clock, of which only the differences count (of time.Now they are
// monotonic): how far that clock is off, or jumps, does not matter.
type databaseClock struct {
	node   func() time.Time
	anchor atomic.Pointer[anchor]
}

// anchor is one moment by both clocks.
type anchor struct{ node, database time.Time }

func newDatabaseClock(node func() time.Time) *databaseClock {
	c := &databaseClock{node: node}
	now := node()
	c.anchor.Store(&anchor{now, now}) // until the database was asked
	return c
}

// now is the database's time.
func (c *databaseClock) now() time.Time { return c.at(c.node()) }

// at is the database's time at a moment of the node's clock.
func (c *databaseClock) at(node time.Time) time.Time {
	a := c.anchor.Load()
	return a.database.Add(node.Sub(a.node))
}

// learn notes that the database read its clock at some moment between then, by
// the node's clock, and now. What was told so far stays if that can be, else it is
// moved by the least that will do. One goroutine at a time.
func (c *databaseClock) learn(then, database time.Time) {
	if database.IsZero() {
		return
	}
	now := c.node()
	took := now.Sub(then)
	told := c.at(now)
	if told.Before(database) {
		told = database
	} else if latest := database.Add(took); told.After(latest) {
		told = latest
	}
	c.anchor.Store(&anchor{now, told})
}

package client

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"frontdesk/web/frame"
)

// TestOutboxKeepsItsPromisesWhateverHappens drives an outbox at random and
// checks after every step what it promises: bounds, order within a
// conversation, and that every message ends exactly once.
func TestOutboxKeepsItsPromisesWhateverHappens(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 7))
		window, flight := 1+rng.IntN(4), 1+rng.IntN(10)
		o := newOutbox(50, window, flight)
		now := time.Unix(0, 0)
		var added, settled int
		flying := map[string]bool{}
		// The lowest number of each conversation that has no answer yet: with a window of 1 nothing else may go out.
		pending := map[string][]string{}
		for step := range 2000 {
			switch rng.IntN(5) {
			case 0, 1:
				conv, cid := fmt.Sprint("c", rng.IntN(5)), fmt.Sprint(step)
				_, _, err := o.add(&frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{Conv: conv, Cid: cid}}})
				if full := len(o.byCID) >= 50 && err != nil; err != nil && !full {
					t.Fatalf("seed %d: refused with %d waiting", seed, len(o.byCID))
				}
				if err == nil {
					added++
					pending[conv] = append(pending[conv], cid)
				}
			case 2, 3:
				e, _ := o.take(now)
				if e == nil {
					break
				}
				if flying[e.cid] {
					t.Fatalf("seed %d: %s is under way twice", seed, e.cid)
				}
				if window == 1 && pending[e.frame.GetSend().Conv][0] != e.cid {
					t.Fatalf("seed %d: %s overtakes %s", seed, e.cid, pending[e.frame.GetSend().Conv][0])
				}
				flying[e.cid] = true
			case 4:
				settled += disturb(o, rng, now, flying, pending)
			}
			now = now.Add(time.Duration(rng.IntN(100)) * time.Millisecond)
			if o.flying != len(flying) || o.flying > flight {
				t.Fatalf("seed %d: counts %d under way, are %d, at most %d", seed, o.flying, len(flying), flight)
			}
		}
		// From now on every message is answered: all must come out.
		for settled < added {
			now = now.Add(time.Second)
			e, _ := o.take(now)
			if e == nil {
				if len(flying) == 0 {
					t.Fatalf("seed %d: %d of %d messages are stuck", seed, added-settled, added)
				}
				for cid := range flying {
					settled += answer(o, cid, flying, pending)
				}
				continue
			}
			flying[e.cid] = true
		}
		if len(o.byCID) != 0 {
			t.Fatalf("seed %d: %d messages left", seed, len(o.byCID))
		}
	}
}

// disturb answers, postpones or rewinds; it returns how many messages ended.
func disturb(o *outbox, rng *rand.Rand, now time.Time, flying map[string]bool, pending map[string][]string) int {
	if rng.IntN(10) == 0 {
		o.rewind()
		clear(flying)
		return 0
	}
	for cid := range flying {
		if rng.IntN(4) != 0 {
			return answer(o, cid, flying, pending)
		}
		l := o.byCID[cid].lane
		o.postpone(cid, now.Add(time.Duration(rng.IntN(300))*time.Millisecond))
		for _, e := range l.entries[l.next:] {
			delete(flying, e.cid)
		}
		return 0
	}
	return 0
}

func answer(o *outbox, cid string, flying map[string]bool, pending map[string][]string) int {
	e := o.settle(cid)
	if e == nil || o.settle(cid) != nil {
		return 0
	}
	delete(flying, cid)
	list := pending[e.frame.GetSend().Conv]
	for i, c := range list {
		if c == cid {
			pending[e.frame.GetSend().Conv] = append(list[:i], list[i+1:]...)
			break
		}
	}
	return 1
}

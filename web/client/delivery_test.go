package client_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"frontdesk/web/client"
	"frontdesk/web/client/clienttest"
	"frontdesk/web/frame"
)

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "message " + strconv.Itoa(i+1)
	}
	return out
}

func TestMessagesAreStoredAndShownOnceWhereverTheConnectionIsCut(t *testing.T) {
	t.Parallel()
	for _, point := range clienttest.Points() {
		for _, enc := range []client.Encoding{client.JSON, client.Proto} {
			for _, window := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s/%s/window %d", point, enc.Subprotocol(), window), func(t *testing.T) {
					t.Parallel()
					bubble(t, func(w *world) {
						token, conv := w.srv.AddVisitor()
						seen := 0
						w.srv.SetFaults(clienttest.Faults{Cut: func(p clienttest.Point, _ string) bool {
							if p != point {
								return false
							}
							seen++
							return seen <= 12 && seen%3 != 0 // two of three, until twelve passed
						}})
						p := w.visitor(token, func(c *client.Config) { c.Encoding, c.Window = enc, window })
						want := numbered(20)
						p.enqueue(conv, want...)
						p.untilAcked(len(want))
						p.untilEvents(len(want))
						// One more connection must bring nothing twice.
						w.srv.Cut()
						p.enqueue(conv, "last")
						p.untilEvents(len(want) + 1)
						want = append(want, "last")
						p.wantInOrder(want)
						w.wantStored(conv, want)
						if st := p.Stats(); st.Connects < 2 {
							t.Errorf("the connection was never cut: %+v", st)
						}
					})
				})
			}
		}
	}
}

func TestRowsRepeatedReorderedOrWithheldReachTheCallerOnceAndInOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(w *world) {
				rng := rand.New(rand.NewPCG(seed, 1))
				token, conv := w.srv.AddVisitor()
				p := w.visitor(token)
				p.until("hello", func() bool { return len(p.hellos) == 1 })
				var kept []*frame.Event
				w.srv.SetFaults(clienttest.Faults{Show: func(e *frame.Event) []*frame.Event {
					switch rng.IntN(5) {
					case 0:
						return []*frame.Event{e, e}
					case 1:
						return nil
					case 2:
						kept = append(kept, e)
						return nil
					case 3:
						out := append([]*frame.Event{e}, kept...)
						kept = nil
						return out
					}
					return []*frame.Event{e}
				}})
				want := numbered(100)
				for _, s := range want {
					w.srv.Post(conv, s)
				}
				// A hole at the very end shows only by the next row.
				w.srv.SetFaults(clienttest.Faults{})
				w.srv.Post(conv, "last")
				want = append(want, "last")
				p.untilEvents(len(want))
				p.wantInOrder(want)
			})
		})
	}
}

func TestRepeatsOutsideAResumeAreCountedAsDoubled(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		p.enqueue(conv, "first")
		p.untilEvents(1)
		w.srv.SetFaults(clienttest.Faults{Show: func(e *frame.Event) []*frame.Event { return []*frame.Event{e, e} }})
		p.enqueue(conv, "second")
		p.untilEvents(2)
		w.srv.SetFaults(clienttest.Faults{})
		p.enqueue(conv, "third")
		p.untilEvents(3)
		if st := p.Stats(); st.Doubled != 1 || st.Delivered != 3 || st.Holes != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestResumeStartsAfterTheLastDeliveredRow(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		p.enqueue(conv, numbered(5)...)
		p.untilEvents(5)
		w.srv.Cut()
		w.srv.Post(conv, "missed")
		p.untilEvents(6)
		all := w.srv.Resumes()
		if r := all[len(all)-1]; r.Conv != conv || r.AfterSeq != 5 {
			t.Errorf("resumed %s after %d, want %s after 5", r.Conv, r.AfterSeq, conv)
		}
	})
}

func TestAnotherLogEpochVoidsWhatWasShownAndStartsFromTheFirstRow(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		p.enqueue(conv, numbered(3)...)
		p.untilEvents(3)
		w.srv.Replace("epoch-2")
		w.srv.Post(conv, "after the restore")
		p.untilEvents(4)
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.resets) != 1 || p.resets[0] != "epoch-2" {
			t.Errorf("resets %v", p.resets)
		}
		if e := p.events[3]; e.Seq != 1 || e.Content != "after the restore" {
			t.Errorf("after the reset came seq %d %q", e.Seq, e.Content)
		}
	})
}

func TestALogThatEndsBeforeTheClientsPositionIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		p.enqueue(conv, numbered(5)...)
		p.untilEvents(5)
		w.srv.Replace("epoch-1") // a backup was put back, and the epoch does not tell
		w.srv.Post(conv, "the only row")
		p.untilEvents(6)
		p.mu.Lock()
		defer p.mu.Unlock()
		if e := p.events[5]; e.Seq != 1 || len(p.resets) != 1 {
			t.Errorf("after the restore came seq %d, %d resets", e.Seq, len(p.resets))
		}
	})
}

func TestARowWhosePublicationWasLostArrivesWithTheNextOne(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		w.srv.Post(conv, "message 1")
		p.untilEvents(1)
		w.srv.Write(conv, "message 2")
		w.srv.Post(conv, "message 3")
		p.untilEvents(3)
		p.wantInOrder(numbered(3))
		if st := p.Stats(); st.Holes != 1 {
			t.Errorf("stats %+v, want one hole", st)
		}
	})
}

func TestAMovedConversationIsFollowedInItsSuccessor(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		p.enqueue(conv, "old")
		p.untilEvents(1)
		to := w.srv.Move(conv)
		ack, err := p.Send(w.t.Context(), client.Message{Conv: conv, Content: "new"})
		if err != nil || ack.MovedTo != to {
			t.Fatalf("ack %v, %v; want moved to %s", ack, err, to)
		}
		p.untilEvents(2)
		w.srv.Post(to, "live there")
		p.untilEvents(3)
		w.wantStored(to, []string{"new", "live there"})
	})
}

func TestAnAgentsInboxShowsEveryConversationOnceAcrossReconnects(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		agent := w.agent()
		agent.until("hello", func() bool { return len(agent.hellos) == 1 })
		var convs []string
		for range 100 { // more than fit into one hello
			_, conv := w.srv.AddVisitor()
			convs = append(convs, conv)
			if err := agent.Expect(conv, 0); err != nil {
				t.Fatal(err)
			}
			w.srv.Post(conv, "before")
		}
		agent.untilEvents(100)
		w.srv.Cut()
		for _, conv := range convs {
			w.srv.Write(conv, "while away")
		}
		agent.untilEvents(200)
		for _, conv := range convs {
			w.srv.Post(conv, "after")
		}
		agent.untilEvents(300)
		next := map[string]uint32{}
		agent.mu.Lock()
		defer agent.mu.Unlock()
		for _, e := range agent.events {
			next[e.Conv]++
			if e.Seq != next[e.Conv] {
				t.Errorf("conversation %s: seq %d, want %d", e.Conv, e.Seq, next[e.Conv])
			}
		}
	})
}

func TestAnInboxRowOfAnUnknownConversationStartsThere(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		_, conv := w.srv.AddVisitor()
		w.srv.Post(conv, "long ago")
		agent := w.agent()
		agent.until("hello", func() bool { return len(agent.hellos) == 1 })
		w.srv.Post(conv, "now")
		agent.untilEvents(1)
		w.srv.Write(conv, "lost on the way")
		w.srv.Post(conv, "shows the hole")
		agent.untilEvents(3)
		agent.mu.Lock()
		defer agent.mu.Unlock()
		for i, e := range agent.events {
			if int(e.Seq) != i+2 {
				t.Errorf("event %d has seq %d", i, e.Seq)
			}
		}
	})
}

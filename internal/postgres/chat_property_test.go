package postgres

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// Whatever visitors, agents and the bot do at once, on two nodes, with repeats:
// every accepted cid is one row, sequences have no gap, each follower sees each
// row once and in order, and the agents' loads are the conversations they hold.
func TestConcurrentWritersLeaveAGaplessLog(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	agents := []identity.Actor{nodes[0].agent("alice"), nodes[0].agent("bob")}
	rapid.Check(t, func(r *rapid.T) {
		visitors := make([]identity.Actor, rapid.IntRange(1, 3).Draw(r, "visitors"))
		convs := make([]string, len(visitors))
		sinks := make([]*recorder, len(visitors))
		for i := range visitors {
			var conv chat.Conversation
			visitors[i], conv = nodes[0].visitor()
			convs[i], sinks[i] = conv.ID, newRecorder()
			_, stop, err := nodes[1].Follow(t.Context(), identity.System(), conv.ID, 0, sinks[i])
			if err != nil {
				r.Fatal(err)
			}
			defer stop()
		}
		var mu sync.Mutex
		accepted := make(map[string]string) // cid → conversation
		var wg sync.WaitGroup
		for w := range rapid.IntRange(2, 6).Draw(r, "writers") {
			plan := rapid.SliceOfN(rapid.IntRange(0, 9), 5, 15).Draw(r, fmt.Sprintf("plan %d", w))
			wg.Go(func() {
				for step, act := range plan {
					k := (w + step) % len(convs)
					node, agent := nodes[(w+step)%2], agents[w%2]
					cid, stored, err := perform(t, node, act, visitors[k], agent, convs[k])
					switch {
					case err == nil && stored:
						mu.Lock()
						accepted[cid] = convs[k]
						mu.Unlock()
					case err != nil && !errors.Is(err, chat.ErrStale) && !errors.Is(err, chat.ErrResolved):
						t.Errorf("act %d: %v", act, err)
					}
				}
			})
		}
		wg.Wait()
		for i, conv := range convs {
			rows := nodes[0].log(conv)
			sinks[i].inOrder(t, len(rows))
			for _, row := range rows {
				if accepted[row.CID] == conv {
					delete(accepted, row.CID)
				}
			}
		}
		if len(accepted) > 0 {
			r.Fatalf("%d accepted messages are not in the log", len(accepted))
		}
		for _, a := range agents {
			var held int
			if err := nodes[0].pool.QueryRow(t.Context(), `SELECT count(*) FROM conversations
				WHERE assignee_id = $1 AND owner = 'human' AND status <> 'resolved'`, a.ID).Scan(&held); err != nil {
				r.Fatal(err)
			}
			if load := nodes[0].load(a); load != held {
				r.Fatalf("load %d, holds %d", load, held)
			}
		}
		var strays int
		if err := nodes[0].pool.QueryRow(t.Context(), `SELECT count(*) FROM conversations c FULL JOIN queue_entries q ON q.conversation_id = c.id
			WHERE (c.owner = 'queue') <> (q.conversation_id IS NOT NULL)`).Scan(&strays); err != nil || strays > 0 {
			r.Fatalf("%d conversations differ from the queue, %v", strays, err)
		}
	})
}

// perform does one act and returns the cid of a message that was accepted.
func perform(t *testing.T, d *desk, act int, visitor, agent identity.Actor, conv string) (cid string, stored bool, err error) {
	t.Helper()
	ctx := t.Context()
	switch act {
	case 0:
		_, err = d.RequestHuman(ctx, visitor, conv, "")
	case 1:
		_, err = d.Claim(ctx, agent, conv, nil)
	case 2:
		_, err = d.Resolve(ctx, agent, conv)
	case 3:
		_, err = d.Release(ctx, agent, conv)
	case 4:
		_, err = d.Transfer(ctx, agent, conv, chat.To{Agent: agent.ID}, "")
	case 5: // the bot answers what it has read
		head, err := d.Conversation(ctx, identity.Bot(), conv)
		if err != nil {
			return "", false, err
		}
		bot := chat.OwnerBot
		cid = newID()
		_, _, err = d.Append(ctx, identity.Everything(), chat.Entry{
			Conversation: conv, CID: cid, Author: chat.Author{Kind: chat.AuthorBot}, Content: "answer",
			Expect: chat.Expect{Owner: &bot, OwnerEpoch: &head.OwnerEpoch, LastSeq: &head.LastSeq},
		})
		return cid, true, err
	default: // a message, sent once or twice
		sender := visitor
		if act == 6 {
			sender = agent
		}
		m := chat.Send{Conversation: conv, CID: newID(), Content: "text"}
		var seqs []uint32
		for range 1 + act%2 {
			row, _, err := d.Send(ctx, sender, m)
			if err != nil {
				return "", false, err
			}
			seqs = append(seqs, row.Seq)
		}
		if len(slices.Compact(seqs)) != 1 {
			t.Errorf("one cid has seqs %v", seqs)
		}
		return m.CID, true, nil
	}
	return "", false, err
}

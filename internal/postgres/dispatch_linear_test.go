package postgres

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// What a model of claims knows: who holds each conversation, 0 = it waits.
const (
	linearConvs  = 4
	linearAgents = 2
	linearCap    = 2
)

type linearState [linearConvs]int8

type linearInput struct {
	kind        string // assign, claim, release
	conv, agent int8
}

func (s linearState) load(agent int8) (n int) {
	for _, h := range s {
		if h == agent {
			n++
		}
	}
	return n
}

// claims is the sequential specification: automatic assignments take what waits and
// never exceed the cap, hands take what nobody holds and may.
func claims() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return linearState{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(linearState), input.(linearInput), output.(string) //nolint:forcetypeassert // the model's own
			holder, next := s[in.conv], s
			want := "ok"
			switch in.kind {
			case "assign":
				switch {
				case holder != 0:
					want = "stale"
				case s.load(in.agent) >= linearCap:
					want = routing.RejectFull
				default:
					next[in.conv] = in.agent
				}
			case "claim":
				if holder != 0 && holder != in.agent {
					want = "stale"
				} else {
					next[in.conv] = in.agent
				}
			case "release":
				if holder == 0 {
					want = "stale"
				} else {
					next[in.conv] = 0
				}
			}
			return out == want, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %v", input, output) },
	}
}

// Whatever three nodes claim, take and release at once: there is an order in which
// one after another would have given the same answers (Herlihy and Wing, 1990).
func TestConcurrentClaimsOfThreeNodesAreLinearizable(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := make([]*desk, 3)
	for i := range nodes {
		nodes[i] = openDesk(t, url, func(*chat.Config) {})
	}
	d := nodes[0]
	lease := newID()
	d.exec("INSERT INTO nodes (id, lease_until) VALUES ($1, now() + interval '1 hour')", lease)
	agents := make([]identity.Actor, linearAgents+1) // from 1
	for i := 1; i <= linearAgents; i++ {
		agents[i] = d.agent(fmt.Sprint("agent", i))
		d.exec("INSERT INTO agents (user_id, presence, node, cap) VALUES ($1, 'online', $2, $3)", agents[i].ID, lease, linearCap)
	}
	for round := range 6 {
		convs := make([]string, linearConvs)
		for i := range convs {
			v, conv := d.visitor()
			convs[i] = conv.ID
			if _, err := d.RequestHuman(t.Context(), v, conv.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var history []porcupine.Operation
		began := time.Now()
		var wg sync.WaitGroup
		for client := range 6 {
			rng := rand.New(rand.NewPCG(uint64(round), uint64(client)))
			wg.Go(func() {
				for range 10 {
					in := linearInput{
						kind: []string{"assign", "assign", "assign", "claim", "release"}[rng.IntN(5)],
						conv: int8(rng.IntN(linearConvs)), agent: int8(1 + rng.IntN(linearAgents)),
					}
					call := time.Since(began).Nanoseconds()
					out, known := act(t, nodes[client%3], in, convs, agents)
					op := porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: time.Since(began).Nanoseconds()}
					if known {
						mu.Lock()
						history = append(history, op)
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		if result, info := porcupine.CheckOperationsVerbose(claims(), history, time.Minute); result != porcupine.Ok {
			t.Errorf("round %d: %s", round, result)
			_ = info
			for _, op := range history {
				t.Logf("%d–%d client %d: %+v → %v", op.Call, op.Return, op.ClientId, op.Input, op.Output)
			}
		}
		for _, conv := range convs { // the next round begins with empty hands
			if _, err := d.Resolve(t.Context(), agents[1], conv); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i <= linearAgents; i++ {
			if n := d.load(agents[i]); n != 0 {
				t.Fatalf("load %d after all was resolved", n)
			}
		}
	}
}

// act does one operation; what it says is not known when the lock was not to be had.
func act(t *testing.T, d *desk, in linearInput, convs []string, agents []identity.Actor) (out string, known bool) {
	t.Helper()
	var err error
	agent, conv := agents[in.agent], convs[in.conv]
	switch in.kind {
	case "assign":
		_, _, err = d.Append(t.Context(), identity.Everything(), chat.Entry{
			Conversation: conv, CID: newID(), Author: chat.Author{Kind: chat.AuthorSystem}, Kind: chat.KindClaimed,
			Change: &chat.Change{
				Act: chat.ActAssign, Assignee: chat.Author{Kind: chat.AuthorAgent, ID: agent.ID, Name: agent.Name},
				Guard: &chat.Guard{Channel: routing.ChannelChat, Weight: 1},
			},
		})
	case "claim":
		_, err = d.Claim(t.Context(), agent, conv, nil)
	case "release":
		_, err = d.Release(t.Context(), agent, conv)
	}
	guard, guarded := errors.AsType[*chat.GuardError](err)
	switch {
	case err == nil:
		return "ok", true
	case guarded:
		return guard.Code, true
	case errors.Is(err, chat.ErrStale):
		return "stale", true
	case errors.Is(err, chat.ErrUnavailable): // Held: nothing was done; a lost commit does not happen here
		return "", false
	}
	t.Error(err)
	return "", false
}

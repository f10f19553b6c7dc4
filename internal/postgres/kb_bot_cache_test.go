package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// branch is one of several nodes on one database, each with a knowledge base, a
// decision cache and a bot of its own.
type branch struct {
	*desk
	kb    *kb.Service
	cache *bot.Cache
}

func openBranch(t *testing.T, url string) *branch {
	t.Helper()
	b := &branch{desk: openDesk(t, url, func(*chat.Config) {})}
	var err error
	if b.kb, err = kb.NewService(kb.Config{Store: NewKnowledge(b.pool), Embedder: &kbtest.Embedder{}}); err != nil {
		t.Fatal(err)
	}
	if b.cache, err = bot.NewCache(bot.CacheConfig{Moments: b.kb}); err != nil {
		t.Fatal(err)
	}
	responder, err := bot.NewResponder(bot.ResponderConfig{Knowledge: b.kb, Cache: b.cache})
	if err != nil {
		t.Fatal(err)
	}
	turns, err := bot.NewTurns(bot.TurnsConfig{Decider: responder, Chat: b.Service, Reconcile: 50 * time.Millisecond, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.hub.WatchAll(turns))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- turns.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return b
}

// asks returns what a visitor is answered who asks in a new conversation. Either
// node may have answered: the other one's reconciling read may come first.
func (b *branch) asks(question string) chat.Row {
	b.t.Helper()
	visitor, conv := b.visitor()
	b.say(visitor, conv.ID, question)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for deadline := time.After(20 * time.Second); ; {
		if _, rows, err := b.Thread(b.t.Context(), identity.System(), conv.ID, 9); err == nil && len(rows) > 1 {
			return rows[1]
		}
		select {
		case <-look.C:
		case <-deadline:
			b.t.Error("the bot says nothing")
			return chat.Row{}
		}
	}
}

// EXPECTATIONS C, Bot 3, with the decision cache on two nodes: what is asked after
// a commit is answered from it on every node at once, and what is said is never of a
// version that was not published at the moment it was stored.
func TestTwoNodesNeverSayAnOldVersionWhileArticlesAreEdited(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*branch{openBranch(t, url), openBranch(t, url)}
	var published atomic.Uint32 // raised after the commit
	text := func(version uint32) string { return fmt.Sprintf("Refunds take %d days.", version) }
	publish := func(version uint32) {
		t.Helper()
		a, err := nodes[version%2].kb.Save(t.Context(), identity.System(), kb.Article{
			Site: 1, ID: "refund", Locale: "en", Title: "Refunds", Answer: text(version), Questions: []string{"how do I get a refund"},
		})
		if err != nil || a.Version != version {
			t.Fatalf("version %d: %+v, %v", version, a, err)
		}
		published.Store(version)
	}
	publish(1)
	done := make(chan struct{})
	var askers sync.WaitGroup
	for i := range 6 {
		askers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				before := published.Load()
				row := nodes[i%2].asks("How do I get a refund?")
				if row.Data.Source == nil {
					t.Errorf("%s: %q", row.Data.Reason, row.Content)
					return
				}
				v := row.Data.Source.Version
				// The one that is being committed right now may be said already: its commit is what the answer's saw.
				if after := published.Load(); v < before || v > after+1 || row.Content != text(v) {
					t.Errorf("asked when %d was published, answered when %d was, with %d: %q", before, after, v, row.Content)
					return
				}
			}
		})
	}
	for version := uint32(2); version <= 12; version++ {
		publish(version)
	}
	close(done)
	askers.Wait()
	for _, b := range nodes {
		b.asks("How do I get a refund?")
		b.asks("How do I get a refund?")
		if c := b.cache.Counts(); c.Hits == 0 {
			t.Errorf("the cache was never hit: %+v", c)
		}
	}
	// A rollback is the old text as a new version, and takes effect at once.
	back, err := nodes[0].kb.Save(t.Context(), identity.System(), kb.Article{
		Site: 1, ID: "refund", Locale: "en", Title: "Refunds", Answer: text(3), Questions: []string{"how do I get a refund"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range nodes {
		if row := b.asks("How do I get a refund?"); row.Content != text(3) || row.Data.Source.Version != back.Version {
			t.Errorf("node %d after the rollback: %+v", i, row)
		}
	}
	if err := nodes[1].kb.Archive(t.Context(), identity.System(), 1, "refund", ""); err != nil {
		t.Fatal(err)
	}
	for i, b := range nodes {
		if row := b.asks("How do I get a refund?"); row.Data.Source != nil || strings.Contains(row.Content, "Refunds take") {
			t.Errorf("node %d after it was unpublished: %+v", i, row)
		}
	}
}

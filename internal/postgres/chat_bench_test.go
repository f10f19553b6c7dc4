package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/local"
)

// BenchmarkAppend stores visitors' messages durably (fsync on), each sender in a
// conversation of its own, one message after the other. Inside the clock: Send
// from call to acknowledgement, publishing to an empty hub included. An op is
// one message; tx/msg counts the batch transactions. Best of several runs on two
// shared cores (AMD EPYC), PostgreSQL 15 on the same machine: 256 senders 27,700
// msg/s with two writers (0.015 tx/msg), 20,700 with one; one sender 1,025 msg/s.
func BenchmarkAppend(b *testing.B) {
	cluster, err := local.Temporary(b.Context(), local.TemporaryConfig{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cluster.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	})
	if _, err := Migrate(b.Context(), cluster.URL()); err != nil {
		b.Fatal(err)
	}
	for _, writers := range []int{1, 2, 4} {
		for _, senders := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("writers=%d/senders=%d", writers, senders), func(b *testing.B) {
				d := openDesk(b, cluster.URL(), func(c *chat.Config) { c.Writers, c.Logger = writers, nil })
				actors, convs := make([]identity.Actor, senders), make([]string, senders)
				for i := range actors {
					var conv chat.Conversation
					actors[i], conv = d.visitor()
					convs[i] = conv.ID
				}
				before := d.Metrics()
				var left atomic.Int64
				left.Store(int64(b.N))
				b.ResetTimer()
				var wg sync.WaitGroup
				for i := range senders {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							_, _, err := d.Send(b.Context(), actors[i], chat.Send{Conversation: convs[i], CID: newID(), Content: "Where is my parcel? It was to arrive on Tuesday."})
							if err != nil && !errors.Is(err, context.Canceled) {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				m := d.Metrics()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
				b.ReportMetric(float64(m.Batches-before.Batches)/float64(b.N), "tx/msg")
			})
		}
	}
}

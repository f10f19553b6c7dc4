package natsbus

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// connect reaches the server, or keeps trying: a node serves without its bus, only
// later. It returns an error for what trying again cannot mend.
func (b *Bus) connect() error {
	opts := []nats.Option{
		nats.Name("frontdesk " + b.cfg.Node), nats.NoEcho(),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.Timeout(2 * time.Second), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2), nats.FlusherTimeout(writeDeadline),
		// What cannot be sent now is fetched from the log; sent late it would only be in the way.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { b.disconnected(err) }),
		nats.ConnectHandler(func(*nats.Conn) { b.connected() }),
		nats.ReconnectHandler(func(*nats.Conn) { b.connected() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.complain(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { b.complain(err) }),
	}
	if b.server != nil {
		opts = append(opts, nats.InProcessServer(b.server))
	}
	if b.cfg.Token != "" {
		opts = append(opts, nats.Token(b.cfg.Token))
	}
	if b.cfg.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(b.cfg.CredsFile))
	}
	if b.server == nil && b.cfg.CAFile != "" {
		opts = append(opts, nats.RootCAs(b.cfg.CAFile))
	}
	if b.server == nil && b.cfg.CertFile != "" {
		opts = append(opts, nats.ClientCert(b.cfg.CertFile, b.cfg.KeyFile))
	}
	conn, err := nats.Connect(b.cfg.URL, opts...)
	if err != nil {
		return fmt.Errorf("connect to nats: %w", err)
	}
	b.conn = conn
	for _, subject := range []string{b.rowsSubject(), b.signalsSubject()} {
		sub, err := conn.Subscribe(subject, b.receive)
		if err == nil {
			err = sub.SetPendingLimits(maxPendingMsgs, b.cfg.pending)
		}
		if err != nil {
			conn.Close()
			return fmt.Errorf("subscribe to the bus: %w", err)
		}
	}
	// The subscriptions are made before anything is shown to this node's sockets, where the server is there already.
	if err := conn.FlushTimeout(2 * time.Second); err != nil {
		b.cfg.Logger.Warn("the bus is not reached yet, trying on", "error", err)
	}
	return nil
}

// disconnected notes since when nothing comes.
func (b *Bus) disconnected(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return
	}
	b.cutAt = time.Now()
	b.cfg.Logger.Warn("the bus is cut", "error", err)
}

// connected looks for what was missed meanwhile.
func (b *Bus) connected() {
	b.mu.Lock()
	cut := b.cutAt
	b.cutAt, b.upAt = time.Time{}, time.Now()
	b.stats.Connects++
	again := b.stats.Connects > 1
	b.mu.Unlock()
	if again {
		b.cfg.Logger.Info("the bus is back", "cut_for", time.Since(cut))
	}
	b.cfg.Receiver.Missed(time.Since(cut) + slack)
	signal(b.soon)
}

// complain logs what the client reports, a slow receiver among it: what it drops shows as a hole.
func (b *Bus) complain(err error) {
	if errors.Is(err, nats.ErrSlowConsumer) {
		b.mu.Lock()
		b.stats.Slow++
		b.mu.Unlock()
	}
	b.cfg.Logger.Warn("the bus complains", "error", err)
}

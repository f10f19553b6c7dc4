package natsbus

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"frontdesk/chat"
)

const (
	// maxPendingBytes bounds what the embedded server keeps for one reader, and what
	// this client keeps for the receiver; beyond, NATS drops and the hole is noticed.
	maxPendingBytes = 64 << 20
	maxPendingMsgs  = 65536
	writeDeadline   = 5 * time.Second
	// A peer whose connection hangs is noticed by pings within three times this.
	pingEvery = 2 * time.Second
)

// Receiver shows what other nodes stored and signalled. Its methods must not block.
type Receiver interface {
	// PublishRemote shows rows of another node: perhaps again, perhaps out of order.
	PublishRemote(rows ...*chat.Row)
	// PublishRemoteSignal shows a signal of another node.
	PublishRemoteSignal(s *chat.Signal) bool
	// Missed says that rows stored within the last age may not have come.
	Missed(age time.Duration)
	// Reached says how many other nodes are heard now.
	Reached(nodes int)
}

// Config of a [Bus].
type Config struct {
	// Node is this process's id, new with each start. Required.
	Node string
	// Topic names the database: only nodes with the same topic hear each other. Required.
	Topic string
	// Epoch is the history that rows' seqs belong to; rows of another are not shown.
	Epoch string
	// Receiver shows what comes. Required.
	Receiver Receiver

	// URL names external servers, comma-separated: nats://host:4222, tls://host:4222, also with user:password@ or
	// token@. Empty: a server inside this process.
	URL string
	// Listen opens the embedded server to other nodes, host:port. Defaults to "": no port.
	Listen string
	// Token is what others must show to the embedded server, or this client to an external one. Required with Listen
	// beyond loopback addresses.
	Token string
	// CredsFile holds the user's JWT and seed for an external server. Defaults to none.
	CredsFile string
	// CAFile holds the authorities that sign the other side's certificate, in PEM. Defaults to the system's.
	CAFile string
	// CertFile and KeyFile are this side's certificate, in PEM. Default to none.
	CertFile, KeyFile string

	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Beat is how often this node says that it lives; one that is silent for 3.5 beats counts as gone. Defaults to one second.
	Beat time.Duration
	// Queue is how many rows may wait to be sent; more are dropped, and others fetch them. Defaults to 8192.
	Queue int

	pending int // for tests: maxPendingBytes of the receiver
}

func (c Config) withDefaults() (Config, error) {
	if c.Node == "" || c.Topic == "" || c.Receiver == nil {
		return c, errors.New("bus: Node, Topic and Receiver are required")
	}
	if c.URL != "" && c.Listen != "" {
		return c, errors.New("bus: URL (external servers) and Listen (the embedded one) exclude each other")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return c, errors.New("bus: CertFile and KeyFile go together")
	}
	if c.Listen != "" && c.Token == "" && !loopback(c.Listen) {
		return c, errors.New("bus: Listen beyond loopback needs a Token: whoever can write to the bus can show rows to agents")
	}
	for _, file := range []string{c.CredsFile, c.CAFile, c.CertFile, c.KeyFile} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return c, fmt.Errorf("bus: %w", err)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Beat == 0 {
		c.Beat = time.Second
	}
	if c.Queue == 0 {
		c.Queue = 8192
	}
	if c.pending == 0 {
		c.pending = maxPendingBytes
	}
	if c.Beat < 0 || c.Queue < 0 {
		return c, errors.New("bus: Beat and Queue must not be negative")
	}
	return c, nil
}

// loopback reports whether only this machine can reach the address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

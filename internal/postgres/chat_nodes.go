package postgres

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
)

//go:embed query/chat_presence_lease.sql
var chatPresenceLeaseSQL string

//go:embed query/chat_rows_since.sql
var chatRowsSinceSQL string

//go:embed query/chat_nodes.sql
var chatNodesSQL string

// RenewLease implements chat.PresenceStore.
func (s *Chat) RenewLease(ctx context.Context, node chat.Node, lease time.Duration) (chat.Lease, error) {
	return one(ctx, s.pool, nil, func(row pgx.CollectableRow) (l chat.Lease, err error) {
		err = row.Scan(&l.Living, &l.Recent, &l.Lapsed)
		return l, err
	}, chatPresenceLeaseSQL, pgx.NamedArgs{
		"node": node.ID, "lease_ms": lease.Milliseconds(), "name": node.Name, "address": node.Address, "version": node.Version,
		"up_ms": node.Up.Milliseconds(), "visitors": node.Visitors, "agents": node.Agents, "reached": node.Reached,
	})
}

// RowsSince implements chat.NodeStore.
func (s *Chat) RowsSince(ctx context.Context, age time.Duration, after string, limit int) ([]chat.Row, error) {
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	return many(ctx, s.pool, scanRow, chatRowsSinceSQL, pgx.NamedArgs{"age_ms": age.Milliseconds(), "after": after, "limit": limit})
}

// Nodes implements chat.NodeStore.
func (s *Chat) Nodes(ctx context.Context) ([]chat.Node, error) {
	return many(ctx, s.pool, func(row pgx.CollectableRow) (n chat.Node, err error) {
		err = row.Scan(&n.ID, &n.Name, &n.Address, &n.Version, &n.Started, &n.Living, &n.Visitors, &n.Agents, &n.Reached)
		n.Started = n.Started.UTC()
		return n, err
	}, chatNodesSQL)
}

// Topic names this database on a bus that several may share: it stays over a
// failover to a standby, and a restored copy gets another one.
func (s *Chat) Topic(ctx context.Context) (string, error) {
	var system, nonce string
	var timeline int32
	if err := s.pool.QueryRow(ctx, chatEpochSQL).Scan(&system, &timeline, &nonce); err != nil {
		return "", chatError(err)
	}
	if nonce == "" {
		return "", errors.New("settings have no log_epoch_nonce")
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "bus/%s/%s", system, nonce))
	return hex.EncodeToString(sum[:12]), nil
}

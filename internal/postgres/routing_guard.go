package postgres

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

//go:embed query/routing_guard.sql
var routingGuardSQL string

// guarded is what holds of an agent who is to be given a conversation.
type guarded struct{ Online, Room, ChannelRoom, Offered bool }

func (g guarded) err() error {
	switch {
	case !g.Offered:
		return &chat.GuardError{Code: chat.RejectOffer}
	case !g.Online:
		return &chat.GuardError{Code: routing.RejectPresence}
	case !g.Room:
		return &chat.GuardError{Code: routing.RejectFull}
	case !g.ChannelRoom:
		return &chat.GuardError{Code: routing.RejectChannel}
	}
	return nil
}

// guard refuses an automatic assignment that the agent, whose row is locked, can
// not take: auto is never over the cap, and never to somebody who is not there.
func (t *transition) guard(ctx context.Context, agent string) error {
	g := t.entry.Change.Guard
	now, err := one(ctx, t.tx, identity.ErrNotFound, pgx.RowToStructByPos[guarded], routingGuardSQL, pgx.NamedArgs{
		"agent": agent, "id": t.head.ID, "channel": g.Channel, "weight": max(1, g.Weight), "offer": uuidOf(g.Offer),
	})
	if err != nil {
		return err
	}
	return now.err()
}

package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

//go:embed query/routing_offers.sql
var routingOffersSQL string

//go:embed query/routing_offer_lock.sql
var routingOfferLockSQL string

//go:embed query/routing_offer_make.sql
var routingOfferMakeSQL string

//go:embed query/routing_offer_end_lock.sql
var routingOfferEndLockSQL string

//go:embed query/routing_offer_end.sql
var routingOfferEndSQL string

var _ chat.OfferStore = (*Chat)(nil)

// MakeOffer implements chat.OfferStore. Locks: the conversation, then the agent.
func (s *Chat) MakeOffer(ctx context.Context, o chat.Offer, epoch uint32, guard chat.Guard, record routing.Record, d time.Duration) (expires time.Time, err error) {
	why, err := json.Marshal(record)
	if err != nil {
		return expires, fmt.Errorf("encode why it is offered: %w", err)
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return expires, chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, chatLockTimeoutSQL); err != nil {
		return expires, chatError(err)
	}
	type wall struct{ Site, Department int32 }
	at, err := one(ctx, tx, chat.ErrStale, pgx.RowToStructByPos[wall], routingOfferLockSQL, pgx.NamedArgs{"id": o.Conversation, "epoch": epoch})
	if err != nil {
		return expires, err
	}
	agent := pgx.NamedArgs{"agent": o.Agent, "site": at.Site, "department": at.Department}
	if _, err := one(ctx, tx, identity.ErrNotFound, pgx.RowTo[string], chatChangeAgentSQL, agent); err != nil {
		return expires, err
	}
	if _, err := tx.Exec(ctx, chatChangeAgentsSQL, uuids([]string{o.Agent})); err != nil {
		return expires, chatError(err)
	}
	now, err := one(ctx, tx, identity.ErrNotFound, pgx.RowToStructByPos[guarded], routingGuardSQL, pgx.NamedArgs{
		"agent": o.Agent, "id": o.Conversation, "channel": guard.Channel, "weight": max(1, guard.Weight), "offer": nil,
	})
	if err != nil {
		return expires, err
	}
	if err := now.err(); err != nil {
		return expires, err
	}
	expires, err = one(ctx, tx, chat.ErrStale, pgx.RowTo[time.Time], routingOfferMakeSQL, pgx.NamedArgs{
		"id": o.Conversation, "offer": o.ID, "agent": o.Agent, "site": at.Site, "department": at.Department, "epoch": epoch,
		"channel": guard.Channel, "weight": max(1, guard.Weight), "record": why, "seconds": d.Seconds(),
		"excluded_at": optionalTime(o.ExcludedAt),
	})
	if err != nil {
		return expires, err
	}
	return expires.UTC(), chatError(tx.Commit(ctx))
}

// EndOffer implements chat.OfferStore.
func (s *Chat) EndOffer(ctx context.Context, id string, how chat.OfferEnding) (ended bool, left time.Duration, err error) {
	var seconds float64
	batch := &pgx.Batch{}
	batch.Queue(chatLockTimeoutSQL)
	batch.Queue(routingOfferEndLockSQL, uuidOf(id))
	batch.Queue(routingOfferEndSQL, pgx.NamedArgs{"id": uuidOf(id), "how": string(how)}).QueryRow(func(row pgx.Row) error {
		return row.Scan(&ended, &seconds)
	})
	err = chatError(s.pool.SendBatch(ctx, batch).Close())
	return ended, time.Duration(seconds * float64(time.Second)), err
}

// Offer implements chat.OfferStore.
func (s *Chat) Offer(ctx context.Context, id string) (chat.Offer, routing.Record, error) {
	type found struct {
		chat.Offer
		record routing.Record
	}
	canonical, ok := chat.CanonicalID(id)
	if !ok {
		return chat.Offer{}, routing.Record{}, identity.ErrNotFound
	}
	f, err := one(ctx, s.pool, identity.ErrNotFound, func(row pgx.CollectableRow) (f found, err error) {
		f.Offer, f.record, err = scanOffer(row)
		return f, err
	}, routingOffersSQL, pgx.NamedArgs{"id": uuidOf(canonical)})
	return f.Offer, f.record, err
}

func scanOffer(row pgx.CollectableRow) (o chat.Offer, r routing.Record, err error) {
	var skills, record []byte
	var left float64
	if err := row.Scan(&o.ID, &o.Conversation, &o.Site, &o.Department, &o.Agent, &o.ContactName, &o.LastMessage, &skills, &o.Reason, &o.Channel, &o.Weight, &o.Expires, &left, &record); err != nil {
		return o, r, err
	}
	o.Expires, o.Left = o.Expires.UTC(), time.Duration(left*float64(time.Second))
	if err := json.Unmarshal(skills, &o.Skills); err != nil {
		return o, r, fmt.Errorf("read the skills of offer %s: %w", o.ID, err)
	}
	if err := json.Unmarshal(record, &r); err != nil {
		return o, r, fmt.Errorf("read the record of offer %s: %w", o.ID, err)
	}
	return o, r, nil
}

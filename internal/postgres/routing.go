package postgres

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/chat/routing"
)

//go:embed query/routing_queued.sql
var routingQueuedSQL string

//go:embed query/routing_agents.sql
var routingAgentsSQL string

//go:embed query/routing_waiting.sql
var routingWaitingSQL string

//go:embed query/routing_held.sql
var routingHeldSQL string

//go:embed query/routing_now.sql
var routingNowSQL string

//go:embed query/routing_nodes.sql
var routingNodesSQL string

//go:embed query/routing_waits.sql
var routingWaitsSQL string

//go:embed query/routing_place.sql
var routingPlaceSQL string

var _ chat.DispatchStore = (*Chat)(nil)

// RoutingDigest implements chat.DispatchStore: one snapshot, so that nothing is
// missing for having moved between two reads.
func (s *Chat) RoutingDigest(ctx context.Context) (d chat.RoutingDigest, err error) {
	d.Waiting = make(map[string]uint32)
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return d, chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	batch := &pgx.Batch{}
	batch.Queue(routingNowSQL).QueryRow(func(row pgx.Row) error { return row.Scan(&d.Now) })
	batch.Queue(routingWaitingSQL).Query(func(rows pgx.Rows) error {
		var conv string
		var seq uint32
		_, err := pgx.ForEachRow(rows, []any{&conv, &seq}, func() error {
			d.Waiting[conv] = seq
			return nil
		})
		return err
	})
	batch.Queue(routingHeldSQL).Query(func(rows pgx.Rows) (err error) {
		d.Held, err = pgx.CollectRows(rows, pgx.RowToStructByPos[chat.HeldConversation])
		return err
	})
	batch.Queue(routingOffersSQL, pgx.NamedArgs{"id": nil}).Query(func(rows pgx.Rows) (err error) {
		d.Offers, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Offer, error) {
			o, _, err := scanOffer(row)
			return o, err
		})
		return err
	})
	batch.Queue(routingNodesSQL).Query(func(rows pgx.Rows) (err error) {
		d.Nodes, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	batch.Queue(routingWaitsSQL).Query(func(rows pgx.Rows) (err error) {
		d.Waits, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w chat.Wait, err error) {
			var seconds float64
			err = row.Scan(&w.Site, &w.Department, &w.Team, &seconds, &w.At)
			w.Waited = time.Duration(seconds * float64(time.Second))
			return w, err
		})
		return err
	})
	return d, chatError(tx.SendBatch(ctx, batch).Close())
}

// QueuedItems implements chat.DispatchStore.
func (s *Chat) QueuedItems(ctx context.Context, convs []string) ([]chat.Queued, error) {
	return many(ctx, s.pool, scanQueued, routingQueuedSQL, pgx.NamedArgs{"ids": uuids(convs)})
}

func scanQueued(row pgx.CollectableRow) (q chat.Queued, err error) {
	var skills, attributes, declined []byte
	var excludedAt pgtype.Timestamptz
	var reason, page, email, key string
	if err := row.Scan(&q.Conversation, &q.Site, &q.Department, &q.Team, &q.Channel, &q.Language, &skills, &q.Priority, &q.Sticky,
		&declined, &excludedAt, &q.EnqueuedAt, &q.Place, &q.Listed, &q.Epoch, &q.LastSeq,
		&q.Contact, &q.ContactName, &q.LastMessage, &reason, &page, &email, &key, &attributes); err != nil {
		return q, err
	}
	if err := json.Unmarshal(skills, &q.Skills); err != nil {
		return q, fmt.Errorf("read the skills that %s needs: %w", q.Conversation, err)
	}
	since := make(map[string]letPass)
	if err := json.Unmarshal(declined, &since); err != nil {
		return q, fmt.Errorf("read who gave %s back: %w", q.Conversation, err)
	}
	for _, agent := range slices.Sorted(maps.Keys(since)) {
		q.Excluded = append(q.Excluded, routing.Exclusion{Agent: agent, At: since[agent].at.UTC(), Missed: since[agent].missed})
	}
	own := make(map[string]any)
	if err := json.Unmarshal(attributes, &own); err != nil {
		return q, fmt.Errorf("read the attributes of contact %s: %w", q.Contact, err)
	}
	q.EnqueuedAt, q.Place, q.Listed, q.ExcludedAt = q.EnqueuedAt.UTC(), q.Place.UTC(), q.Listed.UTC(), utc(excludedAt)
	q.Attributes = map[string]string{"page": page, "locale": q.Language, "reason": reason, "email": email, "site": key}
	for name, v := range own {
		if text, ok := v.(string); ok {
			q.Attributes[routing.AttributePrefix+name] = text
		} else {
			q.Attributes[routing.AttributePrefix+name] = fmt.Sprint(v)
		}
	}
	return q, nil
}

// letPass is when an agent gave a conversation back: a time, or {"missed": time} if they did not answer.
type letPass struct {
	at     time.Time
	missed bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *letPass) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		return json.Unmarshal(b, &p.at)
	}
	var missed struct {
		Missed time.Time `json:"missed"`
	}
	err := json.Unmarshal(b, &missed)
	p.at, p.missed = missed.Missed, true
	return err
}

// RoutingAgents implements chat.DispatchStore.
func (s *Chat) RoutingAgents(ctx context.Context, users []string) ([]routing.Agent, error) {
	var ids []pgtype.UUID
	if users != nil {
		ids = uuids(users)
	}
	return many(ctx, s.pool, scanRoutingAgent, routingAgentsSQL, pgx.NamedArgs{"users": ids})
}

func scanRoutingAgent(row pgx.CollectableRow) (a routing.Agent, err error) {
	var skills, caps []byte
	if err := row.Scan(&a.ID, &a.Name, &a.Sites, &a.Departments, &a.AllDepartments, &a.Teams, &skills, &caps, &a.Languages,
		&a.Presence, &a.Reason, &a.Node, &a.Cap, &a.IdleSince); err != nil {
		return a, err
	}
	var known []struct {
		Site  int32  `json:"site"`
		Name  string `json:"name"`
		Level int    `json:"level"`
	}
	capacity := make(map[string]int)
	if err := json.Unmarshal(skills, &known); err != nil {
		return a, fmt.Errorf("read the skills of agent %s: %w", a.ID, err)
	}
	if err := json.Unmarshal(caps, &capacity); err != nil {
		return a, fmt.Errorf("read the capacity of agent %s: %w", a.ID, err)
	}
	a.IdleSince = a.IdleSince.UTC()
	a.Skills, a.Channels = make(map[int32][]routing.Skill), make(map[string]routing.Capacity)
	for _, k := range known {
		a.Skills[k.Site] = append(a.Skills[k.Site], routing.Skill{Name: k.Name, Level: k.Level})
	}
	for channel, most := range capacity {
		a.Channels[channel] = routing.Capacity{Cap: most}
	}
	return a, nil
}

// PlaceQueued implements chat.DispatchStore.
func (s *Chat) PlaceQueued(ctx context.Context, conv string, epoch uint32, place time.Time) error {
	_, err := s.pool.Exec(ctx, routingPlaceSQL, pgx.NamedArgs{"id": conv, "epoch": epoch, "place": place})
	return chatError(err)
}

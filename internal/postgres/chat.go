package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

// Chat keeps conversations, their logs, the queue and presence. It implements
// chat.Store and chat.PresenceStore.
type Chat struct {
	pool  *pgxpool.Pool
	fault func(point string) error // nil in service; see chat.Config.Fault

	strategies *routing.Strategies // that routing settings may name
}

// NewChat returns a store on pool, which stays the caller's. It wants at least
// eight connections: a batching writer uses up to three, state changes four.
func NewChat(pool *pgxpool.Pool) *Chat { return &Chat{pool: pool, strategies: routing.BuiltIn()} }

// WithFault returns the store with a fault function, which is called at the
// points inside a transaction (chat.FaultPoints). For tests of faults only.
func (s *Chat) WithFault(fault func(point string) error) *Chat {
	return &Chat{pool: s.pool, fault: fault, strategies: s.strategies}
}

// WithStrategies returns the store with the strategies that routing settings may
// name; without it they are the built-in ones.
func (s *Chat) WithStrategies(strategies *routing.Strategies) *Chat {
	return &Chat{pool: s.pool, fault: s.fault, strategies: strategies}
}

// at passes a point. An injected error is one of the database's going away.
func (s *Chat) at(point string) error {
	if s.fault == nil {
		return nil
	}
	if err := s.fault(point); err != nil {
		return fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
	}
	return nil
}

// headRow is what every query of a conversation's head selects.
type headRow struct {
	ID            string
	SiteID        int32
	DepartmentID  int32
	Status        string
	Owner         string
	OwnerEpoch    uint32
	AssigneeID    pgtype.UUID
	AssigneeName  string
	TeamID        pgtype.UUID
	LastSeq       uint32
	Email         string
	Locale        string
	Page          string
	CreatedAt     time.Time
	LastMessageAt pgtype.Timestamptz
	LastMessage   string
	LastAuthor    string
	WaitingSince  pgtype.Timestamptz
	QueuedAt      pgtype.Timestamptz
	ResolvedAt    pgtype.Timestamptz
	ContactID     string
	ContactName   string
	ContactEmail  string
	ContactLocale string
	Identified    bool
}

// targets are the columns' destinations, in the order of the SELECT lists.
func (h *headRow) targets() []any {
	return []any{
		&h.ID, &h.SiteID, &h.DepartmentID, &h.Status, &h.Owner, &h.OwnerEpoch, &h.AssigneeID, &h.AssigneeName,
		&h.TeamID, &h.LastSeq, &h.Email, &h.Locale, &h.Page, &h.CreatedAt, &h.LastMessageAt, &h.LastMessage, &h.LastAuthor,
		&h.WaitingSince, &h.QueuedAt, &h.ResolvedAt,
		&h.ContactID, &h.ContactName, &h.ContactEmail, &h.ContactLocale, &h.Identified,
	}
}

func (h *headRow) conversation() chat.Conversation {
	c := chat.Conversation{
		ID: h.ID, Site: h.SiteID, Department: h.DepartmentID,
		Contact: chat.Contact{ID: h.ContactID, Site: h.SiteID, Name: h.ContactName, Email: h.ContactEmail, Locale: h.ContactLocale, Identified: h.Identified},
		Status:  chat.Status(h.Status), Owner: chat.Owner(h.Owner), OwnerEpoch: h.OwnerEpoch, Team: text(h.TeamID),
		LastSeq: h.LastSeq, Email: h.Email, Locale: h.Locale, Page: h.Page, CreatedAt: h.CreatedAt.UTC(),
		LastMessageAt: utc(h.LastMessageAt), LastMessage: h.LastMessage, LastAuthor: chat.AuthorKind(h.LastAuthor),
		WaitingSince: utc(h.WaitingSince), QueuedAt: utc(h.QueuedAt), ResolvedAt: utc(h.ResolvedAt),
	}
	if h.AssigneeID.Valid {
		c.Assignee = chat.Author{Kind: chat.AuthorAgent, ID: text(h.AssigneeID), Name: h.AssigneeName}
	}
	return c
}

func scanHead(row pgx.CollectableRow) (chat.Conversation, error) {
	var h headRow
	if err := row.Scan(h.targets()...); err != nil {
		return chat.Conversation{}, err
	}
	return h.conversation(), nil
}

// scanRow reads one row of the log, in the order of chat_rows_*.
func scanRow(row pgx.CollectableRow) (chat.Row, error) {
	var r chat.Row
	var authorID pgtype.UUID
	var data []byte
	if err := row.Scan(&r.Conversation, &r.Seq, &r.CID, &r.Site, &r.Department, &r.Contact,
		&r.Author.Kind, &authorID, &r.Author.Name, &r.Kind, &r.Content, &data, &r.Time); err != nil {
		return r, err
	}
	r.Author.ID, r.Time = text(authorID), r.Time.UTC()
	if err := json.Unmarshal(data, &r.Data); err != nil {
		return r, fmt.Errorf("read data of row %d: %w", r.Seq, err)
	}
	return r, nil
}

// scopeArgs adds the parameters of scope_allows.
func scopeArgs(s identity.Scope, args pgx.NamedArgs) pgx.NamedArgs {
	args["all"], args["sites"], args["departments"], args["contact"] = s.All, s.Sites, departments(s), scopeContact(s)
	return args
}

// departments returns the scope's departments: nil (NULL) lifts the wall, so a
// scope without any gets an empty list.
func departments(s identity.Scope) []int32 {
	if s.AllDepartments {
		return nil
	}
	if s.Departments == nil {
		return []int32{}
	}
	return s.Departments
}

// scopeContact returns the contact that the scope is limited to, NULL for no
// limit. One that is no UUID must not lift the wall: it becomes the nil UUID,
// which no contact has.
func scopeContact(s identity.Scope) pgtype.UUID {
	if s.Contact == "" {
		return pgtype.UUID{}
	}
	id := uuidOf(s.Contact)
	id.Valid = true
	return id
}

// optional returns nil for the empty string.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// optionalTime returns nil for the zero time.
func optionalTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// uuidOf returns s as a uuid parameter: NULL when empty or malformed, which
// matches no row.
func uuidOf(s string) (id pgtype.UUID) {
	_ = id.Scan(s) // see above
	return id
}

func uuids(ids []string) []pgtype.UUID {
	out := make([]pgtype.UUID, len(ids))
	for i, id := range ids {
		out[i] = uuidOf(id)
	}
	return out
}

func text(id pgtype.UUID) string {
	if !id.Valid {
		return ""
	}
	return id.String()
}

func utc(t pgtype.Timestamptz) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// intArray writes PostgreSQL's array literal: an array of arrays of different
// lengths can't be sent otherwise.
func intArray(values []int32) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(v)))
	}
	b.WriteByte('}')
	return b.String()
}

// one runs a query of a single row. notFound replaces pgx.ErrNoRows.
func one[T any](ctx context.Context, q querier, notFound error, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, chatError(err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) && notFound != nil {
		return v, notFound
	}
	return v, chatError(err)
}

// many runs a query and collects its rows.
func many[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, chatError(err)
	}
	all, err := pgx.CollectRows(rows, scan)
	return all, chatError(err)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

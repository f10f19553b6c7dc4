package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/models"
)

//go:embed query/model_uses.sql
var modelUsesSQL string

//go:embed query/model_open.sql
var modelOpenSQL string

//go:embed query/model_switch.sql
var modelSwitchSQL string

//go:embed query/model_lock_use.sql
var modelLockUseSQL string

//go:embed query/model_supersede.sql
var modelSupersedeSQL string

//go:embed query/model_wish.sql
var modelWishSQL string

//go:embed query/model_lead.sql
var modelLeadSQL string

//go:embed query/model_progress.sql
var modelProgressSQL string

//go:embed query/model_fail.sql
var modelFailSQL string

//go:embed query/model_release.sql
var modelReleaseSQL string

//go:embed query/model_lease.sql
var modelLeaseSQL string

//go:embed query/model_prune_nodes.sql
var modelPruneNodesSQL string

//go:embed query/model_leave.sql
var modelLeaveSQL string

//go:embed query/model_report.sql
var modelReportSQL string

//go:embed query/model_nodes.sql
var modelNodesSQL string

// ErrSwitchGone says that a switch is closed, or another node's.
var ErrSwitchGone = errors.New("the switch to the model is closed or another node's")

// modelLease is how long a node or a worker counts after its last sign of life.
const modelLease = 15 * time.Second

// Models stores which model serves each task, the switches from one to another,
// and which servers have followed. docs/adr/0004-model-switch.md tells the plot.
type Models struct {
	pool *pgxpool.Pool
}

// NewModels returns the store over pool, which stays the caller's to close.
func NewModels(pool *pgxpool.Pool) *Models { return &Models{pool: pool} }

// Uses returns which model serves each task.
func (m *Models) Uses(ctx context.Context) (map[string]models.Use, error) {
	rows, err := m.pool.Query(ctx, modelUsesSQL)
	if err != nil {
		return nil, fmt.Errorf("read the models in use: %w", err)
	}
	return collectUses(rows)
}

func collectUses(rows pgx.Rows) (map[string]models.Use, error) {
	uses := map[string]models.Use{}
	var u models.Use
	if _, err := pgx.ForEachRow(rows, []any{&u.Task, &u.Name, &u.Version, &u.Fingerprint, &u.Generation, &u.SwitchedAt}, func() error {
		u.SwitchedAt = u.SwitchedAt.UTC()
		uses[u.Task] = u
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the models in use: %w", err)
	}
	return uses, nil
}

// Watch returns which model serves each task and the open switches, in one
// round trip of two index reads: every node asks each half second.
func (m *Models) Watch(ctx context.Context) (uses map[string]models.Use, open []models.Switch, err error) {
	batch := &pgx.Batch{}
	batch.Queue(modelUsesSQL)
	batch.Queue(modelOpenSQL)
	results := m.pool.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	rows, err := results.Query()
	if err != nil {
		return nil, nil, fmt.Errorf("read the models in use: %w", err)
	}
	if uses, err = collectUses(rows); err != nil {
		return nil, nil, err
	}
	if rows, err = results.Query(); err != nil {
		return nil, nil, fmt.Errorf("read open switches: %w", err)
	}
	if open, err = pgx.CollectRows(rows, switchRow); err != nil {
		return nil, nil, fmt.Errorf("read open switches: %w", err)
	}
	return uses, open, nil
}

func switchRow(row pgx.CollectableRow) (models.Switch, error) {
	var s models.Switch
	err := row.Scan(&s.ID, &s.Task, &s.Name, &s.Version, &s.Fingerprint, &s.State, &s.Done, &s.Total, &s.Error, &s.AskedAt, &s.ChangedAt)
	s.AskedAt, s.ChangedAt = s.AskedAt.UTC(), s.ChangedAt.UTC()
	return s, err
}

// Switch returns a switch. It wraps ErrSwitchGone if there is none of this id.
func (m *Models) Switch(ctx context.Context, id int64) (models.Switch, error) {
	rows, err := m.pool.Query(ctx, modelSwitchSQL, pgx.NamedArgs{"id": id})
	if err != nil {
		return models.Switch{}, fmt.Errorf("read switch: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, switchRow)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("read switch %d: %w", id, ErrSwitchGone)
	}
	if err != nil {
		return s, fmt.Errorf("read switch: %w", err)
	}
	return s, nil
}

// Wish asks for the model of s (Task, Name, Version, Fingerprint) to be put in
// use and returns the switch to watch. The newest wish of a task counts: an open
// switch to another model is superseded, one to the same model is joined. If
// the model is in use already, the switch returned is done and has no ID.
func (m *Models) Wish(ctx context.Context, s models.Switch) (models.Switch, error) {
	args := pgx.NamedArgs{"task": s.Task, "name": s.Name, "version": s.Version, "fingerprint": s.Fingerprint, "reason": "then " + s.Name + " was asked for"}
	out := s
	err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		var use models.Use
		if err := tx.QueryRow(ctx, modelLockUseSQL, args).Scan(&use.Name, &use.Version, &use.Fingerprint); err != nil {
			return fmt.Errorf("lock the model in use: %w", err)
		}
		if use.Name == s.Name && use.Version == s.Version && use.Fingerprint == s.Fingerprint {
			args["name"] = "" // no open switch is to this model: all are superseded
			out.State = models.SwitchDone
			_, err := tx.Exec(ctx, modelSupersedeSQL, args)
			return err
		}
		if _, err := tx.Exec(ctx, modelSupersedeSQL, args); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, modelWishSQL, args)
		if err != nil {
			return err
		}
		out, err = pgx.CollectExactlyOneRow(rows, switchRow)
		return err
	})
	if err != nil {
		return models.Switch{}, fmt.Errorf("ask for model %s: %w", s.Name, err)
	}
	return out, nil
}

// Lead gives the work on a switch to a node (a UUID), if nobody has it. Its
// lease is renewed by Lead and Progress, at least every five seconds.
func (m *Models) Lead(ctx context.Context, id int64, node string) (bool, error) {
	return m.touched(ctx, modelLeadSQL, pgx.NamedArgs{"id": id, "node": node, "lease": modelLease})
}

// Progress notes how far the node's switch is, renews the lease, and reports
// whether the switch is still open and the node's.
func (m *Models) Progress(ctx context.Context, s models.Switch, node string) (bool, error) {
	return m.touched(ctx, modelProgressSQL, pgx.NamedArgs{
		"id": s.ID, "node": node, "done": s.Done, "total": s.Total, "state": string(s.State), "note": s.Error, "lease": modelLease,
	})
}

func (m *Models) touched(ctx context.Context, sql string, args pgx.NamedArgs) (bool, error) {
	var id int64
	err := m.pool.QueryRow(ctx, sql, args).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("work on a switch of models: %w", err)
	}
	return true, nil
}

// Fail ends the node's switch; what is in use stays.
func (m *Models) Fail(ctx context.Context, id int64, node, reason string) error {
	return m.exec(ctx, "end a switch of models", modelFailSQL, pgx.NamedArgs{"id": id, "node": node, "reason": reason})
}

// Release gives the node's work back, so that another goes on at once.
func (m *Models) Release(ctx context.Context, node string) error {
	return m.exec(ctx, "give back a switch of models", modelReleaseSQL, pgx.NamedArgs{"node": node})
}

// Report says that the node has loaded the model of a switch (reason ""), or why it cannot.
func (m *Models) Report(ctx context.Context, id int64, node, reason string) error {
	return m.exec(ctx, "report on a switch of models", modelReportSQL, pgx.NamedArgs{"id": id, "node": node, "error": reason})
}

// Lease says that a server is up and which encoder it answers with, for the next 15 s.
func (m *Models) Lease(ctx context.Context, node, host, fingerprint string) error {
	if err := m.exec(ctx, "report as a node", modelLeaseSQL, pgx.NamedArgs{"node": node, "host": host, "fingerprint": fingerprint, "lease": modelLease}); err != nil {
		return err
	}
	return m.exec(ctx, "forget old nodes", modelPruneNodesSQL, pgx.NamedArgs{})
}

// Leave says that a server is going.
func (m *Models) Leave(ctx context.Context, node string) error {
	return errors.Join(m.Release(ctx, node), m.exec(ctx, "leave as a node", modelLeaveSQL, pgx.NamedArgs{"node": node}))
}

// Nodes returns the servers that are up and what each says of a switch (0: of none).
func (m *Models) Nodes(ctx context.Context, id int64) ([]models.Node, error) {
	rows, err := m.pool.Query(ctx, modelNodesSQL, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	nodes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n models.Node, err error) {
		err = row.Scan(&n.ID, &n.Host, &n.Fingerprint, &n.Ready, &n.Error)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	return nodes, nil
}

func (m *Models) exec(ctx context.Context, doing, sql string, args pgx.NamedArgs) error {
	if _, err := m.pool.Exec(ctx, sql, args); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/bot"
	"frontdesk/internal/calendar"
	"frontdesk/internal/identity"
)

//go:embed query/bot_policy.sql
var botPolicySQL string

//go:embed query/bot_policy_save.sql
var botPolicySaveSQL string

// BotSettings keeps how the bot behaves at each site. It implements bot.PolicyStore.
type BotSettings struct {
	pool *pgxpool.Pool
}

var _ bot.PolicyStore = (*BotSettings)(nil)

// NewBotSettings returns the store over pool, which stays the caller's.
func NewBotSettings(pool *pgxpool.Pool) *BotSettings { return &BotSettings{pool: pool} }

type policyRow struct {
	Version           int64
	Mode              string
	Percent           int
	Answer, Clarify   float64
	MaxClarifications int
	Suggest           float64
	Generator         bool
	Hours             []byte
	GateOn            bool
	GateWorse         float64
	UpdatedAt         *time.Time
	UpdatedBy         string
}

// Policy implements bot.PolicyStore.
func (b *BotSettings) Policy(ctx context.Context, scope identity.Scope, site int32) (bot.Policy, error) {
	rows, err := b.pool.Query(ctx, botPolicySQL, siteScope(scope, pgx.NamedArgs{"site": site}))
	if err != nil {
		return bot.Policy{}, fmt.Errorf("read the bot's settings: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[policyRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return bot.Policy{}, identity.ErrNotFound
	}
	if err != nil {
		return bot.Policy{}, fmt.Errorf("read the bot's settings: %w", err)
	}
	p := bot.Policy{
		Version: r.Version, Mode: bot.Mode(r.Mode), Percent: r.Percent, Answer: r.Answer, Clarify: r.Clarify, MaxClarifications: r.MaxClarifications,
		Suggest: r.Suggest, Generator: r.Generator, GateOn: r.GateOn, GateWorse: r.GateWorse, UpdatedAt: orZero(r.UpdatedAt), UpdatedBy: r.UpdatedBy,
	}
	if len(r.Hours) > 0 {
		p.Hours = &calendar.Hours{}
		if err := json.Unmarshal(r.Hours, p.Hours); err != nil {
			return bot.Policy{}, fmt.Errorf("read the business hours: %w", err)
		}
	}
	return p, nil
}

// SavePolicy implements bot.PolicyStore.
func (b *BotSettings) SavePolicy(ctx context.Context, scope identity.Scope, site int32, p bot.Policy, actor string, at time.Time) (bot.Policy, error) {
	if _, err := b.Policy(ctx, scope, site); err != nil { // a foreign site is no conflict
		return bot.Policy{}, err
	}
	var hours []byte
	if p.Hours != nil {
		var err error
		if hours, err = json.Marshal(p.Hours); err != nil {
			return bot.Policy{}, fmt.Errorf("save the business hours: %w", err)
		}
	}
	detail := fmt.Sprintf("mode %s, %d %%, answer %g, clarify %g, clarifications %d, suggest %g, generator %t, gate %t %g %%",
		p.Mode, p.Percent, p.Answer, p.Clarify, p.MaxClarifications, p.Suggest, p.Generator, p.GateOn, p.GateWorse)
	err := b.pool.QueryRow(ctx, botPolicySaveSQL, siteScope(scope, pgx.NamedArgs{
		"site": site, "version": p.Version, "mode": string(p.Mode), "percent": p.Percent, "answer": p.Answer, "clarify": p.Clarify,
		"max_clarifications": p.MaxClarifications, "suggest": p.Suggest, "generator": p.Generator, "hours": hours,
		"gate_on": p.GateOn, "gate_worse": p.GateWorse, "at": at.UTC(), "actor": actor, "detail": detail,
	})).Scan(&p.Version)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return bot.Policy{}, bot.ErrPolicyConflict
	case err != nil:
		return bot.Policy{}, fmt.Errorf("save the bot's settings: %w", err)
	}
	p.UpdatedAt, p.UpdatedBy = at.UTC(), actor
	return p, nil
}

// siteScope adds the walls between sites to args. A scope of one contact, a visitor's, holds none.
func siteScope(scope identity.Scope, args pgx.NamedArgs) pgx.NamedArgs {
	own := scope.Contact != ""
	args["all"] = scope.All && !own
	args["sites"] = orEmpty(scope.Sites)
	if own {
		args["sites"] = []int32{}
	}
	return args
}

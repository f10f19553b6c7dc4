package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

//go:embed query/routing_config.sql
var routingConfigSQL string

//go:embed query/routing_configs.sql
var routingConfigsSQL string

//go:embed query/routing_config_save.sql
var routingConfigSaveSQL string

//go:embed query/routing_teams_of.sql
var routingTeamsOfSQL string

var _ chat.RoutingConfigStore = (*Chat)(nil)

// RoutingConfig implements chat.RoutingConfigStore.
func (s *Chat) RoutingConfig(ctx context.Context, scope identity.Scope, site int32) (routing.Config, error) {
	return one(ctx, s.pool, identity.ErrNotFound, func(row pgx.CollectableRow) (routing.Config, error) {
		return s.scanRoutingConfig(row)
	}, routingConfigSQL, siteScope(scope, pgx.NamedArgs{"site": site}))
}

// RoutingConfigs implements chat.DispatchStore.
func (s *Chat) RoutingConfigs(ctx context.Context) (map[int32]routing.Config, error) {
	type of struct {
		site int32
		cfg  routing.Config
	}
	all, err := many(ctx, s.pool, func(row pgx.CollectableRow) (o of, err error) {
		o.cfg, err = s.scanRoutingConfig(row, &o.site)
		return o, err
	}, routingConfigsSQL)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]routing.Config, len(all))
	for _, o := range all {
		out[o.site] = o.cfg
	}
	return out, nil
}

// scanRoutingConfig reads version, config, updated_at, updated_by, after what comes first.
func (s *Chat) scanRoutingConfig(row pgx.CollectableRow, first ...any) (cfg routing.Config, err error) {
	var version int64
	var body []byte
	var at pgtype.Timestamptz
	var by string
	if err := row.Scan(append(first, &version, &body, &at, &by)...); err != nil {
		return cfg, err
	}
	if version == 0 {
		return s.strategies.Default(), nil
	}
	if err := json.Unmarshal(body, &cfg); err != nil {
		return cfg, fmt.Errorf("read routing settings: %w", err)
	}
	cfg = s.strategies.Complete(cfg)
	cfg.Version, cfg.UpdatedAt, cfg.UpdatedBy = version, utc(at), by
	return cfg, nil
}

// SaveRoutingConfig implements chat.RoutingConfigStore.
func (s *Chat) SaveRoutingConfig(ctx context.Context, scope identity.Scope, site int32, cfg routing.Config, actor string, at time.Time) (routing.Config, error) {
	if _, err := s.RoutingConfig(ctx, scope, site); err != nil { // a foreign site is no conflict
		return cfg, err
	}
	most, err := s.mostCap(ctx, scope, site, cfg)
	if err != nil {
		return cfg, err
	}
	if err := s.strategies.Check(cfg, most); err != nil {
		return cfg, err //nolint:wrapcheck // it names the field
	}
	if err := s.ownTeams(ctx, site, teamsOf(cfg)); err != nil {
		return cfg, err
	}
	cfg.UpdatedAt, cfg.UpdatedBy = time.Time{}, ""
	body, err := json.Marshal(cfg)
	if err != nil {
		return cfg, fmt.Errorf("encode routing settings: %w", err)
	}
	detail := fmt.Sprintf("%d strategies, %d steps, %d rules, %d teams, ageing %d s, reservation %d s, cap %d",
		len(cfg.Strategies), len(cfg.Overflow), len(cfg.Rules), len(cfg.Teams), cfg.AgeingSeconds, cfg.ReservationSeconds, cfg.DefaultCap)
	cfg.Version, err = one(ctx, s.pool, chat.ErrRoutingConflict, pgx.RowTo[int64], routingConfigSaveSQL, siteScope(scope, pgx.NamedArgs{
		"site": site, "version": cfg.Version, "config": body, "at": at.UTC(), "actor": actor, "detail": detail, "cap": cfg.DefaultCap,
	}))
	if errors.Is(err, chat.ErrConflict) { // two at once, both the first
		err = chat.ErrRoutingConflict
	}
	cfg.UpdatedAt, cfg.UpdatedBy = at.UTC(), actor
	return cfg, err
}

// mostCap returns the largest capacity for conversations at the site: cfg's for
// new agents, or somebody's own.
func (s *Chat) mostCap(ctx context.Context, scope identity.Scope, site int32, cfg routing.Config) (int, error) {
	profiles, err := s.AgentProfiles(ctx, scope, site)
	most := cfg.DefaultCap
	for _, p := range profiles {
		mine := p.Cap
		if c, ok := p.Caps[routing.ChannelChat]; ok {
			mine = min(mine, c)
		}
		most = max(most, mine)
	}
	return most, err
}

// teamsOf returns the teams that cfg names, each once.
func teamsOf(cfg routing.Config) []string {
	var teams []string
	steps := func(all []routing.Step) {
		for _, s := range all {
			teams = append(teams, s.Teams...)
		}
	}
	steps(cfg.Overflow)
	for _, t := range cfg.Teams {
		teams = append(teams, t.Team)
		steps(t.Overflow)
	}
	for _, r := range cfg.Rules {
		if r.Team != "" {
			teams = append(teams, r.Team)
		}
	}
	slices.Sort(teams)
	return slices.Compact(teams)
}

// ownTeams fails unless all are teams of the site.
func (s *Chat) ownTeams(ctx context.Context, site int32, teams []string) error {
	for _, t := range teams {
		if id, ok := chat.CanonicalID(t); !ok || id != t {
			return fmt.Errorf("%w: team %.40q is no team: %w", routing.ErrConfig, t, identity.ErrNotFound)
		}
	}
	n, err := one(ctx, s.pool, identity.ErrNotFound, pgx.RowTo[int], routingTeamsOfSQL, pgx.NamedArgs{"site": site, "teams": uuids(teams)})
	if err != nil {
		return err
	}
	if n != len(teams) {
		return fmt.Errorf("%w: a team is none of this site, or was removed: %w", routing.ErrConfig, identity.ErrNotFound)
	}
	return nil
}

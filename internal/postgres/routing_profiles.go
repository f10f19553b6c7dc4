package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
)

//go:embed query/routing_profiles.sql
var routingProfilesSQL string

//go:embed query/routing_profile_agent.sql
var routingProfileAgentSQL string

//go:embed query/routing_profile_skills.sql
var routingProfileSkillsSQL string

//go:embed query/routing_profile_caps.sql
var routingProfileCapsSQL string

//go:embed query/routing_profile_audit.sql
var routingProfileAuditSQL string

// AgentProfiles implements chat.RoutingConfigStore.
func (s *Chat) AgentProfiles(ctx context.Context, scope identity.Scope, site int32) ([]chat.AgentProfile, error) {
	cfg, err := s.RoutingConfig(ctx, scope, site)
	if err != nil {
		return nil, err
	}
	return many(ctx, s.pool, func(row pgx.CollectableRow) (p chat.AgentProfile, err error) {
		var caps, skills []byte
		if err := row.Scan(&p.User, &p.Name, &p.Role, &p.Presence, &p.Reason, &p.Active, &p.Cap, &caps,
			&p.Departments, &p.AllDepartments, &p.Teams, &skills, &p.Languages); err != nil {
			return p, err
		}
		if err := json.Unmarshal(caps, &p.Caps); err != nil {
			return p, fmt.Errorf("read the capacity of agent %s: %w", p.User, err)
		}
		if err := json.Unmarshal(skills, &p.Skills); err != nil {
			return p, fmt.Errorf("read the skills of agent %s: %w", p.User, err)
		}
		return p, nil
	}, routingProfilesSQL, pgx.NamedArgs{"site": site, "cap": cfg.DefaultCap})
}

// SaveAgentProfiles implements chat.RoutingConfigStore.
func (s *Chat) SaveAgentProfiles(ctx context.Context, scope identity.Scope, site int32, profiles []chat.AgentProfile, actor string, at time.Time) error {
	if _, err := s.RoutingConfig(ctx, scope, site); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for i, p := range profiles {
		if err := checkProfile(i, p); err != nil {
			return err
		}
		if seen[p.User] {
			return routing.Wrong(fmt.Sprintf("agents[%d]", i), routing.BadTwice, "is there twice")
		}
		seen[p.User] = true
	}
	// By id, as agents are locked everywhere.
	ordered := slices.SortedFunc(slices.Values(profiles), func(a, b chat.AgentProfile) int { return strings.Compare(a.User, b.User) })
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return chatError(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, p := range ordered {
		if err := saveProfile(ctx, tx, site, p, actor, at); err != nil {
			return err
		}
	}
	return chatError(tx.Commit(ctx))
}

func saveProfile(ctx context.Context, tx pgx.Tx, site int32, p chat.AgentProfile, actor string, at time.Time) error {
	languages := p.Languages
	if languages == nil {
		languages = []string{}
	}
	if _, err := one(ctx, tx, fmt.Errorf("agent: %w", identity.ErrNotFound), pgx.RowTo[string], routingProfileAgentSQL,
		pgx.NamedArgs{"user": p.User, "site": site, "languages": languages, "cap": p.Cap}); err != nil {
		return err
	}
	skills, levels := []string{}, []int16{}
	for _, sk := range p.Skills {
		skills, levels = append(skills, sk.Name), append(levels, int16(sk.Level))
	}
	channels := slices.Sorted(maps.Keys(p.Caps))
	caps := []int32{}
	for _, c := range channels {
		caps = append(caps, int32(p.Caps[c]))
	}
	if channels == nil {
		channels = []string{}
	}
	batch := &pgx.Batch{}
	batch.Queue(routingProfileSkillsSQL, pgx.NamedArgs{"site": site, "user": p.User, "skills": skills, "levels": levels})
	batch.Queue(routingProfileCapsSQL, pgx.NamedArgs{"user": p.User, "channels": channels, "caps": caps})
	batch.Queue(routingProfileAuditSQL, pgx.NamedArgs{
		"at": at.UTC(), "actor": actor, "user": p.User, "site": site,
		"detail": fmt.Sprintf("cap %d, %d channels, %d skills, languages %s", p.Cap, len(channels), len(skills), strings.Join(languages, " ")),
	})
	return chatError(tx.SendBatch(ctx, batch).Close())
}

// checkProfile checks what a person typed. Errors wrap routing.ErrConfig and name the field.
func checkProfile(i int, p chat.AgentProfile) error {
	field := fmt.Sprintf("agents[%d]", i)
	if id, ok := chat.CanonicalID(p.User); !ok || id != p.User {
		return fmt.Errorf("%s: %w", field, identity.ErrNotFound)
	}
	if p.Cap < 0 || p.Cap > 1000 {
		return routing.Wrong(field+".cap", routing.BadRange, "%d is not within 0–1000", p.Cap)
	}
	for _, channel := range slices.Sorted(maps.Keys(p.Caps)) {
		if !slices.Contains(routing.Channels(), channel) {
			return routing.Wrong(fmt.Sprintf("%s.caps.%.40s", field, channel), routing.BadUnknown, "is none of the channels %s", strings.Join(routing.Channels(), ", "))
		}
		if most := p.Caps[channel]; most < 0 || most > 1000 {
			return routing.Wrong(field+".caps."+channel, routing.BadRange, "%d is not within 0–1000", most)
		}
	}
	if len(p.Languages) > 20 {
		return routing.Wrong(field+".languages", routing.BadMany, "are %d, at most 20 are possible", len(p.Languages))
	}
	for k, l := range p.Languages {
		if !isLanguage(l) {
			return routing.Wrong(fmt.Sprintf("%s.languages[%d]", field, k), routing.BadLanguage, "%.40q is no language tag such as zh-CN", l)
		}
	}
	if err := routing.ValidateSkills(field+".skills", p.Skills); err != nil {
		return err //nolint:wrapcheck // it names the field
	}
	return nil
}

// isLanguage reports whether l is a language tag of registered parts, such as
// zh-CN: no visitor would fit another one.
func isLanguage(l string) bool {
	tag, err := language.Parse(l)
	base, how := tag.Base()
	return err == nil && len(l) <= 35 && how == language.Exact && base.String() != "und" && !strings.Contains(l, "_")
}

package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
)

//go:embed query/account_site_by_key.sql
var accountSiteByKeySQL string

//go:embed query/account_sites.sql
var accountSitesSQL string

//go:embed query/account_rename_default_site.sql
var accountRenameDefaultSiteSQL string

//go:embed query/account_put_site.sql
var accountPutSiteSQL string

//go:embed query/account_put_department.sql
var accountPutDepartmentSQL string

//go:embed query/account_departments.sql
var accountDepartmentsSQL string

//go:embed query/account_put_team.sql
var accountPutTeamSQL string

//go:embed query/account_rosters.sql
var accountRostersSQL string

//go:embed query/account_presence.sql
var accountPresenceSQL string

//go:embed query/account_setting.sql
var accountSettingSQL string

//go:embed query/account_put_setting.sql
var accountPutSettingSQL string

//go:embed query/account_add_audit.sql
var accountAddAuditSQL string

// supportName is what the department and team that each site starts with are called.
const supportName = "Support"

// SiteByKey returns the site with this public key, the oldest one for an empty
// key. identity.ErrNotFound when there is none.
func (a *Accounts) SiteByKey(ctx context.Context, key string) (identity.Site, error) {
	if strings.ContainsRune(key, 0) || !utf8.ValidString(key) { // no text to the database, and nobody's key
		return identity.Site{}, fmt.Errorf("read site: %w", identity.ErrNotFound)
	}
	rows, err := a.pool.Query(ctx, accountSiteByKeySQL, key)
	if err != nil {
		return identity.Site{}, fmt.Errorf("read site: %w", err)
	}
	site, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[identity.Site])
	if err != nil {
		return identity.Site{}, accountError("read site", err)
	}
	return site, nil
}

// Sites returns every site, oldest first.
func (a *Accounts) Sites(ctx context.Context) ([]identity.Site, error) {
	rows, err := a.pool.Query(ctx, accountSitesSQL)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	sites, err := pgx.CollectRows(rows, pgx.RowToStructByName[identity.Site])
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return sites, nil
}

// EnsureSite makes the site with this key be there under this name, with a
// department and a team to begin with. The site that a new database starts with
// becomes it while no visitor has used that one.
func (a *Accounts) EnsureSite(ctx context.Context, key, name, locale string) (identity.Site, error) {
	if err := identity.CheckName("site name", name); err != nil {
		return identity.Site{}, err
	}
	if err := identity.CheckName("site key", key); err != nil {
		return identity.Site{}, err
	}
	if err := identity.CheckLocale(locale); err != nil {
		return identity.Site{}, err
	}
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, accountRenameDefaultSiteSQL, pgx.NamedArgs{"key": key}); err != nil {
			return err
		}
		var site, department int32
		if err := tx.QueryRow(ctx, accountPutSiteSQL, pgx.NamedArgs{"key": key, "name": name, "locale": locale}).Scan(&site); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, accountPutDepartmentSQL, pgx.NamedArgs{"site": site, "name": supportName}).Scan(&department); err != nil {
			return err
		}
		_, err := putTeam(ctx, tx, identity.Team{Site: site, Department: department, Name: supportName})
		return err
	})
	if err != nil {
		return identity.Site{}, accountError("ensure site", err)
	}
	return a.SiteByKey(ctx, key)
}

// EnsureDepartment makes the department be there and returns it.
func (a *Accounts) EnsureDepartment(ctx context.Context, site int32, name string) (identity.Department, error) {
	if err := identity.CheckName("department name", name); err != nil {
		return identity.Department{}, err
	}
	d := identity.Department{Site: site, Name: name}
	if err := a.pool.QueryRow(ctx, accountPutDepartmentSQL, pgx.NamedArgs{"site": site, "name": name}).Scan(&d.ID); err != nil {
		return identity.Department{}, accountError("ensure department", err)
	}
	return d, nil
}

// Departments returns a site's departments by name.
func (a *Accounts) Departments(ctx context.Context, site int32) ([]identity.Department, error) {
	rows, err := a.pool.Query(ctx, accountDepartmentsSQL, site)
	if err != nil {
		return nil, fmt.Errorf("list departments: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[identity.Department])
	if err != nil {
		return nil, fmt.Errorf("list departments: %w", err)
	}
	return list, nil
}

// EnsureTeam makes a team of this site and name be there, with at least these
// members, and returns its id. An existing one keeps its department and members.
// identity.ErrNotFound when the site, department or a member does not exist.
func (a *Accounts) EnsureTeam(ctx context.Context, t identity.Team) (id string, err error) {
	if err := identity.CheckName("team name", t.Name); err != nil {
		return "", err
	}
	if id, err = putTeam(ctx, a.pool, t); err != nil {
		return "", accountError("ensure team", err)
	}
	return id, nil
}

func putTeam(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, t identity.Team,
) (id string, err error) {
	v7, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make team id: %w", err)
	}
	if t.Members == nil {
		t.Members = []string{}
	}
	err = q.QueryRow(ctx, accountPutTeamSQL, pgx.NamedArgs{
		"id": v7.String(), "site": t.Site, "department": t.Department, "name": t.Name, "members": t.Members,
	}).Scan(&id)
	return id, err
}

// Rosters returns the teams within scope with their members and presence.
func (a *Accounts) Rosters(ctx context.Context, scope identity.Scope) ([]identity.Roster, error) {
	rows, err := a.pool.Query(ctx, accountRostersSQL, pgx.NamedArgs{
		"all": scope.All, "sites": orEmpty(scope.Sites),
		"all_departments": scope.AllDepartments, "departments": orEmpty(scope.Departments),
	})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	type flat struct {
		ID, Name         string
		Site, Department int32
		Member           string
		MemberName       string
		Presence         string
		Active, Cap      int
	}
	flats, err := pgx.CollectRows(rows, pgx.RowToStructByName[flat])
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	var out []identity.Roster
	for _, f := range flats {
		if len(out) == 0 || out[len(out)-1].ID != f.ID {
			out = append(out, identity.Roster{Team: identity.Team{ID: f.ID, Site: f.Site, Department: f.Department, Name: f.Name}})
		}
		if last := &out[len(out)-1]; f.Member != "" {
			last.Members = append(last.Members, f.Member)
			last.People = append(last.People, identity.Colleague{ID: f.Member, Name: f.MemberName, Presence: f.Presence, Active: f.Active, Cap: f.Cap})
		}
	}
	return out, nil
}

// Presence returns an agent's presence as it counts now: "online", "away" or "offline".
func (a *Accounts) Presence(ctx context.Context, user string) (string, error) {
	presence := "offline"
	if err := a.pool.QueryRow(ctx, accountPresenceSQL, user).Scan(&presence); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", accountError("read presence", err)
	}
	return presence, nil
}

// Setting reads one setting into value, a pointer that JSON decodes into.
// identity.ErrNotFound when it was never written.
func (a *Accounts) Setting(ctx context.Context, key string, value any) error {
	var raw []byte
	if err := a.pool.QueryRow(ctx, accountSettingSQL, key).Scan(&raw); err != nil {
		return accountError("read setting", err)
	}
	if err := json.Unmarshal(raw, value); err != nil {
		return fmt.Errorf("decode setting %s: %w", key, err)
	}
	return nil
}

// PutSetting writes one setting as JSON.
func (a *Accounts) PutSetting(ctx context.Context, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode setting %s: %w", key, err)
	}
	if _, err := a.pool.Exec(ctx, accountPutSettingSQL, key, raw); err != nil {
		return fmt.Errorf("write setting: %w", err)
	}
	return nil
}

// AddAudit records one administrative act.
func (a *Accounts) AddAudit(ctx context.Context, row identity.AuditRow) error {
	if _, err := a.pool.Exec(ctx, accountAddAuditSQL, pgx.NamedArgs{
		"at": row.At.UTC(), "actor": row.Actor, "action": row.Action, "object": row.Object, "detail": row.Detail, "site": row.Site,
	}); err != nil {
		return accountError("add audit row", err)
	}
	return nil
}

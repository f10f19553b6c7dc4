package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/internal/identity"
)

//go:embed query/account_user_by_email.sql
var accountUserByEmailSQL string

//go:embed query/account_user_by_id.sql
var accountUserByIDSQL string

//go:embed query/account_users.sql
var accountUsersSQL string

//go:embed query/account_add_user.sql
var accountAddUserSQL string

//go:embed query/account_create_first_admin.sql
var accountCreateFirstAdminSQL string

//go:embed query/account_has_admin.sql
var accountHasAdminSQL string

//go:embed query/account_set_password.sql
var accountSetPasswordSQL string

//go:embed query/account_update_profile.sql
var accountUpdateProfileSQL string

// Accounts keeps people, sites, departments, teams, API keys, settings and the audit log.
type Accounts struct{ pool *pgxpool.Pool }

// NewAccounts returns a store on pool, which stays the caller's.
func NewAccounts(pool *pgxpool.Pool) *Accounts { return &Accounts{pool: pool} }

type userRow struct {
	ID             string
	Email          string
	Name           string
	Role           string
	Locale         string
	AllDepartments bool
	PasswordHash   string
	Disabled       bool
	CreatedAt      time.Time
	Sites          []int32
	Departments    []int32
}

func (r userRow) user() identity.User {
	return identity.User{
		ID: r.ID, Email: r.Email, Name: r.Name, Role: identity.Role(r.Role), Locale: r.Locale,
		Sites: r.Sites, Departments: r.Departments, AllDepartments: r.AllDepartments,
		PasswordHash: r.PasswordHash, Disabled: r.Disabled, CreatedAt: r.CreatedAt.UTC(),
	}
}

// UserByEmail returns the account with this e-mail address, which must be in
// lower case, disabled ones included. identity.ErrNotFound when there is none.
func (a *Accounts) UserByEmail(ctx context.Context, email string) (identity.User, error) {
	return a.user(ctx, accountUserByEmailSQL, email)
}

// UserByID returns the account with this id. identity.ErrNotFound when there is none.
func (a *Accounts) UserByID(ctx context.Context, id string) (identity.User, error) {
	if uuid.Validate(id) != nil {
		return identity.User{}, identity.ErrNotFound
	}
	return a.user(ctx, accountUserByIDSQL, id)
}

func (a *Accounts) user(ctx context.Context, sql, key string) (identity.User, error) {
	rows, err := a.pool.Query(ctx, sql, key)
	if err != nil {
		return identity.User{}, fmt.Errorf("read user: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[userRow])
	if err != nil {
		return identity.User{}, accountError("read user", err)
	}
	return row.user(), nil
}

// ListUsers returns every account, oldest first.
func (a *Accounts) ListUsers(ctx context.Context) ([]identity.User, error) {
	rows, err := a.pool.Query(ctx, accountUsersSQL)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (identity.User, error) {
		row, err := pgx.RowToStructByName[userRow](r)
		return row.user(), err
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// AddUser stores a new account and returns it with its id. Without Sites it may
// work at every site there is; it joins the oldest team of each of its sites.
// Errors: identity.ErrInvalid, identity.ErrEmailTaken.
func (a *Accounts) AddUser(ctx context.Context, u identity.User) (identity.User, error) {
	id, err := prepareUser(&u)
	if err != nil {
		return identity.User{}, err
	}
	args := userArgs(id, u)
	args["role"] = u.Role
	args["all_departments"] = u.AllDepartments || len(u.Departments) == 0
	args["sites"] = orEmpty(u.Sites)
	args["departments"] = orEmpty(u.Departments)
	if _, err := a.pool.Exec(ctx, accountAddUserSQL, args); err != nil {
		return identity.User{}, accountError("add user", err)
	}
	return a.UserByID(ctx, id)
}

// CreateFirstAdmin stores u as the first admin if tokenHash is the one that
// PutSetupToken left, is not past its end at now, and nobody administers yet; it
// uses the token up. Of any number of callers at once one succeeds, the others
// get identity.ErrSetup. Other errors: identity.ErrInvalid, identity.ErrEmailTaken.
func (a *Accounts) CreateFirstAdmin(ctx context.Context, tokenHash string, u identity.User, now time.Time) (identity.User, error) {
	u.Role = identity.RoleAdmin
	id, err := prepareUser(&u)
	if err != nil {
		return identity.User{}, err
	}
	args := userArgs(id, u)
	args["token_hash"] = tokenHash
	args["now"] = now.UTC()
	var created time.Time
	err = a.pool.QueryRow(ctx, accountCreateFirstAdminSQL, args).Scan(&created)
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.User{}, identity.ErrSetup
	}
	if err != nil {
		return identity.User{}, accountError("create first admin", err)
	}
	return a.UserByID(ctx, id)
}

// HasAdmin reports whether anybody can administer.
func (a *Accounts) HasAdmin(ctx context.Context) (bool, error) {
	var has bool
	if err := a.pool.QueryRow(ctx, accountHasAdminSQL).Scan(&has); err != nil {
		return false, fmt.Errorf("look for an admin: %w", err)
	}
	return has, nil
}

// SetPassword replaces a user's password hash, which ends their sessions.
// identity.ErrNotFound when there is no such user.
func (a *Accounts) SetPassword(ctx context.Context, id, hash string) error {
	tag, err := a.pool.Exec(ctx, accountSetPasswordSQL, id, hash)
	return accountDone("set password", tag, err)
}

// UpdateProfile changes a user's name and language; an empty one stays.
// Errors: identity.ErrInvalid, identity.ErrNotFound.
func (a *Accounts) UpdateProfile(ctx context.Context, id, name, locale string) error {
	if name != "" {
		if err := identity.CheckName("name", name); err != nil {
			return err
		}
	}
	if locale != "" {
		if err := identity.CheckLocale(locale); err != nil {
			return err
		}
	}
	tag, err := a.pool.Exec(ctx, accountUpdateProfileSQL, pgx.NamedArgs{"id": id, "name": name, "locale": locale})
	return accountDone("update profile", tag, err)
}

func prepareUser(u *identity.User) (id string, err error) {
	if err := u.Validate(); err != nil {
		return "", err
	}
	if u.PasswordHash == "" {
		return "", fmt.Errorf("%w: no password", identity.ErrInvalid)
	}
	v7, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make user id: %w", err)
	}
	return v7.String(), nil
}

func userArgs(id string, u identity.User) pgx.NamedArgs {
	return pgx.NamedArgs{"id": id, "email": u.Email, "name": u.Name, "locale": u.Locale, "password_hash": u.PasswordHash}
}

func orEmpty(v []int32) []int32 {
	if v == nil {
		return []int32{}
	}
	return v
}

func accountDone(doing string, tag pgconn.CommandTag, err error) error {
	if err != nil {
		return accountError(doing, err)
	}
	if tag.RowsAffected() == 0 {
		return identity.ErrNotFound
	}
	return nil
}

// accountError turns the driver's errors into identity's, by SQLSTATE and constraint.
func accountError(doing string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.ErrNotFound
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == "23505" && pg.ConstraintName == "users_email_unique":
			return identity.ErrEmailTaken
		case pg.Code == "23503": // foreign_key_violation: a site, department or user that is not there
			return fmt.Errorf("%s: %w", doing, identity.ErrNotFound)
		case pg.Code == "22P02": // invalid_text_representation: not a UUID
			return fmt.Errorf("%s: %w", doing, identity.ErrNotFound)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

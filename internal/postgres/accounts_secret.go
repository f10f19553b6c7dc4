package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

//go:embed query/site_secret.sql
var siteSecretSQL string

//go:embed query/site_secret_put.sql
var siteSecretPutSQL string

// SiteSecret implements auth.ProofStore.
func (a *Accounts) SiteSecret(ctx context.Context, site int32) (identity.SiteSecret, error) {
	rows, err := a.pool.Query(ctx, siteSecretSQL, pgx.NamedArgs{"site": site})
	if err != nil {
		return identity.SiteSecret{}, fmt.Errorf("read site's secret: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (s identity.SiteSecret, err error) {
		var until, made pgtype.Timestamptz
		err = row.Scan(&s.Secret, &s.Previous, &until, &made, &s.MadeBy)
		s.PreviousUntil, s.MadeAt = utc(until), utc(made)
		return s, err
	})
	if err != nil {
		return s, accountError("read site's secret", err)
	}
	return s, nil
}

// PutSiteSecret implements auth.ProofStore.
func (a *Accounts) PutSiteSecret(ctx context.Context, scope identity.Scope, site int32, secret string, previousUntil time.Time, by identity.Actor) error {
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := one(ctx, tx, identity.ErrNotFound, pgx.RowTo[int32], siteSecretPutSQL, pgx.NamedArgs{
			"site": site, "secret": secret, "by": by.Name, "until": previousUntil, "all": scope.All, "sites": scope.Sites,
		}); err != nil {
			return err
		}
		return audit(ctx, tx, chat.Author{ID: by.ID, Name: by.Name}, site, "site.identity_secret", "", "")
	})
	if err != nil {
		return accountError("store site's secret", err)
	}
	return nil
}

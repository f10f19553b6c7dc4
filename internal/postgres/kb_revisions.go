package postgres

import (
	"context"
	_ "embed" // for the queries
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

//go:embed query/kb_release_drafts.sql
var kbReleaseDraftsSQL string

//go:embed query/kb_text_revisions.sql
var kbTextRevisionsSQL string

// releaseDrafts ends the working copies that p publishes; the site's lock is held.
func releaseDrafts(ctx context.Context, tx pgx.Tx, scope identity.Scope, p kb.Publication) error {
	if len(p.Releases) == 0 {
		return nil
	}
	args := kbScope(scope, p.Site)
	var ids, locales []string
	var revisions []int64
	var dues []bool
	for _, r := range p.Releases {
		ids, locales = append(ids, r.Article), append(locales, r.Locale)
		revisions, dues = append(revisions, r.Revision), append(dues, r.Due)
	}
	args["ids"], args["locales"], args["revisions"], args["dues"] = ids, locales, revisions, dues
	tag, err := tx.Exec(ctx, kbReleaseDraftsSQL, args)
	if err != nil {
		return fmt.Errorf("end working copies: %w", err)
	}
	if tag.RowsAffected() != int64(len(p.Releases)) {
		return fmt.Errorf("a working copy was changed or published meanwhile; read it again: %w", kb.ErrConflict)
	}
	return nil
}

// said is what a translation says, and which state of the text that is.
type said struct {
	revision      int32
	published     bool
	title, answer string
}

// textRevisions returns the state of the text that each article of the chunk will
// say. A translation with a new text is the newest, unless another is newer than
// its former text: then it has caught up with that one.
func textRevisions(ctx context.Context, tx pgx.Tx, site int32, chunk []kb.IndexedArticle) ([]int32, error) {
	ids := make([]string, len(chunk))
	for i, a := range chunk {
		ids[i] = a.ID
	}
	rows, err := tx.Query(ctx, kbTextRevisionsSQL, pgx.NamedArgs{"site": site, "ids": ids})
	if err != nil {
		return nil, fmt.Errorf("read the state of translations: %w", err)
	}
	all := map[string]map[string]said{}
	var id, locale string
	var s said
	if _, err := pgx.ForEachRow(rows, []any{&id, &locale, &s.published, &s.revision, &s.title, &s.answer}, func() error {
		if all[id] == nil {
			all[id] = map[string]said{}
		}
		all[id][locale] = s
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the state of translations: %w", err)
	}
	out := make([]int32, len(chunk))
	for i, a := range chunk {
		if all[a.ID] == nil {
			all[a.ID] = map[string]said{}
		}
		out[i] = textRevision(all[a.ID], a)
		all[a.ID][a.Locale] = said{out[i], true, a.Title, a.Answer}
	}
	return out, nil
}

func textRevision(translations map[string]said, a kb.IndexedArticle) int32 {
	own, is := translations[a.Locale]
	newest, published := int32(0), int32(0) // of the others: of all, and of what is published
	for locale, s := range translations {
		if locale == a.Locale {
			continue
		}
		newest = max(newest, s.revision)
		if s.published {
			published = max(published, s.revision)
		}
	}
	switch {
	case !is:
		return max(published, 1)
	case a.Minor || (own.title == a.Title && own.answer == a.Answer):
		return own.revision
	case own.revision < published:
		return published
	}
	return max(own.revision, newest) + 1
}

package kb

import (
	"context"
	"fmt"
	"slices"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// Desk is all there is of an article, as an editor needs it.
type Desk struct {
	Translations []DeskTranslation // by locale, only those of which there is anything
	Locales      []string          // in which the site has published articles
}

// DeskTranslation is what there is of one translation.
type DeskTranslation struct {
	Locale    string
	Published *Article // nil = nothing is
	Draft     *Draft   // nil = there is none
	Versions  uint32   // how many there are
	Outdated  bool     // another translation was changed since
}

// Desk returns all there is of an article. Errors: [ErrNotFound] (nothing is), identity.ErrForbidden.
func (e *Editorial) Desk(ctx context.Context, actor identity.Actor, site int32, id string) (Desk, error) {
	if err := mayRead(actor, "read article"); err != nil {
		return Desk{}, err
	}
	published, err := e.service.store.Translations(ctx, actor.Scope, site, id)
	if err != nil {
		return Desk{}, fmt.Errorf("read what is published: %w", err)
	}
	drafts, err := e.store.DraftsOf(ctx, actor.Scope, site, id)
	if err != nil {
		return Desk{}, err
	}
	locales, outdated, err := e.store.Spoken(ctx, actor.Scope, site, id)
	if err != nil {
		return Desk{}, err
	}
	desk := Desk{Locales: locales}
	for _, locale := range []string{text.Chinese, text.English} {
		versions, err := e.store.Versions(ctx, actor.Scope, site, id, locale)
		if err != nil {
			return Desk{}, err
		}
		t := DeskTranslation{Locale: locale, Versions: uint32(len(versions)), Outdated: slices.Contains(outdated, locale)}
		for _, a := range published {
			if a.Locale == locale {
				t.Published = &a
			}
		}
		for _, d := range drafts {
			if d.Locale == locale {
				t.Draft = &d
			}
		}
		if t.Versions > 0 || t.Draft != nil {
			desk.Translations = append(desk.Translations, t)
		}
	}
	if len(desk.Translations) == 0 {
		return Desk{}, fmt.Errorf("read article %q: %w", id, ErrNotFound)
	}
	return desk, nil
}

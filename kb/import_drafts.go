package kb

import (
	"context"
	"errors"

	"frontdesk/internal/identity"
)

// ImportDraft implements [DraftWriter]: it makes a working copy, or renews one
// that an import made and nobody has touched since. What a person has changed,
// sent to review or scheduled stays as it is.
func (e *Editorial) ImportDraft(ctx context.Context, actor identity.Actor, a Article) (DraftOutcome, error) {
	current, err := e.Draft(ctx, actor, a.Site, a.ID, a.Locale)
	d := Draft{Article: a, Base: a.Version}
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return "", err
	case current.sameContent(a.settleDepartment(current.Article)):
		return DraftSame, nil
	case current.Revision > 1 || current.State != StateDraft || current.Editor != nameOf(actor):
		return DraftLeft, nil
	default:
		d.Base, d.Revision, d.Minor = current.Base, current.Revision, current.Minor
	}
	if _, err := e.SaveDraft(ctx, actor, d); errors.Is(err, ErrConflict) || errors.Is(err, ErrScheduled) { // somebody was faster
		return DraftLeft, nil
	} else if err != nil {
		return "", err
	}
	return DraftSaved, nil
}

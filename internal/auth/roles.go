package auth

import (
	"context"
	"fmt"

	"frontdesk/internal/identity"
)

// Roles authorizes by the built-in table of identity.Role.Grants. (casbin takes
// its place in a later issue.)
type Roles struct{}

// Authorize returns identity.ErrForbidden unless actor holds p.
func (Roles) Authorize(_ context.Context, actor identity.Actor, p identity.Permission) error {
	if !actor.Can(p) {
		return fmt.Errorf("%s: %w", p, identity.ErrForbidden)
	}
	return nil
}

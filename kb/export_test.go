package kb

import (
	"context"

	"frontdesk/internal/identity"
)

// PublishAtOnce publishes a as a rollback does.
func (s *Service) PublishAtOnce(ctx context.Context, actor identity.Actor, a Article) error {
	_, err := s.publishOn(ctx, actor, a.Site, []Article{a}, terms{atOnce: true})
	return err
}

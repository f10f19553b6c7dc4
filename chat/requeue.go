package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// Invitation is a conversation that an agent was asked to take part in.
type Invitation struct {
	Conversation string
	Contact      string // the visitor's name; may be empty
	By           string // who asked; may be empty
	Reason       string
	At           time.Time
}

// Place returns where a conversation within the caller's scope waits, as far as
// the router of this node knows: nothing is read.
func (s *Service) Place(actor identity.Actor, conv string) (QueuePosition, bool) {
	if permit(actor, readPermission(actor)) != nil {
		return QueuePosition{}, false
	}
	return s.room.position(actor.Scope, conv)
}

// Requeue puts an agent's conversation back into the queue with the words of
// whoever does it, for colleagues only; without any it is [Service.Release].
// [ErrStale] when no agent holds it.
func (s *Service) Requeue(ctx context.Context, actor identity.Actor, conv, reason string) (Conversation, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return s.Release(ctx, actor, conv)
	}
	if err := checkText("reason", reason, 1000); err != nil {
		return Conversation{}, err
	}
	return s.act(ctx, actor, identity.PermChatTransfer, Entry{
		Conversation: conv, Kind: KindReleased, Data: Data{Reason: reason}, Change: &Change{Act: ActRelease, Reason: reason},
	})
}

// Invite asks a colleague to take part in an open conversation: it stays with
// whoever holds it, and is listed among the colleague's own until it is
// resolved. The row is for agents only. Inviting the one who holds it changes
// nothing. Errors: identity.ErrNotFound when there is no such agent for the
// conversation's site and department, [ErrResolved].
func (s *Service) Invite(ctx context.Context, actor identity.Actor, conv, agent, reason string) (Conversation, error) {
	id, ok := CanonicalID(agent)
	if !ok {
		return Conversation{}, fmt.Errorf("invite: %w", identity.ErrNotFound)
	}
	if id == actor.ID {
		return Conversation{}, fmt.Errorf("%w: agent is yourself; name a colleague", ErrInvalid)
	}
	reason = strings.TrimSpace(reason)
	if err := checkText("reason", reason, 1000); err != nil {
		return Conversation{}, err
	}
	return s.act(ctx, actor, identity.PermChatTransfer, Entry{
		Conversation: conv, Kind: KindInvited, Data: Data{Reason: reason, Invitee: &Invitee{ID: id}},
		Change: &Change{Act: ActInvite, Assignee: Author{Kind: AuthorAgent, ID: id}, Reason: reason},
	})
}

package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"frontdesk/internal/identity"
)

// To is where a conversation is transferred: exactly one field is set.
type To struct {
	Agent string // user id
	Team  string // team id
}

// Claim gives an open conversation that the queue or the bot owns to the calling
// agent; of two at once one wins, the other gets [ErrStale]. With epoch, the
// conversation must still have that owner epoch. Claiming what one holds already
// changes nothing. A manual claim may exceed the agent's cap, and says so in the row.
func (s *Service) Claim(ctx context.Context, actor identity.Actor, conv string, epoch *uint32) (Conversation, error) {
	return s.act(ctx, actor, identity.PermChatClaim, Entry{
		Conversation: conv, Kind: KindClaimed, Expect: Expect{OwnerEpoch: epoch},
		Change: &Change{Act: ActClaim, Assignee: author(actor)},
	})
}

// Transfer passes a conversation on to an agent, or to a team's queue. The
// conversation moves to the team's department. Errors: identity.ErrNotFound when
// there is no such agent or team at the conversation's site, [ErrResolved].
func (s *Service) Transfer(ctx context.Context, actor identity.Actor, conv string, to To, reason string) (Conversation, error) {
	change := &Change{Act: ActTransfer, Reason: reason}
	var ok bool
	switch {
	case (to.Agent == "") == (to.Team == ""):
		return Conversation{}, fmt.Errorf("%w: transfer to either an agent or a team", ErrInvalid)
	case to.Agent != "":
		change.Assignee.Kind = AuthorAgent
		change.Assignee.ID, ok = CanonicalID(to.Agent)
	default:
		change.Team, ok = CanonicalID(to.Team)
	}
	if !ok {
		return Conversation{}, fmt.Errorf("transfer: %w", identity.ErrNotFound)
	}
	if err := checkText("reason", reason, 1000); err != nil {
		return Conversation{}, err
	}
	return s.act(ctx, actor, identity.PermChatTransfer, Entry{
		Conversation: conv, Kind: KindTransferred, Data: Data{Reason: reason}, Change: change,
	})
}

// Resolve closes a conversation, whoever owns it. [ErrResolved] when it is closed already.
func (s *Service) Resolve(ctx context.Context, actor identity.Actor, conv string) (Conversation, error) {
	return s.act(ctx, actor, identity.PermChatResolve, Entry{
		Conversation: conv, Kind: KindResolved, Change: &Change{Act: ActResolve},
	})
}

// Reopen opens a resolved conversation again, for the calling agent. [ErrStale]
// when the visitor has another open one by now.
func (s *Service) Reopen(ctx context.Context, actor identity.Actor, conv string) (Conversation, error) {
	return s.act(ctx, actor, identity.PermChatClaim, Entry{
		Conversation: conv, Kind: KindReopened, Change: &Change{Act: ActReopen, Assignee: author(actor)},
	})
}

// Release puts an agent's conversation back into the queue. [ErrStale] when no agent holds it.
func (s *Service) Release(ctx context.Context, actor identity.Actor, conv string) (Conversation, error) {
	const reason = "released"
	return s.act(ctx, actor, identity.PermChatTransfer, Entry{
		Conversation: conv, Kind: KindReleased, Data: Data{Reason: reason}, Change: &Change{Act: ActRelease, Reason: reason},
	})
}

// act runs one agent's act.
func (s *Service) act(ctx context.Context, actor identity.Actor, p identity.Permission, e Entry) (Conversation, error) {
	if err := permit(actor, p); err != nil {
		return Conversation{}, err
	}
	if actor.Kind != identity.KindAgent && (e.Change.Act == ActClaim || e.Change.Act == ActReopen) {
		return Conversation{}, fmt.Errorf("%w: only agents hold conversations", identity.ErrForbidden)
	}
	e.CID, e.Author = NewID(s.clock()), author(actor)
	_, head, err := s.Append(ctx, actor.Scope, e)
	switch {
	case errors.Is(err, errUnchanged):
		return head, nil
	case errors.Is(err, ErrConflict):
		return head, ErrStale
	}
	return head, err
}

// RequestHuman puts the visitor's conversation into the queue. Asking again, or
// when a human has it already, changes nothing. The row carries, for agents only,
// what was asked and offered last; it has no content, clients write the line
// from its kind and reason.
func (s *Service) RequestHuman(ctx context.Context, actor identity.Actor, conv, reason string) (Conversation, error) {
	if err := permit(actor, identity.PermVisitorChat); err != nil {
		return Conversation{}, err
	}
	if reason == "" {
		reason = "requested"
	}
	if err := checkText("reason", reason, 1000); err != nil {
		return Conversation{}, err
	}
	e := Entry{
		Conversation: conv, CID: NewID(s.clock()), Author: author(actor), Kind: KindHandover,
		Data: Data{Reason: reason}, Change: &Change{Act: ActRequest, Reason: reason},
	}
	var err error
	if e.Conversation == "" {
		if e.Conversation, err = s.current(ctx, actor); err != nil {
			return Conversation{}, err
		}
	}
	if e.Data.Extra, err = s.summarize(ctx, actor.Scope, e.Conversation, reason); err != nil {
		return Conversation{}, err
	}
	_, head, err := s.Append(ctx, actor.Scope, e)
	if errors.Is(err, errExpired) || errors.Is(err, ErrConflict) {
		if e.Conversation, err = s.current(ctx, actor); err != nil {
			return Conversation{}, err
		}
		_, head, err = s.Append(ctx, actor.Scope, e)
	}
	if errors.Is(err, errUnchanged) {
		return head, nil
	}
	return head, err
}

// Handover is the bot giving a conversation to the queue, in one transaction:
// owner, queue entry, the visible line with its reason, and the summary packet
// (JSON, for agents only). [ErrStale] when the bot no longer owns it at this
// epoch, or something was written after lastSeq.
func (s *Service) Handover(ctx context.Context, conv string, epoch, lastSeq uint32, reason string, summary json.RawMessage) (Row, Conversation, error) {
	bot, owner := identity.Bot(), OwnerBot
	return s.Append(ctx, bot.Scope, Entry{
		Conversation: conv, CID: NewID(s.clock()), Author: author(bot), Kind: KindHandover,
		Data:   Data{Reason: reason, Extra: summary},
		Expect: Expect{Owner: &owner, OwnerEpoch: &epoch, LastSeq: &lastSeq},
		Change: &Change{Act: ActHandover, Reason: reason},
	})
}

// LeaveEmail stores the address that a visitor leaves, with the conversation and
// the contact, as a visible row.
func (s *Service) LeaveEmail(ctx context.Context, actor identity.Actor, conv, email string) (Conversation, error) {
	if err := permit(actor, identity.PermVisitorChat); err != nil {
		return Conversation{}, err
	}
	email = strings.TrimSpace(email)
	if err := checkText("email", email, 254); err != nil { // RFC 5321, section 4.5.3.1.3, less the brackets
		return Conversation{}, err
	}
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email {
		return Conversation{}, fmt.Errorf("%w: email is not an address", ErrInvalid)
	}
	var err error
	if conv == "" {
		if conv, err = s.current(ctx, actor); err != nil {
			return Conversation{}, err
		}
	}
	_, head, err := s.Append(ctx, actor.Scope, Entry{
		Conversation: conv, CID: NewID(s.clock()), Author: author(actor), Kind: KindEmail, Content: email,
		Change: &Change{Act: ActEmail, Email: email},
	})
	return head, err
}

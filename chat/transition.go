package chat

import (
	"errors"
	"time"

	"frontdesk/chat/routing"
)

// Act is a way in which a conversation changes hands or status.
type Act string

// The acts. Each is one row of the log and one transaction.
const (
	ActReceive  Act = "receive"  // a visitor's message: wakes a snoozed, reopens a resolved conversation
	ActReply    Act = "reply"    // an agent's message: takes an unclaimed conversation over, wakes a snoozed one
	ActClaim    Act = "claim"    // an agent takes it from the queue or the bot
	ActTransfer Act = "transfer" // to another agent, or to a team's queue
	ActHandover Act = "handover" // the bot gives it to the queue
	ActRequest  Act = "request"  // the visitor asks for a human
	ActRelease  Act = "release"  // back to the queue
	ActResolve  Act = "resolve"
	ActReopen   Act = "reopen" // by an agent, who takes it
	ActEmail    Act = "email"  // the visitor leaves an address
	ActAssign   Act = "assign" // the router gives what waits to an agent, never against a person's act
	ActInvite   Act = "invite" // an agent asks another, Assignee, to take part; nothing changes hands
)

// Change is the part of an [Entry] that moves the conversation's state.
type Change struct {
	Act      Act
	Assignee Author // reply, claim, reopen, transfer to an agent: who takes it; invite: who is asked
	Team     string // transfer to a team; handover: the team to ask first, may be empty
	Reason   string // handover, request, transfer, release: machine-readable
	Email    string // email
	From     string // release: only if this agent holds it; empty = whoever does
	Head     bool   // release: to the head of the queue instead of its end
	// Skills and Priority are what a person asks for when they put it into a queue: transfer to a team, release.
	Skills   []routing.Skill
	Priority int
	Guard    *Guard // assign: what must hold of the agent
}

// Guard is what must hold of the agent when an automatic assignment commits,
// checked on their locked row: they are online on a node that lives, and have room.
type Guard struct {
	Channel string
	Weight  int
	Offer   string // the agent accepted this offer: it must still stand; empty = assigned without asking
}

// NewWeight is what the conversation weighs from the assignment on; 0 = as before.
func (g *Guard) NewWeight() int {
	if g == nil {
		return 0
	}
	return g.Weight
}

// ErrGuard says that an agent could not be given a conversation, see [GuardError].
var ErrGuard = errors.New("the agent cannot take it now")

// GuardError is [ErrGuard] with the reason: routing.RejectPresence, RejectFull,
// RejectChannel, or RejectOffer.
type GuardError struct{ Code string }

// Error says so.
func (e *GuardError) Error() string { return ErrGuard.Error() + ": " + e.Code }

// Is makes the error an [ErrGuard].
func (e *GuardError) Is(target error) bool { return target == ErrGuard }

// RejectOffer is the code of a [GuardError] for an offer that does not stand any more.
const RejectOffer = "offer"

// Internal results of [Change.Apply] that [Service] turns into another path.
var (
	// errExpired: the conversation was resolved longer ago than [ReopenWindow].
	errExpired = errors.New("the conversation was resolved long ago")
	// errUnchanged: what was asked for is so already.
	errUnchanged = errors.New("nothing to change")
)

// Apply returns the state that c takes by the change at now. It is pure: the
// store calls it on the locked head. Errors: [ErrStale] when the owner is not
// one that the act starts from, [ErrResolved] when it needs an open conversation.
func (ch Change) Apply(c Conversation, now time.Time) (Conversation, error) {
	resolved := c.Status == StatusResolved
	expired := resolved && now.Sub(c.ResolvedAt) > ReopenWindow
	switch ch.Act {
	case ActReceive:
		if expired {
			return c, errExpired
		}
		if resolved {
			c = c.ownedBy(OwnerBot, Author{}, "")
		}
		return c.open(), nil
	case ActRequest:
		switch {
		case expired:
			return c, errExpired
		case !resolved && c.Owner != OwnerBot:
			return c, errUnchanged
		}
		return c.open().queued(ch.Team, now), nil
	case ActReopen:
		if !resolved {
			return c, errUnchanged
		}
		return c.open().ownedBy(OwnerHuman, ch.Assignee, c.Team), nil
	case ActEmail:
		c.Email, c.Contact.Email = ch.Email, ch.Email
		return c, nil
	}
	if resolved {
		return c, ErrResolved
	}
	return ch.applyOpen(c, now)
}

// applyOpen is Apply for the acts that need an open or snoozed conversation.
func (ch Change) applyOpen(c Conversation, now time.Time) (Conversation, error) {
	mine := c.Owner == OwnerHuman && c.Assignee.ID == ch.Assignee.ID
	switch ch.Act {
	case ActReply:
		if c.Owner != OwnerHuman {
			c = c.ownedBy(OwnerHuman, ch.Assignee, c.Team)
		}
		return c.open(), nil
	case ActClaim:
		if mine {
			return c, errUnchanged
		}
		if c.Owner == OwnerHuman {
			return c, ErrStale
		}
		return c.open().ownedBy(OwnerHuman, ch.Assignee, c.Team), nil
	case ActAssign:
		if c.Owner != OwnerQueue {
			return c, ErrStale
		}
		return c.open().ownedBy(OwnerHuman, ch.Assignee, c.Team), nil
	case ActTransfer:
		if ch.Team != "" {
			return c.open().queued(ch.Team, now), nil
		}
		if mine {
			return c, errUnchanged
		}
		return c.open().ownedBy(OwnerHuman, ch.Assignee, c.Team), nil
	case ActHandover:
		if c.Owner != OwnerBot {
			return c, ErrStale
		}
		return c.open().queued(ch.Team, now), nil
	case ActRelease:
		if c.Owner != OwnerHuman || (ch.From != "" && c.Assignee.ID != ch.From) {
			return c, ErrStale
		}
		return c.open().queued(c.Team, now), nil
	case ActInvite:
		if mine {
			return c, errUnchanged
		}
		return c.open(), nil
	case ActResolve:
		c.Status, c.ResolvedAt = StatusResolved, now
		c.WaitingSince, c.QueuedAt = time.Time{}, time.Time{}
		if c.Owner == OwnerQueue { // nobody waits in a queue for a resolved conversation
			c = c.ownedBy(OwnerBot, Author{}, c.Team)
		}
		return c, nil
	}
	return c, errors.New("unknown act " + string(ch.Act))
}

func (c Conversation) open() Conversation {
	c.Status, c.ResolvedAt = StatusOpen, time.Time{}
	return c
}

func (c Conversation) ownedBy(owner Owner, assignee Author, team string) Conversation {
	c.Owner, c.Assignee, c.Team = owner, assignee, team
	c.OwnerEpoch++
	c.QueuedAt = time.Time{}
	return c
}

func (c Conversation) queued(team string, now time.Time) Conversation {
	c = c.ownedBy(OwnerQueue, Author{}, team)
	c.QueuedAt = now
	if c.WaitingSince.IsZero() {
		c.WaitingSince = now
	}
	return c
}

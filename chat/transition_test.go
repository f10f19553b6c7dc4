package chat

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func with(status Status, owner Owner) Conversation {
	c := Conversation{ID: "c", Status: status, Owner: owner, OwnerEpoch: 4}
	if owner == OwnerHuman {
		c.Assignee = Author{Kind: AuthorAgent, ID: "alice"}
	}
	if status == StatusResolved {
		c.ResolvedAt = noon.Add(-time.Hour)
	}
	return c
}

func TestEachActStartsFromTheStatesItNames(t *testing.T) {
	t.Parallel()
	bob := Author{Kind: AuthorAgent, ID: "bob"}
	alice := Author{Kind: AuthorAgent, ID: "alice"}
	old := with(StatusResolved, OwnerHuman)
	old.ResolvedAt = noon.Add(-ReopenWindow - time.Second)
	for name, c := range map[string]struct {
		from   Conversation
		change Change
		status Status
		owner  Owner
		epoch  uint32
		err    error
	}{
		"message in an open one":          {with(StatusOpen, OwnerHuman), Change{Act: ActReceive}, StatusOpen, OwnerHuman, 4, nil},
		"message wakes":                   {with(StatusSnoozed, OwnerHuman), Change{Act: ActReceive}, StatusOpen, OwnerHuman, 4, nil},
		"message reopens with the bot":    {with(StatusResolved, OwnerHuman), Change{Act: ActReceive}, StatusOpen, OwnerBot, 5, nil},
		"message after a day":             {old, Change{Act: ActReceive}, "", "", 0, errExpired},
		"reply takes from the bot":        {with(StatusOpen, OwnerBot), Change{Act: ActReply, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"reply takes from the queue":      {with(StatusSnoozed, OwnerQueue), Change{Act: ActReply, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"reply to a colleague's":          {with(StatusOpen, OwnerHuman), Change{Act: ActReply, Assignee: bob}, StatusOpen, OwnerHuman, 4, nil},
		"reply to a resolved one":         {with(StatusResolved, OwnerBot), Change{Act: ActReply, Assignee: bob}, "", "", 0, ErrResolved},
		"claim from the queue":            {with(StatusOpen, OwnerQueue), Change{Act: ActClaim, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"claim from the bot":              {with(StatusOpen, OwnerBot), Change{Act: ActClaim, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"claim a colleague's":             {with(StatusOpen, OwnerHuman), Change{Act: ActClaim, Assignee: bob}, "", "", 0, ErrStale},
		"claim one's own":                 {with(StatusOpen, OwnerHuman), Change{Act: ActClaim, Assignee: alice}, "", "", 0, errUnchanged},
		"transfer to an agent":            {with(StatusOpen, OwnerHuman), Change{Act: ActTransfer, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"transfer to a team":              {with(StatusOpen, OwnerHuman), Change{Act: ActTransfer, Team: "t"}, StatusOpen, OwnerQueue, 5, nil},
		"transfer to who has it":          {with(StatusOpen, OwnerHuman), Change{Act: ActTransfer, Assignee: alice}, "", "", 0, errUnchanged},
		"hand over":                       {with(StatusOpen, OwnerBot), Change{Act: ActHandover}, StatusOpen, OwnerQueue, 5, nil},
		"hand over what a human has":      {with(StatusOpen, OwnerHuman), Change{Act: ActHandover}, "", "", 0, ErrStale},
		"hand over twice":                 {with(StatusOpen, OwnerQueue), Change{Act: ActHandover}, "", "", 0, ErrStale},
		"hand over a resolved one":        {with(StatusResolved, OwnerBot), Change{Act: ActHandover}, "", "", 0, ErrResolved},
		"ask for a human":                 {with(StatusOpen, OwnerBot), Change{Act: ActRequest}, StatusOpen, OwnerQueue, 5, nil},
		"ask for a human twice":           {with(StatusOpen, OwnerQueue), Change{Act: ActRequest}, "", "", 0, errUnchanged},
		"ask for a human after resolving": {with(StatusResolved, OwnerHuman), Change{Act: ActRequest}, StatusOpen, OwnerQueue, 5, nil},
		"ask for a human after a day":     {old, Change{Act: ActRequest}, "", "", 0, errExpired},
		"release":                         {with(StatusOpen, OwnerHuman), Change{Act: ActRelease}, StatusOpen, OwnerQueue, 5, nil},
		"release a lost agent's":          {with(StatusOpen, OwnerHuman), Change{Act: ActRelease, From: "bob"}, "", "", 0, ErrStale},
		"release the queue's":             {with(StatusOpen, OwnerQueue), Change{Act: ActRelease}, "", "", 0, ErrStale},
		"resolve a human's":               {with(StatusOpen, OwnerHuman), Change{Act: ActResolve}, StatusResolved, OwnerHuman, 4, nil},
		"resolve the queue's":             {with(StatusOpen, OwnerQueue), Change{Act: ActResolve}, StatusResolved, OwnerBot, 5, nil},
		"resolve twice":                   {with(StatusResolved, OwnerBot), Change{Act: ActResolve}, "", "", 0, ErrResolved},
		"reopen":                          {old, Change{Act: ActReopen, Assignee: bob}, StatusOpen, OwnerHuman, 5, nil},
		"reopen an open one":              {with(StatusOpen, OwnerBot), Change{Act: ActReopen, Assignee: bob}, "", "", 0, errUnchanged},
		"leave an address":                {old, Change{Act: ActEmail, Email: "a@b.test"}, StatusResolved, OwnerHuman, 4, nil},
	} {
		got, err := c.change.Apply(c.from, noon)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want %v", name, err, c.err)
		}
		if c.err == nil && (got.Status != c.status || got.Owner != c.owner || got.OwnerEpoch != c.epoch) {
			t.Errorf("%s: %s %s epoch %d, want %s %s %d", name, got.Status, got.Owner, got.OwnerEpoch, c.status, c.owner, c.epoch)
		}
		if c.err != nil && (got.Status != c.from.Status || got.Owner != c.from.Owner || got.OwnerEpoch != c.from.OwnerEpoch) {
			t.Errorf("%s: a refused act changed the state", name)
		}
	}
	if _, err := (Change{Act: "dance"}).Apply(with(StatusOpen, OwnerBot), noon); err == nil {
		t.Error("an unknown act is accepted")
	}
}

// Whatever happens in whatever order, the constraints of the table hold.
func TestNoSequenceOfActsBreaksTheState(t *testing.T) {
	t.Parallel()
	acts := []Act{ActReceive, ActReply, ActClaim, ActTransfer, ActHandover, ActRequest, ActRelease, ActResolve, ActReopen, ActEmail}
	rapid.Check(t, func(r *rapid.T) {
		c := Conversation{Status: StatusOpen, Owner: OwnerBot, OwnerEpoch: 1}
		now := noon
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(r, "hours")) * time.Hour)
			change := Change{Act: rapid.SampledFrom(acts).Draw(r, "act")}
			switch change.Act {
			case ActReply, ActClaim, ActReopen:
				change.Assignee = Author{Kind: AuthorAgent, ID: rapid.SampledFrom([]string{"alice", "bob"}).Draw(r, "agent")}
			case ActTransfer:
				change.Team = "t"
			}
			before := c
			next, err := change.Apply(c, now)
			if err != nil {
				continue
			}
			c = next
			switch {
			case (c.Owner == OwnerHuman) != (c.Assignee.ID != ""):
				r.Fatalf("owner %s with assignee %q", c.Owner, c.Assignee.ID)
			case (c.Status == StatusResolved) != !c.ResolvedAt.IsZero():
				r.Fatalf("%s with resolved_at %v", c.Status, c.ResolvedAt)
			case (c.Owner == OwnerQueue) != !c.QueuedAt.IsZero():
				r.Fatalf("owner %s with queued_at %v", c.Owner, c.QueuedAt)
			case c.Status == StatusResolved && c.Owner == OwnerQueue:
				r.Fatal("a resolved conversation waits")
			case c.OwnerEpoch < before.OwnerEpoch,
				(c.Owner != before.Owner || c.Assignee != before.Assignee) && c.OwnerEpoch == before.OwnerEpoch:
				r.Fatalf("epoch %d after %d, owner %s after %s", c.OwnerEpoch, before.OwnerEpoch, c.Owner, before.Owner)
			}
		}
	})
}

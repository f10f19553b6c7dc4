package chat

import (
	"context"
	"fmt"

	"frontdesk/internal/identity"
)

// IdentifyRequest is a visitor for whom their site vouches.
type IdentifyRequest struct {
	Site  int32
	Proof identity.Proof
	// Contact is the anonymous contact whose token the same browser holds; empty if none. Of one that is identified
	// already, by this proof or another, nothing is moved.
	Contact    string
	Locale     string // "zh-CN", "en" or empty
	Page       string
	Attributes map[string]any // those of the proof that the site keeps
	// NewContact and NewConversation are the ids of what is made.
	NewContact, NewConversation string
}

// Identified is who the visitor turned out to be.
type Identified struct {
	Contact      Contact
	Conversation Conversation // their current one
	Moved        int          // conversations that came over
	Rows         []Row        // appended to them; of a sign-in that is repeated, those of before
	Ignored      []string     // attributes of the proof that the site does not keep, or of another type
}

// Identify finds or makes the contact that a verified proof is about. An
// anonymous contact's conversations go there with everything in them, and its
// tokens are no longer good: whoever had one of them before the visitor signed
// in does not read on. What the visitor sends meanwhile is stored once, in the
// same conversation, before or after; sent with the old token afterwards it is
// refused as unauthenticated, to be repeated with the new one.
func (c *Contacts) Identify(ctx context.Context, req IdentifyRequest) (Identified, error) {
	if req.Contact != "" {
		id, ok := CanonicalID(req.Contact)
		if !ok {
			return Identified{}, ErrContactNotFound
		}
		req.Contact = id
	}
	known, err := c.store.ContactAttributes(ctx, identity.Everything(), req.Site)
	if err != nil {
		return Identified{}, fmt.Errorf("read contact attributes: %w", err)
	}
	var ignored []string
	req.Proof.Name = identity.VisibleName(req.Proof.Name)
	req.Attributes, ignored = fitting(known, req.Proof.Attributes, false)
	now := c.clock()
	req.NewContact, req.NewConversation = NewID(now), NewID(now)
	var out Identified
	if err := c.commit(ctx, PointIdentifyBefore, PointIdentifyCommitted, func(ctx context.Context, _ bool) (err error) {
		out, err = c.store.Identify(ctx, req, now)
		return err
	}); err != nil {
		return Identified{}, fmt.Errorf("identify visitor: %w", err)
	}
	out.Ignored = ignored
	for i := range out.Rows {
		c.show(&out.Rows[i])
	}
	_ = at(c.fault, PointIdentifyPublished)
	if out.Moved > 0 {
		c.log.InfoContext(ctx, "anonymous contact is identified", "contact", out.Contact.ID, "was", req.Contact, "conversations", out.Moved)
	}
	return out, nil
}

// Gone reports whether a visitor's contact has moved into another, or was erased: their token is no longer good.
func (c *Contacts) Gone(ctx context.Context, contact string) (bool, error) {
	return c.store.Gone(ctx, contact)
}

// Arrive notes where a visitor is and what their page says of them. It returns
// the attributes that were not taken.
func (c *Contacts) Arrive(ctx context.Context, actor identity.Actor, site int32, a Arrival) (ignored []string, err error) {
	if err := permit(actor, identity.PermVisitorChat); err != nil {
		return nil, err
	}
	a.Contact = actor.ID
	for _, f := range []struct {
		to    *string
		limit int
	}{{&a.Place.URL, 2000}, {&a.Place.Title, 300}, {&a.Place.Referrer, 2000}, {&a.Place.UserAgent, 400}, {&a.Place.TimeZone, 60}} {
		*f.to = oneLine(*f.to, f.limit)
	}
	if len(a.Attributes) > 0 {
		known, err := c.store.ContactAttributes(ctx, identity.Everything(), site)
		if err != nil {
			return nil, fmt.Errorf("read contact attributes: %w", err)
		}
		a.Attributes, ignored = fitting(known, a.Attributes, true)
	}
	if err := c.store.Arrive(ctx, actor.Scope, a); err != nil {
		return nil, fmt.Errorf("note where the visitor is: %w", err)
	}
	return ignored, nil
}

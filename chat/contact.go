package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
)

// Errors about contacts. The web edge maps them.
var (
	// ErrContactNotFound: no such contact within the caller's scope.
	ErrContactNotFound = errors.New("contact not found")
	// ErrBlockNotFound: no such entry of the block list within the caller's scope.
	ErrBlockNotFound = errors.New("no such entry in the block list")
	// ErrContactChanged: somebody saved the contact after it was read.
	ErrContactChanged = errors.New("the contact was changed meanwhile; load it again")
	// ErrContactInvalid: a field cannot be stored. Wrapped with the field and the mend.
	ErrContactInvalid = errors.New("invalid contact")
	// ErrMerged: one of two contacts is merged already. Wrapped with which.
	ErrMerged = errors.New("the contacts cannot be merged")
	// ErrBlocked: the contact, their address or their e-mail domain may not write.
	ErrBlocked = errors.New("writing is not possible here at the moment")
)

// Person is a contact as the staff sees it, with those merged into it by hand.
type Person struct {
	Contact
	Department    int32
	Phone         string
	External      string // what the site calls them; empty unless it vouched for that
	IdentifiedAt  time.Time
	Attributes    map[string]any
	Place         Place
	Address       string // network address as limits count by it; empty = not known
	Visits        int
	CreatedAt     time.Time
	SeenAt        time.Time
	Spam          Spam
	SpamCleared   bool // a person said that it is none
	Merged        []Contact
	Blocks        []Block // that hold now
	Conversations int     // within the caller's scope
	Version       int32
}

// Place is where a visitor is, as their browser says it.
type Place struct {
	URL       string
	Title     string
	Referrer  string
	UserAgent string
	TimeZone  string // IANA name
}

// Arrival is a visitor on a page.
type Arrival struct {
	Contact string
	Place   Place
	Address string // see Person
	// Attributes that the page sets without a signature; only those that the site lets it set are stored.
	Attributes map[string]any
}

// ContactFilter is a part of the contacts.
type ContactFilter string

// The filters.
const (
	ContactsAll        ContactFilter = "" // those who wrote, or are identified
	ContactsIdentified ContactFilter = "identified"
	ContactsAnonymous  ContactFilter = "anonymous"
	ContactsBlocked    ContactFilter = "blocked"
	ContactsSpam       ContactFilter = "spam"
)

// ContactQuery selects one page of contacts, last seen first.
type ContactQuery struct {
	Site   int32 // 0 = all within scope
	Filter ContactFilter
	Search string // part of name, e-mail, phone or what the site calls them
	Cursor string // ContactPage.Next of the page before
	Limit  int    // 1–200; defaults to 50
}

// ContactPage is one page of contacts; of Person without Merged and Blocks. One page looks at so many contacts: it may
// hold few, or none, and there may be more on the next.
type ContactPage struct {
	Items []Person
	Next  string // cursor of the next page; empty on the last
}

// ContactEdit changes what is known of a contact; nil fields stay.
type ContactEdit struct {
	ID         string
	Version    int32 // as it was read
	Name       *string
	Email      *string
	Phone      *string
	Attributes map[string]any // nil value = remove; keys that are absent stay
	NotSpam    bool
}

// ContactReader reads contacts. A contact is within scope if it, or one of its conversations, is.
type ContactReader interface {
	// Contacts returns one page.
	Contacts(ctx context.Context, scope identity.Scope, q ContactQuery) (ContactPage, error)
	// Person returns the contact, or the one that it is merged into. ErrContactNotFound.
	Person(ctx context.Context, scope identity.Scope, id string) (Person, error)
	// Timeline returns conversations of the contact and of those merged into it within scope, newest first, after the
	// cursor (empty = from the newest). ErrContactNotFound.
	Timeline(ctx context.Context, scope identity.Scope, id, cursor string, limit int) (page []Conversation, next string, err error)
	// ContactAttributes returns what a site keeps about its contacts, in the site's order.
	ContactAttributes(ctx context.Context, scope identity.Scope, site int32) ([]Attribute, error)
}

// ContactWriter changes contacts. Each change of staff's writes its audit row in the same transaction.
type ContactWriter interface {
	// SaveContact applies an edit. ErrContactNotFound, ErrContactChanged.
	SaveContact(ctx context.Context, scope identity.Scope, e ContactEdit, by Author) error
	// MergeContacts makes into the contact that staff sees `from` as, and takes the two together: two merges at once, the
	// opposite of each other even, end in one. ErrContactNotFound, ErrMerged.
	MergeContacts(ctx context.Context, scope identity.Scope, from, into string, by Author) error
	// SplitContact takes a merge by hand back. ErrContactNotFound, ErrMerged.
	SplitContact(ctx context.Context, scope identity.Scope, id string, by Author) error
	// SaveContactAttributes replaces what a site keeps about its contacts. ErrContactNotFound for a site outside scope.
	SaveContactAttributes(ctx context.Context, scope identity.Scope, site int32, all []Attribute, by Author) error
}

// VisitorContacts is what visitors themselves bring.
type VisitorContacts interface {
	// Identify finds or makes the contact that the proof is about and, with an anonymous one, moves that one's
	// conversations there, all in one transaction.
	Identify(ctx context.Context, req IdentifyRequest, now time.Time) (Identified, error)
	// Arrive notes where the visitor is; at most one write a minute while nothing changes.
	Arrive(ctx context.Context, scope identity.Scope, a Arrival) error
	// NoteSpam stores a score that is higher than the stored one, unless a person cleared the contact.
	NoteSpam(ctx context.Context, contact string, s Spam) error
	// Gone reports whether the contact has moved into another, or was erased.
	Gone(ctx context.Context, contact string) (bool, error)
}

// ContactStore keeps contacts.
type ContactStore interface {
	ContactReader
	ContactWriter
	VisitorContacts
}

// Contacts is the one way to read and change contacts, within the caller's rights.
type Contacts struct {
	store ContactStore
	show  func(rows ...*Row)
	log   *slog.Logger
	clock func() time.Time
	fault func(point string) error // nil in service
}

// NewContacts returns Contacts that show what sign-ins append through show, which is [Service.Announce]: here and on the
// other nodes. A nil logger is slog.Default(), a nil clock time.Now.
func NewContacts(store ContactStore, show func(rows ...*Row), logger *slog.Logger, clock func() time.Time) (*Contacts, error) {
	if store == nil || show == nil {
		return nil, errors.New("contacts: a store and a way to show rows are required")
	}
	if logger == nil {
		logger = slog.Default()
	}
	if clock == nil {
		clock = time.Now
	}
	return &Contacts{store: store, show: show, log: logger, clock: clock}, nil
}

// WithFault returns the contacts with a fault function, which is called at their points of [FaultPoints]. For tests of faults only.
func (c *Contacts) WithFault(fault func(point string) error) *Contacts {
	with := *c
	with.fault = fault
	return &with
}

// commit runs a transaction between its points, and again when nobody knows what
// became of it: work is told so, and is safe to repeat. Once it has begun it is
// not given up with its caller.
func (c *Contacts) commit(ctx context.Context, before, after string, work func(ctx context.Context, again bool) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), commitTimeout, errors.New("contacts were not stored within 10 s"))
	defer cancel()
	for attempt := range 3 {
		if err = at(c.fault, before); err == nil {
			err = work(ctx, attempt > 0)
			if lost := at(c.fault, after); lost != nil && err == nil {
				err = lost
			}
		}
		if !errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// commitTimeout bounds a transaction on contacts with its repetitions.
const commitTimeout = 10 * time.Second

// List returns one page of contacts.
func (c *Contacts) List(ctx context.Context, actor identity.Actor, q ContactQuery) (ContactPage, error) {
	if err := permit(actor, identity.PermContactRead); err != nil {
		return ContactPage{}, err
	}
	switch q.Filter {
	case ContactsAll, ContactsIdentified, ContactsAnonymous, ContactsBlocked, ContactsSpam:
	default:
		return ContactPage{}, fmt.Errorf("%w: filter must be identified, anonymous, blocked or spam", ErrContactInvalid)
	}
	if err := contactText("search", q.Search, 200); err != nil {
		return ContactPage{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit, q.Search = min(q.Limit, 200), strings.TrimSpace(q.Search)
	page, err := c.store.Contacts(ctx, actor.Scope, q)
	if err != nil {
		return ContactPage{}, fmt.Errorf("list contacts: %w", err)
	}
	return page, nil
}

// One returns a contact, or the one that it is merged into.
func (c *Contacts) One(ctx context.Context, actor identity.Actor, id string) (Person, error) {
	if err := permit(actor, identity.PermContactRead); err != nil {
		return Person{}, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return Person{}, ErrContactNotFound
	}
	return c.store.Person(ctx, actor.Scope, id)
}

// Timeline returns the contact's conversations within the caller's scope, newest first.
func (c *Contacts) Timeline(ctx context.Context, actor identity.Actor, id, cursor string, limit int) (page []Conversation, next string, err error) {
	if err := permit(actor, identity.PermContactRead); err != nil {
		return nil, "", err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return nil, "", ErrContactNotFound
	}
	if limit <= 0 {
		limit = 20
	}
	return c.store.Timeline(ctx, actor.Scope, id, cursor, min(limit, 100))
}

// Save changes what is known of a contact and returns it.
func (c *Contacts) Save(ctx context.Context, actor identity.Actor, e ContactEdit) (Person, error) {
	if err := permit(actor, identity.PermContactWrite); err != nil {
		return Person{}, err
	}
	now, err := c.One(ctx, actor, e.ID)
	if err != nil {
		return Person{}, err
	}
	e.ID = now.ID
	if err := e.check(); err != nil {
		return Person{}, err
	}
	if len(e.Attributes) > 0 {
		known, err := c.store.ContactAttributes(ctx, actor.Scope, now.Site)
		if err != nil {
			return Person{}, fmt.Errorf("read contact attributes: %w", err)
		}
		if e.Attributes, err = checkAttributes(known, e.Attributes); err != nil {
			return Person{}, err
		}
	}
	if err := c.store.SaveContact(ctx, actor.Scope, e, author(actor)); err != nil {
		return Person{}, fmt.Errorf("save contact: %w", err)
	}
	return c.store.Person(ctx, actor.Scope, e.ID)
}

// check brings the edit's fields to the form in which they are stored.
func (e *ContactEdit) check() error {
	for _, f := range []struct {
		name  string
		value *string
		limit int
	}{{"name", e.Name, 200}, {"phone", e.Phone, 40}, {"email", e.Email, 254}} {
		if f.value == nil {
			continue
		}
		*f.value = strings.TrimSpace(*f.value)
		if f.name == "name" && utf8.ValidString(*f.value) { // one that cannot be seen is none
			*f.value = identity.VisibleName(*f.value)
		}
		if err := contactText(f.name, *f.value, f.limit); err != nil {
			return err
		}
	}
	if e.Email != nil && *e.Email != "" {
		email, err := identity.NormalizeEmail(*e.Email)
		if err != nil {
			return fmt.Errorf("%w: email must look like name@example.com", ErrContactInvalid)
		}
		e.Email = &email
	}
	return nil
}

// Merge makes `into` the contact that `from` is seen as. Conversations, open
// ones too, stay where they are and go on; who wrote them keeps seeing their own only.
func (c *Contacts) Merge(ctx context.Context, actor identity.Actor, from, into string) (Person, error) {
	if err := permit(actor, identity.PermContactAdmin); err != nil {
		return Person{}, err
	}
	from, ok := CanonicalID(from)
	if !ok {
		return Person{}, ErrContactNotFound
	}
	if into, ok = CanonicalID(into); !ok {
		return Person{}, ErrContactNotFound
	}
	if from == into {
		return Person{}, fmt.Errorf("%w: both are the same", ErrMerged)
	}
	if err := c.commit(ctx, PointMergeBefore, PointMergeCommitted, func(ctx context.Context, again bool) error {
		err := c.store.MergeContacts(ctx, actor.Scope, from, into, author(actor))
		if again && errors.Is(err, ErrMerged) && c.isMerged(ctx, actor, from, into) { // it was the lost commit that did it
			return nil
		}
		return err
	}); err != nil {
		return Person{}, fmt.Errorf("merge contacts: %w", err)
	}
	return c.store.Person(ctx, actor.Scope, into)
}

func (c *Contacts) isMerged(ctx context.Context, actor identity.Actor, from, into string) bool {
	p, err := c.store.Person(ctx, actor.Scope, into)
	return err == nil && p.ID == into && slices.ContainsFunc(p.Merged, func(m Contact) bool { return m.ID == from })
}

// Split takes a merge by hand back, and returns the contact that was merged.
func (c *Contacts) Split(ctx context.Context, actor identity.Actor, id string) (Person, error) {
	if err := permit(actor, identity.PermContactAdmin); err != nil {
		return Person{}, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return Person{}, ErrContactNotFound
	}
	if err := c.store.SplitContact(ctx, actor.Scope, id, author(actor)); err != nil {
		return Person{}, fmt.Errorf("split contact: %w", err)
	}
	return c.store.Person(ctx, actor.Scope, id)
}

// contactText is checkText with an error of contacts, for what stands on one line.
func contactText(field, text string, limit int) error {
	if err := checkText(field, text, limit); err != nil {
		return fmt.Errorf("%w: %s cannot be shown, or is longer than %d characters", ErrContactInvalid, field, limit)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%w: %s must be one line", ErrContactInvalid, field)
	}
	return nil
}

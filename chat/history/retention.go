package history

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Class is whose conversations a policy is about.
type Class string

// The classes. A contact is identified by a name, an address, or the site's word for them.
const (
	Anonymous  Class = "anonymous"
	Identified Class = "identified"
)

// MaxKeepDays bounds a policy: a hundred years.
const MaxKeepDays = 36_500

// Policy is for how many days a site keeps conversations after they were
// resolved, 0 = for ever. One that nobody resolved, and that no person holds or
// waits for, counts from its last message.
type Policy struct {
	Site       int32
	Version    int64 // 0 = nothing is set
	Anonymous  int
	Identified int
	UpdatedBy  string // user id
	ByName     string
	UpdatedAt  time.Time
	Last       *Run // the last run at this site
}

// Run is one run of a site's policy.
type Run struct {
	StartedAt time.Time
	EndedAt   time.Time // zero = it is at it, or was broken off and goes on
	Deleted
}

// Deleted counts what went, or would go.
type Deleted struct {
	Conversations int
	Messages      int64 // rows of the log
	Contacts      int   // who had no other conversation
}

// Preview is what a policy would delete now.
type Preview struct {
	Anonymous, Identified Deleted
	Oldest                time.Time // when the first of them was over; zero = there are none
}

// Erasure is the receipt of an erasure.
type Erasure struct {
	ID        string
	Site      int32
	Contact   string // the id, which then stands only in the record of earlier acts beside it
	Actor     string // user id
	ActorName string
	Reason    string
	Done      bool // false: the contact goes on writing, or a node has ended; [Keeper] goes on with it
	AskedAt   time.Time
	DoneAt    time.Time
	Counts    map[string]int64 // deleted rows by table
	// Articles are published articles or drafts that have a question word for word as the contact wrote it: an editor's
	// text by now, for an editor to look at. Only in the answer to the erasure, kept nowhere.
	Articles []ArticleRef
}

// ArticleRef names an article.
type ArticleRef struct{ ID, Locale string }

// Person is what an erasure would take.
type Person struct {
	Contact       chat.Contact
	Conversations int
	Messages      int64
	Open          []string // ids of conversations that are not resolved
}

// Cut is where a policy ends what it keeps: what was over before then goes; zero = nothing goes.
type Cut struct{ Anonymous, Identified time.Time }

// PrivacyStore keeps policies, deletes and erases.
type PrivacyStore interface {
	PolicyStore
	EraseStore
}

// PolicyStore keeps policies and does what they say.
type PolicyStore interface {
	// Policies returns the policy of each site in scope, also where nothing is set.
	Policies(ctx context.Context, scope identity.Scope) ([]Policy, error)
	// SavePolicy stores a policy whose version is the stored one's; [ErrConflict] otherwise.
	SavePolicy(ctx context.Context, scope identity.Scope, p Policy) (Policy, error)
	// Expired counts what a cut would delete.
	Expired(ctx context.Context, site int32, cut Cut) (Preview, error)
	// DropExpired deletes up to limit conversations that the cut lets go, each as if it had never been, and names them.
	DropExpired(ctx context.Context, site int32, cut Cut, limit int) (Deleted, []chat.Gone, error)
	// StartRun and SaveRun keep account of a run.
	StartRun(ctx context.Context, site int32, actor string, at time.Time) (id int64, err error)
	SaveRun(ctx context.Context, id int64, d Deleted, ended time.Time) error
}

// EraseStore forgets contacts.
type EraseStore interface {
	// Person returns what is known of a contact in scope, merged ones included. identity.ErrNotFound.
	Person(ctx context.Context, scope identity.Scope, contact string) (Person, error)
	// People returns contacts in scope with this id or address, or with q in their name: at most limit.
	People(ctx context.Context, scope identity.Scope, q string, limit int) ([]Person, error)
	// AddErasure stores that a contact is to be erased. [ErrRunning] when that was asked for already.
	AddErasure(ctx context.Context, e Erasure) error
	// Quotes returns articles that have a question of the contact's word for word.
	Quotes(ctx context.Context, site int32, contact string) ([]ArticleRef, error)
	// EraseSome deletes up to limit of the contact's resolved conversations, and with the last of them the contact; done
	// says that nothing is left and the receipt is closed. It names what it deleted.
	EraseSome(ctx context.Context, id string, limit int, now time.Time) (gone []chat.Gone, done bool, err error)
	// Erasures returns receipts of sites in scope, newest first. Erasure returns one. identity.ErrNotFound.
	Erasures(ctx context.Context, scope identity.Scope, limit int) ([]Erasure, error)
	Erasure(ctx context.Context, scope identity.Scope, id string) (Erasure, error)
	// Unfinished returns erasures, id and contact, that nobody has worked on since then.
	Unfinished(ctx context.Context, since time.Time) ([]Erasure, error)
}

// Closer ends conversations, and tells who shows them that they are no more; *chat.Service is one.
type Closer interface {
	// Resolve closes a conversation. chat.ErrResolved, chat.ErrNotFound.
	Resolve(ctx context.Context, actor identity.Actor, conv string) (chat.Conversation, error)
	// Gone says that conversations were deleted, for a reason of chat.GoneErased and the like. It does not block.
	Gone(reason string, list ...chat.Gone)
}

const (
	eraseBatch = 25 // conversations that a transaction deletes
	// eraseRounds bounds an erasure by rounds after which there is no less of the contact than before: who writes on
	// faster than they are forgotten is for the keeper, who comes back.
	eraseRounds = 20
)

// Privacy is how long conversations are kept, and how a contact is forgotten.
type Privacy struct {
	store PrivacyStore
	chat  Closer
	clock func() time.Time
}

// NewPrivacy returns a Privacy. A nil clock is time.Now.
func NewPrivacy(store PrivacyStore, closer Closer, clock func() time.Time) (*Privacy, error) {
	if store == nil || closer == nil {
		return nil, errors.New("privacy: a store and a closer are required")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Privacy{store: store, chat: closer, clock: clock}, nil
}

func permitPrivacy(actor identity.Actor) error {
	if !actor.Can(identity.PermPrivacy) {
		return fmt.Errorf("%s: %w", identity.PermPrivacy, identity.ErrForbidden)
	}
	return nil
}

// Policies returns the policies of the actor's sites. Errors: identity.ErrForbidden.
func (p *Privacy) Policies(ctx context.Context, actor identity.Actor) ([]Policy, error) {
	if err := permitPrivacy(actor); err != nil {
		return nil, err
	}
	list, err := p.store.Policies(ctx, actor.Scope)
	if err != nil {
		return nil, fmt.Errorf("read retention policies: %w", err)
	}
	return list, nil
}

// Save stores a policy. It deletes nothing by itself: the next run does.
// Errors: [ErrInvalid], [ErrConflict], identity.ErrNotFound, identity.ErrForbidden.
func (p *Privacy) Save(ctx context.Context, actor identity.Actor, policy Policy) (Policy, error) {
	if err := p.check(actor, policy); err != nil {
		return Policy{}, err
	}
	policy.UpdatedBy, policy.ByName, policy.UpdatedAt = actor.ID, actor.Name, p.clock().UTC()
	saved, err := p.store.SavePolicy(ctx, actor.Scope, policy)
	if err != nil {
		return Policy{}, fmt.Errorf("save retention policy: %w", err)
	}
	return saved, nil
}

// Preview counts what a policy would delete if it ran now. Errors as [Privacy.Save]'s.
func (p *Privacy) Preview(ctx context.Context, actor identity.Actor, policy Policy) (Preview, error) {
	if err := p.check(actor, policy); err != nil {
		return Preview{}, err
	}
	v, err := p.store.Expired(ctx, policy.Site, policy.cut(p.clock()))
	if err != nil {
		return Preview{}, fmt.Errorf("preview retention policy: %w", err)
	}
	return v, nil
}

func (p *Privacy) check(actor identity.Actor, policy Policy) error {
	if err := permitPrivacy(actor); err != nil {
		return err
	}
	if !wholeSite(actor.Scope, policy.Site) {
		return identity.ErrNotFound
	}
	for name, days := range map[string]int{"anonymous_days": policy.Anonymous, "identified_days": policy.Identified} {
		if days < 0 || days > MaxKeepDays {
			return fmt.Errorf("%w: %s must be within 0–%d; 0 keeps for ever", ErrInvalid, name, MaxKeepDays)
		}
	}
	return nil
}

// wholeSite reports whether the scope has all of a site: a policy and an erasure do not stop at a department.
func wholeSite(scope identity.Scope, site int32) bool {
	return scope.Contact == "" && (scope.All || scope.AllDepartments) && scope.Allows(site, 0, "")
}

// cut turns days into times.
func (p Policy) cut(now time.Time) (c Cut) {
	if p.Anonymous > 0 {
		c.Anonymous = now.AddDate(0, 0, -p.Anonymous).UTC()
	}
	if p.Identified > 0 {
		c.Identified = now.AddDate(0, 0, -p.Identified).UTC()
	}
	return c
}

// Person returns what an erasure of the contact would take. Errors: identity.ErrNotFound, identity.ErrForbidden.
func (p *Privacy) Person(ctx context.Context, actor identity.Actor, contact string) (Person, error) {
	if err := permitPrivacy(actor); err != nil {
		return Person{}, err
	}
	contact, ok := chat.CanonicalID(contact)
	if !ok {
		return Person{}, identity.ErrNotFound
	}
	person, err := p.store.Person(ctx, actor.Scope, contact)
	if err != nil {
		return Person{}, fmt.Errorf("read contact: %w", err)
	}
	if !wholeSite(actor.Scope, person.Contact.Site) {
		return Person{}, identity.ErrNotFound
	}
	return person, nil
}

// People looks for contacts by id, e-mail address or a part of the name, at most
// twenty. Errors: [ErrInvalid], identity.ErrForbidden.
func (p *Privacy) People(ctx context.Context, actor identity.Actor, q string) ([]Person, error) {
	if err := permitPrivacy(actor); err != nil {
		return nil, err
	}
	if q = strings.TrimSpace(q); q == "" || !utf8.ValidString(q) || strings.ContainsRune(q, 0) || utf8.RuneCountInString(q) > 200 {
		return nil, fmt.Errorf("%w: q must be an id, an e-mail address or a part of a name", ErrInvalid)
	}
	list, err := p.store.People(ctx, actor.Scope, q, 20)
	if err != nil {
		return nil, fmt.Errorf("look for contacts: %w", err)
	}
	return list, nil
}

// Erase forgets a contact: open conversations are resolved first, so that agents'
// work and the queue stay right, then everything goes, little by little. When
// the server ends in the middle, another one goes on. It returns the receipt,
// which is not done while the contact is still there.
// Errors: [ErrInvalid], [ErrRunning], identity.ErrNotFound, identity.ErrForbidden.
func (p *Privacy) Erase(ctx context.Context, actor identity.Actor, contact, reason string) (Erasure, error) {
	person, err := p.Person(ctx, actor, contact)
	if err != nil {
		return Erasure{}, err
	}
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > 500 {
		return Erasure{}, fmt.Errorf("%w: reason must be text of at most 500 characters", ErrInvalid)
	}
	now := p.clock().UTC()
	e := Erasure{
		ID: chat.NewID(now), Site: person.Contact.Site, Contact: person.Contact.ID, Actor: actor.ID, ActorName: actor.Name, Reason: reason, AskedAt: now,
	}
	articles, err := p.store.Quotes(ctx, e.Site, e.Contact)
	if err != nil {
		return Erasure{}, fmt.Errorf("look for quotes of the contact: %w", err)
	}
	if err := p.store.AddErasure(ctx, e); err != nil {
		return Erasure{}, fmt.Errorf("erase contact: %w", err)
	}
	// From here on it is done, also when the caller goes away.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 10*time.Minute, errors.New("erasing took too long"))
	defer cancel()
	if err := p.forget(ctx, e.ID, e.Contact); err != nil {
		return Erasure{}, fmt.Errorf("erase contact: %w", err)
	}
	e, err = p.store.Erasure(ctx, actor.Scope, e.ID)
	e.Articles = articles
	if err != nil {
		return Erasure{}, fmt.Errorf("erase contact: %w", err)
	}
	return e, nil
}

// forget does an erasure to its end. While the contact goes on writing it takes
// what there is, round by round, and leaves the rest to the keeper.
func (p *Privacy) forget(ctx context.Context, id, contact string) error {
	least := math.MaxInt
	for stuck := 0; stuck < eraseRounds; {
		person, err := p.store.Person(ctx, identity.Everything(), contact)
		switch {
		case errors.Is(err, identity.ErrNotFound): // the contact is gone already
		case err != nil:
			return err
		}
		for _, conv := range person.Open {
			_, err := p.chat.Resolve(ctx, identity.System(), conv)
			if err != nil && !errors.Is(err, chat.ErrResolved) && !errors.Is(err, chat.ErrNotFound) {
				return fmt.Errorf("resolve %s: %w", conv, err)
			}
		}
		gone, done, err := p.store.EraseSome(ctx, id, eraseBatch, p.clock().UTC())
		if err != nil {
			return err
		}
		p.chat.Gone(chat.GoneErased, gone...) // a colleague's open page holds every word until it hears this
		if done {
			return nil
		}
		if stuck++; person.Conversations < least {
			least, stuck = person.Conversations, 0
		}
	}
	return nil
}

// Receipts returns the erasures at the actor's sites, newest first. Errors: identity.ErrForbidden.
func (p *Privacy) Receipts(ctx context.Context, actor identity.Actor) ([]Erasure, error) {
	if err := permitPrivacy(actor); err != nil {
		return nil, err
	}
	list, err := p.store.Erasures(ctx, actor.Scope, 200)
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	return list, nil
}

// Receipt returns one erasure. Errors: identity.ErrNotFound, identity.ErrForbidden.
func (p *Privacy) Receipt(ctx context.Context, actor identity.Actor, id string) (Erasure, error) {
	if err := permitPrivacy(actor); err != nil {
		return Erasure{}, err
	}
	id, ok := chat.CanonicalID(id)
	if !ok {
		return Erasure{}, identity.ErrNotFound
	}
	return p.store.Erasure(ctx, actor.Scope, id)
}

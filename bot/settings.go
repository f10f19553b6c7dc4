package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"frontdesk/internal/identity"
)

// PolicyStore keeps the policies; *postgres.BotSettings is one.
type PolicyStore interface {
	// Policy returns what is set at a site within scope, the zero Policy where nothing is.
	Policy(ctx context.Context, scope identity.Scope, site int32) (Policy, error)
	// SavePolicy sets it, together with an audit row, if the site's version is still
	// p.Version, and returns it with the next one. Errors: [ErrPolicyConflict],
	// identity.ErrNotFound (no such site in scope).
	SavePolicy(ctx context.Context, scope identity.Scope, site int32, p Policy, actor string, at time.Time) (Policy, error)
}

// policyAge is how old a policy in memory may get: with the time of a turn it
// stays within the second in which every node sees a change.
const policyAge = 500 * time.Millisecond

// Settings reads and changes the policies of sites. It is safe for concurrent use.
type Settings struct {
	store PolicyStore
	clock func() time.Time

	mu    sync.Mutex // guards sites; never held while the store is read
	sites map[int32]heldPolicy
}

// heldPolicy is one site's, at most one entry each: bounded by the number of sites.
type heldPolicy struct {
	policy Policy
	read   time.Time
}

var _ Policies = (*Settings)(nil)

// NewSettings returns settings over store. A nil clock is time.Now.
func NewSettings(store PolicyStore, clock func() time.Time) (*Settings, error) {
	if store == nil {
		return nil, errors.New("bot: NewSettings needs a store")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Settings{store: store, clock: clock, sites: map[int32]heldPolicy{}}, nil
}

// Policy implements [Policies]. Errors are the store's: who cannot read whether
// the bot may speak must not let it speak.
func (s *Settings) Policy(ctx context.Context, site int32) (Policy, error) {
	now := s.clock()
	s.mu.Lock()
	held, ok := s.sites[site]
	s.mu.Unlock()
	if ok && now.Sub(held.read) < policyAge && !now.Before(held.read) {
		return held.policy, nil
	}
	p, err := s.store.Policy(ctx, identity.System().Scope, site)
	if err != nil {
		return Policy{}, fmt.Errorf("read the bot's settings: %w", err)
	}
	s.hold(site, p, now)
	return p, nil
}

// hold keeps p unless a newer one is there already. read is when the reading began.
func (s *Settings) hold(site int32, p Policy, read time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.sites[site]; ok && (held.policy.Version > p.Version || held.read.After(read)) {
		return
	}
	s.sites[site] = heldPolicy{policy: p, read: read}
}

// Get returns a site's policy as it is stored. Errors: identity.ErrForbidden,
// identity.ErrNotFound (not in the actor's scope).
func (s *Settings) Get(ctx context.Context, actor identity.Actor, site int32) (Policy, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Policy{}, fmt.Errorf("read the bot's settings: %w", identity.ErrForbidden)
	}
	p, err := s.store.Policy(ctx, actor.Scope, site)
	if err != nil {
		return Policy{}, fmt.Errorf("read the bot's settings: %w", err)
	}
	if p.Version == 0 {
		p.Mode, p.Percent = ModeLive, 100
	}
	return p, nil
}

// Save changes a site's policy; p.Version is the one that was edited. This node
// follows at once, the others within a second. Errors: [ErrPolicy],
// [ErrPolicyConflict], identity.ErrForbidden, identity.ErrNotFound.
func (s *Settings) Save(ctx context.Context, actor identity.Actor, site int32, p Policy) (Policy, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Policy{}, fmt.Errorf("change the bot's settings: %w", identity.ErrForbidden)
	}
	if err := p.Validate(); err != nil {
		return Policy{}, err
	}
	now := s.clock()
	saved, err := s.store.SavePolicy(ctx, actor.Scope, site, p, actor.ID, now.UTC())
	if err != nil {
		return Policy{}, fmt.Errorf("change the bot's settings: %w", err)
	}
	s.hold(site, saved, now)
	return saved, nil
}

package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/identity"
)

// BlockKind says what an entry of the block list is about.
type BlockKind string

// The kinds.
const (
	BlockContact BlockKind = "contact"
	BlockAddress BlockKind = "address"      // a network prefix
	BlockDomain  BlockKind = "email_domain" // and its subdomains
)

// Block keeps somebody from writing.
type Block struct {
	ID        string
	Site      int32
	Kind      BlockKind
	Contact   Contact // of BlockContact
	Prefix    string  // of BlockAddress, "203.0.113.0/24"
	Domain    string  // of BlockDomain, lower case
	Reason    string  // for staff
	CreatedAt time.Time
	Creator   string    // a person's name
	ExpiresAt time.Time // zero = never
	LiftedAt  time.Time // zero = not lifted
	Lifter    string
}

// Live reports whether the entry holds at now.
func (b Block) Live(now time.Time) bool {
	return b.LiftedAt.IsZero() && (b.ExpiresAt.IsZero() || now.Before(b.ExpiresAt))
}

// Barred is a live entry as it is checked: with every contact that one of kind contact stands for.
type Barred struct {
	Site     int32
	Kind     BlockKind
	Contacts []string // the contact and those merged with it; those with an address of the domain, if asked for
	Prefix   string
	Domain   string
	Expires  time.Time // zero = never
}

// BlockStore keeps the block list. Each change writes its audit row in the same transaction.
type BlockStore interface {
	// Blocks returns the newest entries of the sites within scope, live ones only or all, at most limit.
	Blocks(ctx context.Context, scope identity.Scope, site int32, live bool, limit int) ([]Block, error)
	// Block returns one entry, or ErrBlockNotFound.
	Block(ctx context.Context, scope identity.Scope, id string) (Block, error)
	// AddBlock stores an entry, or makes one that holds about the same last until the later end. ErrContactNotFound when the contact or the site is not within scope.
	AddBlock(ctx context.Context, scope identity.Scope, b Block, by Author) (Block, error)
	// LiftBlock ends one, or returns ErrBlockNotFound. Lifting twice changes nothing.
	LiftBlock(ctx context.Context, scope identity.Scope, id string, by Author) (Block, error)
	// Barred returns every live entry; those of domains with their contacts only if members.
	Barred(ctx context.Context, members bool) ([]Barred, error)
}

const (
	// blocksAge is how old a node's copy of the block list may be: a block holds on all nodes after that.
	blocksAge = 3 * time.Second
	// membersAge is how old may be what a node knows of whose address is of a barred domain: a domain can have many. A
	// new entry is read with its contacts, and an address that a visitor leaves is compared then.
	membersAge = 30 * time.Second
	// maxBlockList is the most entries that one list shows.
	maxBlockList = 500
)

// Blocklist says who may not write. It keeps the list in memory: a message costs no read.
type Blocklist struct {
	store BlockStore
	log   *slog.Logger
	clock func() time.Time
	now   atomic.Pointer[barredSites]

	reading   sync.Mutex // one reading at a time: an older one must not replace a newer
	members   map[domainAt][]string
	membersAt time.Time // when members was read; zero = never
}

// domainAt is a barred domain of a site.
type domainAt struct {
	site   int32
	domain string
}

type barredSites map[int32]*barredSite

type barredSite struct {
	contacts map[string]time.Time // until when; zero = for good
	prefixes []barredPrefix
	domains  []barredDomain
}

type barredPrefix struct {
	prefix netip.Prefix
	until  time.Time
}

type barredDomain struct {
	domain string
	until  time.Time
}

// NewBlocklist returns a list that is empty until it is read, by [Blocklist.Load] before anybody writes and then by
// [Blocklist.Run]. A nil logger is slog.Default(), a nil clock time.Now.
func NewBlocklist(store BlockStore, logger *slog.Logger, clock func() time.Time) (*Blocklist, error) {
	if store == nil {
		return nil, errors.New("block list: a store is required")
	}
	if logger == nil {
		logger = slog.Default()
	}
	if clock == nil {
		clock = time.Now
	}
	b := &Blocklist{store: store, log: logger, clock: clock}
	b.now.Store(&barredSites{})
	return b, nil
}

// Run reads the list now and then until ctx ends, so that what other nodes change holds here too.
func (b *Blocklist) Run(ctx context.Context) error {
	t := time.NewTicker(blocksAge)
	defer t.Stop()
	for {
		if err := b.read(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("block list is not up to date", "error", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Load reads the list once. A node that serves before it did would let those write who may not.
func (b *Blocklist) Load(ctx context.Context) error { return b.read(ctx) }

// entries returns every live entry with its contacts. Of domains they are read
// now and then, or when there is one that was not there before.
func (b *Blocklist) entries(ctx context.Context) ([]Barred, error) {
	now := b.clock()
	whole := b.membersAt.IsZero() || now.Sub(b.membersAt) >= membersAge || now.Before(b.membersAt)
	all, err := b.store.Barred(ctx, whole)
	if err != nil {
		return nil, err
	}
	if !whole && slices.ContainsFunc(all, func(e Barred) bool {
		_, known := b.members[domainAt{e.Site, e.Domain}]
		return e.Kind == BlockDomain && !known
	}) {
		whole = true
		if all, err = b.store.Barred(ctx, true); err != nil {
			return nil, err
		}
	}
	if whole {
		b.members, b.membersAt = map[domainAt][]string{}, now
	}
	for i, e := range all {
		if e.Kind != BlockDomain {
			continue
		}
		if at := (domainAt{e.Site, e.Domain}); whole {
			b.members[at] = e.Contacts
		} else {
			all[i].Contacts = b.members[at]
		}
	}
	return all, nil
}

func (b *Blocklist) read(ctx context.Context) error {
	b.reading.Lock()
	defer b.reading.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("reading the block list took longer than 10 s"))
	defer cancel()
	all, err := b.entries(ctx)
	if err != nil {
		return fmt.Errorf("read block list: %w", err)
	}
	sites := barredSites{}
	for _, e := range all {
		s := sites[e.Site]
		if s == nil {
			s = &barredSite{contacts: map[string]time.Time{}}
			sites[e.Site] = s
		}
		for _, id := range e.Contacts {
			if until, ok := s.contacts[id]; !ok || !until.IsZero() && (e.Expires.IsZero() || e.Expires.After(until)) {
				s.contacts[id] = e.Expires
			}
		}
		switch e.Kind {
		case BlockContact:
		case BlockAddress:
			if p, err := netip.ParsePrefix(e.Prefix); err == nil {
				s.prefixes = append(s.prefixes, barredPrefix{p, e.Expires})
			}
		case BlockDomain:
			s.domains = append(s.domains, barredDomain{e.Domain, e.Expires})
		}
	}
	b.now.Store(&sites)
	return nil
}

// Check returns [ErrBlocked] if the contact of the site, from that network
// address (an address or a prefix; anything else is not compared), may not
// write. It waits for nothing.
func (b *Blocklist) Check(site int32, contact, address string) error {
	s := (*b.now.Load())[site]
	if s == nil {
		return nil
	}
	now := b.clock()
	if until, ok := s.contacts[contact]; ok && holds(until, now) {
		return ErrBlocked
	}
	if len(s.prefixes) > 0 {
		if from, ok := parsePrefix(address); ok {
			for _, p := range s.prefixes {
				if p.prefix.Bits() <= from.Bits() && p.prefix.Contains(from.Addr()) && holds(p.until, now) {
					return ErrBlocked
				}
			}
		}
	}
	return nil
}

// CheckEmail returns [ErrBlocked] for an address of a domain that is barred at the site.
func (b *Blocklist) CheckEmail(site int32, email string) error {
	if s := (*b.now.Load())[site]; s != nil {
		return s.checkEmail(email, b.clock())
	}
	return nil
}

func (s *barredSite) checkEmail(email string, now time.Time) error {
	domain := strings.ToLower(strings.TrimSpace(email))
	// After the last @: the part before it may hold one in quotes (RFC 5321, section 4.1.2).
	domain = domain[strings.LastIndexByte(domain, '@')+1:]
	for _, d := range s.domains {
		if (domain == d.domain || strings.HasSuffix(domain, "."+d.domain)) && holds(d.until, now) {
			return ErrBlocked
		}
	}
	return nil
}

func holds(until, now time.Time) bool { return until.IsZero() || now.Before(until) }

// List returns the newest entries of the sites within the caller's scope.
func (b *Blocklist) List(ctx context.Context, actor identity.Actor, site int32, live bool) ([]Block, error) {
	if err := permit(actor, identity.PermContactRead); err != nil {
		return nil, err
	}
	return b.store.Blocks(ctx, actor.Scope, site, live, maxBlockList)
}

// Add stores an entry, or makes the one that bars the same longer; it holds at once on this node and within seconds on the
// others. A contact may be blocked by any agent who sees it, the rest of the list is the admins'.
func (b *Blocklist) Add(ctx context.Context, actor identity.Actor, e Block) (Block, error) {
	p := identity.PermContactAdmin
	if e.Kind == BlockContact {
		p = identity.PermContactWrite
	}
	if err := permit(actor, p); err != nil {
		return Block{}, err
	}
	now := b.clock()
	if err := e.check(now); err != nil {
		return Block{}, err
	}
	e.ID = NewID(now)
	added, err := b.store.AddBlock(ctx, actor.Scope, e, author(actor))
	if err != nil {
		return Block{}, fmt.Errorf("add to block list: %w", err)
	}
	return added, b.read(ctx)
}

// Lift ends an entry; who could add it can lift it.
func (b *Blocklist) Lift(ctx context.Context, actor identity.Actor, id string) (Block, error) {
	if err := permit(actor, identity.PermContactWrite); err != nil {
		return Block{}, err
	}
	id, ok := CanonicalID(id)
	if !ok {
		return Block{}, ErrBlockNotFound
	}
	e, err := b.store.Block(ctx, actor.Scope, id)
	if err != nil {
		return Block{}, fmt.Errorf("lift block: %w", err)
	}
	if e.Kind != BlockContact {
		if err := permit(actor, identity.PermContactAdmin); err != nil {
			return Block{}, err
		}
	}
	lifted, err := b.store.LiftBlock(ctx, actor.Scope, id, author(actor))
	if err != nil {
		return Block{}, fmt.Errorf("lift block: %w", err)
	}
	return lifted, b.read(ctx)
}

// maxBlockYears is how far ahead a block may end.
const maxBlockYears = 10

// check brings the entry to the form in which it is stored.
func (b *Block) check(now time.Time) error {
	bad := func(why string) error { return fmt.Errorf("%w: %s", ErrContactInvalid, why) }
	b.Reason = strings.TrimSpace(b.Reason)
	if err := contactText("reason", b.Reason, 500); err != nil {
		return err
	}
	if !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(now) {
		return bad("expires_at lies in the past")
	}
	// A year of five digits is stored, but cannot be told again: JSON has no form for it (RFC 3339).
	if b.ExpiresAt.After(now.AddDate(maxBlockYears, 0, 0)) {
		return bad("expires_at lies more than ten years ahead; leave it out for a block without an end")
	}
	switch b.Kind {
	case BlockContact:
		id, ok := CanonicalID(b.Contact.ID)
		if !ok {
			return ErrContactNotFound
		}
		b.Contact.ID, b.Prefix, b.Domain = id, "", ""
	case BlockAddress:
		p, ok := parsePrefix(strings.TrimSpace(b.Prefix))
		if !ok {
			return bad("prefix must be an IP address or a network such as 203.0.113.0/24")
		}
		if p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 16 {
			return bad("prefix is too wide: at least /8, or /16 of IPv6")
		}
		if p.Overlaps(netip.MustParsePrefix("127.0.0.0/8")) || p.Overlaps(netip.MustParsePrefix("::1/128")) {
			return bad("prefix holds this machine's own address: every visitor of a proxy on it has that; see web.trust_proxy")
		}
		if p.Addr().Is6() && p.Bits() > 64 { // what is compared is the /64
			p = netip.PrefixFrom(p.Addr(), 64).Masked()
		}
		b.Prefix, b.Domain, b.Contact = p.String(), "", Contact{}
	case BlockDomain:
		d := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(b.Domain)), "@")
		if !domainName(d) {
			return bad("domain must look like example.com: letters, digits, hyphens and dots")
		}
		b.Domain, b.Prefix, b.Contact = d, "", Contact{}
	default:
		return bad("kind must be contact, address or email_domain")
	}
	return nil
}

// domainName reports whether s is a domain in small letters of at least two labels, of any script.
func domainName(s string) bool {
	labels := strings.Split(s, ".")
	return len(s) <= 253 && len(labels) > 1 && utf8.ValidString(s) && !slices.Contains(labels, "") && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	})
}

// parsePrefix reads an address or a network; mapped IPv4 addresses are IPv4.
func parsePrefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

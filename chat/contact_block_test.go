package chat_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// barredStore is a block list in memory that counts how often the contacts of domains are read.
type barredStore struct {
	chat.BlockStore
	all     []chat.Barred
	members int
	broken  bool
}

func (s *barredStore) Barred(_ context.Context, members bool) ([]chat.Barred, error) {
	if s.broken {
		return nil, chat.ErrUnavailable
	}
	var out []chat.Barred
	for _, e := range s.all {
		if e.Kind == chat.BlockDomain && !members {
			e.Contacts = nil
		}
		out = append(out, e)
	}
	if members {
		s.members++
	}
	return out, nil
}

func (s *barredStore) AddBlock(_ context.Context, _ identity.Scope, b chat.Block, _ chat.Author) (chat.Block, error) {
	s.all = append(s.all, chat.Barred{Site: b.Site, Kind: b.Kind, Prefix: b.Prefix, Domain: b.Domain})
	return b, nil
}

func blocklist(t *testing.T, s *barredStore, clock func() time.Time) *chat.Blocklist {
	t.Helper()
	b, err := chat.NewBlocklist(s, nil, clock)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhoseAddressIsBarredIsReadNowAndThenNotWithEachReading(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &barredStore{all: []chat.Barred{{Site: 1, Kind: chat.BlockDomain, Domain: "junk.example", Contacts: []string{"a"}}}}
	b := blocklist(t, s, func() time.Time { return now })
	load := func() {
		t.Helper()
		if err := b.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	barred := func(contact string, want bool) {
		t.Helper()
		if err := b.Check(1, contact, ""); errors.Is(err, chat.ErrBlocked) != want {
			t.Errorf("%s: %v", contact, err)
		}
	}
	for range 9 {
		load()
		barred("a", true)
		now = now.Add(3 * time.Second)
	}
	if s.members != 1 {
		t.Errorf("the contacts were read %d times in half a minute", s.members)
	}
	s.all = append(s.all, chat.Barred{Site: 1, Kind: chat.BlockDomain, Domain: "spam.example", Contacts: []string{"b"}})
	load() // a new entry holds with the next reading, its contacts with it
	barred("b", true)
	s.all = s.all[1:] // lifted
	load()
	barred("a", false)
	barred("b", true)
	s.all[0].Contacts = []string{"b", "c"} // who gave such an address since
	load()
	barred("c", false)
	now = now.Add(30 * time.Second)
	load()
	barred("c", true)
	s.broken = true
	if err := b.Load(t.Context()); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("a list that cannot be read: %v", err)
	}
	barred("c", true) // what was read last holds
}

func TestAnAddressOfABarredDomainIsRefusedHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	boss := identity.User{Name: "boss", Role: identity.RoleAdmin, Sites: []int32{1}}.Actor()
	b := blocklist(t, &barredStore{}, nil)
	for _, domain := range []string{"%.com", "a_b.example", `a\b.example`, "junk..example", ".junk.example", "junk.example.", "example", "a b.example", "", "a,b.example"} {
		if _, err := b.Add(t.Context(), boss, chat.Block{Site: 1, Kind: chat.BlockDomain, Domain: domain}); !errors.Is(err, chat.ErrContactInvalid) {
			t.Errorf("%q: %v", domain, err)
		}
	}
	for _, domain := range []string{"@Junk.example", "例子.公司", "xn--fsqu00a.xn--55qx5d"} {
		if _, err := b.Add(t.Context(), boss, chat.Block{Site: 1, Kind: chat.BlockDomain, Domain: domain}); err != nil {
			t.Errorf("%q: %v", domain, err)
		}
	}
	for email, want := range map[string]bool{
		"x@junk.example": true, " x@JUNK.example\t": true, "x@mail.junk.example": true, `"a@b"@junk.example`: true, "x@例子.公司": true,
		"x@notjunk.example": false, "junk.example@good.example": false, `"x@junk.example"@good.example`: false, "": false,
	} {
		if err := b.CheckEmail(1, email); errors.Is(err, chat.ErrBlocked) != want {
			t.Errorf("%q: %v", email, err)
		}
	}
}

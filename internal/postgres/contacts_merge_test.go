package postgres

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// file is what is known of a contact by itself.
type file struct {
	Name, Email, Phone string
	Attributes         string
	Version            int32
	Merged             bool
}

// file reads a contact's own row.
func (d *desk) file(id string) (f file) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), "SELECT name, email, phone, attributes::text, version, merged_into IS NOT NULL FROM contacts WHERE id = $1", id).
		Scan(&f.Name, &f.Email, &f.Phone, &f.Attributes, &f.Version, &f.Merged); err != nil {
		d.t.Fatal(err)
	}
	return f
}

// known makes a visitor of whom that is known.
func (d *desk) known(name, email, phone, attributes string) (identity.Actor, chat.Conversation) {
	d.t.Helper()
	v, conv := d.visitor()
	d.say(v, conv.ID, "hello")
	d.exec("UPDATE contacts SET name = $2, email = $3, phone = $4, attributes = $5 WHERE id = $1", v.ID, name, email, phone, attributes)
	return v, conv
}

func merge(t *testing.T, c *chat.Contacts, boss identity.Actor, from, into string) chat.Person {
	t.Helper()
	p, err := c.Merge(t.Context(), boss, from, into)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func split(t *testing.T, c *chat.Contacts, boss identity.Actor, id string) chat.Person {
	t.Helper()
	p, err := c.Split(t.Context(), boss, id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAMergeTakenBackLeavesBothCardsAsTheyWere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	if _, err := c.SaveAttributes(t.Context(), boss, 1, []chat.Attribute{{Key: "plan", Type: chat.AttributeText}, {Key: "seats", Type: chat.AttributeNumber}}); err != nil {
		t.Fatal(err)
	}
	anna, _ := d.known("Anna", "anna@example.com", "", `{"plan": "free"}`)
	bob, bobs := d.known("Bob", "bob@example.com", "+49 30 1", `{"plan": "pro", "seats": 3}`)
	wasAnna, err := c.One(t.Context(), boss, anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	wasBob, err := c.One(t.Context(), boss, bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	card := merge(t, c, boss, bob.ID, anna.ID)
	if card.Name != "Anna" || card.Email != "anna@example.com" || card.Phone != "+49 30 1" || card.Attributes["plan"] != "free" || card.Attributes["seats"] != 3.0 || card.Conversations != 2 || card.Visits != 2 {
		t.Errorf("merged: %+v", card)
	}
	if len(card.Merged) != 1 || card.Merged[0].Name != "Bob" || card.Merged[0].Email != "bob@example.com" { // to be told apart
		t.Errorf("merged: %+v", card.Merged)
	}
	head, err := d.Conversation(t.Context(), boss, bobs.ID)
	if err != nil || head.Contact.Name != "Anna" || head.Contact.Email != "anna@example.com" {
		t.Errorf("bob's conversation is of %+v, %v", head.Contact, err)
	}
	// An edit meanwhile is of the person whom staff sees.
	saved, err := c.Save(t.Context(), boss, chat.ContactEdit{ID: anna.ID, Version: card.Version, Name: new("Anna Berg")})
	if err != nil || saved.Name != "Anna Berg" {
		t.Fatalf("%+v, %v", saved, err)
	}
	if head, err = d.Conversation(t.Context(), boss, bobs.ID); err != nil || head.Contact.Name != "Anna Berg" {
		t.Errorf("bob's conversation is of %+v, %v", head.Contact, err)
	}
	back := split(t, c, boss, bob.ID)
	forget := func(p *chat.Person) { p.Version = 0 }
	for _, p := range []*chat.Person{&wasAnna, &wasBob, &back} {
		forget(p)
	}
	if !reflect.DeepEqual(back, wasBob) {
		t.Errorf("bob is %+v\nwas    %+v", back, wasBob)
	}
	again, err := c.One(t.Context(), boss, anna.ID)
	forget(&again)
	wasAnna.Name = "Anna Berg"
	if err != nil || !reflect.DeepEqual(again, wasAnna) {
		t.Errorf("anna is %+v\nwas     %+v, %v", again, wasAnna, err)
	}
}

func TestWhoWasMergedIntoAContactGoesWithIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	x, _ := d.known("Xia", "", "", "{}")
	b, bobs := d.known("Bob", "bob@example.com", "", "{}")
	m, _ := d.known("", "mia@example.com", "+49 30 2", "{}")
	past, pasts := d.visitor() // Bob's own, before he signed in
	d.say(past, pasts.ID, "before the sign-in")
	d.exec("UPDATE contacts SET identified_at = now() WHERE id = $1", b.ID)
	d.exec("INSERT INTO contact_identities (site_id, kind, value, contact_id) VALUES (1, 'id', 'bob', $1)", b.ID)
	become(t, c, past.ID, identity.Proof{External: "bob"})
	merge(t, c, boss, m.ID, b.ID)
	before := []file{d.file(x.ID), d.file(b.ID), d.file(m.ID)}
	card := merge(t, c, boss, b.ID, x.ID)
	if card.Conversations != 4 || len(card.Merged) != 2 || card.Phone != "+49 30 2" {
		t.Errorf("%+v", card)
	}
	card = split(t, c, boss, b.ID)
	if card.ID != b.ID || len(card.Merged) != 1 || card.Merged[0].ID != m.ID || card.Conversations != 3 {
		t.Errorf("bob's card: %+v", card)
	}
	var pastOf string
	if err := d.pool.QueryRow(t.Context(), "SELECT merged_into FROM contacts WHERE id = $1", past.ID).Scan(&pastOf); err != nil || pastOf != b.ID {
		t.Errorf("bob's past is of %s, %v", pastOf, err)
	}
	for i, id := range []string{x.ID, b.ID, m.ID} {
		now := d.file(id)
		now.Version, before[i].Version = 0, 0
		if now != before[i] {
			t.Errorf("%d is %+v, was %+v", i, now, before[i])
		}
	}
	// Whose past went along is erased with it: nothing of Bob's is left.
	a := &archive{desk: d, store: NewHistory(d.pool)}
	if _, err := a.privacy().Erase(t.Context(), a.admin(), b.ID, "asked for"); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := d.pool.QueryRow(t.Context(), "SELECT count(*) FROM contacts WHERE id = ANY ($1)", []string{b.ID, m.ID, past.ID}).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d contacts are left, %v", left, err)
	}
	_ = bobs
	// What one on the way gave is taken from all who had it through it.
	y, _ := d.known("Yan", "", "", "{}")
	p, _ := d.known("Pia", "", "+49 30 3", "{}")
	z, _ := d.known("Zoe", "", "", "{}")
	merge(t, c, boss, p.ID, y.ID)
	if card = merge(t, c, boss, y.ID, z.ID); card.Phone != "+49 30 3" {
		t.Errorf("%+v", card)
	}
	split(t, c, boss, p.ID)
	if y, z := d.file(y.ID), d.file(z.ID); y.Phone != "" || z.Phone != "" || !y.Merged {
		t.Errorf("pia's number is left: %+v, %+v", y, z)
	}
}

func TestASignInOvertakesWhatSomebodyMergedByHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	x, _ := d.known("Xia", "", "", "{}")
	v, conv := d.known("", "", "+49 30 1", "{}")
	w, _ := d.known("Wim", "", "", "{}")
	merge(t, c, boss, w.ID, v.ID)
	merge(t, c, boss, v.ID, x.ID)
	ana := become(t, c, v.ID, identity.Proof{External: "ana"})
	if f := d.file(x.ID); f.Phone != "" || f.Name != "Xia" {
		t.Errorf("xia keeps what was the other's: %+v", f)
	}
	// Whoever had been merged into the visitor is now merged into who they are.
	card, err := c.One(t.Context(), boss, ana.Contact.ID)
	if err != nil || card.Phone != "+49 30 1" || len(card.Merged) != 1 || card.Merged[0].ID != w.ID || card.Name != "Wim" || ana.Conversation.ID != conv.ID {
		t.Errorf("%+v, %v", card, err)
	}
	split(t, c, boss, w.ID)
	if f, g := d.file(ana.Contact.ID), d.file(w.ID); f.Name != "" || g.Name != "Wim" {
		t.Errorf("%+v, %+v", f, g)
	}
}

func TestABlockFollowsWhomeverItIsAbout(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	add := func(contact string) chat.Block {
		t.Helper()
		b, err := blocks.Add(t.Context(), boss, chat.Block{Kind: chat.BlockContact, Contact: chat.Contact{ID: contact}, Reason: "rude"})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	barred := func(id string, want bool) {
		t.Helper()
		if err := blocks.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := blocks.Check(1, id, ""); errors.Is(err, chat.ErrBlocked) != want {
			t.Errorf("%s: %v, barred is to be %v", id, err, want)
		}
	}
	// Whom staff sees as a barred contact stays barred as the customer that they sign in as.
	x, _ := d.known("Xia", "", "", "{}")
	v, _ := d.known("", "", "", "{}")
	merge(t, c, boss, v.ID, x.ID)
	add(x.ID)
	barred(v.ID, true)
	ana := become(t, c, v.ID, identity.Proof{External: "ana"})
	barred(ana.Contact.ID, true)
	barred(x.ID, true)
	// An entry of one who was merged stands on the card, and is lifted there.
	card, err := c.One(t.Context(), boss, ana.Contact.ID)
	if err != nil || len(card.Blocks) != 1 || card.Blocks[0].Reason != "rude" {
		t.Fatalf("%+v, %v", card, err)
	}
	y, _ := d.known("Yan", "", "", "{}")
	merge(t, c, boss, ana.Contact.ID, y.ID)
	if card, err = c.One(t.Context(), boss, y.ID); err != nil || len(card.Blocks) != 1 {
		t.Errorf("%+v, %v", card, err)
	}
	barred(y.ID, true)
	if page, err := c.List(t.Context(), boss, chat.ContactQuery{Filter: chat.ContactsBlocked}); err != nil || len(page.Items) != 2 {
		t.Errorf("%d barred, %v", len(page.Items), err)
	}
	if _, err := blocks.Lift(t.Context(), boss, card.Blocks[0].ID); err != nil {
		t.Fatal(err)
	}
	barred(y.ID, false)
	// Who was barred while they were merged stays so, both of them; who was barred before, alone.
	add(y.ID)
	split(t, c, boss, ana.Contact.ID)
	barred(y.ID, true)
	barred(ana.Contact.ID, true)
	u, _ := d.known("Uli", "", "", "{}")
	add(u.ID)
	s, _ := d.known("Sam", "", "", "{}")
	merge(t, c, boss, s.ID, u.ID)
	barred(s.ID, true)
	split(t, c, boss, s.ID)
	barred(s.ID, false)
	barred(u.ID, true)
}

func TestALinkMadeBeforeTheSignInOpensNothingAfterIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	links, err := history.NewTranscripts(NewHistory(d.pool), []byte(strings.Repeat("k", 32)), d.now)
	if err != nil {
		t.Fatal(err)
	}
	v, conv := d.visitor()
	d.say(v, conv.ID, "hello")
	make := func(by identity.Actor) history.Link {
		t.Helper()
		head, err := d.Conversation(t.Context(), by, conv.ID)
		if err != nil {
			t.Fatal(err)
		}
		l, err := links.Make(t.Context(), by, head, 0, "")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	old, agents := make(v), make(d.admin("boss"))
	if _, err := links.Open(t.Context(), old.Token); err != nil {
		t.Fatal(err)
	}
	li := visitorOf(become(t, c, v.ID, identity.Proof{External: "42"}).Contact.ID)
	d.say(li, conv.ID, "a secret")
	if _, err := links.Open(t.Context(), old.Token); !errors.Is(err, history.ErrLink) {
		t.Errorf("the old link: %v", err)
	}
	fresh := make(li)
	if _, err := links.Open(t.Context(), fresh.Token); err != nil || fresh.ID == old.ID {
		t.Errorf("a new link: %v", err)
	}
	if _, err := links.Open(t.Context(), agents.Token); err != nil { // a colleague sent it to whom they meant
		t.Errorf("an agent's link: %v", err)
	}
}

func TestMergesSplitsAndSignInsAtOnceLeaveEveryoneSomebody(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	people := []*chat.Contacts{nodes[0].people(), nodes[1].people()}
	boss := nodes[0].admin("boss")
	const n = 6
	var all []identity.Actor
	for i := range n {
		v, _ := nodes[i%2].known("Name "+strconv.Itoa(i), "", "", `{"k`+strconv.Itoa(i)+`": 1}`)
		all = append(all, v)
	}
	good := func(err error) bool {
		return err == nil || errors.Is(err, chat.ErrMerged) || errors.Is(err, chat.ErrContactNotFound) || errors.Is(err, chat.ErrUnavailable)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			c := people[w%2]
			for i := range 12 {
				a, b := all[(w+i)%n].ID, all[(w*2+3*i+1)%n].ID
				if a == b {
					continue
				}
				if _, err := c.Merge(t.Context(), boss, a, b); !good(err) {
					t.Errorf("merge: %v", err)
				}
				if _, err := c.Split(t.Context(), boss, all[(w*3+i)%n].ID); !good(err) {
					t.Errorf("split: %v", err)
				}
			}
		})
	}
	for i := range 2 { // two of them sign in meanwhile
		wg.Go(func() {
			if _, err := people[i].Identify(t.Context(), chat.IdentifyRequest{Site: 1, Proof: identity.Proof{External: "customer " + strconv.Itoa(i)}, Contact: all[i].ID}); !good(err) {
				t.Errorf("sign-in: %v", err)
			}
		})
	}
	wg.Wait()
	f, err := readFamily(t.Context(), nodes[0].pool, identity.Everything(), idsOf(all)...)
	if err != nil {
		t.Fatal(err)
	}
	for id, k := range f {
		if k.Into == "" {
			continue
		}
		if root := f[k.Into]; root == nil || root.Into != "" || !slices.Contains(f.under(k.Into), k) {
			t.Errorf("%s is seen as %+v", id, root)
		}
	}
	for id, k := range f { // all of it taken back
		if k.byHand() {
			if _, err := people[0].Split(t.Context(), boss, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range all {
		if i < 2 { // their past is their customer's
			continue
		}
		if own := nodes[0].file(all[i].ID); own.Name != "Name "+strconv.Itoa(i) || own.Attributes != `{"k`+strconv.Itoa(i)+`": 1}` || own.Merged {
			t.Errorf("%d is %+v", i, own)
		}
	}
}

func idsOf(actors []identity.Actor) (ids []string) {
	for _, a := range actors {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestWhoLiftsABlockOfAMergedContactMeansThePerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := d.known("Ann", "", "", "{}")
	b, _ := d.known("Bea", "", "", "{}")
	other, _ := d.known("Cem", "", "", "{}")
	var last chat.Block
	for _, id := range []string{a.ID, b.ID, other.ID} {
		last, err = blocks.Add(t.Context(), boss, chat.Block{Kind: chat.BlockContact, Contact: chat.Contact{ID: id}, Reason: "rude"})
		if err != nil {
			t.Fatal(err)
		}
	}
	merge(t, c, boss, a.ID, b.ID)
	card, err := c.One(t.Context(), boss, b.ID)
	if err != nil || len(card.Blocks) != 2 {
		t.Fatalf("%+v, %v", card.Blocks, err)
	}
	if _, err := blocks.Lift(t.Context(), boss, card.Blocks[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := blocks.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{a.ID, b.ID} {
		if err := blocks.Check(1, id, ""); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := blocks.Check(1, other.ID, ""); !errors.Is(err, chat.ErrBlocked) {
		t.Errorf("somebody else's entry %s went too: %v", last.ID, err)
	}
}

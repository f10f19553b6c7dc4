package postgres

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres/pgtest"
)

// people is a desk's contacts.
func (d *desk) people() *chat.Contacts {
	d.t.Helper()
	c, err := chat.NewContacts(NewContacts(d.pool), d.Announce, nil, d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) admin(name string, change ...func(*identity.User)) identity.Actor {
	d.t.Helper()
	u := identity.User{ID: newID(), Email: name + "@example.test", Name: name, Role: identity.RoleAdmin, Locale: "en", PasswordHash: "x"}
	for _, f := range change {
		f(&u)
	}
	u, err := NewAccounts(d.pool).AddUser(d.t.Context(), u)
	if err != nil {
		d.t.Fatal(err)
	}
	return u.Actor()
}

// become identifies an anonymous visitor ("" = nobody) as the customer.
func become(t *testing.T, c *chat.Contacts, contact string, p identity.Proof) chat.Identified {
	t.Helper()
	out, err := c.Identify(t.Context(), chat.IdentifyRequest{Site: 1, Proof: p, Contact: contact})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func visitorOf(contact string) identity.Actor {
	return identity.VisitorClaims{Site: 1, Contact: contact, Identified: true}.Actor()
}

func TestAVisitorWhoSignsInKeepsTheirConversationUnderTheirName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	anonymous, conv := d.visitor()
	cid := newID()
	first, _, err := d.Send(t.Context(), anonymous, chat.Send{Conversation: conv.ID, CID: cid, Content: "where is my parcel?"})
	if err != nil {
		t.Fatal(err)
	}
	d.exec("INSERT INTO contact_blocks (id, site_id, kind, contact_id) VALUES (gen_random_uuid(), 1, 'contact', $1)", anonymous.ID)
	found := become(t, c, anonymous.ID, identity.Proof{External: "42", Email: "li@example.com", Name: "Li"})
	if found.Contact.ID == anonymous.ID || !found.Contact.Identified || found.Contact.Name != "Li" || found.Moved != 1 || found.Conversation.ID != conv.ID {
		t.Fatalf("%+v", found)
	}
	li := visitorOf(found.Contact.ID)
	// The message that was sent before, its acknowledgement lost, is the same row under the new name.
	again, _, err := d.Send(t.Context(), li, chat.Send{Conversation: conv.ID, CID: cid, Content: "where is my parcel?"})
	if err != nil || again.Seq != first.Seq {
		t.Fatalf("sent again: seq %d, %v", again.Seq, err)
	}
	rows := d.log(conv.ID)
	if len(rows) != 2 || rows[0].Author.ID != li.ID || rows[1].Kind != chat.KindIdentified || rows[1].Content != "Li" {
		t.Fatalf("log: %+v", rows)
	}
	if seen, err := d.History(t.Context(), li, conv.ID, 0, 0, 0); err != nil || len(seen) != 2 || seen[1].Kind != chat.KindHidden || seen[1].Content != "" {
		t.Fatalf("the customer reads %+v, %v", seen, err)
	}
	// Whoever holds the old token reads and writes nothing any more, and makes nothing new either.
	if _, err := d.History(t.Context(), anonymous, conv.ID, 0, 0, 0); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the old token reads: %v", err)
	}
	for _, id := range []string{conv.ID, ""} {
		if _, _, err := d.Send(t.Context(), anonymous, chat.Send{Conversation: id, CID: newID(), Content: "still me"}); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the old token writes: %v", err)
		}
	}
	if gone, err := c.Gone(t.Context(), anonymous.ID); err != nil || !gone {
		t.Errorf("gone: %v, %v", gone, err)
	}
	boss := d.admin("boss")
	card, err := c.One(t.Context(), boss, anonymous.ID) // an old link
	if err != nil || card.ID != li.ID || len(card.Blocks) != 1 || card.External != "42" || card.Conversations != 1 {
		t.Fatalf("card: %+v, %v", card, err)
	}
	// On another device the same person finds it too.
	if phone := become(t, c, "", identity.Proof{External: "42"}); phone.Contact.ID != li.ID || phone.Conversation.ID != conv.ID || phone.Moved != 0 {
		t.Fatalf("phone: %+v", phone)
	}
}

func TestWhatIsSentDuringAMergeIsStoredOnceAndInOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	c := nodes[0].people()
	anonymous, conv := nodes[0].visitor()
	nodes[0].say(anonymous, conv.ID, "0")
	var mu sync.Mutex
	token := anonymous // what the browser holds now
	holder := func() identity.Actor {
		mu.Lock()
		defer mu.Unlock()
		return token
	}
	const tabs, each = 4, 25
	begun := make(chan struct{}, tabs)
	var wg sync.WaitGroup
	for tab := range tabs {
		wg.Go(func() {
			for i := range each {
				m := chat.Send{Conversation: conv.ID, CID: newID(), Content: strconv.Itoa(tab) + "-" + strconv.Itoa(i)}
				for try := 0; ; try++ { // as clients do: refused as not theirs, again with the token they have by then
					_, _, err := nodes[tab%2].Send(t.Context(), holder(), m)
					if err == nil {
						break
					}
					if !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrUnavailable) || try > 1000 {
						t.Errorf("send %s: %v", m.Content, err)
						return
					}
				}
				if i == 3 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range tabs {
		<-begun
	}
	found := become(t, c, anonymous.ID, identity.Proof{External: "7", Name: "Wang"})
	mu.Lock()
	token = visitorOf(found.Contact.ID)
	mu.Unlock()
	wg.Wait()
	next := map[byte]int{}
	said := 0
	for i, row := range nodes[0].log(conv.ID) {
		if row.Seq != uint32(i+1) {
			t.Fatalf("row %d has seq %d", i, row.Seq)
		}
		if row.Kind != chat.KindMessage || row.Content == "0" {
			continue
		}
		said++
		if row.Author.ID != found.Contact.ID {
			t.Errorf("%s is by %s", row.Content, row.Author.ID)
		}
		if n, _ := strconv.Atoi(row.Content[2:]); n != next[row.Content[0]] {
			t.Errorf("tab %c: %s after %d", row.Content[0], row.Content, next[row.Content[0]]-1)
		}
		next[row.Content[0]]++
	}
	if said != tabs*each {
		t.Errorf("%d messages of %d", said, tabs*each)
	}
}

func TestManyVisitorsWhoAreOneCustomerAtOnceEndInOneContact(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	nodes := []*desk{openDesk(t, url, func(*chat.Config) {}), openDesk(t, url, func(*chat.Config) {})}
	people := []*chat.Contacts{nodes[0].people(), nodes[1].people()}
	const n = 12
	contacts := make([]string, n)
	for i := range n {
		v, conv := nodes[i%2].visitor()
		nodes[i%2].say(v, conv.ID, "hello from browser "+strconv.Itoa(i))
		contacts[i] = v.ID
	}
	var mu sync.Mutex
	ended := map[string]int{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			// Some ask twice: a double click, a second tab.
			for range 1 + i%2 {
				out, err := people[i%2].Identify(t.Context(), chat.IdentifyRequest{Site: 1, Proof: identity.Proof{External: "same", Email: "a@example.com"}, Contact: contacts[i]})
				if err != nil {
					t.Errorf("browser %d: %v", i, err)
					return
				}
				mu.Lock()
				ended[out.Contact.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(ended) != 1 {
		t.Fatalf("%d contacts: %v", len(ended), ended)
	}
	boss := nodes[0].admin("boss")
	for id := range ended {
		page, _, err := people[0].Timeline(t.Context(), boss, id, "", 100)
		if err != nil || len(page) != n {
			t.Fatalf("%d conversations, %v", len(page), err)
		}
	}
	var open, current int
	if err := nodes[0].pool.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE status = 'open'), count(*) FILTER (WHERE status = 'open' AND NOT aside) FROM conversations WHERE last_seq > 0").Scan(&open, &current); err != nil {
		t.Fatal(err)
	}
	if open != n || current != 1 {
		t.Errorf("%d open conversations, %d of them current", open, current)
	}
}

func TestOfOppositeMergesAtOnceOneIsDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	for range 10 {
		a, _ := d.visitor()
		b, _ := d.visitor()
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { _, errs[0] = c.Merge(t.Context(), boss, a.ID, b.ID) })
		wg.Go(func() { _, errs[1] = c.Merge(t.Context(), boss, b.ID, a.ID) })
		wg.Wait()
		slices.SortFunc(errs, func(x, _ error) int {
			if x == nil {
				return -1
			}
			return 1
		})
		if errs[0] != nil || !errors.Is(errs[1], chat.ErrMerged) {
			t.Fatalf("%v", errs)
		}
		one, err := c.One(t.Context(), boss, a.ID)
		two, err2 := c.One(t.Context(), boss, b.ID)
		if err != nil || err2 != nil || one.ID != two.ID || len(one.Merged) != 1 {
			t.Fatalf("%+v, %+v, %v, %v", one, two, err, err2)
		}
	}
}

func TestAMergeByHandDisturbsNoVisitorAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	known := become(t, c, "", identity.Proof{External: "9", Name: "Zhao"})
	v, conv := d.visitor()
	d.say(v, conv.ID, "it is me again")
	card, err := c.Merge(t.Context(), boss, v.ID, known.Contact.ID)
	if err != nil || len(card.Merged) != 1 || card.Conversations != 1 {
		t.Fatalf("%+v, %v", card, err)
	}
	d.say(v, conv.ID, "and I go on writing") // under the token they have
	if _, err := d.History(t.Context(), visitorOf(known.Contact.ID), conv.ID, 0, 0, 0); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("what nobody proved is shown to the customer: %v", err)
	}
	head, err := d.Conversation(t.Context(), boss, conv.ID)
	if err != nil || head.Contact.Identified || head.Contact.Name != "Zhao" {
		t.Errorf("%+v, %v", head.Contact, err)
	}
	back, err := c.Split(t.Context(), boss, v.ID)
	if err != nil || back.ID != v.ID {
		t.Fatalf("%+v, %v", back, err)
	}
	if _, err := c.Split(t.Context(), boss, v.ID); !errors.Is(err, chat.ErrContactNotFound) {
		t.Errorf("split twice: %v", err)
	}
	// Who was merged into somebody and then proves to be another is that one.
	if _, err := c.Merge(t.Context(), boss, v.ID, known.Contact.ID); err != nil {
		t.Fatal(err)
	}
	other := become(t, c, v.ID, identity.Proof{External: "10", Name: "Qian"})
	if card, err := c.One(t.Context(), boss, known.Contact.ID); err != nil || len(card.Merged) != 0 || card.Conversations != 0 || other.Moved != 1 {
		t.Errorf("%+v, %v", card, err)
	}
	// The customer was merged, by hand, into the anonymous contact that they then sign in as.
	w, _ := d.visitor()
	if _, err := c.Merge(t.Context(), boss, other.Contact.ID, w.ID); err != nil {
		t.Fatal(err)
	}
	become(t, c, w.ID, identity.Proof{External: "10"})
	if card, err := c.One(t.Context(), boss, w.ID); err != nil || card.ID != other.Contact.ID {
		t.Errorf("%+v, %v", card.Contact, err)
	}
}

func TestOneAddressDoesNotMakeTwoAccountsOneCustomer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	byMail := become(t, c, "", identity.Proof{Email: "family@example.com"})
	one := become(t, c, "", identity.Proof{External: "1", Email: "family@example.com"})
	two := become(t, c, "", identity.Proof{External: "2", Email: "family@example.com"})
	if one.Contact.ID != byMail.Contact.ID { // known by the address alone so far: the same person
		t.Error("the address did not lead to its contact")
	}
	if two.Contact.ID == one.Contact.ID {
		t.Error("two accounts with one address are one contact")
	}
	// An address that somebody typed proves nothing.
	v, conv := d.visitor()
	d.say(v, conv.ID, "hi")
	if _, err := d.LeaveEmail(t.Context(), v, conv.ID, "ceo@example.com"); err != nil {
		t.Fatal(err)
	}
	ceo := become(t, c, "", identity.Proof{External: "3", Email: "ceo@example.com"})
	if ceo.Contact.ID == v.ID || ceo.Moved != 0 {
		t.Errorf("a typed address opened a conversation: %+v", ceo)
	}
	// Who is one customer already does not become another: nothing goes along.
	d.say(visitorOf(ceo.Contact.ID), ceo.Conversation.ID, "confidential")
	next := become(t, c, ceo.Contact.ID, identity.Proof{External: "1"})
	if next.Contact.ID != one.Contact.ID || next.Moved != 0 {
		t.Errorf("%+v", next)
	}
}

func TestContactsLieWithinTheirWalls(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	v, conv := d.visitor()
	d.say(v, conv.ID, "private words")
	accounts := NewAccounts(d.pool)
	second, err := accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := v.Scope.Sites[0], second.ID
	elsewhere, err := accounts.EnsureDepartment(t.Context(), mine, "Elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	boss := d.admin("boss", func(u *identity.User) { u.Sites = []int32{mine} })
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	made, err := blocks.Add(t.Context(), boss, chat.Block{Kind: chat.BlockContact, Contact: chat.Contact{ID: v.ID}, Reason: "rude"})
	if err != nil {
		t.Fatal(err)
	}
	strangers := map[string]identity.Actor{
		// Accounts of admins have every site; the store holds the wall for whoever has not.
		"admin of another site": identity.User{ID: newID(), Name: "mallory", Role: identity.RoleAdmin, Sites: []int32{theirs}}.Actor(),
		"agent of another department": d.admin("eve", func(u *identity.User) {
			u.Role, u.Sites, u.Departments = identity.RoleAgent, []int32{mine}, []int32{elsewhere.ID}
		}),
	}
	w, _ := d.visitor()
	for who, actor := range strangers {
		if page, err := c.List(t.Context(), actor, chat.ContactQuery{Search: v.ID}); err != nil || len(page.Items) != 0 {
			t.Errorf("%s lists %+v, %v", who, page, err)
		}
		name := "x"
		for act, err := range map[string]error{
			"reads":     second2(c.One(t.Context(), actor, v.ID)),
			"times":     third3(c.Timeline(t.Context(), actor, v.ID, "", 10)),
			"saves":     second2(c.Save(t.Context(), actor, chat.ContactEdit{ID: v.ID, Version: 1, Name: &name})),
			"blocks":    second2(blocks.Add(t.Context(), actor, chat.Block{Kind: chat.BlockContact, Contact: chat.Contact{ID: v.ID}})),
			"unblocks":  second2(blocks.Lift(t.Context(), actor, made.ID)),
			"merges":    second2(c.Merge(t.Context(), actor, v.ID, w.ID)),
			"merges to": second2(c.Merge(t.Context(), actor, w.ID, v.ID)),
			"splits":    second2(c.Split(t.Context(), actor, v.ID)),
		} {
			forbidden := actor.Role == identity.RoleAgent && errors.Is(err, identity.ErrForbidden)
			if !forbidden && !errors.Is(err, chat.ErrContactNotFound) && !errors.Is(err, chat.ErrBlockNotFound) {
				t.Errorf("%s %s: %v", who, act, err)
			}
		}
		if list, err := blocks.List(t.Context(), actor, 0, false); err != nil || len(list) != 0 {
			t.Errorf("%s sees the block: %+v, %v", who, list, err)
		}
	}
	// An agent of another department who holds one of the conversations sees the card, and that conversation alone.
	d.exec("INSERT INTO conversations (id, site_id, department_id, contact_id, status, resolved_at, last_seq) VALUES (gen_random_uuid(), $1, $2, $3, 'resolved', now(), 1)", mine, elsewhere.ID, v.ID)
	eve := strangers["agent of another department"]
	card, err := c.One(t.Context(), eve, v.ID)
	if err != nil || card.Conversations != 1 {
		t.Errorf("%+v, %v", card, err)
	}
	if page, _, err := c.Timeline(t.Context(), eve, v.ID, "", 10); err != nil || len(page) != 1 || page[0].ID == conv.ID {
		t.Errorf("%+v, %v", page, err)
	}
	if err := second2(c.SaveAttributes(t.Context(), strangers["admin of another site"], mine, nil)); !errors.Is(err, chat.ErrContactNotFound) {
		t.Errorf("attributes of another site: %v", err)
	}
}

func second2[T any](_ T, err error) error { return err }

func third3[A, B any](_ A, _ B, err error) error { return err }

func TestBlocksHoldUntilTheyEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := d.admin("boss")
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	v, conv := d.visitor()
	if _, err := d.LeaveEmail(t.Context(), v, conv.ID, "spam@mail.junk.example"); err != nil {
		t.Fatal(err)
	}
	check := func(address string, want error) {
		t.Helper()
		if err := blocks.Check(1, v.ID, address); !errors.Is(err, want) {
			t.Errorf("from %s: %v, want %v", address, err, want)
		}
	}
	check("203.0.113.9", nil)
	add := func(b chat.Block) chat.Block {
		t.Helper()
		b.Site = 1
		made, err := blocks.Add(t.Context(), boss, b)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	lift := func(b chat.Block) {
		t.Helper()
		if _, err := blocks.Lift(t.Context(), boss, b.ID); err != nil {
			t.Fatal(err)
		}
		check("203.0.113.9", nil)
	}
	b := add(chat.Block{Kind: chat.BlockAddress, Prefix: "203.0.113.77/24"})
	check("203.0.113.9", chat.ErrBlocked)
	check("203.0.114.9", nil)
	check("unknown", nil)
	lift(b)
	b = add(chat.Block{Kind: chat.BlockAddress, Prefix: "2001:db8:1::/48"})
	check("2001:db8:1:2::/64", chat.ErrBlocked)
	check("2001:db8:2:2::/64", nil)
	lift(b)
	b = add(chat.Block{Kind: chat.BlockDomain, Domain: "@Junk.example"})
	check("203.0.113.9", chat.ErrBlocked)
	if !errors.Is(blocks.CheckEmail(1, "A@JUNK.example"), chat.ErrBlocked) || blocks.CheckEmail(1, "a@notjunk.example") != nil || blocks.CheckEmail(2, "a@junk.example") != nil {
		t.Error("addresses are compared wrongly")
	}
	lift(b)
	add(chat.Block{Kind: chat.BlockContact, Contact: chat.Contact{ID: v.ID}, ExpiresAt: d.now().Add(time.Hour)})
	check("203.0.113.9", chat.ErrBlocked)
	d.advance(2 * time.Hour)
	check("203.0.113.9", nil)
	for field, bad := range map[string]chat.Block{
		"prefix":     {Kind: chat.BlockAddress, Prefix: "everywhere"},
		"wide":       {Kind: chat.BlockAddress, Prefix: "0.0.0.0/0"},
		"domain":     {Kind: chat.BlockDomain, Domain: "no domain"},
		"kind":       {Kind: "planet"},
		"ten years":  {Kind: chat.BlockDomain, Domain: "x.example", ExpiresAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600))},
		"expires_at": {Kind: chat.BlockDomain, Domain: "x.example", ExpiresAt: d.now().Add(-time.Hour)},
	} {
		bad.Site = 1
		if _, err := blocks.Add(t.Context(), boss, bad); !errors.Is(err, chat.ErrContactInvalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestContactsAreFoundPagedAndEditedWithoutOverwriting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.people()
	boss := d.admin("boss")
	if _, err := c.SaveAttributes(t.Context(), boss, 1, []chat.Attribute{
		{Key: "plan", Type: chat.AttributeChoice, Options: []string{"free", "pro"}},
		{Key: "seats", Type: chat.AttributeNumber},
		{Key: "cart", Type: chat.AttributeText, FromPage: true},
	}); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 7 {
		out := become(t, c, "", identity.Proof{External: "customer-" + strconv.Itoa(i), Name: "Name " + strconv.Itoa(i), Attributes: map[string]any{"plan": "pro", "seats": float64(i), "shoe": 43.0}})
		if !slices.Equal(out.Ignored, []string{"shoe"}) {
			t.Fatalf("ignored %v", out.Ignored)
		}
		ids = append(ids, out.Contact.ID)
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, err := c.List(t.Context(), boss, chat.ContactQuery{Filter: chat.ContactsIdentified, Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			seen[p.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != len(ids) {
		t.Errorf("%d of %d on the pages", len(seen), len(ids))
	}
	if page, err := c.List(t.Context(), boss, chat.ContactQuery{Search: "CUSTOMER-3"}); err != nil || len(page.Items) != 1 || page.Items[0].ID != ids[3] || page.Items[0].Attributes["seats"] != 3.0 {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := c.List(t.Context(), boss, chat.ContactQuery{Cursor: "nonsense"}); !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("a cursor of nobody's: %v", err)
	}
	card, err := c.One(t.Context(), boss, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	// The page says the same at each load: whoever edits is not disturbed.
	become(t, c, "", identity.Proof{External: "customer-0", Name: "Name 0", Attributes: map[string]any{"plan": "pro", "seats": 0.0}})
	name, email := "Li Lei", "Li@Example.com"
	saved, err := c.Save(t.Context(), boss, chat.ContactEdit{ID: ids[0], Version: card.Version, Name: &name, Email: &email, Attributes: map[string]any{"plan": nil, "seats": 4.0}})
	if err != nil || saved.Name != name || saved.Email != "li@example.com" || saved.Attributes["plan"] != nil || saved.Attributes["seats"] != 4.0 {
		t.Fatalf("%+v, %v", saved, err)
	}
	if _, err := c.Save(t.Context(), boss, chat.ContactEdit{ID: ids[0], Version: card.Version, Name: &name}); !errors.Is(err, chat.ErrContactChanged) {
		t.Errorf("an old version: %v", err)
	}
	for field, e := range map[string]chat.ContactEdit{
		"choice": {Attributes: map[string]any{"plan": "gold"}}, "number": {Attributes: map[string]any{"seats": "many"}}, "unknown": {Attributes: map[string]any{"x": 1.0}},
		"email": {Email: new("no address")}, "name": {Name: new("two\nlines")},
	} {
		e.ID, e.Version = ids[0], saved.Version
		if _, err := c.Save(t.Context(), boss, e); !errors.Is(err, chat.ErrContactInvalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	// What a page says of a visitor is taken only where the site lets it.
	v, _ := d.visitor()
	ignored, err := c.Arrive(t.Context(), v, 1, chat.Arrival{
		Place: chat.Place{URL: "https://shop.example/cart", Title: "Cart\n", TimeZone: "Asia/Shanghai"}, Address: "203.0.113.9",
		Attributes: map[string]any{"cart": "3 items", "plan": "pro"},
	})
	if err != nil || !slices.Equal(ignored, []string{"plan"}) {
		t.Fatalf("ignored %v, %v", ignored, err)
	}
	card, err = c.One(t.Context(), boss, v.ID)
	if err != nil || card.Place.Title != "Cart" || card.Address != "203.0.113.9" || card.Attributes["cart"] != "3 items" || card.Attributes["plan"] != nil || card.Visits != 1 {
		t.Errorf("%+v, %v", card, err)
	}
}

package postgres

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/chat"
)

func TestASearchOfContactsLooksAtSoManyAtATimeAndMissesNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := d.admin("boss")
	store := NewContacts(d.pool)
	store.looked = 10
	v, _ := d.visitor()
	d.exec(`INSERT INTO contacts (id, site_id, department_id, name, locale, seen_at, spam)
		SELECT gen_random_uuid(), site_id, department_id, 'Person ' || n, 'en', now() - make_interval(secs => n / 3), CASE WHEN n % 20 = 0 THEN 0.9 ELSE 0 END
		FROM contacts, generate_series(1, 95) n WHERE id = $1`, v.ID)
	for want, q := range map[string]chat.ContactQuery{
		"one of the last":  {Search: "person 93"},
		"every tenth":      {Search: "0", Limit: 3},
		"nobody":           {Search: "nobody at all"},
		"of one site":      {Search: "Person 9", Site: 1},
		"those like spam":  {Filter: chat.ContactsSpam, Limit: 2},
		"all, as they are": {Search: "Person", Limit: 7},
	} {
		number := map[string]int{"one of the last": 1, "every tenth": 9, "nobody": 0, "of one site": 7, "those like spam": 4, "all, as they are": 95}[want]
		seen, pages, last := map[string]bool{}, 0, time.Time{}
		if q.Limit == 0 {
			q.Limit = 50
		}
		for q.Cursor = ""; ; pages++ {
			page, err := store.Contacts(t.Context(), boss.Scope, q)
			if err != nil || pages > 100 {
				t.Fatalf("%s: page %d: %v", want, pages, err)
			}
			for _, p := range page.Items {
				if seen[p.ID] || !last.IsZero() && p.SeenAt.After(last) {
					t.Errorf("%s: %s is listed twice, or out of order", want, p.Name)
				}
				seen[p.ID], last = true, p.SeenAt
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if want == "every tenth" { // ids may hold the digit
			for id := range seen {
				if f := d.file(id); f.Name[len(f.Name)-1] != '0' {
					delete(seen, id)
				}
			}
		}
		if len(seen) != number {
			t.Errorf("%s: %d found on %d pages, want %d", want, len(seen), pages, number)
		}
		if pages == 0 {
			t.Errorf("%s: all were looked at at once", want)
		}
	}
}

func TestADomainIsBarredWithAllBelowItAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := d.admin("boss")
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	barred := map[string]bool{}
	for email, want := range map[string]bool{
		"a@junk.example": true, "a@JUNK.example": true, "a@x.junk.example": true, "a@x.y.junk.example": true, `"b@c"@junk.example`: true,
		"a@notjunk.example": false, "a@junk.example.org": false, "a@junk-example": false, `"a@junk.example"@good.example`: false, "": false,
	} {
		v, _ := d.visitor()
		d.exec("UPDATE contacts SET email = $2 WHERE id = $1", v.ID, email)
		barred[v.ID] = want
	}
	if _, err := blocks.Add(t.Context(), boss, chat.Block{Site: 1, Kind: chat.BlockDomain, Domain: "junk.example"}); err != nil {
		t.Fatal(err)
	}
	for id, want := range barred {
		if err := blocks.Check(1, id, ""); errors.Is(err, chat.ErrBlocked) != want {
			t.Errorf("%s: %v", d.file(id).Email, err)
		}
	}
	// Among many contacts they are found by the index.
	d.exec(`INSERT INTO contacts (id, site_id, department_id, email, locale)
		SELECT gen_random_uuid(), 1, default_department, 'p' || n || '@mail' || n || '.example', 'en' FROM sites, generate_series(1, 20000) n WHERE id = 1`)
	d.exec("ANALYZE contacts")
	plan, err := many(t.Context(), d.pool, pgx.RowTo[string], "EXPLAIN "+contactBarredSQL, pgx.NamedArgs{"limit": barredByDomain, "members": true})
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "contacts_domain") {
		t.Errorf("%v\n%s", err, strings.Join(plan, "\n"))
	}
}

// A block that was set twice would hold on after it is lifted.
func TestWhoIsBlockedTwiceHasOneEntryThatHoldsForTheLongerTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := d.admin("boss")
	blocks, err := chat.NewBlocklist(NewContacts(d.pool), nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := d.visitor()
	hour, day := d.now().Add(time.Hour).UTC().Truncate(time.Second), d.now().Add(24*time.Hour).UTC().Truncate(time.Second)
	for _, b := range []chat.Block{
		{Kind: chat.BlockContact, Contact: chat.Contact{ID: v.ID}}, {Kind: chat.BlockAddress, Prefix: "203.0.113.0/24"}, {Kind: chat.BlockDomain, Domain: "junk.example"},
	} {
		b.Site = 1
		add := func(reason string, until time.Time) chat.Block {
			t.Helper()
			b.Reason, b.ExpiresAt = reason, until
			made, err := blocks.Add(t.Context(), boss, b)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		first := add("rude", day)
		for _, c := range []struct {
			reason, want string
			until, ends  time.Time
		}{{"", "rude", hour, day}, {"again", "again", time.Time{}, time.Time{}}, {"", "again", day, time.Time{}}} {
			if got := add(c.reason, c.until); got.ID != first.ID || got.Reason != c.want || !got.ExpiresAt.Equal(c.ends) {
				t.Errorf("%s: %+v, want %q until %v", b.Kind, got, c.want, c.ends)
			}
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if _, err := blocks.Add(t.Context(), boss, chat.Block{Site: 1, Kind: chat.BlockDomain, Domain: strings.ReplaceAll(string(b.Kind), "_", "-") + ".example"}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if lifted, err := blocks.Lift(t.Context(), boss, first.ID); err != nil || lifted.LiftedAt.IsZero() {
			t.Fatalf("%+v, %v", lifted, err)
		}
		if next := add("", hour); next.ID == first.ID {
			t.Error("one that was lifted came back")
		}
	}
	if list, err := blocks.List(t.Context(), boss, 1, true); err != nil || len(list) != 6 {
		t.Errorf("%d live entries, %v; want 3 that were set again and 3 of many at once", len(list), err)
	}
	if _, err := blocks.Lift(t.Context(), boss, newID()); !errors.Is(err, chat.ErrBlockNotFound) {
		t.Errorf("%v", err)
	}
}

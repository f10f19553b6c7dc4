package postgres

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// someone makes a contact of whom something is known, or little.
func someone(r *rand.Rand, id string) *tie {
	t := &tie{ID: id, Identified: r.IntN(4) == 0, Attributes: map[string]json.RawMessage{}, Seen: time.Unix(r.Int64N(1000), 0).UTC()}
	some := func(of string) string {
		if r.IntN(2) == 0 {
			return ""
		}
		return fmt.Sprint(of, r.IntN(3)) // the same as others' at times
	}
	t.Name, t.Email, t.Phone = some("name"), some("mail"), some("phone")
	for _, key := range []string{"plan", "seats", "size"} {
		if v := some(`"v`); v != "" {
			t.Attributes[key] = json.RawMessage(v + `"`)
		}
	}
	return t
}

func TestWhateverIsMergedAndTakenBackEveryoneIsAsBefore(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 6))
		f, was := family{}, family{}
		var ids []string
		for i := range 2 + r.IntN(6) {
			id := string(rune('a' + i))
			ids = append(ids, id)
			f[id] = someone(r, id)
			was[id] = f[id].clone()
		}
		said := ""
		for range r.IntN(20) {
			from, into := ids[r.IntN(len(ids))], ids[r.IntN(len(ids))]
			switch {
			case f[from].Into == "" && f[into].Into == "" && from != into:
				f.merge(from, into)
				said += from + ">" + into + " "
			case f[from].byHand():
				f.split(from)
				said += "-" + from + " "
			}
			sound(t, f, said)
		}
		for _, i := range r.Perm(len(ids)) {
			if f[ids[i]].byHand() {
				f.split(ids[i])
				said += "-" + ids[i] + " "
				sound(t, f, said)
			}
		}
		for _, id := range ids {
			got, want := f[id], was[id]
			if got.Name != want.Name || got.Email != want.Email || got.Phone != want.Phone || !reflect.DeepEqual(got.Attributes, want.Attributes) || got.Before != nil {
				t.Fatalf("seed %d: after %s\n%s is %+v\nwas   %+v", seed, said, id, got, want)
			}
		}
	}
}

// sound checks that everyone is seen as one who is seen as themselves, and is called what that one is called.
func sound(t *testing.T, f family, said string) {
	t.Helper()
	for id, k := range f {
		if k.Into == "" {
			continue
		}
		root := f[k.Into]
		if root.Into != "" || k.Name != root.Name || !k.Identified && k.Email != root.Email {
			t.Fatalf("after %s: %s is %+v under %+v", said, id, k, root)
		}
		if !slices.Contains(f.under(root.ID), k) {
			t.Fatalf("after %s: no way from %s to %s", said, id, root.ID)
		}
	}
}

func TestWhatWasWrittenSinceAMergeOutlivesIt(t *testing.T) {
	t.Parallel()
	anna := &tie{ID: "anna", Name: "Anna", Attributes: map[string]json.RawMessage{}}
	bob := &tie{ID: "bob", Name: "Bob", Email: "bob@example.com", Phone: "1", Attributes: map[string]json.RawMessage{"plan": json.RawMessage(`"pro"`)}}
	f := family{"anna": anna, "bob": bob}
	f.merge("bob", "anna")
	anna.Phone, anna.Attributes["plan"] = "2", json.RawMessage(`"free"`) // staff corrects what came over
	bob.Email = "bob@new.example"                                        // the visitor leaves another address
	f.split("bob")
	if anna.Phone != "2" || string(anna.Attributes["plan"]) != `"free"` || anna.Email != "" || anna.Name != "Anna" {
		t.Errorf("%+v", anna)
	}
	if bob.Name != "Bob" || bob.Email != "bob@new.example" || bob.Phone != "1" || string(bob.Attributes["plan"]) != `"pro"` {
		t.Errorf("%+v", bob)
	}
}

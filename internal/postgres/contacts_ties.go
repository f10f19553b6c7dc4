package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
)

// tie is a contact as merging by hand, and taking that back, see it.
type tie struct {
	ID         string
	Site       int32
	Into       string // whom staff sees it as; empty = itself
	Via        string // whom it was merged into itself: Into, or one on the way there
	Left       bool   // it signed in as Via: its own no longer
	Identified bool
	Name       string // what staff sees it called: what Into is called
	Email      string
	Phone      string
	Attributes map[string]json.RawMessage
	Before     *beforeMerge // of one merged by hand
	Seen       time.Time
	Visible    bool // within the caller's scope
}

// beforeMerge is what stood before a merge by hand, on the contact that was merged.
type beforeMerge struct {
	At    time.Time `json:"at,omitzero"` // set by the database
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Gave  given     `json:"gave"`
	// When the other was last seen before, and what it was then set to.
	Seen   time.Time `json:"seen"`
	SeenTo time.Time `json:"seen_to"`
}

// given is what a contact took from one that was merged into it, since it knew nothing of it itself.
type given struct {
	Name       string                     `json:"name,omitempty"`
	Email      string                     `json:"email,omitempty"`
	Phone      string                     `json:"phone,omitempty"`
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`
}

// family is contacts with all that they are merged with, by id.
type family map[string]*tie

func scanTie(row pgx.CollectableRow) (*tie, error) {
	t := &tie{}
	var attributes, before []byte
	if err := row.Scan(&t.ID, &t.Site, &t.Into, &t.Via, &t.Left, &t.Identified, &t.Name, &t.Email, &t.Phone, &attributes, &before, &t.Seen, &t.Visible); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(attributes, &t.Attributes); err != nil {
		return nil, fmt.Errorf("read attributes of contact %s: %w", t.ID, err)
	}
	if before != nil {
		t.Before = &beforeMerge{}
		if err := json.Unmarshal(before, t.Before); err != nil {
			return nil, fmt.Errorf("read what contact %s was before its merge: %w", t.ID, err)
		}
	}
	return t, nil
}

// clone copies what changes of a tie.
func (t *tie) clone() *tie {
	out := *t
	out.Attributes = maps.Clone(t.Attributes)
	if t.Before != nil {
		before := *t.Before
		before.Gave.Attributes = maps.Clone(before.Gave.Attributes)
		out.Before = &before
	}
	return &out
}

// byHand reports whether the contact was merged by hand, which can be taken back.
func (t *tie) byHand() bool { return t.Into != "" && !t.Left }

// own is where its own name and address stand: what it is called may be another's.
func (t *tie) own() (name, email *string) {
	name, email = &t.Name, &t.Email
	if t.Before != nil {
		name = &t.Before.Name
		if !t.Identified { // an identified one keeps its address
			email = &t.Before.Email
		}
	}
	return name, email
}

// root is whom staff sees a contact as.
func (f family) root(id string) *tie {
	if t := f[id]; t.Into != "" && f[t.Into] != nil {
		return f[t.Into]
	}
	return f[id]
}

// under returns all who were merged into a contact, one after another. Their number bounds a way that leads in a circle.
func (f family) under(id string) []*tie {
	var out []*tie
	for _, t := range f {
		at := t.Via
		for range len(f) {
			if at == "" || at == id || f[at] == nil {
				break
			}
			at = f[at].Via
		}
		if at == id && t.ID != id {
			out = append(out, t)
		}
	}
	return out
}

// merge makes `into` the contact that `from` is seen as; neither is merged. It
// takes what is known of `from` where it knows nothing, and what it took is noted.
func (f family) merge(from, into string) {
	m, k := f[from], f[into]
	below := f.under(from)
	b := &beforeMerge{Name: m.Name, Email: m.Email, Seen: k.Seen, SeenTo: k.Seen}
	take := func(own *string, theirs string, note *string) {
		if *own == "" {
			*own, *note = theirs, theirs
		}
	}
	take(&k.Name, m.Name, &b.Gave.Name)
	take(&k.Email, m.Email, &b.Gave.Email)
	take(&k.Phone, m.Phone, &b.Gave.Phone)
	for key, value := range m.Attributes {
		if _, ok := k.Attributes[key]; ok {
			continue
		}
		if b.Gave.Attributes == nil {
			b.Gave.Attributes = map[string]json.RawMessage{}
		}
		k.Attributes[key], b.Gave.Attributes[key] = value, value
	}
	if m.Seen.After(k.Seen) {
		k.Seen, b.SeenTo = m.Seen, m.Seen
	}
	m.Into, m.Via, m.Before = into, into, b
	for _, t := range below {
		t.Into = into
	}
	for _, t := range f {
		if t.Into == into && t.byHand() {
			t.call(k)
		}
	}
}

// call shows a contact under another's name and address, but for an address that the site vouched for.
func (t *tie) call(as *tie) {
	t.Name = as.Name
	if !t.Identified {
		t.Email = as.Email
	}
}

// split takes the merge of a contact back: it and those whom it was seen as have
// what they had before and what was written since, and whoever had been merged
// into it goes with it.
func (f family) split(id string) {
	s, root := f[id], f.root(id)
	below := f.under(id)
	was := tie{Name: root.Name, Email: root.Email}
	recall := func(t, as *tie) { // what was written on t alone since then stays
		if t.Name == was.Name {
			t.Name = as.Name
		}
		if t.Email == was.Email && !t.Identified {
			t.Email = as.Email
		}
	}
	own := &tie{Name: s.Name, Email: s.Email}
	if s.Before != nil {
		own = &tie{Name: s.Before.Name, Email: s.Before.Email}
		f.giveBack(s)
	}
	recall(s, own)
	s.Into, s.Via, s.Before = "", "", nil
	for _, t := range below {
		t.Into = id
		if !t.Left {
			recall(t, s)
		}
	}
	for _, t := range f {
		if t.Into == root.ID && t.byHand() {
			recall(t, root)
		}
	}
}

// giveBack takes what s gave from those on the way to the contact that it is seen as, as far as it still stands there.
func (f family) giveBack(s *tie) {
	lost := s.Before.Gave
	lost.Attributes = maps.Clone(lost.Attributes)
	p := f[s.Via]
	for range len(f) { // no way is longer
		if p == nil || p.Left {
			return
		}
		if p.ID == s.Via && p.Seen.Equal(s.Before.SeenTo) {
			p.Seen = s.Before.Seen
		}
		name, email := p.own()
		passed := &given{}
		if p.Before != nil {
			passed = &p.Before.Gave
		}
		drop := func(own, lost, passed *string) {
			if *lost != "" && *own == *lost {
				*own = ""
			} else {
				*lost = ""
			}
			if *passed == *lost {
				*passed = ""
			} else {
				*lost = ""
			}
		}
		drop(name, &lost.Name, &passed.Name)
		drop(email, &lost.Email, &passed.Email)
		drop(&p.Phone, &lost.Phone, &passed.Phone)
		for key, value := range lost.Attributes {
			if !bytes.Equal(p.Attributes[key], value) {
				delete(lost.Attributes, key)
				continue
			}
			delete(p.Attributes, key)
			if !bytes.Equal(passed.Attributes[key], value) {
				delete(lost.Attributes, key)
				continue
			}
			delete(passed.Attributes, key)
		}
		p = f[p.Via]
	}
}

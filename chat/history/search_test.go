package history

import (
	"context"
	"fmt"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// shelf is a store of parts of which each n-th matches from an id down.
type shelf struct {
	parts, newest int64
	every         int64
	share         float64 // what the statistics say about the word
	looked        int64   // parts of ranges
	steps         int
	next          int64 // ranges follow each other without a hole
	problem       string
}

func (s *shelf) Newest(context.Context, time.Time) (int64, time.Time, error) {
	return s.parts + 1, time.Time{}, nil
}

func (s *shelf) Departments(context.Context, identity.Scope, Filter) ([]int32, error) {
	return nil, nil
}

func (s *shelf) Match(_ context.Context, _ identity.Scope, _ Filter, r Range, limit int) (ids []int64, err error) {
	if r.From >= r.Below || s.next != 0 && r.Below != s.next {
		s.problem = fmt.Sprintf("range %d to %d after %d", r.From, r.Below, s.next)
	}
	s.next = r.From
	s.looked += r.Below - r.From
	s.steps++
	for id := r.Below - 1; id >= r.From && len(ids) < limit; id-- {
		if id%s.every == 0 && id <= s.newest {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *shelf) Rank(_ context.Context, ids []int64, _ []string, _ []float64, _ time.Time) (out []Ranked, err error) {
	for _, id := range ids {
		out = append(out, Ranked{ID: id, Conversation: fmt.Sprint(id), Score: float64(id)})
	}
	return out, nil
}

func (s *shelf) Frequencies(context.Context) (map[string]float64, error) {
	return map[string]float64{"order": s.share}, nil
}

func (s *shelf) Hits(context.Context, identity.Scope, []Ranked) ([]Found, error) { return nil, nil }

func TestASearchLooksAtNoMoreThanItsPageNeeds(t *testing.T) {
	t.Parallel()
	const parts = 400_000
	for name, c := range map[string]struct {
		shelf
		text  string
		most  int64 // parts looked at
		steps int
	}{
		"a common word":                          {shelf{newest: parts, every: 2, share: 0.5}, "order", 2_600, 2},
		"everything":                             {shelf{newest: parts, every: 1}, "", 1_300, 2},
		"a phrase of common words, itself rarer": {shelf{newest: parts, every: 20, share: 0.5}, "order", 16_000, 4},
		"a word that the statistics lack":        {shelf{newest: parts, every: 20}, "order", 16_000, 3},
		"a common word of long ago":              {shelf{newest: parts - 30_000, every: 2, share: 0.5}, "order", 50_000, 7},
		"a word that nobody wrote":               {shelf{newest: 0, every: 1}, "order", parts + 1, 6},
	} {
		store := c.shelf
		store.parts = parts
		search, err := NewSearch(&store, nil)
		if err != nil {
			t.Fatal(err)
		}
		actor := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: chat.NewID(time.Now()), Scope: identity.Everything()}
		page, err := search.Search(t.Context(), actor, Query{Text: c.text})
		if err != nil || store.problem != "" {
			t.Fatal(err, store.problem)
		}
		if store.looked > c.most || store.steps > c.steps || (page.Total == slab) != (c.newest > 0) {
			t.Errorf("%s: looked at %d parts in %d steps for %d", name, store.looked, store.steps, page.Total)
		}
	}
}

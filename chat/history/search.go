package history

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Query is one search.
type Query struct {
	Filter
	Text   string // words that must all be there, "phrases", -words; empty = everything within the filter
	Newest bool   // newest first, instead of best first
	Cursor string // Page.Next of the page before
	Limit  int    // 1–50; 0 = 20
}

// Hit is one conversation that was found.
type Hit struct {
	Conversation chat.Conversation
	Seq          uint32 // the row that shows best why
	Author       chat.Author
	Kind         chat.Kind
	Time         time.Time
	Snippet      []Segment
	More         int // other rows near it with what was searched for
}

// Page is one page of a search.
type Page struct {
	Hits  []Hit
	Next  string // empty on the last page
	Total int    // conversations found
	// Above says that there are more than Total: counting ended there.
	Above bool
	// Loose says that nothing has all of what was asked for: these have parts of it.
	Loose bool
	// Behind is how long ago the log was last looked at to its end; what was written since may be missing.
	Behind time.Duration
}

const (
	slab       = 500 // parts that are ranked against each other; paging goes on with the next ones
	searchTime = 400 * time.Millisecond
	firstSpan  = 1 // blocks
	spanGrowth = 4
	maxSpan    = 64
	minStep    = 256 // parts
	rareIDF    = 9.0
)

// Search finds conversations by what was said in them.
type Search struct {
	store SearchStore
	clock func() time.Time

	mu     sync.Mutex // guards what follows
	shares map[string]float64
	read   time.Time
}

// NewSearch returns a search. A nil clock is time.Now.
func NewSearch(store SearchStore, clock func() time.Time) (*Search, error) {
	if store == nil {
		return nil, errors.New("history search: a store is required")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Search{store: store, clock: clock}, nil
}

// cursor is where a page ended.
type cursor struct {
	Upper int64   `json:"u"`           // the slab's parts have ids below it
	Shown int64   `json:"n,omitempty"` // conversations with a part from here on were in an earlier slab; 0 = this is the first
	At    int64   `json:"t"`           // when the search began, Unix seconds: scores are as of then
	Score float64 `json:"s,omitempty"` // of the last hit; ID 0 = the slab's beginning
	ID    int64   `json:"i,omitempty"`
	Loose bool    `json:"l,omitempty"`
	Seen  int     `json:"c,omitempty"`
}

func (c cursor) String() string {
	raw, err := json.Marshal(c)
	if err != nil { // numbers
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func readCursor(s string) (c cursor, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.Upper <= 0 || math.IsNaN(c.Score) || math.IsInf(c.Score, 0) {
		return c, fmt.Errorf("%w: cursor is none of ours; begin again without it", ErrInvalid)
	}
	return c, nil
}

// Search returns a page of conversations within the actor's scope. Notes are
// searched too: it is for staff. Errors: [ErrInvalid], identity.ErrForbidden.
func (s *Search) Search(ctx context.Context, actor identity.Actor, q Query) (Page, error) {
	if !actor.Can(identity.PermChatRead) {
		return Page{}, fmt.Errorf("%s: %w", identity.PermChatRead, identity.ErrForbidden)
	}
	if err := q.check(); err != nil {
		return Page{}, err
	}
	m := readQuery(q.Text)
	if m.empty() && strings.TrimSpace(q.Text) != "" {
		return Page{}, fmt.Errorf("%w: q has no word to search for; type at least one word that must be there", ErrInvalid)
	}
	newest, indexed, err := s.store.Newest(ctx, q.To)
	if err != nil {
		return Page{}, fmt.Errorf("search conversations: %w", err)
	}
	at := cursor{Upper: newest, At: s.clock().Unix()}
	if q.Cursor != "" {
		if at, err = readCursor(q.Cursor); err != nil {
			return Page{}, err
		}
	}
	departments, err := s.store.Departments(ctx, actor.Scope, q.Filter)
	if err != nil {
		return Page{}, fmt.Errorf("search conversations: %w", err)
	}
	r := run{Search: s, scope: actor.Scope, q: q, m: m, departments: departments}
	r.text = m.all()
	if at.Loose {
		r.m, r.text, _ = m.loosen()
	}
	page, err := r.page(ctx, at)
	if err == nil && len(page.Hits) == 0 && page.Next == "" && q.Cursor == "" {
		if loose, query, ok := m.loosen(); ok {
			r.m, r.text, at.Loose = loose, query, true
			page, err = r.page(ctx, at)
		}
	}
	if err != nil {
		return Page{}, fmt.Errorf("search conversations: %w", err)
	}
	page.Loose = at.Loose && len(page.Hits) > 0
	if !indexed.IsZero() {
		page.Behind = max(0, s.clock().Sub(indexed))
	}
	return page, nil
}

func (q *Query) check() error {
	switch {
	case !utf8.ValidString(q.Text) || strings.ContainsRune(q.Text, 0):
		return fmt.Errorf("%w: q is not UTF-8", ErrInvalid)
	case utf8.RuneCountInString(q.Text) > 200:
		return fmt.Errorf("%w: q is longer than 200 characters", ErrInvalid)
	}
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit = min(q.Limit, 50)
	return q.Filter.check()
}

func (f *Filter) check() error {
	for _, id := range []struct{ name, value string }{{"agent", f.Agent}, {"contact", f.Contact}} {
		if _, ok := chat.CanonicalID(id.value); id.value != "" && !ok {
			return fmt.Errorf("%w: %s must be a UUID", ErrInvalid, id.name)
		}
	}
	switch {
	case !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To):
		return fmt.Errorf("%w: from must lie before to", ErrInvalid)
	case f.Status != "" && !slices.Contains([]string{"open", "snoozed", "resolved"}, f.Status):
		return fmt.Errorf("%w: status must be open, snoozed or resolved", ErrInvalid)
	case f.Owner != "" && !slices.Contains([]string{"bot", "queue", "human"}, f.Owner):
		return fmt.Errorf("%w: owner must be bot, queue or human", ErrInvalid)
	}
	return nil
}

// run is one search on its way.
type run struct {
	*Search
	scope       identity.Scope
	q           Query
	m           match
	text        string // what to search for, as a tsquery; empty = everything
	departments []int32
}

// page finds the slab that the cursor points to and cuts the page out of it.
func (r *run) page(ctx context.Context, at cursor) (Page, error) {
	ids, low, err := r.collect(ctx, at)
	if err != nil {
		return Page{}, err
	}
	ranked, err := r.rank(ctx, ids, at)
	if err != nil {
		return Page{}, err
	}
	total := at.Seen + len(ranked)
	page := Page{Total: total, Above: low > 0}
	if at.ID != 0 {
		page.Total = at.Seen
		page.Total += len(ranked)
		ranked = slices.DeleteFunc(ranked, func(x Ranked) bool {
			return x.Score > at.Score || x.Score == at.Score && x.ID >= at.ID
		})
	}
	next := cursor{}
	switch {
	case len(ranked) > r.q.Limit:
		last := ranked[r.q.Limit-1]
		next, ranked = at, ranked[:r.q.Limit]
		next.Score, next.ID = last.Score, last.ID
	case low > 0:
		next = cursor{Upper: low, Shown: low, At: at.At, Loose: at.Loose, Seen: total}
	}
	if next.Upper > 0 {
		page.Next = next.String()
	}
	found, err := r.store.Hits(ctx, r.scope, ranked)
	if err != nil {
		return Page{}, err
	}
	for i := range found {
		page.Hits = append(page.Hits, r.hit(&found[i]))
	}
	return page, nil
}

// collect returns the newest matching parts below the cursor, at most a slab of
// them, and below which id to go on; 0 = there are no more. It goes back through
// time in growing steps, no larger than what is wanted needs: what is matched
// beyond it was matched for nothing.
func (r *run) collect(ctx context.Context, at cursor) (ids []int64, low int64, err error) {
	below, began := at.Upper, r.clock()
	size, growth := int64(firstSpan)<<BlockBits, int64(spanGrowth)
	if d := r.density(ctx); d > 0 {
		size = min(size, stepFor(slab+1, d))
		growth = spanGrowth / 2 // where a common word is not yet, it may be soon, and then in nearly every part
	}
	for below > 1 {
		from := max(0, below-size)
		if size >= 1<<BlockBits {
			from = from >> BlockBits << BlockBits
		}
		found, err := r.store.Match(ctx, r.scope, r.q.Filter, Range{
			Query: r.query(from>>BlockBits, (below-1)>>BlockBits), Anywhere: r.walls(), From: from, Below: below, Shown: at.Shown,
		}, slab-len(ids)+1)
		if err != nil {
			return nil, 0, err
		}
		ids = append(ids, found...)
		if len(ids) > slab {
			return ids[:slab], ids[slab-1], nil
		}
		if from == 0 {
			break
		}
		grown := min(size*growth, maxSpan<<BlockBits)
		if len(found) > 0 {
			grown = min(grown, stepFor(slab-len(ids)+1, float64(len(found))/float64(below-from)))
		}
		below, size = from, grown
		if r.clock().Sub(began) > searchTime {
			return ids, below, nil // the next page searches on
		}
	}
	return ids, 0, nil
}

// stepFor returns how many parts have about that many matches, a quarter more so that one step mostly does.
func stepFor(matches int, density float64) int64 {
	return max(minStep, int64(1.25*float64(matches)/density))
}

// density is in which share of the parts the search may be expected, as far as
// the index' statistics know; 0 = rare, or not known. Too high a guess costs a step more.
func (r *run) density(ctx context.Context) float64 {
	d := 1.0
	if r.m.empty() {
		return d
	}
	shares := r.frequencies(ctx)
	for i := range r.m.words {
		if w := &r.m.words[i]; !w.not {
			for _, s := range w.phrases[0] {
				d = min(d, shares[s.term])
			}
		}
	}
	return d
}

// query is the search in some blocks, with its walls as far as the index knows them; the store asks the conversations.
func (r *run) query(bottom, top int64) string {
	blocks := make([]string, 0, top-bottom+1)
	for b := bottom; b <= top; b++ {
		blocks = append(blocks, markBlock+strconv.FormatInt(b, 10))
	}
	return strings.Trim(r.walls()+" & "+anyMark(blocks), " &")
}

// walls is the search without regard to time.
func (r *run) walls() string {
	var parts []string
	if r.text != "" {
		parts = append(parts, "("+r.text+")")
	}
	if r.departments != nil {
		marks := []string{"#none"}
		for _, d := range r.departments {
			marks = append(marks, markDepartment+strconv.Itoa(int(d)))
		}
		parts = append(parts, anyMark(marks))
	}
	if r.q.Contact != "" {
		id, _ := chat.CanonicalID(r.q.Contact)
		parts = append(parts, anyMark([]string{markContact + id}))
	}
	if r.q.Notes {
		parts = append(parts, anyMark([]string{markNote}))
	}
	return strings.Join(parts, " & ")
}

func anyMark(marks []string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, mark := range marks {
		if i > 0 {
			b.WriteString(" | ")
		}
		writeLexeme(&b, mark)
	}
	b.WriteByte(')')
	return b.String()
}

func (r *run) rank(ctx context.Context, ids []int64, at cursor) ([]Ranked, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var queries []string
	var weights []float64
	if !r.q.Newest {
		queries = r.m.queries()
		weights = r.weights(ctx)
	}
	return r.store.Rank(ctx, ids, queries, weights, time.Unix(at.At, 0))
}

// weights are the words' inverse document frequencies, that of a phrase its rarest term's.
func (r *run) weights(ctx context.Context) []float64 {
	shares := r.frequencies(ctx)
	var out []float64
	for i := range r.m.words {
		if r.m.words[i].not {
			continue
		}
		idf := 0.1
		for _, s := range r.m.words[i].phrases[0] {
			share, known := shares[s.term]
			if !known {
				idf = rareIDF
				continue
			}
			idf = max(idf, math.Log(1+(1-share)/max(share, 1e-6)))
		}
		out = append(out, idf)
	}
	return out
}

// frequencies are the planner's own statistics of the index: good enough for
// weights, and there already. They are read again every ten minutes.
func (s *Search) frequencies(ctx context.Context) map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clock(); s.shares == nil || now.Sub(s.read) > 10*time.Minute {
		if shares, err := s.store.Frequencies(ctx); err == nil {
			s.shares, s.read = shares, now
		}
	}
	return s.shares
}

// hit chooses the row that shows best why a conversation was found.
func (r *run) hit(f *Found) Hit {
	h := Hit{Conversation: f.Head}
	best := -1
	for i := range f.Rows {
		row := &f.Rows[i]
		for _, s := range Spoken(row) {
			if s == "" {
				continue
			}
			snippet, hits := snippetOf(s, &r.m)
			if hits > 0 {
				h.More++
			}
			if hits > best {
				best = hits
				h.Seq, h.Author, h.Kind, h.Time, h.Snippet = row.Seq, row.Author, row.Kind, row.Time, snippet
			}
		}
	}
	h.More = max(0, h.More-1)
	if h.Seq == 0 { // found by the contact's name, or nothing was said
		h.Seq, h.Time = max(1, uint32(f.Part)*PartRows), f.Head.CreatedAt
		h.Snippet, _ = snippetOf(firstRunes(f.Head.LastMessage, snippetRunes), &r.m)
	}
	return h
}

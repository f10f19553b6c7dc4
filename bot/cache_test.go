package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// newKept is a shop whose responder keeps decisions.
func newKept(t *testing.T, policies bot.Policies) (*shop, *bot.Cache) {
	t.Helper()
	s := newShop(t)
	cache, err := bot.NewCache(bot.CacheConfig{Moments: s.kb})
	if err != nil {
		t.Fatal(err)
	}
	if s.Responder, err = bot.NewResponder(bot.ResponderConfig{Knowledge: s.kb, Cache: cache, Policies: policies}); err != nil {
		t.Fatal(err)
	}
	return s, cache
}

func TestTheSameQuestionIsSearchedOnce(t *testing.T) {
	t.Parallel()
	s, cache := newKept(t, nil)
	s.stock()
	first := s.ask(bot.Question{Text: "How do I get a refund?", Locale: "en"})
	searches := s.store.Searches()
	for _, same := range []string{"how do I get a refund?", "Hello, how do I get a refund?", "  HOW do I get a refund?  ", "how do I get a refund? Thanks"} {
		d := s.ask(bot.Question{Text: same, Locale: "en"})
		if !d.Cached || d.Text != first.Text || *d.Source != *first.Source || d.Reason != first.Reason || d.Confidence != first.Confidence || !slices.Equal(d.Buttons, first.Buttons) {
			t.Errorf("%q: %+v", same, d)
		}
		if d.Trace.Query != first.Trace.Query || len(d.Candidates) == 0 || d.Trace.SearchTime != 0 {
			t.Errorf("%q: the trace of a kept decision: %+v", same, d.Trace)
		}
	}
	if n := s.store.Searches() - searches; n != 0 {
		t.Errorf("%d searches", n)
	}
	if c := cache.Counts(); c.Hits != 4 || c.Misses != 1 || c.Entries != 1 || c.Refused != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAQuestionBackIsKeptToo(t *testing.T) {
	t.Parallel()
	s, _ := newKept(t, nil)
	for i := range 4 {
		s.add(fmt.Sprintf("lamp%d", i), "en", "A lamp.", "about the lamp", fmt.Sprintf("lamp model m%d", i))
	}
	first := s.ask(bot.Question{Text: "about the lamp", Locale: "en"})
	second := s.ask(bot.Question{Text: "about the lamp", Locale: "en"})
	if first.Action != bot.ActionClarify || !second.Cached || second.Text != first.Text || !slices.Equal(first.Buttons, second.Buttons) {
		t.Fatalf("%+v\n%+v", first, second)
	}
}

func TestWhatDependsOnMoreThanItsTextIsNotKept(t *testing.T) {
	t.Parallel()
	s, cache := newKept(t, nil)
	s.stock()
	for name, q := range map[string]bot.Question{
		"a button":                  {Text: "how do I get a refund", Button: bot.ButtonNone},
		"a chosen article":          {Text: "how do I get a refund", Button: bot.ButtonArticle + "refund"},
		"offers turned down":        {Text: "how do I get a refund", Rejected: []string{"refund"}},
		"asked back before":         {Text: "how do I get a refund", Clarified: 1},
		"leaning on the one before": {Text: "and then?", Previous: []string{"how do I get a refund"}},
		"a hand-over":               {Text: "please sing me the whole opera about nothing"},
		"a request for a human":     {Text: "talk to a human"},
		"small talk":                {Text: "hello"},
	} {
		q.Locale = "en"
		for range 2 {
			if d := s.ask(q); d.Cached {
				t.Errorf("%s: %+v", name, d)
			}
		}
	}
	s.embedder.Fail(errors.New("overloaded"))
	if _, err := s.Decide(t.Context(), bot.Question{Site: 1, Text: "what does the TH01 measure"}); err == nil {
		t.Error("no error without a model")
	}
	if c := cache.Counts(); c.Entries != 0 {
		t.Errorf("%+v", c)
	}
}

// What one may be told the other may not be: site, department, audience, language.
func TestNobodyIsToldWhatWasKeptForOthers(t *testing.T) {
	t.Parallel()
	s, _ := newKept(t, nil)
	s.stock()
	base := bot.Question{Text: "refund", Locale: "en"}
	s.ask(base)
	for name, q := range map[string]bot.Question{
		"department": {Text: "refund", Locale: "en", Department: 7},
		"audience":   {Text: "refund", Locale: "en", Audience: kb.AudienceStaff},
		"language":   {Text: "refund", Locale: "zh-CN"},
	} {
		if d := s.ask(q); d.Cached {
			t.Errorf("another %s: %+v", name, d)
		}
	}
	d, err := s.Decide(t.Context(), bot.Question{Site: 2, Text: "refund", Locale: "en"})
	if err != nil || d.Cached || d.Action == bot.ActionAnswer {
		t.Errorf("another site: %+v, %v", d, err)
	}
	if d := s.ask(base); d.Action != bot.ActionHandover && !d.Cached {
		t.Errorf("the first one: %+v", d)
	}
}

func TestAPublicationAPolicyAndAModelMakeWhatWasKeptUnreachable(t *testing.T) {
	t.Parallel()
	policies := &changing{}
	s, _ := newKept(t, policies)
	s.stock()
	q := bot.Question{Text: "how do I get a refund", Locale: "en"}
	cached := func() bool { s.ask(q); return s.ask(q).Cached }
	if !cached() {
		t.Fatal("nothing is kept")
	}
	s.add("refund", "en", "Refunds take ONE day.", "how do I get a refund")
	if d := s.ask(q); d.Cached || d.Text != "Refunds take ONE day." {
		t.Fatalf("after an edit: %+v", d)
	}
	better := bot.Question{Text: "how do I get a refund for a lamp", Locale: "en"}
	s.ask(better)
	if d := s.ask(better); !d.Cached {
		t.Fatalf("nothing is kept: %+v", d)
	}
	s.add("lamp-refund", "en", "Lamps: at once.", "how do I get a refund for a lamp") // the old article's version stays
	if d := s.ask(better); d.Cached || d.Text != "Lamps: at once." {
		t.Fatalf("after a better article was published: %+v", d)
	}
	cached()
	policies.version.Add(1)
	if d := s.ask(q); d.Cached {
		t.Fatalf("after a change of the policy: %+v", d)
	}
	cached()
	for _, id := range []string{"refund", "lamp-refund"} {
		if err := s.kb.Archive(t.Context(), identity.System(), 1, id, ""); err != nil {
			t.Fatal(err)
		}
	}
	if d := s.ask(q); d.Cached || d.Action == bot.ActionAnswer {
		t.Fatalf("after it was archived: %+v", d)
	}
}

type changing struct{ version atomic.Int64 }

func (c *changing) Policy(context.Context, int32) (bot.Policy, error) {
	return bot.Policy{Version: c.version.Load(), Mode: bot.ModeLive, Percent: 100}, nil
}

// moments tells what a test wants.
type moments struct {
	mu  sync.Mutex // guards now
	now kb.Now
}

func (m *moments) Now(context.Context, int32) (kb.Now, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, nil
}

// scripted is a knowledge base of one article that answers at its own pace.
type scripted struct {
	result   func() kb.Result
	started  chan struct{}
	release  chan struct{}
	searches atomic.Int64
	version  atomic.Uint32
}

func (s *scripted) Search(ctx context.Context, _ identity.Scope, q kb.Query) (kb.Result, error) {
	s.searches.Add(1)
	if s.started != nil {
		s.started <- struct{}{}
		select {
		case <-s.release:
		case <-ctx.Done():
			return kb.Result{}, ctx.Err()
		}
	}
	if q.Text == "panic" {
		panic("broken")
	}
	r := s.result()
	r.Query = q.Text
	return r, nil
}

func (s *scripted) Replies(_ context.Context, _ identity.Scope, _ int32, ids []string, _ string, _ kb.Audience) (out []kb.Article, err error) {
	for _, id := range ids {
		out = append(out, kb.Article{ID: id, Locale: "en", Title: id, Answer: "Text of " + id, Version: s.version.Load()})
	}
	return out, nil
}

func sure(epoch int64, model, pair string) func() kb.Result {
	return func() kb.Result {
		return kb.Result{Confidence: 0.9, Answerable: 0.9, Epoch: epoch, Fingerprint: model, PairModel: pair, Candidates: []kb.Candidate{{Article: "a", Score: 0.9}}}
	}
}

func over(t *testing.T, knowledge bot.Knowledge, cfg bot.CacheConfig) (*bot.Responder, *bot.Cache) {
	t.Helper()
	cache, err := bot.NewCache(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bot.NewResponder(bot.ResponderConfig{Knowledge: knowledge, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return r, cache
}

func TestManyWhoAskTheSameAtOnceWaitForOneSearch(t *testing.T) {
	t.Parallel()
	s := &scripted{result: sure(1, "m", ""), started: make(chan struct{}), release: make(chan struct{})}
	r, cache := over(t, s, bot.CacheConfig{Moments: &moments{now: kb.Now{Epoch: 1, Fingerprint: "m"}}})
	q := bot.Question{Site: 1, Text: "where is it", Locale: "en"}
	leaves, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := r.Decide(leaves, q)
		first <- err
	}()
	<-s.started
	var others sync.WaitGroup
	for range 20 {
		others.Go(func() {
			if d, err := r.Decide(t.Context(), q); err != nil || d.Action != bot.ActionAnswer {
				t.Errorf("%+v, %v", d, err)
			} else {
				d.Source.Title, d.Buttons[0].Label = "mine", "mine" // nobody else's
			}
		})
	}
	leave() // who came first leaves; the others' search goes on
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(s.release)
	go func() {
		for range s.started { // those who come too late for the flight find it kept
		}
	}()
	others.Wait()
	close(s.started)
	if n := s.searches.Load(); n != 1 {
		t.Errorf("%d searches", n)
	}
	if c := cache.Counts(); c.Joined+c.Hits != 20 {
		t.Errorf("%+v", c)
	}
}

func TestWhatWasDecidedByAnotherStateThanAskedForIsNotKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now    kb.Now
		result func() kb.Result
		kept   bool
	}{
		"as asked for":                       {kb.Now{Epoch: 5, Fingerprint: "m", Pair: "p"}, sure(5, "m", "p"), true},
		"a publication came between":         {kb.Now{Epoch: 5, Fingerprint: "m", Pair: "p"}, sure(6, "m", "p"), false},
		"this node still has the old model":  {kb.Now{Epoch: 5, Fingerprint: "new", Pair: "p"}, sure(5, "m", "p"), false},
		"this node still has the old reader": {kb.Now{Epoch: 5, Fingerprint: "m", Pair: "new"}, sure(5, "m", "p"), false},
		"this node has no reader yet":        {kb.Now{Epoch: 5, Fingerprint: "m", Pair: "new"}, sure(5, "m", ""), false},
		"the reader is switched off":         {kb.Now{Epoch: 5, Fingerprint: "m", Pair: "none"}, sure(5, "m", ""), true},
		"nobody has chosen a reader":         {kb.Now{Epoch: 5, Fingerprint: "m"}, sure(5, "m", "p"), true},
	} {
		s := &scripted{result: c.result}
		r, cache := over(t, s, bot.CacheConfig{Moments: &moments{now: c.now}})
		var last bot.Decision
		for range 2 {
			var err error
			if last, err = r.Decide(t.Context(), bot.Question{Site: 1, Text: "where is it", Locale: "en"}); err != nil {
				t.Fatal(err)
			}
		}
		if last.Cached != c.kept || (cache.Counts().Refused == 0) != c.kept {
			t.Errorf("%s: cached %v, %+v", name, last.Cached, cache.Counts())
		}
	}
}

func TestAKeptAnswerWhoseArticleHasAnotherVersionIsFoundAnew(t *testing.T) {
	t.Parallel()
	s := &scripted{result: sure(1, "m", "")}
	r, _ := over(t, s, bot.CacheConfig{Moments: &moments{now: kb.Now{Epoch: 1, Fingerprint: "m"}}})
	q := bot.Question{Site: 1, Text: "where is it", Locale: "en"}
	for range 2 {
		if _, err := r.Decide(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	s.version.Add(1)
	if d, err := r.Decide(t.Context(), q); err != nil || d.Cached || d.Source.Version != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
}

func TestWhatIsKeptHasAnEnd(t *testing.T) {
	t.Parallel()
	s := &scripted{result: sure(1, "m", "")}
	now := time.Unix(1_000_000, 0)
	r, _ := over(t, s, bot.CacheConfig{Moments: &moments{now: kb.Now{Epoch: 1, Fingerprint: "m"}}, Life: time.Minute, Clock: func() time.Time { return now }})
	ask := func() bool {
		d, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: "where is it", Locale: "en"})
		if err != nil {
			t.Fatal(err)
		}
		return d.Cached
	}
	ask()
	now = now.Add(59 * time.Second)
	if !ask() {
		t.Error("gone before its time")
	}
	now = now.Add(time.Second)
	if ask() {
		t.Error("served after its time") // bigcache's Get still has it
	}
}

func TestTheCacheStaysWithinItsSize(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	s := &scripted{result: func() kb.Result {
		r := sure(1, "m", "")()
		r.Candidates[0].Variant = long
		return r
	}}
	r, cache := over(t, s, bot.CacheConfig{Moments: &moments{now: kb.Now{Epoch: 1, Fingerprint: "m"}}, SizeMB: 8})
	for i := range 3000 {
		if _, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: fmt.Sprintf("where is number %d", i), Locale: "en"}); err != nil {
			t.Fatal(err)
		}
	}
	if c := cache.Counts(); c.Bytes > 8<<20 || c.Evicted == 0 || c.Entries < 500 {
		t.Errorf("%+v", c)
	}
	long = strings.Repeat("x", 20_000) // one that is too large drives nobody out
	before := cache.Counts()
	if _, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: "where is the large one", Locale: "en"}); err != nil {
		t.Fatal(err)
	}
	if c := cache.Counts(); c.Refused != before.Refused+1 || c.Entries != before.Entries {
		t.Errorf("%+v, then %+v", before, c)
	}
}

func TestAPanicInASharedSearchIsAnErrorForAll(t *testing.T) {
	t.Parallel()
	s := &scripted{result: sure(1, "m", "")}
	r, _ := over(t, s, bot.CacheConfig{Moments: &moments{now: kb.Now{Epoch: 1, Fingerprint: "m"}}})
	if _, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: "panic", Locale: "en"}); err == nil {
		t.Fatal("no error")
	}
}

func TestACacheIsCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	m := &moments{}
	for _, cfg := range []bot.CacheConfig{{}, {Moments: m, SizeMB: 1}, {Moments: m, SizeMB: 5000}, {Moments: m, Life: time.Millisecond}, {Moments: m, Timeout: -1}} {
		if _, err := bot.NewCache(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

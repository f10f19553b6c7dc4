package bot_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/internal/identity"
)

func TestAPercentageIsKeptStableAndOnlyEverAddsConversations(t *testing.T) {
	t.Parallel()
	const n = 20_000
	ids := make([]string, n)
	for i := range ids {
		ids[i] = chat.NewID(time.UnixMilli(1_800_000_000_000 + int64(i)))
	}
	served := func(p bot.Policy) map[string]bool {
		out := map[string]bool{}
		for _, id := range ids {
			if p.ModeFor(id) == bot.ModeLive {
				out[id] = true
			}
			if again := p; again.ModeFor(id) != p.ModeFor(id) {
				t.Fatalf("%s is on both sides", id)
			}
		}
		return out
	}
	at := func(percent int) bot.Policy { return bot.Policy{Version: 1, Mode: bot.ModeLive, Percent: percent} }
	if got := len(served(at(0))); got != 0 {
		t.Errorf("at 0 %% the bot serves %d", got)
	}
	if got := len(served(at(100))); got != n {
		t.Errorf("at 100 %% the bot serves %d of %d", got, n)
	}
	if got := len(served(bot.Policy{})); got != n {
		t.Errorf("where nothing is set the bot serves %d of %d", got, n)
	}
	half, more := served(at(50)), served(at(60))
	if share := float64(len(half)) / n; math.Abs(share-0.5) > 0.02 {
		t.Errorf("at 50 %% the bot serves %.3f", share)
	}
	for id := range half {
		if !more[id] {
			t.Fatalf("%s was served at 50 %% and is not at 60 %%", id)
		}
	}
	if got := (bot.Policy{Version: 1, Mode: bot.ModeShadow, Percent: 100}).ModeFor(ids[0]); got != bot.ModeShadow {
		t.Errorf("shadow: %s", got)
	}
	if got := (bot.Policy{Version: 1, Mode: bot.ModeOff, Percent: 100}).ModeFor(ids[0]); got != bot.ModeOff {
		t.Errorf("off: %s", got)
	}
}

func TestAPolicyOutOfBoundsNamesTheField(t *testing.T) {
	t.Parallel()
	good := bot.Policy{Mode: bot.ModeLive, Percent: 100}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*bot.Policy){
		"mode": func(p *bot.Policy) { p.Mode = "loud" }, "percent": func(p *bot.Policy) { p.Percent = 101 }, "answer": func(p *bot.Policy) { p.Answer = math.NaN() },
		"clarify": func(p *bot.Policy) { p.Clarify = -0.1 }, "suggest": func(p *bot.Policy) { p.Suggest = 1.1 }, "max_clarifications": func(p *bot.Policy) { p.MaxClarifications = 9 },
		"gate_worse": func(p *bot.Policy) { p.GateWorse = math.Inf(1) },
	} {
		p := good
		change(&p)
		if err := p.Validate(); !errors.Is(err, bot.ErrPolicy) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	base := bot.Thresholds{Answer: 0.7, MaxClarifications: 2}
	if got := (bot.Policy{}).Thresholds(base); got != base {
		t.Errorf("%+v", got)
	}
	if got := (bot.Policy{Answer: 0.5, Clarify: 0.3, MaxClarifications: 1}).Thresholds(base); got != (bot.Thresholds{Answer: 0.5, Clarify: 0.3, MaxClarifications: 1}) {
		t.Errorf("%+v", got)
	}
}

// shelf is a policy store in memory.
type shelf struct {
	policy bot.Policy
	reads  int
	err    error
}

func (s *shelf) Policy(context.Context, identity.Scope, int32) (bot.Policy, error) {
	s.reads++
	return s.policy, s.err
}

func (s *shelf) SavePolicy(_ context.Context, _ identity.Scope, _ int32, p bot.Policy, _ string, _ time.Time) (bot.Policy, error) {
	p.Version++
	s.policy = p
	return p, s.err
}

func TestAPolicyIsReadOnceInHalfASecondAndNeverFromAFailedRead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	store := &shelf{policy: bot.Policy{Version: 3, Mode: bot.ModeLive, Percent: 100}}
	s, err := bot.NewSettings(store, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if p, err := s.Policy(t.Context(), 1); err != nil || p.Version != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if store.reads != 1 {
		t.Errorf("%d reads", store.reads)
	}
	now = now.Add(time.Second)
	store.err = errors.New("the database is gone")
	if _, err := s.Policy(t.Context(), 1); err == nil {
		t.Error("the bot speaks though nobody knows whether it may")
	}
}

package postgres

import (
	"errors"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/calendar"
	"frontdesk/internal/identity"
)

func (d *desk) scope() identity.Scope { return identity.Scope{Sites: []int32{1}, AllDepartments: true} }

func (d *desk) team() (id string) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), "SELECT id::text FROM teams WHERE site_id = 1 ORDER BY created_at LIMIT 1").Scan(&id); err != nil {
		d.t.Fatal(err)
	}
	return id
}

func TestRoutingSettingsAreVersionedAndWalled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, at := t.Context(), time.Now()
	cfg, err := d.store.RoutingConfig(ctx, d.scope(), 1)
	if err != nil || cfg.Version != 0 || len(cfg.Strategies) != len(routing.Catalog()) {
		t.Fatalf("%+v, %v", cfg, err)
	}
	cfg.ReservationSeconds, cfg.DefaultCap = 20, 3
	cfg.Rules = []routing.Rule{{Name: "gold", On: true, VIP: true, When: []routing.Condition{{Field: "attr.plan", Op: routing.OpIs, Value: "gold"}}}}
	cfg.Teams = []routing.TeamConfig{{Team: d.team(), Hours: &calendar.Spec{Zone: "Asia/Shanghai", Week: []calendar.Interval{{Day: "mon", Open: "09:00", Close: "18:00"}}}}}
	saved, err := d.store.SaveRoutingConfig(ctx, d.scope(), 1, cfg, "admin", at)
	if err != nil || saved.Version != 1 {
		t.Fatalf("version %d, %v", saved.Version, err)
	}
	_, err = d.store.SaveRoutingConfig(ctx, d.scope(), 1, cfg, "admin", at) // the version before
	want(t, err, chat.ErrRoutingConflict)
	read, err := d.store.RoutingConfig(ctx, d.scope(), 1)
	if err != nil || read.Version != 1 || read.ReservationSeconds != 20 || read.Rules[0].Name != "gold" || read.Teams[0].Hours.Zone != "Asia/Shanghai" || read.UpdatedBy != "admin" {
		t.Errorf("%+v, %v", read, err)
	}
	all, err := d.store.RoutingConfigs(ctx)
	if err != nil || all[1].Version != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	for _, foreign := range []identity.Scope{{}, {Sites: []int32{2}, AllDepartments: true}, {Sites: []int32{1}, AllDepartments: true, Contact: newID()}} {
		_, err := d.store.RoutingConfig(ctx, foreign, 1)
		want(t, err, identity.ErrNotFound)
		_, err = d.store.SaveRoutingConfig(ctx, foreign, 1, read, "x", at)
		want(t, err, identity.ErrNotFound)
		_, err = d.store.AgentProfiles(ctx, foreign, 1)
		want(t, err, identity.ErrNotFound)
		want(t, d.store.SaveAgentProfiles(ctx, foreign, 1, nil, "x", at), identity.ErrNotFound)
	}
	cfg = read
	cfg.Overflow = []routing.Step{{AfterSeconds: 5, Teams: []string{newID()}}}
	if _, err := d.store.SaveRoutingConfig(ctx, d.scope(), 1, cfg, "x", at); !errors.Is(err, routing.ErrConfig) {
		t.Errorf("a foreign team: %v", err)
	}
	cfg.Overflow = []routing.Step{{AfterSeconds: -5}}
	if _, err := d.store.SaveRoutingConfig(ctx, d.scope(), 1, cfg, "x", at); !errors.Is(err, routing.ErrConfig) {
		t.Errorf("%v", err)
	}
}

func TestAgentsSkillsAreKeptBySite(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, at := t.Context(), time.Now()
	alice, bob := d.agent("alice"), d.agent("bob")
	d.exec("INSERT INTO team_members (team_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", d.team(), alice.ID)
	profile := chat.AgentProfile{
		User: alice.ID, Cap: 7, Caps: map[string]int{"chat": 2}, Skills: []routing.Skill{{Name: "refund", Level: 4}, {Name: "repair", Level: 1}},
		Languages: []string{"en", "zh-CN"},
	}
	if err := d.store.SaveAgentProfiles(ctx, d.scope(), 1, []chat.AgentProfile{profile, {User: bob.ID, Cap: 5}}, "admin", at); err != nil {
		t.Fatal(err)
	}
	profile.Skills, profile.Caps = profile.Skills[:1], nil
	if err := d.store.SaveAgentProfiles(ctx, d.scope(), 1, []chat.AgentProfile{profile}, "admin", at); err != nil {
		t.Fatal(err)
	}
	got, err := d.store.AgentProfiles(ctx, d.scope(), 1)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d, %v", len(got), err)
	}
	a := got[0]
	if a.Name != "alice" || a.Cap != 7 || len(a.Caps) != 0 || len(a.Skills) != 1 || a.Skills[0] != (routing.Skill{Name: "refund", Level: 4}) ||
		len(a.Languages) != 2 || len(a.Teams) != 1 || a.Presence != chat.Offline || !a.AllDepartments || a.Role != "agent" {
		t.Errorf("%+v", a)
	}
	agents, err := d.store.RoutingAgents(ctx, []string{alice.ID})
	if err != nil || len(agents) != 1 || agents[0].Skills[1][0].Level != 4 || agents[0].Cap != 7 || agents[0].Presence != chat.Offline || agents[0].Node != "" {
		t.Errorf("%+v, %v", agents, err)
	}
	want(t, d.store.SaveAgentProfiles(ctx, d.scope(), 1, []chat.AgentProfile{{User: newID()}}, "x", at), identity.ErrNotFound)
	for _, bad := range []chat.AgentProfile{
		{User: alice.ID, Cap: -1},
		{User: alice.ID, Caps: map[string]int{"chat": 2000}},
		{User: alice.ID, Languages: []string{"?"}},
		{User: alice.ID, Languages: []string{"xx-bogus"}}, // nobody's visitors would fit
		{User: alice.ID, Caps: map[string]int{"nope": 3}},
		{User: alice.ID, Skills: []routing.Skill{{Name: "x", Level: 6}}},
		{User: alice.ID, Skills: []routing.Skill{{Name: " ", Level: 1}}},
	} {
		want(t, d.store.SaveAgentProfiles(ctx, d.scope(), 1, []chat.AgentProfile{bad}, "x", at), routing.ErrConfig)
	}
	// The site's default reaches those whose capacity nobody set.
	carol := d.agent("carol")
	if _, err := d.store.RenewLease(ctx, chat.Node{ID: newID()}, time.Minute); err != nil {
		t.Fatal(err)
	}
	d.exec("INSERT INTO agents (user_id) VALUES ($1)", carol.ID)
	cfg := routing.DefaultConfig()
	cfg.DefaultCap = 2
	if _, err := d.store.SaveRoutingConfig(ctx, d.scope(), 1, cfg, "admin", at); err != nil {
		t.Fatal(err)
	}
	agents, err = d.store.RoutingAgents(ctx, []string{alice.ID, carol.ID})
	if err != nil || len(agents) != 2 {
		t.Fatal(err)
	}
	for _, a := range agents {
		if most := map[string]int{"alice": 7, "carol": 2}[a.Name]; a.Cap != most {
			t.Errorf("%s may hold %d", a.Name, a.Cap)
		}
	}
}

func TestTheDigestIsWhatWaitsAndWhoHoldsWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	alice := d.agent("alice")
	held, _ := d.visitor()
	_, conv := d.visitor()
	waiting, queued := d.visitor()
	_ = held
	if _, err := d.Claim(ctx, alice, conv.ID, nil); err != nil {
		t.Fatal(err)
	}
	d.say(waiting, queued.ID, "hello there")
	if _, err := d.RequestHuman(ctx, waiting, queued.ID, ""); err != nil {
		t.Fatal(err)
	}
	digest, err := d.store.RoutingDigest(ctx)
	if err != nil || len(digest.Waiting) != 1 || digest.Waiting[queued.ID] != 2 || len(digest.Held) != 1 {
		t.Fatalf("%+v, %v", digest, err)
	}
	if h := digest.Held[0]; h != (chat.HeldConversation{Conversation: conv.ID, Agent: alice.ID, Channel: "chat", Weight: 1, LastSeq: 1}) {
		t.Errorf("%+v", h)
	}
	items, err := d.store.QueuedItems(ctx, []string{queued.ID, conv.ID, newID()})
	if err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	if q := items[0]; q.Conversation != queued.ID || q.Site != 1 || q.Language != "en" || q.Attributes["reason"] != "requested" || q.LastMessage != "hello there" || q.Epoch == 0 || !q.Listed.Equal(q.Place) {
		t.Errorf("%+v", q)
	}
}

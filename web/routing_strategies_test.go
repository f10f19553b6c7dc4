package web_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"frontdesk/chat"
	"frontdesk/chat/routing"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

// atMost is a filter of an installation's own: who has n in hand gets no more.
func atMost() routing.Strategy {
	return routing.Strategy{
		Spec: routing.StrategySpec{
			Name: "at_most", Kind: routing.KindFilter, Params: []routing.ParamSpec{{Name: "n", Kind: "int", Min: 0, Max: 5, Default: 1}},
		},
		Allow: func(v *routing.View) bool { return v.Load() < int(v.Param(0)) },
	}
}

// routed runs a dispatcher with strategies of its own behind the pages, and the presence that it knows agents by.
func routed(t *testing.T, cfg *web.Config, own ...routing.Strategy) *chat.Presence {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	known, err := routing.NewStrategies(own...)
	must(err)
	store, service := cfg.Routing.Store.(*postgres.Chat).WithStrategies(known), cfg.Chat.(*chat.Service)
	node, quiet := newID(), slog.New(slog.DiscardHandler)
	d, err := chat.NewDispatcher(chat.DispatcherConfig{
		Store: store, Offers: store, Chat: service, Node: node, Room: chat.NewWaitingRoom(), Strategies: known, Logger: quiet, Reconcile: time.Hour,
	})
	must(err)
	presence, err := chat.NewPresence(t.Context(), chat.PresenceConfig{
		Store: store, Chat: service, Node: node, Logger: quiet, Renew: time.Hour / 4, Grace: time.Hour, Changed: d.AgentChanged,
	})
	must(err)
	cfg.Routing.Store, cfg.Routing.Desk, cfg.Routing.Strategies = store, d, known
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(<-ended)
	})
	return presence
}

// rules are a site's, as the page has them.
type rules struct {
	b    *browser
	body map[string]any
}

func (b *browser) rules() *rules {
	r := &rules{b: b}
	b.get("/api/admin/routing/rules").status(200).into(&r.body)
	return r
}

// strategy returns one of them.
func (r *rules) strategy(name string) map[string]any {
	r.b.h.t.Helper()
	for _, s := range r.body["strategies"].([]any) {
		if one := s.(map[string]any); one["name"] == name {
			return one
		}
	}
	r.b.h.t.Fatalf("no strategy %s in %v", name, r.body["strategies"])
	return nil
}

// save sends what the page sends.
func (r *rules) save() *reply {
	r.b.h.t.Helper()
	body := map[string]any{}
	for key, value := range r.body {
		switch key {
		case "updated_at", "updated_by", "running", "catalog", "$schema":
		default:
			body[key] = value
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		r.b.h.t.Fatal(err)
	}
	return r.b.do(http.MethodPut, "/api/admin/routing/rules", string(b))
}

func TestAnOwnStrategyIsListedCheckedAndSwitchedWithoutARestart(t *testing.T) {
	t.Parallel()
	var presence *chat.Presence
	h := open(t, func(cfg *web.Config) { presence = routed(t, cfg, atMost()) })
	admin, alice := h.signIn(h.user("boss", identity.RoleAdmin)), h.user("alice", identity.RoleAgent).Actor()
	if _, err := presence.Connect(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	asks := func() *browser {
		v := h.visitor()
		v.send(newID(), "hello").status(200)
		v.post("/api/visitor/request-human", "").status(200)
		return v
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		deadline, tick := time.After(30*time.Second), time.NewTicker(5*time.Millisecond)
		defer tick.Stop()
		for !holds() {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("still not: %s", what)
			}
		}
	}
	given := func(v *browser) {
		t.Helper()
		until("it is hers", func() bool {
			c, err := h.chat.Conversation(t.Context(), identity.System(), v.conv)
			if err != nil {
				t.Fatal(err)
			}
			return c.Assignee.ID == alice.ID
		})
	}
	// It is listed and off, as its makers said.
	admin.get("/api/admin/routing/rules").has(`"name":"at_most","kind":"filter","params":[{"name":"n","kind":"int","min":0,"max":5,"default":1}]`)
	r := admin.rules()
	if s := r.strategy("at_most"); s["on"] != false {
		t.Fatalf("%v", s)
	}
	given(asks())
	given(asks())
	// Switched on, it decides, and says so.
	r.strategy("at_most")["on"], r.strategy("at_most")["params"] = true, map[string]any{"n": 2}
	r.save().status(200).has(`"version":1`, `{"name":"at_most","on":true,"params":{"n":2}}`)
	third := asks()
	until("the third waits because of it", func() bool {
		return strings.Contains(admin.get("/api/agent/conversations/"+third.conv+"/routing").body, `"code":"at_most"`)
	})
	// Its parameters are checked, and tuned live.
	r = admin.rules()
	r.strategy("at_most")["params"] = map[string]any{"n": 9}
	r.save().problem(422, "invalid").has("params.n", "0–5")
	r.strategy("at_most")["params"] = map[string]any{"m": 1}
	r.save().problem(422, "invalid").has("at_most has no such parameter")
	r.strategy("at_most")["params"] = map[string]any{"n": 3}
	r.save().status(200).has(`"version":2`)
	given(third)
	// Switched off, it is as if there were none.
	fourth := asks()
	until("the fourth waits because of it", func() bool {
		return strings.Contains(admin.get("/api/agent/conversations/"+fourth.conv+"/routing").body, `"code":"at_most"`)
	})
	r = admin.rules()
	r.strategy("at_most")["on"] = false
	r.save().status(200).has(`"version":3`)
	given(fourth)
}

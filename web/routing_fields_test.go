package web_test

import (
	"net/http"
	"testing"

	"frontdesk/internal/identity"
)

func TestARefusedRuleNamesItsFieldForMachines(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.signIn(h.user("boss", identity.RoleAdmin))
	agent := h.user("mei", identity.RoleAgent)
	save := func(overflow, rules string) *reply {
		return admin.do(http.MethodPut, "/api/admin/routing/rules", `{"version":0,"strategies":[],"ageing_s":60,"reservation_s":0,"overflow":[`+overflow+`],"rules":[`+rules+`],"teams":[],"default_cap":3}`)
	}
	rule := func(when, more string) string {
		return `{"name":"r","on":true,"when":[` + when + `],"vip":false,"priority":0,"team":"","skills":[],` + more + `}`
	}
	const fine = `{"field":"page","op":"exists","value":""}`
	step := func(more string) string { return `{"after_s":60,"levels":0,"priority":0,"teams":[],` + more + `}` }
	for name, c := range map[string]struct {
		overflow, rules string
		location, code  string
	}{
		"an empty value":           {"", rule(fine, `"weight":0`) + "," + rule(fine+`,{"field":"page","op":"contains","value":""}`, `"weight":0`), "rules[1].when[1].value", "empty"},
		"a NUL":                    {"", rule(`{"field":"page","op":"is","value":"a\u0000b"}`, `"weight":0`), "rules[0].when[0].value", "not_text"},
		"no attribute's name":      {"", rule(`{"field":"attr.","op":"is","value":"gold"}`, `"weight":0`), "rules[0].when[0].field", "empty"},
		"more than anybody holds":  {"", rule(fine, `"weight":50`), "rules[0].weight", "over_capacity"},
		"a step of nothing":        {step(`"relax":[]`), "", "overflow[0]", "nothing"},
		"the same twice":           {step(`"relax":["language","language"]`), "", "overflow[0].relax[1]", "twice"},
		"a step before the former": {step(`"relax":["team"]`) + "," + step(`"relax":["skills"]`), "", "overflow[1].after_s", "order"},
	} {
		t.Log(name)
		save(c.overflow, c.rules).problem(422, "invalid").has(`"errors":[{"location":"body.` + c.location + `","code":"` + c.code + `"`)
	}
	save(step(`"relax":["team"]`), rule(fine, `"weight":3`)).status(200)

	profile := func(more string) *reply {
		return admin.do(http.MethodPut, "/api/admin/routing/agents", `{"agents":[{"id":"`+agent.ID+`","skills":[],"cap":5,`+more+`}]}`)
	}
	profile(`"languages":["xx-bogus"],"caps":{}`).problem(422, "invalid").has(`"location":"body.agents[0].languages[0]"`, `"code":"language"`)
	profile(`"languages":["en"],"caps":{"nope":3}`).problem(422, "invalid").has(`"location":"body.agents[0].caps.nope"`, `"code":"unknown"`)
	profile(`"languages":["zh-CN","en","yue","pt-BR"],"caps":{"chat":3,"ticket":9}`).status(200)
}

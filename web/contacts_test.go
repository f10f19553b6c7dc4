package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// identifyAs turns the browser's visitor into a customer.
func (b *browser) identifyAs(token string) *reply {
	b.h.t.Helper()
	r := b.post("/api/visitor/identify", `{"token":`+quote(token)+`}`)
	if r.code == http.StatusOK {
		var s struct{ Token, Conversation, Contact string }
		r.into(&s)
		b.bearer, b.conv, b.contact = s.Token, s.Conversation, s.Contact
	}
	return r
}

// waitFor reads frames until one is what is expected.
func (w *wire) waitFor(what string, ok func(*frame.ServerFrame) bool) {
	w.t.Helper()
	for range 100 {
		if ok(w.next()) {
			return
		}
	}
	w.t.Fatalf("%s: not among the next hundred frames", what)
}

func TestAVisitorBecomesTheCustomerThatTheSiteVouchesFor(t *testing.T) {
	t.Parallel()
	h := open(t)
	secret := h.secret(1)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	old, conv := *v, v.conv
	cid := newID()
	v.send(cid, "before signing in").status(200)
	v.identifyAs(h.proof(secret, "42", map[string]any{"name": "Li Lei", "email": "li@example.com"})).status(200).
		has(`"identified":true`, `"moved":1`, `"name":"Li Lei"`, `"email":"li@example.com"`, conv)
	if v.contact == old.contact {
		t.Fatal("the anonymous contact itself became the customer: its token would go on")
	}
	v.send(cid, "before signing in").status(200).has(`"seq":1`) // the acknowledgement was lost: the same row
	v.send(newID(), "after").status(200).has(conv)
	v.header.Set("User-Agent", "Mozilla/5.0 Firefox/140")
	v.post("/api/visitor/context", `{"page":"https://shop.example/cart","title":"Cart","time_zone":"Asia/Shanghai","attributes":{"plan":"pro"}}`).status(200).has(`"ignored":["plan"]`)
	v.get("/api/visitor/messages").status(200).has("before signing in", "after").without("Li Lei")
	v.post("/api/visitor/session", `{}`).status(200).has(`"identified":true`, `"email":"li@example.com"`, v.bearer)
	// The old token opens nothing.
	for _, path := range []string{"/api/visitor/messages", "/api/visitor/messages?conversation=" + conv, "/api/visitor/conversation", "/api/visitor/queue-position"} {
		if r := old.get(path); r.code != 401 && r.code != 404 {
			t.Errorf("%s with the old token: %d %s", path, r.code, r.body)
		}
	}
	old.send(newID(), "x").problem(401, "token_invalid")
	old.post("/api/visitor/send-message", `{"conversation":"`+conv+`","cid":"`+newID()+`","content":"x"}`).problem(401, "token_invalid")
	agent.get("/api/agent/contacts/"+old.contact).status(200).has(`"external_id":"42"`, `"visits":1`, "Firefox/140", `"title":"Cart"`, `"name":"Li Lei"`, `"identified":true`, v.contact)
	agent.get("/api/agent/contacts/"+v.contact+"/conversations").status(200).has(conv, "after")
	agent.get("/api/agent/conversations/"+conv+"/messages").status(200).has(`"kind":"identified"`, "Li Lei")
	// On the phone, where nothing was written yet.
	phone := h.browser()
	phone.identifyAs(h.proof(secret, "42", nil)).status(200).has(conv, v.contact, `"moved":0`)
	phone.get("/api/visitor/messages").status(200).has("before signing in")
}

func TestIdentityTokensThatProveNothingAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	secret := h.secret(1)
	other, err := h.accounts.EnsureSite(t.Context(), "first", "First", "en") // the one there is
	if err != nil || other.ID != 1 {
		t.Fatal(err)
	}
	second, err := h.accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil {
		t.Fatal(err)
	}
	foreign := h.secret(second.ID)
	now := h.now().Unix()
	hs := map[string]any{"alg": "HS256", "typ": "JWT"}
	good := h.proof(secret, "42", nil)
	parts := strings.Split(good, ".")
	claims := func(more map[string]any) string { return h.proof(secret, "42", more) }
	none := func(alg string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`"}`)) + "." + parts[1] + "."
	}
	v := h.visitor()
	v.send(newID(), "mine").status(200)
	for name, c := range map[string]struct{ token, code string }{
		"empty":                {"", "identity_invalid"},
		"garbage":              {"garbage", "identity_invalid"},
		"alg none":             {none("none"), "identity_invalid"},
		"alg None":             {none("None"), "identity_invalid"},
		"alg none, signed":     {sign(secret, map[string]any{"alg": "none"}, map[string]any{"sub": "42", "exp": now + 60}), "identity_invalid"},
		"alg HS512":            {sign(secret, map[string]any{"alg": "HS512"}, map[string]any{"sub": "42", "exp": now + 60}), "identity_invalid"},
		"alg RS256":            {sign(secret, map[string]any{"alg": "RS256"}, map[string]any{"sub": "42", "exp": now + 60}), "identity_invalid"},
		"ALG spelt otherwise":  {sign(secret, map[string]any{"ALG": "HS256"}, map[string]any{"sub": "42", "exp": now + 60}), "identity_invalid"},
		"critical extension":   {sign(secret, map[string]any{"alg": "HS256", "crit": []string{"b64"}}, map[string]any{"sub": "42", "exp": now + 60}), "identity_invalid"},
		"no signature":         {parts[0] + "." + parts[1] + ".", "identity_invalid"},
		"two parts":            {parts[0] + "." + parts[1], "identity_invalid"},
		"flipped claims":       {parts[0] + "." + flip(parts[1]) + "." + parts[2], "identity_invalid"},
		"flipped signature":    {parts[0] + "." + parts[1] + "." + flip(parts[2]), "identity_invalid"},
		"another secret":       {h.proof(secret+"x", "42", nil), "identity_invalid"},
		"empty secret":         {h.proof("", "42", nil), "identity_invalid"},
		"of another site":      {h.proof(foreign, "42", nil), "identity_invalid"},
		"for another site":     {claims(map[string]any{"aud": "second"}), "identity_invalid"},
		"for nobody":           {claims(map[string]any{"aud": []string{}}), "identity_invalid"},
		"no exp":               {sign(secret, hs, map[string]any{"sub": "42"}), "identity_invalid"},
		"exp as text":          {claims(map[string]any{"exp": "tomorrow"}), "identity_invalid"},
		"exp in a year":        {claims(map[string]any{"exp": now + 365*86400}), "identity_invalid"},
		"expired":              {claims(map[string]any{"exp": now - 120}), "identity_expired"},
		"not yet":              {claims(map[string]any{"nbf": now + 300}), "identity_expired"},
		"from the future":      {claims(map[string]any{"iat": now + 300}), "identity_expired"},
		"nobody":               {sign(secret, hs, map[string]any{"exp": now + 60}), "identity_invalid"},
		"blank sub":            {claims(map[string]any{"sub": "  "}), "identity_invalid"},
		"sub of two lines":     {claims(map[string]any{"sub": "a\nb"}), "identity_invalid"},
		"sub is an object":     {claims(map[string]any{"sub": map[string]any{"a": 1}}), "identity_invalid"},
		"email is none":        {claims(map[string]any{"email": "nobody"}), "identity_invalid"},
		"name too long":        {claims(map[string]any{"name": strings.Repeat("x", 201)}), "identity_invalid"},
		"attributes is a list": {claims(map[string]any{"attributes": []int{1}}), "identity_invalid"},
	} {
		r := v.post("/api/visitor/identify", `{"token":`+quote(c.token)+`}`)
		r.problem(422, c.code)
		if c.token != "" {
			r.without(c.token, secret)
		}
		_ = name
	}
	v.get("/api/visitor/messages").status(200).has("mine") // a refusal changes nothing
	v.post("/api/visitor/identify", `{"token":"`+strings.Repeat("a", 9000)+`"}`).problem(422, "invalid")
	v.identifyAs(claims(map[string]any{"aud": "first", "sub": 42, "nbf": now - 10, "iat": now - 10})).status(200)
	if strings.Contains(h.log.String(), good) || strings.Contains(h.log.String(), secret) {
		t.Error("the log has a token or the secret")
	}
	// The secret that was replaced is good for a day, and not longer.
	renewed := h.secret(1)
	h.browser().identifyAs(h.proof(secret, "42", nil)).status(200)
	h.browser().identifyAs(h.proof(renewed, "42", nil)).status(200)
	h.advance(25 * time.Hour)
	h.browser().identifyAs(h.proof(secret, "42", nil)).problem(422, "identity_invalid")
	h.browser().identifyAs(h.proof(renewed, "42", nil)).status(200)
}

func TestATokenOfAnIdentifiedVisitorIsNotRenewedByItself(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	v.identifyAs(h.proof(h.secret(1), "42", nil)).status(200)
	token := v.bearer
	h.advance(6 * 24 * time.Hour)
	v.post("/api/visitor/session", `{}`).status(200).has(token)
	h.advance(2 * 24 * time.Hour)
	v.post("/api/visitor/session", `{}`).problem(401, "token_expired")
}

func TestASocketEndsWhenItsVisitorIdentifiesElsewhere(t *testing.T) {
	t.Parallel()
	h := open(t)
	secret := h.secret(1)
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	tab, _ := v.visitorWire()
	tab.resume(v.conv, 0)
	tab.waitFor("resumed", func(f *frame.ServerFrame) bool { return f.GetResumed() != nil })
	second := *v
	v.identifyAs(h.proof(secret, "42", nil)).status(200)
	tab.waitFor("unauthenticated", func(f *frame.ServerFrame) bool { return f.GetError().GetCode() == "unauthenticated" })
	tab.ends(4401)
	// With the new token the same conversation goes on; what the old one sends is refused as unauthenticated, not as lost.
	second.send(newID(), "late").problem(401, "token_invalid")
	again, _ := v.visitorWire()
	again.resume(v.conv, 0)
	again.waitFor("resumed", func(f *frame.ServerFrame) bool { return f.GetResumed() != nil })
	v.send(newID(), "on we go").status(200)
}

func TestBlockedVisitorsReadButDoNotWrite(t *testing.T) {
	t.Parallel()
	h := open(t)
	agent, admin := h.signIn(h.user("alice", identity.RoleAgent)), h.signIn(h.user("bob", identity.RoleAdmin))
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	var made struct{ ID string }
	agent.post("/api/agent/blocks", `{"kind":"contact","contact":"`+v.contact+`","reason":"abuse"}`).status(200).into(&made)
	agent.post("/api/agent/blocks", `{"kind":"email_domain","domain":"junk.example"}`).problem(403, "forbidden")
	v.send(newID(), "again").problem(403, "blocked").without("abuse")
	v.post("/api/visitor/request-human", `{}`).problem(403, "blocked")
	v.post("/api/visitor/email", `{"email":"a@example.com"}`).problem(403, "blocked")
	v.get("/api/visitor/messages").status(200).has("hello")
	w, _ := v.visitorWire()
	w.say(v.conv, newID(), "by socket", "")
	w.fails("blocked")
	agent.get("/api/agent/contacts?filter=blocked").status(200).has(v.contact, `"blocked":true`)
	agent.do("DELETE", "/api/agent/blocks/"+made.ID, "").status(200).has(`"live":false`, `"lifter":"alice"`)
	v.send(newID(), "again").status(200)
	admin.post("/api/agent/blocks", `{"kind":"email_domain","domain":"junk.example"}`).status(200).into(&made)
	v.post("/api/visitor/email", `{"email":"a@mail.junk.example"}`).problem(403, "blocked")
	agent.do("DELETE", "/api/agent/blocks/"+made.ID, "").problem(403, "forbidden")
	admin.get("/api/agent/blocks?all=true").status(200).has("junk.example", "abuse", `"creator":"alice"`)
	admin.post("/api/agent/blocks", `{"kind":"address","prefix":"everything"}`).problem(422, "invalid").has("prefix")
}

func TestWhoIsBlockedAndSignsInStaysBlockedFromTheFirstMessageOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	secret := h.secret(1)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	v.send(newID(), "hello").status(200)
	agent.post("/api/agent/blocks", `{"kind":"contact","contact":"`+v.contact+`"}`).status(200)
	agent.post("/api/agent/blocks", `{"kind":"contact","contact":"`+v.contact+`","expires_at":"`+h.now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`).status(200).has(`"expires_at":null`)
	v.send(newID(), "again").problem(403, "blocked")
	v.identifyAs(h.proof(secret, "42", nil)).status(200)
	v.send(newID(), "under another name").problem(403, "blocked")
}

func TestAFloodIsRefusedWithTheTimeAndNothingIsLost(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.TrustProxy, c.MessagesPerMinute, c.AddressMessagesPerMinute = true, 20, 40 })
	h.freeze()
	from := func(b *browser, address string) *browser { b.header.Set("X-Forwarded-For", address); return b }
	v := from(h.visitor(), "203.0.113.5")
	var refused []string
	for range 15 {
		cid := newID()
		if r := v.send(cid, "hurry"); r.code == http.StatusTooManyRequests {
			if r.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			refused = append(refused, cid)
		}
	}
	if len(refused) != 5 {
		t.Fatalf("%d of 15 refused, want 5: ten at once", len(refused))
	}
	h.advance(time.Minute)
	for _, cid := range refused {
		v.send(cid, "hurry").status(200)
	}
	v.get("/api/visitor/messages").status(200).has(`"last_seq":15`)
	// Many visitors of one address have one limit together; another address has its own; the machine's own has none.
	h.advance(time.Minute)
	count := func(address string) (ok int) {
		for range 8 {
			b := from(h.visitor(), address)
			for range 5 {
				if b.send(newID(), "x").code == http.StatusOK {
					ok++
				}
			}
		}
		return ok
	}
	if n := count("198.51.100.7"); n != 20 {
		t.Errorf("%d messages from one address, want 20", n)
	}
	if n := count("127.0.0.1"); n != 40 {
		t.Errorf("%d messages from this machine, want all 40", n)
	}
}

func TestContactRoutesShowNothingAcrossSites(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.accounts.EnsureSite(t.Context(), "mine", "Mine", "en"); err != nil { // the one there is
		t.Fatal(err)
	}
	v := h.visitor()
	v.send(newID(), "private words").status(200)
	second, err := h.accounts.EnsureSite(t.Context(), "second", "Second", "en")
	if err != nil {
		t.Fatal(err)
	}
	boss := h.signIn(h.user("boss", identity.RoleAdmin))
	var made struct{ ID string }
	boss.post("/api/agent/blocks", `{"kind":"contact","contact":"`+v.contact+`"}`).status(200).into(&made)
	mallory := h.signIn(h.user("mallory", identity.RoleAgent, func(u *identity.User) { u.Sites = []int32{second.ID} }))
	for route := range h.server.Declared() {
		method, pattern, _ := strings.Cut(route, " ")
		if method == http.MethodHead || !strings.Contains(pattern, "/api/agent/contacts/{id}") && !strings.Contains(pattern, "/api/agent/blocks/{id}") {
			continue
		}
		id := v.contact
		if strings.Contains(pattern, "blocks") {
			id = made.ID
		}
		for _, id := range []string{id, newID(), "x"} {
			if !identity.RoleAgent.Grants(h.server.Declared()[route]) {
				mallory.do(method, strings.ReplaceAll(pattern, "{id}", id), `{"version":1,"into":"`+newID()+`"}`).problem(403, "forbidden")
				continue
			}
			mallory.do(method, strings.ReplaceAll(pattern, "{id}", id), `{"version":1,"into":"`+newID()+`"}`).problem(404, "not_found").without("private", v.contact)
		}
	}
	mallory.get("/api/agent/contacts").status(200).has(`"items":[]`)
	mallory.get("/api/agent/contacts?site=mine").problem(404, "not_found")
	mallory.get("/api/agent/blocks?all=true").status(200).has(`"items":[]`)
	mallory.get("/api/agent/contact-attributes?site=mine").problem(404, "not_found")
	mallory.post("/api/agent/blocks", `{"kind":"address","prefix":"203.0.113.0/24","site":"mine"}`).problem(404, "not_found")
	boss.get("/api/admin/identity?site=nowhere").problem(404, "not_found")
	boss.post("/api/admin/identity", `{"site":"nowhere"}`).problem(404, "not_found")
	boss.get("/api/agent/contacts?search=" + v.contact).status(200).has(v.contact)
	boss.get("/api/admin/identity?site=mine").status(200).has(`"enabled":false`)
	var secret struct{ Secret string }
	boss.post("/api/admin/identity", `{"site":"mine"}`).status(200).has(`"enabled":true`).into(&secret)
	if len(secret.Secret) < 40 {
		t.Errorf("secret %q", secret.Secret)
	}
	boss.get("/api/admin/identity?site=mine").status(200).without(secret.Secret)
}

// EXPECTATIONS C, Chat 16, through the edge: two rooms for one visitor.
func TestFiftySessionsAtOnceOfOneVisitorAreOneConversation(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visitor()
	var mu sync.Mutex
	found := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			b := v.again()
			var s struct{ Conversation, Contact string }
			b.post("/api/visitor/session", `{"page":"https://shop.example/","title":"Shop"}`).into(&s)
			mu.Lock()
			defer mu.Unlock()
			found[s.Conversation+s.Contact]++
		})
	}
	wg.Wait()
	if len(found) != 1 || found[v.conv+v.contact] != 50 {
		t.Errorf("%v", found)
	}
}

func TestANameThatCannotBeSeenIsNone(t *testing.T) {
	t.Parallel()
	h := open(t)
	agent := h.signIn(h.user("alice", identity.RoleAgent))
	v := h.visitor()
	secret := h.secret(1)
	v.identifyAs(h.proof(secret, "42", map[string]any{"name": "\u202eAnn\u200b"})).status(200).has(`"name":"Ann"`)
	v = h.visitor()
	v.identifyAs(h.proof(secret, "43", map[string]any{"name": "\u200b\u3164"})).status(200).has(`"name":""`)
	var contact struct{ Version int }
	path := "/api/agent/contacts/" + v.contact
	for sent, stored := range map[string]string{"\u200b": "", "Li\u2066 Lei": "Li Lei", "👩‍💻 Mei": "👩‍💻 Mei"} {
		agent.get(path).status(200).into(&contact)
		agent.do(http.MethodPut, path, fmt.Sprintf(`{"version":%d,"name":%s}`, contact.Version, quote(sent))).status(200).has(`"name":"` + stored + `"`)
	}
}

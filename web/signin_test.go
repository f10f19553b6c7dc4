package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func TestSignInGivesASafeCookieAndTheCSRFValue(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.user("alice", identity.RoleAgent)
	b := h.browser()
	r := b.post("/api/agent/login", `{"email":" Alice@Example.com ","password":"`+password+`"}`).status(200).
		has(`"role":"agent"`, `"csrf":"`, `"email":"alice@example.com"`).without("argon2", "hash")
	cookie := r.header.Get("Set-Cookie")
	for _, part := range []string{"frontdesk_session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	if strings.Contains(cookie, "Secure") {
		t.Error("a Secure cookie over http never comes back")
	}
	b.get("/api/agent/me").status(200).has(`"presence":"offline"`, `"name":"alice"`)
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "frontdesk_session="), ";")
	if log := h.log.String(); strings.Contains(log, token) || strings.Contains(log, password) {
		t.Error("the log has a credential")
	}
}

func TestWrongPasswordUnknownAndDisabledAccountsLookTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.user("alice", identity.RoleAgent)
	b := h.browser()
	strip := func(s string) string { return s[:strings.Index(s, "request_id")] }
	wrong := b.post("/api/agent/login", `{"email":"alice@example.com","password":"wrong password"}`).problem(401, "bad_credentials")
	nobody := b.post("/api/agent/login", `{"email":"nobody@example.com","password":"wrong password"}`).problem(401, "bad_credentials")
	if strip(wrong.body) != strip(nobody.body) {
		t.Errorf("%s differs from %s", wrong.body, nobody.body)
	}
	b.post("/api/agent/login", `{"email":"not an address","password":""}`).problem(401, "bad_credentials")
	if wrong.header.Get("Set-Cookie") != "" {
		t.Error("a failed sign-in sets a cookie")
	}
}

func TestGuessingAPasswordIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.freeze()
	h.user("alice", identity.RoleAgent)
	h.user("ghost", identity.RoleAgent)
	b := h.browser()
	for range 10 {
		b.post("/api/agent/login", `{"email":"ghost@example.com","password":"guess"}`).problem(401, "bad_credentials")
	}
	r := b.post("/api/agent/login", `{"email":"GHOST@example.com ","password":"guess"}`).problem(429, "rate_limited")
	if r.header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	b.post("/api/agent/login", `{"email":"alice@example.com","password":"`+password+`"}`).status(200) // another account is not hurt
	h.advance(time.Minute)
	b.post("/api/agent/login", `{"email":"ghost@example.com","password":"guess"}`).problem(401, "bad_credentials")
}

func TestASessionIsNeverFixedByAnOldCookie(t *testing.T) {
	t.Parallel()
	h := open(t)
	alice := h.user("alice", identity.RoleAgent)
	first, second := h.browser(), h.browser()
	login := `{"email":"` + alice.Email + `","password":"` + password + `"}`
	planted := "planted-by-an-attacker"
	first.header.Set("Cookie", "frontdesk_session="+planted)
	if cookie := first.post("/api/agent/login", login).status(200).header.Get("Set-Cookie"); strings.Contains(cookie, planted) {
		t.Fatalf("the planted token was taken over: %s", cookie)
	}
	second.post("/api/agent/login", login).status(200)
	stolen := second.again()
	jarCookie := second.client.Jar.Cookies(request(t, h.url).URL)
	stolen.client.Jar = h.browser().client.Jar
	stolen.header = http.Header{"Cookie": {jarCookie[0].Name + "=" + jarCookie[0].Value}}
	stolen.get("/api/agent/me").status(200)
	second.post("/api/agent/login", login).status(200) // ends the session of the old cookie
	stolen.get("/api/agent/me").problem(401, "unauthenticated")
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUnsafeRequestsFromOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(h.user("alice", identity.RoleAgent))
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		b.header = http.Header{name: {value}}
		b.post("/api/agent/presence", `{"presence":"away"}`).problem(403, "csrf")
		b.post("/api/agent/login", `{"email":"alice@example.com","password":"`+password+`"}`).problem(403, "csrf")
		b.post("/api/setup", `{}`).problem(403, "csrf")
		b.get("/api/agent/me").status(200) // reading is what the same-origin policy is for
	}
	b.header = http.Header{"Origin": {h.url}, "Sec-Fetch-Site": {"same-origin"}}
	b.post("/api/agent/presence", `{"presence":"away"}`).status(200)
	b.csrf = ""
	b.post("/api/agent/presence", `{"presence":"away"}`).problem(403, "csrf")
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	h := open(t)
	alice := h.user("alice", identity.RoleAgent)
	here, elsewhere := h.signIn(alice), h.signIn(alice)
	here.post("/api/agent/password", `{"current":"wrong","new":"another password"}`).problem(401, "bad_credentials")
	here.post("/api/agent/password", `{"current":"`+password+`","new":"short"}`).problem(422, "invalid").has("8")
	var in struct{ CSRF string }
	here.post("/api/agent/password", `{"current":"`+password+`","new":"another password"}`).status(200).into(&in)
	elsewhere.get("/api/agent/me").problem(401, "unauthenticated")
	here.csrf = in.CSRF
	here.do("PUT", "/api/agent/me", `{"locale":"zh-CN","name":"爱丽丝"}`).status(200).has(`"locale":"zh-CN"`, "爱丽丝")
	here.do("PUT", "/api/agent/me", `{"locale":"fr"}`).problem(422, "invalid")
	here.get("/api/agent/me").status(200).has("爱丽丝")
}

func TestTheSetupTokenMakesOneAdminOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	b.get("/api/setup").status(200).has(`"needed":true`)
	token, err := h.setup.Issue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := func(token, email, password string) string {
		return `{"token":` + quote(token) + `,"locale":"zh-CN","name":"管理员","email":` + quote(email) + `,"password":` + quote(password) + `}`
	}
	b.post("/api/setup", form("guess", "a@example.com", password)).problem(403, "setup_closed")
	b.post("/api/setup", form(token, "a@example.com", "short")).problem(422, "invalid")
	b.post("/api/setup", form(token, "no address", password)).problem(422, "invalid")
	replaced, err := h.setup.Issue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.post("/api/setup", form(token, "a@example.com", password)).problem(403, "setup_closed") // a restart's token replaces it
	codes := make(chan int)
	for i := range 4 {
		other := h.browser()
		go func() { codes <- other.try("/api/setup", form(replaced, string(rune('a'+i))+"@example.com", password)) }()
	}
	made := 0
	for range 4 {
		if <-codes == 200 {
			made++
		}
	}
	if made != 1 {
		t.Fatalf("%d of 4 at once made an admin", made)
	}
	b.get("/api/setup").status(200).has(`"needed":false`)
	if _, err := h.setup.Issue(t.Context()); err == nil {
		t.Fatal("a token was issued though there is an admin")
	}
}

func TestASetupTokenExpires(t *testing.T) {
	t.Parallel()
	h := open(t)
	token, err := h.setup.Issue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.advance(25 * time.Hour)
	h.browser().post("/api/setup", `{"token":"`+token+`","locale":"en","name":"A","email":"a@example.com","password":"`+password+`"}`).
		problem(403, "setup_closed")
}

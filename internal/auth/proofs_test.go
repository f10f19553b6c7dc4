package auth_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
)

// vault keeps one site's secret.
type vault map[int32]identity.SiteSecret

func (v vault) SiteSecret(_ context.Context, site int32) (identity.SiteSecret, error) {
	s, ok := v[site]
	if !ok {
		return s, identity.ErrNotFound
	}
	return s, nil
}

func (v vault) PutSiteSecret(_ context.Context, scope identity.Scope, site int32, secret string, until time.Time, by identity.Actor) error {
	if !scope.Allows(site, 0, "") {
		return identity.ErrNotFound
	}
	v[site] = identity.SiteSecret{Secret: secret, Previous: v[site].Secret, PreviousUntil: until, MadeBy: by.Name}
	return nil
}

func signed(secret, header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	body := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(body))
	return body + "." + encode(mac.Sum(nil))
}

var proofNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newProofs(t testing.TB, v vault) *auth.Proofs {
	t.Helper()
	p, err := auth.NewProofs(v, func() time.Time { return proofNow })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAProofSaysWhatTheSiteVouchesFor(t *testing.T) {
	t.Parallel()
	p := newProofs(t, vault{1: {Secret: "s"}})
	exp := strconv.FormatInt(proofNow.Unix()+60, 10)
	got, err := p.Verify(t.Context(), identity.Site{ID: 1, Key: "shop"}, signed("s", `{"typ":"JWT","alg":"HS256"}`,
		`{"sub":4711,"email":" Li@Example.com ","name":"李雷","phone":"+86 10","locale":"zh-CN","aud":["x","shop"],"exp":`+exp+`.5,"attributes":{"plan":"pro"},"unknown":[1]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.External != "4711" || got.Email != "li@example.com" || got.Name != "李雷" || got.Phone != "+86 10" || got.Locale != "zh-CN" || got.Attributes["plan"] != "pro" || got.ExpiresAt.Unix() != proofNow.Unix()+60 {
		t.Errorf("%+v", got)
	}
	// The clock of the site may be a minute off.
	for _, claims := range []string{`"exp":` + strconv.FormatInt(proofNow.Unix()-59, 10), `"nbf":` + strconv.FormatInt(proofNow.Unix()+59, 10) + `,"exp":` + exp} {
		if _, err := p.Verify(t.Context(), identity.Site{ID: 1}, signed("s", `{"alg":"HS256"}`, `{"sub":"a",`+claims+`}`)); err != nil {
			t.Errorf("%s: %v", claims, err)
		}
	}
	if _, err := p.Verify(t.Context(), identity.Site{ID: 2}, signed("s", `{"alg":"HS256"}`, `{"sub":"a","exp":`+exp+`}`)); !errors.Is(err, identity.ErrProof) || !strings.Contains(err.Error(), "no secret yet") {
		t.Errorf("a site without a secret: %v", err)
	}
}

func TestANumberIsACustomersNameInOneFormOnly(t *testing.T) {
	t.Parallel()
	p := newProofs(t, vault{1: {Secret: "s"}})
	exp := strconv.FormatInt(proofNow.Unix()+60, 10)
	for sub, want := range map[string]string{
		"1000": "1000", "-7": "-7", "0": "0", `"1e3"`: "1e3", `"007"`: "007", "90071992547409931234": "90071992547409931234",
		"1e3": "", "1E3": "", "1000.0": "", "-0": "", strings.Repeat("9", 201): "", `"` + strings.Repeat("9", 201) + `"`: "", "true": "", "[1]": "",
	} {
		got, err := p.Verify(t.Context(), identity.Site{ID: 1}, signed("s", `{"alg":"HS256"}`, `{"sub":`+sub+`,"exp":`+exp+`}`))
		if got.External != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, identity.ErrProof) {
			t.Errorf("%.20s: %q, %v; want %q", sub, got.External, err, want)
		}
	}
}

func TestOnlyWhoAdministersTheSiteMakesItsSecret(t *testing.T) {
	t.Parallel()
	v := vault{}
	p := newProofs(t, v)
	admin := identity.User{Name: "boss", Role: identity.RoleAdmin, Sites: []int32{1}}.Actor()
	agent := identity.User{Role: identity.RoleAgent, Sites: []int32{1}, AllDepartments: true}.Actor()
	first, err := p.Renew(t.Context(), admin, 1)
	if err != nil || len(first.Secret) < 43 || first.MadeBy != "boss" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := p.Renew(t.Context(), admin, 1)
	if err != nil || second.Secret == first.Secret || second.Previous != first.Secret || !second.PreviousUntil.Equal(proofNow.Add(24*time.Hour)) {
		t.Errorf("%+v, %v", second, err)
	}
	if _, err := p.Renew(t.Context(), admin, 2); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("another site: %v", err)
	}
	if _, err := p.Secret(t.Context(), admin, 2); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("another site's: %v", err)
	}
	for what, err := range map[string]error{"makes": second3(p.Renew(t.Context(), agent, 1)), "reads": second3(p.Secret(t.Context(), agent, 1))} {
		if !errors.Is(err, identity.ErrForbidden) {
			t.Errorf("an agent %s: %v", what, err)
		}
	}
}

func second3[T any](_ T, err error) error { return err }

// Whatever is sent: no panic, and nothing but what was signed with the secret is believed.
func FuzzProof(f *testing.F) {
	exp := strconv.FormatInt(proofNow.Unix()+60, 10)
	good := signed("the secret", `{"alg":"HS256"}`, `{"sub":"a","exp":`+exp+`}`)
	for _, s := range []string{
		"", ".", "..", "...", good, good + ".", good[:len(good)-1], signed("", `{"alg":"HS256"}`, `{"sub":"a","exp":`+exp+`}`),
		signed("the secret", `{"alg":"none"}`, `{}`), signed("the secret", `[]`, `null`), signed("the secret", `{"alg":"HS256"}`, `null`),
		signed("the secret", `{"alg":"HS256"}`, `{"sub":{},"exp":1e400}`),
	} {
		f.Add(s)
	}
	p := newProofs(f, vault{1: {Secret: "the secret"}})
	f.Fuzz(func(t *testing.T, token string) {
		proof, err := p.Verify(t.Context(), identity.Site{ID: 1, Key: "shop"}, token)
		if err == nil && token != good {
			parts := strings.Split(token, ".")
			mac := hmac.New(sha256.New, []byte("the secret"))
			_, _ = mac.Write([]byte(parts[0] + "." + parts[1]))
			if parts[2] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) || proof.External == "" && proof.Email == "" {
				t.Fatalf("believed: %q: %+v", token, proof)
			}
		}
		if err != nil && !errors.Is(err, identity.ErrProof) && !errors.Is(err, identity.ErrProofExpired) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}

package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"

	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/chat"
	"frontdesk/internal/auth"
	"frontdesk/internal/identity"
	"frontdesk/internal/postgres"
	"frontdesk/web"
)

// contacting gives the house contacts, block list and identity.
func (h *house) contacting(cfg *web.Config, pool *pgxpool.Pool) error {
	store := postgres.NewContacts(pool)
	contacts, err := chat.NewContacts(store, h.chat.Announce, cfg.Logger, h.now)
	if err != nil {
		return err
	}
	blocks, err := chat.NewBlocklist(store, cfg.Logger, h.now)
	if err != nil {
		return err
	}
	if h.proofs, err = auth.NewProofs(h.accounts, h.now); err != nil {
		return err
	}
	cfg.Contacts, cfg.Blocks, cfg.Proofs = contacts, blocks, h.proofs
	return nil
}

// secret makes a site's secret, as its admin does in the console.
func (h *house) secret(site int32) string {
	h.t.Helper()
	boss := identity.User{ID: newID(), Name: "boss", Role: identity.RoleAdmin, Sites: []int32{site}}
	s, err := h.proofs.Renew(h.t.Context(), boss.Actor(), site)
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Secret
}

// sign makes a JSON Web Token as a site's own server does (RFC 7515, appendix A.1).
func sign(secret string, header, claims map[string]any) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(header) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// proof is a good token about a customer.
func (h *house) proof(secret, sub string, more map[string]any) string {
	claims := map[string]any{"sub": sub, "exp": h.now().Unix() + 3600}
	maps.Copy(claims, more)
	return sign(secret, map[string]any{"alg": "HS256", "typ": "JWT"}, claims)
}

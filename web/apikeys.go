package web

import (
	"context"
	"fmt"
	"time"

	"frontdesk/internal/identity"
)

// APIKey is a key as admins see it; the secret is shown once, when the key is made.
type APIKey struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Prefix            string     `json:"prefix" doc:"The secret's beginning, to recognise it by" example:"fd_3kTq90Zb"`
	Site              string     `json:"site" doc:"The site's key"`
	Permissions       []string   `json:"permissions" nullable:"false"`
	RequestsPerMinute int        `json:"requests_per_minute" doc:"0: the server's limit"`
	TokensPerMinute   int        `json:"tokens_per_minute" doc:"0: the server's limit"`
	CreatedBy         string     `json:"created_by" doc:"User id, or system for the command line"`
	CreatedAt         time.Time  `json:"created_at"`
	ExpiresAt         *time.Time `json:"expires_at" nullable:"true"`
	LastUsedAt        *time.Time `json:"last_used_at" nullable:"true" doc:"To the minute"`
	RevokedAt         *time.Time `json:"revoked_at" nullable:"true"`
}

func (s *Server) apiKeyOf(ctx context.Context, k identity.APIKey) APIKey {
	out := APIKey{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, Site: s.siteKey(ctx, k.Site), Permissions: make([]string, len(k.Permissions)),
		RequestsPerMinute: k.RequestsPerMinute, TokensPerMinute: k.TokensPerMinute, CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt,
		ExpiresAt: timeOrNull(k.ExpiresAt), LastUsedAt: timeOrNull(k.LastUsedAt), RevokedAt: timeOrNull(k.RevokedAt),
	}
	for i, p := range k.Permissions {
		out.Permissions[i] = string(p)
	}
	return out
}

// APIKeyList is the keys of the caller's sites.
type APIKeyList struct {
	Keys []APIKey `json:"keys" nullable:"false"`
}

func (s *Server) apiKeys(ctx context.Context, _ *struct{}) (*jsonBody[APIKeyList], error) {
	keys, err := s.cfg.Keys.List(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	out := APIKeyList{Keys: make([]APIKey, len(keys))}
	for i, k := range keys {
		out.Keys[i] = s.apiKeyOf(ctx, k)
	}
	return body(out, nil)
}

type apiKeyInput struct {
	Body struct {
		Name              string    `json:"name" maxLength:"200"`
		Site              string    `json:"site,omitempty" doc:"The site's key; defaults to the first one in scope"`
		RequestsPerMinute int       `json:"requests_per_minute,omitempty" minimum:"0" doc:"0: the server's limit"`
		TokensPerMinute   int       `json:"tokens_per_minute,omitempty" minimum:"0" doc:"0: the server's limit"`
		ExpiresAt         time.Time `json:"expires_at,omitzero" doc:"Left out: never"`
	}
}

// MadeAPIKey is a new key with its secret.
type MadeAPIKey struct {
	Key    APIKey `json:"key"`
	Secret string `json:"secret" doc:"Sent as Authorization: Bearer; shown this once"`
}

func (s *Server) createAPIKey(ctx context.Context, in *apiKeyInput) (*jsonBody[MadeAPIKey], error) {
	actor := callerOf(ctx).actor
	site, err := s.kbSite(ctx, in.Body.Site)
	if err != nil {
		return nil, err
	}
	secret, made, err := s.cfg.Keys.Create(ctx, actor, identity.APIKey{
		Site: site, Name: in.Body.Name, Permissions: []identity.Permission{identity.PermInference},
		RequestsPerMinute: in.Body.RequestsPerMinute, TokensPerMinute: in.Body.TokensPerMinute, ExpiresAt: in.Body.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return body(MadeAPIKey{Key: s.apiKeyOf(ctx, made), Secret: secret}, nil)
}

type apiKeyID struct {
	ID string `path:"id"`
}

func (s *Server) revokeAPIKey(ctx context.Context, in *apiKeyID) (*jsonBody[APIKey], error) {
	k, err := s.cfg.Keys.Revoke(ctx, callerOf(ctx).actor, in.ID)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	return body(s.apiKeyOf(ctx, k), nil)
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

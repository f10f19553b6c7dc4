package history

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// How long a link opens its transcript.
const (
	DefaultLinkDays = 7
	MaxLinkDays     = 90
)

const (
	maxLinks = 20 // live ones of a conversation
	// What a page holds at most; longer conversations show their end. Whoever has a link may open it, and a visitor can
	// write much: 5,000 rows alone would be hundreds of megabytes.
	transcriptRows  = 5_000
	transcriptBytes = 2 << 20 // of text
)

// Link lets whoever has it read one conversation, as its visitor sees it.
type Link struct {
	ID           string // UUID
	Conversation string
	Site         int32
	Visitor      bool   // the visitor asked for it
	Agent        string // user id of who made it otherwise
	AgentName    string
	Locale       string // of the page
	CreatedAt    time.Time
	ExpiresAt    time.Time
	RevokedAt    time.Time // zero = not taken back
	Opened       int       // times
	Token        string    // what the address ends with; empty when it opens nothing any more
}

// LinkStore keeps links.
type LinkStore interface {
	// AddLink stores a link. chat.ErrNotFound when the conversation is not in scope, [ErrInvalid] with too many live ones.
	AddLink(ctx context.Context, scope identity.Scope, l Link, most int) error
	// Links returns a conversation's links, newest first. chat.ErrNotFound when it is not in scope.
	Links(ctx context.Context, scope identity.Scope, conversation string) ([]Link, error)
	// RevokeLink ends a link of a conversation in scope and returns it. chat.ErrNotFound.
	RevokeLink(ctx context.Context, scope identity.Scope, id string, at time.Time) (Link, error)
	// OpenLink counts an opening, one a minute at most, and returns the link and its conversation's head. [ErrLink] when
	// it opens nothing.
	OpenLink(ctx context.Context, id string, at time.Time) (Link, chat.Conversation, error)
	// Tail returns a conversation's last rows, ascending, without notes and the acts of editing: at most limit, with no
	// more than so many bytes of text together; cut says that there are earlier ones.
	Tail(ctx context.Context, conversation string, limit, bytes int) (rows []chat.Row, cut bool, err error)
}

// Transcripts makes, opens and ends links to conversations.
type Transcripts struct {
	store LinkStore
	key   []byte
	clock func() time.Time
}

// NewTranscripts returns transcripts whose links are signed with key, at least
// 32 bytes. A nil clock is time.Now.
func NewTranscripts(store LinkStore, key []byte, clock func() time.Time) (*Transcripts, error) {
	if store == nil || len(key) < 32 {
		return nil, errors.New("transcripts: a store and a key of at least 32 bytes are required")
	}
	if clock == nil {
		clock = time.Now
	}
	return &Transcripts{store: store, key: key, clock: clock}, nil
}

// Make returns a link to a conversation for days (0 = [DefaultLinkDays]), its
// page in locale (empty = the conversation's). A visitor gets the one they asked
// for before, while it still opens for a day at least. Errors: chat.ErrNotFound,
// [ErrInvalid], identity.ErrForbidden.
func (t *Transcripts) Make(ctx context.Context, actor identity.Actor, conv chat.Conversation, days int, locale string) (Link, error) {
	visitor, err := t.permit(actor, identity.PermChatReply)
	if err != nil {
		return Link{}, err
	}
	if days == 0 || visitor {
		days = DefaultLinkDays
	}
	if days < 1 || days > MaxLinkDays {
		return Link{}, fmt.Errorf("%w: days must be within 1–%d", ErrInvalid, MaxLinkDays)
	}
	if locale == "" {
		locale = conv.Locale
	}
	if locale != "zh-CN" {
		locale = "en"
	}
	now := t.clock().UTC()
	if visitor {
		have, err := t.store.Links(ctx, actor.Scope, conv.ID)
		if err != nil {
			return Link{}, fmt.Errorf("make transcript link: %w", err)
		}
		for _, l := range have {
			if l.Visitor && l.Locale == locale && l.RevokedAt.IsZero() && l.ExpiresAt.Sub(now) > 24*time.Hour {
				return t.signed(l, now), nil
			}
		}
	}
	l := Link{
		ID: chat.NewID(now), Conversation: conv.ID, Site: conv.Site, Visitor: visitor, Locale: locale,
		CreatedAt: now, ExpiresAt: now.AddDate(0, 0, days).Truncate(time.Second),
	}
	if !visitor {
		l.Agent, l.AgentName = actor.ID, actor.Name
	}
	if err := t.store.AddLink(ctx, actor.Scope, l, maxLinks); err != nil {
		return Link{}, fmt.Errorf("make transcript link: %w", err)
	}
	return t.signed(l, now), nil
}

// List returns a conversation's links, newest first. Errors: chat.ErrNotFound, identity.ErrForbidden.
func (t *Transcripts) List(ctx context.Context, actor identity.Actor, conversation string) ([]Link, error) {
	if _, err := t.permit(actor, identity.PermChatRead); err != nil {
		return nil, err
	}
	conversation, ok := chat.CanonicalID(conversation)
	if !ok {
		return nil, chat.ErrNotFound
	}
	links, err := t.store.Links(ctx, actor.Scope, conversation)
	if err != nil {
		return nil, fmt.Errorf("list transcript links: %w", err)
	}
	now := t.clock()
	for i := range links {
		links[i] = t.signed(links[i], now)
	}
	return links, nil
}

// Revoke ends a link at once. Errors: chat.ErrNotFound, identity.ErrForbidden.
func (t *Transcripts) Revoke(ctx context.Context, actor identity.Actor, id string) (Link, error) {
	if _, err := t.permit(actor, identity.PermChatReply); err != nil {
		return Link{}, err
	}
	id, ok := chat.CanonicalID(id)
	if !ok {
		return Link{}, chat.ErrNotFound
	}
	l, err := t.store.RevokeLink(ctx, actor.Scope, id, t.clock().UTC())
	if err != nil {
		return Link{}, fmt.Errorf("revoke transcript link: %w", err)
	}
	return l, nil
}

// permit checks the actor; a visitor needs the visitors' own permission.
func (t *Transcripts) permit(actor identity.Actor, staff identity.Permission) (visitor bool, err error) {
	p := staff
	if visitor = actor.Kind == identity.KindVisitor; visitor {
		p = identity.PermVisitorChat
	}
	if !actor.Can(p) {
		return visitor, fmt.Errorf("%s: %w", p, identity.ErrForbidden)
	}
	return visitor, nil
}

// Transcript is what a link opens.
type Transcript struct {
	Link
	Head chat.Conversation
	Rows []chat.Row // as the visitor sees them, without what says nothing
	Cut  bool       // the beginning is left out: it is very long
}

// Open returns the transcript of a token. Notes, reasons between colleagues and
// whatever else a visitor may not see are not in it. [ErrLink] whatever is wrong.
func (t *Transcripts) Open(ctx context.Context, token string) (Transcript, error) {
	id, ok := t.verify(token)
	if !ok {
		return Transcript{}, ErrLink
	}
	l, head, err := t.store.OpenLink(ctx, id, t.clock().UTC())
	if err != nil {
		return Transcript{}, fmt.Errorf("open transcript: %w", err)
	}
	rows, cut, err := t.store.Tail(ctx, head.ID, transcriptRows, transcriptBytes)
	if err != nil {
		return Transcript{}, fmt.Errorf("open transcript: %w", err)
	}
	out := Transcript{Link: l, Head: head, Cut: cut}
	for i := range rows {
		if rows[i].Internal() || rows[i].Kind == chat.KindEdited || rows[i].Kind == chat.KindDeleted {
			continue // what was edited stands in its place
		}
		if r := rows[i].ForVisitor(); r.Kind != chat.KindHidden {
			out.Rows = append(out.Rows, *r)
		}
	}
	return out, nil
}

// signed adds the token, while the link opens something.
func (t *Transcripts) signed(l Link, now time.Time) Link {
	if l.RevokedAt.IsZero() && now.Before(l.ExpiresAt) {
		raw, err := hex.DecodeString(strings.ReplaceAll(l.ID, "-", ""))
		if err == nil {
			body := base64.RawURLEncoding.EncodeToString(raw)
			l.Token = body + "." + base64.RawURLEncoding.EncodeToString(t.sign(body))
		}
	}
	return l
}

// verify returns the id of a link that we have signed. When it ends is said by
// its row: it may be taken back any time.
func (t *Transcripts) verify(token string) (id string, ok bool) {
	body, mac, ok := strings.Cut(token, ".")
	if !ok || len(token) > 100 {
		return "", false
	}
	encoding := base64.RawURLEncoding.Strict() // one link has one spelling
	sum, err := encoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, t.sign(body)) {
		return "", false
	}
	raw, err := encoding.DecodeString(body)
	if err != nil || len(raw) != 16 {
		return "", false
	}
	h := hex.EncodeToString(raw)
	return chat.CanonicalID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// sign is HMAC-SHA256 (RFC 2104), cut to its first 16 bytes (section 5), so that the address stays short.
func (t *Transcripts) sign(body string) []byte {
	mac := hmac.New(sha256.New, t.key)
	_, _ = mac.Write([]byte("frontdesk transcript v1\n" + body)) // a hash never returns an error
	return mac.Sum(nil)[:16]
}

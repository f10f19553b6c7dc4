package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// Canned is a reply kept for reuse.
type Canned struct {
	ID         int64
	Site       int32
	Department int32             // 0 = every department; of a team's reply the team's
	Team       string            // team id; empty = not a team's
	Owner      string            // user id of the only one who sees it; empty = shared
	Shortcut   string            // what is typed after "/": small letters, digits, hyphens, Chinese
	Title      string            // what it is for
	Texts      map[string]string // by locale; at least one
	Version    uint32            // rises with each save; when saving: the one that was edited
	UpdatedAt  time.Time
	UpdatedBy  string
}

// Limits of a canned reply, in code points.
const (
	maxShortcutRunes = 32
	maxCannedTitle   = 120
	maxCannedText    = 5000
)

// CannedStore keeps canned replies; *postgres.Suggest is one. Errors:
// [ErrNoSuggestion], [ErrShortcutTaken], [ErrCannedConflict].
type CannedStore interface {
	// Canned returns the replies that the agent sees within scope, of one site (0 = all of scope): shared ones, their teams' and their own.
	Canned(ctx context.Context, scope identity.Scope, agent string, site int32) ([]Canned, error)
	// PutCanned adds a reply (ID 0) or changes one that the agent may change, and returns it.
	PutCanned(ctx context.Context, scope identity.Scope, agent string, shared bool, c Canned) (Canned, error)
	// DropCanned removes one that the agent may change.
	DropCanned(ctx context.Context, scope identity.Scope, agent string, shared bool, id int64) error
}

// CannedReplies is what agents do with canned replies. It is safe for concurrent use.
type CannedReplies struct {
	store   CannedStore
	changed func()
	clock   func() time.Time
}

// NewCannedReplies returns it. changed is called after each change; nil = nobody cares.
func NewCannedReplies(store CannedStore, changed func(), clock func() time.Time) (*CannedReplies, error) {
	if store == nil {
		return nil, errors.New("bot: canned replies need a store")
	}
	if changed == nil {
		changed = func() {}
	}
	if clock == nil {
		clock = time.Now
	}
	return &CannedReplies{store: store, changed: changed, clock: clock}, nil
}

// List returns what the agent sees, by title. Errors: identity.ErrForbidden.
func (c *CannedReplies) List(ctx context.Context, actor identity.Actor, site int32) ([]Canned, error) {
	if !actor.Can(identity.PermSuggest) {
		return nil, fmt.Errorf("list canned replies: %w", identity.ErrForbidden)
	}
	all, err := c.store.Canned(ctx, actor.Scope, actor.ID, site)
	if err != nil {
		return nil, fmt.Errorf("list canned replies: %w", err)
	}
	return all, nil
}

// Put saves a reply: one's own by every agent, shared ones by admins. Errors:
// [ErrSuggestion], those of [CannedStore], identity.ErrForbidden.
func (c *CannedReplies) Put(ctx context.Context, actor identity.Actor, r Canned) (Canned, error) {
	shared := actor.Can(identity.PermBotAdmin)
	switch {
	case !actor.Can(identity.PermSuggest), r.Owner == "" && !shared:
		return Canned{}, fmt.Errorf("save canned reply: %w", identity.ErrForbidden)
	case r.Owner != "":
		r.Owner, r.Team, r.Department = actor.ID, "", 0 // nobody writes into another's drawer
	}
	r, err := r.validate()
	if err != nil {
		return Canned{}, err
	}
	r.UpdatedAt, r.UpdatedBy = c.clock(), actor.ID
	saved, err := c.store.PutCanned(ctx, actor.Scope, actor.ID, shared, r)
	if err != nil {
		return Canned{}, fmt.Errorf("save canned reply: %w", err)
	}
	c.changed()
	return saved, nil
}

// Drop removes a reply. Errors: [ErrNoSuggestion], identity.ErrForbidden.
func (c *CannedReplies) Drop(ctx context.Context, actor identity.Actor, id int64) error {
	if !actor.Can(identity.PermSuggest) {
		return fmt.Errorf("remove canned reply: %w", identity.ErrForbidden)
	}
	if err := c.store.DropCanned(ctx, actor.Scope, actor.ID, actor.Can(identity.PermBotAdmin), id); err != nil {
		return fmt.Errorf("remove canned reply: %w", err)
	}
	c.changed()
	return nil
}

var shortcutShape = regexp.MustCompile(`^[\p{Ll}\p{Han}\p{Nd}]+(?:[-_][\p{Ll}\p{Han}\p{Nd}]+)*$`)

// validate returns r in its stored form. The error names the field and the mend.
func (r Canned) validate() (Canned, error) {
	fail := func(format string, args ...any) (Canned, error) {
		return Canned{}, fmt.Errorf("%w: %s", ErrSuggestion, fmt.Sprintf(format, args...))
	}
	r.Shortcut = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(r.Shortcut), "/")))
	r.Title = strings.TrimSpace(r.Title)
	switch {
	case r.Site == 0:
		return fail("site is missing")
	case r.Shortcut == "":
		return fail("shortcut is empty: it is what is typed after /")
	case utf8.RuneCountInString(r.Shortcut) > maxShortcutRunes:
		return fail("shortcut is longer than %d characters", maxShortcutRunes)
	case !shortcutShape.MatchString(r.Shortcut):
		return fail("shortcut may have letters, digits and single hyphens between them, such as refund-wait")
	case !plainText(r.Title) || r.Title == "":
		return fail("title is empty or not plain text")
	case utf8.RuneCountInString(r.Title) > maxCannedTitle:
		return fail("title is longer than %d characters", maxCannedTitle)
	}
	texts := map[string]string{}
	for locale, s := range r.Texts {
		s = strings.TrimSpace(s)
		switch {
		case locale != text.Chinese && locale != text.English:
			return fail(`texts has the language %.10q, which is neither "zh-CN" nor "en"`, locale)
		case !plainText(s):
			return fail("text in %s is not valid UTF-8 or contains a NUL", locale)
		case utf8.RuneCountInString(s) > maxCannedText:
			return fail("text in %s is longer than %d characters", locale, maxCannedText)
		case unknownVariable(s) != "":
			return fail("text in %s has the variable {{%s}}; there are {{%s}}", locale, clip(unknownVariable(s), 40), strings.Join(CannedVariables(), "}}, {{"))
		case s != "":
			texts[locale] = s
		}
	}
	if len(texts) == 0 {
		return fail("text is empty: write it in at least one language")
	}
	r.Texts = texts
	return r, nil
}

func plainText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

package web

import (
	"fmt"
	"time"

	"frontdesk/kb"
)

// ArticleSettings is what is said of an article beside its texts.
type ArticleSettings struct {
	Department int32      `json:"department" doc:"0 = every department of the site"`
	Audience   string     `json:"audience" enum:"public,customers,staff" doc:"Whom it is for; who may see a level sees the lower ones"`
	Floor      float64    `json:"floor" minimum:"0" maximum:"1" doc:"Least confidence with which the bot says it; 0 = the site's threshold"`
	Handover   bool       `json:"handover" doc:"The bot never says it: whoever asks for it goes to a person"`
	Next       []string   `json:"next" nullable:"false" maxItems:"3" doc:"Ids of articles offered under the answer"`
	Owner      string     `json:"owner" doc:"User id of who keeps it right; empty = nobody"`
	ReviewAt   *time.Time `json:"review_at" doc:"When somebody should read it again; null = never"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"When it is unpublished by itself; null = never"`
}

func settingsOf(a kb.Article) ArticleSettings {
	return ArticleSettings{
		Department: a.Department, Audience: a.Audience.String(), Floor: a.Floor, Handover: a.Handover, Next: orNone(a.Next),
		Owner: a.Owner, ReviewAt: timeOrNull(a.ReviewAt), ExpiresAt: timeOrNull(a.ExpiresAt),
	}
}

// SettingsChange is settings of which those that are absent stay as they are.
type SettingsChange struct {
	Department *int32   `json:"department,omitempty" minimum:"0" doc:"0 = every department of the site; absent, as any of the next ones: it stays"`
	Audience   *string  `json:"audience,omitempty" enum:"public,customers,staff"`
	Floor      *float64 `json:"floor,omitempty" minimum:"0" maximum:"1"`
	Handover   *bool    `json:"handover,omitempty"`
	Next       []string `json:"next,omitempty" nullable:"false" maxItems:"3"`
	Owner      *string  `json:"owner,omitempty" maxLength:"128"`
	ReviewAt   *string  `json:"review_at,omitempty" maxLength:"40" doc:"RFC 3339; empty = never"`
	ExpiresAt  *string  `json:"expires_at,omitempty" maxLength:"40" doc:"RFC 3339; empty = never"`
}

// apply returns a with the settings that are given.
func (c SettingsChange) apply(a kb.Article) (kb.Article, error) {
	var err error
	if c.Department != nil {
		if a.Department = *c.Department; a.Department == 0 {
			a.Department = kb.AllDepartments
		}
	}
	if c.Audience != nil {
		if a.Audience, err = kb.ParseAudience(*c.Audience); err != nil {
			return a, err //nolint:wrapcheck // names the field itself
		}
	}
	if c.Floor != nil {
		a.Floor = *c.Floor
	}
	if c.Handover != nil {
		a.Handover = *c.Handover
	}
	if c.Next != nil {
		a.Next = c.Next
	}
	if c.Owner != nil {
		a.Owner = *c.Owner
	}
	for name, f := range map[string]struct {
		from *string
		to   *time.Time
	}{"review_at": {c.ReviewAt, &a.ReviewAt}, "expires_at": {c.ExpiresAt, &a.ExpiresAt}} {
		switch {
		case f.from == nil:
		case *f.from == "":
			*f.to = time.Time{}
		default:
			if *f.to, err = time.Parse(time.RFC3339, *f.from); err != nil {
				return a, fmt.Errorf("%q must be a time such as 2026-11-21T09:00:00Z, or empty: %w", name, kb.ErrInvalid)
			}
		}
	}
	return a, nil
}

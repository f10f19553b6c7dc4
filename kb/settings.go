package kb

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Audience is whom an article is for. The levels are nested: who may see one
// sees the lower ones too.
type Audience int16

// The levels, as stored.
const (
	AudiencePublic    Audience = 0 // everybody
	AudienceCustomers Audience = 1 // visitors who are identified
	AudienceStaff     Audience = 2 // agents: suggestions, test bench
)

// AllDepartments as the department of an article that is saved takes the wall
// away; 0 leaves it where it is.
const AllDepartments int32 = -1

// String returns the level's name in files and in the API.
func (a Audience) String() string {
	switch a {
	case AudiencePublic:
		return "public"
	case AudienceCustomers:
		return "customers"
	case AudienceStaff:
		return "staff"
	}
	return "unknown"
}

// ParseAudience returns the level of that name; "" is public. Error: [ErrInvalid].
func ParseAudience(name string) (Audience, error) {
	for _, a := range []Audience{AudiencePublic, AudienceCustomers, AudienceStaff} {
		if name == a.String() || (name == "" && a == AudiencePublic) {
			return a, nil
		}
	}
	return 0, fmt.Errorf(`"audience" %q is neither "public" nor "customers" nor "staff": %w`, name, ErrInvalid)
}

// WithSettingsOf returns a with what is said of the article b beside its texts
// and tags: audience, floor, handover, next steps, owner, review and expiry.
func (a Article) WithSettingsOf(b Article) Article {
	a.Audience, a.Floor, a.Handover, a.Next = b.Audience, b.Floor, b.Handover, slices.Clone(b.Next)
	a.Owner, a.ReviewAt, a.ExpiresAt = b.Owner, b.ReviewAt, b.ExpiresAt
	return a
}

// settleDepartment returns a with the department that it will have: what is not
// given stays as in old (the zero article if there is none).
func (a Article) settleDepartment(old Article) Article {
	switch a.Department {
	case 0:
		a.Department = old.Department
	case AllDepartments:
		a.Department = 0
	}
	return a
}

func (a Article) sameSettings(b Article) bool {
	return a.Audience == b.Audience && a.Floor == b.Floor && a.Handover == b.Handover && slices.Equal(a.Next, b.Next) &&
		a.Owner == b.Owner && a.ReviewAt.Equal(b.ReviewAt) && a.ExpiresAt.Equal(b.ExpiresAt)
}

// validateSettings checks what [Article.WithSettingsOf] copies, and returns it in its stored form.
func (a Article) validateSettings() (Article, error) {
	fail := func(format string, args ...any) (Article, error) {
		return Article{}, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrInvalid)
	}
	switch {
	case a.Audience < AudiencePublic || a.Audience > AudienceStaff:
		return fail(`"audience" %d is none of the levels`, a.Audience)
	case !(a.Floor >= 0 && a.Floor <= 1): // no number is outside too
		return fail(`"floor" must lie between 0 and 1`)
	case len(a.Next) > MaxNext:
		return fail(`"next" has more than %d entries`, MaxNext)
	case len(a.Owner) > MaxOwnerBytes || !utf8.ValidString(a.Owner) || strings.ContainsFunc(a.Owner, unicode.IsControl):
		return fail(`"owner" is longer than %d bytes or has control characters`, MaxOwnerBytes)
	case outOfCalendar(a.ReviewAt):
		return fail(`"review_at" lies outside the years 2000 to 9999`)
	case outOfCalendar(a.ExpiresAt):
		return fail(`"expires_at" lies outside the years 2000 to 9999`)
	}
	for i, id := range a.Next {
		switch {
		case id == "" || len(id) > MaxIDBytes || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
			return fail(`"next" entry %d is no article id`, i+1)
		case id == a.ID:
			return fail(`"next" entry %d is the article itself`, i+1)
		case slices.Contains(a.Next[:i], id):
			return fail(`"next" entry %d is there twice`, i+1)
		}
	}
	a.ReviewAt, a.ExpiresAt = storedTime(a.ReviewAt), storedTime(a.ExpiresAt)
	return a, nil
}

func outOfCalendar(t time.Time) bool {
	return !t.IsZero() && (t.UTC().Year() < 2000 || t.UTC().Year() > 9999)
}

// storedTime cuts t to what the database keeps, so that the same file read again changes nothing.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

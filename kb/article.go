package kb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// Errors returned by [Service]. The web edge maps them.
var (
	// ErrNotFound: no such article, translation or version within the caller's scope.
	ErrNotFound = errors.New("article not found")
	// ErrInvalid: a field is missing, empty or too long. Wrapped with the field and the mend.
	ErrInvalid = errors.New("invalid article")
	// ErrConflict: the article was saved by somebody else since the version that the caller saw.
	ErrConflict = errors.New("the article has changed")
	// ErrEmbedding: the model could not embed the texts; nothing was saved. Wraps the model's error.
	ErrEmbedding = errors.New("the article's texts cannot be embedded at the moment")
	// ErrMoved: something was published since the corpus was read that an adaptation was learnt from.
	ErrMoved = errors.New("the knowledge base was published to meanwhile")
	// ErrModel: the vectors are not of the model in use. Wrapped by every [*ModelError].
	ErrModel = errors.New("the knowledge base is embedded with another model than the one that answers here")
)

// ModelError says which model is in use instead.
type ModelError struct {
	Active string // its fingerprint; empty = the embedder's model changed underway
}

// Error implements error.
func (e *ModelError) Error() string {
	if e.Active == "" {
		return ErrModel.Error()
	}
	return ErrModel.Error() + " (in use: " + e.Active + ")"
}

// Unwrap makes the error an [ErrModel].
func (e *ModelError) Unwrap() error { return ErrModel }

// Limits of an article, in Unicode code points unless said otherwise.
const (
	MaxIDBytes       = 128
	MaxTitleRunes    = 200
	MaxQuestionRunes = 500
	MaxAnswerRunes   = 10_000
	MaxQuestions     = 200
	MaxTags          = 50
	MaxTagRunes      = 64
	MaxNext          = 3
	MaxOwnerBytes    = 128
)

// Article is one translation of an article, as published. Its key is (Site, ID, Locale).
type Article struct {
	Site       int32
	ID         string // slug, the same for all translations
	Locale     string // "zh-CN" or "en"
	Department int32  // 0 = every department of the site; when saving, 0 = it stays and [AllDepartments] = every department
	Title      string
	Questions  []string // the ways in which visitors ask for it; at least one
	Answer     string   // said verbatim; Markdown
	Tags       []string
	Audience   Audience
	Floor      float64   // least confidence with which the bot says it, 0–1; 0 = the site's threshold
	Handover   bool      // the bot never says it: whoever asks for it goes to a person
	Next       []string  // ids of articles offered as next steps under the answer, at most [MaxNext]
	Owner      string    // user id of who keeps it right; empty = nobody
	ReviewAt   time.Time // when somebody should read it again; zero = never
	ExpiresAt  time.Time // when it is unpublished by itself; zero = never
	Version    uint32    // rises with every save; when saving: the version that was edited, 0 = whatever there is
	Author     string    // who saved this version: a user id or "system"
	UpdatedAt  time.Time
	// RestoredFrom is the version whose content this one has again; 0 = it is its own.
	RestoredFrom uint32
}

// Summary is an article in a list.
type Summary struct {
	ID        string
	Locale    string
	Title     string
	Tags      []string
	Questions int // number of question variants
	Version   uint32
	UpdatedAt time.Time
	Locales   []string // of all its published translations
}

// validate checks a and returns it in its stored form: blanks trimmed,
// questions that are the same by [text.Key] folded. The error names the field.
func (a Article) validate() (Article, error) {
	fail := func(format string, args ...any) (Article, error) {
		return Article{}, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrInvalid)
	}
	if a.ID == "" {
		return fail(`"id" is empty`)
	}
	if len(a.ID) > MaxIDBytes {
		return fail(`"id" is longer than %d bytes`, MaxIDBytes)
	}
	if !utf8.ValidString(a.ID) || strings.ContainsFunc(a.ID, unicode.IsControl) || strings.TrimSpace(a.ID) != a.ID || a.ID == "." || a.ID == ".." || a.ID == "-" {
		return fail(`"id" %q has control characters or blanks at an end, or is one of "-", "." and ".."`, a.ID)
	}
	if a.Locale != text.Chinese && a.Locale != text.English {
		return fail(`"locale" %q is neither "zh-CN" nor "en"`, a.Locale)
	}
	for _, s := range append([]string{a.Title, a.Answer}, append(a.Questions, a.Tags...)...) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fail("a text is not valid UTF-8 or contains a NUL")
		}
	}
	a.Title, a.Answer = plainText(a.Title), plainText(a.Answer)
	a.Title, a.Answer = strings.TrimSpace(a.Title), strings.TrimSpace(a.Answer)
	switch {
	case a.Title == "":
		return fail(`"title" is empty`)
	case utf8.RuneCountInString(a.Title) > MaxTitleRunes:
		return fail(`"title" is longer than %d characters`, MaxTitleRunes)
	case a.Answer == "":
		return fail(`"answer" is empty`)
	case utf8.RuneCountInString(a.Answer) > MaxAnswerRunes:
		return fail(`"answer" is longer than %d characters`, MaxAnswerRunes)
	case len(a.Questions) > MaxQuestions:
		return fail(`"questions" has more than %d entries`, MaxQuestions)
	case len(a.Tags) > MaxTags:
		return fail(`"tags" has more than %d entries`, MaxTags)
	}
	seen := map[string]bool{}
	questions := make([]string, 0, len(a.Questions))
	for i, q := range a.Questions {
		q = strings.TrimSpace(plainText(q))
		key := text.Key(q)
		switch {
		case key == "":
			return fail(`"questions" entry %d is empty`, i+1)
		case utf8.RuneCountInString(q) > MaxQuestionRunes:
			return fail(`"questions" entry %d is longer than %d characters`, i+1, MaxQuestionRunes)
		case !seen[key]:
			seen[key] = true
			questions = append(questions, q)
		}
	}
	if len(questions) == 0 {
		return fail(`"questions" is empty`)
	}
	tags := make([]string, 0, len(a.Tags))
	for i, tag := range a.Tags {
		tag = strings.TrimSpace(plainText(tag))
		if tag == "" || utf8.RuneCountInString(tag) > MaxTagRunes {
			return fail(`"tags" entry %d is empty or longer than %d characters`, i+1, MaxTagRunes)
		}
		tags = append(tags, tag)
	}
	a.Questions, a.Tags = questions, tags
	return a.validateSettings()
}

// sameContent reports whether saving b over a would change nothing.
func (a Article) sameContent(b Article) bool {
	return a.Department == b.Department && a.Title == b.Title && a.Answer == b.Answer &&
		slices.Equal(a.Questions, b.Questions) && slices.Equal(a.Tags, b.Tags) && a.sameSettings(b)
}

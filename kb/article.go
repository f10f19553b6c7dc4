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

// validate checks a and returns it in its stored form: blanks trimmed, line
// breaks as "\n", questions that are the same by [text.Key] folded. The error names
// the field.
func (a Article) validate() (Article, error) { return a.check(false) }

// validateUnfinished is [Article.validate] for what is still being written: texts may be missing.
func (a Article) validateUnfinished() (Article, error) { return a.check(true) }

func (a Article) check(unfinished bool) (Article, error) {
	if err := a.checkName(); err != nil {
		return Article{}, err
	}
	var err error
	if a.Title, err = lineField("title", 0, a.Title, MaxTitleRunes); err != nil {
		return Article{}, err
	}
	if a.Answer, err = textField("answer", a.Answer, MaxAnswerRunes); err != nil {
		return Article{}, err
	}
	if a.Questions, err = checkQuestions(a.Questions, unfinished); err != nil {
		return Article{}, err
	}
	if a.Tags, err = checkTags(a.Tags); err != nil {
		return Article{}, err
	}
	if !unfinished {
		switch {
		case a.Title == "":
			return Article{}, invalid(`"title" is empty`)
		case a.Answer == "":
			return Article{}, invalid(`"answer" is empty`)
		case len(a.Questions) == 0:
			return Article{}, invalid(`"questions" is empty`)
		}
	}
	return a.validateSettings()
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrInvalid)
}

func (a Article) checkName() error {
	switch {
	case a.ID == "":
		return invalid(`"id" is empty`)
	case len(a.ID) > MaxIDBytes:
		return invalid(`"id" is longer than %d bytes`, MaxIDBytes)
	case !utf8.ValidString(a.ID) || strings.ContainsFunc(a.ID, unicode.IsControl) || strings.TrimSpace(a.ID) != a.ID || a.ID == "-" || climbs(a.ID):
		return invalid(`"id" %q has control characters or blanks at an end, or is one of "-", "." and ".."`, a.ID)
	case a.Locale != text.Chinese && a.Locale != text.English:
		return invalid(`"locale" %q is neither "zh-CN" nor "en"`, a.Locale)
	}
	return nil
}

// climbs reports whether an address or a folder would read id as a way out of itself.
func climbs(id string) bool {
	return slices.ContainsFunc(strings.Split(id, "/"), func(s string) bool { return s == "." || s == ".." })
}

func checkQuestions(given []string, unfinished bool) ([]string, error) {
	if len(given) > MaxQuestions {
		return nil, invalid(`"questions" has more than %d entries`, MaxQuestions)
	}
	seen := map[string]bool{}
	questions := make([]string, 0, len(given))
	for i, q := range given {
		q, err := lineField("questions", i+1, q, MaxQuestionRunes)
		if err != nil {
			return nil, err
		}
		key := text.Key(q)
		switch {
		case key == "" && !unfinished:
			return nil, invalid(`"questions" entry %d is empty`, i+1)
		case key != "" && !seen[key]:
			seen[key] = true
			questions = append(questions, q)
		}
	}
	return questions, nil
}

func checkTags(given []string) ([]string, error) {
	if len(given) > MaxTags {
		return nil, invalid(`"tags" has more than %d entries`, MaxTags)
	}
	tags := make([]string, 0, len(given))
	for i, tag := range given {
		tag, err := lineField("tags", i+1, tag, MaxTagRunes)
		if err != nil {
			return nil, err
		}
		if tag == "" {
			return nil, invalid(`"tags" entry %d is empty`, i+1)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// lineField returns a text in its stored form, line breaks and tabs as blanks. entry counts from 1; 0 = the field is no list.
func lineField(field string, entry int, s string, most int) (string, error) {
	s, err := textField(field, s, most)
	if err != nil {
		if entry > 0 {
			return "", fmt.Errorf("entry %d of %w", entry, err)
		}
		return "", err
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' }), " "), nil
}

// textField is [lineField] for a text that may have paragraphs. What no file can
// hold becomes a blank, so that what is exported is what is there.
func textField(field, s string, most int) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", invalid("%q is not valid UTF-8 or contains a NUL", field)
	}
	s = strings.TrimSpace(plainText(s))
	if utf8.RuneCountInString(s) > most {
		return "", invalid("%q is longer than %d characters", field, most)
	}
	return s, nil
}

// sameContent reports whether saving b over a would change nothing.
func (a Article) sameContent(b Article) bool {
	return a.Department == b.Department && a.Title == b.Title && a.Answer == b.Answer &&
		slices.Equal(a.Questions, b.Questions) && slices.Equal(a.Tags, b.Tags) && a.sameSettings(b)
}

package bot

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk/bot/evalset"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// ErrSaved says what is wrong with a saved question, naming the field.
var ErrSaved = errors.New("this question cannot be saved")

// ErrSavedNotFound says that there is no such question in the caller's scope.
var ErrSavedNotFound = errors.New("saved question not found")

// Bounds of saved questions.
const (
	MaxSaved         = 2000 // a site
	maxSavedRunes    = maxQuestionRunes
	maxSavedPrevious = 3
	maxSavedArticles = 10
	maxKindBytes     = 64
)

// SavedQuestion is a question whose answer must stay right.
type SavedQuestion struct {
	ID         int64
	Site       int32
	Department int32 // 0 = asked of all departments
	Audience   kb.Audience
	Locale     string // the visitor's language, for texts that show none; may be empty
	Text       string
	Previous   []string
	Want       evalset.Want
	Articles   []string // with evalset.WantArticle: any of them
	Kind       string   // a word that groups questions
	Origin     string   // "" = typed, "import", or conversation/seq
	CreatedBy  string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Digest tells equal questions: saving one again changes what is expected.
func (q SavedQuestion) Digest() []byte {
	b, err := json.Marshal([]any{q.Text, orNone(q.Previous), q.Department, q.Audience})
	if err != nil { // strings and numbers always encode
		b = []byte(q.Text)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

func orNone(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// Validate brings q to its stored form. Errors wrap [ErrSaved].
func (q SavedQuestion) Validate() (SavedQuestion, error) {
	fail := func(format string, args ...any) (SavedQuestion, error) {
		return SavedQuestion{}, fmt.Errorf("%w: %s", ErrSaved, fmt.Sprintf(format, args...))
	}
	q.Text, q.Kind = strings.TrimSpace(q.Text), strings.TrimSpace(q.Kind)
	for _, s := range append([]string{q.Text, q.Kind}, append(q.Previous, q.Articles...)...) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fail("a text is not valid UTF-8 or contains a NUL")
		}
	}
	switch {
	case q.Text == "":
		return fail("text is empty")
	case utf8.RuneCountInString(q.Text) > maxSavedRunes:
		return fail("text is longer than %d characters", maxSavedRunes)
	case len(q.Previous) > maxSavedPrevious:
		return fail("previous has more than %d entries", maxSavedPrevious)
	case len(q.Kind) > maxKindBytes || strings.ContainsFunc(q.Kind, unicode.IsSpace) || strings.ContainsFunc(q.Kind, unicode.IsControl):
		return fail("kind must be one word of at most %d bytes", maxKindBytes)
	case q.Locale != "" && q.Locale != text.Chinese && q.Locale != text.English:
		return fail(`locale must be "zh-CN", "en" or empty`)
	case q.Audience < kb.AudiencePublic || q.Audience > kb.AudienceStaff:
		return fail("audience is none of the levels")
	case q.Want < evalset.WantArticle || q.Want > evalset.WantClarify:
		return fail("want is none of article, -, @human, @smalltalk, @clarify")
	}
	for i, p := range q.Previous {
		if p = strings.TrimSpace(p); p == "" || utf8.RuneCountInString(p) > maxSavedRunes {
			return fail("previous entry %d is empty or longer than %d characters", i+1, maxSavedRunes)
		}
	}
	if q.Want != evalset.WantArticle {
		q.Articles = nil
		return q, nil
	}
	var ids []string
	for i, id := range q.Articles {
		if id = strings.TrimSpace(id); id == "" || len(id) > kb.MaxIDBytes || strings.ContainsFunc(id, unicode.IsControl) {
			return fail("articles entry %d is no article id", i+1)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if q.Articles = ids; len(ids) == 0 || len(ids) > maxSavedArticles {
		return fail("articles must name the expected article, or up to %d of which any is right", maxSavedArticles)
	}
	return q, nil
}

func (q SavedQuestion) question() Question {
	return Question{Site: q.Site, Department: q.Department, Audience: q.Audience, Text: q.Text, Previous: q.Previous, Locale: q.Locale}
}

// passes judges an outcome as the evaluation does; see [EvalRow.RightDecision].
// To hand over is right where nothing should be answered, and so is asking back.
func (q SavedQuestion) passes(o TurnOutcome) bool {
	return EvalRow{Want: q.Want, Kind: q.Kind, Expected: q.Articles, Action: o.Action, Reason: o.Reason, Answer: o.Article, Offers: o.Offers}.RightDecision()
}

// SavedStore keeps saved questions.
type SavedStore interface {
	// Saved returns a site's questions within scope by id.
	Saved(ctx context.Context, scope identity.Scope, site int32) ([]SavedQuestion, error)
	// PutSaved stores questions, one with the same digest in place of the former, and returns how many are new. Errors: [ErrSaved] (more
	// than [MaxSaved] at the site), identity.ErrNotFound (no such site or department in scope).
	PutSaved(ctx context.Context, scope identity.Scope, site int32, list []SavedQuestion) (added int, err error)
	// DropSaved deletes one. Errors: [ErrSavedNotFound].
	DropSaved(ctx context.Context, scope identity.Scope, site int32, id int64) error
}

// WriteSaved writes questions in the format of frontdesk eval: expected<TAB>question,
// a line "# kind" before those of a kind. What the format has no place for
// (previous questions, department, audience, language) is left out; it returns how
// many of the questions had some.
func WriteSaved(w io.Writer, list []SavedQuestion) (poorer int, err error) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b SavedQuestion) int { return strings.Compare(a.Kind, b.Kind) })
	kind := ""
	for _, q := range list {
		if q.Kind != kind {
			kind = q.Kind
			if _, err := fmt.Fprintf(w, "# %s\n", kind); err != nil {
				return poorer, fmt.Errorf("write questions: %w", err)
			}
		}
		if len(q.Previous) > 0 || q.Department != 0 || q.Audience != kb.AudiencePublic {
			poorer++
		}
		want := q.Want.String()
		if q.Want == evalset.WantArticle {
			want = strings.Join(q.Articles, "|")
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\n", want, strings.Join(strings.Fields(q.Text), " ")); err != nil {
			return poorer, fmt.Errorf("write questions: %w", err)
		}
	}
	return poorer, nil
}

// ReadSaved reads the format of frontdesk eval. Errors wrap [ErrQuestions] and name the line.
func ReadSaved(r io.Reader, site int32) ([]SavedQuestion, error) {
	file, err := evalset.ReadQuestions(r)
	if err != nil {
		return nil, err
	}
	out := make([]SavedQuestion, 0, len(file.Rows))
	for _, row := range file.Rows {
		q, err := SavedQuestion{Site: site, Text: row.Text, Want: row.Want, Articles: row.Articles, Kind: row.Kind, Origin: "import"}.Validate()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", row.Line, err)
		}
		out = append(out, q)
	}
	return out, nil
}

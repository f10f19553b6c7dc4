package evalset

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Want is what is right for a turn.
type Want int

// The wants, as written in a question file.
const (
	WantArticle   Want = iota // article ids, joined by |: one of them answers
	WantNothing               // "-": nothing answers
	WantHuman                 // "@human": over to a person
	WantSmallTalk             // "@smalltalk": a polite reply without an article
	WantClarify               // "@clarify": a question back
)

// String returns the want as it is written in a file; articles as "article".
func (w Want) String() string {
	switch w {
	case WantNothing:
		return "-"
	case WantHuman:
		return "@human"
	case WantSmallTalk:
		return "@smalltalk"
	case WantClarify:
		return "@clarify"
	case WantArticle:
	}
	return "article"
}

// MarshalText implements encoding.TextMarshaler.
func (w Want) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It returns [ErrData] for what String never returns.
func (w *Want) UnmarshalText(s []byte) error {
	for _, known := range []Want{WantArticle, WantNothing, WantHuman, WantSmallTalk, WantClarify} {
		if string(s) == known.String() {
			*w = known
			return nil
		}
	}
	return fmt.Errorf("%.40q says nothing of what is right: %w", s, ErrData)
}

// Question is a line of a question file.
type Question struct {
	Line     int
	Want     Want
	Articles []string // with WantArticle: any of them
	Text     string
	Kind     string // the last "# kind" line before it; empty without one
	Place    int    // among the rows of its kind, from 1
}

// Tuning reports whether the row may set thresholds: every third one of its
// kind, from the first. The other two thirds only report.
func (q Question) Tuning() bool { return q.Place%3 == 1 }

// kindLine is "# negation": one word. Other lines that start with # and have no tab are comments.
var kindLine = regexp.MustCompile(`^#\s*([a-zA-Z][\w-]*)\s*$`)

// Questions is a question file.
type Questions struct {
	Rows  []Question
	House bool // it has kinds or expectations beyond one article and "-"
	// Repeated are the lines whose text stands in the file before. They stay.
	Repeated []int
	// Contradictory are the pairs of lines (the first, a later one) with one text
	// that expect different things: one of them is counted as wrong whatever is said.
	Contradictory [][2]int
}

// ReadQuestions reads "expected<TAB>question" lines: an article id, several
// joined by |, or one of - @human @smalltalk @clarify. A line "# word" names the
// kind of the rows that follow; other lines that start with # and hold no tab are
// comments. Further columns are an error, unless they are empty. Errors wrap [ErrData].
func ReadQuestions(r io.Reader) (Questions, error) {
	var out Questions
	kind, place := "", map[string]int{}
	seen := map[string]Question{}
	err := Lines(r, func(l Line) error {
		expected, question, ok := strings.Cut(l.Text, "\t")
		if !ok && strings.HasPrefix(l.Text, "#") {
			if m := kindLine.FindStringSubmatch(l.Text); m != nil {
				kind, out.House = m[1], true
			}
			return nil
		}
		q := Question{Line: l.N, Text: strings.TrimSpace(question), Kind: kind}
		expected = strings.TrimSpace(expected)
		switch {
		case !ok:
			return fmt.Errorf("line %d: no tab between article id and question: %w", l.N, ErrData)
		case expected == "":
			return fmt.Errorf(`line %d: no article id; "-" means that nothing should answer: %w`, l.N, ErrData)
		case q.Text == "":
			return fmt.Errorf("line %d: no question: %w", l.N, ErrData)
		case strings.Contains(q.Text, "\t"):
			return fmt.Errorf("line %d: %d columns, want 2 (expected<TAB>question): %w", l.N, 2+strings.Count(q.Text, "\t"), ErrData)
		}
		if err := q.expect(expected); err != nil {
			return err
		}
		if q.Want > WantNothing || len(q.Articles) > 1 {
			out.House = true
		}
		place[kind]++
		q.Place = place[kind]
		if first, ok := seen[q.Text]; !ok {
			seen[q.Text] = q
		} else {
			out.Repeated = append(out.Repeated, l.N)
			if !first.agrees(q) {
				out.Contradictory = append(out.Contradictory, [2]int{first.Line, l.N})
			}
		}
		out.Rows = append(out.Rows, q)
		return nil
	})
	if err == nil && len(out.Rows) == 0 {
		err = fmt.Errorf("no question in the file: %w", ErrData)
	}
	return out, err
}

// agrees reports whether both expect the same.
func (q Question) agrees(other Question) bool {
	return q.Want == other.Want && slices.Equal(slices.Sorted(slices.Values(q.Articles)), slices.Sorted(slices.Values(other.Articles)))
}

// expect reads the first column.
func (q *Question) expect(s string) error {
	for _, w := range []Want{WantNothing, WantHuman, WantSmallTalk, WantClarify} {
		if s == w.String() {
			q.Want = w
			return nil
		}
	}
	if strings.HasPrefix(s, "@") {
		return fmt.Errorf("line %d: %.40q is none of @human, @smalltalk, @clarify: %w", q.Line, s, ErrData)
	}
	for id := range strings.SplitSeq(s, "|") {
		id = strings.TrimSpace(id)
		switch {
		case id == "":
			return fmt.Errorf("line %d: an empty article id beside |: %w", q.Line, ErrData)
		case strings.HasPrefix(id, "@") || id == "-":
			return fmt.Errorf("line %d: %q stands alone, not beside article ids: %w", q.Line, id, ErrData)
		case !slices.Contains(q.Articles, id):
			q.Articles = append(q.Articles, id)
		}
	}
	return nil
}

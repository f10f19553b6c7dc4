package kb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxLineBytes is the longest line of an import.
const MaxLineBytes = 1 << 20

// LineError says which line of an import is wrong, and why. Nothing of the
// import was stored.
type LineError struct {
	Line   int // from 1
	Reason string
}

// Error returns "line N: reason".
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Unwrap makes a line error an [ErrInvalid].
func (e *LineError) Unwrap() error { return ErrInvalid }

// record is a line of the JSONL format.
type record struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Locale    string   `json:"locale"`
	Questions []string `json:"questions"`
	Answer    string   `json:"answer"`
	Tags      []string `json:"tags"`

	Audience  string   `json:"audience,omitempty"` // "public", "customers" or "staff"
	Floor     float64  `json:"floor,omitempty"`
	Handover  bool     `json:"handover,omitempty"`
	Next      []string `json:"next,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	ReviewAt  string   `json:"review_at,omitempty"` // RFC 3339
	ExpiresAt string   `json:"expires_at,omitempty"`
}

// ReadJSONL calls yield for every article of an import, one a line, streaming:
// {"id","title","locale","questions":[…],"answer","tags":[…]}, tags and
// settings (see [record]) optional, blank lines skipped, a byte order mark at the start tolerated. The key (id,
// locale) may occur once. A malformed line ends it with a [*LineError]; yield's
// error ends it too and is returned as it is, unless it wraps [ErrInvalid]:
// then it becomes a [*LineError].
func ReadJSONL(r io.Reader, yield func(Article) error) error {
	seen := map[[2]string]int{}
	return scanJSONL(r, func(n int, a Article, _ mention, reason string) error {
		if reason != "" {
			return &LineError{Line: n, Reason: reason}
		}
		a, err := a.validate()
		if err != nil {
			return &LineError{Line: n, Reason: lineReason(err)}
		}
		key := [2]string{a.ID, a.Locale}
		if first, dup := seen[key]; dup {
			return &LineError{Line: n, Reason: fmt.Sprintf("id %q in %s already stands on line %d", a.ID, a.Locale, first)}
		}
		seen[key] = n
		if err := yield(a); errors.Is(err, ErrInvalid) {
			return &LineError{Line: n, Reason: lineReason(err)}
		} else if err != nil {
			return err
		}
		return nil
	})
}

// readJSONL reads a whole import and notes everything that is wrong with it.
func readJSONL(ctx context.Context, r io.Reader, c *collector) error {
	return scanJSONL(r, func(n int, a Article, said mention, reason string) error {
		if where := fmt.Sprintf("line %d", n); reason != "" {
			c.refuse(where, reason)
		} else {
			c.add(where, a, said)
		}
		if c.full() {
			return c.err()
		}
		return ctx.Err()
	})
}

// scanJSONL calls each for every line that is not blank, with its article as it
// stands there or with the reason why it is none. It ends with each's error.
func scanJSONL(r io.Reader, each func(line int, a Article, said mention, reason string) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(in)
		last := errors.Is(err, io.EOF)
		if errors.Is(err, errLongLine) {
			return &LineError{Line: n, Reason: fmt.Sprintf("longer than %d bytes", MaxLineBytes)}
		}
		if err != nil && !last {
			return fmt.Errorf("read line %d: %w", n, err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte(utf8BOM))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			a, said, reason := parseLine(line)
			if err := each(n, a, said, reason); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

var errLongLine = errors.New("line too long")

func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > MaxLineBytes {
			return nil, errLongLine
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// parseLine returns the article of a line and the settings that it names, or the reason why it is none.
func parseLine(line []byte) (a Article, said mention, reason string) {
	if !utf8.Valid(line) {
		return Article{}, 0, "not valid UTF-8"
	}
	var fields map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(&fields); err != nil {
		return Article{}, 0, jsonReason(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Article{}, 0, "more than one JSON value on the line"
	}
	if fields == nil {
		return Article{}, 0, "not a JSON object"
	}
	for _, name := range []string{"id", "title", "locale", "questions", "answer"} {
		if _, ok := fields[name]; !ok {
			return Article{}, 0, fmt.Sprintf("%q is missing", name)
		}
	}
	var rec record
	decoder = json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rec); err != nil {
		return Article{}, 0, jsonReason(err)
	}
	a = Article{
		ID: rec.ID, Title: rec.Title, Locale: rec.Locale, Questions: rec.Questions, Answer: rec.Answer, Tags: rec.Tags,
		Floor: rec.Floor, Handover: rec.Handover, Next: rec.Next, Owner: rec.Owner,
	}
	audience, err := ParseAudience(rec.Audience)
	if err != nil {
		return Article{}, 0, lineReason(err)
	}
	a.Audience = audience
	for name, at := range map[string]*time.Time{"review_at": &a.ReviewAt, "expires_at": &a.ExpiresAt} {
		value := rec.ReviewAt
		if name == "expires_at" {
			value = rec.ExpiresAt
		}
		if value == "" {
			continue
		}
		if *at, err = time.Parse(time.RFC3339Nano, value); err != nil {
			return Article{}, 0, fmt.Sprintf("%q %q is no time: write 2026-12-31T18:00:00Z", name, value)
		}
	}
	for name := range fields {
		said |= mentionOf(name)
	}
	return a, said, ""
}

// jsonReason words a decoder's error for the person who wrote the file.
func jsonReason(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("malformed JSON at byte %d: %s", syntax.Offset, syntax.Error())
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "malformed JSON: the line ends too early"
	case errors.As(err, &kind) && kind.Field == "":
		return "not a JSON object"
	case errors.As(err, &kind):
		return fmt.Sprintf("%q must be %s, not %s", kind.Field, jsonType(kind.Type.Kind().String()), kind.Value)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "unknown field " + field
	}
	return "malformed JSON"
}

func jsonType(kind string) string {
	if kind == "slice" {
		return "a list of strings"
	}
	return "a " + kind
}

// writeJSONL writes one line.
func writeJSONL(w io.Writer, a Article) error {
	tags := a.Tags
	if tags == nil {
		tags = []string{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	rec := record{
		ID: a.ID, Title: a.Title, Locale: a.Locale, Questions: a.Questions, Answer: a.Answer, Tags: tags,
		Floor: a.Floor, Handover: a.Handover, Next: a.Next, Owner: a.Owner, ReviewAt: moment(a.ReviewAt), ExpiresAt: moment(a.ExpiresAt),
	}
	if a.Audience != AudiencePublic {
		rec.Audience = a.Audience.String()
	}
	return encoder.Encode(rec)
}

package kb

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
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
}

// ReadJSONL calls yield for every article of an import, one a line, streaming:
// {"id","title","locale","questions":[…],"answer","tags":[…]}, tags optional,
// blank lines skipped, a byte order mark at the start tolerated. The key (id,
// locale) may occur once. A malformed line ends it with a [*LineError]; yield's
// error ends it too and is returned as it is, unless it wraps [ErrInvalid]:
// then it becomes a [*LineError].
func ReadJSONL(r io.Reader, yield func(Article) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	seen := map[[2]string]int{}
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
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			a, reason := parseLine(line)
			if reason != "" {
				return &LineError{Line: n, Reason: reason}
			}
			if a, err = a.validate(); err != nil {
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
		}
		if last {
			return nil
		}
	}
}

// lineReason cuts the sentinel's text off the end of a validation error.
func lineReason(err error) string { return strings.TrimSuffix(err.Error(), ": "+ErrInvalid.Error()) }

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

// parseLine returns the article of a line, or the reason why it is none.
func parseLine(line []byte) (a Article, reason string) {
	if !utf8.Valid(line) {
		return Article{}, "not valid UTF-8"
	}
	var fields map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(&fields); err != nil {
		return Article{}, jsonReason(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Article{}, "more than one JSON value on the line"
	}
	if fields == nil {
		return Article{}, "not a JSON object"
	}
	for _, name := range []string{"id", "title", "locale", "questions", "answer"} {
		if _, ok := fields[name]; !ok {
			return Article{}, fmt.Sprintf("%q is missing", name)
		}
	}
	var rec record
	decoder = json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rec); err != nil {
		return Article{}, jsonReason(err)
	}
	return Article{ID: rec.ID, Title: rec.Title, Locale: rec.Locale, Questions: rec.Questions, Answer: rec.Answer, Tags: rec.Tags}, ""
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
	return encoder.Encode(record{ID: a.ID, Title: a.Title, Locale: a.Locale, Questions: a.Questions, Answer: a.Answer, Tags: tags})
}

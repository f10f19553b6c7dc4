package evalset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ErrData says that a data file cannot be used. It is wrapped with the line and
// what is expected there.
var ErrData = errors.New("invalid data file")

// MaxLineBytes bounds a line of a data file.
const MaxLineBytes = 64 << 10

// MaxRows bounds a data file, far above the largest public set of this kind.
const MaxRows = 1_000_000

// Line is a line of a file that has something on it.
type Line struct {
	N    int    // from 1
	Text string // valid UTF-8 without the line break and without a byte order mark
}

// Lines calls yield for every line that is not blank. A byte order mark of UTF-8
// and CR LF are tolerated; other encodings, NUL characters, lines longer than
// [MaxLineBytes] and files without a line are errors that wrap [ErrData] and say
// where. Yield's error ends it and is returned as it is.
func Lines(r io.Reader, yield func(Line) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4096), MaxLineBytes)
	n, rows := 0, 0
	for in.Scan() {
		n++
		raw := in.Bytes()
		if n == 1 {
			if utf16(raw) {
				return errUTF16()
			}
			raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
		}
		line := strings.TrimRight(string(raw), "\r")
		if at := invalidAt(line); at >= 0 {
			return errNotUTF8(n, at)
		}
		if at := strings.IndexByte(line, 0); at >= 0 {
			return fmt.Errorf("line %d, byte %d: a NUL character; is this a text file in UTF-8?: %w", n, at+1, ErrData)
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if rows++; rows > MaxRows {
			return fmt.Errorf("line %d: more than %d rows: %w", n, MaxRows, ErrData)
		}
		if err := yield(Line{N: n, Text: line}); err != nil {
			return err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d: longer than %d bytes: %w", n+1, MaxLineBytes, ErrData)
	} else if err != nil {
		return fmt.Errorf("read line %d: %w", n+1, err)
	}
	if rows == 0 {
		return fmt.Errorf("the file is empty: %w", ErrData)
	}
	return nil
}

// CheckEncoding returns an error that wraps [ErrData] and says where unless a
// whole file is UTF-8.
func CheckEncoding(file []byte) error {
	if utf16(file) {
		return errUTF16()
	}
	if utf8.Valid(file) {
		return nil
	}
	n := 0
	for line := range bytes.Lines(file) {
		n++
		if at := invalidAt(string(line)); at >= 0 {
			return errNotUTF8(n, at)
		}
	}
	return nil
}

func errUTF16() error {
	return fmt.Errorf("line 1: the file is UTF-16; save it as UTF-8: %w", ErrData)
}

// errNotUTF8 names the line, from 1, and the byte on it, from 0.
func errNotUTF8(line, at int) error {
	return fmt.Errorf("line %d, byte %d: not valid UTF-8 (another encoding, such as GBK, or two mixed); save the file as UTF-8: %w", line, at+1, ErrData)
}

// utf16 recognises both byte orders by their mark.
func utf16(first []byte) bool {
	return bytes.HasPrefix(first, []byte{0xff, 0xfe}) || bytes.HasPrefix(first, []byte{0xfe, 0xff})
}

// invalidAt returns the index of the first byte that is not UTF-8, or -1.
func invalidAt(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// columns cuts a line at its tabs into exactly n trimmed columns, none of them empty.
func columns(l Line, n int, want string) ([]string, error) {
	cells := strings.Split(l.Text, "\t")
	if len(cells) != n {
		return nil, fmt.Errorf("line %d: %d columns, want %d (%s): %w", l.N, len(cells), n, want, ErrData)
	}
	for i, c := range cells {
		if cells[i] = strings.Join(strings.Fields(c), " "); cells[i] == "" {
			return nil, fmt.Errorf("line %d: column %d is empty (%s): %w", l.N, i+1, want, ErrData)
		}
	}
	return cells, nil
}

package tokenizer

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"frontdesk/inference/tokenizer/internal/samples"
)

// goldenFile holds the oracle's answers; `go run ./inference/tokenizer/parity -golden FILE` writes it.
const goldenFile = "testdata/golden.jsonl.gz"

// sampled lists the samples once for all tests.
var sampled = sync.OnceValues(func() (map[string]samples.Sample, error) {
	list, err := samples.All("testdata")
	if err != nil {
		return nil, err
	}
	byName := make(map[string]samples.Sample)
	for _, s := range list {
		byName[s.Name] = s
	}
	return byName, nil
})

func parseSample(s samples.Sample) (*Tokenizer, error) {
	if s.Vocab != nil {
		return ParseVocab(s.Vocab, VocabOptions{Lowercase: s.Lower, HandleChinese: true})
	}
	return Parse(s.File)
}

// goldenLine is a line of the file: the head of a sample, or a case of it (see parity/golden.go).
type goldenLine struct {
	Sample  string
	SHA256  string
	Refused bool

	Text        string
	Pair        *string
	Plain, Bare bool
	Cut         *struct {
		Strategy    string
		Left        bool
		Max, Stride int
	}
	Pad *struct {
		To, Multiple int
		Left         bool
		ID, Type     int32
		Token        string
	}
	Want *goldenWant
}

type goldenWant struct {
	IDs      []int32
	Tokens   []string
	Offsets  []int
	Types    []int32
	Special  []int32
	Padding  []int32
	Words    []int32
	Overflow []goldenWant
}

func TestStoredAnswersOfHuggingFaceAreOurs(t *testing.T) {
	t.Parallel()
	all, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var tok *Tokenizer
	var sample string
	cases, seen := 0, 0
	lines := bufio.NewScanner(packed)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var l goldenLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Sample != "" {
			s, ok := all[l.Sample]
			sum := sha256.Sum256(s.File)
			if !ok || hex.EncodeToString(sum[:]) != l.SHA256 {
				t.Fatalf("sample %s is no longer the one that the oracle was asked about: write the golden file anew", l.Sample)
			}
			sample = l.Sample
			seen++
			if tok, err = parseSample(s); l.Refused != errors.Is(err, ErrUnsupported) || !l.Refused && err != nil {
				t.Fatalf("%s: error %v, want refused %v", sample, err, l.Refused)
			}
			continue
		}
		cases++
		if what := l.differs(tok); what != "" {
			t.Errorf("%s: %s: %+q %v", sample, what, l.Text, l.describe())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if seen != len(all) || cases < 3000 {
		t.Errorf("%d cases of %d samples; there are %d samples", cases, seen, len(all))
	}
}

func (l *goldenLine) describe() string {
	var b strings.Builder
	if l.Pair != nil {
		fmt.Fprintf(&b, "with %+q ", *l.Pair)
	}
	fmt.Fprintf(&b, "plain %v bare %v", l.Plain, l.Bare)
	if l.Cut != nil {
		fmt.Fprintf(&b, " cut %+v", *l.Cut)
	}
	if l.Pad != nil {
		fmt.Fprintf(&b, " pad %+v", *l.Pad)
	}
	return b.String()
}

func (l *goldenLine) options() Options {
	o := Options{NoSpecials: l.Bare, ParseSpecial: !l.Plain}
	side := map[bool]Side{false: Right, true: Left}
	if c := l.Cut; c != nil {
		strategy := map[string]Strategy{"LongestFirst": LongestFirst, "OnlyFirst": OnlyFirst, "OnlySecond": OnlySecond}
		o.Truncation = &Truncation{MaxLength: c.Max, Stride: c.Stride, Strategy: strategy[c.Strategy], Side: side[c.Left]}
	}
	if p := l.Pad; p != nil {
		o.Padding = &Padding{ToLength: p.To, ToMultipleOf: p.Multiple, Side: side[p.Left], ID: p.ID, TypeID: p.Type, Token: p.Token}
	}
	return o
}

// differs names what is not as the oracle has it, or returns "".
func (l *goldenLine) differs(tok *Tokenizer) string {
	var got Encoding
	var err error
	if l.Pair != nil {
		got, err = tok.EncodePair(l.Text, *l.Pair, l.options())
	} else {
		got, err = tok.Encode(l.Text, l.options())
	}
	if l.Want == nil || err != nil {
		if (l.Want == nil) != (err != nil) {
			return fmt.Sprintf("error %v, want one: %v", err, l.Want == nil)
		}
		return ""
	}
	if what := l.Want.differs(&got); what != "" {
		return what
	}
	return l.hotDiffers(tok)
}

// hotDiffers compares the ids-only paths, for what they can be asked.
func (l *goldenLine) hotDiffers(tok *Tokenizer) string {
	if !l.Plain || l.Pad != nil {
		return ""
	}
	a := tok.AppendPieceIDs(nil, l.Text)
	var b, got []int32
	switch {
	case l.Bare:
		got = a
	case l.Pair == nil && l.Cut == nil:
		got = tok.AppendIDs(nil, l.Text, 1<<30)
	case l.Pair != nil:
		b = tok.AppendPieceIDs(nil, *l.Pair)
		fallthrough
	default:
		var cut Truncation
		if o := l.options(); o.Truncation != nil {
			cut = *o.Truncation
		}
		var types []int32
		got, types = tok.Assemble(nil, []int32{}, a, b, l.Pair != nil, cut)
		if want := zerosFor(l.Want.Types, len(l.Want.IDs)); !slices.Equal(types, want) {
			return fmt.Sprintf("Assemble's types %v, want %v", types, want)
		}
	}
	if !slices.Equal(got, l.Want.IDs) {
		return fmt.Sprintf("ids-only path %v, want %v", got, l.Want.IDs)
	}
	return ""
}

func zerosFor(list []int32, n int) []int32 {
	if list == nil {
		return make([]int32, n)
	}
	return list
}

func (w *goldenWant) differs(e *Encoding) string {
	n := len(w.IDs)
	var offsets []int
	for _, o := range e.Offsets {
		offsets = append(offsets, o[:]...)
	}
	padding := make([]int32, len(e.AttentionMask))
	for i, v := range e.AttentionMask {
		padding[i] = 1 - v
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"ids", e.IDs, w.IDs},
		{"tokens", e.Tokens, w.Tokens},
		{"offsets", offsets, w.Offsets},
		{"type ids", e.TypeIDs, zerosFor(w.Types, n)},
		{"special mask", e.SpecialMask, zerosFor(w.Special, n)},
		{"attention mask", padding, zerosFor(w.Padding, n)},
		{"word ids", e.WordIDs, w.Words},
	} {
		if reflect.ValueOf(c.got).Len()+reflect.ValueOf(c.want).Len() > 0 && !reflect.DeepEqual(c.got, c.want) {
			return fmt.Sprintf("%s %+v, want %+v", c.name, c.got, c.want)
		}
	}
	if len(e.Overflowing) != len(w.Overflow) {
		return fmt.Sprintf("%d overflowing parts, want %d", len(e.Overflowing), len(w.Overflow))
	}
	for i := range w.Overflow {
		if what := w.Overflow[i].differs(&e.Overflowing[i]); what != "" {
			return fmt.Sprintf("overflowing part %d: %s", i, what)
		}
	}
	return ""
}

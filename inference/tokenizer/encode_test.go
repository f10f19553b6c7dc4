package tokenizer

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// uncased is a small BERT: [CLS] A [SEP] B [SEP].
func uncased(t testing.TB) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile("testdata/uncased.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func parse(t testing.TB, file string) *Tokenizer {
	t.Helper()
	tok, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestVocabularyFileIsBERT(t *testing.T) {
	t.Parallel()
	const vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nwor\n##ld\n世\n界\n"
	tok, err := ParseVocab([]byte(vocab), VocabOptions{Lowercase: true, HandleChinese: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.AppendIDs(nil, "Héllo  WORLD世界?", 0), []int32{2, 5, 6, 7, 8, 9, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	cased, err := ParseVocab([]byte(strings.ReplaceAll(vocab, "\n", "\r\n")), VocabOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cased.AppendIDs(nil, "Hello hello", 0), []int32{2, 1, 5, 3}; !slices.Equal(got, want) {
		t.Errorf("cased ids %v, want %v", got, want)
	}
	for _, bad := range []string{"", "a\nb\n", "[UNK]\n[CLS]\n[SEP]\na\na\n", "[UNK]\n\n[CLS]\n[SEP]\n", "[UNK]\n[CLS]\n[SEP]\n\xff\n"} {
		if _, err := ParseVocab([]byte(bad), VocabOptions{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

func TestOffsetsPointIntoTheText(t *testing.T) {
	t.Parallel()
	tok := uncased(t)
	text := "Ab\x00 密码 ÀB"
	e, err := tok.Encode(text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.IDs, tok.AppendIDs(nil, text, 0)) {
		t.Errorf("ids %v, AppendIDs gives %v", e.IDs, tok.AppendIDs(nil, text, 0))
	}
	runes := []rune(text)
	for i, o := range e.Offsets {
		if e.SpecialMask[i] == 1 {
			if o != [2]int{} || e.WordIDs[i] != -1 {
				t.Errorf("special token %q at %v", e.Tokens[i], o)
			}
			continue
		}
		if o[0] >= o[1] || o[1] > len(runes) {
			t.Errorf("token %q at %v of %d", e.Tokens[i], o, len(runes))
		}
	}
}

func TestAssemblingGivesWhatEncodingThePairGives(t *testing.T) {
	t.Parallel()
	tok := uncased(t)
	texts := []string{"", "ab", "reset 密码 ab ab", strings.Repeat("密码 ", 20)}
	for _, a := range texts {
		for _, b := range texts {
			for limit := range 30 {
				for _, side := range []Side{Right, Left} {
					for _, strategy := range []Strategy{LongestFirst, OnlyFirst, OnlySecond} {
						cut := Truncation{MaxLength: limit, Strategy: strategy, Side: side}
						want, err := tok.EncodePair(a, b, Options{Truncation: &cut})
						ids, types := tok.Assemble(nil, []int32{}, tok.AppendPieceIDs(nil, a), tok.AppendPieceIDs(nil, b), true, cut)
						if err == nil && (!slices.Equal(ids, want.IDs) || !slices.Equal(types, want.TypeIDs)) {
							t.Fatalf("%q %q %+v: ids %v types %v, want %v %v", a, b, cut, ids, types, want.IDs, want.TypeIDs)
						}
						if limit >= tok.SpecialsPair() && len(ids) > limit {
							t.Fatalf("%q %q %+v: %d ids", a, b, cut, len(ids))
						}
						if err != nil && !errors.Is(err, ErrTruncation) {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}

func TestWhatCannotBeCutIsAnError(t *testing.T) {
	t.Parallel()
	tok := uncased(t)
	for name, cut := range map[string]Truncation{
		"below the special tokens": {MaxLength: 1},
		"no second text":           {MaxLength: 3, Strategy: OnlySecond},
		"stride as long as a part": {MaxLength: 4, Stride: 2},
		"negative stride":          {MaxLength: 4, Stride: -1},
	} {
		if _, err := tok.Encode("ab ab ab ab ab", Options{Truncation: &cut}); !errors.Is(err, ErrTruncation) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := tok.EncodePair("ab", strings.Repeat("ab ", 9), Options{Truncation: &Truncation{MaxLength: 5, Strategy: OnlyFirst}}); !errors.Is(err, ErrTruncation) {
		t.Errorf("the first text is too short to cut: error %v", err)
	}
	if _, err := tok.Encode("ab", Options{Padding: &Padding{ToLength: -1}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("negative padding: error %v", err)
	}
}

func TestPaddingFillsOverflowingPartsToo(t *testing.T) {
	t.Parallel()
	tok := uncased(t)
	e, err := tok.Encode("ab ab ab", Options{
		Truncation: &Truncation{MaxLength: 4},
		Padding:    &Padding{ToMultipleOf: 8, ID: 0, Token: "[PAD]", Side: Left},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(e.Overflowing, e) {
		if p.Len() != 8 || p.AttentionMask[0] != 0 || p.AttentionMask[7] != 1 || p.Tokens[0] != "[PAD]" || len(p.Offsets) != 8 {
			t.Errorf("padded to %+v", p)
		}
	}
}

func TestAddedTokensObeyTheirFlags(t *testing.T) {
	t.Parallel()
	tok := parse(t, `{"added_tokens":[
		{"id":4,"content":"<m>","lstrip":true,"rstrip":true},
		{"id":5,"content":"word","single_word":true},
		{"id":6,"content":"NORM","normalized":true},
		{"id":7,"content":"<s>","special":true}],
		"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"WhitespaceSplit"},
		"model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0,"a":1,"##a":2,"b":3}}}`)
	for text, want := range map[string][]int32{
		"a <m> b":  {1, 4, 3},
		"a word b": {1, 5, 3},
		"awordb":   {0},
		"aNoRmB":   {1, 6, 3},
		"<s>":      {0}, // typed special tokens stay text
		"a\xff<m>": {0, 4},
		"\x00":     {0},
	} {
		if got := tok.AppendIDs(nil, text, 0); !slices.Equal(got, want) {
			t.Errorf("%q: ids %v, want %v", text, got, want)
		}
		if e, err := tok.Encode(text, Options{}); err != nil || !slices.Equal(e.IDs, want) {
			t.Errorf("%q: Encode gives %v %v, want %v", text, e.IDs, err, want)
		}
	}
	if e, err := tok.Encode("a<s>", Options{ParseSpecial: true}); err != nil || !slices.Equal(e.IDs, []int32{1, 7}) {
		t.Errorf("with ParseSpecial: %v %v", e.IDs, err)
	}
	if tok.VocabSize() != 8 || !tok.IsSpecial(7) || tok.IsSpecial(5) {
		t.Errorf("%d ids", tok.VocabSize())
	}
	if token, ok := tok.Token(6); !ok || token != "NORM" {
		t.Errorf("token 6 is %q", token)
	}
	if id, ok := tok.ID("<m>"); !ok || id != 4 {
		t.Errorf("<m> is %d", id)
	}
}

func TestFilesTruncationOnTheLeftIsObeyed(t *testing.T) {
	t.Parallel()
	tok := parse(t, `{"truncation":{"direction":"Left","max_length":2,"strategy":"LongestFirst","stride":0},
		"pre_tokenizer":{"type":"Whitespace"},
		"model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3}}}`)
	if got := tok.AppendIDs(nil, "a b c", 0); !slices.Equal(got, []int32{2, 3}) {
		t.Errorf("ids %v", got)
	}
	if got := tok.AppendIDs([]int32{9}, "a b c", 1); !slices.Equal(got, []int32{9, 3}) {
		t.Errorf("ids %v", got)
	}
	if c := tok.FileTruncation(); c == nil || c.Side != Left || c.MaxLength != 2 {
		t.Errorf("truncation %+v", c)
	}
}

package tokenizer

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"frontdesk/models"
)

// once reads and verifies the bundled model once for all tests.
var once = sync.OnceValues(models.Default)

// parsed is its tokenizer; it is immutable, so the tests share it.
var parsed = sync.OnceValues(func() (*Tokenizer, error) {
	b, err := once()
	if err != nil {
		return nil, err
	}
	return Parse(b.Tokenizer)
})

// bundled returns the tokenizer of the bundled model.
func bundled(t testing.TB) (*Tokenizer, models.Bundle) {
	t.Helper()
	b, err := once()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return tok, b
}

func TestIdsEqualTrainings(t *testing.T) {
	t.Parallel()
	tok, b := bundled(t)
	for _, g := range b.Golden {
		if got := tok.AppendIDs(nil, g.Text, b.Manifest.MaxTokens.Question); !slices.Equal(got, g.IDs) {
			t.Errorf("%.60q: ids %v, want %v", g.Text, got, g.IDs)
		}
	}
}

func TestIdsEqualHuggingFacesAtTheEdgesOfEveryClass(t *testing.T) {
	t.Parallel()
	toks := make(map[string]*Tokenizer)
	for _, name := range []string{"uncased", "cased", "accents", "nfkc"} {
		data, err := os.ReadFile("testdata/" + name + ".tokenizer.json")
		if err != nil {
			t.Fatal(err)
		}
		if toks[name], err = Parse(data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	f, err := os.Open("testdata/hf.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var row map[string]json.RawMessage
		var text string
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &row), json.Unmarshal(row["text"], &text)); err != nil {
			t.Fatal(err)
		}
		for name, tok := range toks {
			var want []int32
			if err := json.Unmarshal(row[name], &want); err != nil {
				t.Fatal(err)
			}
			if got := tok.AppendIDs(nil, text, 0); !slices.Equal(got, want) {
				t.Errorf("%s: %+q: ids %v, want %v", name, text, got, want)
			}
		}
	}
	if n < 2000 {
		t.Errorf("only %d texts", n)
	}
}

func TestTypedSpecialTokensStayText(t *testing.T) {
	t.Parallel()
	tok, _ := bundled(t)
	for _, text := range []string{"[CLS]", "[SEP]", "[MASK] [PAD]", "a[SEP]b", "[UNK]"} {
		ids := tok.AppendIDs(nil, text, 0)
		for _, id := range ids[1:] {
			if id < 5 {
				t.Errorf("%q gave the special id %d: %v", text, id, ids)
			}
		}
	}
}

func TestBytesThatAreNoTextBecomeNothing(t *testing.T) {
	t.Parallel()
	tok, _ := bundled(t)
	plain := tok.AppendIDs(nil, "ab", 0)
	for _, text := range []string{"a\x00b", "a\ufffdb", "a\xffb", "a\xc3b", "\xe4\xb8ab", "a\u200bb", "a\u00adb", "ab\x7f"} {
		if got := tok.AppendIDs(nil, text, 0); !slices.Equal(got, plain) {
			t.Errorf("%q: ids %v, want %v", text, got, plain)
		}
	}
	for _, text := range []string{"", " ", "\x00", "\u3000\t\r\n", "\u0301"} {
		if got := tok.AppendIDs(nil, text, 0); len(got) != tok.Specials() {
			t.Errorf("%q: ids %v, want the special ones alone", text, got)
		}
	}
}

func TestTruncationKeepsTheSpecialTokens(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/uncased.tokenizer.json") // [CLS] … [SEP]
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	whole := tok.AppendIDs(nil, "ab reset 密码 ab", 0)
	for limit := 2; limit <= len(whole)+2; limit++ {
		got := tok.AppendIDs(nil, "ab reset 密码 ab", limit)
		want := whole
		if limit < len(whole) {
			want = append(slices.Clone(whole[:limit-1]), whole[len(whole)-1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: ids %v, want %v", limit, got, want)
		}
	}
	prefix := []int32{7, 8}
	if got := tok.AppendIDs(prefix, "ab", 3); !slices.Equal(got[:2], prefix) || len(got) != 5 {
		t.Errorf("appending to %v gave %v", prefix, got)
	}
}

func TestMegabyteWithoutSpacesIsTokenised(t *testing.T) {
	t.Parallel()
	tok, _ := bundled(t)
	const size = 1 << 20
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"one word":    {strings.Repeat("a", size), 2},
		"characters":  {strings.Repeat("长", size/3), size/3 + 1},
		"punctuation": {strings.Repeat("!", size), size + 1},
		"accents":     {"e" + strings.Repeat("\u0301", size/2), 2},
		"controls":    {strings.Repeat("\u200b", size/3), 1},
		"near words":  {strings.Repeat(strings.Repeat("x", 99)+" ", size/100), -1},
	} {
		if got := tok.Count(c.text); c.want >= 0 && got != c.want {
			t.Errorf("%s: %d tokens, want %d", name, got, c.want)
		}
	}
	if got := len(tok.AppendIDs(nil, strings.Repeat("长", size/3), 32)); got != 32 {
		t.Errorf("%d ids under a limit of 32", got)
	}
}

//nolint:paralleltest // testing.AllocsPerRun counts the whole process
func TestAppendingIdsAllocatesNothing(t *testing.T) {
	tok, _ := bundled(t)
	dst := make([]int32, 0, 256)
	for _, text := range []string{
		"How do I get my money back?", "我上周买的耳机什么时候能发货？", "怎么reset密码", "Crème brûlée ＡＢＣ", "bad \xff byte",
	} {
		dst = tok.AppendIDs(dst[:0], text, 128)
		allowed := 0.0
		if raceOn {
			allowed = 8 // under the race detector sync.Pool drops what it is given, at random
		}
		if n := testing.AllocsPerRun(200, func() { dst = tok.AppendIDs(dst[:0], text, 128) }); n > allowed {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func TestUnsupportedPartsAreRefusedByName(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/uncased.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	object := func(s string) any {
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		part, value, say string
		want             error
	}{
		{"normalizer", `{"type":"Nmt"}`, "Nmt", ErrUnsupported},
		{"normalizer", `{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"ByteLevel"}]}`, "ByteLevel", ErrUnsupported},
		{"normalizer", `{"type":"Replace","pattern":{"Regex":"a(?=b)"},"content":""}`, "a(?=b)", ErrUnsupported},
		{"normalizer", `{"type":"Replace","pattern":{"Regex":"^a"},"content":""}`, "^a", ErrUnsupported},
		{"normalizer", `{"type":"Replace","pattern":{"Regex":"a*"},"content":""}`, "a*", ErrUnsupported},
		{"normalizer", `{"type":"Replace","pattern":{},"content":""}`, "pattern", ErrInvalid},
		{"pre_tokenizer", `{"type":"UnicodeScripts"}`, "UnicodeScripts", ErrUnsupported},
		{"pre_tokenizer", `{"type":"Metaspace"}`, "Metaspace", ErrInvalid},
		{"pre_tokenizer", `{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}`, "last", ErrUnsupported},
		{"pre_tokenizer", `{"type":"ByteLevel"}`, "ByteLevel", ErrUnsupported},
		{"pre_tokenizer", `{"type":"Split","pattern":{"String":" "},"behavior":"Kept"}`, "Kept", ErrUnsupported},
		{"pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}`, "ByteLevel", ErrUnsupported},
		{"post_processor", `{"type":"Other"}`, "Other", ErrUnsupported},
		{"post_processor", `{"type":"RobertaProcessing"}`, "RobertaProcessing", ErrInvalid},
		{"post_processor", `{"type":"BertProcessing","sep":["[XXX]",3],"cls":["[CLS]",2]}`, "[XXX]", ErrInvalid},
		{"post_processor", `{"type":"TemplateProcessing","single":[]}`, "template", ErrInvalid},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}]}`, "text B", ErrInvalid},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]","type_id":0}}]}`, "[X]", ErrInvalid},
		{"truncation", `{"direction":"Up","max_length":5}`, "Up", ErrUnsupported},
		{"truncation", `{"strategy":"Random","max_length":5}`, "Random", ErrUnsupported},
		{"truncation", `{"max_length":0}`, "max_length 0", ErrInvalid},
		{"padding", `{"pad_id":-1}`, "id -1", ErrInvalid},
		{"padding", `{"pad_id":0,"strategy":"Widest"}`, "Widest", ErrUnsupported},
		{"added_tokens", `[{"id":999,"content":"<new>","special":true}]`, "<new>", ErrInvalid},
		{"added_tokens", `[{"id":-1,"content":"<new>","special":true}]`, "<new>", ErrInvalid},
		{"added_tokens", `[{"id":0,"content":"[PAD]"},{"id":0,"content":"[PAD]"}]`, "twice", ErrInvalid},
		{"added_tokens", `[{"id":131,"content":""}]`, "empty", ErrInvalid},
		{"model", `{"type":"WordLevel"}`, "WordLevel", ErrUnsupported},
		{"model", `{"type":"BPE"}`, "vocab", ErrInvalid},
		{"model", `{"type":"BPE","vocab":{"a":0},"dropout":0.1}`, "dropout 0.1", ErrUnsupported},
		{"model", `{"type":"Unigram","vocab":[]}`, "vocab", ErrInvalid},
		{"model", `{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":1}}`, "[UNK]", ErrInvalid},
		{"model", `{"type":"WordPiece","unk_token":"?","vocab":{"a":0}}`, "?", ErrInvalid},
		{"model", `{"type":"WordPiece","unk_token":"a","vocab":{"a":0,"b":0}}`, "twice", ErrInvalid},
		{"model", `7`, "", ErrInvalid},
	} {
		var f map[string]any
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		f[c.part] = object(c.value)
		if c.part == "model" {
			delete(f, "added_tokens")
		}
		changed, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(changed); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s %s: error %v, want %v that says %q", c.part, c.value, err, c.want, c.say)
		}
	}
	for _, junk := range []string{"", "null", "[]", "{", "\x00"} {
		if _, err := Parse([]byte(junk)); err == nil {
			t.Errorf("%q was accepted", junk)
		}
	}
}

func FuzzAppendIDs(f *testing.F) {
	tok, b := bundled(f)
	for _, g := range b.Golden[:80] {
		f.Add(g.Text, 16)
	}
	f.Add("a\xff\x00\ufffd[SEP]", 3)
	f.Add(strings.Repeat("\u0301", 40)+"각", 1)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		whole := tok.AppendIDs(nil, text, 0)
		for _, id := range whole {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
		if n := tok.Count(text); n != len(whole) {
			t.Fatalf("Count says %d, there are %d", n, len(whole))
		}
		if len(whole) > utf8.RuneCountInString(text)*18+1 { // NFKC's longest expansion of one code point is 18
			t.Fatalf("%d ids of %d bytes", len(whole), len(text))
		}
		limit = 1 + (limit&0x7FFFFFFF)%64
		if cut := tok.AppendIDs(nil, text, limit); !slices.Equal(cut, whole[:min(limit, len(whole))]) {
			t.Fatalf("limit %d: %v is not the beginning of %v", limit, cut, whole)
		}
		if again := tok.AppendIDs(nil, text, 0); !slices.Equal(again, whole) {
			t.Fatalf("second time %v, first %v", again, whole)
		}
	})
}

func BenchmarkAppendIDs(b *testing.B) {
	tok, _ := bundled(b)
	dst := make([]int32, 0, 1<<16)
	for name, text := range map[string]string{
		"short-en": "How do I get my money back for the order of last week?",
		"short-zh": "我的订单什么时候能发货",
		"long-en":  strings.Repeat("How do I get my money back for the order of last week? ", 200),
		"long-mix": strings.Repeat("我上周买的 headphones 什么时候能发货？ Crème brûlée. ", 200),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = tok.AppendIDs(dst[:0], text, 1<<20)
			}
		})
	}
}

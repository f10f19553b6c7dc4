package tokenizer

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"frontdesk/inference/tokenizer/internal/samples"
)

// fuzzTexts are where the fuzzers of texts begin.
func fuzzTexts() []string {
	return append([]string{
		"", " ", "How do I get my money back?", "我上周买的耳机什么时候能发货？", "I'll, don't — it's 12345 <s></s>[SEP]", "a\xff\x00\ufffd\xc3b", "👩🏽‍🚀🏳️‍🌈🇨🇳",
		strings.Repeat("\u0301", 40) + "각", "  \t\r\n\u3000\u00a0x", "▁ Ġ ## <0x0A>", strings.Repeat("ab", 120), "ﷺ①ﬁ", "ที่ क्षि ألف İıẞ", "def f(x):\n    return x[0]\n",
	}, samples.Words()[:40]...)
}

// sampleTokenizer parses one sample by name.
func sampleTokenizer(t testing.TB, name string) *Tokenizer {
	t.Helper()
	all, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	s, ok := all[name]
	if !ok {
		t.Fatalf("no sample %q", name)
	}
	tok, err := parseSample(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return tok
}

// holds checks what must be true of every text.
func holds(t *testing.T, tok *Tokenizer, text string, limit int) {
	t.Helper()
	ids := tok.AppendIDs(nil, text, 1<<30)
	for i, id := range ids {
		if id < 0 || int(id) >= tok.VocabSize() {
			t.Fatalf("%+q: id %d of %d", text, id, tok.VocabSize())
		}
		if _, ok := tok.Token(id); !ok {
			t.Fatalf("%+q: id %d at %d has no token", text, id, i)
		}
	}
	if n := tok.Count(text); n != len(ids) {
		t.Fatalf("%+q: Count says %d, there are %d", text, n, len(ids))
	}
	if again := tok.AppendIDs([]int32{7}, text, 1<<30); !slices.Equal(again[1:], ids) || again[0] != 7 {
		t.Fatalf("%+q: second time %v, first %v", text, again, ids)
	}
	limit = tok.Specials() + 1 + (limit&0x7FFFFFFF)%64
	if cut := tok.AppendIDs(nil, text, limit); len(cut) != min(limit, len(ids)) {
		t.Fatalf("%+q: %d ids under a limit of %d of %d", text, len(cut), limit, len(ids))
	}
	e, err := tok.Encode(text, Options{})
	if err != nil {
		t.Fatalf("%+q: %v", text, err)
	}
	if !slices.Equal(e.IDs, ids) {
		t.Fatalf("%+q: Encode gives %v, AppendIDs %v", text, e.IDs, ids)
	}
	holdsShape(t, text, &e)
	pieces := tok.AppendPieceIDs(nil, text)
	if got, _ := tok.Assemble(nil, nil, pieces, nil, false, Truncation{}); !slices.Equal(got, ids) {
		t.Fatalf("%+q: Assemble gives %v, AppendIDs %v", text, got, ids)
	}
	for _, id := range pieces {
		if unk, _ := tok.Token(id); tok.IsSpecial(id) && !strings.Contains(strings.ToLower(unk), "unk") {
			t.Fatalf("%+q: the text alone gave the special id %d", text, id)
		}
	}
	if parsed, err := tok.Encode(text, Options{ParseSpecial: true, Truncation: &Truncation{MaxLength: limit, Side: Left}}); err != nil || len(parsed.IDs) > limit {
		t.Fatalf("%+q: %d ids, error %v under a limit of %d", text, len(parsed.IDs), err, limit)
	}
}

// holdsShape checks that all slices are of one length.
func holdsShape(t *testing.T, text string, e *Encoding) {
	t.Helper()
	if len(e.Offsets) != len(e.IDs) || len(e.Tokens) != len(e.IDs) || len(e.TypeIDs) != len(e.IDs) || len(e.AttentionMask) != len(e.IDs) || len(e.SpecialMask) != len(e.IDs) {
		t.Fatalf("%+q: slices of different lengths: %+v", text, e)
	}
}

// holdsOffsets checks that offsets lie inside the text and never go back.
func holdsOffsets(t *testing.T, tok *Tokenizer, text string) {
	t.Helper()
	e, err := tok.Encode(text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, last := utf8.RuneCountInString(text), 0
	for i, o := range e.Offsets {
		if e.SpecialMask[i] == 1 {
			if o != [2]int{} {
				t.Fatalf("%+q: special token %d covers %v", text, i, o)
			}
			continue
		}
		if o[0] < 0 || o[0] > o[1] || o[1] > n {
			t.Fatalf("%+q: token %d covers %v of %d characters", text, i, o, n)
		}
		if o[0] < last {
			t.Fatalf("%+q: token %d at %v begins before its neighbour's %d", text, i, o, last)
		}
		last = o[0]
	}
}

func fuzzSample(f *testing.F, name string) {
	f.Helper()
	tok := sampleTokenizer(f, name)
	for _, text := range fuzzTexts() {
		f.Add(text, 16)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		holds(t, tok, text, limit)
		holdsOffsets(t, tok, text)
	})
}

func FuzzWordPiece(f *testing.F)        { fuzzSample(f, "bert-uncased") }
func FuzzWordPieceChinese(f *testing.F) { fuzzSample(f, "bert-chinese") }
func FuzzUnigram(f *testing.F)          { fuzzSample(f, "unigram") }
func FuzzUnigramBytes(f *testing.F)     { fuzzSample(f, "unigram-bytes") }
func FuzzSentencePieceBPE(f *testing.F) { fuzzSample(f, "spbpe-bytes") }

// FuzzByteLevel also puts the tokens' bytes together: they are the text.
func FuzzByteLevel(f *testing.F) {
	tok := sampleTokenizer(f, "gpt2")
	for _, text := range fuzzTexts() {
		f.Add(text, 16)
	}
	bytesOf := make(map[rune]byte)
	shift := rune(0)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			bytesOf[b] = byte(b)
		} else {
			bytesOf[256+shift] = byte(b)
			shift++
		}
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		holds(t, tok, text, limit)
		holdsOffsets(t, tok, text)
		var whole []byte
		for _, id := range tok.AppendPieceIDs(nil, text) {
			token, _ := tok.Token(id)
			for _, r := range token {
				whole = append(whole, bytesOf[r])
			}
		}
		if want := strings.ToValidUTF8(text, "\uFFFD"); utf8.ValidString(text) && string(whole) != want {
			t.Fatalf("the tokens of %+q say %+q", want, whole)
		}
	})
}

// FuzzSamples asks every sample in turn. Offsets are left to the goldens here: Hugging Face counts the bytes of a BPE's prefix and
// suffix as text when byte_fallback spells them, and so do we.
func FuzzSamples(f *testing.F) {
	all, err := sampled()
	if err != nil {
		f.Fatal(err)
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var toks []*Tokenizer
	for _, name := range names {
		tok, err := parseSample(all[name])
		if errors.Is(err, ErrUnsupported) {
			continue
		}
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
		toks = append(toks, tok)
	}
	for i, text := range fuzzTexts() {
		for j := range 20 {
			f.Add(text, uint16(20*i+j), 16)
		}
	}
	f.Fuzz(func(t *testing.T, text string, which uint16, limit int) {
		holds(t, toks[int(which)%len(toks)], text, limit)
	})
}

// FuzzParse changes one part of a file: Parse gives an error or a tokenizer that works.
func FuzzParse(f *testing.F) {
	all, err := sampled()
	if err != nil {
		f.Fatal(err)
	}
	for name, s := range all {
		if !s.Large {
			f.Add(tiny(f, s.File), uint64(len(name)))
		}
	}
	f.Add([]byte(`{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":0}}`), uint64(2))
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"],"unk_token":"a","fuse_unk":true}}`), uint64(3))
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"##b":1,"ab":2},"merges":[["a","##b"]],"continuing_subword_prefix":"##"}}`), uint64(4))
	f.Add([]byte(`{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"##b":2},"unk_token":"[UNK]"}}`), uint64(5))
	f.Fuzz(func(t *testing.T, file []byte, seed uint64) {
		tryParse(t, file)
		var v any
		if json.Unmarshal(file, &v) != nil {
			return
		}
		r := rand.New(rand.NewPCG(seed, seed))
		for range 4 {
			v = mutate(r, v)
		}
		changed, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		tryParse(t, changed)
	})
}

// tiny gives a file a small model in place of its own, so that the fuzzer is quick.
func tiny(tb testing.TB, file []byte) []byte {
	tb.Helper()
	var f map[string]json.RawMessage
	if err := json.Unmarshal(file, &f); err != nil {
		tb.Fatal(err)
	}
	f["model"] = json.RawMessage(`{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["<s>",0],["</s>",0],["a",-1],["\u2581",-2],["lo",-1.5]]}`)
	f["added_tokens"] = json.RawMessage(`[{"id":1,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}]`)
	changed, err := json.Marshal(f)
	if err != nil {
		tb.Fatal(err)
	}
	return changed
}

func tryParse(t *testing.T, file []byte) {
	t.Helper()
	tok, err := Parse(file)
	if err != nil {
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("an error that says neither: %v", err)
		}
		return
	}
	for _, text := range []string{"", "hello <s> wörld 你好 12 👍🏽", "\u0301 x\xff"} {
		ids := tok.AppendIDs(nil, text, 64)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
		if _, err := tok.EncodePair(text, text, Options{ParseSpecial: true, Truncation: tok.FileTruncation(), Padding: tok.FilePadding()}); err != nil && !errors.Is(err, ErrTruncation) {
			t.Fatalf("encoding: %v", err)
		}
	}
}

// mutate changes one random value somewhere in a JSON tree.
func mutate(r *rand.Rand, v any) any {
	if r.IntN(6) == 0 {
		return []any{nil, true, false, -1.0, 0.0, 1e9, 2.5, "", "Sequence", "▁", "\x00", []any{}, map[string]any{}, []any{v, v}, map[string]any{"type": v}}[r.IntN(15)]
	}
	switch x := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		if len(keys) == 0 {
			return x
		}
		slices.Sort(keys)
		k := keys[r.IntN(len(keys))]
		if r.IntN(8) == 0 {
			delete(x, k)
		} else {
			x[k] = mutate(r, x[k])
		}
	case []any:
		if len(x) == 0 {
			return x
		}
		i := r.IntN(len(x))
		switch r.IntN(6) {
		case 0:
			return slices.Delete(x, i, i+1)
		case 1:
			return append(x, x[i])
		default:
			x[i] = mutate(r, x[i])
		}
	case string:
		if r.IntN(2) == 0 {
			return x + "x"
		}
		return strings.ToUpper(x)
	case float64:
		return x + float64(r.IntN(5)-2)
	case bool:
		return !x
	}
	return v
}

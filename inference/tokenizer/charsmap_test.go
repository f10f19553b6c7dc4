package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// nmtNFKC is SentencePiece's usual charsmap, as the trained sample has it, in base64 and read.
func nmtNFKC(t testing.TB) (string, *charsmap) {
	t.Helper()
	all, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	var encoded string
	var find func(v any)
	find = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v["precompiled_charsmap"].(string); ok {
				encoded = s
			}
			for _, x := range v {
				find(x)
			}
		case []any:
			for _, x := range v {
				find(x)
			}
		}
	}
	var file struct {
		Normalizer any `json:"normalizer"`
	}
	if err := json.Unmarshal(all["unigram"].File, &file); err != nil {
		t.Fatal(err)
	}
	find(file.Normalizer)
	c, err := newCharsmap(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return encoded, c
}

func TestCharsmapReplacesClustersFirstThenCharacters(t *testing.T) {
	t.Parallel()
	_, c := nmtNFKC(t)
	for text, want := range map[string]string{
		"":                       "",
		"plain text 你好 привет":   "plain text 你好 привет",
		"ﬁ ① ㍿ Ａ１":               "fi 1 株式会社 A1",
		"½\u0301":                "1⁄2",             // the cluster's first character has an entry: all of it is replaced
		"½\u0897a":               "1⁄2a",            // a mark of Unicode 16
		"½\u0301\u0301":          "1⁄2\u0301\u0301", // six bytes: each character by itself
		"a\tb\r\nc\u00a0\u200bd": "a b c  d",
		"\x01\u0897":             "\u0897",  // no mark joins a control character
		"ｶﾞ":                     "カ\u3099", // three bytes each: not looked up together
		"e\u0301":                "é",
	} {
		if got := string(c.normalize(nil, []byte(text))); got != want {
			t.Errorf("%+q became %+q, want %+q", text, got, want)
		}
	}
}

func TestCharsmapKnowsTheClustersOfTheWholeTables(t *testing.T) {
	t.Parallel()
	_, c := nmtNFKC(t)
	rng := rand.New(rand.NewPCG(7, 8))
	pool := []rune("ab½²é你Ａﬁ가각각กำिक्षाрй\u0301\u0308\u0600\u200d\ufe0f👩👍🏽🇩🇪\r\n\x01\u00ad ｶﾞ゛")
	for range 20_000 {
		var text []rune
		for range 1 + rng.IntN(8) {
			r := pool[rng.IntN(len(pool))]
			if rng.IntN(3) == 0 {
				if r = rng.Int32N(0x3400); r == pepet {
					continue
				}
			}
			text = append(text, r)
		}
		src, want := []byte(string(text)), []byte(nil)
		for rest := src; len(rest) > 0; {
			cluster, _, _, _ := uniseg.FirstGraphemeCluster(rest, -1)
			rest = rest[len(cluster):]
			if r, ok := c.lookup(cluster); ok && len(cluster) < wholeCluster {
				want = append(want, r...)
				continue
			}
			for _, char := range string(cluster) {
				if r, ok := c.lookup([]byte(string(char))); ok {
					want = append(want, r...)
				} else {
					want = append(want, string(char)...)
				}
			}
		}
		if got := c.normalize(nil, src); !slices.Equal(got, want) {
			t.Fatalf("%+q became %+q, want %+q", src, got, want)
		}
		at := 0
		c.each(src, func(from, to int, _ []byte, _ bool) {
			if from != at || to <= from {
				t.Fatalf("%+q: range %d to %d after %d", src, from, to, at)
			}
			at = to
		})
		if at != len(src) {
			t.Fatalf("%+q: the ranges end at %d of %d", src, at, len(src))
		}
	}
}

func TestBrokenCharsmapsAreRefusedOrHarmless(t *testing.T) {
	t.Parallel()
	encoded, _ := nmtNFKC(t)
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	trie := func(units ...uint32) string {
		b := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
		for _, u := range units {
			b = binary.LittleEndian.AppendUint32(b, u)
		}
		return string(b)
	}
	for name, raw := range map[string]string{
		"empty":                            "",
		"no trie":                          "\x00\x00\x00\x00",
		"a size that is no multiple of 4":  "\x03\x00\x00\x00abc",
		"a trie longer than the file":      "\xfc\xff\xff\xffabcd",
		"cut in the trie":                  string(data[:len(data)/3]),
		"replacements that are no UTF-8":   string(data) + "\xff",
		"a leaf outside the trie":          trie(1<<10, 1<<8|1<<30) + "a\x00",
		"a value outside the replacements": trie(1<<10, 1<<8|2<<10, 1<<31|99, 1<<31|99) + "a\x00",
		"a replacement without an end":     string(data[:len(data)-1]),
		"an endless replacement":           trie(1<<10, 1<<8|2<<10, 1<<31, 1<<31) + strings.Repeat("a", 2*maxReplacementBytes) + "\x00",
	} {
		if _, err := newCharsmap(base64.StdEncoding.EncodeToString([]byte(raw))); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := newCharsmap("*"); !errors.Is(err, ErrInvalid) {
		t.Errorf("no base64: error %v", err)
	}
	rng := rand.New(rand.NewPCG(9, 10))
	for range 8 {
		broken := slices.Clone(data)
		for range 1 + rng.IntN(3) {
			broken[4+rng.IntN(len(broken)-4)] ^= byte(1 << rng.IntN(8))
		}
		if c, err := newCharsmap(base64.StdEncoding.EncodeToString(broken)); err == nil {
			c.normalize(nil, []byte("½ ﬁ ① ｶﾞ ㍿ e\u0301 Ａ"))
		}
	}
}

func BenchmarkNewCharsmap(b *testing.B) {
	encoded, _ := nmtNFKC(b)
	for b.Loop() {
		if _, err := newCharsmap(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCharsmap(b *testing.B) {
	_, c := nmtNFKC(b)
	for name, text := range map[string]string{
		"en": "How do I get my money back? ", "zh": "我上周买的耳机什么时候能发货？", "ru": "Как вернуть товар? ", "th": "ฉันต้องการคืนสินค้า ", "ar": "كيف أستعيد نقودي؟ ",
	} {
		b.Run(name, func(b *testing.B) {
			src := []byte(strings.Repeat(text, 100))
			dst := make([]byte, 0, 2*len(src))
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dst = c.normalize(dst[:0], src)
			}
		})
	}
}

package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveBPE merges the lowest rank, leftmost first, over strings.
func naiveBPE(word string, ranks map[[2]string]int) []string {
	var parts []string
	for _, r := range word {
		parts = append(parts, string(r))
	}
	for {
		best, at := -1, 0
		for i := range len(parts) - 1 {
			if rank, ok := ranks[[2]string{parts[i], parts[i+1]}]; ok && (best < 0 || rank < best) {
				best, at = rank, i
			}
		}
		if best < 0 {
			return parts
		}
		parts = slices.Replace(parts, at, at+2, parts[at]+parts[at+1])
	}
}

// randomBPE makes a vocabulary over four letters, and a mark that no merge joins to a letter before it, by merging pairs
// of what there is.
func randomBPE(t *testing.T, rng *rand.Rand, n int) (*bpe, map[[2]string]int) {
	t.Helper()
	tokens := []string{"a", "b", "c", "d", "_"}
	known := map[string]int32{"a": 0, "b": 1, "c": 2, "d": 3, "_": 4}
	ranks := map[[2]string]int{}
	var merges []string
	for len(merges) < n {
		x, y := tokens[rng.IntN(len(tokens))], tokens[rng.IntN(len(tokens))]
		if _, ok := ranks[[2]string{x, y}]; ok || len(x)+len(y) > 12 || y[0] == '_' && x[len(x)-1] != '_' {
			continue
		}
		ranks[[2]string{x, y}] = len(merges)
		merges = append(merges, x+" "+y)
		if _, ok := known[x+y]; !ok {
			known[x+y] = int32(len(tokens))
			tokens = append(tokens, x+y)
		}
	}
	raw, err := json.Marshal(map[string]any{"vocab": known, "merges": merges})
	if err != nil {
		t.Fatal(err)
	}
	m, err := newBPE(raw, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, ranks
}

func TestShortAndLongWordsMergeAsTheDefinitionSays(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	s := &scratch{}
	for round := range 60 {
		m, ranks := randomBPE(t, rng, 40)
		for _, n := range []int{1, 2, 3, 5, fewSymbols, fewSymbols + 1, 200} {
			word, marks := make([]byte, n), rng.IntN(3)
			for i := range word {
				if word[i] = "abcd"[rng.IntN(2+round%3)]; marks > 0 && rng.IntN(2*marks) == 0 {
					word[i] = '_'
				}
			}
			var got []string
			for _, id := range m.appendIDs(nil, word, s) {
				got = append(got, m.tokens[id])
			}
			if want := naiveBPE(string(word), ranks); !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", word, got, want)
			}
			at := int32(0)
			for _, p := range m.appendPieces(nil, word, s) {
				if p.from != at || string(word[p.from:p.to]) != m.tokens[p.id] {
					t.Fatalf("%s: piece %q covers %d to %d", word, m.tokens[p.id], p.from, p.to)
				}
				at = p.to
			}
		}
	}
}

func TestWordsAreCutBeforeCharactersThatNoMergeJoinsToOthers(t *testing.T) {
	t.Parallel()
	m, _ := randomBPE(t, rand.New(rand.NewPCG(1, 2)), 40)
	if mark := m.ids["_"]; !m.cuts.opens[mark] || m.cuts.opens[m.ids["a"]] {
		t.Errorf("cuts %v: want them before _ only", m.cuts.opens)
	}
	for token, id := range m.ids {
		if got, n := m.cuts.wordOfChars([]byte(token+"_"), m.chars[0]); n != 0 && (got != id || n != len(token)) && token != "_" && !strings.HasSuffix(token, "_") {
			t.Errorf("%s: token %d of %d characters", token, got, n)
		}
	}
}

func TestUnknownPiecesAndPiecesOfBytesStayWithTheMergesAcrossThem(t *testing.T) {
	t.Parallel()
	// A merge of the unknown piece, and one of a piece of a byte, with the character behind them.
	raw := []byte(`{"unk_token":"<unk>","byte_fallback":true,"vocab":{"<unk>":0,"a":1,">":2,"<unk>>":3,"<0xC3>":4,"<0xA9>":5,"<0xA9>a":6,">>":7},
		"merges":[["<unk>",">"],["<0xA9>","a"],[">",">"]]}`)
	m, err := newBPE(raw, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string][]int32{"x>a": {3, 1}, "é>a": {4, 5, 2, 1}, "éa": {4, 6}, "a>>": {1, 7}, "ax>>": {1, 3, 2}} {
		if got := m.appendIDs(nil, []byte(word), &scratch{}); !slices.Equal(got, want) {
			t.Errorf("%s: ids %v, want %v", word, got, want)
		}
	}
}

func TestMegabyteOfOneWordIsMergedInTheStepsOfAHeap(t *testing.T) {
	t.Parallel()
	m, _ := randomBPE(t, rand.New(rand.NewPCG(3, 4)), 40)
	word := []byte(strings.Repeat("abcdabca", 1<<17))
	n := len(m.appendIDs(nil, word, &scratch{}))
	if n == 0 || n >= len(word) {
		t.Errorf("%d tokens of %d characters", n, len(word))
	}
}

func TestUnknownCharactersAreFusedSpelledOrLeftOut(t *testing.T) {
	t.Parallel()
	vocab := map[string]int32{"<unk>": 0, "a": 1, "<0xC3>": 2, "<0xA9>": 3}
	for _, c := range []struct {
		name   string
		change map[string]any
		word   string
		want   []int32
	}{
		{"without unk_token they are left out", map[string]any{}, "xay", []int32{1}},
		{"each by itself", map[string]any{"unk_token": "<unk>"}, "xyaz", []int32{0, 0, 1, 0}},
		{"fused", map[string]any{"unk_token": "<unk>", "fuse_unk": true}, "xyaz", []int32{0, 1, 0}},
		{"spelled where all bytes are known", map[string]any{"unk_token": "<unk>", "byte_fallback": true}, "aéx", []int32{1, 2, 3, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.change["vocab"], c.change["merges"] = vocab, []string{}
			raw, err := json.Marshal(c.change)
			if err != nil {
				t.Fatal(err)
			}
			m, err := newBPE(raw, false, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.appendIDs(nil, []byte(c.word), &scratch{}); !slices.Equal(got, c.want) {
				t.Errorf("ids %v, want %v", got, c.want)
			}
		})
	}
}

func TestMergesThatMakeASpecialTokenAreForRevealingScratchesOnly(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"vocab":{"<":0,"s":1,">":2,"<s":3,"<s>":4},"merges":[["<","s"],["<s",">"]],"ignore_merges":true}`)
	m, err := newBPE(raw, false, map[string]bool{"<s>": true})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.appendIDs(nil, []byte("<s>"), &scratch{}); !slices.Equal(got, []int32{3, 2}) {
		t.Errorf("text of a user became %v", got)
	}
	reveal := &scratch{}
	reveal.reveal = true
	if got := m.appendIDs(nil, []byte("<s>"), reveal); !slices.Equal(got, []int32{4}) {
		t.Errorf("revealed: %v", got)
	}
}

func TestByteAlphabetHasAnInverse(t *testing.T) {
	t.Parallel()
	seen := map[rune]bool{}
	for b, r := range byteAlphabet() {
		if got, ok := byteOf(r); !ok || int(got) != b || seen[r] {
			t.Errorf("byte %#x is %q, which is %#x, %v", b, r, got, ok)
		}
		seen[r] = true
	}
	for _, r := range []rune{' ', 0x7F, 0xA0, 0xAD, 0x144, '中'} {
		if _, ok := byteOf(r); ok {
			t.Errorf("%q stands for a byte", r)
		}
	}
}

func TestUnusableBPEFilesAreRefusedByPart(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"vocab":{"a":0},"merges":[],"dropout":0.1}`:           "model.dropout 0.1",
		`{"vocab":{},"merges":[]}`:                              "model.vocab is empty",
		`{"vocab":{"a":0},"merges":["a b"]}`:                    "model.merges[0] names a token",
		`{"vocab":{"a":0,"b":1},"merges":["a b"]}`:              "model.merges[0] makes",
		`{"vocab":{"a":0,"b":1,"ab":2},"merges":["ab"]}`:        "model.merges[0] is no pair",
		`{"vocab":{"a":0,"b":1,"ab":2},"merges":[["a"]]}`:       "model.merges[0] is no pair",
		`{"vocab":{"a":0},"merges":[5]}`:                        "model.merges[0]",
		`{"vocab":{"a":0},"merges":[],"unk_token":"<unk>"}`:     "model.unk_token",
		`{"vocab":{"a":1},"merges":[]}`:                         "id 1",
		`{"vocab":{"a":0,"##b":1,"ab":2},"merges":[["a","b"]]}`: "model.merges[0]",
	} {
		_, err := newBPE([]byte(body), false, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: error %v, want %q", body, err, want)
		}
	}
}

func BenchmarkBPEWord(b *testing.B) {
	m, _ := randomBPE(&testing.T{}, rand.New(rand.NewPCG(1, 2)), 40)
	for _, n := range []int{8, fewSymbols, 2 * fewSymbols, 1000, 100_000} {
		b.Run(fmt.Sprintf("symbols=%d", n), func(b *testing.B) {
			word := []byte(strings.Repeat("abcdabca", n/8+1))[:n]
			s, dst := &scratch{}, make([]int32, 0, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				dst = m.appendIDs(dst[:0], word, s)
			}
		})
	}
}

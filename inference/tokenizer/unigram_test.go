package tokenizer

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// scored is a piece with its score, as the file has it.
type scored [2]any

// unigramOf makes a model of pieces; the first is the unknown one.
func unigramOf(t *testing.T, fallback bool, pieces ...scored) *unigram {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"unk_id": 0, "byte_fallback": fallback, "vocab": pieces})
	if err != nil {
		t.Fatal(err)
	}
	m, err := newUnigram(raw, map[string]bool{"<s>": true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// best tries every way to cut word and returns the highest sum.
func best(word string, scores map[string]float64, worst float64) float64 {
	if word == "" {
		return 0
	}
	top := math.Inf(-1)
	for n := 1; n <= len(word); n++ {
		if s, ok := scores[word[:n]]; ok {
			top = max(top, s+best(word[n:], scores, worst))
		} else if n == 1 {
			top = max(top, worst+best(word[n:], scores, worst))
		}
	}
	return top
}

func TestBestWayHasTheHighestSumOfAll(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		pieces, scores := []scored{{"<unk>", 0.0}}, map[string]float64{}
		least := 0.0
		for range 12 {
			n := 1 + rng.IntN(4)
			p := make([]byte, n)
			for i := range p {
				p[i] = "abc"[rng.IntN(3)]
			}
			if _, ok := scores[string(p)]; ok {
				continue
			}
			s := -float64(1+rng.IntN(90)) / 8
			scores[string(p)] = s
			pieces = append(pieces, scored{string(p), s})
			least = min(least, s)
		}
		m := unigramOf(t, false, pieces...)
		word := make([]byte, 1+rng.IntN(10))
		for i := range word {
			word[i] = "abcd"[rng.IntN(4)]
		}
		sum, at := 0.0, int32(0)
		for _, p := range m.appendPieces(nil, word, &scratch{}) {
			if p.from != at {
				t.Fatalf("%s: a piece begins at %d, want %d", word, p.from, at)
			}
			at = p.to
			if p.id == 0 {
				sum += (least - unknownPenalty) * float64(p.to-p.from)
			} else {
				sum += m.scores[p.id]
			}
		}
		if want := best(string(word), scores, least-unknownPenalty); at != int32(len(word)) || math.Abs(sum-want) > 1e-9 {
			t.Fatalf("%s: sum %v to byte %d, want %v", word, sum, at, want)
		}
	}
}

func TestUnknownNeighboursAreOnePieceOrTheirBytes(t *testing.T) {
	t.Parallel()
	pieces := []scored{{"<unk>", 0.0}, {"a", -1.0}, {"<0xC3>", -2.0}, {"<0xA9>", -2.0}}
	plain, spelled := unigramOf(t, false, pieces...), unigramOf(t, true, pieces...)
	for _, c := range []struct {
		m    *unigram
		word string
		want []piece
	}{
		{plain, "aééa", []piece{{1, 0, 1}, {0, 1, 5}, {1, 5, 6}}},
		{spelled, "aéa", []piece{{1, 0, 1}, {2, 1, 3}, {3, 1, 3}, {1, 3, 4}}},
		{spelled, "中a", []piece{{0, 0, 3}, {1, 3, 4}}}, // not all of its bytes have pieces
	} {
		if got := c.m.appendPieces(nil, []byte(c.word), &scratch{}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.word, got, c.want)
		}
	}
}

func TestSpecialPieceIsTextUnlessRevealed(t *testing.T) {
	t.Parallel()
	m := unigramOf(t, false, scored{"<unk>", 0.0}, scored{"<s>", 0.0}, scored{"<", -1.0}, scored{"s", -1.0}, scored{">", -1.0})
	if got := m.appendIDs(nil, []byte("<s>"), &scratch{}); !slices.Equal(got, []int32{2, 3, 4}) {
		t.Errorf("text of a user became %v", got)
	}
	reveal := &scratch{}
	reveal.reveal = true
	if got := m.appendIDs(nil, []byte("<s>"), reveal); !slices.Equal(got, []int32{1}) {
		t.Errorf("revealed: %v", got)
	}
}

func TestModelsAllocateNothingOnceTheirBuffersHaveGrown(t *testing.T) { //nolint:paralleltest // counts the process's allocations
	m := unigramOf(t, true, scored{"<unk>", 0.0}, scored{"ab", -1.0}, scored{"b", -2.0}, scored{"<0xC3>", -3.0}, scored{"<0xA9>", -3.0})
	b, _ := randomBPE(t, rand.New(rand.NewPCG(1, 2)), 40)
	s, dst := &scratch{}, make([]int32, 0, 1000)
	word := []byte(strings.Repeat("abéx", 20))
	long := []byte(strings.Repeat("abcd", 50))
	if n := testing.AllocsPerRun(100, func() {
		dst = m.appendIDs(dst[:0], word, s)
		dst = b.appendIDs(dst[:0], long, s)
		dst = b.appendIDs(dst[:0], long[:7], s)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestUnusableUnigramFilesAreRefusedByPart(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"unk_id":0,"vocab":[]}`:                    "model.vocab is empty",
		`{"unk_id":3,"vocab":[["a",0]]}`:             "model.unk_id 3",
		`{"unk_id":null,"vocab":[["a",0]]}`:          "unk_id",
		`{"unk_id":0,"vocab":[["a"]]}`:               "model.vocab[0]",
		`{"unk_id":0,"vocab":[["a","b"]]}`:           "model.vocab[0]",
		`{"unk_id":0,"vocab":[["a",1],["b",1,"c"]]}`: "model.vocab[1]",
	} {
		_, err := newUnigram([]byte(body), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: error %v, want %q", body, err, want)
		}
	}
}

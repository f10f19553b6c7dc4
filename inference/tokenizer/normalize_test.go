package tokenizer

import (
	"math/rand/v2"
	"os"
	"testing"
)

func TestCommonCharactersNormaliseAsInTheSteps(t *testing.T) {
	t.Parallel()
	toks := map[string]*Tokenizer{}
	for _, name := range []string{"uncased", "cased", "accents", "nfkc"} {
		data, err := os.ReadFile("testdata/" + name + ".tokenizer.json")
		if err != nil {
			t.Fatal(err)
		}
		toks[name] = parse(t, string(data))
	}
	const model = `"model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0}}}`
	for _, n := range []string{"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"} {
		toks[n] = parse(t, `{"normalizer":{"type":"`+n+`"},`+model)
		toks[n+" lower"] = parse(t, `{"normalizer":{"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"`+n+`"}]},`+model)
		toks[n+" strip"] = parse(t, `{"normalizer":{"type":"Sequence","normalizers":[{"type":"`+n+`"},{"type":"StripAccents"},{"type":"NFC"}]},`+model)
	}
	spans := append(commonSpans(), span{1, 0x7F}, span{0x4E00, 0x9FFF})
	random := rand.New(rand.NewPCG(1, 2))
	for name, tok := range toks {
		fast, slow := &scratch{}, &scratch{}
		taken := 0
		check := func(text string) {
			if !tok.normalizeCommon(fast, text) {
				return
			}
			taken++
			slow.a = append(slow.a[:0], text...)
			if got, want := string(fast.a), string(tok.run(slow)); got != want {
				t.Fatalf("%s: %+q gives %+q, want %+q", name, text, got, want)
			}
		}
		for range 20_000 {
			var text []rune
			for range 1 + random.IntN(4) {
				s := spans[random.IntN(len(spans))]
				text = append(text, s.lo+rune(random.IntN(int(s.hi-s.lo)+1)))
			}
			check(string(text))
		}
		if taken < 5000 {
			t.Errorf("%s: only %d texts took the fast path", name, taken)
		}
	}
}

package inference_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// ids of onnxtest's special tokens.
const (
	cls int32 = 2
	sep int32 = 3
)

// scorer is a reranker that reads types, its weights, and its tokenizer.
func scorer(t *testing.T) (*inference.Engine, *onnxtest.Net, func(string) []int32) {
	t.Helper()
	net := onnxtest.New(onnxtest.Spec{Seed: 11, Labels: 1, TypeInput: true})
	b := net.Bundle(t, "pairs")
	e := serve(t, small(t), func(c *inference.Config) { c.Models = []models.Bundle{b} })
	tok, err := tokenizer.Parse(b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	return e, net, func(s string) []int32 {
		ids := tok.AppendIDs(nil, s, 0)
		return ids[1 : len(ids)-1]
	}
}

// pairOf is [CLS] a [SEP] b [SEP] and its types.
func pairOf(a, b []int32) (ids, types []int32) {
	ids = slices.Concat([]int32{cls}, a, []int32{sep}, b, []int32{sep})
	types = append(make([]int32, len(a)+2), slices.Repeat([]int32{1}, len(b)+1)...)
	return ids, types
}

func TestPairsWithATypedSeparatorAreScoredAsText(t *testing.T) {
	t.Parallel()
	e, net, pieces := scorer(t)
	for _, c := range [][2]string{
		{"where is my order", "your order is late"},
		{"where [SEP] is my order", "[SEP] your [CLS] order"},
		{"[SEP]", "[PAD] [MASK] [UNK]"},
		{"怎么退款[SEP]", "退款[SEP]"},
	} {
		r, err := e.Rerank(t.Context(), models.RerankRequest{Query: c[0], Texts: []string{c[1]}, Raw: true})
		if err != nil {
			t.Fatalf("%q: %v", c, err)
		}
		ids, types := pairOf(pieces(c[0]), pieces(c[1]))
		if slices.Contains(ids[1:len(ids)-1], cls) || count(ids, sep) != 2 {
			t.Fatalf("%q: typed special tokens became special: %v", c, ids)
		}
		if want := net.Row(ids, types)[0]; math.Abs(float64(r.Scores[0]-want)) > 1e-4 || r.Tokens[0] != len(ids) {
			t.Errorf("%q: score %v of %d tokens, want %v of %d", c, r.Scores[0], r.Tokens[0], want, len(ids))
		}
	}
}

func count(ids []int32, id int32) (n int) {
	for _, x := range ids {
		if x == id {
			n++
		}
	}
	return n
}

func TestPairsThatAreTooLongLoseFromTheLongerAndKeepTheFinalSeparator(t *testing.T) {
	t.Parallel()
	e, net, pieces := scorer(t)
	const limit = 256
	words := strings.Fields("how do i get my money back where is order when will you ship the refund invoice password")
	some := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(words[(i*7+n)%len(words)] + " ")
		}
		return b.String()
	}
	for _, c := range []struct{ a, b, keepA, keepB int }{
		{10, 400, 10, 243}, {400, 10, 243, 10}, {400, 400, 126, 127}, {126, 127, 126, 127}, {127, 127, 126, 127}, {200, 100, 153, 100},
	} {
		query, text := some(c.a), some(c.b)
		r, err := e.Rerank(t.Context(), models.RerankRequest{Query: query, Texts: []string{text}, Raw: true})
		if err != nil {
			t.Fatalf("%d + %d: %v", c.a, c.b, err)
		}
		ids, types := pairOf(pieces(query)[:c.keepA], pieces(text)[:c.keepB])
		if len(ids) > limit {
			t.Fatalf("the test expects %d tokens", len(ids))
		}
		if want := net.Row(ids, types)[0]; math.Abs(float64(r.Scores[0]-want)) > 1e-4 || r.Tokens[0] != len(ids) {
			t.Errorf("%d + %d tokens: score %v of %d, want %v of %d", c.a, c.b, r.Scores[0], r.Tokens[0], want, len(ids))
		}
	}
}

func TestScoresOfPairsDoNotDependOnTheirOrder(t *testing.T) {
	t.Parallel()
	e, _, _ := scorer(t)
	texts := []string{"your order is late", "refund", long(120), "怎么退款", "how do i get my money back where is my order", "x", "no"}
	want := make([]float32, len(texts))
	for i, s := range texts {
		r, err := e.Rerank(t.Context(), models.RerankRequest{Query: "where is my order", Texts: []string{s}})
		if err != nil {
			t.Fatal(err)
		}
		want[i] = r.Scores[0]
	}
	for shift := range texts {
		turned := slices.Concat(texts[shift:], texts[:shift])
		r, err := e.Rerank(t.Context(), models.RerankRequest{Query: "where is my order", Texts: turned})
		if err != nil {
			t.Fatal(err)
		}
		for i := range turned {
			if at := (i + shift) % len(texts); math.Abs(float64(r.Scores[i]-want[at])) > 1e-5 {
				t.Errorf("text %d: %v, alone %v", at, r.Scores[i], want[at])
			}
		}
	}
}

package kb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"frontdesk/internal/text"
)

// toyVector is a made-up encoder's: fixed directions of the terms, summed.
func toyVector(s string, dims int) []float32 {
	v := make([]float32, dims)
	for _, t := range text.Terms(s) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(t))
		rng := rand.New(rand.NewPCG(h.Sum64(), 1))
		for i := range v {
			v[i] += rng.Float32() - 0.5
		}
	}
	toUnit(v)
	return v
}

// toyCorpus has articles about one topic each, asked for in each of the ways.
func toyCorpus(articles, ways int) []Variant {
	var out []Variant
	for a := range articles {
		for w := range ways {
			content := fmt.Sprintf("way%d to ask for topic%d and thing%d", w, a, a)
			out = append(out, Variant{
				ID: int64(len(out) + 1), Article: fmt.Sprintf("a%03d", a), Locale: "en", Kind: KindQuestion,
				Content: content, Vector: toyVector(content, 32),
			})
		}
	}
	return out
}

func learnToy(t *testing.T, variants []Variant) (*head, *heldOut, []Variant) {
	t.Helper()
	sample := calibrationSample(variants)
	h, held, err := learnHead(t.Context(), variants, sample)
	if err != nil {
		t.Fatal(err)
	}
	return h, held, sample
}

func TestAHeadTellsItsArticlesApart(t *testing.T) {
	t.Parallel()
	h, held, sample := learnToy(t, toyCorpus(12, 5))
	for a := range 12 {
		q := fmt.Sprintf("please say something of topic%d", a)
		o := h.ask(q, toyVector(q, 32))
		if got := h.classes[o.best]; got != fmt.Sprintf("a%03d", a) {
			t.Errorf("%q is taken for %s", q, got)
		}
		_, chance, known := o.of(fmt.Sprintf("a%03d", a))
		if !known || chance < 0.5 {
			t.Errorf("%q: %v, %v", q, chance, known)
		}
	}
	if _, _, known := h.ask("topic1", toyVector("topic1", 32)).of("published since"); known {
		t.Error("it has an opinion of an article that it never saw")
	}
	for i := range sample {
		if o := newOpinion(h.class, held.decision[i], h.slope, -1); o.best != held.class[i] {
			t.Errorf("%q held out is taken for %s", sample[i].Content, h.classes[o.best])
		}
	}
	if o := newOpinion(h.class, held.decision[0], h.slope, held.class[0]); o.best == held.class[0] || o.chance[held.class[0]] != 0 {
		t.Error("an absent article has a chance")
	}
}

func TestTheSameArticlesGiveTheSameHeadWhateverTheirOrderAndIds(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(20, 4)
	first, _, _ := learnToy(t, variants)
	shuffled := slices.Clone(variants)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for i := range shuffled {
		shuffled[i].ID = int64(1000 + i)
	}
	second, _, _ := learnToy(t, shuffled)
	if !bytes.Equal(first.encode(), second.encode()) {
		t.Fatal("two fits differ")
	}
}

func TestAHeadThatHasNotSeenAQuestionSaysNothingOfItsOddity(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(10, 6)
	odd := &variants[0] // belongs to a000, reads like a001
	odd.Content = "way0 to ask for topic1 and thing1 oddly"
	odd.Vector = toyVector(odd.Content, 32)
	h, held, sample := learnToy(t, variants)
	at := slices.IndexFunc(sample, func(v Variant) bool { return v.ID == odd.ID })
	if at < 0 {
		t.Fatal("not sampled")
	}
	if o := newOpinion(h.class, held.decision[at], h.slope, -1); h.classes[o.best] != "a001" {
		t.Errorf("held out it is taken for %s: its own head has seen it", h.classes[o.best])
	}
}

func TestTooFewArticlesOrTextsMakeNoHead(t *testing.T) {
	t.Parallel()
	without := toyCorpus(10, 3)
	for i := range without {
		without[i].Vector = nil
	}
	for name, variants := range map[string][]Variant{
		"nothing": nil, "one article": toyCorpus(1, 20), "one text each": toyCorpus(50, 1), "no vectors": without,
		"passages": func() []Variant {
			v := toyCorpus(5, 5)
			for i := range v {
				v[i].Kind = KindPassage
			}
			return v
		}(),
	} {
		h, _, err := learnHead(t.Context(), variants, nil)
		if h != nil || err != nil {
			t.Errorf("%s: %v, %v", name, h != nil, err)
		}
	}
	if (*head)(nil).ask("q", nil) != nil {
		t.Error("no head has an opinion")
	}
}

func TestLearningStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if _, _, err := learnHead(ctx, toyCorpus(30, 5), nil); !errors.Is(err, gone) {
		t.Fatalf("got %v", err)
	}
}

func TestAHeadFitsTheSameTextsAndVectorsOfNoLength(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(9, 5)
	for i := range variants {
		switch i % 3 {
		case 0:
			variants[i].Content, variants[i].Vector = fmt.Sprint("the same ", i), toyVector("the same", 32)
		case 1:
			variants[i].Vector = make([]float32, 32)
		}
	}
	h, held, _ := learnToy(t, variants)
	o := h.ask("the same", make([]float32, 32))
	for _, xs := range append(held.decision, o.decision, o.chance) {
		for _, x := range xs {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("%v", xs)
			}
		}
	}
}

func TestAStoredHeadIsReadAsItWasAndDamageIsNoHead(t *testing.T) {
	t.Parallel()
	h, _, _ := learnToy(t, toyCorpus(10, 4))
	raw := h.encode()
	got, err := decodeHead(raw)
	if err != nil {
		t.Fatal(err)
	}
	q := "topic3 please"
	if a, b := h.ask(q, toyVector(q, 32)), got.ask(q, toyVector(q, 32)); !slices.Equal(a.decision, b.decision) || !slices.Equal(a.chance, b.chance) {
		t.Fatal("it decides otherwise")
	}
	if got.ask(q, toyVector(q, 16)) != nil {
		t.Error("a vector of another model has an opinion")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		bad := bytes.Clone(raw)
		switch rng.IntN(3) {
		case 0:
			bad = bad[:rng.IntN(len(bad))]
		case 1:
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		default:
			bad = append(bad, 0)
		}
		if _, err := decodeHead(bad); !errors.Is(err, errHead) {
			t.Fatalf("damage is read: %v", err)
		}
	}
}

func TestAHeadWithoutDimensionsIsNone(t *testing.T) {
	t.Parallel()
	h, _, _ := learnToy(t, toyCorpus(3, 3))
	h.dims, h.dense = 0, nil
	h.near = nearness{}
	if _, err := decodeHead(h.encode()); !errors.Is(err, errHead) {
		t.Fatalf("it is read: %v", err)
	}
}

func FuzzDecodeHead(f *testing.F) {
	h, _, err := learnHead(f.Context(), toyCorpus(4, 3), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(h.encode()[headPrelude:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) { // with a right checksum: the counts and indices are what is tried
		raw := append([]byte(headMagic), headVersion, 0, 0, 0, 0, 0)
		sum := checksum(body)
		raw[6], raw[7], raw[8], raw[9] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		h, err := decodeHead(append(raw, body...))
		if err != nil {
			if !errors.Is(err, errHead) {
				t.Fatal(err)
			}
			return
		}
		h.ask("any question", make([]float32, h.dims))
	})
}

func TestThinningKeepsSampledTextsAndEveryArticle(t *testing.T) {
	t.Parallel()
	var texts []Variant
	for i := range maxHeadExamples + 1000 {
		a := i / 1000
		texts = append(texts, Variant{ID: int64(i), Article: fmt.Sprint(a), Content: fmt.Sprint(i)})
	}
	sampled := map[said]int{{"0", "7"}: 0, {"0", "999"}: 1}
	out := evenShare(texts, sampled, maxHeadExamples/51)
	articles := map[string]int{}
	kept := map[int64]bool{}
	for _, v := range out {
		articles[v.Article]++
		kept[v.ID] = true
	}
	if len(out) > maxHeadExamples || len(articles) != 51 || !kept[7] || !kept[999] {
		t.Fatalf("%d texts of %d articles", len(out), len(articles))
	}
}

func TestTheIndexInMemoryFindsWhatAScanFinds(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(40, 5)
	stats := newSiteStats(Corpus{Variants: variants})
	x := newCorpusIndex(variants, stats)
	for _, q := range []string{"way1 to ask for topic7", "nothing shared at all", "thing39", "way4"} {
		terms := weighTerms(stats, distinct(text.Terms(q)), "en")
		sq := searchQuery(stats, 1, toyVector(q, 32), "x", terms, 10)
		x.ask(sq)
		got := x.hits(10, func(v Variant) bool { return v.Article == "a007" })
		type scored struct {
			Variant
			cosine, bm25 float32
		}
		var all []scored
		for _, v := range variants {
			if v.Article == "a007" {
				continue
			}
			s := scored{Variant: v, cosine: dot(sq.Vector, v.Vector)}
			own, weights := weigh(v.Kind, text.Terms(v.Content))
			for i, term := range sq.Terms {
				if at := slices.Index(own, term); at >= 0 {
					s.bm25 += sq.IDF[i] * weights[at]
				}
			}
			all = append(all, s)
		}
		want := map[int64]bool{}
		slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.ID, b.ID)) })
		for _, s := range all[:10] {
			want[s.ID] = true
		}
		slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.bm25, a.bm25), cmp.Compare(a.ID, b.ID)) })
		for _, s := range all[:10] {
			if s.bm25 > 0 {
				want[s.ID] = true
			}
		}
		if len(got) != len(want) {
			t.Errorf("%q: %d hits, want %d", q, len(got), len(want))
		}
		for _, h := range got {
			if !want[h.Variant] {
				t.Errorf("%q: %d is too many", q, h.Variant)
			}
		}
	}
}

func TestTheThresholdKeepsTheRiskAndItsBounds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	answers := make([]answer, 5000)
	for i := range answers {
		p := sigmoid(20*rng.Float64() - 6)
		answers[i] = answer{confidence: p, weight: 1, right: rng.Float64() < p}
	}
	at := answerThreshold(answers)
	answered, wrong := 0.0, 0.0
	for _, a := range answers {
		if a.confidence >= at {
			answered++
			wrong += indicator(!a.right)
		}
	}
	if at <= lowestAnswer || at >= mostAnswer || wrong/answered > riskTarget || wrong/answered < riskTarget-0.02 {
		t.Fatalf("at %v %v of %v are wrong", at, wrong, answered)
	}
	all := func(right bool, n int) []answer {
		out := make([]answer, n)
		for i := range out {
			out[i] = answer{confidence: 0.9, weight: 1, right: right}
		}
		return out
	}
	for name, want := range map[string]float64{"none": mostAnswer, "few": mostAnswer, "wrong": mostAnswer, "right": answerThreshold(all(true, 1000))} {
		s := map[string][]answer{"none": nil, "few": all(true, 3), "wrong": all(false, 1000), "right": all(true, 1000)}[name]
		if got := answerThreshold(s); got != want || got < lowestAnswer || got > mostAnswer {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTheSlopeMakesTheRightLikeliest(t *testing.T) {
	t.Parallel()
	if got := fitSlope(nil, nil); got != defaultSlope {
		t.Errorf("without questions: %v", got)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	var decisions [][]float64
	var right []int
	for range 3000 { // drawn from a softmax of slope 5
		d := []float64{rng.Float64()*2 - 1, rng.Float64()*2 - 1, rng.Float64()*2 - 1}
		x, c := rng.Float64(), 0
		o := newOpinion(nil, d, 5, -1)
		for ; c < 2 && x > o.chance[c]; c++ {
			x -= o.chance[c]
		}
		decisions, right = append(decisions, d), append(right, c)
	}
	if got := fitSlope(decisions, right); math.Abs(got-5) > 0.6 {
		t.Errorf("%v, want 5", got)
	}
}

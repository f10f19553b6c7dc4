package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"frontdesk/inference/tokenizer/internal/samples"
)

// kinds are the samples with a real vocabulary, one or more of each kind.
func kinds(t testing.TB) []string {
	t.Helper()
	all, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, s := range all {
		if s.Large {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// benchTexts are a question in English and one in Chinese, and 6 kB of words of many languages.
func benchTexts() map[string]string {
	return map[string]string{
		"short-en": "How do I get my money back for the order of last week?",
		"short-zh": "我的订单什么时候能发货",
		"long-en":  strings.Repeat("How do I get my money back for the order of last week? ", 110),
		"long-mix": strings.Repeat(strings.Join(samples.Words(), " ")+" ", 3),
	}
}

//nolint:paralleltest // testing.AllocsPerRun counts the whole process
func TestNoKindAllocatesForIds(t *testing.T) {
	dst := make([]int32, 0, 1<<15)
	for _, name := range kinds(t) {
		tok := sampleTokenizer(t, name)
		for which, text := range benchTexts() {
			dst = tok.AppendIDs(dst[:0], text, 1<<20)
			allowed := 0.0
			if raceOn {
				allowed = 60 // under the race detector sync.Pool drops what it is given, at random
			}
			if n := testing.AllocsPerRun(20, func() { dst = tok.AppendIDs(dst[:0], text, 1<<20) }); n > allowed {
				t.Errorf("%s: %s: %v allocations", name, which, n)
			}
		}
	}
}

// BenchmarkKinds has AppendIDs inside the clock: ids only, into a buffer with room.
func BenchmarkKinds(b *testing.B) {
	dst := make([]int32, 0, 1<<15)
	for _, name := range kinds(b) {
		tok := sampleTokenizer(b, name)
		for which, text := range benchTexts() {
			b.Run(name+"/"+which, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst = tok.AppendIDs(dst[:0], text, 1<<20)
				}
			})
		}
	}
}

package onnxtest

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// lengths.tsv says how many of 10,000 texts have how many tokens of the bundled tokenizer: a third questions of Banking77
// (en), a third of LCQMC (zh), a third paragraphs of documentation (zh, en). Mean 21, median 14, 95 % up to 60.
//
//go:embed lengths.tsv
var lengths string

// Lengths draws n lengths in tokens from the mix of questions and paragraphs that benches use.
func Lengths(n int, seed uint64) []int {
	var all []int
	for line := range strings.Lines(lengths) {
		tokens, count, _ := strings.Cut(strings.TrimSpace(line), "\t")
		k, err := strconv.Atoi(tokens)
		times, err2 := strconv.Atoi(count)
		if err != nil || err2 != nil {
			panic("lengths.tsv: " + line) // a file of our own
		}
		all = append(all, slices.Repeat([]int{k}, times)...)
	}
	r := rand.New(rand.NewPCG(seed, 0x6d6978)) //nolint:gosec // the same texts for a seed
	out := make([]int, n)
	for i := range out {
		out[i] = all[r.IntN(len(all))]
	}
	return out
}

// Texts returns texts of the given lengths in tokens, special ones included, of words that are one token each.
func Texts(t testing.TB, tokenizerJSON []byte, lengths []int) []string {
	t.Helper()
	tok, err := tokenizer.Parse(tokenizerJSON)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Model struct{ Vocab map[string]int }
	}
	if err := json.Unmarshal(tokenizerJSON, &file); err != nil {
		t.Fatal(err)
	}
	var words []string
	for word := range file.Model.Vocab {
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" || word[0] >= 0xE4 && word[0] <= 0xE9 && len(word) == 3 {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	r := rand.New(rand.NewPCG(uint64(len(lengths)), 0x776f7264)) //nolint:gosec // the same texts for a seed
	texts := make([]string, len(lengths))
	var b strings.Builder
	for i, n := range lengths {
		b.Reset()
		for range max(n-tok.Specials(), 1) {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteByte(' ')
		}
		texts[i] = b.String()
	}
	return texts
}

// Peer is the encoder of docs/bench/inference.md: 4 layers × 256 in float32, with the bundled tokenizer. Its graph gives a
// vector a token, as those of the hubs do.
func Peer(t testing.TB, seed uint64) models.Bundle {
	t.Helper()
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	m := manifest("peer")
	m.Version = strconv.FormatUint(seed, 10)
	m.Task, m.Dims, m.Pooling, m.Normalize = models.TaskEmbed, 256, models.PoolMean, true
	m.Graph = models.Graph{IDs: IDs, Mask: Mask, Output: Hidden}
	net := New(Spec{Layers: 4, Hidden: 256, Heads: 4, FFN: 1024, Vocab: tok.VocabSize(), Seed: seed})
	return Wrap(t, m, net, b.Tokenizer)
}

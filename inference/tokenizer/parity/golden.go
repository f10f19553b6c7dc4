package main

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"frontdesk/inference/tokenizer/internal/samples"
)

// goldenSample opens the cases of one sample in the golden file.
type goldenSample struct {
	Sample  string `json:"sample"`
	SHA256  string `json:"sha256"` // of its tokenizer.json
	Refused bool   `json:"refused,omitempty"`
}

// goldenCase is one question with the oracle's answer.
type goldenCase struct {
	Text  string        `json:"text"`
	Pair  *string       `json:"pair,omitempty"`
	Plain bool          `json:"plain,omitempty"` // special tokens in the text are text
	Bare  bool          `json:"bare,omitempty"`  // without the post-processor's tokens
	Cut   *goldenCut    `json:"cut,omitempty"`
	Pad   *goldenPad    `json:"pad,omitempty"`
	Want  *goldenAnswer `json:"want,omitempty"` // absent: the oracle gives an error
}

type goldenCut struct {
	Strategy string `json:"strategy"`
	Left     bool   `json:"left,omitempty"`
	Max      int    `json:"max"`
	Stride   int    `json:"stride,omitempty"`
}

type goldenPad struct {
	To       int    `json:"to"`
	Multiple int    `json:"multiple,omitempty"`
	Left     bool   `json:"left,omitempty"`
	ID       int32  `json:"id"`
	Type     int32  `json:"type,omitempty"`
	Token    string `json:"token"`
}

// goldenAnswer leaves out what is all 0 (types, special, padding) and the masks' obvious rest.
type goldenAnswer struct {
	IDs      []int32        `json:"ids"`
	Tokens   []string       `json:"tokens"`
	Offsets  []int32        `json:"offsets"` // from, to, from, to …
	Types    []int32        `json:"types,omitempty"`
	Special  []int32        `json:"special,omitempty"`
	Padding  []int32        `json:"padding,omitempty"` // 1 - attention mask
	Words    []int32        `json:"words"`
	Overflow []goldenAnswer `json:"overflow,omitempty"`
}

func golden(a answer) *goldenAnswer {
	if a.err != "" {
		return nil
	}
	orNil := func(list []int32) []int32 {
		if !slices.ContainsFunc(list, func(v int32) bool { return v != 0 }) {
			return nil
		}
		return list
	}
	g := &goldenAnswer{IDs: a.ids, Tokens: a.tokens, Types: orNil(a.types), Special: orNil(a.special), Words: a.words, Offsets: []int32{}}
	if g.Tokens == nil {
		g.Tokens = []string{}
	}
	for _, o := range a.offsets {
		g.Offsets = append(g.Offsets, o[:]...)
	}
	padding := make([]int32, len(a.attention))
	for i, v := range a.attention {
		padding[i] = 1 - v
	}
	g.Padding = orNil(padding)
	for _, o := range a.overflow {
		g.Overflow = append(g.Overflow, *golden(o))
	}
	return g
}

// writeGolden asks the oracle for the stored sample that `make test` replays. Its texts are generated from words of this
// repository alone.
func writeGolden(ctx context.Context, o options, targets []target, out io.Writer) (err error) {
	f, err := os.Create(o.golden)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	packed, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, packed.Close()) }()
	lines := json.NewEncoder(packed)
	lines.SetEscapeHTML(false)
	cases := 0
	for _, t := range targets {
		n, err := goldenOf(ctx, o, t, lines)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		cases += n
	}
	fmt.Fprintf(out, "golden %d cases of %d samples in %s\n", cases, len(targets), o.golden)
	return nil
}

func goldenOf(ctx context.Context, o options, t target, lines *json.Encoder) (n int, err error) {
	sum := sha256.Sum256(t.File)
	head := goldenSample{Sample: t.Name, SHA256: hex.EncodeToString(sum[:])}
	orc, err := startOracle(ctx, o.dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, orc.close()) }()
	p := &proof{o: o, oracle: orc, target: t, corpus: &corpus{seed: o.seed, words: samples.Words()}}
	if err := p.load(); err != nil {
		head.Refused = refused(err)
		if !head.Refused {
			return 0, err
		}
		return 0, lines.Encode(head)
	}
	if err := lines.Encode(head); err != nil {
		return 0, err
	}
	for _, g := range p.goldenCases() {
		c, err := p.goldenAnswer(g)
		if err != nil {
			return n, err
		}
		if err := lines.Encode(c); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// goldenCases are the questions for one sample.
func (p *proof) goldenCases() []goldenCase {
	size := 1
	if p.target.Large {
		size = 10
	}
	var list []goldenCase
	g := newGenerator(p.o.seed+uint64(len(p.target.Name))*1000+uint64(len(p.target.File)), p.corpus.words)
	short := func() string {
		for {
			if s := g.line(); len(s) < 90 {
				return s
			}
		}
	}
	for range 5 * size {
		list = append(list, goldenCase{Text: short()})
	}
	for range size {
		list = append(list, goldenCase{Text: short(), Bare: true, Plain: true})
	}
	i := 0
	for text := range p.typed(4 * size) {
		list = append(list, goldenCase{Text: text, Plain: i%2 == 0})
		i++
	}
	pairs := p.pairTexts(2 * size)
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, goldenCase{Text: pairs[i], Pair: &pairs[i+1], Plain: i%4 == 0})
	}
	for i := range 3 * size {
		two := pairs[2*g.r.IntN(len(pairs)/2):]
		c := cutting{[]string{"LongestFirst", "OnlyFirst", "OnlySecond"}[i%3], pick(g, "right", "left"), g.r.IntN(20) + max(1, p.ours.t.SpecialsPair()), pick(g, 0, 0, 1, 2)}
		a, b := len(p.ours.t.AppendPieceIDs(nil, two[0])), len(p.ours.t.AppendPieceIDs(nil, two[1]))
		if keep := c.max - p.ours.t.SpecialsPair(); c.max-p.ours.t.Specials() >= c.stride && !p.aborts(c, a, b, keep) {
			list = append(list, goldenCase{Text: two[0], Pair: &two[1], Plain: true, Cut: &goldenCut{c.strategy, c.side == "left", c.max, c.stride}})
		}
	}
	for range size {
		f := pick(g, fillings()...)
		two := pairs[2*g.r.IntN(len(pairs)/2):]
		list = append(list, goldenCase{Text: two[0], Pair: &two[1], Pad: &goldenPad{f.length, f.multiple, f.side == "left", f.id, f.typ, f.token}})
	}
	return list
}

func (p *proof) goldenAnswer(c goldenCase) (goldenCase, error) {
	slot, flags, texts := slotDefault, byte(0), []string{c.Text}
	if c.Plain {
		slot = slotStripped
	}
	if c.Bare {
		flags |= flagNoSpecials
	}
	if c.Pair != nil {
		flags |= flagPairs
		texts = append(texts, *c.Pair)
	}
	var s oracleSettings
	side := func(left bool) string { return map[bool]string{false: "right", true: "left"}[left] }
	if c.Cut != nil {
		s.Truncation = cutting{c.Cut.Strategy, side(c.Cut.Left), c.Cut.Max, c.Cut.Stride}.oracle()
	}
	if c.Pad != nil {
		s.Padding = filling{c.Pad.To, c.Pad.Multiple, side(c.Pad.Left), c.Pad.ID, c.Pad.Type, c.Pad.Token}.oracle()
	}
	if err := p.oracle.configure(slot, s); err != nil {
		return c, err
	}
	all, err := p.oracle.encode(slot, flags, texts)
	if err != nil {
		return c, err
	}
	c.Want = golden(all[0])
	return c, nil
}

package main

import (
	"fmt"
	"slices"

	"frontdesk/inference/tokenizer"
)

// maxCut is the largest max_length of the grid.
const maxCut = 40

// truncated runs the grid of pairs × strategies × sides × lengths × strides.
//
// Below the number of special tokens Hugging Face's arithmetic wraps around and nothing is cut (0.22.2, post_process); there the
// proof asks only ours, which must refuse or obey. A stride that is not below what stays aborts the oracle's process (Encoding::
// truncate asserts it, with_truncation's error is unwrapped); there ours must refuse.
func (p *proof) truncated() error {
	texts := p.pairTexts(24)
	single, pair := p.ours.t.Specials(), p.ours.t.SpecialsPair()
	step := 1
	if !p.target.Large {
		step, texts = 3, texts[:20]
	}
	for _, strategy := range []string{"LongestFirst", "OnlyFirst", "OnlySecond"} {
		for _, side := range []string{"right", "left"} {
			for most := 0; most <= maxCut; most += step {
				for _, stride := range []int{0, 1, 4} {
					c := cutting{strategy, side, most, stride}
					if err := p.cutSingles(c, texts, single); err != nil {
						return fmt.Errorf("%v: %w", c, err)
					}
					if err := p.cutPairs(c, texts, pair); err != nil {
						return fmt.Errorf("%v: %w", c, err)
					}
				}
			}
		}
	}
	for _, slot := range []int{slotDefault, slotStripped} {
		if err := p.oracle.configure(slot, oracleSettings{}); err != nil {
			return err
		}
	}
	return nil
}

func (p *proof) cutSingles(c cutting, texts []string, specials int) error {
	var ask []string
	for _, text := range texts {
		n := len(p.ours.t.AppendPieceIDs(nil, text))
		keep := c.max - specials
		switch {
		case keep < c.stride || n > keep && keep > 0 && c.stride >= keep && c.strategy != "OnlySecond":
			p.mustRefuse(question{suite: "truncation limits", setting: c.String(), text: text}, c)
		default:
			ask = append(ask, text)
		}
	}
	return p.cut(c, ask, 0, func(i int) question { return question{text: ask[i]} })
}

func (p *proof) cutPairs(c cutting, texts []string, specials int) error {
	var ask []string
	for two := range slices.Chunk(texts, 2) {
		a, b := len(p.ours.t.AppendPieceIDs(nil, two[0])), len(p.ours.t.AppendPieceIDs(nil, two[1]))
		keep := c.max - specials
		if keep < 0 || c.max-p.ours.t.Specials() < c.stride || p.aborts(c, a, b, keep) {
			p.mustRefuse(question{suite: "truncation limits", setting: c.String(), text: two[0], pair: two[1], hasPair: true}, c)
			continue
		}
		ask = append(ask, two...)
	}
	return p.cut(c, ask, flagPairs, func(i int) question { return question{text: ask[2*i], pair: ask[2*i+1], hasPair: true} })
}

// aborts reports whether the stride would end the oracle's process: a part that is cut to fewer tokens than the stride, not to none.
func (p *proof) aborts(c cutting, a, b, keep int) bool {
	if a+b <= keep || keep == 0 {
		return false
	}
	over := func(n, left int) bool { return left > 0 && left < n && c.stride >= left }
	switch c.strategy {
	case "OnlyFirst":
		return over(a, keep-b)
	case "OnlySecond":
		return over(b, keep-a)
	}
	first, second := longestFirst(a, b, keep)
	return over(a, first) || over(b, second)
}

// longestFirst is what tokenizers 0.22.2 leaves of two parts (utils/truncation.rs).
func longestFirst(a, b, keep int) (first, second int) {
	swap := a > b
	short := min(a, b)
	long := short
	if short <= keep {
		long = max(short, keep-short)
	}
	if short+long > keep {
		short = keep / 2
		long = short + keep%2
	}
	if swap {
		return long, short
	}
	return short, long
}

// mustRefuse checks what ours does where the oracle cannot be asked: an error, or no more tokens than allowed.
func (p *proof) mustRefuse(q question, c cutting) {
	got := p.ours.answer(q, tokenizer.Options{Truncation: c.ours()})
	what := ""
	if got.err == "" && c.max > 0 && len(got.ids) > c.max {
		what = "length"
	}
	p.report.note(q, what, func() string { return "  ours   " + show(got) + "\n" })
}

// cut asks both sides, with special tokens parsed and as plain text, and compares the ids-only paths too.
func (p *proof) cut(c cutting, texts []string, flags byte, of func(i int) question) error {
	if len(texts) == 0 || c.max == 0 { // 0 is "none" to us
		return nil
	}
	for _, slot := range []int{slotDefault, slotStripped} {
		if err := p.oracle.configure(slot, oracleSettings{Truncation: c.oracle()}); err != nil {
			return err
		}
		want, err := p.oracle.encode(slot, flags, texts)
		if err != nil {
			return err
		}
		for i := range want {
			q := of(i)
			q.suite, q.setting = "truncation", c.String()
			p.report.check(q, p.ours.answer(q, tokenizer.Options{ParseSpecial: slot == slotDefault, Truncation: c.ours()}), want[i])
			if slot == slotStripped && want[i].err == "" {
				q.suite = "truncation ids"
				p.cutIDs(q, c, want[i])
			}
		}
	}
	return nil
}

// cutIDs compares Assemble, and AppendIDs where its limit asks for the same.
func (p *proof) cutIDs(q question, c cutting, want answer) {
	t := p.ours.t
	a := t.AppendPieceIDs(nil, q.text)
	var b []int32
	if q.hasPair {
		b = t.AppendPieceIDs(nil, q.pair)
	}
	ids, types := t.Assemble(nil, []int32{}, a, b, q.hasPair, *c.ours())
	p.report.check(q, answer{ids: ids, types: types}, answer{ids: want.ids, types: want.types})
	if side := p.fileSide(); !q.hasPair && c.strategy == "LongestFirst" && c.side == side {
		p.report.check(q, answer{ids: t.AppendIDs(nil, q.text, c.max)}, answer{ids: want.ids})
	}
}

// fileSide is the side on which AppendIDs cuts.
func (p *proof) fileSide() string {
	if t := p.ours.t.FileTruncation(); t != nil && t.Side == tokenizer.Left {
		return "left"
	}
	return "right"
}

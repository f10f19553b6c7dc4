package main

import (
	"iter"
	"strings"

	"frontdesk/inference/tokenizer"
)

// batchSize is the number of texts in one request to the oracle.
const batchSize = 4000

// asked is a batch with the oracle's answers.
type asked struct {
	texts []string // pairs: in twos
	want  []answer
	err   error
}

// ask sends batches to the oracle, one ahead of what is being compared, and stops when the caller does.
func (p *proof) ask(slot int, flags byte, texts iter.Seq[string]) iter.Seq[asked] {
	return func(yield func(asked) bool) {
		ready, stop := make(chan asked, 1), make(chan struct{})
		defer func() { // the oracle must be idle before anyone asks it again
			close(stop)
			for range ready { // the answer that is on its way
			}
		}()
		go func() {
			defer close(ready)
			for batch := range batches(texts, batchSize) {
				want, err := p.oracle.encode(slot, flags, batch)
				select {
				case ready <- asked{batch, want, err}:
				case <-stop:
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for a := range ready {
			if !yield(a) {
				return
			}
		}
	}
}

// texts compares single texts: the full answer with special tokens as Hugging Face reads them, and the ids-only path for every
// text that holds none.
func (p *proof) texts(suite string, texts iter.Seq[string]) error {
	for a := range p.ask(slotDefault, 0, texts) {
		if a.err != nil {
			return a.err
		}
		for i, text := range a.texts {
			q := question{suite: suite, text: text}
			p.report.check(q, p.ours.answer(q, tokenizer.Options{ParseSpecial: true}), a.want[i])
			if !p.holdsSpecial(text) {
				q.suite = suite + " ids"
				p.checkHot(q, a.want[i])
			}
		}
	}
	return nil
}

// holdsSpecial reports whether the added-token step may find a special token in the text. Normalisation can make one, so
// any file with a normalised special token counts every text.
func (p *proof) holdsSpecial(text string) bool {
	if p.normalized {
		return true
	}
	for _, s := range p.specials {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// typed puts added tokens into texts, as users type them.
func (p *proof) typed(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		g := newGenerator(p.o.seed+1, p.corpus.words)
		names := append([]string{"[CLS]", "<s>", "<|endoftext|>"}, p.added...)
		for range n {
			var b strings.Builder
			for range 1 + g.r.IntN(4) {
				b.WriteString(pick(g, "", "", " ", "  ", g.real(), g.real()+" ", g.spaces(), g.word(pick(g, alphabets()...), 1+g.r.IntN(3))))
				name := pick(g, names...)
				b.WriteString(pick(g, name, name, name, name+name, strings.ToUpper(name), name[:cut(name, max(len(name)-1, 1))], "x"+name, name+"\u0301", name+"s"))
				b.WriteString(pick(g, "", "", " ", " \t ", g.real(), " "+g.real(), g.spaces()))
			}
			if !yield(b.String()) {
				return
			}
		}
	}
}

// specialTexts types special tokens: as Hugging Face reads them, and as plain text, which is what users' text is to us.
func (p *proof) specialTexts() error {
	texts := p.typed(max(p.lineCount()/20, 2000))
	for a := range p.ask(slotDefault, 0, texts) {
		if a.err != nil {
			return a.err
		}
		for i, text := range a.texts {
			q := question{suite: "specials", setting: "parsed", text: text}
			p.report.check(q, p.ours.answer(q, tokenizer.Options{ParseSpecial: true}), a.want[i])
		}
	}
	for a := range p.ask(slotStripped, 0, texts) {
		if a.err != nil {
			return a.err
		}
		for i, text := range a.texts {
			q := question{suite: "specials", setting: "plain", text: text}
			p.report.check(q, p.ours.answer(q, tokenizer.Options{}), a.want[i])
			q.suite = "specials ids"
			p.checkHot(q, a.want[i])
		}
	}
	return nil
}

// bare leaves the post-processor out.
func (p *proof) bare() error {
	n := max(p.lineCount()/20, 1000)
	for a := range p.ask(slotStripped, flagNoSpecials, p.corpus.texts(n)) {
		if a.err != nil {
			return a.err
		}
		for i, text := range a.texts {
			q := question{suite: "bare", text: text}
			got := p.ours.answer(q, tokenizer.Options{NoSpecials: true})
			p.report.check(q, got, a.want[i])
			if got.err == "" {
				got = answer{ids: p.ours.t.AppendPieceIDs(nil, text)}
				q.suite = "bare ids"
				p.report.check(q, got, answer{ids: a.want[i].ids})
			}
		}
	}
	return nil
}

// fileDefaults asks with the truncation and the padding that the file names.
func (p *proof) fileDefaults() error {
	o := tokenizer.Options{ParseSpecial: true, Truncation: p.ours.t.FileTruncation(), Padding: p.ours.t.FilePadding()}
	for text := range p.corpus.texts(300) { // one by one: a batch may be padded to its longest
		want, err := p.oracle.encode(slotFile, 0, []string{text})
		if err != nil {
			return err
		}
		q := question{suite: "file", setting: "as it is", text: text}
		p.report.check(q, p.ours.answer(q, o), want[0])
	}
	return nil
}

// padded pads single texts and pairs.
func (p *proof) padded() error {
	texts := p.pairTexts(16)
	for _, f := range fillings() {
		if err := p.oracle.configure(slotDefault, oracleSettings{Padding: f.oracle()}); err != nil {
			return err
		}
		o := tokenizer.Options{ParseSpecial: true, Padding: f.ours()}
		if err := p.grid("padding", f.String(), texts, o); err != nil {
			return err
		}
	}
	return p.oracle.configure(slotDefault, oracleSettings{})
}

func fillings() []filling {
	var list []filling
	for _, side := range []string{"right", "left"} {
		for _, length := range []int{0, 1, 8, 20, 64} {
			for _, multiple := range []int{0, 8, 7} {
				list = append(list, filling{length, multiple, side, int32(length % 3), int32(multiple % 2), []string{"[PAD]", "<pad>"}[length%2]})
			}
		}
	}
	return list
}

// pairTexts are n pairs of growing length, in twos.
func (p *proof) pairTexts(n int) []string {
	g := newGenerator(p.o.seed+2, p.corpus.words)
	list := []string{"", "", "", "a", "b", ""}
	for i := range n {
		of := func(n int) string {
			var b strings.Builder
			for range n {
				b.WriteString(pick(g, g.real, g.real, g.real, g.number, g.emoji, g.contraction)() + " ")
			}
			return strings.TrimSpace(b.String())
		}
		list = append(list, of(g.r.IntN(3+i/2)), of(g.r.IntN(3+i/2)))
	}
	return list
}

// grid compares texts, given in twos, as single texts and as pairs.
func (p *proof) grid(suite, setting string, texts []string, o tokenizer.Options) error {
	want, err := p.oracle.encode(slotDefault, flagPairs, texts)
	if err != nil {
		return err
	}
	for i := range want {
		q := question{suite: suite, setting: setting, text: texts[2*i], pair: texts[2*i+1], hasPair: true}
		p.report.check(q, p.ours.answer(q, o), want[i])
	}
	for i, text := range texts { // one by one: a batch would be padded to its longest
		want, err := p.oracle.encode(slotDefault, 0, texts[i:i+1])
		if err != nil {
			return err
		}
		q := question{suite: suite, setting: setting, text: text}
		p.report.check(q, p.ours.answer(q, o), want[0])
	}
	return nil
}

package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// templatePart is one element of a template: a special token, or the first or second text.
type templatePart struct {
	token    string
	ids      []int32
	tokens   []string // of ids
	text     int      // 0 or 1; -1 = special token
	typeID   int32
	overflow int32 // type id of what overflows of a text, when special tokens are added
}

// postProcessor adds special tokens and trims offsets.
type postProcessor struct {
	single, pair []templatePart
	trims        []trim
}

// trim takes white space out of offsets, as ByteLevel and RobertaProcessing do.
type trim struct{ addPrefixSpace bool }

// plainPost adds nothing.
func plainPost() postProcessor {
	return postProcessor{single: []templatePart{{text: 0}}, pair: []templatePart{{text: 0}, {text: 1, typeID: 1, overflow: 1}}}
}

func (p *postProcessor) template(pair bool) []templatePart {
	if pair {
		return p.pair
	}
	return p.single
}

// added returns how many special tokens the template has.
func (p *postProcessor) added(pair bool) int {
	n := 0
	for _, s := range p.template(pair) {
		n += len(s.ids)
	}
	return n
}

// apply joins the texts and special tokens.
func (p *postProcessor) apply(texts []Encoding, specials bool) Encoding {
	for i := range texts {
		for _, t := range p.trims {
			t.offsets(&texts[i])
			for k := range texts[i].Overflowing {
				t.offsets(&texts[i].Overflowing[k])
			}
		}
	}
	var out Encoding
	for _, s := range p.template(len(texts) == 2) {
		switch {
		case s.text >= 0:
			e := texts[s.text]
			for i := range e.TypeIDs {
				e.TypeIDs[i] = s.typeID
			}
			for k := range e.Overflowing {
				over := int32(s.text)
				if specials {
					over = s.overflow
				}
				for i := range e.Overflowing[k].TypeIDs {
					e.Overflowing[k].TypeIDs[i] = over
				}
			}
			out.merge(&e)
		case specials:
			e := newEncoding(len(s.ids))
			for i, id := range s.ids {
				e.IDs = append(e.IDs, id)
				e.TypeIDs = append(e.TypeIDs, s.typeID)
				e.Tokens = append(e.Tokens, s.tokens[i])
				e.Offsets = append(e.Offsets, [2]int{})
				e.AttentionMask = append(e.AttentionMask, 1)
				e.SpecialMask = append(e.SpecialMask, 1)
				e.WordIDs = append(e.WordIDs, -1)
			}
			out.merge(&e)
		}
	}
	return out
}

// merge appends x: every overflowing part of either goes with the whole and the overflowing parts of the other
// (Encoding::merge_with of Hugging Face's tokenizers).
func (e *Encoding) merge(x *Encoding) {
	var over []Encoding
	both := func(a, b *Encoding) { // parts of parts too, so an overflowing part may hold overflowing parts of its own
		n := a.part(0, a.Len())
		n.Overflowing = a.Overflowing
		n.merge(b)
		over = append(over, n)
	}
	for i := range e.Overflowing {
		both(&e.Overflowing[i], x)
		for k := range x.Overflowing {
			both(&e.Overflowing[i], &x.Overflowing[k])
		}
	}
	for k := range x.Overflowing {
		both(e, &x.Overflowing[k])
	}
	e.join(x)
	e.Overflowing = over
}

// offsets leaves the white space at the ends of each token out of its offsets (pre_tokenizers/byte_level.rs,
// process_offsets); the byte alphabet writes a space as Ġ.
func (t trim) offsets(e *Encoding) {
	blank := func(r rune) bool { return r == 'Ġ' || unicode.IsSpace(r) }
	for i, token := range e.Tokens {
		before := utf8.RuneCountInString(token) - utf8.RuneCountInString(strings.TrimLeftFunc(token, blank))
		after := utf8.RuneCountInString(token) - utf8.RuneCountInString(strings.TrimRightFunc(token, blank))
		o := &e.Offsets[i]
		if before > 0 {
			if (i == 0 || o[0] == 0) && t.addPrefixSpace && before == 1 {
				before = 0 // the space that the pre-tokenizer put there is no part of the text
			}
			o[0] = min(o[0]+before, o[1])
		}
		if after > 0 && o[1] >= after {
			o[1] = max(o[1]-after, o[0])
		}
	}
}

package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// part is a piece of text on its way through the pipeline, or an added token that was found in it.
type part struct {
	text  *aligned
	token int32 // id of the added token; -1 = text
}

// placed is one token and where it comes from.
type placed struct {
	token    string
	from, to int // code points of the text
	id, word int32
}

// Encode gives all that is known of a text's tokens. AppendIDs gives the ids alone, many times faster.
//
// Its error wraps ErrTruncation, or ErrInvalid when the options contradict themselves. Bytes that are no UTF-8 count as
// U+FFFD, one code point a byte. With a truncation, what is cut away comes back in parts; those of a pair are combined
// with each other, so their number is the product of both texts' parts: cut long pairs with Assemble.
func (t *Tokenizer) Encode(text string, o Options) (Encoding, error) {
	return t.encode([]Encoding{t.encodeOne(text, 0, o.ParseSpecial)}, o)
}

// EncodePair is Encode for a pair of texts.
func (t *Tokenizer) EncodePair(a, b string, o Options) (Encoding, error) {
	return t.encode([]Encoding{t.encodeOne(a, 0, o.ParseSpecial), t.encodeOne(b, 1, o.ParseSpecial)}, o)
}

// encode cuts, post-processes and pads.
func (t *Tokenizer) encode(texts []Encoding, o Options) (Encoding, error) {
	if c := o.Truncation; c != nil && c.MaxLength > 0 {
		added := 0
		if !o.NoSpecials {
			added = t.post.added(len(texts) == 2)
		}
		if err := truncate(texts, *c, added); err != nil {
			return Encoding{}, err
		}
	}
	e := t.post.apply(texts, !o.NoSpecials)
	if o.Padding != nil {
		if err := e.pad(o.Padding); err != nil {
			return Encoding{}, err
		}
	}
	return e, nil
}

func (t *Tokenizer) encodeOne(text string, typeID int32, parseSpecial bool) Encoding {
	tokens := t.tokenize(text, parseSpecial)
	e := newEncoding(len(tokens))
	for _, p := range tokens {
		e.IDs = append(e.IDs, p.id)
		e.TypeIDs = append(e.TypeIDs, typeID)
		e.Tokens = append(e.Tokens, p.token)
		e.Offsets = append(e.Offsets, [2]int{p.from, p.to})
		e.AttentionMask = append(e.AttentionMask, 1)
		e.SpecialMask = append(e.SpecialMask, 0)
		e.WordIDs = append(e.WordIDs, p.word)
	}
	return e
}

// tokenize runs the pipeline up to the model.
func (t *Tokenizer) tokenize(text string, parseSpecial bool) []placed {
	text = toValid(text)
	parts := t.parts(text, parseSpecial)
	for i := range t.pre {
		parts = t.pre[i].pieces(parts)
	}
	points := newPoints(text)
	s := t.borrow()
	defer t.giveBack(s)
	out := make([]placed, 0, len(text)/3+2)
	s.reveal = parseSpecial
	var pieces []piece
	for word, p := range parts {
		if p.token >= 0 {
			o := p.text.origin(0, int32(len(p.text.text)))
			from, to := points.at(p.text.shift+o.from, p.text.shift+o.to)
			out = append(out, placed{string(p.text.text), from, to, p.token, int32(word)})
			continue
		}
		pieces = t.model.appendPieces(pieces[:0], p.text.text, s)
		for _, x := range pieces {
			o := extent{x.from, x.to} // as it is for a piece that is longer than its word, as Hugging Face's tokenizers do
			if int(x.to) <= len(p.text.text) {
				o = p.text.origin(x.from, x.to)
				o.from += p.text.shift
				o.to += p.text.shift
			}
			from, to := points.at(o.from, o.to)
			out = append(out, placed{t.surface(x, p.text.text), from, to, x.id, int32(word)})
		}
	}
	return out
}

// surface is how a token of the text is written: an unknown piece of a Unigram model is its own text.
func (t *Tokenizer) surface(m piece, word []byte) string {
	if t.unkIsText && m.id == t.unk {
		return string(word[m.from:m.to])
	}
	token, _ := t.model.token(m.id)
	return token
}

// parts splits added tokens off and normalises the rest.
func (t *Tokenizer) parts(text string, parseSpecial bool) []part {
	var out []part
	var stretches []found
	whole := newAligned(text)
	for _, f := range t.raw.split(nil, whole.text, !parseSpecial) {
		a := whole.slice(f.from, f.to)
		if f.token >= 0 {
			out = append(out, part{a, t.raw.tokens[f.token].ID})
			continue
		}
		for _, n := range t.steps {
			n.align(a)
		}
		stretches = t.normalised.split(stretches[:0], a.text, !parseSpecial)
		for _, g := range stretches {
			token := int32(-1)
			if g.token >= 0 {
				token = t.normalised.tokens[g.token].ID
			}
			out = append(out, part{a.slice(g.from, g.to), token})
		}
	}
	return out
}

// points converts bytes of a text to code points.
type points struct {
	of    []int32 // of each byte; nil = the text is ASCII
	bytes int32
}

func newPoints(text string) points {
	p := points{bytes: int32(len(text))}
	if utf8.RuneCountInString(text) == len(text) {
		return p
	}
	p.of = make([]int32, len(text))
	n := int32(-1)
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			n++
		}
		p.of[i] = n
	}
	return p
}

// at converts a range of bytes; one that begins at the end of the text stays as it is, as in Hugging Face's tokenizers.
func (p points) at(from, to int32) (int, int) {
	if p.of == nil || from < 0 || from >= p.bytes {
		return int(from), int(to)
	}
	if to >= 0 && to < p.bytes {
		return int(p.of[from]), int(p.of[to])
	}
	last := p.of[from] + 1 // to is the end, or nowhere
	if to > 0 && to-1 < p.bytes {
		last = p.of[to-1]
	}
	return int(p.of[from]), int(last + 1)
}

func newEncoding(n int) Encoding {
	return Encoding{
		IDs:           make([]int32, 0, n),
		TypeIDs:       make([]int32, 0, n),
		Tokens:        make([]string, 0, n),
		Offsets:       make([][2]int, 0, n),
		AttentionMask: make([]int32, 0, n),
		SpecialMask:   make([]int32, 0, n),
		WordIDs:       make([]int32, 0, n),
	}
}

// part returns a copy of tokens [from, to), without what overflows.
func (e *Encoding) part(from, to int) Encoding {
	c := newEncoding(to - from)
	c.join(&Encoding{
		IDs:           e.IDs[from:to],
		TypeIDs:       e.TypeIDs[from:to],
		Tokens:        e.Tokens[from:to],
		Offsets:       e.Offsets[from:to],
		AttentionMask: e.AttentionMask[from:to],
		SpecialMask:   e.SpecialMask[from:to],
		WordIDs:       e.WordIDs[from:to],
	})
	return c
}

// join appends the tokens of x, leaving out what overflows.
func (e *Encoding) join(x *Encoding) {
	e.IDs = append(e.IDs, x.IDs...)
	e.TypeIDs = append(e.TypeIDs, x.TypeIDs...)
	e.Tokens = append(e.Tokens, x.Tokens...)
	e.Offsets = append(e.Offsets, x.Offsets...)
	e.AttentionMask = append(e.AttentionMask, x.AttentionMask...)
	e.SpecialMask = append(e.SpecialMask, x.SpecialMask...)
	e.WordIDs = append(e.WordIDs, x.WordIDs...)
}

// maxPadding bounds what a file or a caller may ask padding for, in tokens.
const maxPadding = 1 << 24

// pad fills the encoding and its overflowing parts up.
func (e *Encoding) pad(p *Padding) error {
	if p.ToLength < 0 || p.ToMultipleOf < 0 || p.ToLength > maxPadding || p.ToMultipleOf > maxPadding {
		return fmt.Errorf("%w: padding to length %d, multiple of %d: allowed is 0…%d", ErrInvalid, p.ToLength, p.ToMultipleOf, maxPadding)
	}
	target := p.ToLength
	if target == 0 {
		target = e.Len()
	}
	if m := p.ToMultipleOf; m > 0 && target%m > 0 {
		target += m - target%m
	}
	e.fill(p, target)
	return nil
}

func (e *Encoding) fill(p *Padding, target int) {
	for i := range e.Overflowing {
		e.Overflowing[i].fill(p, target)
	}
	n := target - e.Len()
	if n <= 0 {
		return
	}
	f := newEncoding(n)
	for range n {
		f.IDs = append(f.IDs, p.ID)
		f.TypeIDs = append(f.TypeIDs, p.TypeID)
		f.Tokens = append(f.Tokens, p.Token)
		f.Offsets = append(f.Offsets, [2]int{})
		f.AttentionMask = append(f.AttentionMask, 0)
		f.SpecialMask = append(f.SpecialMask, 1)
		f.WordIDs = append(f.WordIDs, -1)
	}
	if p.Side == Left {
		over := e.Overflowing
		f.join(e)
		*e = f
		e.Overflowing = over
		return
	}
	e.join(&f)
}

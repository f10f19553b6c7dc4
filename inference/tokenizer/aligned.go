package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// aligned is text on its way through the steps, each byte with the range of the input that it stands for.
//
// It follows NormalizedString of Hugging Face's tokenizers (tokenizer/normalizer.rs), oddities included: the offsets
// that a file gives are defined by that code.
type aligned struct {
	text  []byte
	align []extent // of each byte of text, relative to shift
	shift int32    // where this piece begins in the input
	size  int32    // bytes of the input that it covers
}

// extent is a range of bytes.
type extent struct{ from, to int32 }

// newAligned aligns a text with itself; the text must be valid UTF-8.
func newAligned(text string) *aligned {
	a := &aligned{text: []byte(text), align: make([]extent, len(text)), size: int32(len(text))}
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		for k := range n {
			a.align[i+k] = extent{int32(i), int32(i + n)}
		}
		i += n
	}
	return a
}

// origin returns the range of the input that bytes [from, to) stand for, relative to shift.
func (a *aligned) origin(from, to int32) extent {
	if from >= to {
		return extent{from, to}
	}
	return extent{a.align[from].from, a.align[to-1].to}
}

// slice returns bytes [from, to) as a piece of its own.
func (a *aligned) slice(from, to int32) *aligned {
	o := a.origin(from, to)
	s := &aligned{
		text:  slices.Clone(a.text[from:to]),
		align: make([]extent, to-from),
		shift: a.shift + o.from,
		size:  max(o.to-o.from, 0),
	}
	for i, e := range a.align[from:to] {
		s.align[i] = extent{e.from - o.from, e.to - o.from}
	}
	return s
}

// covered is the range of text that stands for the whole input: what transform replaces.
func (a *aligned) covered() (from, to int, ok bool) {
	if a.size == 0 {
		return 0, 0, true
	}
	from = -1
	for i, e := range a.align {
		if a.size < e.to {
			break
		}
		if from < 0 && e.from >= 0 && e.from != e.to {
			from = i
		}
		to = i + 1
	}
	switch {
	case from >= 0:
		return from, max(to, from), true
	case to > 0:
		return to, to, true
	}
	return 0, 0, false
}

// transform replaces the text by the changes; the first removed characters are gone before the first change.
func (a *aligned) transform(changes []change, removed int) {
	from, to, ok := a.covered()
	if !ok {
		return
	}
	old := a.text[from:to]
	at := 0 // in old: the next character that a change stands for
	skip := func(chars int) {
		for ; chars > 0 && at < len(old); chars-- {
			_, n := utf8.DecodeRune(old[at:])
			at += n
		}
	}
	skip(removed)
	text := make([]byte, 0, len(a.text))
	align := make([]extent, 0, len(a.text))
	text, align = append(text, a.text[:from]...), append(align, a.align[:from]...)
	for _, c := range changes {
		var e extent
		if i := from + at; c.delta > 0 {
			if i > 0 {
				e = a.align[i-1]
			}
		} else {
			e = a.align[min(i, len(a.align)-1)]
			skip(1 - c.delta)
		}
		text = utf8.AppendRune(text, c.r)
		for len(align) < len(text) {
			align = append(align, e)
		}
	}
	a.text, a.align = append(text, a.text[to:]...), append(align, a.align[to:]...)
}

// filter keeps the characters for which keep is true.
func (a *aligned) filter(keep func(r rune) bool) {
	changes := make([]change, 0, len(a.text))
	first := 0
	for i := 0; i < len(a.text); {
		r, n := utf8.DecodeRune(a.text[i:])
		i += n
		switch {
		case keep(r):
			changes = append(changes, change{r: r})
		case len(changes) == 0:
			first++
		default:
			changes[len(changes)-1].delta--
		}
	}
	a.transform(changes, first)
}

// prepend puts s before the text, aligned with the first character; an empty text stays empty.
func (a *aligned) prepend(s string) {
	if len(a.text) == 0 {
		return
	}
	a.text = append([]byte(s), a.text...)
	a.align = append(slices.Repeat(a.align[:1], len(s)), a.align...)
}

// replace writes content instead of each match, aligned with the last byte of the match.
func (a *aligned) replace(m matcher, content string) {
	from, to, ok := m.next(a.text, 0)
	if !ok {
		return
	}
	text := make([]byte, 0, len(a.text))
	align := make([]extent, 0, len(a.text))
	done := 0
	for ok {
		text, align = append(text, a.text[done:from]...), append(align, a.align[done:from]...)
		var e extent
		if to > 0 {
			e = a.align[to-1]
		}
		text = append(text, content...)
		for range len(content) {
			align = append(align, e)
		}
		done = to
		from, to, ok = m.next(a.text, done)
	}
	a.text, a.align = append(text, a.text[done:]...), append(align, a.align[done:]...)
}

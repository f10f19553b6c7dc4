package main

import (
	"errors"
	"fmt"
	"slices"

	"frontdesk/inference/tokenizer"
)

// ours answers with package tokenizer.
type ours struct{ t *tokenizer.Tokenizer }

// answer encodes a text, or a pair.
func (s ours) answer(q question, o tokenizer.Options) answer {
	var e tokenizer.Encoding
	var err error
	if q.hasPair {
		e, err = s.t.EncodePair(q.text, q.pair, o)
	} else {
		e, err = s.t.Encode(q.text, o)
	}
	if err != nil {
		return answer{err: err.Error()}
	}
	return fromEncoding(e)
}

func fromEncoding(e tokenizer.Encoding) answer {
	a := answer{ids: e.IDs, types: e.TypeIDs, attention: e.AttentionMask, special: e.SpecialMask, tokens: e.Tokens, words: e.WordIDs}
	for _, o := range e.Offsets {
		a.offsets = append(a.offsets, [2]int32{int32(o[0]), int32(o[1])})
	}
	for _, o := range e.Overflowing {
		a.overflow = append(a.overflow, fromEncoding(o))
	}
	return a
}

// checkHot compares the ids-only paths with what the oracle gives for the text as plain text; q has no pair.
func (p *proof) checkHot(q question, want answer) {
	what := ""
	ids := p.ours.t.AppendIDs(nil, q.text, unlimited)
	switch {
	case want.err != "":
		return
	case !slices.Equal(ids, want.ids):
		what = "AppendIDs"
	case p.ours.t.Count(q.text) != len(ids):
		what = "Count"
	}
	p.report.note(q, what, func() string { return fmt.Sprintf("  ours   %v\n  oracle %s\n", ids, show(want)) })
}

// unlimited is a limit that no text of the proof reaches.
const unlimited = 1 << 30

// cutting is one truncation, for both sides.
type cutting struct {
	strategy, side string
	max, stride    int
}

func (c cutting) String() string {
	return fmt.Sprintf("%s %s max %d stride %d", c.strategy, c.side, c.max, c.stride)
}

func (c cutting) oracle() *oracleTruncation {
	return &oracleTruncation{MaxLength: c.max, Strategy: c.strategy, Direction: c.side, Stride: c.stride}
}

func (c cutting) ours() *tokenizer.Truncation {
	t := &tokenizer.Truncation{MaxLength: c.max, Stride: c.stride}
	switch c.strategy {
	case "OnlyFirst":
		t.Strategy = tokenizer.OnlyFirst
	case "OnlySecond":
		t.Strategy = tokenizer.OnlySecond
	}
	if c.side == "left" {
		t.Side = tokenizer.Left
	}
	return t
}

// filling is one padding, for both sides.
type filling struct {
	length, multiple int
	side             string
	id, typ          int32
	token            string
}

func (f filling) String() string {
	return fmt.Sprintf("%d multiple of %d %s id %d type %d %s", f.length, f.multiple, f.side, f.id, f.typ, f.token)
}

func (f filling) oracle() *oraclePadding {
	return &oraclePadding{MaxLength: f.length, Direction: f.side, PadToMultipleOf: f.multiple, PadID: f.id, PadTypeID: f.typ, PadToken: f.token}
}

func (f filling) ours() *tokenizer.Padding {
	p := &tokenizer.Padding{ToLength: f.length, ToMultipleOf: f.multiple, ID: f.id, TypeID: f.typ, Token: f.token}
	if f.side == "left" {
		p.Side = tokenizer.Left
	}
	return p
}

// refused reports whether our side says that it does not implement a part.
func refused(err error) bool { return errors.Is(err, tokenizer.ErrUnsupported) }

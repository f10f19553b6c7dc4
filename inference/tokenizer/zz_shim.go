package tokenizer

// Temporary: owner A replaces this file with the full pipeline (AppendPieceIDs, Assemble, Encode, SpecialsPair).

func (t *Tokenizer) SpecialsPair() int { return t.Specials() + len(t.after) }

func (t *Tokenizer) AppendPieceIDs(dst []int32, text string) []int32 {
	x := t.AppendIDs(nil, text, 1<<30)
	return append(dst, x[len(t.before):len(x)-len(t.after)]...)
}

func (t *Tokenizer) Assemble(ids, types []int32, a, b []int32, pair bool, cut Truncation) ([]int32, []int32) {
	max := cut.MaxLength
	if !pair {
		if room := max - t.Specials(); max > 0 && len(a) > room {
			if cut.Side == Left {
				a = a[len(a)-room:]
			} else {
				a = a[:room]
			}
		}
		ids = append(append(append(ids, t.before...), a...), t.after...)
		return ids, types
	}
	room := max - t.SpecialsPair()
	for len(a)+len(b) > room {
		if len(a) > len(b) {
			a = a[:len(a)-1]
		} else {
			b = b[:len(b)-1]
		}
	}
	n := len(ids)
	ids = append(append(append(ids, t.before...), a...), t.after...)
	m := len(ids)
	ids = append(append(ids, b...), t.after...)
	if types != nil {
		for i := n; i < len(ids); i++ {
			if i < m {
				types = append(types, 0)
			} else {
				types = append(types, 1)
			}
		}
	}
	return ids, types
}

func (t *Tokenizer) Encode(text string, o Options) (Encoding, error) {
	return Encoding{}, ErrUnsupported
}

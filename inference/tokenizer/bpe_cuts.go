package tokenizer

import "unicode/utf8"

// cuts says where a word may be cut into parts that no merge ever joins, and what such a part becomes at once. Both
// follow from the merges, so ids stay what they are; text of a language that writes spaces is mostly such parts.
type cuts struct {
	opens []bool    // by id of a character: no merge joins it to another character before it
	first [256]bool // the same by byte: of a byte-level word, or the first byte of such a character
	words *trie     // tokens that their own text is merged to
}

// newCuts needs neither prefix nor suffix: then a merge joins the last character of its left token to the first one of
// its right token, as the vocabulary spells them, however they came about.
func (m *bpe) newCuts(unk *string) (*cuts, error) {
	open := map[rune]bool{}
	for _, token := range m.tokens {
		if r, n := utf8.DecodeRuneInString(token); n > 0 && n == len(token) {
			open[r] = true
		}
	}
	delete(open, '>') // pieces of bytes end like that
	if unk != nil {
		r, _ := utf8.DecodeLastRuneInString(*unk)
		delete(open, r)
	}
	m.merges.each(func(a, b int32) {
		left, _ := utf8.DecodeLastRuneInString(m.tokens[a])
		if right, _ := utf8.DecodeRuneInString(m.tokens[b]); left != right {
			delete(open, right)
		}
	})
	c := &cuts{opens: make([]bool, len(m.tokens))}
	for r := range open {
		if !m.byteLevel {
			c.opens[m.ids[string(r)]] = true
			c.first[string(r)[0]] = true
		} else if b, ok := byteOf(r); ok {
			c.first[b] = true
		}
	}
	whole := make(map[string]int32, len(m.tokens))
	s := &scratch{}
	for id, token := range m.tokens {
		if m.byteLevel {
			var ok bool
			if token, ok = unspell(token); !ok {
				continue
			}
		}
		if m.split([]byte(token), s); len(s.word) == 1 && s.word[0].id == int32(id) {
			whole[token] = int32(id)
		}
	}
	if len(whole) == 0 {
		return nil, nil //nolint:nilnil // no token is made of characters: nothing to know
	}
	var err error
	c.words, err = newTrie(whole, outside, func(token string) bool { return len(token) > 1 && token[:2] == outside })
	return c, err
}

// outside begins no UTF-8; a byte-level token that begins like that is left to the merges.
const outside = "\xff\xff"

// wordOfBytes returns the token of the part that text begins with, and its length; 0 = the merges have to say.
func (c *cuts) wordOfBytes(text []byte) (id int32, n int) {
	state := int32(0)
	for i, b := range text {
		if i > 0 && c.first[b] && b != text[i-1] {
			return c.found(state, i)
		}
		if state = c.words.next(state, b); state < 0 {
			return noID, 0
		}
	}
	return c.found(state, len(text))
}

// wordOfChars is wordOfBytes for words of characters.
func (c *cuts) wordOfChars(text []byte, chars *charTable) (id int32, n int) {
	state := int32(0)
	for i, b := range text {
		if i > 0 && c.first[b] {
			r, _ := utf8.DecodeRune(text[i:])
			if id := chars.get(r); id != noID && c.opens[id] {
				if before, _ := utf8.DecodeLastRune(text[:i]); before != r {
					return c.found(state, i)
				}
			}
		}
		if state = c.words.next(state, b); state < 0 {
			return noID, 0
		}
	}
	return c.found(state, len(text))
}

func (c *cuts) found(state int32, n int) (int32, int) {
	if id := c.words.cells[state].id; id != noID {
		return id, n
	}
	return noID, 0
}

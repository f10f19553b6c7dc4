package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// vocabulary maps tokens to ids and back.
type vocabulary struct {
	tokens []string
	ids    map[string]int32
}

// newVocabulary checks that the ids are 0…n-1, each once, and that all tokens are UTF-8.
func newVocabulary(ids map[string]int32) (vocabulary, error) {
	v := vocabulary{tokens: make([]string, len(ids)), ids: ids}
	given := make([]bool, len(ids))
	for token, id := range ids {
		if id < 0 || int(id) >= len(given) || given[id] {
			return v, fmt.Errorf("%w: id %d of %q is outside 0…%d or given twice", ErrInvalid, id, token, len(given)-1)
		}
		if !utf8.ValidString(token) {
			return v, fmt.Errorf("%w: piece of id %d is no UTF-8", ErrInvalid, id)
		}
		given[id] = true
		v.tokens[id] = token
	}
	return v, nil
}

func (v *vocabulary) size() int { return len(v.tokens) }

func (v *vocabulary) token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(v.tokens) {
		return "", false
	}
	return v.tokens[id], true
}

func (v *vocabulary) id(token string) (int32, bool) {
	id, ok := v.ids[token]
	return id, ok
}

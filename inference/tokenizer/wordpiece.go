package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// wordPiece is BERT's model: a word is split greedily into the longest known pieces.
type wordPiece struct {
	vocabulary

	trie    *trie // without special tokens, so that typed ones stay text
	whole   *trie // with them
	unk     int32
	maxWord int // characters; a longer word is unk
}

var _ model = (*wordPiece)(nil)

// newWordPiece reads the model part of a file. Special tokens are pieces only for a scratch that reveals them.
// bert says that a word never begins with the prefix, as BERT's pre-tokenizer has it.
func newWordPiece(raw json.RawMessage, special map[string]bool, bert bool) (*wordPiece, error) {
	var f struct {
		Unk      string           `json:"unk_token"`
		Prefix   *string          `json:"continuing_subword_prefix"`
		MaxChars *int             `json:"max_input_chars_per_word"`
		Vocab    map[string]int32 `json:"vocab"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("%w: model: %w", ErrInvalid, err)
	}
	m := &wordPiece{maxWord: 100}
	if f.MaxChars != nil && *f.MaxChars > 0 {
		m.maxWord = *f.MaxChars
	}
	var err error
	if m.vocabulary, err = newVocabulary(f.Vocab); err != nil {
		return nil, err
	}
	var ok bool
	if m.unk, ok = f.Vocab[f.Unk]; !ok {
		return nil, fmt.Errorf("%w: unk_token %q is not in the vocabulary", ErrInvalid, f.Unk)
	}
	prefix := "##"
	if f.Prefix != nil {
		prefix = *f.Prefix
	}
	if prefix == "" {
		return nil, fmt.Errorf("%w: model with an empty continuing_subword_prefix", ErrUnsupported)
	}
	if m.trie, err = newTrieOf(f.Vocab, prefix, !bert, func(p string) bool { return special[p] }); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	m.whole = m.trie
	for p := range special {
		if _, ok := f.Vocab[p]; ok {
			if m.whole, err = newTrieOf(f.Vocab, prefix, !bert, func(string) bool { return false }); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			break
		}
	}
	return m, nil
}

// appendIDs implements model; a word with an unknown rest is unk as a whole.
func (m *wordPiece) appendIDs(dst []int32, word []byte, _ *scratch) []int32 {
	if len(word) > m.maxWord && utf8.RuneCount(word) > m.maxWord {
		return append(dst, m.unk)
	}
	start, state := len(dst), m.trie.start
	for len(word) > 0 {
		id, n := m.trie.longest(state, word)
		if n == 0 {
			return append(dst[:start], m.unk)
		}
		dst = append(dst, id)
		word = word[n:]
		state = m.trie.inner
	}
	return dst
}

// appendPieces implements model.
func (m *wordPiece) appendPieces(dst []piece, word []byte, s *scratch) []piece {
	whole := piece{id: m.unk, to: int32(len(word))}
	if len(word) > m.maxWord && utf8.RuneCount(word) > m.maxWord {
		return append(dst, whole)
	}
	t := m.trie
	if s.reveal {
		t = m.whole
	}
	start, state := len(dst), t.start
	for at := 0; at < len(word); {
		id, n := t.longest(state, word[at:])
		if n == 0 {
			return append(dst[:start], whole)
		}
		dst = append(dst, piece{id: id, from: int32(at), to: int32(at + n)})
		at += n
		state = t.inner
	}
	return dst
}

package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe is byte pair encoding (Sennrich, Haddow, Birch 2016): a word begins as its characters, or its bytes, and the pair
// with the lowest rank is merged, leftmost first, until none is left.
type bpe struct {
	vocabulary

	merges merges
	plain  *merges // without those that make a special token, for text of users; nil = there are none such
	hidden []bool  // special tokens, by id; nil = none is in the vocabulary
	// Symbols that a word begins with, by place: 1 = first, 2 = last, 3 = both. Without prefix and suffix all are one.
	chars [4]*charTable
	raw   [4]*[256]int32 // byte-level only
	cuts  *cuts          // nil = words are merged as one
	whole map[string]int32
	unk   int32      // noID = none: what is unknown is left out
	bytes [256]int32 // pieces of single bytes; noID = none
	// prefix stands before every character but a word's first, suffix behind its last.
	prefix, suffix string
	byteLevel      bool
	fuse           bool // neighbouring unknown characters become one piece
	spell          bool // unknown characters are written as bytes
	wholeWords     bool // a word that is a token is that token, whatever the merges say
}

// symbol is a part of the word: a token and the bytes that it covers.
type symbol struct {
	id         int32
	size       int32
	prev, next int32
}

var _ model = (*bpe)(nil)

// newBPE reads the model part of a file. byteLevel says that words are raw bytes and that tokens are spelled in GPT-2's
// alphabet of bytes. Text becomes a special token only for a scratch that reveals them.
func newBPE(raw json.RawMessage, byteLevel bool, special map[string]bool) (*bpe, error) {
	var f struct {
		Dropout      *float64          `json:"dropout"`
		Unk          *string           `json:"unk_token"`
		Prefix       *string           `json:"continuing_subword_prefix"`
		Suffix       *string           `json:"end_of_word_suffix"`
		Fuse         bool              `json:"fuse_unk"`
		ByteFallback bool              `json:"byte_fallback"`
		IgnoreMerges bool              `json:"ignore_merges"`
		Vocab        map[string]int32  `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("%w: model: %w", ErrInvalid, err)
	}
	if f.Dropout != nil && *f.Dropout != 0 {
		return nil, fmt.Errorf("%w: model.dropout %v: ids would be random", ErrUnsupported, *f.Dropout)
	}
	if len(f.Vocab) == 0 {
		return nil, fmt.Errorf("%w: model.vocab is empty", ErrInvalid)
	}
	m := &bpe{unk: noID, byteLevel: byteLevel, fuse: f.Fuse, spell: f.ByteFallback, wholeWords: f.IgnoreMerges}
	var err error
	if m.vocabulary, err = newVocabulary(f.Vocab); err != nil {
		return nil, err
	}
	if f.Prefix != nil {
		m.prefix = *f.Prefix
	}
	if f.Suffix != nil {
		m.suffix = *f.Suffix
	}
	if f.Unk != nil {
		var ok bool
		if m.unk, ok = f.Vocab[*f.Unk]; !ok {
			return nil, fmt.Errorf("%w: model.unk_token %q is not in the vocabulary", ErrInvalid, *f.Unk)
		}
	}
	m.bytes = bytePieces(m.ids)
	if m.merges, err = m.readMerges(f.Merges); err != nil {
		return nil, err
	}
	m.hidden = hiddenIDs(&m.vocabulary, special, m.unk)
	m.plain = m.merges.without(m.hidden)
	m.begin()
	if m.byteLevel && m.spell {
		for b, c := range byteAlphabet() {
			if m.raw[0][b] == noID && m.spellable(string(c)) {
				return nil, fmt.Errorf("%w: model.byte_fallback of byte %#x, which ByteLevel has no token for", ErrUnsupported, b)
			}
		}
	}
	if m.prefix == "" && m.suffix == "" {
		if m.cuts, err = m.newCuts(f.Unk); err != nil {
			return nil, fmt.Errorf("%w: model.vocab: %w", ErrInvalid, err)
		}
	}
	return m, nil
}

// readMerges reads merges in both forms of the file: "a b" and ["a", "b"].
func (m *bpe) readMerges(raw []json.RawMessage) (merges, error) {
	table := newMerges(len(raw))
	for rank, entry := range raw {
		var pair []string
		if len(entry) > 0 && entry[0] == '"' {
			var line string
			if err := json.Unmarshal(entry, &line); err != nil {
				return merges{}, fmt.Errorf("%w: model.merges[%d]: %w", ErrInvalid, rank, err)
			}
			pair = strings.Split(line, " ")
		} else if err := json.Unmarshal(entry, &pair); err != nil {
			return merges{}, fmt.Errorf("%w: model.merges[%d]: %w", ErrInvalid, rank, err)
		}
		if len(pair) != 2 {
			return merges{}, fmt.Errorf("%w: model.merges[%d] is no pair", ErrInvalid, rank)
		}
		a, okA := m.ids[pair[0]]
		b, okB := m.ids[pair[1]]
		if !okA || !okB || len(pair[1]) < len(m.prefix) {
			return merges{}, fmt.Errorf("%w: model.merges[%d] names a token that is not in the vocabulary", ErrInvalid, rank)
		}
		id, ok := m.ids[pair[0]+pair[1][len(m.prefix):]]
		if !ok {
			return merges{}, fmt.Errorf("%w: model.merges[%d] makes %q, which is not in the vocabulary", ErrInvalid, rank, pair[0]+pair[1])
		}
		table.put(a, b, merge{rank: int32(rank), id: id})
	}
	return table, nil
}

// begin finds the tokens that a word begins with, for each place that it can stand at.
func (m *bpe) begin() {
	if m.byteLevel && m.wholeWords {
		m.whole = make(map[string]int32, len(m.tokens))
		for id, token := range m.tokens {
			if raw, ok := unspell(token); ok {
				m.whole[raw] = int32(id)
			}
		}
	} else if m.wholeWords {
		m.whole = m.ids
	}
	for place := range m.chars {
		before, after := m.prefix, ""
		if place&1 != 0 {
			before = ""
		}
		if place&2 != 0 {
			after = m.suffix
		}
		if place > 0 && m.prefix == "" && m.suffix == "" {
			m.chars[place], m.raw[place] = m.chars[0], m.raw[0]
			continue
		}
		if m.byteLevel {
			m.raw[place] = new([256]int32)
			for b, c := range byteAlphabet() {
				m.raw[place][b] = noID
				if id, ok := m.ids[before+string(c)+after]; ok {
					m.raw[place][b] = id
				}
			}
			continue
		}
		m.chars[place] = &charTable{}
		for token, id := range m.ids {
			if len(token) < len(before)+len(after) || !strings.HasPrefix(token, before) || !strings.HasSuffix(token, after) {
				continue
			}
			char := token[len(before) : len(token)-len(after)]
			if r, n := utf8.DecodeRuneInString(char); n > 0 && n == len(char) {
				m.chars[place].put(r, id)
			}
		}
	}
}

// appendIDs implements model.
func (m *bpe) appendIDs(dst []int32, word []byte, s *scratch) []int32 {
	if id, ok := m.token1(word, s); ok {
		return append(dst, id)
	}
	m.split(word, s)
	for i := range s.word {
		dst = append(dst, s.word[i].id)
	}
	return dst
}

// appendPieces implements model.
func (m *bpe) appendPieces(dst []piece, word []byte, s *scratch) []piece {
	if id, ok := m.token1(word, s); ok {
		return append(dst, piece{id: id, to: int32(len(word))})
	}
	m.split(word, s)
	at := int32(0) // runs past the word where prefix or suffix are written as bytes, as Hugging Face's offsets do
	for i := range s.word {
		n := s.word[i].size
		dst = append(dst, piece{id: s.word[i].id, from: at, to: at + n})
		at += n
	}
	return dst
}

// token1 returns the token that is the whole word, if that is asked for.
func (m *bpe) token1(word []byte, s *scratch) (int32, bool) {
	if !m.wholeWords {
		return 0, false
	}
	id, ok := m.whole[string(word)]
	return id, ok && (s.reveal || m.hidden == nil || !m.hidden[id])
}

// split writes the word's tokens to s.word.
func (m *bpe) split(word []byte, s *scratch) {
	s.word = s.word[:0]
	table, known := &m.merges, m.cuts
	if m.plain != nil {
		if s.reveal {
			known = nil // it knows what becomes of text of users
		} else {
			table = m.plain
		}
	}
	if m.byteLevel {
		m.splitBytes(word, s, table, known)
	} else {
		m.splitChars(word, s, table, known)
	}
}

// splitBytes is split for byte-level words.
func (m *bpe) splitBytes(word []byte, s *scratch, table *merges, known *cuts) {
	unknown, from, last := int32(0), 0, -1
	for i := 0; i < len(word); i++ {
		b := word[i]
		place := 0
		if i == 0 {
			place = 1
		}
		if i == len(word)-1 {
			place |= 2
		}
		id := m.raw[place][b]
		if known != nil && (i == 0 || int(b) != last && known.first[b] && id != noID) {
			m.flush(s, unknown)
			unknown = 0
			table.run(s, from)
			if id, n := known.wordOfBytes(word[i:]); n > 0 {
				s.add(id, int32(n))
				from, last = len(s.word), -1
				i += n - 1
				continue
			}
			from = len(s.word)
		}
		if id != noID {
			last = int(b)
		}
		unknown = m.symbol(s, id, 1, unknown)
	}
	m.flush(s, unknown)
	table.run(s, from)
}

// splitChars is split for words of characters.
func (m *bpe) splitChars(word []byte, s *scratch, table *merges, known *cuts) {
	unknown, from, last := int32(0), 0, rune(-1)
	for i := 0; i < len(word); {
		r, n := rune(word[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(word[i:])
		}
		place := 0
		if i == 0 {
			place = 1
		}
		if i+n == len(word) {
			place |= 2
		}
		id := m.chars[place].get(r)
		if known != nil && (i == 0 || r != last && id != noID && known.opens[id]) {
			m.flush(s, unknown)
			unknown = 0
			table.run(s, from)
			if id, n := known.wordOfChars(word[i:], m.chars[0]); n > 0 {
				s.add(id, int32(n))
				from, last = len(s.word), -1
				i += n
				continue
			}
			from = len(s.word)
		}
		if id == noID && m.spell && m.spellOut(s, word[i:i+n], place) {
			i += n
			last = -1
			continue
		}
		if id != noID {
			last = r
		}
		unknown = m.symbol(s, id, int32(n), unknown)
		i += n
	}
	m.flush(s, unknown)
	table.run(s, from)
}

// symbol adds a symbol of n bytes; id noID is unknown, and waits as unknown bytes for what follows it. It returns the
// unknown bytes that wait now.
func (m *bpe) symbol(s *scratch, id, n, unknown int32) int32 {
	switch {
	case id != noID:
		m.flush(s, unknown)
		s.add(id, n)
		return 0
	case m.unk == noID:
		return unknown // Hugging Face leaves the character out too
	case m.fuse:
		return unknown + n
	}
	m.flush(s, unknown)
	return n
}

// flush adds the unknown piece that waits.
func (m *bpe) flush(s *scratch, unknown int32) {
	if unknown > 0 {
		s.add(m.unk, unknown)
	}
}

// spellOut writes an unknown character as bytes, prefix and suffix included, if there are pieces for all of them.
func (m *bpe) spellOut(s *scratch, char []byte, place int) bool {
	before, after := m.prefix, ""
	if place&1 != 0 {
		before = ""
	}
	if place&2 != 0 {
		after = m.suffix
	}
	if !m.spellable(before) || !m.spellable(after) {
		return false
	}
	for _, b := range char {
		if m.bytes[b] == noID {
			return false
		}
	}
	for i := range len(before) {
		s.add(m.bytes[before[i]], 1)
	}
	for _, b := range char {
		s.add(m.bytes[b], 1)
	}
	for i := range len(after) {
		s.add(m.bytes[after[i]], 1)
	}
	return true
}

// spellable reports whether there is a piece for every byte.
func (m *bpe) spellable(text string) bool {
	for i := range len(text) {
		if m.bytes[text[i]] == noID {
			return false
		}
	}
	return true
}

// add appends a symbol to the word.
func (s *scratch) add(id, size int32) { s.word = append(s.word, symbol{id: id, size: size}) }

// charTable maps characters to ids in two stages.
type charTable struct {
	pages [(utf8.MaxRune >> 8) + 1]*[256]int32
}

func (t *charTable) put(r rune, id int32) {
	p := t.pages[r>>8]
	if p == nil {
		p = new([256]int32)
		for i := range p {
			p[i] = noID
		}
		t.pages[r>>8] = p
	}
	p[r&0xFF] = id
}

func (t *charTable) get(r rune) int32 {
	if p := t.pages[r>>8]; p != nil {
		return p[r&0xFF]
	}
	return noID
}

package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// unknownPenalty is how much worse than the worst piece an unknown character scores (SentencePiece's kUnkPenalty).
const unknownPenalty = 10.0

// unigram is SentencePiece's unigram language model: of all ways to cut a word into pieces, the one whose scores (log
// probabilities) add up to most (Kudo 2018). Neighbouring unknown characters become one unknown piece, or their bytes
// where the vocabulary has a piece for every byte of them.
//
// The search looks at each byte of the word once for every piece that begins there, so its time is at most the word's
// length times that of the longest piece.
type unigram struct {
	vocabulary

	trie   *trie
	scores []float64
	unk    int32      // noID = none: the vocabulary must then cover every text
	worst  float64    // score of an unknown character
	bytes  [256]int32 // pieces of single bytes; noID = none
	spell  bool       // unknown characters are written as bytes
	hidden []bool     // special tokens, by id, which text of users never becomes; nil = none is in the vocabulary
}

// node is the best way to a place in the word: the piece that ends there, where it began, and the score up to here.
type node struct {
	score float64
	from  int32 // -1 = no way leads here
	id    int32
}

var _ model = (*unigram)(nil)

// newUnigram reads the model part of a file. Special tokens are pieces only for a scratch that reveals them; the unknown
// piece, which stands for such text anyway, always is one.
func newUnigram(raw json.RawMessage, special map[string]bool) (*unigram, error) {
	var f struct {
		Unk          *int              `json:"unk_id"`
		ByteFallback bool              `json:"byte_fallback"`
		Vocab        []json.RawMessage `json:"vocab"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("%w: model: %w", ErrInvalid, err)
	}
	if len(f.Vocab) == 0 {
		return nil, fmt.Errorf("%w: model.vocab is empty", ErrInvalid)
	}
	if len(f.Vocab) > math.MaxInt32/2 {
		return nil, fmt.Errorf("%w: model.vocab has %d pieces", ErrInvalid, len(f.Vocab))
	}
	m := &unigram{unk: noID, spell: f.ByteFallback, scores: make([]float64, len(f.Vocab))}
	m.vocabulary = vocabulary{tokens: make([]string, len(f.Vocab)), ids: make(map[string]int32, len(f.Vocab))}
	least := math.Inf(1)
	for i, entry := range f.Vocab {
		var score json.Number
		pair := []any{&m.tokens[i], &score}
		err, ok := json.Unmarshal(entry, &pair), false
		if m.scores[i], ok = parseScore(score.String()); err != nil || len(pair) != 2 || !ok {
			return nil, fmt.Errorf("%w: model.vocab[%d] is no pair of a piece and its score", ErrInvalid, i)
		}
		if !utf8.ValidString(m.tokens[i]) {
			return nil, fmt.Errorf("%w: piece of id %d is no UTF-8", ErrInvalid, i)
		}
		m.ids[m.tokens[i]] = int32(i) // of pieces given twice the last counts
		least = min(least, m.scores[i])
	}
	if f.Unk != nil {
		if *f.Unk < 0 || *f.Unk >= len(f.Vocab) {
			return nil, fmt.Errorf("%w: model.unk_id %d is outside 0…%d", ErrInvalid, *f.Unk, len(f.Vocab)-1)
		}
		m.unk = int32(*f.Unk)
	}
	if m.unk == noID {
		return nil, fmt.Errorf("%w: model Unigram without unk_id, which has no tokens for unknown text", ErrUnsupported)
	}
	m.worst = least - unknownPenalty
	m.hidden = hiddenIDs(&m.vocabulary, special, m.unk)
	m.bytes = bytePieces(m.ids)
	var err error
	if m.trie, err = newPlainTrie(m.ids); err != nil {
		return nil, fmt.Errorf("%w: model.vocab: %w", ErrInvalid, err)
	}
	return m, nil
}

// hiddenIDs marks the special tokens of a vocabulary; nil when there is none.
func hiddenIDs(v *vocabulary, special map[string]bool, unk int32) []bool {
	var hidden []bool
	for token := range special {
		if id, ok := v.ids[token]; ok && id != unk {
			if hidden == nil {
				hidden = make([]bool, len(v.tokens))
			}
			hidden[id] = true
		}
	}
	return hidden
}

// newPlainTrie is a trie whose pieces all hang under start.
func newPlainTrie(ids map[string]int32) (*trie, error) {
	return newTrie(ids, "\xff\xff", func(string) bool { return false }) // no UTF-8 begins like that
}

// bytePieces finds SentencePiece's pieces of single bytes: <0x00> … <0xFF>.
func bytePieces(ids map[string]int32) (all [256]int32) {
	for b := range all {
		all[b] = noID
		if id, ok := ids[fmt.Sprintf("<0x%02X>", b)]; ok {
			all[b] = id
		}
	}
	return all
}

// appendIDs implements model.
func (m *unigram) appendIDs(dst []int32, word []byte, s *scratch) []int32 {
	m.each(word, s, func(p piece) { dst = append(dst, p.id) })
	return dst
}

// appendPieces implements model.
func (m *unigram) appendPieces(dst []piece, word []byte, s *scratch) []piece {
	m.each(word, s, func(p piece) { dst = append(dst, p) })
	return dst
}

// each yields the pieces of the best way, first to last.
func (m *unigram) each(word []byte, s *scratch, yield func(piece)) {
	if len(word) == 0 {
		return
	}
	m.search(word, s)
	ends := s.ends[:0]
	for at := int32(len(word)); at > 0; at = s.nodes[at].from {
		ends = append(ends, at)
	}
	s.ends = ends
	from := int32(0)
	for i, end := range slices.Backward(ends) {
		if n := s.nodes[end]; n.id != m.unk {
			yield(piece{id: n.id, from: n.from, to: end})
			from = end
			continue
		}
		if i > 0 && s.nodes[ends[i-1]].id == m.unk {
			continue // one unknown piece for all neighbours
		}
		m.unknown(word, from, end, s.reveal, yield)
		from = end
	}
}

// unknown yields what stands for a run that no piece covers.
func (m *unigram) unknown(word []byte, from, to int32, reveal bool, yield func(piece)) {
	if id, ok := m.ids[string(word[from:to])]; ok && (reveal || m.hidden == nil || !m.hidden[id]) { // joined, they may be a piece that was worth less than its parts
		yield(piece{id: id, from: from, to: to})
		return
	}
	if m.spell {
		whole := true
		for _, b := range word[from:to] {
			whole = whole && m.bytes[b] != noID
		}
		if whole {
			for _, b := range word[from:to] {
				yield(piece{id: m.bytes[b], from: from, to: to})
			}
			return
		}
	}
	yield(piece{id: m.unk, from: from, to: to})
}

// search fills s.nodes with the best way to each place. Of equal ways the one found first stays, as in Hugging Face's
// Unigram: starts ascending, at one start short pieces first.
func (m *unigram) search(word []byte, s *scratch) {
	if cap(s.nodes) <= len(word) {
		s.nodes = make([]node, len(word)+1)
	}
	nodes := s.nodes[:len(word)+1]
	s.nodes = nodes
	for i := range nodes {
		nodes[i].from = -1
	}
	nodes[0].score = 0
	for at := 0; at < len(word); {
		width := 1
		if word[at] >= utf8.RuneSelf {
			_, width = utf8.DecodeRune(word[at:])
		}
		here, single := nodes[at].score, false
		state := int32(0)
		for end := at; end < len(word); {
			if state = m.trie.next(state, word[end]); state < 0 {
				break
			}
			end++
			id := m.trie.cells[state].id
			if id == noID || m.hidden != nil && m.hidden[id] && !s.reveal {
				continue
			}
			n := &nodes[end]
			if score := m.scores[id] + here; n.from < 0 || score > n.score {
				*n = node{score: score, from: int32(at), id: id}
			}
			single = single || end-at == width
		}
		if !single {
			n := &nodes[at+width]
			if score := m.worst + here; n.from < 0 || score > n.score {
				*n = node{score: score, from: int32(at), id: m.unk}
			}
		}
		at += width
	}
}

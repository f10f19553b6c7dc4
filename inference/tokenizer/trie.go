package tokenizer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// trie is a double-array trie over the bytes of the vocabulary: one memory access a byte of text.
//
// Pieces that continue a word hang under the byte 0xFF, which no UTF-8 text contains, so both kinds share the arrays.
type trie struct {
	cells []cell
	start int32 // state before a word's first piece
	inner int32 // state before a continuing piece
}

// cell is one state: its parent, where its children begin, and the id of the piece that ends here (-1 = none).
type cell struct{ parent, base, id int32 }

const noID = -1

// maxPieceBytes bounds a piece, and with it the depth of the builder's recursion; real ones have less than 1,000 bytes.
const maxPieceBytes = 1 << 16

// newTrie builds the trie of a vocabulary whose continuing pieces begin with prefix.
func newTrie(vocab map[string]int32, prefix string, skip func(string) bool) (*trie, error) {
	return newTrieOf(vocab, prefix, false, skip)
}

// newTrieOf is newTrie; with literal, a word may also begin with a continuing piece as it is spelled.
func newTrieOf(vocab map[string]int32, prefix string, literal bool, skip func(string) bool) (*trie, error) {
	keys := make([]string, 0, len(vocab))
	ids := make(map[string]int32, len(vocab))
	for piece, id := range vocab {
		if piece == "" || skip(piece) {
			continue
		}
		if len(piece) > maxPieceBytes {
			return nil, fmt.Errorf("piece of id %d has %d bytes, more than %d", id, len(piece), maxPieceBytes)
		}
		key := piece
		if rest, ok := strings.CutPrefix(piece, prefix); ok && rest != "" {
			key = "\xff" + rest
			if literal {
				keys = append(keys, piece)
				ids[piece] = id
			}
		}
		keys = append(keys, key)
		ids[key] = id
	}
	if len(keys) == 0 {
		return nil, errors.New("the vocabulary is empty")
	}
	slices.Sort(keys)
	b := &builder{t: &trie{cells: []cell{{parent: -1, id: noID}}}, ids: ids, free: 1}
	b.place(0, keys, 0)
	b.t.inner = b.t.next(0, 0xFF)
	return b.t, nil
}

// next returns the child of state over byte c, or -1.
func (t *trie) next(state int32, c byte) int32 {
	at := t.cells[state].base + int32(c)
	if uint32(at) < uint32(len(t.cells)) && t.cells[at].parent == state {
		return at
	}
	return -1
}

// longest returns the id and length of the longest piece that text begins with; length 0 = none.
func (t *trie) longest(state int32, text []byte) (id int32, n int) {
	if state < 0 {
		return noID, 0
	}
	for i, c := range text {
		state = t.next(state, c)
		if state < 0 {
			break
		}
		if v := t.cells[state].id; v != noID {
			id, n = v, i+1
		}
	}
	return id, n
}

// builder places states, first fit.
type builder struct {
	t    *trie
	ids  map[string]int32
	free int32 // where the search begins: below it hardly a cell is free
}

// place gives state its children: the distinct bytes at depth of keys, which are sorted and share their first depth bytes.
func (b *builder) place(state int32, keys []string, depth int) {
	if len(keys[0]) == depth {
		b.t.cells[state].id = b.ids[keys[0]]
		keys = keys[1:]
	}
	if len(keys) == 0 {
		return
	}
	type group struct {
		c        byte
		from, to int
	}
	var groups []group
	for i, k := range keys {
		if n := len(groups); n > 0 && groups[n-1].c == k[depth] {
			groups[n-1].to = i + 1
		} else {
			groups = append(groups, group{k[depth], i, i + 1})
		}
	}
	first := int32(groups[0].c)
	from, full := max(b.free, first+1), 0
	base := from - first
search:
	for ; ; base++ {
		for i, g := range groups {
			if !b.isFree(base + int32(g.c)) {
				if i == 0 {
					full++
				}
				continue search
			}
		}
		break
	}
	if at := base + first; full*20 >= int(at-from+1)*19 {
		b.free = at // nearly full up to here: looking again would make the build quadratic (as in Darts)
	}
	b.t.cells[state].base = base
	for _, g := range groups {
		b.t.cells[base+int32(g.c)] = cell{parent: state, id: noID}
	}
	for _, g := range groups {
		b.place(base+int32(g.c), keys[g.from:g.to], depth+1)
	}
}

// isFree reports whether a cell is unused, growing the array to contain it.
func (b *builder) isFree(at int32) bool {
	for int(at) >= len(b.t.cells) {
		b.t.cells = append(b.t.cells, cell{parent: -1, id: noID})
	}
	return at != 0 && b.t.cells[at].parent == -1
}

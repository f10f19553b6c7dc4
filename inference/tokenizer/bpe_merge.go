package tokenizer

import "math"

// merge is what a pair becomes, and when.
type merge struct{ rank, id int32 }

// noMerge is the rank of a pair that is never merged.
const noMerge = math.MaxInt32

// merges maps pairs of tokens to their merge: open addressing, at most half full.
type merges struct {
	slots []mergeSlot
	shift uint
}

// mergeSlot has the pair as a<<32 | b, plus 1; 0 = free.
type mergeSlot struct {
	key   uint64
	value merge
}

func newMerges(n int) merges {
	bits := uint(4)
	for 1<<bits < 2*n {
		bits++
	}
	return merges{slots: make([]mergeSlot, 1<<bits), shift: 64 - bits}
}

// begin is where the search for a key begins: Fibonacci hashing (Knuth, TAOCP 3, 6.4).
func (t *merges) begin(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

func (t *merges) put(a, b int32, v merge) {
	key := uint64(uint32(a))<<32 | uint64(uint32(b)) + 1
	at := t.begin(key)
	for t.slots[at].key != 0 && t.slots[at].key != key {
		at = (at + 1) & uint64(len(t.slots)-1)
	}
	t.slots[at] = mergeSlot{key, v} // of pairs given twice the last counts
}

// get returns the merge of a pair; its rank is noMerge if there is none.
func (t *merges) get(a, b int32) merge {
	key := uint64(uint32(a))<<32 | uint64(uint32(b)) + 1
	for at := t.begin(key); ; at = (at + 1) & uint64(len(t.slots)-1) {
		switch s := &t.slots[at]; s.key {
		case key:
			return s.value
		case 0:
			return merge{rank: noMerge}
		}
	}
}

// each yields the pairs.
func (t *merges) each(yield func(a, b int32)) {
	for i := range t.slots {
		if key := t.slots[i].key; key != 0 {
			yield(int32((key-1)>>32), int32(uint32(key-1)))
		}
	}
}

// without returns the merges that make none of the hidden ids, or nil when that is all of them.
func (t *merges) without(hidden []bool) *merges {
	if hidden == nil {
		return nil
	}
	kept, all := newMerges(len(t.slots)/2), true
	t.each(func(a, b int32) {
		if v := t.get(a, b); hidden[v.id] {
			all = false
		} else {
			kept.put(a, b, v)
		}
	})
	if all {
		return nil
	}
	return &kept
}

// fewSymbols is up to which length looking at all pairs for each merge beats a heap (measured; words of a text rarely
// have more).
const fewSymbols = 24

// run merges the symbols of s.word from a place on.
func (t *merges) run(s *scratch, from int) {
	word := s.word[from:]
	switch {
	case len(word) < 2:
	case len(word) <= fewSymbols:
		s.word = s.word[:from+t.few(word)]
	default:
		s.word = s.word[:from+t.many(word, s)]
	}
}

// few merges a short word and returns how many symbols remain: it looks for the lowest rank among all pairs, leftmost
// first, as long as there is one.
func (t *merges) few(word []symbol) int {
	var pairs [fewSymbols]merge // of the pair that begins at a symbol
	ranks := pairs[:len(word)-1]
	for i := range ranks {
		ranks[i] = t.get(word[i].id, word[i+1].id)
	}
	for {
		best, at := int32(noMerge), 0
		for i := range ranks {
			if ranks[i].rank < best {
				best, at = ranks[i].rank, i
			}
		}
		if best == noMerge {
			return len(word)
		}
		word[at].id = ranks[at].id
		word[at].size += word[at+1].size
		word = append(word[:at+1], word[at+2:]...)
		ranks = append(ranks[:at], ranks[at+1:]...)
		if at > 0 {
			ranks[at-1] = t.get(word[at-1].id, word[at].id)
		}
		if at < len(ranks) {
			ranks[at] = t.get(word[at].id, word[at+1].id)
		}
	}
}

// many merges a long word with a heap of pairs over a linked list and returns how many symbols remain: n log n for n
// symbols, and the log is of pairs that can be merged, so that a megabyte without spaces takes a fraction of a second.
func (t *merges) many(word []symbol, s *scratch) int {
	heap := s.pairs[:0]
	for i := range word {
		word[i].prev, word[i].next = int32(i-1), int32(i+1)
	}
	for i := range len(word) - 1 {
		if v := t.get(word[i].id, word[i+1].id); v.rank != noMerge {
			heap = append(heap, uint64(v.rank)<<32|uint64(i))
		}
	}
	heap.order()
	last := int32(len(word))
	for len(heap) > 0 {
		top := heap.pop()
		at, rank := int32(uint32(top)), int32(top>>32)
		left := &word[at]
		if left.size == 0 || left.next == last {
			continue // 0 bytes = merged into the one before it
		}
		right := &word[left.next]
		v := t.get(left.id, right.id)
		if v.rank != rank {
			continue // one of the two has changed since
		}
		left.id = v.id
		left.size += right.size
		right.size = 0
		if left.next = right.next; left.next != last {
			word[left.next].prev = at
			if v := t.get(left.id, word[left.next].id); v.rank != noMerge {
				heap.push(uint64(v.rank)<<32 | uint64(at))
			}
		}
		if left.prev >= 0 {
			if v := t.get(word[left.prev].id, left.id); v.rank != noMerge {
				heap.push(uint64(v.rank)<<32 | uint64(left.prev))
			}
		}
	}
	s.pairs = heap
	n := 0
	for i := range word {
		if word[i].size > 0 {
			word[n] = word[i]
			n++
		}
	}
	return n
}

// uint64s is a binary heap, smallest first: rank in the upper half, place in the lower one.
type uint64s []uint64

// order makes a heap of any order.
func (h uint64s) order() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h *uint64s) push(x uint64) {
	*h = append(*h, x)
	a := *h
	for i := len(a) - 1; i > 0; {
		up := (i - 1) / 2
		if a[up] <= a[i] {
			return
		}
		a[up], a[i] = a[i], a[up]
		i = up
	}
}

func (h *uint64s) pop() uint64 {
	a := *h
	top := a[0]
	n := len(a) - 1
	a[0] = a[n]
	*h = a[:n]
	a[:n].down(0)
	return top
}

func (h uint64s) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

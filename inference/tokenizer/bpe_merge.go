package tokenizer

// fewSymbols is up to which length looking at all pairs for each merge beats a heap (measured; words of a text rarely
// have more).
const fewSymbols = 24

// few merges a short word: it looks for the lowest rank among all pairs, leftmost first, as long as there is one.
func (t *merges) few(s *scratch) {
	word := s.word
	var ranks [fewSymbols]merge // of the pair that begins at a symbol
	n := len(word)
	for i := range n - 1 {
		ranks[i] = t.get(word[i].id, word[i+1].id)
	}
	for n > 1 {
		best, at := int32(noMerge), 0
		for i := range n - 1 {
			if ranks[i].rank < best {
				best, at = ranks[i].rank, i
			}
		}
		if best == noMerge {
			break
		}
		word[at].id = ranks[at].id
		word[at].size += word[at+1].size
		copy(word[at+1:n], word[at+2:n])
		copy(ranks[at:n-1], ranks[at+1:n-1])
		n--
		if at > 0 {
			ranks[at-1] = t.get(word[at-1].id, word[at].id)
		}
		if at < n-1 {
			ranks[at] = t.get(word[at].id, word[at+1].id)
		}
	}
	s.word = word[:n]
}

// many merges a long word with a heap of pairs over a linked list: n log n for n symbols, and the log is of pairs
// that can be merged, so that a megabyte without spaces takes a fraction of a second.
func (t *merges) many(s *scratch) {
	word := s.word
	heap := s.pairs[:0]
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
			continue
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

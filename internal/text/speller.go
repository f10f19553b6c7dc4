package text

import (
	"cmp"
	"math"
	"slices"
)

// Limits of a [Speller]. They bound its memory: at most MaxSpellerWords × 29
// entries of 8 bytes (4.6 MB) beside the words, in practice a quarter of that.
const (
	// MaxSpellerWords is how many words a speller knows: of more, the most frequent.
	MaxSpellerWords = 20_000
	// spellerPrefix is how many letters of a word are indexed (Garbe's prefix
	// index): a slip behind them is found by the comparison.
	spellerPrefix = 7
	// twoSlips is the length in letters from which a word may hold two slips.
	twoSlips = 8
	// leastSpelled is the length of the shortest word that is corrected: anything is near three letters.
	leastSpelled = 4
	// maxSpelled is the length of the longest.
	maxSpelled = 24
	// maxCompared bounds the words compared for one that is misspelled.
	maxCompared = 256
)

// Speller finds the known word that a misspelled one was meant to be, by the
// symmetric delete algorithm (Garbe, "1000x faster spelling correction", 2012):
// two words within k slips of each other have a common form that is made by
// deleting at most k letters of each, so that only deletions need an index.
// Slips are those of Damerau (1964): a letter missing, too much, another one, or
// two exchanged. It knows lower-case Latin words only, is never changed once
// made, and is safe for concurrent use.
type Speller struct {
	words   []string // by falling frequency
	counts  []int32
	deletes []uint64 // hash of a form << 32 | word, sorted
}

// NewSpeller indexes the words of counts: those of letters a to z only, from
// four letters on, at most [MaxSpellerWords].
func NewSpeller(counts map[string]int32) *Speller {
	s := &Speller{words: make([]string, 0, len(counts))}
	for w := range counts {
		if len(w) >= leastSpelled && len(w) <= maxSpelled && plainWord(w) {
			s.words = append(s.words, w)
		}
	}
	slices.SortFunc(s.words, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	s.words = slices.Clip(s.words[:min(len(s.words), MaxSpellerWords)])
	s.counts = make([]int32, len(s.words))
	s.deletes = make([]uint64, 0, 10*len(s.words))
	for i, w := range s.words {
		s.counts[i] = counts[w]
		id := uint64(uint32(i))
		eachForm(w, func(h uint32) { s.deletes = append(s.deletes, uint64(h)<<32|id) })
	}
	slices.Sort(s.deletes)
	s.deletes = slices.Clip(slices.Compact(s.deletes))
	return s
}

// Correct returns the known word that w was most likely meant to be, and how
// unlikely a slip that would be: about 1 for one wrong letter, less for a
// neighbour on the keyboard or two letters exchanged. It returns "" for a word
// that is too short, holds anything but a to z, or is near none. Whether w is
// misspelled at all is for the caller to judge.
func (s *Speller) Correct(w string) (word string, cost float64) {
	if len(w) < leastSpelled || len(w) > maxSpelled || !plainWord(w) {
		return "", 0
	}
	budget := 1
	if len(w) >= twoSlips {
		budget = 2
	}
	best, bestScore, compared := -1, math.Inf(1), 0
	var seen [maxCompared]uint32
	eachForm(w, func(h uint32) {
		at, _ := slices.BinarySearch(s.deletes, uint64(h)<<32)
		for ; at < len(s.deletes) && s.deletes[at]>>32 == uint64(h) && compared < maxCompared; at++ {
			id := uint32(s.deletes[at])
			if slices.Contains(seen[:compared], id) {
				continue
			}
			seen[compared] = id
			compared++
			c, slips := slipCost(w, s.words[id], budget)
			if slips > budget {
				continue
			}
			if slips == 1 && c > 1.2 { // a short word's first letter: iphone is no phone
				continue
			}
			// A word ten times as frequent may be a third of a slip further away.
			if score := c - 0.15*math.Log(float64(1+s.counts[id])); score < bestScore || (score == bestScore && int(id) < best) {
				best, bestScore, cost = int(id), score, c
			}
		}
	})
	if best < 0 {
		return "", 0
	}
	return s.words[best], cost
}

func plainWord(w string) bool {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

// eachForm calls yield with the hash of w's prefix and of all that is made of it
// by deleting one letter, or two of long words.
func eachForm(w string, yield func(uint32)) {
	long := len(w) >= twoSlips-1 // one slip may have made it short
	w = w[:min(len(w), spellerPrefix)]
	yield(hashWithout(w, -1, -1))
	for i := range len(w) {
		yield(hashWithout(w, i, -1))
		for j := i + 1; long && j < len(w); j++ {
			yield(hashWithout(w, i, j))
		}
	}
}

// hashWithout is FNV-1a of w without the letters at i and j.
func hashWithout(w string, i, j int) uint32 {
	h := uint32(2166136261)
	for k := range len(w) {
		if k != i && k != j {
			h = (h ^ uint32(w[k])) * 16777619
		}
	}
	return h
}

// slipCost returns the cost of the cheapest slips that turn the word right into
// typed, and their number; budget+1 slips stand for more than budget. It is the
// restricted Damerau–Levenshtein distance with weights.
func slipCost(typed, right string, budget int) (cost float64, slips int) {
	if d := len(typed) - len(right); d > budget || -d > budget {
		return 0, budget + 1
	}
	type cell struct {
		cost  float64
		slips int
	}
	var rows [3][maxSpelled + 1]cell
	for j := range len(right) + 1 {
		rows[0][j] = cell{float64(j), j}
	}
	add := func(c cell, cost float64) cell { return cell{c.cost + cost, c.slips + 1} }
	for i := 1; i <= len(typed); i++ {
		row, above, twoAbove := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = cell{float64(i), i}
		least := i
		for j := 1; j <= len(right); j++ {
			a, b := typed[i-1], right[j-1]
			best := above[j-1]
			if a != b {
				best = add(best, exchangeCost(a, b))
			}
			better := func(c cell) {
				if c.slips < best.slips || (c.slips == best.slips && c.cost < best.cost) {
					best = c
				}
			}
			better(add(above[j], insertCost(typed, i-1)))
			better(add(row[j-1], insertCost(right, j-1)))
			if i > 1 && j > 1 && a == right[j-2] && typed[i-2] == b {
				better(add(twoAbove[j-2], 0.6))
			}
			row[j] = best
			least = min(least, best.slips)
		}
		if least > budget {
			return 0, budget + 1
		}
	}
	c := rows[len(typed)%3][len(right)]
	if typed[0] != right[0] { // the first letter is seldom wrong
		c.cost += 0.4
	}
	return c.cost, c.slips
}

// insertCost of the letter at i: a letter doubled or a double letter made single is a common slip.
func insertCost(w string, i int) float64 {
	if i > 0 && w[i] == w[i-1] {
		return 0.6
	}
	return 0.9
}

// exchangeCost of typing a for b.
func exchangeCost(a, b byte) float64 {
	switch {
	case keysTouch(a, b):
		return 0.7
	case isVowel(a) && isVowel(b):
		return 0.8
	}
	return 1.1
}

func isVowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'
}

// keysTouch reports whether two letters lie beside each other on a QWERTY keyboard.
func keysTouch(a, b byte) bool {
	ax, ay, okA := keyAt(a)
	bx, by, okB := keyAt(b)
	dx, dy := ax-bx, ay-by
	return okA && okB && dx*dx <= 2*2 && dy*dy <= 1 && (dy != 0 || dx*dx == 2*2)
}

// keyAt returns a key's place in half key widths and rows.
func keyAt(c byte) (x, y int, ok bool) {
	for y, row := range [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm"} {
		for i := range len(row) {
			if row[i] == c {
				return 2*i + y, y, true
			}
		}
	}
	return 0, 0, false
}

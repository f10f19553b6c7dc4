package text

import "unicode/utf8"

// GramBuckets is the number of buckets that [Grams] hashes into.
const GramBuckets = 1 << 17

// Grams calls yield with the bucket, below [GramBuckets], of every character
// n-gram of two to five code points in s, which is taken as normalised. The
// text is padded by a blank on both sides, so that beginnings and ends of words
// count. Two n-grams that share a bucket are one feature (the hashing trick,
// Weinberger et al. 2009).
func Grams(s string, yield func(bucket uint32)) {
	var ring [5]rune // the last five runes; a gram ends at the newest
	n := 0
	push := func(r rune) {
		copy(ring[:], ring[1:])
		ring[4] = r
		n++
		h := uint32(2166136261) // FNV-1a over runes, newest first
		for k := 1; k <= 5 && k <= n; k++ {
			h = (h ^ uint32(ring[5-k])) * 16777619
			if k > 1 {
				x := h ^ h>>15
				x *= 0x85ebca6b
				yield((x ^ x>>13) % GramBuckets)
			}
		}
	}
	push(' ')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		push(r)
	}
	push(' ')
}

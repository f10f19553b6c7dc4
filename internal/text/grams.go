package text

// GramBuckets is the number of buckets that [Grams] hashes into.
const GramBuckets = 1 << 17

// Grams calls yield with the bucket, below [GramBuckets], of every character
// n-gram of two to five code points in s, which is taken as normalised. The
// text is padded by a blank on both sides, so that beginnings and ends of words
// count. Two n-grams that share a bucket are one feature (the hashing trick,
// Weinberger et al. 2009).
func Grams(s string, yield func(bucket uint32)) {
	for _, b := range AppendGrams(nil, s) {
		yield(b)
	}
}

// AppendGrams appends the buckets of [Grams] to dst and returns it, in the same order.
func AppendGrams(dst []uint32, s string) []uint32 {
	var r1, r2, r3, r4 uint32 // the code points before, the newest first
	n := 0
	push := func(r uint32) {
		const prime = 16777619
		h := (2166136261 ^ r) * prime // FNV-1a over runes, newest first
		if n > 0 {
			h = (h ^ r1) * prime
			dst = append(dst, bucket(h))
		}
		if n > 1 {
			h = (h ^ r2) * prime
			dst = append(dst, bucket(h))
		}
		if n > 2 {
			h = (h ^ r3) * prime
			dst = append(dst, bucket(h))
		}
		if n > 3 {
			h = (h ^ r4) * prime
			dst = append(dst, bucket(h))
		}
		r1, r2, r3, r4 = r, r1, r2, r3
		n++
	}
	push(' ')
	for _, r := range s {
		push(uint32(r))
	}
	push(' ')
	return dst
}

// bucket mixes a hash into a bucket.
func bucket(h uint32) uint32 {
	x := h ^ h>>15
	x *= 0x85ebca6b
	return (x ^ x>>13) % GramBuckets
}

package signals

import (
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// Buckets is the number of features; n-grams are hashed into them (Weinberger et al. 2009).
const Buckets = 1 << 16

// MaxRunes is how much of a message is read, in characters: what a visitor wants or feels shows at once.
const MaxRunes = 400

// kinds of features, so that the word "a" and the n-gram "a" are two.
const (
	kindWord uint32 = iota + 1
	kindPair
	kindTriple
	kindGram
	kindShape
)

// Features returns the distinct features of a message, ascending. It is empty where there is no letter, digit, ! or ?.
func Features(message string) []uint32 {
	raw := clip(message, MaxRunes)
	words := tokens(text.Normalize(raw))
	if len(words) == 0 {
		return nil
	}
	ids := make([]uint32, 0, 8*len(words)+16)
	const edge = uint32(0x9E3779B9)
	before, last := edge, edge
	for i, w := range words {
		h := hash(w)
		ids = append(ids, bucket(kindWord, h), bucket(kindPair, last, h))
		if i > 0 {
			ids = append(ids, bucket(kindTriple, before, last, h))
		}
		ids = grams(ids, w)
		before, last = last, h
	}
	ids = append(ids, bucket(kindPair, last, edge), bucket(kindTriple, before, last, edge))
	ids = shape(ids, raw, len(words))
	slices.Sort(ids)
	return slices.Compact(ids)
}

// tokens cuts a normalised text: Latin and other words, Chinese characters one by one, and the marks ! and ?.
func tokens(n string) []string {
	var all []string
	start := -1
	flush := func(end int) {
		if start >= 0 {
			all = append(all, n[start:end])
			start = -1
		}
	}
	for i, r := range n {
		switch {
		case text.IsCJK(r), r == '!', r == '?':
			flush(i)
			all = append(all, n[i:i+utf8.RuneLen(r)])
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.M, r), r == '\'' && start >= 0:
			if start < 0 {
				start = i
			}
		default:
			flush(i)
		}
	}
	flush(len(n))
	return all
}

// grams appends the n-grams of three and four bytes of a Latin word with its ends. Bytes will do: a letter with an accent
// is two of them, and both are its own.
func grams(ids []uint32, w string) []uint32 {
	if len(w) < 2 || len(w) > 40 || w[0] >= 0xE0 { // 0xE0: Chinese and other scripts beyond Latin, Greek, Cyrillic
		return ids
	}
	var padded [42]byte
	padded[0] = '^'
	n := copy(padded[1:], w) + 1
	padded[n] = '$'
	n++
	for size := 3; size <= 4; size++ {
		for i := 0; i+size <= n; i++ {
			ids = append(ids, bucket(kindGram, hash(string(padded[i:i+size]))))
		}
	}
	return ids
}

// shape appends features of the text as a whole: its length, and what a raised voice looks like.
func shape(ids []uint32, raw string, words int) []uint32 {
	size := uint32(min(bits(words), 6))
	ids = append(ids, bucket(kindShape, 1, size))
	var letters, capitals, marks, han, foreign int
	for _, r := range raw {
		switch {
		case r == '!' || r == '！':
			marks++
		case text.IsCJK(r):
			han++
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				capitals++
			}
			if r > unicode.MaxASCII {
				foreign++
			}
		}
	}
	if letters >= 8 && capitals*10 >= letters*7 {
		ids = append(ids, bucket(kindShape, 2))
	}
	if marks >= 2 {
		ids = append(ids, bucket(kindShape, 3))
	}
	if han > 0 {
		ids = append(ids, bucket(kindShape, 4))
	}
	if foreign > 0 {
		ids = append(ids, bucket(kindShape, 5))
	}
	return ids
}

func bits(n int) int { return int(math.Log2(float64(n))) }

// hash is FNV-1a.
func hash[T string | []byte](s T) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// bucket mixes the parts of a feature into one number below Buckets.
func bucket(parts ...uint32) uint32 {
	h := uint32(2166136261)
	for _, p := range parts {
		h ^= p
		h *= 0x85ebca6b
		h ^= h >> 15
	}
	h *= 0xc2b2ae35
	return (h ^ h>>16) % Buckets
}

func clip(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}

package text

import (
	_ "embed"
	"strings"
)

// The tables are made by data/make.py from the Unicode Han database (UAX #38),
// the training texts and CC-CEDICT; strings, so that no caller can change them,
// and searched as they stand: they cost no memory but the program's own.
var (
	//go:embed data/simplified.txt
	simplifiedPairs string // a traditional and its simplified character, sorted
	//go:embed data/words.txt
	englishWords string // sorted, one a line
	//go:embed data/hanwords.txt
	hanWords string // two characters each, sorted
	//go:embed data/pinyin.txt
	pinyinTable string // "syllable characters others", sorted
	//go:embed data/pairs.txt
	commonPairs string // two characters each, the most frequent first
)

const (
	runeBytes = 3 // of a Chinese character in UTF-8, U+4E00 to U+9FFF
	pairBytes = 2 * runeBytes
)

// simplify returns the simplified form of a traditional Chinese character, and
// any other rune as it is.
func simplify(r rune) rune {
	if r < 0x4E00 || r > 0x9FFF {
		return r
	}
	low, high := 0, len(simplifiedPairs)/pairBytes
	for low < high {
		mid := (low + high) / 2
		if at := decode3(simplifiedPairs[mid*pairBytes:]); at == r {
			return decode3(simplifiedPairs[mid*pairBytes+runeBytes:])
		} else if at < r {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return r
}

// decode3 decodes a three-byte UTF-8 sequence.
func decode3(s string) rune {
	return rune(s[0]&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F)
}

// IsWord reports whether w is a correctly spelled, common English word in lower
// case. It knows some 36,000.
func IsWord(w string) bool {
	low, high := 0, len(englishWords) // of line starts: low is always one, and so is high
	for low < high {
		start := strings.LastIndexByte(englishWords[low:(low+high)/2], '\n') + 1 + low
		end := start + strings.IndexByte(englishWords[start:], '\n')
		switch c := strings.Compare(englishWords[start:end], w); {
		case c == 0:
			return true
		case c < 0:
			low = end + 1
		default:
			high = start
		}
	}
	return false
}

// IsHanWord reports whether the two characters are a common Chinese word in
// simplified characters.
func IsHanWord(a, b rune) bool {
	if !han(a) || !han(b) {
		return false
	}
	want := uint64(a)<<32 | uint64(b)
	low, high := 0, len(hanWords)/pairBytes
	for low < high {
		mid := (low + high) / 2
		at := hanWords[mid*pairBytes : (mid+1)*pairBytes]
		switch got := uint64(decode3(at))<<32 | uint64(decode3(at[runeBytes:])); {
		case got == want:
			return true
		case got < want:
			low = mid + 1
		default:
			high = mid
		}
	}
	return false
}

// han reports whether r is one of the characters that the tables know.
func han(r rune) bool { return r >= firstHan && r <= lastHan }

const firstHan, lastHan = 0x4E00, 0x9FFF

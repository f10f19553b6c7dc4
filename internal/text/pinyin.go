package text

import (
	"math"
	"strings"
)

// Syllable is a toneless syllable of Mandarin, numbered by [Han]; 0 is none.
type Syllable uint16

// maxReadings of a character that are kept; hardly one has more, tones aside.
const maxReadings = 3

// maxSyllable is the length of the longest syllable (zhuang).
const maxSyllable = 6

// Han is what is known of Chinese characters: how they are read (toneless
// pinyin, 6,763 characters of GB 2312) and which stand together in common texts. It
// takes some 300 KB, is never changed once made, and is safe for concurrent use.
type Han struct {
	names    []string                // by syllable
	chars    []string                // by syllable, the most frequent first
	numbers  map[string]Syllable     // by name
	readings [][maxReadings]Syllable // by character from firstHan on
	main     []Syllable              // the most frequent of them
	pairs    map[uint32]uint16       // rank of a common pair, from 1
}

// NewHan reads the tables.
func NewHan() *Han {
	h := &Han{
		names: []string{""}, chars: []string{""}, numbers: map[string]Syllable{},
		readings: make([][maxReadings]Syllable, lastHan-firstHan+1), main: make([]Syllable, lastHan-firstHan+1), pairs: make(map[uint32]uint16, len(commonPairs)/pairBytes),
	}
	for line := range strings.Lines(pinyinTable) {
		name, chars, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		s := Syllable(min(len(h.names), math.MaxUint16)) // there are some 400
		h.names, h.chars, h.numbers[name] = append(h.names, name), append(h.chars, strings.Replace(chars, " ", "", 1)), s
		side := false // behind the blank: it has another reading more often
		for _, r := range chars {
			if r == ' ' {
				side = true
				continue
			}
			if !side {
				h.main[r-firstHan] = s
			}
			all := &h.readings[r-firstHan]
			for i := range all {
				if all[i] == 0 {
					all[i] = s
					break
				}
			}
		}
	}
	for i := 0; i < len(commonPairs)/pairBytes; i++ {
		at := commonPairs[i*pairBytes:]
		h.pairs[PairKey(decode3(at), decode3(at[runeBytes:]))] = uint16(min(i+1, math.MaxUint16))
	}
	return h
}

// PairKey numbers a pair of Chinese characters; 0 if one of them is none.
func PairKey(a, b rune) uint32 {
	if !han(a) || !han(b) {
		return 0
	}
	return uint32(a-firstHan)<<16 | uint32(b-firstHan)
}

// PairOf is the inverse of [PairKey].
func PairOf(key uint32) (a, b rune) {
	return rune(key>>16) + firstHan, rune(key&0xFFFF) + firstHan
}

// Readings returns the readings of a character, in no order; those that are not there are 0.
func (h *Han) Readings(r rune) [maxReadings]Syllable {
	if !han(r) {
		return [maxReadings]Syllable{}
	}
	return h.readings[r-firstHan]
}

// SameSound reports whether the two characters have a reading in common, tones aside.
func (h *Han) SameSound(a, b rune) bool {
	for _, x := range h.Readings(a) {
		for _, y := range h.Readings(b) {
			if x != 0 && x == y {
				return true
			}
		}
	}
	return false
}

// Chars returns the characters read so: those that mostly are, then the others, the most frequent first.
func (h *Han) Chars(s Syllable) string { return h.chars[s] }

// Syllables returns how many there are, 0 included.
func (h *Han) Syllables() int { return len(h.names) }

// Rank returns the rank of a pair among the common ones, from 1; 0 if it is not
// common.
func (h *Han) Rank(a, b rune) int { return int(h.pairs[PairKey(a, b)]) }

// Pinyin spells each Chinese character of s by its most frequent reading, with
// blanks between, and leaves the rest as it is: 怎么退货 becomes "zen me tui huo".
func (h *Han) Pinyin(s string) string {
	var b strings.Builder
	last, spelled := rune(0), false // what stands before, and whether it was a syllable
	for _, r := range s {
		name := ""
		if han(r) {
			name = h.names[h.main[r-firstHan]]
		}
		if spelled && word(r) || name != "" && word(last) {
			b.WriteByte(' ')
		}
		if last, spelled = r, name != ""; spelled {
			b.WriteString(name)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// At calls yield for every syllable that letters begins with, its length in
// bytes beside it: "xian" begins with xi and xian.
func (h *Han) At(letters string, yield func(s Syllable, size int)) {
	for size := 1; size <= maxSyllable && size <= len(letters); size++ {
		if s, ok := h.numbers[letters[:size]]; ok {
			yield(s, size)
		}
	}
}

// Spells reports whether letters can be cut into syllables without rest.
func (h *Han) Spells(letters string) bool {
	if len(letters) == 0 || len(letters) > 64 {
		return false
	}
	reached := uint64(1) // bit i: the first i bytes can be cut; 64 is beyond and tested apart
	end := false
	for i := range len(letters) {
		if reached&(1<<i) == 0 {
			continue
		}
		h.At(letters[i:], func(_ Syllable, size int) {
			if i+size == len(letters) {
				end = true
			}
			reached |= 1 << (i + size) // beyond 63 the shift is 0
		})
	}
	return end
}

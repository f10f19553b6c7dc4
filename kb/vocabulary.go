package kb

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// Limits of a vocabulary, which keep it in memory for every site in use: some 10 MB
// at the most, below 1 MB for a hundred articles.
const (
	maxLatinWords = 60_000  // distinct; later ones are not corrected to
	maxNeighbours = 120_000 // distinct pairs of Latin words side by side; later ones are not split into
	maxAmounts    = 20_000  // distinct; later ones contradict no question
	maxHanPairs   = 120_000 // distinct pairs of Chinese characters; later ones are not corrected to
)

// vocabulary is what a question of a site can be put right with: the words that
// its variants are made of. It belongs to one epoch and is never changed once made.
type vocabulary struct {
	words      map[string]int32 // Latin words without digits, as written, by how many times
	stems      map[string]bool  // of words
	speller    *text.Speller
	neighbours map[uint64]struct{} // hash of two Latin words side by side
	seed       maphash.Seed

	pairs   map[uint32]int32    // Chinese pairs (text.PairKey) by how many times
	chars   map[rune]int32      // Chinese characters by how many times
	total   float64             // of chars
	sounds  [][]rune            // characters of the site by syllable, the most frequent first
	codes   map[string]struct{} // product codes, as text.Terms has them joined
	series  map[string]struct{} // the letters that codes begin with
	amounts map[amount]struct{} // named in questions and titles
	readers *readers
	list    wordList
	df      []map[string]int32 // terms, by language; the statistics' own
}

// terms reports whether some text of the site has this term.
func (v *vocabulary) terms(t string) bool {
	for _, df := range v.df {
		if df[t] > 0 {
			return true
		}
	}
	return false
}

// amount is a quantity as far as two texts can agree in it.
type amount struct {
	unit  string
	value float64
}

// readers are the tables and patterns that reading a question takes; one set is
// enough for a service, but none is kept beyond the statistics that use it.
type readers struct {
	han        *text.Han
	quantities *text.Quantities
}

func newReaders() *readers {
	return &readers{han: text.NewHan(), quantities: text.NewQuantities()}
}

func newVocabulary(variants []Variant) *vocabulary {
	v := &vocabulary{
		words: map[string]int32{}, stems: map[string]bool{}, neighbours: map[uint64]struct{}{}, seed: maphash.MakeSeed(),
		pairs: map[uint32]int32{}, chars: map[rune]int32{}, codes: map[string]struct{}{}, series: map[string]struct{}{}, amounts: map[amount]struct{}{}, readers: newReaders(),
	}
	for i := range variants {
		v.read(variants[i].Content)
		if variants[i].Kind != KindPassage && len(v.amounts) < maxAmounts {
			for _, q := range v.readers.quantities.Find(variants[i].Content) {
				v.amounts[amount{q.Unit, q.Value}] = struct{}{}
				v.amounts[amount{"", q.Number}] = struct{}{}
			}
		}
	}
	for c := range v.codes {
		v.series[strings.TrimRight(c, "0123456789")] = struct{}{}
	}
	v.speller = text.NewSpeller(v.words)
	for w := range v.words {
		v.stems[text.Stem(w)] = true
	}
	v.sounds = make([][]rune, v.readers.han.Syllables())
	for r, n := range v.chars {
		v.total += float64(n)
		for _, s := range v.readers.han.Readings(r) {
			if s != 0 {
				v.sounds[s] = append(v.sounds[s], r)
			}
		}
	}
	for _, chars := range v.sounds {
		slices.SortFunc(chars, func(a, b rune) int { return cmp.Or(cmp.Compare(v.chars[b], v.chars[a]), cmp.Compare(a, b)) })
	}
	return v
}

// read takes in a normalised text.
func (v *vocabulary) read(s string) {
	before := ""    // the Latin word just read, if only a blank follows it
	last := rune(0) // the Chinese character just read
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= 0xE3: // most of it Chinese
			r, size := decode(s[i:])
			if text.PairKey(r, r) != 0 {
				v.chars[r]++
				if key := text.PairKey(last, r); key != 0 && (len(v.pairs) < maxHanPairs || v.pairs[key] > 0) {
					v.pairs[key]++
				}
				last = r
			} else {
				last = 0
			}
			before = ""
			i += size
			continue
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(s) && alnum(s[end]) {
				end++
			}
			w := s[i:end]
			if letters(w) {
				v.word(w, before)
				before = w
			} else {
				v.code(w)
				if i > 1 && (s[i-1] == '-' || s[i-1] == '_') { // th-01
					start := i - 1
					for start > 0 && s[start-1] >= 'a' && s[start-1] <= 'z' {
						start--
					}
					v.code(s[start:i-1] + w)
				}
				before = ""
			}
			i, last = end, 0
			continue
		case c != ' ':
			before = ""
		}
		last = 0
		i++
	}
}

func (v *vocabulary) code(w string) {
	if len(w) < 12 && codePattern.MatchString(w) {
		v.codes[w] = struct{}{}
	}
}

func (v *vocabulary) word(w, before string) {
	if n := v.words[w]; n > 0 || len(v.words) < maxLatinWords {
		v.words[w] = n + 1
	}
	if before != "" && len(v.neighbours) < maxNeighbours {
		v.neighbours[v.pairHash(before, w)] = struct{}{}
	}
}

func (v *vocabulary) pairHash(a, b string) uint64 {
	return maphash.String(v.seed, a)*31 + maphash.String(v.seed, b)
}

// knows reports whether the site has this Latin word or another form of it.
func (v *vocabulary) knows(w string) bool {
	return v.words[w] > 0 || v.stems[text.Stem(w)]
}

// names reports whether a question or title of the site names this amount.
func (v *vocabulary) names(q text.Quantity) bool {
	if _, ok := v.amounts[amount{q.Unit, q.Value}]; ok {
		return true
	}
	_, ok := v.amounts[amount{"", q.Number}]
	return ok && q.Unit == ""
}

// adjoin reports whether two words stand side by side somewhere.
func (v *vocabulary) adjoin(a, b string) bool {
	_, ok := v.neighbours[v.pairHash(a, b)]
	return ok
}

// has reports whether the site has every pair of s, a Chinese word of two characters or more.
func (v *vocabulary) has(s string) bool {
	last, pairs := rune(0), 0
	for _, r := range s {
		if last != 0 {
			if v.pairs[text.PairKey(last, r)] == 0 {
				return false
			}
			pairs++
		}
		last = r
	}
	return pairs > 0
}

func alnum(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '\'' }

// letters reports whether w is made of letters and apostrophes only.
func letters(w string) bool { return !strings.ContainsAny(w, "0123456789") }

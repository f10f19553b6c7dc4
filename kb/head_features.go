package kb

import (
	"hash/fnv"
	"math"
	"slices"

	"frontdesk/internal/text"
)

// The blocks of the head's input, each of length 1 before its weight: words and
// pairs of words, character n-grams of two to five, the encoder's vector
// (shared/MODELS.md, finding 2).
const (
	headWords = 1.0
	headChars = 1.0
	headDense = 1.5
)

// wordFeature marks hashes of words; those below are buckets of [text.Grams].
const wordFeature = 1 << 31

// headSpace knows which features a knowledge base has and how rare each is.
type headSpace struct {
	hashes []uint32  // ascending
	idf    []float32 // of each
	unseen float32   // of what no text has
}

// sparse is a vector with few entries, by feature, ascending.
type sparse struct {
	at []uint32
	x  []float32
}

// clip gives back the room that repeated and unknown features were given.
func (v sparse) clip() sparse { return sparse{slices.Clone(v.at), slices.Clone(v.x)} }

// newHeadSpace collects the features of texts, which are normalised, that at
// least least of them have.
func newHeadSpace(texts []string, least int) headSpace {
	df := map[uint32]int32{}
	for _, s := range texts {
		last := uint32(0)
		for i, h := range rawFeatures(s) {
			if i == 0 || h != last {
				df[h]++
			}
			last = h
		}
	}
	s := headSpace{hashes: make([]uint32, 0, len(df)), unseen: headIDF(len(texts), 0)}
	for h, n := range df {
		if int(n) >= least {
			s.hashes = append(s.hashes, h)
		}
	}
	slices.Sort(s.hashes)
	s.idf = make([]float32, len(s.hashes))
	for i, h := range s.hashes {
		s.idf[i] = headIDF(len(texts), df[h])
	}
	return s
}

// headIDF is smoothed as scikit-learn's TfidfTransformer.
func headIDF(n int, df int32) float32 {
	return float32(1 + math.Log(float64(1+n)/float64(1+df)))
}

// rawFeatures returns the hashes of all features of s, ascending, with repeats.
func rawFeatures(s string) []uint32 {
	out := make([]uint32, 0, 6*len(s))
	text.Grams(s, func(b uint32) { out = append(out, b) })
	before := ""
	hash := fnv.New32a()
	for _, t := range text.TermsOf(s) {
		hash.Reset()
		_, _ = hash.Write([]byte(t))
		out = append(out, hash.Sum32()|wordFeature)
		if before != "" {
			hash.Reset()
			_, _ = hash.Write([]byte(before + " " + t))
			out = append(out, hash.Sum32()|wordFeature)
		}
		before = t
	}
	slices.Sort(out)
	return out
}

// vector returns the words and n-grams of s, each block at its weight's
// length. What the knowledge base does not have counts towards the length
// only: a question of mostly unknown words lies far from everything.
func (h headSpace) vector(s string) sparse {
	raw := rawFeatures(s)
	v := sparse{at: make([]uint32, 0, len(raw)), x: make([]float32, 0, len(raw))}
	var chars, words float64
	firstWord, from := -1, 0
	for i := 0; i < len(raw); {
		j := i + 1
		for j < len(raw) && raw[j] == raw[i] {
			j++
		}
		n, known := slices.BinarySearch(h.hashes[from:], raw[i])
		from += n
		x := h.unseen
		if known {
			x = h.idf[from]
		}
		x *= 1 + float32(math.Log(float64(j-i)))
		if raw[i] < wordFeature {
			chars += float64(x) * float64(x)
		} else {
			words += float64(x) * float64(x)
			if firstWord < 0 {
				firstWord = len(v.at)
			}
		}
		if known {
			v.at, v.x = append(v.at, uint32(from)), append(v.x, x)
		}
		i = j
	}
	if firstWord < 0 {
		firstWord = len(v.at)
	}
	scale(v.x[:firstWord], headChars, chars)
	scale(v.x[firstWord:], headWords, words)
	return v
}

// scale multiplies x so that a vector whose squares sum up to sum gets length.
func scale(x []float32, length, sum float64) {
	if sum == 0 {
		return
	}
	f := float32(length / math.Sqrt(sum))
	for i := range x {
		x[i] *= f
	}
}

package evalset

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// The streams of PCG keep draws of one seed apart from each other.
const (
	streamShots  = 0x73686f7473 // "shots"
	streamHalves = 0x68616c7665 // "halve"
	streamHold   = 0x686f6c6421 // "hold!"
	streamPick   = 0x7069636b21 // "pick!"
)

// byLabel shuffles the rows of each label by seed and label alone: other labels
// change nothing. It returns the labels sorted.
func byLabel(rows []Row, seed, stream uint64) (labels []string, shuffled map[string][]Row) {
	shuffled = map[string][]Row{}
	for _, r := range rows {
		shuffled[r.Label] = append(shuffled[r.Label], r)
	}
	labels = Labels(rows)
	for _, label := range labels {
		h := fnv.New64a()
		_, _ = h.Write([]byte(label))
		rng := rand.New(rand.NewPCG(seed, stream^h.Sum64())) //nolint:gosec // a draw that can be repeated, not a secret
		list := shuffled[label]
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return labels, shuffled
}

// Shots draws k rows of each label; the rest is what was not drawn, in the order
// of rows. Of one seed, the draw of a smaller k lies within that of a larger one.
// Labels with fewer rows give all they have and are named in the notes. It
// returns [ErrData] if k is less than 1 or there is no row.
func Shots(rows []Row, k int, seed uint64) (drawn, rest []Row, notes Notes, err error) {
	if k < 1 || len(rows) == 0 {
		return nil, nil, notes, fmt.Errorf("draw %d rows a label out of %d: %w", k, len(rows), ErrData)
	}
	labels, lists := byLabel(rows, seed, streamShots)
	taken := make(map[int]bool, k*len(labels))
	for _, label := range labels {
		list := lists[label]
		if len(list) < k {
			notes.Small = append(notes.Small, label)
		}
		for _, r := range list[:min(k, len(list))] {
			drawn = append(drawn, r)
			taken[r.Line] = true
		}
	}
	for _, r := range rows {
		if !taken[r.Line] {
			rest = append(rest, r)
		}
	}
	return drawn, rest, notes, nil
}

// Halves cuts rows in two by seed, stratified by label: of an odd number, the
// row left over goes to A and to B by turns. Both keep the order of rows.
func Halves(rows []Row, seed uint64) (a, b []Row) {
	labels, lists := byLabel(rows, seed, streamHalves)
	inA := make(map[int]bool, len(rows)/2)
	odd := 0
	for _, label := range labels {
		n := len(lists[label]) / 2
		if len(lists[label])%2 == 1 {
			n += 1 - odd%2
			odd++
		}
		for _, r := range lists[label][:n] {
			inA[r.Line] = true
		}
	}
	for _, r := range rows {
		if inA[r.Line] {
			a = append(a, r)
		} else {
			b = append(b, r)
		}
	}
	return a, b
}

// HoldBack takes a part (0–1) of each label's rows out by seed, rounded to whole
// rows, at least one of a label with two rows or more and never all of them.
func HoldBack(rows []Row, part float64, seed uint64) (kept, held []Row) {
	labels, lists := byLabel(rows, seed, streamHold)
	out := map[int]bool{}
	for _, label := range labels {
		list := lists[label]
		n := int(part*float64(len(list)) + 0.5)
		n = min(max(n, 1), len(list)-1)
		for _, r := range list[:max(0, n)] {
			out[r.Line] = true
		}
	}
	for _, r := range rows {
		if out[r.Line] {
			held = append(held, r)
		} else {
			kept = append(kept, r)
		}
	}
	return kept, held
}

// Cluster is a set of texts that ask the same.
type Cluster struct {
	ID    int      // from 1, by the first text's place
	Texts []string // distinct by [text.Key], in the order of the file
}

// Clusters joins the texts of pairs that are the same, and what is the same as
// those (union–find). Every text is in one cluster; most clusters have one text.
func Clusters(pairs []Pair) []Cluster {
	f := forest{index: map[string]int{}}
	for _, p := range pairs {
		a, b := f.add(p.A), f.add(p.B)
		if p.Same {
			f.join(a, b)
		}
	}
	return f.clusters()
}

// PickOne takes one text of each cluster with two texts or more, by seed; the
// clusters that are returned are without them. Index i of asked belongs to the
// cluster with the id of[i].
func PickOne(clusters []Cluster, seed uint64) (rest []Cluster, asked []string, of []int) {
	rng := rand.New(rand.NewPCG(seed, streamPick)) //nolint:gosec // a draw that can be repeated, not a secret
	for _, c := range clusters {
		if len(c.Texts) > 1 {
			at := rng.IntN(len(c.Texts))
			asked, of = append(asked, c.Texts[at]), append(of, c.ID)
			c.Texts = slices.Delete(slices.Clone(c.Texts), at, at+1)
		}
		rest = append(rest, c)
	}
	return rest, asked, of
}

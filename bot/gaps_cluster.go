package bot

import (
	"slices"

	"frontdesk/internal/text"
	"frontdesk/kb"
)

// How questions are gathered. Measured with the bundled encoder on labelled
// questions in random order (docs/bot-desk.md, "How questions are gathered").
const (
	// gapJoin is the least mean cosine to the nearest questions of a gap to join it.
	gapJoin = 0.68
	// gapNear is the least to be proposed for merging.
	gapNear = 0.5
	// gapVoices is over how many of a gap's nearest questions the mean is taken: one
	// odd question in a gap does not pull in others.
	gapVoices = 3
	// gapNeighbours is how many placed questions are looked at.
	gapNeighbours = 96
)

// GapNeighbour is a placed question near to a new one.
type GapNeighbour struct {
	Gap      int64
	Question string
	Cosine   float64
}

// gatherer chooses the gap that a question belongs to.
type gatherer struct{ twins *kb.Twins }

// place returns the gap that a question joins, 0 for a new one, and how near it
// is to that one's questions. near comes best first. A gap that holds a question
// with another code, number, direction or sense is not joined, however near.
func (g gatherer) place(question string, near []GapNeighbour) (gap int64, typical float64) {
	asked := text.Normalize(question)
	key := text.Key(asked)
	scores := map[int64][]float64{}
	apart := map[int64]bool{}
	var order []int64
	for _, n := range near {
		other := text.Normalize(n.Question)
		if apart[n.Gap] || key != text.Key(other) && g.twins.Apart(asked, other) {
			apart[n.Gap] = true
			continue
		}
		if _, seen := scores[n.Gap]; !seen {
			order = append(order, n.Gap)
		}
		scores[n.Gap] = append(scores[n.Gap], n.Cosine)
	}
	for _, id := range order {
		if apart[id] {
			continue
		}
		s := scores[id]
		slices.SortFunc(s, func(a, b float64) int {
			if a > b {
				return -1
			}
			return 1
		})
		s = s[:min(gapVoices, len(s))]
		mean := 0.0
		for _, c := range s {
			mean += c / float64(len(s))
		}
		if s[0] >= 0.999 { // the same words: however odd the gap's other questions
			mean = s[0]
		}
		if mean >= gapJoin && mean > typical {
			gap, typical = id, mean
		}
	}
	return gap, typical
}

// like reports whether two gaps' near questions may be one question.
func (g gatherer) like(pairs [][2]string) bool {
	return !slices.ContainsFunc(pairs, func(p [2]string) bool { return g.twins.Apart(text.Normalize(p[0]), text.Normalize(p[1])) })
}

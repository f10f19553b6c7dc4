package evalset

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"frontdesk/internal/text"
)

// Row is a labelled text.
type Row struct {
	Line  int    // of its file, from 1
	Text  string // blanks folded
	Label string
}

// Notes counts what a reader or a cut left out, and why.
type Notes struct {
	Rows       int      `json:"rows"`                 // read
	Duplicates int      `json:"duplicates,omitempty"` // the same text with the same label again: dropped
	Ambiguous  int      `json:"ambiguous,omitempty"`  // the same text with another label: the first row stays
	Leaks      int      `json:"leaks,omitempty"`      // questions that stand in the knowledge base too: dropped
	Small      []string `json:"small,omitempty"`      // labels with fewer rows than asked for: all of them are used
	Empty      []string `json:"empty,omitempty"`      // labels that have no row left: no article is made of them
}

// add sums two counts.
func (n Notes) add(o Notes) Notes {
	n.Rows += o.Rows
	n.Duplicates += o.Duplicates
	n.Ambiguous += o.Ambiguous
	n.Leaks += o.Leaks
	n.Small = append(slices.Clone(n.Small), o.Small...)
	n.Empty = append(slices.Clone(n.Empty), o.Empty...)
	return n
}

// Merge sums the counts of several files.
func Merge(all ...Notes) Notes {
	var sum Notes
	for _, n := range all {
		sum = sum.add(n)
	}
	return sum
}

// String describes what was left out; empty if nothing was.
func (n Notes) String() string {
	s := ""
	say := func(count int, what string) {
		if count > 0 {
			if s != "" {
				s += "; "
			}
			s += strconv.Itoa(count) + " " + what
		}
	}
	say(n.Duplicates, "duplicate rows dropped")
	say(n.Ambiguous, "rows dropped whose text has another label before")
	say(n.Leaks, "questions dropped that stand in the knowledge base too")
	say(len(n.Small), "labels with fewer rows than asked for")
	say(len(n.Empty), "labels without a row of their own left out")
	return s
}

// ReadIntents reads "text<TAB>label" lines. Two texts are the same if they have
// the same [text.Key]; of the same ones the first stays. A label whose rows all
// went that way is named in the notes. Errors wrap [ErrData].
func ReadIntents(r io.Reader) ([]Row, Notes, error) {
	var rows []Row
	var notes Notes
	seen, named := map[string]string{}, map[string]int{} // label of a key; rows of a label
	err := Lines(r, func(l Line) error {
		cells, err := columns(l, 2, "text<TAB>label")
		if err != nil {
			return err
		}
		notes.Rows++
		named[cells[1]] += 0
		key := text.Key(cells[0])
		if key == "" {
			return fmt.Errorf("line %d: the text has no letter and no digit: %w", l.N, ErrData)
		}
		if label, ok := seen[key]; ok {
			if label == cells[1] {
				notes.Duplicates++
			} else {
				notes.Ambiguous++
			}
			return nil
		}
		seen[key] = cells[1]
		named[cells[1]]++
		rows = append(rows, Row{Line: l.N, Text: cells[0], Label: cells[1]})
		return nil
	})
	for label, n := range named {
		if n == 0 {
			notes.Empty = append(notes.Empty, label)
		}
	}
	slices.Sort(notes.Empty)
	return rows, notes, err
}

// Pair is two texts and whether they ask the same.
type Pair struct {
	Line int
	A, B string
	Same bool
}

// ReadPairs reads "a<TAB>b<TAB>1" (the same) and "…<TAB>0" (not) lines. A pair
// that occurs again is dropped and counted. Errors wrap [ErrData].
func ReadPairs(r io.Reader) ([]Pair, Notes, error) {
	const want = "a<TAB>b<TAB>1 or 0"
	var pairs []Pair
	var notes Notes
	seen := map[[2]string]bool{} // whether they were said to be the same
	err := Lines(r, func(l Line) error {
		cells, err := columns(l, 3, want)
		if err != nil {
			return err
		}
		if cells[2] != "0" && cells[2] != "1" {
			return fmt.Errorf("line %d: column 3 is %.20q (%s): %w", l.N, cells[2], want, ErrData)
		}
		notes.Rows++
		same := cells[2] == "1"
		key := [2]string{cells[0], cells[1]}
		if before, ok := seen[key]; ok {
			if before == same {
				notes.Duplicates++
			} else {
				notes.Ambiguous++
			}
			return nil
		}
		seen[key] = same
		pairs = append(pairs, Pair{Line: l.N, A: cells[0], B: cells[1], Same: same})
		return nil
	})
	return pairs, notes, err
}

// Labels returns the labels of rows, sorted.
func Labels(rows []Row) []string {
	seen := map[string]bool{}
	var out []string
	for _, r := range rows {
		if !seen[r.Label] {
			seen[r.Label] = true
			out = append(out, r.Label)
		}
	}
	slices.Sort(out)
	return out
}

// Without returns the rows whose label is not among labels, and those whose label is.
func Without(rows []Row, labels ...string) (rest, taken []Row) {
	for _, r := range rows {
		if slices.Contains(labels, r.Label) {
			taken = append(taken, r)
		} else {
			rest = append(rest, r)
		}
	}
	return rest, taken
}

// DropLeaks returns the questions that do not stand among known, whose label
// does not matter, and how many were dropped.
func DropLeaks(known, questions []Row) (clean []Row, dropped int) {
	have := make(map[string]bool, len(known))
	for _, r := range known {
		have[text.Key(r.Text)] = true
	}
	for _, q := range questions {
		if have[text.Key(q.Text)] {
			dropped++
		} else {
			clean = append(clean, q)
		}
	}
	return clean, dropped
}

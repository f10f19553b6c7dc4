package kb

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// DiffOp says what became of a piece of text.
type DiffOp string

// The pieces of a difference.
const (
	DiffSame   DiffOp = "same"
	DiffAdded  DiffOp = "added"
	DiffGone   DiffOp = "gone"
	maxDiffOps        = 1_000_000 // steps of the search for the shortest difference; beyond, the texts count as wholly other
)

// DiffPiece is a run of words, of Chinese of characters, of one text or both.
type DiffPiece struct {
	Op   DiffOp
	Text string
}

// FieldDiff is what became of a field. Entries of lists are compared as wholes;
// one that was reworded is gone and added.
type FieldDiff struct {
	Field  string // as in the API: "answer", "questions", "audience"
	Pieces []DiffPiece
}

// DiffSide names a side of a comparison.
type DiffSide struct {
	Version uint32 // 0 = the working copy
}

// Diff compares two versions of a translation, or one with its working copy, and
// returns the fields that differ. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Diff(ctx context.Context, actor identity.Actor, site int32, id, locale string, from, to DiffSide) ([]FieldDiff, error) {
	if err := mayRead(actor, "compare versions"); err != nil {
		return nil, err
	}
	a, err := e.side(ctx, actor, site, id, locale, from)
	if err != nil {
		return nil, err
	}
	b, err := e.side(ctx, actor, site, id, locale, to)
	if err != nil {
		return nil, err
	}
	return DiffArticles(a, b), nil
}

func (e *Editorial) side(ctx context.Context, actor identity.Actor, site int32, id, locale string, s DiffSide) (Article, error) {
	if s.Version == 0 {
		d, err := e.store.Draft(ctx, actor.Scope, site, id, locale)
		return d.Article, err
	}
	return e.store.Version(ctx, actor.Scope, site, id, locale, s.Version)
}

// DiffArticles returns the fields in which b differs from a, in the order of the editor.
func DiffArticles(a, b Article) []FieldDiff {
	var out []FieldDiff
	add := func(field string, pieces []DiffPiece) {
		if slices.ContainsFunc(pieces, func(p DiffPiece) bool { return p.Op != DiffSame }) {
			out = append(out, FieldDiff{Field: field, Pieces: pieces})
		}
	}
	value := func(field, a, b string) {
		if a != b {
			add(field, appendPiece(appendPiece(nil, DiffGone, a), DiffAdded, b))
		}
	}
	add("title", DiffText(a.Title, b.Title))
	add("questions", diffList(a.Questions, b.Questions))
	add("answer", DiffText(a.Answer, b.Answer))
	add("tags", diffList(a.Tags, b.Tags))
	value("department", strconv.Itoa(int(a.Department)), strconv.Itoa(int(b.Department)))
	value("audience", a.Audience.String(), b.Audience.String())
	value("floor", strconv.FormatFloat(a.Floor, 'g', -1, 64), strconv.FormatFloat(b.Floor, 'g', -1, 64))
	value("handover", strconv.FormatBool(a.Handover), strconv.FormatBool(b.Handover))
	add("next", diffList(a.Next, b.Next))
	value("owner", a.Owner, b.Owner)
	value("review_at", timeText(a.ReviewAt), timeText(b.ReviewAt))
	value("expires_at", timeText(a.ExpiresAt), timeText(b.ExpiresAt))
	return out
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// DiffText returns the shortest difference of two texts by words, Chinese by characters.
func DiffText(a, b string) []DiffPiece {
	return tidy(diff(diffWords(a), diffWords(b)))
}

// diffList compares lists entry by entry; each piece is one entry.
func diffList(a, b []string) []DiffPiece { return diff(a, b) }

// diffWords cuts a text into words, runs of blanks, and single signs and Chinese characters; joined they are the text.
func diffWords(s string) []string {
	var out []string
	start, kind := 0, ' '
	for i, r := range s {
		k := 's'
		switch {
		case text.IsCJK(r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			k = 'w'
		case r == ' ' || r == '\t':
			k = 'b'
		}
		if i > start && (k != kind || k == 's') {
			out = append(out, s[start:i])
			start = i
		}
		kind = k
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// diff is Myers' greedy search for a shortest edit script ("An O(ND) Difference
// Algorithm", Algorithmica 1986, figure 2) after the common ends are cut off.
func diff(a, b []string) []DiffPiece {
	var head, tail []DiffPiece
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, DiffPiece{DiffSame, a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, DiffPiece{DiffSame, a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(tail)
	return append(append(head, shortest(a, b)...), tail...)
}

func shortest(a, b []string) []DiffPiece {
	n, m := len(a), len(b)
	replaced := func() (out []DiffPiece) {
		for _, s := range a {
			out = append(out, DiffPiece{DiffGone, s})
		}
		for _, s := range b {
			out = append(out, DiffPiece{DiffAdded, s})
		}
		return out
	}
	if n == 0 || m == 0 {
		return replaced()
	}
	most := n + m
	reach := make([]int, 2*most+1) // by diagonal + most: how far along a
	var trace [][]int
	work := 0
	for d := 0; d <= most; d++ {
		if work += 2*d + 1; work > maxDiffOps {
			return replaced()
		}
		trace = append(trace, slices.Clone(reach[most-d:most+d+1]))
		for k := -d; k <= d; k += 2 {
			x := 0
			if d > 0 {
				if k == -d || (k != d && reach[most+k-1] < reach[most+k+1]) {
					x = reach[most+k+1]
				} else {
					x = reach[most+k-1] + 1
				}
			}
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			reach[most+k] = x
			if x >= n && x-k >= m {
				return walkBack(a, b, trace)
			}
		}
	}
	return replaced()
}

// walkBack reads the way from the end through what was reached before each step.
func walkBack(a, b []string, trace [][]int) []DiffPiece {
	var out []DiffPiece
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		before := trace[d] // of steps before d, diagonals -d to d
		at := func(k int) int { return before[k+d] }
		k := x - y
		prev := k - 1
		if k == -d || (k != d && at(k-1) < at(k+1)) {
			prev = k + 1
		}
		px := at(prev)
		py := px - prev
		for x > px && y > py {
			x, y = x-1, y-1
			out = append(out, DiffPiece{DiffSame, a[x]})
		}
		if x == px {
			y--
			out = append(out, DiffPiece{DiffAdded, b[y]})
		} else {
			x--
			out = append(out, DiffPiece{DiffGone, a[x]})
		}
	}
	for x > 0 {
		x--
		out = append(out, DiffPiece{DiffSame, a[x]})
	}
	slices.Reverse(out)
	return out
}

// tidy joins neighbours of one kind, gone before added, and takes single blanks
// between two changes into them: people read phrases.
func tidy(pieces []DiffPiece) []DiffPiece {
	var out []DiffPiece
	var gone, added strings.Builder
	flush := func() {
		if gone.Len() > 0 {
			out = appendPiece(out, DiffGone, gone.String())
		}
		if added.Len() > 0 {
			out = appendPiece(out, DiffAdded, added.String())
		}
		gone.Reset()
		added.Reset()
	}
	for i, p := range pieces {
		switch {
		case p.Op == DiffGone:
			gone.WriteString(p.Text)
		case p.Op == DiffAdded:
			added.WriteString(p.Text)
		case strings.TrimLeft(p.Text, " \t") == "" && gone.Len() > 0 && added.Len() > 0 && i+1 < len(pieces) && pieces[i+1].Op != DiffSame:
			gone.WriteString(p.Text)
			added.WriteString(p.Text)
		default:
			flush()
			out = appendPiece(out, DiffSame, p.Text)
		}
	}
	flush()
	return out
}

func appendPiece(out []DiffPiece, op DiffOp, s string) []DiffPiece {
	if s == "" {
		return out
	}
	if n := len(out); n > 0 && out[n-1].Op == op {
		out[n-1].Text += s
		return out
	}
	return append(out, DiffPiece{op, s})
}

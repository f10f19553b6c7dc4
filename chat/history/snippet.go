package history

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Segment is a piece of a snippet; Hit says that it was searched for.
type Segment struct {
	Text string
	Hit  bool
}

const (
	snippetRunes = 140 // about
	snippetLead  = 36  // before the first hit
)

// snippetOf cuts the piece of s that shows most of what was searched for.
// Without a hit it is the beginning. Segments are plain text.
func snippetOf(s string, m *match) (out []Segment, hits int) {
	n := mapNormal(s)
	spans, hits := m.find(n.runes)
	spans = merge(spans)
	from, to := 0, len(n.runes)
	if to > snippetRunes {
		from = window(spans)
		to = min(to, from+snippetRunes)
	}
	add := func(a, b int, hit bool) {
		if b > a && n.from[b] > n.from[a] {
			out = append(out, Segment{Text: s[n.from[a]:n.from[b]], Hit: hit})
		}
	}
	if from > 0 {
		out = append(out, Segment{Text: "…"})
	}
	at := from
	for _, h := range spans {
		if h.to <= from || h.from >= to {
			continue
		}
		h.from, h.to = max(h.from, from), min(h.to, to)
		add(at, h.from, false)
		add(h.from, h.to, true)
		at = h.to
	}
	add(at, to, false)
	if to < len(n.runes) {
		out = append(out, Segment{Text: "…"})
	}
	return out, hits
}

// window returns the beginning of the piece that has most hits.
func window(spans []span) int {
	best, most := 0, 0
	for i := range spans {
		n := 0
		for _, s := range spans[i:] {
			if s.to > spans[i].from+snippetRunes-snippetLead {
				break
			}
			n++
		}
		if n > most {
			best, most = spans[i].from, n
		}
	}
	return max(0, best-snippetLead)
}

// merge sorts spans and joins those that touch.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// firstRunes cuts s to n code points.
func firstRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

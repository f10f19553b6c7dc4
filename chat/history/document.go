package history

import (
	"slices"
	"strconv"
	"strings"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// PartRows is how many rows of a conversation are found together: words of one
// search may stand in different messages, as far as they lie this close.
const PartRows = 32

// PartOf returns the part that holds a row.
func PartOf(seq uint32) int32 { return int32((max(seq, 1) - 1) / PartRows) }

// Marks are what the index knows of a part beside its words.
const (
	markBlock      = "#b"
	markDepartment = "#d"
	markAgent      = "#a"
	markContact    = "#c"
	markNote       = "#n"
)

const (
	// BlockBits says how many parts, by id, one block mark spans: 2^12. Searches go back through time in blocks.
	BlockBits = 12
	// maxPlace is the last place that a tsvector tells apart (PostgreSQL, textsearch limitations).
	maxPlace = 16383
	// maxVectorBytes keeps a part below tsvector's megabyte; words beyond it are not found.
	maxVectorBytes = 600 << 10
)

// Vector returns the part's terms as PostgreSQL reads a tsvector.
func (p *Part) Vector() string {
	places := map[string][]int{}
	size, at := 0, 1
	add := func(s string) {
		if s == "" {
			return
		}
		var found []token
		found, at = tokens([]rune(text.Normalize(s)), at)
		at += gap
		for i := range found {
			t := &found[i]
			have, known := places[t.term]
			if !known {
				size += len(t.term) + 8
			}
			size += 2
			if size > maxVectorBytes {
				return
			}
			place := min(t.at, maxPlace)
			if n := len(have); n == 0 || have[n-1] != place && n < 200 {
				places[t.term] = append(have, place)
			}
		}
	}
	for i := range p.Rows {
		for _, s := range Spoken(&p.Rows[i]) {
			add(s)
		}
	}
	add(p.Contact.Name)
	add(p.Contact.Email)
	for _, mark := range p.marks() {
		places[mark] = nil
	}
	return vectorText(places)
}

// Spoken returns the texts of a row that a search may find. Those of notes and
// of colleagues' reasons are for staff, as search is.
func Spoken(r *chat.Row) []string {
	switch r.Kind {
	case chat.KindMessage, chat.KindNote, chat.KindEmail:
		return []string{r.Content}
	case chat.KindTransferred, chat.KindReleased:
		return []string{r.Data.Reason}
	}
	return nil
}

func (p *Part) marks() []string {
	marks := []string{markDepartment + strconv.Itoa(int(p.Department)), markContact + p.Contact.ID}
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Kind == chat.KindNote {
			marks = append(marks, markNote)
		}
		if r.Author.Kind == chat.AuthorAgent && r.Author.ID != "" {
			marks = append(marks, markAgent+r.Author.ID)
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

func vectorText(places map[string][]int) string {
	var b strings.Builder
	for term, at := range places {
		writeLexeme(&b, term)
		for i, place := range at {
			if i == 0 {
				b.WriteByte(':')
			} else {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(place))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// writeLexeme quotes a term as tsvector and tsquery read it.
func writeLexeme(b *strings.Builder, term string) {
	b.WriteByte('\'')
	for _, r := range term {
		if r == '\'' || r == '\\' {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
}

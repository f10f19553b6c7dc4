package documents

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"frontdesk/kb"
)

// sections collects text under headings, as Markdown.
type sections struct {
	done  []kb.Section
	path  []heading
	now   kb.Section
	buf   *strings.Builder
	size  int  // of all text
	glued bool // no blank lines: inside a list's entry
	where string
}

type heading struct {
	level int
	title string
}

func newSections() sections { return sections{buf: &strings.Builder{}} }

// full says that the document has as much as may be read.
func (s *sections) full() bool { return s.size > maxTextBytes || len(s.done) > maxSections }

// heading ends the section before and begins the one under it.
func (s *sections) heading(level int, title, anchor string) {
	s.flush()
	for len(s.path) > 0 && s.path[len(s.path)-1].level >= level {
		s.path = s.path[:len(s.path)-1]
	}
	s.path = append(s.path, heading{level, title})
	s.size += len(title)
	s.now = kb.Section{Anchor: anchor, Where: s.where}
	for _, h := range s.path {
		s.now.Path = append(s.now.Path, h.title)
	}
}

// flush keeps the section so far, if it says anything.
func (s *sections) flush() {
	s.now.Text = tidy(s.buf.String())
	s.buf.Reset()
	if s.now.Text != "" {
		s.done = append(s.done, s.now)
	}
	s.now = kb.Section{Where: s.where, Path: slices.Clone(s.now.Path)}
}

// end returns all sections.
func (s *sections) end() []kb.Section {
	s.flush()
	return s.done
}

// text writes words; blanks and line breaks between them are one blank.
func (s *sections) text(t string) {
	words := strings.Fields(t)
	if len(words) == 0 {
		if t != "" {
			s.blank()
		}
		return
	}
	if unicode.IsSpace(rune(t[0])) {
		s.blank()
	}
	s.raw(strings.Join(words, " "))
	if unicode.IsSpace(rune(t[len(t)-1])) {
		s.raw(" ")
	}
}

// blank writes a blank unless one stands there, or the line is empty.
func (s *sections) blank() {
	if b := s.buf.String(); b != "" && !strings.HasSuffix(b, " ") && !strings.HasSuffix(b, "\n") {
		s.raw(" ")
	}
}

// raw writes as it is.
func (s *sections) raw(t string) {
	if s.full() {
		return
	}
	s.size += len(t)
	s.buf.WriteString(t)
}

// line ends the line, if it has anything.
func (s *sections) line() {
	if b := s.buf.String(); b != "" && !strings.HasSuffix(b, "\n") {
		s.buf.WriteByte('\n')
	}
}

// block leaves a blank line.
func (s *sections) block() {
	if s.glued {
		s.blank()
		return
	}
	s.line()
	if b := s.buf.String(); b != "" && !strings.HasSuffix(b, "\n\n") {
		s.buf.WriteByte('\n')
	}
}

// keepOnLine runs write without blank lines between paragraphs.
func (s *sections) keepOnLine(write func()) {
	before := s.glued
	s.glued = true
	write()
	s.glued = before
}

// capture returns what write wrote instead of keeping it. Headings inside begin sections nevertheless.
func (s *sections) capture(write func()) string {
	before := s.buf
	s.buf = &strings.Builder{}
	write()
	inner := s.buf.String()
	s.buf = before
	s.size -= len(inner)
	return inner
}

// tidy trims lines and leaves at most one blank line in a row.
func tidy(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t\u00a0")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// tableLine writes a row: two cells as "name: value", more with bars between.
func tableLine(cells []string) string {
	if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
		return ""
	}
	if len(cells) == 2 && cells[0] != "" && cells[1] != "" {
		return "- " + cells[0] + ": " + cells[1]
	}
	return "- " + strings.Join(cells, " | ")
}

// safeTarget says that a link may lead there.
func safeTarget(href string) bool {
	lower := strings.ToLower(href)
	for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
		if strings.HasPrefix(lower, scheme) {
			return len(href) <= 2000
		}
	}
	return false
}

// escapeTarget makes an address fit between the parentheses of a Markdown link.
func escapeTarget(href string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "\n", "", "\t", "").Replace(href)
}

func itoa(n int) string { return strconv.Itoa(n) }

package documents

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"

	"frontdesk/kb"
)

// Limits of a PDF.
const (
	maxPDFPages = 1000
	maxPDFBytes = 64 << 20
)

// pdfLine is a line of a page, in the order in which the file draws it.
type pdfLine struct {
	page    int
	y, size float64
	bold    bool
	text    string
}

// readPDF reads a PDF's text. There is no structure in it: lines are what is
// drawn at one height, headings are what is drawn larger than most, or bold and short.
func readPDF(ctx context.Context, content io.ReaderAt, size, limit int64) (d kb.Document, err error) {
	if size > maxPDFBytes {
		return d, refuse("the PDF is larger than %d MB", maxPDFBytes>>20)
	}
	if err := checkStreams(ctx, content, size, limit); err != nil {
		return d, err
	}
	defer func() { // the library's way of saying that a file is damaged
		if p := recover(); p != nil {
			d, err = kb.Document{}, refuse("the PDF is damaged or encrypted; print it to a new PDF and try that")
		}
	}()
	file, err := pdf.NewReader(content, size)
	if err != nil {
		return d, refuse("the PDF is damaged or encrypted; print it to a new PDF and try that")
	}
	pages := file.NumPage()
	if pages > maxPDFPages {
		return d, refuse("the PDF has more than %d pages", maxPDFPages)
	}
	var lines []pdfLine
	total := 0
	for n := 1; n <= pages; n++ {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		for _, l := range pageLines(file.Page(n), n) {
			if total += len(l.text); total > maxTextBytes {
				return d, refuse("the PDF has more than %d MB of text", maxTextBytes>>20)
			}
			lines = append(lines, l)
		}
	}
	lines = withoutRunning(lines, pages)
	d.Title = pdfTitle(file)
	d.Sections = pdfSections(lines)
	if d.Title == "" && len(d.Sections) > 0 && len(d.Sections[0].Path) > 0 {
		d.Title = d.Sections[0].Path[0]
	}
	return d, nil
}

func pdfTitle(file *pdf.Reader) (title string) {
	defer func() { _ = recover() }() // a damaged title is none
	title = strings.Join(strings.Fields(file.Trailer().Key("Info").Key("Title").Text()), " ")
	if strings.HasPrefix(title, "Microsoft Word - ") || strings.ContainsRune(title, '\uFFFD') {
		return ""
	}
	return title
}

// pageLines reads one page; a page that cannot be read has none.
func pageLines(p pdf.Page, number int) (lines []pdfLine) {
	defer func() { _ = recover() }()
	var now pdfLine
	var out strings.Builder
	end, last := 0.0, rune(0)
	flush := func() {
		if now.text = strings.Join(strings.Fields(out.String()), " "); now.text != "" {
			lines = append(lines, now)
		}
		out.Reset()
		end, last = 0, 0
	}
	for _, t := range p.Content().Text {
		if t.S == "\n" || t.S == "" || t.FontSize <= 0 {
			continue
		}
		same := out.Len() > 0 && abs(t.Y-now.y) < 0.5*max(t.FontSize, now.size)
		if !same {
			flush()
			now = pdfLine{page: number, y: t.Y, size: t.FontSize, bold: isBold(t.Font)}
		}
		r := []rune(t.S)[0]
		if gap := t.X - end; same && end > 0 && gap > 0.18*t.FontSize && last != ' ' && (!isWideRune(last) || !isWideRune(r)) {
			out.WriteByte(' ')
		}
		out.WriteString(t.S)
		last, end = r, 0
		if t.W > 0 { // composite fonts have no widths here: nothing can be said about gaps
			end = t.X + t.W
		}
		if out.Len() > 64<<10 {
			flush()
		}
	}
	flush()
	return lines
}

func isBold(font string) bool {
	lower := strings.ToLower(font)
	return strings.Contains(lower, "bold") || strings.Contains(lower, "black") || strings.Contains(lower, "heavy") || strings.Contains(lower, "simhei")
}

func abs(x float64) float64 { return max(x, -x) }

func isWideRune(r rune) bool { return r >= 0x2e80 && r <= 0xffef }

// withoutRunning drops lines that stand on most pages: running heads, page numbers.
func withoutRunning(lines []pdfLine, pages int) []pdfLine {
	if pages < 3 {
		return lines
	}
	key := func(l pdfLine) string {
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '0'
			}
			return r
		}, l.text)
		return fmt.Sprintf("%.0f %s", l.y/4, strings.ReplaceAll(strings.ReplaceAll(digits, "00", "0"), "00", "0"))
	}
	on := map[string]map[int]bool{}
	for _, l := range lines {
		k := key(l)
		if on[k] == nil {
			on[k] = map[int]bool{}
		}
		on[k][l.page] = true
	}
	return slices.DeleteFunc(lines, func(l pdfLine) bool { return len(on[key(l)])*2 > pages })
}

// pdfSections cuts lines at headings and joins the rest to paragraphs.
func pdfSections(lines []pdfLine) []kb.Section {
	weight := map[float64]int{}
	for _, l := range lines {
		weight[half(l.size)] += len(l.text)
	}
	body, most := 0.0, -1
	for size, n := range weight {
		if n > most || (n == most && size < body) {
			body, most = size, n
		}
	}
	var larger []float64 // of headings, largest first: the first is of level 1
	for size := range weight {
		if size >= body*1.15 {
			larger = append(larger, size)
		}
	}
	slices.SortFunc(larger, func(a, b float64) int { return int(2 * (b - a)) })
	out := newSections()
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		out.where = fmt.Sprintf("page %d", l.page)
		level := headingLevel(l, body, larger)
		if level == 0 {
			var before *pdfLine
			if i > 0 && headingLevel(lines[i-1], body, larger) == 0 {
				before = &lines[i-1]
			}
			writeLine(&out, before, l)
			continue
		}
		title := l.text
		for i+1 < len(lines) && lines[i+1].page == l.page && half(lines[i+1].size) == half(l.size) && lines[i+1].bold == l.bold &&
			headingLevel(lines[i+1], body, larger) == level && lines[i].y-lines[i+1].y < 1.6*l.size && lines[i].y > lines[i+1].y && len(title) < 160 {
			i++
			title = joined(title, lines[i].text)
		}
		out.heading(level, title, "")
	}
	return out.end()
}

// half rounds a size to half a point.
func half(size float64) float64 { return float64(int(size*2+0.5)) / 2 }

func headingLevel(l pdfLine, body float64, larger []float64) int {
	runes := []rune(l.text)
	if len(runes) > 120 || len(runes) < 2 {
		return 0
	}
	if i := slices.Index(larger, half(l.size)); i >= 0 {
		return min(i+1, 5)
	}
	if l.bold && half(l.size) >= body && len(runes) <= 60 && !strings.ContainsRune("。.，,；;：:", runes[len(runes)-1]) {
		return 6
	}
	return 0
}

// writeLine goes on with the paragraph of the line before, or begins one.
func writeLine(out *sections, before *pdfLine, l pdfLine) {
	bullet, entry := bulletOf(l.text)
	switch {
	case bullet:
		out.line()
		out.raw("- " + entry)
	case before == nil:
		out.block()
		out.raw(l.text)
	case before.page == l.page && (before.y-l.y > 1.7*l.size || before.y < l.y):
		out.block()
		out.raw(l.text)
	default:
		text := out.buf.String()
		if glue := joined("x"+lastRune(text), l.text); strings.HasPrefix(glue, "x"+lastRune(text)+" ") {
			out.raw(" ")
		}
		out.raw(l.text)
	}
}

func lastRune(s string) string {
	r := []rune(s[max(0, len(s)-4):])
	if len(r) == 0 {
		return ""
	}
	return string(r[len(r)-1])
}

// joined puts two lines together: with a blank, unless both sides are Chinese.
func joined(a, b string) string {
	x, y := []rune(a), []rune(b)
	if len(x) > 0 && len(y) > 0 && isWideRune(x[len(x)-1]) && isWideRune(y[0]) {
		return a + b
	}
	return a + " " + b
}

func bulletOf(s string) (bool, string) {
	for _, mark := range []string{"•", "●", "▪", "◦", "■", "–", "- ", "* ", "·"} {
		if rest, ok := strings.CutPrefix(s, mark); ok && strings.TrimSpace(rest) != "" {
			return true, strings.TrimSpace(rest)
		}
	}
	return false, s
}

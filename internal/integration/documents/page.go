package documents

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"frontdesk/kb"
)

// maxDepth bounds how deep a page's elements are followed; the rest is left out.
const maxDepth = 200

// ReadPage reads an HTML page: its text without navigation, forms and scripts,
// cut at headings, and the addresses that it links to (absolute where base is). contentType is
// the one that it was served with; the page's own declaration counts less
// (the WHATWG's order, which html/charset follows). source names it.
func ReadPage(r io.Reader, contentType, source string) (d kb.Document, links []string, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxTextBytes+1))
	if err != nil {
		return d, nil, err
	}
	if len(raw) > maxTextBytes {
		return d, nil, refuse("the page is larger than %d MB", maxTextBytes>>20)
	}
	if !utf8.Valid(raw) || contentTypeSays(contentType) {
		decoded, err := charset.NewReader(bytes.NewReader(raw), contentType)
		if err == nil {
			raw, err = io.ReadAll(io.LimitReader(decoded, 2*maxTextBytes))
		}
		if err != nil {
			return d, nil, refuse("the page's encoding cannot be read: serve it as UTF-8")
		}
	}
	root, err := html.ParseWithOptions(bytes.NewReader(raw), html.ParseOptionEnableScripting(false))
	if err != nil {
		return d, nil, refuse("the page cannot be read as HTML")
	}
	d.Source = source
	p := &page{base: baseOf(root, source), out: newSections()}
	p.head(root, &d)
	links = p.links(root)
	body := mainContent(root)
	p.walk(body, 0)
	d.Sections = p.out.end()
	if d.Title == "" && len(d.Sections) > 0 && len(d.Sections[0].Path) > 0 {
		d.Title = d.Sections[0].Path[0]
	}
	return d, links, nil
}

// contentTypeSays says that the server names an encoding other than UTF-8.
func contentTypeSays(contentType string) bool {
	lower := strings.ToLower(contentType)
	return strings.Contains(lower, "charset=") && !strings.Contains(lower, "utf-8")
}

// page turns elements into Markdown.
type page struct {
	base *url.URL // nil = links stay as they are
	out  sections
	list []*listLevel
}

// listLevel is a list that is open.
type listLevel struct {
	ordered bool
	n       int
}

// baseOf is what relative addresses of the page start from.
func baseOf(root *html.Node, source string) *url.URL {
	at, err := url.Parse(source)
	if err != nil || at.Host == "" {
		return nil
	}
	if n := find(root, atom.Base); n != nil {
		if u, err := at.Parse(attr(n, "href")); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			return u
		}
	}
	return at
}

// head reads title and language.
func (p *page) head(root *html.Node, d *kb.Document) {
	if n := find(root, atom.Title); n != nil {
		d.Title = strings.Join(strings.Fields(textOf(n)), " ")
		// "Refunds – Help centre": the site's name says nothing of the page.
		for _, mark := range []string{" | ", " – ", " — ", " - ", "_"} {
			if name, _, ok := strings.Cut(d.Title, mark); ok && utf8.RuneCountInString(name) >= 4 {
				d.Title = name
				break
			}
		}
	}
	if n := find(root, atom.Html); n != nil {
		switch lang := strings.ToLower(attr(n, "lang")); {
		case strings.HasPrefix(lang, "zh"):
			d.Locale = "zh-CN"
		case strings.HasPrefix(lang, "en"):
			d.Locale = "en"
		}
	}
}

// links returns where the page leads to, each once.
func (p *page) links(root *html.Node) []string {
	if p.base == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	each(root, func(n *html.Node) {
		if n.DataAtom != atom.A || len(out) >= 10_000 || strings.Contains(attr(n, "rel"), "nofollow") {
			return
		}
		u, err := p.base.Parse(strings.TrimSpace(attr(n, "href")))
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
			return
		}
		u.Fragment = ""
		if s := u.String(); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	})
	return out
}

// walk writes what n and its children say.
func (p *page) walk(n *html.Node, depth int) {
	if n == nil || depth > maxDepth || p.out.full() {
		return
	}
	if n.Type == html.TextNode {
		p.out.text(n.Data)
		return
	}
	if n.Type == html.ElementNode && (skipped(n) || hidden(n)) {
		return
	}
	children := func() {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			p.walk(c, depth+1)
		}
	}
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if title := strings.Join(strings.Fields(textOf(n)), " "); title != "" {
			p.out.heading(int(n.Data[1]-'0'), title, anchorOf(n))
		}
	case atom.Summary, atom.Dt: // questions of an FAQ
		if title := strings.Join(strings.Fields(textOf(n)), " "); title != "" {
			p.out.heading(6, title, anchorOf(n))
		}
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Blockquote, atom.Figure, atom.Dd, atom.Details, atom.Address, atom.Figcaption:
		p.out.block()
		children()
		p.out.block()
	case atom.Br:
		p.out.line()
	case atom.Hr:
		p.out.block()
	case atom.Ul, atom.Ol:
		p.list = append(p.list, &listLevel{ordered: n.DataAtom == atom.Ol})
		p.out.line()
		children()
		p.list = p.list[:len(p.list)-1]
		p.out.line()
		if len(p.list) == 0 {
			p.out.block()
		}
	case atom.Li:
		p.item(children)
	case atom.Strong, atom.B:
		p.wrapped("**", children)
	case atom.Code, atom.Kbd, atom.Samp:
		p.wrapped("`", children)
	case atom.Pre:
		p.out.block()
		for line := range strings.SplitSeq(strings.Trim(textOf(n), "\n"), "\n") {
			p.out.raw(strings.TrimRight(line, " \t\r"))
			p.out.line()
		}
		p.out.block()
	case atom.A:
		p.link(n, children)
	case atom.Img:
		p.image(n)
	case atom.Table:
		p.table(n)
	default:
		children()
	}
}

func (p *page) item(children func()) {
	mark, depth := "- ", max(0, len(p.list)-1)
	if len(p.list) > 0 && p.list[depth].ordered {
		p.list[depth].n++
		mark = itoa(p.list[depth].n) + ". "
	}
	p.out.line()
	p.out.raw(strings.Repeat("  ", min(depth, 4)) + mark)
	p.out.keepOnLine(children)
	p.out.line()
}

// wrapped puts marks around what is written by children, unless that is nothing or has marks or lines of its own.
func (p *page) wrapped(mark string, children func()) {
	inner := p.out.capture(children)
	plain := strings.TrimSpace(inner)
	if plain == "" || strings.ContainsAny(plain, "\n*`") {
		p.out.raw(inner)
		return
	}
	lead, tail := inner[:len(inner)-len(strings.TrimLeft(inner, " "))], inner[len(strings.TrimRight(inner, " ")):]
	p.out.raw(lead + mark + plain + mark + tail)
}

func (p *page) link(n *html.Node, children func()) {
	label := strings.TrimSpace(p.out.capture(children))
	if label == "" {
		return
	}
	href := strings.TrimSpace(attr(n, "href"))
	if p.base != nil {
		if u, err := p.base.Parse(href); err == nil {
			href = u.String()
		}
	}
	if !safeTarget(href) || strings.ContainsAny(label, "[]\n") || strings.HasPrefix(attr(n, "href"), "#") {
		p.out.raw(label)
		return
	}
	p.out.raw("[" + label + "](" + escapeTarget(href) + ")")
}

func (p *page) image(n *html.Node) {
	src, alt := strings.TrimSpace(attr(n, "src")), strings.Join(strings.Fields(attr(n, "alt")), " ")
	if p.base != nil {
		if u, err := p.base.Parse(src); err == nil {
			src = u.String()
		}
	}
	if alt == "" || !strings.HasPrefix(src, "https://") || len(src) > 500 { // without words for it, it decorates
		return
	}
	p.out.raw("![" + strings.NewReplacer("[", "(", "]", ")").Replace(alt) + "](" + escapeTarget(src) + ")")
}

// table writes a row a line: cells of two columns as "name: value", else joined by bars.
func (p *page) table(n *html.Node) {
	p.out.block()
	rows := 0
	each(n, func(tr *html.Node) {
		if tr.DataAtom != atom.Tr || rows >= 1000 {
			return
		}
		var cells []string
		for c := tr.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
				cells = append(cells, strings.Join(strings.Fields(textOf(c)), " "))
			}
		}
		if line := tableLine(cells); line != "" {
			rows++
			p.out.raw(line)
			p.out.line()
		}
	})
	p.out.block()
}

package documents

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// each calls fn for n and everything below it, in the order of the page. It
// keeps its own stack: a page may nest as deep as it likes.
func each(n *html.Node, fn func(*html.Node)) {
	for at := n; at != nil; {
		fn(at)
		switch {
		case at.FirstChild != nil:
			at = at.FirstChild
			continue
		case at == n:
			return
		}
		for at != n && at.NextSibling == nil {
			at = at.Parent
		}
		if at == n {
			return
		}
		at = at.NextSibling
	}
}

// find returns the first element of a kind.
func find(root *html.Node, kind atom.Atom) (found *html.Node) {
	each(root, func(n *html.Node) {
		if found == nil && n.Type == html.ElementNode && n.DataAtom == kind {
			found = n
		}
	})
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val
		}
	}
	return ""
}

// textOf returns the words below n, without those of what is skipped.
func textOf(n *html.Node) string {
	var out strings.Builder
	each(n, func(c *html.Node) {
		switch {
		case c.Type == html.TextNode && !inSkipped(c, n):
			out.WriteString(c.Data)
		case c.DataAtom == atom.Br:
			out.WriteByte('\n')
		}
	})
	return out.String()
}

func inSkipped(n, root *html.Node) bool {
	for at := n.Parent; at != nil && at != root; at = at.Parent {
		if at.DataAtom == atom.Script || at.DataAtom == atom.Style || at.DataAtom == atom.Template {
			return true
		}
	}
	return false
}

// skipped are elements that are not what a page says.
func skipped(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Embed, atom.Svg, atom.Canvas,
		atom.Video, atom.Audio, atom.Form, atom.Button, atom.Select, atom.Input, atom.Textarea, atom.Nav, atom.Footer, atom.Aside,
		atom.Menu, atom.Dialog, atom.Head, atom.Map, atom.Frameset, atom.Math:
		return true
	case atom.Header: // of the page; a header of an article holds its title
		return !within(n, atom.Article) && !within(n, atom.Main)
	}
	switch attr(n, "role") {
	case "navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alert", "menu", "toolbar":
		return true
	}
	return false
}

// hidden elements are not shown to people: what stands in them is not meant for them.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			return a.Val == "true"
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || strings.Contains(style, "font-size:0") {
				return true
			}
		}
	}
	return false
}

func within(n *html.Node, kind atom.Atom) bool {
	for at := n.Parent; at != nil; at = at.Parent {
		if at.DataAtom == kind {
			return true
		}
	}
	return false
}

// anchorOf is the id that leads to a heading: its own, or that of what it holds or stands in.
func anchorOf(n *html.Node) string {
	if id := attr(n, "id"); id != "" {
		return id
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if id := attr(c, "id"); id != "" {
			return id
		}
	}
	if n.Parent != nil && n.Parent.DataAtom == atom.Section {
		return attr(n.Parent, "id")
	}
	return ""
}

// mainContent finds the element that holds what the page is about: <main> or
// the only <article> if the page has one; else the element with the most words
// outside of links. Words count for their parent, and half for its parent, so that a
// column of paragraphs wins over each of them and over the whole page.
func mainContent(root *html.Node) *html.Node {
	body := find(root, atom.Body)
	if body == nil {
		return root
	}
	var mains, articles []*html.Node
	score := map[*html.Node]float64{}
	each(body, func(n *html.Node) {
		switch {
		case n.DataAtom == atom.Main || attr(n, "role") == "main":
			mains = append(mains, n)
		case n.DataAtom == atom.Article:
			articles = append(articles, n)
		case n.DataAtom == atom.P || n.DataAtom == atom.Pre || n.DataAtom == atom.Li || n.DataAtom == atom.Td || n.DataAtom == atom.Dd:
			if n.Parent == nil || buried(n, body) {
				return
			}
			words := float64(wordsOf(n))
			score[n.Parent] += words
			if n.Parent.Parent != nil {
				score[n.Parent.Parent] += words / 2
			}
		}
	})
	if len(mains) == 1 {
		return mains[0]
	}
	if len(articles) == 1 {
		return articles[0]
	}
	total := 0.0
	var best *html.Node
	each(body, func(n *html.Node) { // in the order of the page, so that the same page gives the same choice
		total += score[n]
		if score[n] > 0 && (best == nil || score[n] > score[best]) {
			best = n
		}
	})
	if best == nil || wordsOf(best) < wordsOf(body)/2 { // no place stands out
		return body
	}
	return best
}

func buried(n, body *html.Node) bool {
	for at := n; at != nil && at != body; at = at.Parent {
		if skipped(at) || hidden(at) {
			return true
		}
	}
	return false
}

// wordsOf counts characters outside of links: navigation is mostly links.
func wordsOf(n *html.Node) int {
	words := 0
	each(n, func(c *html.Node) {
		if c.Type != html.TextNode || inSkipped(c, n) {
			return
		}
		for at := c.Parent; at != nil && at != n; at = at.Parent {
			if at.DataAtom == atom.A {
				return
			}
		}
		words += utf8.RuneCountInString(strings.TrimSpace(c.Data))
	})
	return words
}

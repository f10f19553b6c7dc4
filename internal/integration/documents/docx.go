package documents

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"frontdesk/kb"
)

// maxXMLDepth bounds how deep a document's elements nest.
const maxXMLDepth = 256

// readDOCX reads the body of a Word document: headings by their outline level or
// style, lists, tables and links. Entities are never expanded: a document type is refused.
func readDOCX(ctx context.Context, content io.ReaderAt, size, limit int64) (d kb.Document, err error) {
	archive, err := openZip(ctx, content, size, limit)
	if err != nil {
		return d, err
	}
	w := &docx{out: newSections(), levels: map[string]int{}, targets: map[string]string{}}
	parts := map[string]*zip.File{}
	for _, f := range archive.File {
		parts[strings.ToLower(f.Name)] = f
	}
	body := parts["word/document.xml"]
	if body == nil {
		return d, refuse("the file is no Word document")
	}
	for _, part := range []struct {
		file *zip.File
		read func(*xml.Decoder) error
	}{
		{parts["word/styles.xml"], w.styles}, {parts["word/_rels/document.xml.rels"], w.relations}, {parts["docprops/core.xml"], w.core}, {body, w.body},
	} {
		if part.file == nil {
			continue
		}
		if err := readXML(ctx, part.file, limit, part.read); err != nil {
			return d, err
		}
	}
	d.Sections, d.Title = w.out.end(), w.title
	if d.Title == "" && len(d.Sections) > 0 && len(d.Sections[0].Path) > 0 {
		d.Title = d.Sections[0].Path[0]
	}
	return d, nil
}

// readXML reads one part of the file.
func readXML(ctx context.Context, f *zip.File, limit int64, read func(*xml.Decoder) error) error {
	var raw bytes.Buffer
	if _, err := unpack(ctx, f, &raw, limit); err != nil {
		return err
	}
	err := read(xml.NewDecoder(&raw))
	if _, ours := errors.AsType[*kb.ImportError](err); ours || err == nil {
		return err
	}
	return refuse("the document is damaged: %s cannot be read", strings.ToLower(f.Name))
}

// tokens calls each for every element and text, with the depth of elements.
func tokens(in *xml.Decoder, each func(t xml.Token, depth int) error) error {
	depth := 0
	for {
		t, err := in.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.Directive:
			return refuse("the document defines a document type of its own; it is not read")
		case xml.StartElement:
			if depth++; depth > maxXMLDepth {
				return refuse("the document nests more than %d deep", maxXMLDepth)
			}
		case xml.EndElement:
			depth--
		}
		if err := each(t, depth); err != nil {
			return err
		}
	}
}

// docx is a document being read.
type docx struct {
	out     sections
	title   string
	levels  map[string]int    // of heading styles, by their id
	targets map[string]string // of links, by their relation's id

	paragraph docxParagraph
	skip      int // depth at which skipping began; 0 = nothing is skipped
	link      string
	label     strings.Builder
	hidden    bool
	inText    bool
	tables    int
	cells     []string
}

type docxParagraph struct {
	open  bool
	level int // of a heading; 0 = none
	list  int // depth of a list's entry from 1; 0 = none
	text  strings.Builder
}

func value(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// styles finds which styles are headings: by outline level or by Word's names, whatever language the ids are in.
func (w *docx) styles(in *xml.Decoder) error {
	id := ""
	return tokens(in, func(t xml.Token, _ int) error {
		e, ok := t.(xml.StartElement)
		if !ok {
			return nil
		}
		switch e.Name.Local {
		case "style":
			id = value(e, "styleId")
		case "name":
			name := strings.ToLower(value(e, "val"))
			if n, ok := strings.CutPrefix(name, "heading "); ok && len(n) == 1 && n[0] >= '1' && n[0] <= '9' {
				w.levels[id] = int(n[0] - '0')
			} else if name == "title" {
				w.levels[id] = 1
			}
		case "outlineLvl":
			if v := value(e, "val"); len(v) == 1 && v[0] >= '0' && v[0] <= '8' {
				w.levels[id] = int(v[0]-'0') + 1
			}
		}
		return nil
	})
}

// relations finds where links lead.
func (w *docx) relations(in *xml.Decoder) error {
	return tokens(in, func(t xml.Token, _ int) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Relationship" && value(e, "TargetMode") == "External" {
			w.targets[value(e, "Id")] = value(e, "Target")
		}
		return nil
	})
}

// core finds the document's title.
func (w *docx) core(in *xml.Decoder) error {
	within := false
	return tokens(in, func(t xml.Token, _ int) error {
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local == "title"
		case xml.EndElement:
			within = false
		case xml.CharData:
			if within {
				w.title += strings.TrimSpace(string(t))
			}
		}
		return nil
	})
}

func (w *docx) body(in *xml.Decoder) error {
	return tokens(in, func(t xml.Token, depth int) error {
		if w.out.full() {
			return nil
		}
		switch t := t.(type) {
		case xml.StartElement:
			if w.skip == 0 {
				w.start(t, depth)
			}
		case xml.EndElement:
			if w.skip > 0 {
				if depth < w.skip {
					w.skip = 0
				}
				return nil
			}
			w.endOf(t.Name.Local)
		case xml.CharData:
			if w.skip == 0 && w.inText && !w.hidden {
				w.write(string(t))
			}
		}
		return nil
	})
}

func (w *docx) start(e xml.StartElement, depth int) {
	p := &w.paragraph
	switch e.Name.Local {
	case "del", "moveFrom", "Fallback", "sectPr", "pict": // what was deleted, what stands there twice, what is no text
		w.skip = depth
	case "p":
		if !p.open { // a text box stands inside of a paragraph
			*p = docxParagraph{open: true}
		}
	case "pStyle":
		if level, ok := w.levels[value(e, "val")]; ok {
			p.level = level
		}
	case "outlineLvl":
		if v := value(e, "val"); len(v) == 1 && v[0] >= '0' && v[0] <= '8' {
			p.level = int(v[0]-'0') + 1
		}
	case "numPr":
		p.list = max(p.list, 1)
	case "ilvl":
		if v := value(e, "val"); len(v) == 1 && v[0] >= '0' && v[0] <= '8' {
			p.list = int(v[0]-'0') + 1
		}
	case "numId":
		if value(e, "val") == "0" { // the list is taken off this paragraph
			p.list = 0
		}
	case "r":
		w.hidden = false
	case "vanish":
		w.hidden = value(e, "val") != "0" && value(e, "val") != "false"
	case "t":
		w.inText = true
	case "tab":
		w.write(" ")
	case "br", "cr":
		w.write("\n")
	case "hyperlink":
		w.link = w.targets[value(e, "id")]
		w.label.Reset()
	case "tbl":
		w.tables++
		w.out.block()
	case "tr":
		w.cells = nil
	case "tc":
		w.cells = append(w.cells, "")
	}
}

func (w *docx) write(s string) {
	if w.link != "" {
		w.label.WriteString(s)
		return
	}
	w.paragraph.text.WriteString(s)
}

func (w *docx) endOf(name string) {
	switch name {
	case "t":
		w.inText = false
	case "hyperlink":
		label, link := strings.TrimSpace(w.label.String()), w.link
		w.link = ""
		if link != "" && label != "" && safeTarget(link) && !strings.ContainsAny(label, "[]\n") {
			label = "[" + label + "](" + escapeTarget(link) + ")"
		}
		w.paragraph.text.WriteString(label)
	case "p":
		w.endParagraph()
	case "tr":
		if line := tableLine(w.cells); line != "" && w.tables > 0 {
			w.out.raw(line)
			w.out.line()
		}
		w.cells = nil
	case "tbl":
		w.tables = max(0, w.tables-1)
		w.out.block()
	}
}

func (w *docx) endParagraph() {
	p := &w.paragraph
	text := strings.TrimSpace(p.text.String())
	level, list := p.level, p.list
	*p = docxParagraph{}
	switch {
	case text == "":
	case w.tables > 0 && len(w.cells) > 0:
		cell := &w.cells[len(w.cells)-1]
		*cell = strings.TrimSpace(*cell + " " + strings.Join(strings.Fields(text), " "))
	case level > 0:
		w.out.heading(level, strings.Join(strings.Fields(text), " "), "")
	case list > 0:
		w.out.line()
		w.out.raw(strings.Repeat("  ", min(list-1, 4)) + "- " + text)
		w.out.line()
	default:
		w.out.block()
		w.out.raw(text)
		w.out.block()
	}
}

package kb

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	pathpkg "path"
	"strings"
)

// Format is how articles lie in a file.
type Format string

// The formats. The first four hold curated articles and are published; from the others drafts are cut.
const (
	FormatJSONL    Format = "jsonl"
	FormatCSV      Format = "csv"
	FormatXLSX     Format = "xlsx"
	FormatMarkdown Format = "markdown" // a .zip of .md files, or one
	FormatHTML     Format = "html"
	FormatPDF      Format = "pdf"
	FormatDOCX     Format = "docx"
	FormatPages    Format = "pages" // what a crawl read, in our own form
)

// Curated says that a file of this format holds articles as they are to be said.
func (f Format) Curated() bool {
	switch f {
	case FormatJSONL, FormatCSV, FormatXLSX, FormatMarkdown:
		return true
	}
	return false
}

// ParseFormat reads the name of a format that a file may have; "" finds it by itself.
func ParseFormat(s string) (Format, error) {
	switch f := Format(strings.ToLower(s)); f {
	case "", FormatJSONL, FormatCSV, FormatXLSX, FormatMarkdown, FormatHTML, FormatPDF, FormatDOCX:
		return f, nil
	case "md":
		return FormatMarkdown, nil
	}
	return "", fmt.Errorf("format %q is none of jsonl, csv, xlsx, markdown, html, pdf and docx: %w", s, ErrInvalid)
}

// FileName returns a name for an export of this format.
func (f Format) FileName() string {
	if f == FormatMarkdown {
		return "knowledge-base.zip"
	}
	return "knowledge-base." + string(f)
}

// MediaType returns the content type of an export of this format.
func (f Format) MediaType() string {
	switch f {
	case FormatCSV:
		return "text/csv; charset=utf-8"
	case FormatXLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case FormatMarkdown:
		return "application/zip"
	}
	return "application/x-ndjson"
}

// detect finds a file's format: by what it begins with, then by its name. The
// error says what to do about a format that cannot be read.
func detect(name string, content io.ReaderAt, size int64) (Format, error) {
	if size == 0 {
		return "", unreadable("the file is empty")
	}
	head := make([]byte, min(size, 1024))
	if n, err := content.ReadAt(head, 0); n < len(head) && err != nil {
		return "", fmt.Errorf("read the file's beginning: %w", err)
	}
	ext := strings.ToLower(pathpkg.Ext(name))
	switch text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte(utf8BOM))); {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return detectZip(content, size)
	case bytes.Contains(head, []byte("%PDF-")):
		return FormatPDF, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")): // the compound files of Office before 2007, and encrypted ones
		return "", unreadable("an old or encrypted Office file: save it as .xlsx or .docx, without a password")
	case bytes.HasPrefix(text, []byte("[")) && ext != ".csv" && ext != ".md":
		return "", unreadable("a JSON list: write one article a line instead, without [ ] and commas between them (JSONL)")
	case bytes.HasPrefix(text, []byte("{")):
		return FormatJSONL, nil
	case looksLikeHTML(text):
		return FormatHTML, nil
	}
	switch ext {
	case ".jsonl", ".ndjson", ".json":
		return FormatJSONL, nil
	case ".csv", ".tsv":
		return FormatCSV, nil
	case ".md", ".markdown":
		return FormatMarkdown, nil
	case ".html", ".htm", ".xhtml":
		return FormatHTML, nil
	}
	if bytes.HasPrefix(head, []byte("---\n")) || bytes.HasPrefix(head, []byte("---\r\n")) {
		return FormatMarkdown, nil
	}
	if first, _, _ := bytes.Cut(bytes.ToLower(head), []byte("\n")); bytes.Contains(first, []byte("id")) && bytes.ContainsAny(first, ",;\t") {
		return FormatCSV, nil
	}
	return "", unreadable("a kind of file that cannot be imported; there are JSONL, CSV, XLSX, Markdown (.md or .zip), HTML, PDF and DOCX")
}

func looksLikeHTML(head []byte) bool {
	lower := bytes.ToLower(head)
	for _, start := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if bytes.HasPrefix(lower, []byte(start)) {
			return true
		}
	}
	return bytes.HasPrefix(lower, []byte("<?xml")) && bytes.Contains(lower, []byte("<html"))
}

// detectZip tells the kinds of zip file apart.
func detectZip(content io.ReaderAt, size int64) (Format, error) {
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return "", unreadable("a damaged zip file")
	}
	for _, f := range archive.File {
		switch name := strings.ToLower(f.Name); {
		case name == "xl/workbook.xml":
			return FormatXLSX, nil
		case name == "word/document.xml":
			return FormatDOCX, nil
		case pathpkg.Ext(name) == ".md" || pathpkg.Ext(name) == ".markdown":
			return FormatMarkdown, nil
		}
	}
	return "", unreadable("a zip file without Markdown files (.md), and no XLSX or DOCX")
}

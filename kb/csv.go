package kb

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"frontdesk/internal/identity"
)

// readCSV reads a table: a header row, then an article a row. Questions stand in
// one cell, a line each, or in several columns. Comma, semicolon and tab
// separate; UTF-8 with or without a mark, UTF-16 with one, and GBK are read.
func readCSV(ctx context.Context, raw []byte, c *collector) error {
	text, encoding, err := toUTF8(raw)
	if err != nil {
		return err
	}
	if encoding != "UTF-8" {
		c.warn("the file was read as %s", encoding)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	var cols tableColumns
	for first := true; ; {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			if first {
				return unreadable("the file is empty: the first row must name the columns %s", strings.Join(tableHeader(1), ", "))
			}
			return nil
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok { // what follows cannot be told apart
			c.refuse(fmt.Sprintf("line %d", parse.StartLine), csvReason(parse))
			return c.err()
		}
		if err != nil {
			return fmt.Errorf("read csv: %w", err)
		}
		if blank(cells) {
			continue
		}
		line, _ := r.FieldPos(0)
		where := fmt.Sprintf("line %d", line)
		if first {
			var unknown []string
			if cols, unknown, err = readHeader(cells); err != nil {
				c.refuse(where, lineReason(err))
				return c.err()
			}
			first = false
			warnUnknown(c, unknown)
			continue
		}
		addRow(c, cols, where, cells)
		if c.full() {
			return c.err()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// readSheets reads every sheet whose first row names our columns.
func readSheets(ctx context.Context, sheets SheetReader, content io.ReaderAt, size int64, c *collector) error {
	var cols tableColumns
	current, skip, read := "", false, 0
	err := sheets.ReadSheets(ctx, content, size, func(sheet string, n int, cells []string) error {
		if blank(cells) || (skip && sheet == current) {
			return nil
		}
		where := fmt.Sprintf("sheet %q, row %d", sheet, n)
		if read == 0 || sheet != current {
			current, skip = sheet, !looksLikeHeader(cells)
			if skip {
				_, _, err := readHeader(cells)
				c.warn("sheet %q was left out: %s", sheet, lineReason(err))
				return nil
			}
			var unknown []string
			cols, unknown, _ = readHeader(cells)
			warnUnknown(c, unknown)
			read++
			return nil
		}
		addRow(c, cols, where, cells)
		if c.full() {
			return c.err()
		}
		return nil
	})
	if err == nil && read == 0 {
		return unreadable("no sheet has a first row that names the columns %s", strings.Join(tableHeader(1), ", "))
	}
	return err
}

func warnUnknown(c *collector, unknown []string) {
	for _, name := range unknown {
		c.warn("column %q was left out: it is none of %s", name, strings.Join(tableHeader(1), ", "))
	}
}

// addRow takes in one row of a table.
func addRow(c *collector, cols tableColumns, where string, cells []string) {
	a, err := cols.article(cells)
	if err != nil {
		c.refuse(where, lineReason(err))
		return
	}
	c.add(where, a, cols.said)
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// separator is what occurs most in the first line that is not blank.
func separator(text []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n \t"), []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, r := range []rune{';', '\t'} {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

func csvReason(err *csv.ParseError) string {
	switch {
	case errors.Is(err.Err, csv.ErrQuote):
		return `a quotation mark where none may be: put the cell into quotation marks and double those inside it`
	case errors.Is(err.Err, csv.ErrBareQuote):
		return `a quotation mark in a cell without quotation marks: put the cell into quotation marks and double those inside it`
	}
	return "the row cannot be read"
}

// exportCSV writes a table for spreadsheets: with a byte order mark, which Excel needs to read UTF-8.
func (s *Service) exportCSV(ctx context.Context, scope identity.Scope, site int32, w io.Writer) error {
	columns, err := s.questionColumns(ctx, scope, site)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, utf8BOM); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	out := csv.NewWriter(w)
	if err := out.Write(tableHeader(columns)); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	if err := s.store.Each(ctx, scope, site, func(a Article) error { return out.Write(row(a, columns, guardCSV)) }); err != nil {
		return fmt.Errorf("export articles: %w", err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// questionColumns is how many columns the questions of a site's articles need.
// An article that grows between this and the export keeps what fits: the next export has all.
func (s *Service) questionColumns(ctx context.Context, scope identity.Scope, site int32) (int, error) {
	most := 1
	err := s.store.Each(ctx, scope, site, func(a Article) error {
		most = max(most, len(questionCells(a.Questions)))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("export articles: %w", err)
	}
	return most, nil
}

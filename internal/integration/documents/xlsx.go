package documents

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// Limits of a workbook beside those of every zip.
const (
	maxRows    = 200_000
	maxColumns = 200
)

// ReadSheets implements kb.SheetReader: it streams the rows of every visible
// sheet. Values are raw: a formula's is what was calculated last, and nothing is
// calculated here.
func (r Reader) ReadSheets(ctx context.Context, content io.ReaderAt, size int64, yield func(sheet string, row int, cells []string) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refuse("the workbook is damaged: the reader gave up on it")
		}
	}()
	if _, err := openZip(ctx, content, size, r.unpacked()); err != nil {
		return err
	}
	book, err := excelize.OpenReader(io.NewSectionReader(content, 0, size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: r.unpacked(), UnzipXMLSizeLimit: r.unpacked(),
	})
	if err != nil {
		return refuse("the workbook cannot be read: save it as .xlsx, without a password")
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	left := maxRows
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		if err := readSheet(ctx, book, sheet, &left, yield); err != nil {
			return err
		}
	}
	return nil
}

func readSheet(ctx context.Context, book *excelize.File, sheet string, left *int, yield func(sheet string, row int, cells []string) error) error {
	rows, err := book.Rows(sheet)
	if err != nil { // a chart's sheet
		return nil
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		cells, err := rows.Columns()
		if err != nil {
			return refuse("sheet %q, row %d is damaged", sheet, n)
		}
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) == 0 {
			if n > maxRows {
				return refuse("sheet %q has more than %d rows", sheet, maxRows)
			}
			continue
		}
		if len(cells) > maxColumns {
			return refuse("sheet %q, row %d has more than %d columns", sheet, n, maxColumns)
		}
		if *left--; *left < 0 {
			return refuse("the workbook has more than %d rows", maxRows)
		}
		if err := yield(sheet, n, cells); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return refuse("sheet %q is damaged", sheet)
	}
	return nil
}

// WriteSheet implements kb.SheetReader: one sheet, its header fixed, every cell
// text by its type, so that nothing in it is ever taken for a formula.
func (Reader) WriteSheet(w io.Writer, sheet string, header []string, rows func(yield func(cells []string) error) error) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	// Format 49 is "@", text: what an editor types over a cell stays text too.
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	bold, err := book.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	out, err := book.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	err = errors.Join(
		out.SetColWidth(1, 3, 18), out.SetColWidth(4, len(header), 40),
		out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
		out.SetRow("A1", styled(header, bold)),
	)
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	n := 1
	err = rows(func(cells []string) error {
		n++
		return out.SetRow(fmt.Sprintf("A%d", n), styled(cells, text))
	})
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		_, err = book.WriteTo(w)
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func styled(cells []string, style int) []any {
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = excelize.Cell{StyleID: style, Value: c}
	}
	return row
}

// Package documents reads files that people have: workbooks (XLSX) row by row,
// and pages (HTML), PDF and DOCX into sections cut at their headings. It fulfils
// kb.SheetReader and kb.DocumentReader.
//
// Whatever a file says of its own size is not believed: what it unpacks to,
// its pages, its nesting and its text are bounded, and a reader's panic is an error
// about that file. It leaves no goroutine behind, opens no address, runs no macro, formula
// or script, and obeys nothing that a text says.
package documents

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"

	"frontdesk/kb"
)

// Limits of one document.
const (
	maxZipFiles  = 10_000
	maxTextBytes = 8 << 20 // of a document's text
	maxSections  = 5_000
)

// Reader reads documents and workbooks. The zero Reader is ready for use.
type Reader struct {
	// UnpackedBytes bounds what a file may unpack to. 0 means 256 MB.
	UnpackedBytes int64
}

// unpacked returns the bound.
func (r Reader) unpacked() int64 {
	if r.UnpackedBytes > 0 {
		return r.UnpackedBytes
	}
	return 256 << 20
}

var (
	_ kb.DocumentReader = Reader{}
	_ kb.SheetReader    = Reader{}
)

// ReadDocument implements kb.DocumentReader.
func (r Reader) ReadDocument(ctx context.Context, name string, f kb.Format, content io.ReaderAt, size int64) (d kb.Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refuse("the file is damaged: the reader gave up on it")
		}
	}()
	switch f {
	case kb.FormatHTML:
		if size > maxTextBytes {
			return d, refuse("the page is larger than %d MB", maxTextBytes>>20)
		}
		d, _, err = ReadPage(io.NewSectionReader(content, 0, size), "", name)
	case kb.FormatPDF:
		d, err = readPDF(ctx, content, size, r.unpacked())
	case kb.FormatDOCX:
		d, err = readDOCX(ctx, content, size, r.unpacked())
	default:
		return d, refuse("documents of format %q cannot be read", f)
	}
	d.Source = name
	if err == nil && len(d.Sections) == 0 {
		err = refuse("there is no text in it; of a scanned document, only pictures: run text recognition (OCR) first")
	}
	return d, err
}

// refuse says why a file cannot be read.
func refuse(format string, args ...any) error {
	return &kb.ImportError{Problems: []kb.Problem{{Reason: fmt.Sprintf(format, args...)}}}
}

// openZip opens a zip whose files really unpack to no more than it may.
func openZip(ctx context.Context, content io.ReaderAt, size, limit int64) (*zip.Reader, error) {
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return nil, refuse("the file is damaged: it is no zip")
	}
	if len(archive.File) > maxZipFiles {
		return nil, refuse("the file holds more than %d parts", maxZipFiles)
	}
	left := limit
	for _, f := range archive.File {
		if left -= int64(min(f.UncompressedSize64, uint64(limit)+1)); left < 0 {
			return nil, refuse("the file unpacks to more than %d MB", limit>>20)
		}
	}
	left = limit
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		n, err := unpack(ctx, f, io.Discard, left)
		if err != nil {
			return nil, err
		}
		left -= n
	}
	return archive, nil
}

// unpack writes at most limit bytes of a zip's file.
func unpack(ctx context.Context, f *zip.File, w io.Writer, limit int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, refuse("the file is damaged or encrypted: a part cannot be opened")
	}
	defer r.Close()
	n, err := io.Copy(w, io.LimitReader(&patient{ctx, r}, limit+1))
	switch {
	case ctx.Err() != nil:
		return n, context.Cause(ctx)
	case err != nil:
		return n, refuse("the file is damaged: a part cannot be unpacked")
	case n > limit:
		return n, refuse("the file unpacks to more than %d MB", limit>>20)
	}
	return n, nil
}

// patient ends reading when its context ends.
type patient struct {
	ctx context.Context //nolint:containedctx // lives for one call
	r   io.Reader
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, errors.Join(err, context.Cause(p.ctx))
	}
	return p.r.Read(b)
}

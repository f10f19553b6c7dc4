package kb

import (
	"context"
	"io"
)

// SheetReader reads and writes workbooks; integration's is one.
type SheetReader interface {
	// ReadSheets calls yield for each row of each visible sheet, streaming; rows
	// count from 1. It ends with yield's error. A workbook that cannot be read,
	// or unpacks to too much, is an [*ImportError].
	ReadSheets(ctx context.Context, content io.ReaderAt, size int64, yield func(sheet string, row int, cells []string) error) error
	// WriteSheet writes a workbook of one sheet; every cell is text.
	WriteSheet(w io.Writer, sheet string, header []string, rows func(yield func(cells []string) error) error) error
}

// DocumentReader reads documents that were not written as articles.
type DocumentReader interface {
	// ReadDocument reads a page, PDF or DOCX into sections cut at headings. What
	// cannot be read, or is too much, is an [*ImportError].
	ReadDocument(ctx context.Context, name string, f Format, content io.ReaderAt, size int64) (Document, error)
}

// Crawler reads pages of a website.
type Crawler interface {
	// Crawl calls yield for each page read; a sitemap's address reads all that it
	// lists. An address that must not or cannot be read is an [*ImportError].
	Crawl(ctx context.Context, address string, limits CrawlLimits, yield func(Document) error) (warnings []string, err error)
}

// CrawlLimits bound a crawl.
type CrawlLimits struct {
	Pages  int  // at most so many; 0 = 200, and never more than [MaxCrawlPages]
	Follow bool // also read the pages that the first one links to, below its folder
}

// MaxCrawlPages is the most that one crawl reads.
const MaxCrawlPages = 2000

// Document is a page or file cut into sections.
type Document struct {
	Source   string    `json:"source"` // an address, or a file's name
	Title    string    `json:"title"`
	Locale   string    `json:"locale,omitempty"` // as the document says itself; empty = to be guessed
	Sections []Section `json:"sections"`
}

// Section is what stands under one heading.
type Section struct {
	Path   []string `json:"path"`             // the headings above and its own, outermost first; empty = before the first
	Text   string   `json:"text"`             // Markdown
	Anchor string   `json:"anchor,omitempty"` // that leads to it on the page
	Where  string   `json:"where,omitempty"`  // "page 3"
}

// ImportRecords keeps imports and what was uploaded for them. All of it is
// within scope: another site's import is [ErrNotFound].
type ImportRecords interface {
	// AddImport stores a new import with its content (nil for an address) and the job
	// that does it, together. Errors: [ErrTooManyImports], content's.
	AddImport(ctx context.Context, j ImportJob, content io.Reader) (ImportJob, error)
	// Import returns one.
	Import(ctx context.Context, site int32, id int64) (ImportJob, error)
	// Imports returns the last ones, newest first.
	Imports(ctx context.Context, site int32, limit int) ([]ImportJob, error)
	// ApplyImport makes a checked import wait for its work, with the job that does
	// it, together. Errors: [ErrImportState].
	ApplyImport(ctx context.Context, site int32, id int64, drafts bool) (ImportJob, error)
	// CancelImport ends one that waits, and asks one that runs to end. Errors: [ErrImportState].
	CancelImport(ctx context.Context, site int32, id int64) (ImportJob, error)
}

// ImportWork is what the worker needs of the store. A claim is a lease: it ends
// unless renewed, and whoever holds an older claim than the last can change nothing.
type ImportWork interface {
	// ClaimImport takes the site's oldest import that waits; one at a time runs in a
	// site. ok is false when there is nothing to do.
	ClaimImport(ctx context.Context, site int32) (j ImportJob, ok bool, err error)
	// OpenImport opens what was uploaded.
	OpenImport(ctx context.Context, j ImportJob) (content io.ReaderAt, size int64, err error)
	// KeepImport stores what was fetched, so that it is fetched once.
	KeepImport(ctx context.Context, j ImportJob, content io.Reader) error
	// BeatImport renews the lease and stores progress. Errors: [ErrImportLost],
	// [ErrImportCancelled].
	BeatImport(ctx context.Context, j ImportJob) error
	// EndImport stores state and report; [ImportWaiting] gives the import back. Errors: [ErrImportLost].
	EndImport(ctx context.Context, j ImportJob) error
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/integration/crawler"
	"frontdesk/internal/integration/documents"
	"frontdesk/internal/postgres"
	"frontdesk/internal/postgres/jobs"
	"frontdesk/internal/safedial"
	"frontdesk/kb"
	"frontdesk/web"
)

var (
	_ kb.SheetReader    = documents.Reader{}
	_ kb.DocumentReader = documents.Isolated{}
	_ kb.Crawler        = (*crawler.Crawler)(nil)
	_ kb.ImportRecords  = (*postgres.Imports)(nil)
	_ kb.ImportWork     = (*postgres.Imports)(nil)
	_ kb.FileStore      = (*postgres.Files)(nil)
	_ kb.DraftWriter    = (*kb.Editorial)(nil)
	_ web.Imports       = (*kb.Imports)(nil)
	_ web.Exporter      = (*kb.Transfer)(nil)
	_ web.Files         = (*kb.Files)(nil)
)

// readPDFCommand is the hidden command that reads one PDF in a process of its own.
const readPDFCommand = "read-pdf"

// newTransfer returns the way in and out of the knowledge base.
func newTransfer(cfg Config, s *stack) (*kb.Transfer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, which reads PDFs apart: %w", err)
	}
	dialer, err := safedial.New(safedial.Config{Allow: cfg.egress()})
	if err != nil {
		return nil, err
	}
	pages, err := crawler.New(crawler.Config{Client: dialer.Client(), Agent: "FrontdeskImport/1.0"})
	if err != nil {
		return nil, err
	}
	return kb.NewTransfer(kb.TransferConfig{
		Knowledge: s.knowledge, Drafts: s.editorial, Sheets: documents.Reader{}, Crawler: pages,
		Documents: documents.Isolated{Program: self, Args: []string{"kb", readPDFCommand}},
	})
}

// importing is what brings articles in and keeps their files.
type importing struct {
	transfer *kb.Transfer
	imports  *kb.Imports
	files    *kb.Files
	jobs     *jobs.Client
}

func newImporting(cfg Config, s *stack, logger *slog.Logger) (p *importing, err error) {
	p = &importing{}
	if p.transfer, err = newTransfer(cfg, s); err != nil {
		return nil, err
	}
	kept := postgres.NewFiles(s.pool)
	if p.files, err = kb.NewFiles(kept); err != nil {
		return nil, err
	}
	// The store puts jobs in, the jobs call the imports, the imports use the store.
	store := postgres.NewImports(s.pool, func(ctx context.Context, tx pgx.Tx, site int32) error { return p.jobs.EnqueueImports(ctx, tx, site) }, 0)
	if p.imports, err = kb.NewImports(kb.ImportsConfig{Transfer: p.transfer, Records: store, Work: store, Logger: logger}); err != nil {
		return nil, err
	}
	p.jobs, err = jobs.New(s.pool, jobs.Config{Imports: p.imports.Work, Adopt: store.Adopt, Collect: kept.Collect, Logger: logger})
	return p, err
}

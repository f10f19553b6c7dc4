package web

import (
	"context"
	"io"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Imports are the knowledge base's imports in the background; *kb.Imports is
// one. Errors: those of package kb, identity.ErrForbidden.
type Imports interface {
	ImportStarter
	Jobs(ctx context.Context, actor identity.Actor, site int32) ([]kb.ImportJob, error)
	Job(ctx context.Context, actor identity.Actor, site int32, id int64) (kb.ImportJob, error)
	Apply(ctx context.Context, actor identity.Actor, site int32, id int64, drafts bool) (kb.ImportJob, error)
	Cancel(ctx context.Context, actor identity.Actor, site int32, id int64) (kb.ImportJob, error)
}

// ImportStarter begins imports.
type ImportStarter interface {
	StartFile(ctx context.Context, actor identity.Actor, j kb.ImportJob, content io.Reader) (kb.ImportJob, error)
	StartAddress(ctx context.Context, actor identity.Actor, j kb.ImportJob) (kb.ImportJob, error)
}

// Exporter writes the knowledge base in any format; *kb.Transfer is one.
type Exporter interface {
	Export(ctx context.Context, actor identity.Actor, site int32, f kb.Format, w io.Writer) error
}

// Files are the images and attachments of articles; *kb.Files is one.
type Files interface {
	Upload(ctx context.Context, actor identity.Actor, site int32, name string, content io.Reader) (kb.File, error)
	Open(ctx context.Context, actor identity.Actor, id string) (kb.File, io.ReadSeeker, error)
}

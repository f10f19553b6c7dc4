package postgres

import (
	"context"
	_ "embed" // for the queries
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk/kb"
)

//go:embed query/kb_file_add.sql
var kbFileAddSQL string

//go:embed query/kb_file_part.sql
var kbFilePartSQL string

//go:embed query/kb_file_read.sql
var kbFileReadSQL string

//go:embed query/kb_file_room.sql
var kbFileRoomSQL string

//go:embed query/kb_file_one.sql
var kbFileOneSQL string

//go:embed query/kb_file_touch.sql
var kbFileTouchSQL string

//go:embed query/kb_file_collect.sql
var kbFileCollectSQL string

// Files stores images and attachments of articles. It implements kb.FileStore.
type Files struct {
	pool *pgxpool.Pool
}

var _ kb.FileStore = (*Files)(nil)

// NewFiles returns the store over pool, which stays the caller's to close.
func NewFiles(pool *pgxpool.Pool) *Files { return &Files{pool: pool} }

// AddFile implements kb.FileStore.
func (s *Files) AddFile(ctx context.Context, f kb.File, content []byte) (added kb.File, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var taken int64
		if err := tx.QueryRow(ctx, kbFileRoomSQL, pgx.NamedArgs{"site": f.Site}).Scan(&taken); errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("site %d: %w", f.Site, kb.ErrNotFound)
		} else if err != nil {
			return err
		}
		var sum []byte
		if err := tx.QueryRow(ctx, kbFileAddSQL, pgx.NamedArgs{
			"id": f.ID, "site": f.Site, "sha256": f.SHA256[:], "name": f.Name, "media_type": f.MediaType, "bytes": f.Bytes,
			"width": f.Width, "height": f.Height, "author": f.Author,
		}).Scan(&added.ID, &added.Site, &added.Name, &added.MediaType, &added.Bytes, &added.Width, &added.Height, &sum, &added.CreatedAt); err != nil {
			return err
		}
		added.SHA256, added.Author, added.CreatedAt = [32]byte(sum), f.Author, added.CreatedAt.UTC()
		if added.ID != f.ID { // the same content is there already
			return nil
		}
		if taken+f.Bytes > kb.MaxSiteFileBytes {
			return kb.ErrFileRoom
		}
		for part := 0; part*partBytes < len(content); part++ {
			data := content[part*partBytes : min((part+1)*partBytes, len(content))]
			if _, err := tx.Exec(ctx, kbFilePartSQL, pgx.NamedArgs{"id": f.ID, "part": part, "data": data}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return kb.File{}, fmt.Errorf("store file: %w", err)
	}
	return added, nil
}

// File implements kb.FileStore. It notes, once a day, that the file was looked at.
func (s *Files) File(ctx context.Context, id string) (f kb.File, err error) {
	var sum []byte
	var idle bool
	var audience *int16
	err = s.pool.QueryRow(ctx, kbFileOneSQL, pgx.NamedArgs{"id": id}).
		Scan(&f.ID, &f.Site, &f.Name, &f.MediaType, &f.Bytes, &f.Width, &f.Height, &sum, &f.CreatedAt, &idle, &audience)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, fmt.Errorf("file %s: %w", id, kb.ErrNotFound)
	}
	if err != nil {
		return f, fmt.Errorf("read file: %w", err)
	}
	f.SHA256, f.CreatedAt = [32]byte(sum), f.CreatedAt.UTC()
	if audience != nil {
		level := kb.Audience(*audience)
		f.Audience = &level
	}
	if idle {
		if _, err := s.pool.Exec(ctx, kbFileTouchSQL, pgx.NamedArgs{"id": id}); err != nil {
			return f, fmt.Errorf("note the file's use: %w", err)
		}
	}
	return f, nil
}

// OpenFile implements kb.FileStore. The reader holds one part at a time and
// reads under ctx; it needs no Close.
func (s *Files) OpenFile(ctx context.Context, f kb.File) io.ReadSeeker {
	return io.NewSectionReader(&partReader{size: f.Bytes, read: func(part int64) (data []byte, err error) {
		once, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("reading the file took too long"))
		defer cancel()
		err = s.pool.QueryRow(once, kbFileReadSQL, pgx.NamedArgs{"id": f.ID, "part": part}).Scan(&data)
		return data, err
	}}, 0, f.Bytes)
}

// Collect deletes files that nothing shows and nobody has looked at for 30 days.
func (s *Files) Collect(ctx context.Context) (deleted int64, err error) {
	tag, err := s.pool.Exec(ctx, kbFileCollectSQL)
	if err != nil {
		return 0, fmt.Errorf("collect files: %w", err)
	}
	return tag.RowsAffected(), nil
}

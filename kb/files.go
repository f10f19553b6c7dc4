package kb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	pathpkg "path"
	"slices"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// MaxFileBytes is the largest file of an article; MaxSiteFileBytes is the most that all files of a site take.
const (
	MaxFileBytes     = 10 << 20
	MaxSiteFileBytes = 2 << 30
)

// Errors about files. The web edge maps them.
var (
	// ErrFileTooLarge: more than [MaxFileBytes].
	ErrFileTooLarge = errors.New("the file is larger than 10 MB")
	// ErrFileRoom: the site's files take [MaxSiteFileBytes] already.
	ErrFileRoom = errors.New("the files of this site take 2 GB already; take out what is not needed")
	// ErrFileType: a kind of file that is not kept. Wrapped with what to do.
	ErrFileType = errors.New("a kind of file that articles cannot have")
)

// File is an image or attachment of articles. It is never changed.
type File struct {
	ID        string // UUID
	Site      int32
	Name      string
	MediaType string // found from the content, never told
	Bytes     int64
	Width     int // of an image, in pixels
	Height    int
	SHA256    [sha256.Size]byte
	Author    string
	CreatedAt time.Time
	// Audience is the least one of the published articles that show the file; nil: none shows it.
	Audience *Audience
}

// Inline says that browsers may show the file on a page.
func (f File) Inline() bool { return inlineType(f.MediaType) }

// Address is where the file is served. Of an image it ends in its size, so that a page keeps room for it.
func (f File) Address() string {
	address := "/kb-files/" + f.ID
	if f.Inline() && f.Width > 0 {
		address += fmt.Sprintf("#%dx%d", f.Width, f.Height)
	}
	return address
}

// Markdown is what an answer shows the file with: an image, or else a link.
func (f File) Markdown() string {
	name := strings.NewReplacer("[", "(", "]", ")").Replace(f.Name)
	if f.Inline() {
		return "![" + strings.TrimSuffix(name, pathpkg.Ext(name)) + "](" + f.Address() + ")"
	}
	return "[" + name + "](" + f.Address() + ")"
}

// FileStore keeps files; *postgres.Files is one.
type FileStore interface {
	// AddFile stores a file, or returns the site's that has the same content. Errors: [ErrFileRoom].
	AddFile(ctx context.Context, f File, content []byte) (File, error)
	// File returns a file with the audience that its use gives it. Errors: [ErrNotFound].
	File(ctx context.Context, id string) (File, error)
	// OpenFile opens a file's content.
	OpenFile(ctx context.Context, f File) io.ReadSeeker
}

// Files are the images and attachments of articles. Who may read a published
// article that shows a file may read the file; staff of the site may read all.
type Files struct {
	store FileStore
	slots chan struct{} // uploads in memory at once; more wait
}

// NewFiles returns the files over store.
func NewFiles(store FileStore) (*Files, error) {
	if store == nil {
		return nil, errors.New("kb: files need a store")
	}
	return &Files{store: store, slots: make(chan struct{}, 4)}, nil
}

// Upload stores a file. Its kind is found from its content. Errors:
// [ErrFileTooLarge], [ErrFileRoom], [ErrFileType], [ErrInvalid] (it is empty), content's, identity.ErrForbidden.
func (f *Files) Upload(ctx context.Context, actor identity.Actor, site int32, name string, content io.Reader) (File, error) {
	if !actor.Can(identity.PermKBWrite) {
		return File{}, fmt.Errorf("upload: %w", identity.ErrForbidden)
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return File{}, context.Cause(ctx)
	}
	raw, err := io.ReadAll(io.LimitReader(content, MaxFileBytes+1))
	if err != nil {
		return File{}, fmt.Errorf("read the upload: %w", err)
	}
	switch {
	case len(raw) == 0:
		return File{}, fmt.Errorf("the file is empty: %w", ErrInvalid)
	case len(raw) > MaxFileBytes:
		return File{}, ErrFileTooLarge
	}
	file := File{ID: newUUID(), Site: site, Name: fileLabel(name), Bytes: int64(len(raw)), SHA256: sha256.Sum256(raw), Author: actor.ID}
	if file.Author == "" {
		file.Author = "system"
	}
	if file.MediaType, file.Width, file.Height, err = sniff(raw); err != nil {
		return File{}, err
	}
	return f.store.AddFile(ctx, file, raw)
}

// Open returns a file that the actor may read. A visitor's browser sends nothing
// that proves who asks for an image, so that a file for identified customers is
// guarded by its address alone, which cannot be guessed; one that only articles
// for staff show, or none, is for staff. Errors: [ErrNotFound].
func (f *Files) Open(ctx context.Context, actor identity.Actor, id string) (File, io.ReadSeeker, error) {
	if !plainUUID(id) {
		return File{}, nil, fmt.Errorf("file: %w", ErrNotFound)
	}
	file, err := f.store.File(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	staff := actor.Can(identity.PermKBRead) && actor.Scope.Contact == "" && (actor.Scope.All || slices.Contains(actor.Scope.Sites, file.Site))
	if !staff && (file.Audience == nil || *file.Audience > AudienceCustomers) {
		return File{}, nil, fmt.Errorf("file %s: %w", id, ErrNotFound)
	}
	return file, f.store.OpenFile(ctx, file), nil
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func plainUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') || (!dash && (r < '0' || r > '9') && (r < 'a' || r > 'f')) {
			return false
		}
	}
	return true
}

package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // git names its objects so; what is trusted for more has a sha256
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"frontdesk/models"
)

const (
	// stateFile says what the folder of an unfinished pull holds.
	stateFile = ".pull.json"
	// partEnding is of files that are not complete.
	partEnding = ".part"
	// slack is what is left free on the disk.
	slack = 64 << 20
)

// expected is what is known of a file before it is fetched.
type expected struct {
	sha256 string // empty = unknown
	blob   string // git's id of it; empty = unknown
	size   int64  // -1 = unknown
}

// fetcher fetches files of one commit into the folder of an unfinished pull.
type fetcher struct {
	puller   *Puller
	repo     string
	commit   string
	progress func(Event)
	pinned   map[string]models.File

	kept map[string]bool // files of the model, and what they were made of

	dir   string
	root  *os.Root
	state state
}

// state is what stateFile says.
type state struct {
	Repo   string `json:"repo"`
	Commit string `json:"commit"`
	// Parts are the files that are under way, by path.
	Parts map[string]part `json:"parts"`
}

// part says of what the bytes in a file are that is not complete.
type part struct {
	// ETag is the strong one of the server that gave them, for If-Range.
	ETag string `json:"etag,omitempty"`
	// Linked is the hub's own, of the whole file.
	Linked string `json:"linked,omitempty"`
}

// begin opens the folder; what lies there of another commit is removed.
func (f *fetcher) begin(dir string) error {
	f.dir, f.kept = dir, map[string]bool{"manifest.json": true}
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err == nil {
		err = json.Unmarshal(data, &f.state)
	}
	if err != nil || f.state.Repo != f.repo || f.state.Commit != f.commit {
		f.state = state{Repo: f.repo, Commit: f.commit}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove a former attempt: %w", err)
		}
	}
	if f.state.Parts == nil {
		f.state.Parts = map[string]part{}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make %s: %w", dir, fullDisk(err, dir, 0))
	}
	if f.root, err = os.OpenRoot(dir); err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	return f.save()
}

func (f *fetcher) end() { f.root.Close() }

// save writes the state.
func (f *fetcher) save() error {
	data, err := json.Marshal(f.state)
	if err == nil {
		err = f.root.WriteFile(stateFile+".new", data, 0o640)
	}
	if err == nil {
		err = f.root.Rename(stateFile+".new", stateFile)
	}
	if err != nil {
		return fmt.Errorf("write down how far the pull is: %w", fullDisk(err, f.dir, 0))
	}
	return nil
}

// forget removes the state, and what earlier attempts with other options fetched: the folder is complete.
func (f *fetcher) forget() error {
	err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || f.kept[name] || name == stateFile {
			return err
		}
		return f.root.Remove(name)
	})
	if err != nil {
		return fmt.Errorf("clear up the folder: %w", err)
	}
	if err := f.root.Remove(stateFile); err != nil {
		return fmt.Errorf("complete the folder: %w", err)
	}
	return syncDir(f.dir)
}

// write stores a file of ours.
func (f *fetcher) write(name string, data []byte) (models.File, error) {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err == nil {
		_, err = file.Write(data)
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err != nil {
		return models.File{}, fmt.Errorf("write %s: %w", name, fullDisk(err, f.dir, int64(len(data))))
	}
	f.kept[name] = true
	sum := sha256.Sum256(data)
	return models.File{Path: name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}, nil
}

// room refuses to begin what the disk cannot hold.
func (f *fetcher) room(name string, size int64) error {
	free, err := f.puller.free(f.dir)
	if err != nil {
		return err
	}
	if info, err := f.root.Stat(name + partEnding); err == nil {
		size -= info.Size()
	}
	if size > 0 && uint64(size)+slack > free {
		return fmt.Errorf("%w: %s needs %d MiB, %d MiB are free at %s; free some and run the command again",
			ErrDiskFull, name, (size+slack)>>20+1, free>>20, f.dir)
	}
	return nil
}

// file fetches a file of at most limit bytes, or finds it complete from a former attempt.
func (f *fetcher) file(ctx context.Context, name string, want expected, limit int64) (models.File, error) {
	if err := checkPath(name); err != nil {
		return models.File{}, err
	}
	f.kept[name] = true
	if want.size > limit {
		return models.File{}, fmt.Errorf("%w: %s has %d bytes, %d are the limit", ErrLayout, name, want.size, limit)
	}
	if err := f.root.MkdirAll(path.Dir(name), 0o750); err != nil {
		return models.File{}, fmt.Errorf("make folder of %s: %w", name, fullDisk(err, f.dir, 0))
	}
	if got, err := f.complete(name, want); err == nil {
		return got, f.pin(got)
	}
	if err := f.room(name, max(0, want.size)); err != nil {
		return models.File{}, err
	}
	for bad := 0; ; {
		d := &download{fetcher: f, name: name, want: want, limit: limit}
		if err := f.retry(ctx, func() (bool, error) { return d.once(ctx) }); err != nil {
			return models.File{}, err
		}
		got, err := f.measured(name+partEnding, d.want)
		if err == nil {
			if err := f.root.Rename(name+partEnding, name); err != nil {
				return models.File{}, fmt.Errorf("store %s: %w", name, err)
			}
			got.Path = name
			return got, f.pin(got)
		}
		if err := f.drop(name); err != nil {
			return models.File{}, err
		}
		// Once it may have been the joint of two attempts, or the way.
		if bad++; !errors.Is(err, ErrChecksum) || bad > 1 {
			return models.File{}, err
		}
		f.progress(Event{Step: "fetching anew", Retry: err})
	}
}

// complete finds a file of a former attempt that can be proven to be the one.
func (f *fetcher) complete(name string, want expected) (models.File, error) {
	if want.sha256 == "" && want.blob == "" {
		return models.File{}, ErrChecksum
	}
	return f.measured(name, want)
}

// drop removes the part of a file.
func (f *fetcher) drop(name string) error {
	delete(f.state.Parts, name)
	if err := f.root.Remove(name + partEnding); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the part of %s: %w", name, err)
	}
	return f.save()
}

// measured hashes a file and compares it. Its error wraps ErrChecksum when it is another one.
func (f *fetcher) measured(name string, want expected) (models.File, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return models.File{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return models.File{}, err
	}
	plain := strings.TrimSuffix(name, partEnding)
	if want.size >= 0 && info.Size() != want.size {
		return models.File{}, fmt.Errorf("%w: %s has %d bytes, announced were %d", ErrChecksum, plain, info.Size(), want.size)
	}
	sum, blob := sha256.New(), gitBlob(info.Size())
	if _, err := io.Copy(io.MultiWriter(sum, blob), file); err != nil {
		return models.File{}, fmt.Errorf("read %s: %w", plain, err)
	}
	got := models.File{Path: plain, SHA256: hex.EncodeToString(sum.Sum(nil)), Size: info.Size()}
	if want.sha256 != "" && got.SHA256 != want.sha256 {
		return models.File{}, fmt.Errorf("%w: %s has sha256 %s, announced was %s", ErrChecksum, plain, got.SHA256, want.sha256)
	}
	if id := hex.EncodeToString(blob.Sum(nil)); want.blob != "" && id != want.blob {
		return models.File{}, fmt.Errorf("%w: %s is git object %s, announced was %s", ErrChecksum, plain, id, want.blob)
	}
	return got, nil
}

// gitBlob is git's hash of a file of this size.
func gitBlob(size int64) hash.Hash {
	h := sha1.New() //nolint:gosec // see the import
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// pin compares with what the same revision held when it was pulled first.
func (f *fetcher) pin(got models.File) error {
	if first, ok := f.pinned[got.Path]; ok && first != got {
		return fmt.Errorf("%w: %s of commit %.12s had sha256 %s when it was pulled first and has %s now; if you trust the new one, remove the folder of the model and pull again",
			ErrPinned, got.Path, f.commit, first.SHA256, got.SHA256)
	}
	return nil
}

// resolve is the address of a file.
func (f *fetcher) resolve(name string) *url.URL {
	return f.puller.base.JoinPath(f.repo, "resolve", f.commit, name)
}

// errStalled says that nothing came for too long.
var errStalled = errors.New("nothing came for too long")

// get asks for an address with the token; cancel ends it. A network error is a passing one.
func (f *fetcher) get(ctx context.Context, address *url.URL, header http.Header) (*http.Response, context.CancelFunc, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, nil, fmt.Errorf("ask the hub: %w", err)
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", "frontdesk")
	req.Header.Set("Accept-Encoding", "identity") // ranges and sizes are of the file itself
	if f.puller.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+f.puller.cfg.Token)
	}
	stall := time.AfterFunc(f.puller.cfg.Stall, func() { cancel(errStalled) })
	resp, err := f.puller.client().Do(req)
	if err != nil {
		stall.Stop()
		err = cause(ctx, err)
		cancel(nil)
		return nil, nil, classify(err)
	}
	resp.Body = &watched{body: resp.Body, stall: stall, limit: f.puller.cfg.Stall, ctx: ctx}
	return resp, func() { stall.Stop(); cancel(nil) }, nil
}

// watched cancels a request whose answer stands still.
type watched struct {
	body  io.ReadCloser
	stall *time.Timer
	limit time.Duration
	ctx   context.Context //nolint:containedctx // of the one request that the body belongs to; only its cause is read
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if n > 0 {
		w.stall.Reset(w.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = cause(w.ctx, err)
	}
	return n, err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	w.stall.Stop()
	return w.body.Close()
}

// cause puts the reason of a cancellation in the place of "context canceled".
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// number reads a header; -1 if it has none.
func number(h http.Header, name string) int64 {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

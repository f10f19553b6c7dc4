package models

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// ErrName is wrapped by errors about a name that no model can have.
	ErrName = errors.New("invalid model name")
	// ErrNotInstalled is wrapped by the errors about a model that the store has not got. It is an ErrMissing, too.
	ErrNotInstalled = fmt.Errorf("%w: not installed", ErrMissing)
)

// maxName is the longest name, as on the hub (huggingface_hub, validate_repo_id).
const maxName = 96

// namePattern is a name, or owner/name. Neither part begins or ends with a dot or hyphen.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_]([\w.-]*\w)?(/[A-Za-z0-9_]([\w.-]*\w)?)?$`)

// CheckName refuses what is no name of a model: NAME or OWNER/NAME of letters, digits, "_", "-" and ".". As on the hub,
// "--" and ".." do not occur, so that Folder is one to one. Its error wraps ErrName.
func CheckName(name string) error {
	if len(name) > maxName || !namePattern.MatchString(name) || strings.Contains(name, "--") || strings.Contains(name, "..") {
		return fmt.Errorf("%w: %.120q; write it as on the hub, such as owner/name", ErrName, name)
	}
	return nil
}

// Folder returns the name of the folder of an installed model: "/" becomes "--".
func Folder(name string) string { return strings.ReplaceAll(name, "/", "--") }

// Store is the folder of the installed models, one folder a model (Folder). Names that begin with a dot are not models:
// pulls prepare theirs there. Beside them it knows the models that are compiled in.
type Store struct {
	dir string
}

// OpenStore makes a store of a folder, which need not exist yet.
func OpenStore(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("open model store: no folder is named")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open model store: %w", err)
	}
	return &Store{dir: abs}, nil
}

// Entry is a model of a store.
type Entry struct {
	// Name is the manifest's; of a model whose manifest cannot be read, what its folder stands for.
	Name     string
	Manifest Manifest
	// Dir is the model's folder. Empty = compiled in.
	Dir string
	// Bytes is the size of the files that the manifest names.
	Bytes int64
	// Err says why the model cannot be used; nil if nothing is known against it (Verify looks at every byte).
	Err error
}

// List returns the models that are compiled in, then the installed ones by name, broken ones with their error. It reads
// manifests and the sizes of files only.
func (s *Store) List(ctx context.Context) ([]Entry, error) {
	var all []Entry
	for _, m := range builtIns() {
		b, err := m.load()
		if err != nil {
			return nil, fmt.Errorf("list models: %w", err)
		}
		all = append(all, Entry{Name: b.Manifest.Name, Manifest: b.Manifest, Bytes: b.Manifest.bytes()})
	}
	folders, err := os.ReadDir(s.dir) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list models: %w", err)
	}
	for _, f := range folders {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("list models: %w", context.Cause(ctx))
		}
		dir := filepath.Join(s.dir, f.Name())
		if info, err := os.Stat(dir); strings.HasPrefix(f.Name(), ".") || err == nil && !info.IsDir() {
			continue
		}
		e := Entry{Name: strings.ReplaceAll(f.Name(), "--", "/"), Dir: dir}
		m, err := glance(dir, f.Name())
		if err == nil || m.Name != "" {
			e.Name, e.Manifest, e.Bytes = m.Name, m, m.bytes()
		}
		e.Err = err
		all = append(all, e)
	}
	return all, nil
}

// Manifest returns an installed or compiled-in model's manifest without looking at its files. Errors wrap
// ErrNotInstalled, ErrName or ErrManifest.
func (s *Store) Manifest(name string) (Manifest, error) {
	if b, ok, err := BuiltIn(name); ok {
		return b.Manifest, err
	}
	dir, err := s.existing(name)
	if err != nil {
		return Manifest{}, err
	}
	return manifestOf(dir, Folder(name))
}

// Dir returns the folder where the model of this name lies or would lie. Its error wraps ErrName.
func (s *Store) Dir(name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, Folder(name)), nil
}

// Root returns the store's folder.
func (s *Store) Root() string { return s.dir }

// Load returns a model, verified byte by byte; the name "" means the bundled encoder. Errors wrap ErrNotInstalled, ErrName,
// ErrManifest, ErrMissing or ErrCorrupt.
func (s *Store) Load(name string) (Bundle, error) {
	if b, ok, err := BuiltIn(name); ok {
		return b, err
	}
	dir, err := s.existing(name)
	if err != nil {
		return Bundle{}, err
	}
	b, err := LoadDir(dir)
	if err == nil {
		err = named(b.Manifest, Folder(name))
	}
	if err != nil {
		return Bundle{}, fmt.Errorf("load %s: %w", dir, err)
	}
	return b, nil
}

// Verify is Load for the check alone: no file is kept in memory, progress is called as bytes are read, and every file that
// differs is in the error, which wraps what Load's does.
func (s *Store) Verify(ctx context.Context, name string, progress func(file string, done, total int64)) (Manifest, error) {
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	if b, ok, err := BuiltIn(name); ok {
		return b.Manifest, err
	}
	dir, err := s.existing(name)
	if err != nil {
		return Manifest{}, err
	}
	m, err := manifestOf(dir, Folder(name))
	if err != nil {
		return m, fmt.Errorf("verify %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, fmt.Errorf("verify %s: %w", dir, err)
	}
	defer root.Close()
	var errs []error
	for _, role := range m.roles() {
		f := m.Files[role]
		err := rehash(ctx, root.FS(), m, f, func(done int64) { progress(f.Path, done, f.Size) })
		if ctx.Err() != nil {
			return m, fmt.Errorf("verify %s: %w", dir, context.Cause(ctx))
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return m, fmt.Errorf("verify %s: %w", dir, err)
	}
	if _, err := loadDir(ctx, dir); err != nil { // what lies in the files: golden values, external data
		return m, fmt.Errorf("verify %s: %w", dir, err)
	}
	return m, nil
}

// existing returns the folder of a model that is installed.
func (s *Store) existing(name string) (string, error) {
	dir, err := s.Dir(name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("model %s: %w: there is no folder %s; frontdesk model pull %s fetches it, or copy the folder from another machine",
			name, ErrNotInstalled, dir, name)
	}
	return dir, nil
}

// glance is what can be said of a folder without reading its large files.
func glance(dir, folder string) (Manifest, error) {
	m, err := manifestOf(dir, folder)
	if err != nil {
		return m, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, fmt.Errorf("open model folder: %w", err)
	}
	defer root.Close()
	for _, role := range m.roles() {
		if err := regular(root.FS(), m, m.Files[role]); err != nil {
			return m, err
		}
	}
	return m, nil
}

// maxManifestBytes bounds manifest.json.
const maxManifestBytes = 4 << 20

func manifestOf(dir, folder string) (Manifest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Manifest{}, fmt.Errorf("open model folder: %w", err)
	}
	defer root.Close()
	file, err := root.Open("manifest.json")
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: read manifest.json: %w", ErrManifest, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxManifestBytes+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: read manifest.json: %w", ErrManifest, err)
	}
	if len(data) > maxManifestBytes {
		return Manifest{}, fmt.Errorf("%w: manifest.json is larger than %d bytes", ErrManifest, maxManifestBytes)
	}
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, err
	}
	return m, named(m, folder)
}

// named checks that a folder holds the model that it is named after: copied under another name, it would pass for that one.
func named(m Manifest, folder string) error {
	if err := CheckName(m.Name); err != nil {
		return fmt.Errorf("%w: name: %w", ErrManifest, err)
	}
	for _, b := range builtIns() {
		if b.name == m.Name {
			return bad("name", "is %s, which is a model that is compiled in and hides this folder; remove the folder", m.Name)
		}
	}
	if want := Folder(m.Name); want != folder {
		return bad("name", "is %s, but the folder is %s; rename the folder to %s", m.Name, folder, want)
	}
	return nil
}

// rehash is verified for files that are not to be in memory; progress has the bytes that were read.
func rehash(ctx context.Context, fsys fs.FS, m Manifest, f File, progress func(done int64)) error {
	if err := regular(fsys, m, f); err != nil {
		return err
	}
	file, err := fsys.Open(f.Path)
	if err != nil {
		return unreadable(err, m, f)
	}
	defer file.Close()
	h, buf, done := sha256.New(), make([]byte, 1<<20), int64(0)
	for ctx.Err() == nil {
		n, err := file.Read(buf)
		h.Write(buf[:n])
		done += int64(n)
		progress(done)
		if errors.Is(err, io.EOF) {
			return compare(m, f, [sha256.Size]byte(h.Sum(nil)), done)
		}
		if err != nil {
			return unreadable(err, m, f)
		}
	}
	return context.Cause(ctx)
}

// roles returns the roles of the manifest's files, sorted.
func (m *Manifest) roles() []string {
	roles := make([]string, 0, len(m.Files))
	for role := range m.Files {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	return roles
}

func (m *Manifest) bytes() int64 {
	var sum int64
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// BuiltIn returns the model of this name if it is compiled into the binary; the name "" is the encoder's.
func BuiltIn(name string) (b Bundle, ok bool, err error) {
	for _, m := range builtIns() {
		if name == "" || m.name == name {
			b, err = m.load()
			return b, true, err
		}
	}
	return Bundle{}, false, nil
}

// IsBuiltIn reports whether a model of this name is compiled into the binary, without loading it.
func IsBuiltIn(name string) bool {
	return slices.ContainsFunc(builtIns(), func(m builtInModel) bool { return m.name == name })
}

// builtInModel is a model that is compiled in.
type builtInModel struct {
	name string // of its manifest; known without loading it
	load func() (Bundle, error)
}

func builtIns() []builtInModel {
	return []builtInModel{{"frontdesk-static-zh-en", Default}, {"frontdesk-native-zh-en", DefaultStatic}, {"frontdesk-pair-zh-en", DefaultPair}}
}

package local

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	// rootHome holds root's clusters: a data directory below /root is closed to
	// the user postgres.
	rootHome = "/var/lib/frontdesk"
	// idName is the file in a data directory that names its cluster.
	idName = "cluster.id"
	// socketFile is what PostgreSQL calls its socket at the port we give it.
	socketFile = ".s.PGSQL.5432"
)

// layout is where a cluster lies.
type layout struct {
	name   string // cluster_name, "frontdesk-<hash>"
	home   string // folder of this cluster, mode 0700
	data   string // PGDATA
	socket string // folder of the socket, mode 0700
	log    string // file that PostgreSQL logs to
	// shared is set when socket lies outside home and is removed at the end.
	shared bool
}

// newLayout finds the places for the cluster of dataDir and makes its folders;
// shared is where root's clusters lie.
func newLayout(dataDir, shared string, who owner) (layout, error) {
	id, err := clusterID(dataDir)
	if err != nil {
		return layout{}, err
	}
	home := filepath.Join(dataDir, "pg")
	if who.switched {
		if _, err := os.Stat(filepath.Join(home, "data")); err == nil {
			return layout{}, fmt.Errorf("%w: %s was made by an ordinary user: run as that user", ErrOtherUser, home)
		}
		if err := makePassage(shared); err != nil {
			return layout{}, err
		}
		home = filepath.Join(shared, id)
	}
	return layoutIn(home, id, who)
}

// makePassage makes a folder that every user may walk through, whatever the
// umask: PostgreSQL's user goes this way to its own.
func makePassage(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // G301: see above
		return spaceError("make folder", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o001 == 0 {
		return os.Chmod(dir, mode|0o011)
	}
	return nil
}

// layoutIn makes the folders of a cluster in home.
func layoutIn(home, id string, who owner) (layout, error) {
	l := layout{
		name:   "frontdesk-" + id,
		home:   home,
		data:   filepath.Join(home, "data"),
		socket: filepath.Join(home, "run"),
		log:    filepath.Join(home, "postgres.log"),
	}
	if err := who.makeDir(home); err != nil {
		return layout{}, err
	}
	var err error
	l.socket, l.shared, err = socketDir(l.socket, l.name, os.TempDir(), "/tmp")
	if err != nil {
		return layout{}, err
	}
	if err := who.makeDir(l.socket); err != nil {
		return layout{}, err
	}
	return l, nil
}

// socketDir returns beside, or the folder called name in the first of elsewhere
// that keeps the socket's path within what the system can bind.
func socketDir(beside, name string, elsewhere ...string) (dir string, shared bool, err error) {
	limit := maxSocketPath()
	if len(filepath.Join(beside, socketFile)) <= limit {
		return beside, false, nil
	}
	for _, base := range elsewhere {
		dir = filepath.Join(base, name)
		if len(filepath.Join(dir, socketFile)) <= limit {
			return dir, true, nil
		}
	}
	return "", false, fmt.Errorf("%w: %s (limit %d bytes): choose a shorter --data or TMPDIR",
		ErrSocketPath, filepath.Join(beside, socketFile), limit)
}

// maxSocketPath is sun_path less its NUL: 108 bytes on Linux, 104 on the BSDs.
func maxSocketPath() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}

// clusterID returns the hash that names the cluster of a data directory. It is
// kept in the directory, together with the path it was made for: a directory
// that moved keeps its cluster, one that was emptied gets a new one, and a copy
// does not take over the cluster of the original.
func clusterID(dataDir string) (string, error) {
	path := filepath.Join(dataDir, idName)
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read cluster id: %w", err)
	}
	id, madeFor, _ := strings.Cut(strings.TrimSpace(string(raw)), " ")
	if valid(id) {
		if madeFor == dataDir {
			return id, nil
		}
		other, err := os.ReadFile(filepath.Join(madeFor, idName))
		if err != nil || !strings.HasPrefix(string(other), id+" ") {
			return id, writeID(path, id, dataDir) // moved
		}
	}
	sum := sha256.Sum256([]byte(dataDir + "\x00" + rand.Text()))
	id = hex.EncodeToString(sum[:6])
	return id, writeID(path, id, dataDir)
}

func writeID(path, id, dataDir string) error {
	next := path + ".new"
	if err := os.WriteFile(next, []byte(id+" "+dataDir+"\n"), 0o600); err != nil {
		return spaceError("write cluster id", err)
	}
	return os.Rename(next, path)
}

// valid reports whether id is one of ours: it becomes part of a path.
func valid(id string) bool {
	raw, err := hex.DecodeString(id)
	return err == nil && len(raw) == 6
}

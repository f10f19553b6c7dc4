package local

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocketGoesWhereItsPathFits(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("x", 100)
	for name, tt := range map[string]struct {
		beside, elsewhere, want string
		err                     error
	}{
		"beside":    {beside: "/data/pg/run", elsewhere: "/tmp", want: "/data/pg/run"},
		"elsewhere": {beside: long, elsewhere: "/tmp", want: "/tmp/frontdesk-1"},
		"nowhere":   {beside: long, elsewhere: long, err: ErrSocketPath},
		"exactly at the limit": {
			beside: "/" + strings.Repeat("x", maxSocketPath()-len(socketFile)-2), elsewhere: "/tmp",
			want: "/" + strings.Repeat("x", maxSocketPath()-len(socketFile)-2),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, shared, err := socketDir(tt.beside, "frontdesk-1", tt.elsewhere)
			if !errors.Is(err, tt.err) || dir != tt.want {
				t.Errorf("socketDir = %q, %v; want %q, %v", dir, err, tt.want, tt.err)
			}
			if shared != (tt.want == "/tmp/frontdesk-1") {
				t.Errorf("shared = %v", shared)
			}
		})
	}
}

func TestClusterIDFollowsAMovedDirectoryButNotACopy(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	first := filepath.Join(base, "first")
	if err := os.Mkdir(first, 0o700); err != nil {
		t.Fatal(err)
	}
	id := mustID(t, first)
	if again := mustID(t, first); again != id {
		t.Errorf("id changed from %s to %s", id, again)
	}

	copied := filepath.Join(base, "copied")
	if out, err := exec.CommandContext(t.Context(), "cp", "-r", first, copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if mustID(t, copied) == id {
		t.Error("a copy would take over the original's cluster")
	}

	moved := filepath.Join(base, "moved")
	if err := os.Rename(first, moved); err != nil {
		t.Fatal(err)
	}
	if got := mustID(t, moved); got != id {
		t.Errorf("a moved directory lost its cluster: %s, want %s", got, id)
	}

	if err := os.WriteFile(filepath.Join(moved, idName), []byte("../../etc x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mustID(t, moved); !valid(got) {
		t.Errorf("a damaged id was taken: %q", got)
	}
}

func mustID(t *testing.T, dir string) string {
	t.Helper()
	id, err := clusterID(dir)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFolderOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "socket")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := owner{uid: os.Geteuid() + 1}
	if err := stranger.makeDir(dir); !errors.Is(err, ErrOtherUser) {
		t.Errorf("err = %v, want ErrOtherUser", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	me := owner{uid: os.Geteuid()}
	if err := me.makeDir(link); err == nil {
		t.Error("a symbolic link was taken for the folder")
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the point of the test
		t.Fatal(err)
	}
	if err := me.makeDir(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("an open folder stayed open: %v, %v", info.Mode(), err)
	}
}

func TestPassageIsOpenWhateverTheUmask(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "frontdesk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := makePassage(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o011 != 0o011 {
		t.Errorf("the user postgres cannot pass: %v", info.Mode())
	}
}

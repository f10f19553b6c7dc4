package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// owner is who runs PostgreSQL: this user, or `postgres` when this is root,
// whom PostgreSQL refuses.
type owner struct {
	uid, gid int
	// switched is set when this process is root and PostgreSQL runs as another.
	switched bool
}

func findOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return owner{}, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: install the postgresql package: %w", err)
	}
	uid, errUID := strconv.Atoi(account.Uid)
	gid, errGID := strconv.Atoi(account.Gid)
	if err := errors.Join(errUID, errGID); err != nil {
		return owner{}, fmt.Errorf("look up user postgres: %w", err)
	}
	return owner{uid: uid, gid: gid, switched: true}, nil
}

// credential is what a child process runs with, nil for this process's own.
func (o owner) credential() *syscall.Credential {
	if !o.switched {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}

// makeDir makes a folder that only the owner may enter, or checks that the one
// that exists is such a folder: in a shared place somebody else could have laid
// it there first.
func (o owner) makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		if o.switched {
			return os.Chown(dir, o.uid, o.gid)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return spaceError("make folder", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if int(stat.Uid) != o.uid {
		return fmt.Errorf("%w: %s is owned by user id %d, not %d", ErrOtherUser, dir, stat.Uid, o.uid)
	}
	if info.Mode().Perm() != 0o700 {
		return os.Chmod(dir, 0o700) //nolint:gosec // G302: a folder needs the x bit
	}
	return nil
}

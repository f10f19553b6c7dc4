package local

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotRunning means that no cluster runs on the data directory.
var ErrNotRunning = errors.New("the database of this data directory is not running")

// Attach returns the connection string of the cluster that another process, a
// running server, keeps on dataDir. The caller owns nothing and stops nothing.
// It returns [ErrNotRunning] when there is none: then [Start] it.
func Attach(ctx context.Context, dataDir string) (string, error) {
	return attach(ctx, dataDir, rootHome)
}

// attach is Attach for root's clusters in home.
func attach(ctx context.Context, dataDir, home string) (string, error) {
	dir, err := dataDirectory(dataDir)
	if err != nil {
		return "", fmt.Errorf("attach to database: %w", err)
	}
	who, err := findOwner()
	if err != nil {
		return "", fmt.Errorf("attach to database: %w", err)
	}
	l, err := newLayout(dir, home, who)
	if err != nil {
		return "", fmt.Errorf("attach to database: %w", err)
	}
	pid, err := runningPID(l.data)
	if err != nil {
		return "", fmt.Errorf("attach to database: %w", err)
	}
	if pid == 0 {
		return "", ErrNotRunning
	}
	c := &Cluster{layout: l}
	if err := c.verify(ctx); err != nil {
		return "", fmt.Errorf("attach to database: %w", err)
	}
	return c.URL(), nil
}

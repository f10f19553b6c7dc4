package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

// handoverVariable tells a process that it succeeds a running server. The
// descriptors stand after it in a fixed order, from firstFD on.
const handoverVariable = "FRONTDESK_HANDOVER"

// firstFD is the first descriptor that os/exec's ExtraFiles and systemd pass on (sd_listen_fds(3)).
const firstFD = 3

// inheritance is what a process was started with: by systemd a listener
// (LISTEN_FDS), by a running server that it succeeds (SIGUSR2) all three.
type inheritance struct {
	listener net.Listener // nil: open one
	ready    *os.File     // to be written a line to, once this process serves; nil: nobody waits
	alive    *os.File     // reads end of file when the predecessor has ended; nil: there is none
}

// inherit takes over the descriptors that environ tells of, and takes them out of
// this process's environment, so that its children do not take them for theirs.
func inherit(environ []string) (*inheritance, error) {
	in := &inheritance{}
	count := 0
	if pid := lookup(environ, "LISTEN_PID"); pid != "" && pid == strconv.Itoa(os.Getpid()) {
		var err error
		if count, err = strconv.Atoi(lookup(environ, "LISTEN_FDS")); err != nil || count < 0 {
			return nil, fmt.Errorf("LISTEN_FDS: %q is no number of sockets", lookup(environ, "LISTEN_FDS"))
		}
	}
	successor := lookup(environ, handoverVariable) != ""
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", handoverVariable} {
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("clear %s: %w", name, err)
		}
	}
	switch {
	case successor:
		in.ready, in.alive = inheritedFile(firstFD+1, "ready"), inheritedFile(firstFD+2, "alive")
	case count > 1:
		return nil, fmt.Errorf("systemd passed %d sockets: one is served; leave one ListenStream= in the socket unit", count)
	case count == 0:
		return in, nil
	}
	file := inheritedFile(firstFD, "listener")
	listener, err := net.FileListener(file) // it duplicates the descriptor
	err = errors.Join(err, file.Close())
	if err != nil {
		return nil, fmt.Errorf("take over the listening socket: %w", err)
	}
	if _, ok := listener.(*net.TCPListener); !ok {
		return nil, fmt.Errorf("take over the listening socket: %s is no TCP address", listener.Addr())
	}
	in.listener = listener
	return in, nil
}

// inheritedFile wraps a descriptor so that closing it ends a read.
func inheritedFile(fd uintptr, name string) *os.File {
	syscall.CloseOnExec(int(fd))
	_ = syscall.SetNonblock(int(fd), true) // else it only cannot be interrupted
	return os.NewFile(fd, name)
}

// succeeds reports whether a server runs that this one takes over from.
func (in *inheritance) succeeds() bool { return in != nil && in.alive != nil }

// told tells the predecessor that this process serves.
func (in *inheritance) told() error {
	if in == nil || in.ready == nil {
		return nil
	}
	_, err := io.WriteString(in.ready, "ready\n")
	return errors.Join(err, in.ready.Close())
}

// notify tells systemd a state (sd_notify(3)); without systemd it does nothing.
func notify(ctx context.Context, state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unixgram", path) // a leading @ is the abstract namespace, as systemd writes it
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	_, err = io.WriteString(conn, state)
	return errors.Join(err, conn.Close())
}

// openListener returns the inherited listener, or opens one.
func openListener(ctx context.Context, cfg Config) (net.Listener, error) {
	if cfg.inherited != nil && cfg.inherited.listener != nil {
		return cfg.inherited.listener, nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, portError(cfg.Addr, err)
	}
	return listener, nil
}

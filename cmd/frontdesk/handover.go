package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// successorTimeout bounds how long a successor may take until it serves: it loads
// the models, and applies migrations.
const successorTimeout = 5 * time.Minute

// handover replaces the running server by a new process of the same program, which
// may be a newer one, on SIGUSR2: the new process gets the listening socket, and
// only when it serves does this one drain and end. Both accept from one queue of
// the kernel meanwhile: no connection is refused.
type handover struct {
	listener *net.TCPListener
	usr2     chan os.Signal
	stop     context.CancelFunc // ends this server
	handed   atomic.Bool        // a successor serves
	alive    *os.File           // open as long as this process lives; its end tells the successor
	logger   *slog.Logger
}

// newHandover takes SIGUSR2 from now on: unheard it would end the process.
func newHandover(listener net.Listener, stop context.CancelFunc, logger *slog.Logger) *handover {
	h := &handover{usr2: make(chan os.Signal, 1), stop: stop, logger: logger}
	h.listener, _ = listener.(*net.TCPListener) // a test's listener may be another: it is not handed over
	signal.Notify(h.usr2, syscall.SIGUSR2)
	return h
}

// close gives SIGUSR2 back.
func (h *handover) close() { signal.Stop(h.usr2) }

// Run waits for SIGUSR2 until ctx ends. A successor that does not come up changes nothing.
func (h *handover) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.usr2:
		}
		h.logger.InfoContext(ctx, "starting a successor")
		pid, err := h.succeed(ctx)
		if err != nil {
			if ctx.Err() == nil {
				h.logger.ErrorContext(ctx, "the successor did not come up: this server goes on", "error", err)
			}
			continue
		}
		h.logger.InfoContext(ctx, "the successor serves: this server ends", "pid", pid)
		h.handed.Store(true)
		h.stop()
		return nil
	}
}

// succeed starts the successor and waits until it serves.
func (h *handover) succeed(ctx context.Context) (pid int, err error) {
	if h.listener == nil {
		return 0, errors.New("the listener cannot be handed over")
	}
	program, err := os.Executable() // of a program that was replaced, the path where the new one lies
	if err != nil {
		return 0, fmt.Errorf("find the program: %w", err)
	}
	socket, err := h.listener.File()
	if err != nil {
		return 0, fmt.Errorf("duplicate the listening socket: %w", err)
	}
	defer socket.Close()
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("make a pipe: %w", err)
	}
	defer readyR.Close()
	defer readyW.Close()
	aliveR, aliveW, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("make a pipe: %w", err)
	}
	defer aliveR.Close()

	// Not CommandContext: it outlives this process.
	cmd := exec.Command(program, os.Args[1:]...) //nolint:noctx,gosec // see above; this very program with its own arguments
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "LISTEN_") }), handoverVariable+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{socket, readyW, aliveR} // in the order that inherit takes them
	err = cmd.Start()
	// os/exec has put the socket, which both descriptors share, into blocking mode; Accept could then not be interrupted.
	err = errors.Join(err, h.nonblocking())
	if err != nil {
		return 0, errors.Join(fmt.Errorf("start the successor: %w", err), aliveW.Close())
	}
	_ = readyW.Close() // the successor's copy is the only one now: its end shows
	if err := h.await(ctx, readyR); err != nil {
		killErr := cmd.Process.Kill()
		if errors.Is(killErr, os.ErrProcessDone) {
			killErr = nil
		}
		return 0, errors.Join(err, killErr, cmd.Wait(), aliveW.Close())
	}
	h.alive = aliveW
	pid = cmd.Process.Pid
	return pid, cmd.Process.Release()
}

// await reads the successor's word.
func (h *handover) await(ctx context.Context, ready *os.File) error {
	ctx, cancel := context.WithTimeoutCause(ctx, successorTimeout, fmt.Errorf("it does not serve after %v", successorTimeout))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = ready.SetReadDeadline(time.Now()) }) // pipes have deadlines
	defer stop()
	line, err := bufio.NewReader(ready).ReadString('\n')
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil || line != "ready\n":
		return errors.New("it ended before it served: its log says why")
	}
	return nil
}

func (h *handover) nonblocking() error {
	raw, err := h.listener.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = syscall.SetNonblock(int(fd), true) })
	return errors.Join(err, set)
}

// herald tells systemd, and the server that this one succeeds, when this one is
// ready, and systemd when it stops.
type herald struct {
	ready    <-chan struct{}
	in       *inheritance
	handover *handover
	logger   *slog.Logger
}

// Run waits for the first readiness, tells, and waits for the end.
func (h *herald) Run(ctx context.Context) error {
	select {
	case <-h.ready:
	case <-ctx.Done():
		return nil
	}
	// The main process first: systemd must not take the predecessor's end for the unit's.
	if err := errors.Join(notify(ctx, fmt.Sprintf("MAINPID=%d\nREADY=1", os.Getpid())), h.in.told()); err != nil {
		h.logger.WarnContext(ctx, "cannot tell that the server is ready", "error", err)
	}
	<-ctx.Done()
	if h.handover.handed.Load() {
		return nil // the unit goes on
	}
	if err := notify(context.WithoutCancel(ctx), "STOPPING=1"); err != nil {
		h.logger.WarnContext(ctx, "cannot tell that the server stops", "error", err)
	}
	return nil
}

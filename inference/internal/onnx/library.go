// Package onnx is the only door to ONNX Runtime, and the only cgo in this module.
//
// It loads the shared library once a process, checks its version, and runs graphs on the caller's goroutine: a Session
// starts none of its own and ONNX Runtime is told to use none. A call into C always runs to its end; memory that it
// reads or writes stays pinned and alive until then. The package never batches, queues or decides; that is inference.
package onnx

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Version is the release of ONNX Runtime that this module is built and tested against.
const Version = "1.27.0"

// ErrLibrary is wrapped by Open's error when the shared library cannot be used.
var ErrLibrary = errors.New("ONNX Runtime library is not usable")

// loaded is the library of this process: C has one copy of its state, so Go has one too. It is never unloaded, because
// threads of the library may outlive the last session.
//
//nolint:gochecknoglobals // mirrors the process-wide state of the C library
var loaded struct {
	mu   sync.Mutex
	path string // guarded by mu; empty = not loaded
}

// Open loads the shared library at path. Calling it again with the same path does nothing; another path is an error,
// as is any version but Version. Errors wrap ErrLibrary.
func Open(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLibrary, err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	loaded.mu.Lock()
	defer loaded.mu.Unlock()
	switch loaded.path {
	case path:
		return nil
	case "":
	default:
		return fmt.Errorf("%w: %s asked for, but %s is already loaded in this process", ErrLibrary, path, loaded.path)
	}
	keepThreshold()
	ort.SetSharedLibraryPath(path) // errors come back to the caller: the library itself need not write to stderr
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		// A library without this API version fails here already; its own message does not say which one is needed.
		return fmt.Errorf("%w: load %s (version %s is needed): %w", ErrLibrary, path, Version, err)
	}
	if got := ort.GetVersion(); got != Version {
		err := fmt.Errorf("%w: %s is version %s, but %s is needed; run make build to fetch it", ErrLibrary, path, got, Version)
		return errors.Join(err, ort.DestroyEnvironment())
	}
	loaded.path = path
	if err := ort.DisableTelemetry(); err != nil {
		return fmt.Errorf("%w: switch telemetry off: %w", ErrLibrary, err)
	}
	return nil
}

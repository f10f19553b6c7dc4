package onnx_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"frontdesk/inference/internal/onnx"
)

// childEnv tells the test binary that it is the child of TestLibraryOfAnotherVersionIsRefused.
const childEnv = "FRONTDESK_TEST_OLD_ONNXRUNTIME"

// oldLibrary is a library that, like an older ONNX Runtime, does not know the API version that is asked for.
const oldLibrary = `
struct base { const void *(*get_api)(unsigned); const char *(*version)(void); };
static const void *get_api(unsigned v) { return 0; }
static const char *version(void) { return "1.2.3"; }
static const struct base b = { get_api, version };
const struct base *OrtGetApiBase(void) { return &b; }
`

func TestLibraryOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(childEnv); path != "" {
		// A process loads one library, so the old one needs a process of its own.
		if err := onnx.Open(path); !errors.Is(err, onnx.ErrLibrary) || !strings.Contains(err.Error(), onnx.Version) {
			t.Errorf("error %v, want ErrLibrary that names %s", err, onnx.Version)
		}
		return
	}
	dir := t.TempDir()
	source, library := filepath.Join(dir, "old.c"), filepath.Join(dir, "libold.so")
	if err := os.WriteFile(source, []byte(oldLibrary), 0o600); err != nil {
		t.Fatal(err)
	}
	// cgo needs a C compiler anyway.
	if out, err := exec.CommandContext(t.Context(), "cc", "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), childEnv+"="+library)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("child: %v\n%s", err, out)
	}
}

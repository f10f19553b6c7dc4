package inference

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"frontdesk/inference/internal/onnx"
)

// LibraryEnv names the environment variable with the full path of the ONNX Runtime library.
const LibraryEnv = "FRONTDESK_ONNXRUNTIME"

// LibraryVersion is the release of ONNX Runtime that is needed.
const LibraryVersion = onnx.Version

// ErrNoLibrary is wrapped by FindLibrary's error; the message lists what was tried and what to do.
var ErrNoLibrary = errors.New("ONNX Runtime library not found")

// FindLibrary returns the path of the ONNX Runtime library.
//
// It tries, in order: explicit (when given, nothing else is), the variable LibraryEnv (likewise), the folder of the
// executable and its lib folder, the npm package in web/ui/node_modules of the checkout around the executable or the
// working directory, and the system's library folders.
func FindLibrary(explicit string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		exe = ""
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	wd, err := os.Getwd()
	if err != nil {
		wd = ""
	}
	return search(explicit, os.Getenv(LibraryEnv), exe, wd)
}

// LoadLibrary finds the library as FindLibrary does, loads it into the process, where it stays, and checks that it is
// LibraryVersion. It returns the path also when loading fails.
func LoadLibrary(explicit string) (path string, err error) {
	path, err = FindLibrary(explicit)
	if err != nil {
		return "", err
	}
	if err := onnx.Open(path); err != nil {
		return path, fmt.Errorf("load ONNX Runtime: %w", err)
	}
	return path, nil
}

// search is FindLibrary with its surroundings as arguments.
func search(explicit, env, exe, wd string) (string, error) {
	for _, given := range []struct{ path, from string }{{explicit, "the configuration"}, {env, LibraryEnv}} {
		if given.path == "" {
			continue
		}
		if !isFile(given.path) {
			return "", fmt.Errorf("%w: %s names %s, which is no file", ErrNoLibrary, given.from, given.path)
		}
		return given.path, nil
	}
	var tried []string
	for _, path := range candidates(exe, wd) {
		if isFile(path) {
			return path, nil
		}
		tried = append(tried, path)
	}
	return "", fmt.Errorf("%w; run make build in the checkout, or set %s to its full path; tried:\n\t%s",
		ErrNoLibrary, LibraryEnv, strings.Join(tried, "\n\t"))
}

// candidates lists the places in the order of FindLibrary.
func candidates(exe, wd string) []string {
	name, arch := "libonnxruntime.so.1", runtime.GOARCH
	if runtime.GOOS == "darwin" {
		name = "libonnxruntime." + LibraryVersion + ".dylib"
	}
	if arch == "amd64" {
		arch = "x64" // npm's name for it
	}
	inPackage := filepath.Join("web", "ui", "node_modules", "onnxruntime-node", "bin", "napi-v6", runtime.GOOS, arch, name)
	var all []string
	if exe != "" {
		dir := filepath.Dir(exe)
		all = append(all, filepath.Join(dir, "lib", name), filepath.Join(dir, name))
	}
	for _, from := range []string{exe, wd} {
		if from == "" {
			continue
		}
		// A checkout is where go.mod lies; without one, no folder above is searched for a stranger's node_modules.
		for dir := from; ; dir = filepath.Dir(dir) {
			if isFile(filepath.Join(dir, "go.mod")) {
				all = append(all, filepath.Join(dir, inPackage))
				break
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	for _, dir := range []string{"/usr/local/lib", "/usr/lib", "/usr/lib/" + triplet(), "/opt/homebrew/lib"} {
		all = append(all, filepath.Join(dir, name))
	}
	return all
}

// triplet is Debian's name for the folder of this machine's libraries.
func triplet() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64-linux-gnu"
	}
	return "x86_64-linux-gnu"
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

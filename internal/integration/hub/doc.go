// Package hub pulls models from a model hub into the store of bundles.
//
// A hub is what answers like huggingface_hub's: GET {endpoint}/api/models/{repo}/revision/{revision} names the commit and
// the files, GET {endpoint}/{repo}/resolve/{commit}/{file} gives a file, large ones through a redirect to another host.
// A pull is resumable: it prepares a folder beside the models, goes on where a former one stopped, compares every file
// with the checksum that the hub announces, has the model run once (Recorder), pins all checksums in the manifest and
// then renames the folder.
//
// No host is named here: the endpoint comes from the configuration. The client that New gets decides where connections
// may lead (internal/safedial). The package starts no goroutine and never runs what it fetched: it reads JSON, and the
// names in an ONNX file.
package hub

import "errors"

// Errors of Pull. Each message names the file or field and says what to do.
var (
	// ErrNotFound: the hub has no such repository, revision or file.
	ErrNotFound = errors.New("not found on the hub")
	// ErrAccess: the repository is private or gated, and the token does not open it.
	ErrAccess = errors.New("the hub refuses access")
	// ErrUnavailable: the hub, or the way to it, does not work; what was fetched is kept.
	ErrUnavailable = errors.New("the hub cannot be reached")
	// ErrChecksum: a file is not the one that the hub announced, twice in a row.
	ErrChecksum = errors.New("the file is not the one that the hub announced")
	// ErrContent: an answer is not of the kind that was asked for, such as a login page.
	ErrContent = errors.New("the hub's answer cannot be used")
	// ErrLayout: the repository holds a model that Frontdesk cannot run faithfully.
	ErrLayout = errors.New("the repository cannot be used")
	// ErrDiskFull: there is not enough room for the model.
	ErrDiskFull = errors.New("the disk is full")
	// ErrBusy: another pull of the same model is going on.
	ErrBusy = errors.New("another pull of this model is going on")
	// ErrInstalled: the model is installed in another version or with other options.
	ErrInstalled = errors.New("the model is installed already")
	// ErrPinned: the hub has other bytes for a revision that was pulled before.
	ErrPinned = errors.New("the hub has changed the files of a revision")
)

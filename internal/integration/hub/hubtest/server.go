// Package hubtest is a model hub for tests: it answers as huggingface_hub expects one to, over real connections on this
// machine, and misbehaves when told to.
//
// Large files come through a redirect to a second server, as a hub's file servers are another host. It owns the servers,
// which end with the test.
package hubtest

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git names its objects so
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Commit is what the branch main of every repository is.
const Commit = "0123456789abcdef0123456789abcdef01234567"

// Repo is a repository. Change it before the first request only.
type Repo struct {
	Files map[string][]byte
	// Large are the files that lie in LFS. Nil = the ONNX files and what is kept beside them.
	Large []string
	// Card is what the hub read of the model card.
	Card map[string]any
	// Commit defaults to Commit.
	Commit string
	// Gated wants a token whose account has accepted the terms; Private wants any token.
	Gated, Private bool
	// Bare leaves sizes and checksums out of the description, as simple mirrors do.
	Bare bool
	// Announce overrides the sha256 that the hub announces, by file.
	Announce map[string]string
}

// Fault is how the server misbehaves once.
type Fault struct {
	// Status is answered, with RetryAfter if that is not empty. 0 = the file is given.
	Status     int
	RetryAfter string
	// CutAfter ends the connection after so many bytes of the body. 0 = it is whole.
	CutAfter int
	// StallAfter leaves the connection open without sending on. 0 = not.
	StallAfter int
	// NoRange gives the whole file whatever is asked for.
	NoRange bool
	// WrongRange gives another part than the one asked for.
	WrongRange bool
	// HTML gives a web page.
	HTML bool
	// Garble changes a byte.
	Garble bool
	// Endless sends on after the end, without a length.
	Endless bool
	// Encoded says that the body is compressed.
	Encoded bool
	// OtherCommit names another commit in X-Repo-Commit.
	OtherCommit bool
}

// Request is one that came.
type Request struct {
	// Host is "hub" or "files".
	Host, Path, Authorization, Range, IfRange string
}

// Server is a hub.
type Server struct {
	// URL is the endpoint.
	URL string
	// Token is the one that opens private and gated repositories.
	Token string
	// Hold, if not nil, is called with each file's name before its body is sent, and on the request's goroutine.
	Hold func(file string)

	files    *httptest.Server
	mu       sync.Mutex
	repos    map[string]*Repo
	faults   map[string][]Fault // by file
	requests []Request
	etags    map[string]string // of the file server
	release  chan struct{}
}

// New starts a hub.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Token: "hf_right", repos: map[string]*Repo{}, faults: map[string][]Fault{}, etags: map[string]string{}, release: make(chan struct{}),
	}
	hub := httptest.NewServer(http.HandlerFunc(s.hub))
	s.files = httptest.NewServer(http.HandlerFunc(s.store))
	s.URL = hub.URL
	t.Cleanup(func() {
		close(s.release)
		hub.Close()
		s.files.Close()
	})
	return s
}

// Add puts a repository on the hub.
func (s *Server) Add(id string, r *Repo) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Commit == "" {
		r.Commit = Commit
	}
	if r.Large == nil {
		for name := range r.Files {
			if strings.Contains(name, ".onnx") {
				r.Large = append(r.Large, name)
			}
		}
	}
	s.repos[id] = r
	return r
}

// Fail lets the next requests of a file go wrong, one after the other; of "" those of the description.
func (s *Server) Fail(file string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[file] = append(s.faults[file], faults...)
}

// Retag makes the file server give a file another ETag, as if it had been uploaded anew.
func (s *Server) Retag(file, etag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.etags[file] = etag
}

// Requests returns what came, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget empties Requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) note(host string, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		Host: host, Path: r.URL.Path, Authorization: r.Header.Get("Authorization"), Range: r.Header.Get("Range"), IfRange: r.Header.Get("If-Range"),
	})
}

// fault takes the next one of a file.
func (s *Server) fault(file string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if queue := s.faults[file]; len(queue) > 0 {
		s.faults[file] = queue[1:]
		return queue[0]
	}
	return Fault{}
}

func (s *Server) repo(id string) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repos[id]
}

// hub answers for the endpoint.
func (s *Server) hub(w http.ResponseWriter, r *http.Request) {
	s.note("hub", r)
	if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/models/"); ok {
		id, revision, _ := strings.Cut(rest, "/revision/")
		revision, _ = url.PathUnescape(revision)
		s.describe(w, r, id, revision)
		return
	}
	id, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/resolve/")
	commit, file, _ := strings.Cut(rest, "/")
	repo := s.repo(id)
	if !ok || repo == nil {
		refuse(w, http.StatusUnauthorized, "RepoNotFound")
		return
	}
	if !s.open(w, r, repo) {
		return
	}
	data, found := repo.Files[file]
	if !found || commit != repo.Commit {
		refuse(w, http.StatusNotFound, "EntryNotFound")
		return
	}
	if !slices.Contains(repo.Large, file) {
		w.Header().Set("X-Repo-Commit", repo.Commit)
		w.Header().Set("ETag", `"`+Blob(data)+`"`)
		s.serve(w, r, file, data)
		return
	}
	w.Header().Set("X-Repo-Commit", repo.Commit)
	w.Header().Set("X-Linked-Size", strconv.Itoa(len(data)))
	w.Header().Set("X-Linked-Etag", `"`+repo.sum(file)+`"`)
	w.Header().Set("ETag", `"of-the-redirect"`)
	http.Redirect(w, r, s.files.URL+"/"+id+"/"+file+"?signature="+strconv.FormatInt(time.Now().UnixNano(), 36), http.StatusFound) //nolint:gosec // to the other server of this test
}

// open answers for a repository that not everybody may read.
func (s *Server) open(w http.ResponseWriter, r *http.Request, repo *Repo) bool {
	right := r.Header.Get("Authorization") == "Bearer "+s.Token
	switch {
	case repo.Gated && !right:
		status := http.StatusUnauthorized
		if r.Header.Get("Authorization") != "" {
			status = http.StatusForbidden
		}
		refuse(w, status, "GatedRepo")
	case repo.Private && !right: // as if it were not there
		refuse(w, http.StatusUnauthorized, "RepoNotFound")
	default:
		return true
	}
	return false
}

// describe answers for the API.
func (s *Server) describe(w http.ResponseWriter, r *http.Request, id, revision string) {
	f := s.fault("")
	repo := s.repo(id)
	switch {
	case f.Status != 0:
		f.answer(w)
	case f.HTML:
		page(w)
	case repo == nil:
		refuse(w, http.StatusUnauthorized, "RepoNotFound")
	case repo.Private && !s.open(w, r, repo): // a gated one may be looked at
	case revision != "main" && revision != repo.Commit && revision != "refs/pr/1":
		refuse(w, http.StatusNotFound, "RevisionNotFound")
	default:
		var siblings []any
		for _, name := range slices.Sorted(maps.Keys(repo.Files)) {
			one := map[string]any{"rfilename": name}
			if !repo.Bare {
				one["size"] = len(repo.Files[name])
				one["blobId"] = Blob(repo.Files[name])
			}
			if !repo.Bare && slices.Contains(repo.Large, name) {
				one["lfs"] = map[string]any{"sha256": repo.sum(name), "size": len(repo.Files[name]), "pointerSize": 134}
			}
			siblings = append(siblings, one)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "sha": repo.Commit, "siblings": siblings, "cardData": repo.Card, "gated": repo.Gated})
	}
}

// store answers for the file server.
func (s *Server) store(w http.ResponseWriter, r *http.Request) {
	s.note("files", r)
	owner, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	name, file, _ := strings.Cut(rest, "/")
	repo := s.repo(owner + "/" + name)
	if repo == nil || r.URL.Query().Get("signature") == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "binary/octet-stream")
	s.mu.Lock()
	etag, ok := s.etags[file]
	s.mu.Unlock()
	if !ok {
		etag = `"files-` + Blob(repo.Files[file])[:12] + `"`
	}
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	s.serve(w, r, file, repo.Files[file])
}

// serve sends a file, with its faults.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, file string, data []byte) {
	f := s.fault(file)
	if s.Hold != nil {
		s.Hold(file)
	}
	switch {
	case f.Status != 0:
		f.answer(w)
		return
	case f.HTML:
		page(w)
		return
	}
	if f.OtherCommit {
		w.Header().Set("X-Repo-Commit", strings.Repeat("f", 40))
	}
	if f.Garble {
		data = bytes.Clone(data)
		data[len(data)/2] ^= 0xFF
	}
	if f.Encoded {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if f.NoRange {
		r.Header.Del("Range")
		w.Header().Set("Accept-Ranges", "none")
	}
	if f.WrongRange && r.Header.Get("Range") != "" {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(data)
		return
	}
	if f.Endless {
		w.WriteHeader(http.StatusOK)
		for err := error(nil); err == nil && r.Context().Err() == nil; {
			_, err = w.Write(data)
		}
		return
	}
	out := &cutter{ResponseWriter: w, cut: f.CutAfter, stall: f.StallAfter, release: s.release, request: r}
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(data))
}

// answer is a status without a file.
func (f Fault) answer(w http.ResponseWriter) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.WriteHeader(f.Status)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", code)
	w.WriteHeader(status)
}

func page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!DOCTYPE html><html><title>Sign in</title></html>"))
}

// cutter breaks off a body.
type cutter struct {
	http.ResponseWriter
	cut, stall, sent int
	release          chan struct{}
	request          *http.Request
}

// Write implements io.Writer.
func (c *cutter) Write(p []byte) (int, error) {
	limit := max(c.cut, c.stall)
	if limit == 0 || c.sent+len(p) <= limit {
		c.sent += len(p)
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:limit-c.sent])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	if c.stall > 0 {
		select {
		case <-c.request.Context().Done():
		case <-c.release:
		}
	}
	panic(http.ErrAbortHandler) // the connection ends here
}

func (r *Repo) sum(file string) string {
	if s, ok := r.Announce[file]; ok {
		return s
	}
	sum := sha256.Sum256(r.Files[file])
	return hex.EncodeToString(sum[:])
}

// Blob is git's name of a file.
func Blob(data []byte) string {
	h := sha1.New() //nolint:gosec // see the import
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

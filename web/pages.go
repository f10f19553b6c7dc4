package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// The pages as built by `make build`. A fresh clone has only the .keep files, so
// that it compiles; it then serves a page that says what to do.
//
//go:embed all:ui/console/dist all:ui/widget/dist
var embedded embed.FS

// asset is one file ready to be sent.
type asset struct {
	plain, gzipped []byte // gzipped is nil when it saves nothing
	contentType    string
	etag           string
	immutable      bool // the name has a hash of the content
}

// pages are the files of the console and the widget, all in memory: they are a
// few hundred kilobytes.
type pages struct {
	console, widget map[string]*asset
}

func newPages() (*pages, error) {
	console, err := loadAssets(embedded, "ui/console/dist")
	if err != nil {
		return nil, err
	}
	widget, err := loadAssets(embedded, "ui/widget/dist")
	if err != nil {
		return nil, err
	}
	return &pages{console: console, widget: widget}, nil
}

// hashed matches the names that Vite gives to files it may cache for ever: name-Hash8.ext.
var hashed = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9]+$`)

func loadAssets(files fs.FS, root string) (map[string]*asset, error) {
	out := map[string]*asset{}
	err := fs.WalkDir(files, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".keep" {
			return err
		}
		plain, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		a := &asset{
			plain: plain, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, contentType: contentTypeOf(name),
			immutable: strings.Contains(name, "/assets/") && hashed.MatchString(name),
		}
		if compressible(a.contentType) {
			if a.gzipped, err = compress(plain); err != nil {
				return err
			}
		}
		out[strings.TrimPrefix(name, root+"/")] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load pages of %s: %w", root, err)
	}
	return out, nil
}

// contentTypeOf does not ask the machine's MIME table, which differs between machines.
func contentTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".ico":
		return "image/x-icon"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressible(contentType string) bool {
	for _, part := range []string{"text/", "json", "svg", "javascript"} {
		if strings.Contains(contentType, part) {
			return true
		}
	}
	return false
}

func compress(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	zw, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = zw.Write(plain)
		err = errors.Join(err, zw.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if out.Len() >= len(plain) {
		return nil, nil //nolint:nilnil // documented: nothing saved
	}
	return out.Bytes(), nil
}

// serve answers with an asset.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", a.etag)
	h.Add("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := a.plain
	if a.gzipped != nil && acceptsGzip(r) {
		content = a.gzipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a client that went away
	}
}

// acceptsGzip: RFC 9110, section 12.5.3; a coding with q=0 is refused.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if n := strings.TrimSpace(name); n != "gzip" && n != "*" {
			continue
		}
		weight = strings.ReplaceAll(weight, " ", "")
		return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
	}
	return false
}

// home sends people to where they want to go.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, s.cfg.HomePath, http.StatusFound)
}

func (s *Server) toConsole(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/console/", http.StatusFound)
}

// console serves the workbench: its files, and index.html for every address
// that its router knows.
func (s *Server) console(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/console/")
	a := s.pages.console[name]
	if a == nil && path.Ext(name) == "" {
		a = s.pages.console["index.html"]
	}
	s.page(w, r, a, s.pages.console)
}

// widget serves the loader and the app inside the iframe.
func (s *Server) widget(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/widget/")
	if name == "" {
		name = "index.html"
	}
	s.page(w, r, s.pages.widget[name], s.pages.widget)
}

// demo serves the demo shop.
func (s *Server) demo(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, s.pages.widget["demo.html"], s.pages.widget)
}

func (s *Server) page(w http.ResponseWriter, r *http.Request, a *asset, built map[string]*asset) {
	switch {
	case a != nil:
		a.serve(w, r)
	case len(built) == 0:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuilt)) // a client that went away
	default:
		s.notFound(w, r)
	}
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Frontdesk</title><body style="font:16px/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem">
<h1>The pages are not built yet</h1><p>This binary was made without them. Run <code>make build</code> and start it again.</p>
<h1 lang="zh-CN">页面尚未构建</h1><p lang="zh-CN">这个程序编译时没有包含页面。请运行 <code>make build</code> 后重新启动。</p>`

// notFound answers for addresses without a route.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) { s.writeProblem(w, r, errNoRoute) }

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	s.writeProblem(w, r, errMethod)
}

// Package crawler reads the pages of a help website into documents. It fulfils kb.Crawler.
//
// It dials only through the client it is given (internal/safedial), stays on the
// host that it was sent to, asks robots.txt first and obeys it, is one visitor
// at a time, and bounds pages, bytes, redirects and time. What it reads are texts for a
// curator: nothing in a page is obeyed, run or fetched beside it.
//
// It starts no goroutine.
package crawler

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"frontdesk/internal/integration/documents"
	"frontdesk/internal/safedial"
	"frontdesk/kb"
)

// Limits of a crawl.
const (
	maxPageBytes   = 8 << 20 // of one page, unpacked
	maxTotalBytes  = 256 << 20
	maxSitemaps    = 50
	maxRobotsBytes = 500 << 10 // RFC 9309, 2.5
	requestTimeout = 20 * time.Second
	maxWarnings    = 50
)

// Config is what a [Crawler] needs.
type Config struct {
	// Client makes the requests; it must be one that refuses private addresses. Required.
	Client *http.Client
	// Pause is the least time between two requests. Defaults to 200 ms; a host's Crawl-delay counts up to 2 s.
	Pause time.Duration
	// Timeout bounds a whole crawl. Defaults to 20 min.
	Timeout time.Duration
	// SitemapBytes bounds what one address may send, unpacked. Defaults to 50 MB, the most that a sitemap may have
	// (sitemaps.org/protocol.html).
	SitemapBytes int64
	// Agent is how it names itself. Defaults to "FrontdeskImport/1.0".
	Agent string
}

// Crawler reads websites. It is safe for concurrent use.
type Crawler struct{ cfg Config }

var _ kb.Crawler = (*Crawler)(nil)

// New checks cfg and returns a crawler.
func New(cfg Config) (*Crawler, error) {
	if cfg.Client == nil {
		return nil, errors.New("crawler: Config.Client is required")
	}
	if cfg.Pause < 0 || cfg.Timeout < 0 {
		return nil, errors.New("crawler: Config.Pause and Timeout must not be negative")
	}
	if cfg.Pause == 0 {
		cfg.Pause = 200 * time.Millisecond
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Minute
	}
	if cfg.SitemapBytes <= 0 {
		cfg.SitemapBytes = 50 << 20
	}
	if cfg.Agent == "" {
		cfg.Agent = "FrontdeskImport/1.0"
	}
	return &Crawler{cfg: cfg}, nil
}

// refuse says why an address is not read.
func refuse(where, format string, args ...any) error {
	return &kb.ImportError{Problems: []kb.Problem{{Where: where, Reason: fmt.Sprintf(format, args...)}}}
}

// Crawl implements kb.Crawler.
func (c *Crawler) Crawl(ctx context.Context, address string, limits kb.CrawlLimits, yield func(kb.Document) error) (warnings []string, err error) {
	start, err := url.Parse(address)
	if err != nil || start.Host == "" || (start.Scheme != "http" && start.Scheme != "https") || start.User != nil {
		return nil, refuse(address, "this is no address of a page: write one such as https://example.com/help")
	}
	start.Fragment = ""
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errors.New("the crawl took too long"))
	defer cancel()
	v := &visit{
		Crawler: c, host: start.Host, scheme: start.Scheme, folder: folderOf(start.Path), limits: limits,
		seen: map[string]bool{}, left: maxTotalBytes, pause: c.cfg.Pause, yield: yield,
	}
	if v.rules, err = v.robots(ctx); err != nil {
		return nil, err
	}
	if err := v.run(ctx, start); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
		return v.warnings, err
	}
	return v.warnings, nil
}

// visit is one crawl.
type visit struct {
	*Crawler

	host, scheme string
	folder       string // links are followed below it
	limits       kb.CrawlLimits
	rules        rules
	pause        time.Duration
	yield        func(kb.Document) error

	last     time.Time // of a request
	queue    []string
	seen     map[string]bool
	maps     int
	pages    int
	left     int64 // bytes that may still be read
	warnings []string
}

func (v *visit) warn(format string, args ...any) {
	switch {
	case len(v.warnings) < maxWarnings:
		v.warnings = append(v.warnings, fmt.Sprintf(format, args...))
	case len(v.warnings) == maxWarnings:
		v.warnings = append(v.warnings, "more pages could not be read")
	}
}

// run reads the first address, which must be readable, and then what it leads to.
func (v *visit) run(ctx context.Context, start *url.URL) error {
	v.seen[start.String()] = true
	if err := v.take(ctx, start.String()); err != nil {
		return err
	}
	for len(v.queue) > 0 && v.pages < v.limits.Pages {
		next := v.queue[0]
		v.queue = v.queue[1:]
		err := v.take(ctx, next)
		wrong, ours := errors.AsType[*kb.ImportError](err)
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, errYield) || errors.Is(err, errTotal):
			return err
		case ours:
			v.warn("%s was left out: %s", next, wrong.Problems[0].Reason)
		default:
			v.warn("%s was left out", next)
		}
	}
	if len(v.queue) > 0 {
		v.warn("there are %d more pages: the limit is %d", len(v.queue), v.limits.Pages)
	}
	return nil
}

var (
	errYield = errors.New("the page cannot be kept")
	errTotal = errors.New("too much")
)

// take reads one address: a page, or a sitemap that lists some.
func (v *visit) take(ctx context.Context, address string) error {
	at, err := url.Parse(address)
	if err != nil {
		return refuse(address, "this is no address")
	}
	if !v.rules.allow(at) {
		return refuse(address, "the website's robots.txt forbids it")
	}
	got, err := v.fetch(ctx, address, v.cfg.SitemapBytes)
	if err != nil {
		return err
	}
	if final, err := url.Parse(got.address); err != nil || !v.rules.allow(final) {
		return refuse(address, "the website's robots.txt forbids what it leads to")
	} else if v.pages+v.maps == 0 && final.Host != v.host { // with or without "www."
		v.host, v.scheme = final.Host, final.Scheme
		if v.rules, err = v.robots(ctx); err != nil {
			return err
		}
		if !v.rules.allow(final) {
			return refuse(address, "the website's robots.txt forbids it")
		}
	}
	if got.sitemap() {
		return v.sitemap(got)
	}
	if !got.html() {
		return refuse(address, "it is no web page, but %q", got.kind)
	}
	if len(got.body) > maxPageBytes {
		return refuse(address, "the page is larger than %d MB", maxPageBytes>>20)
	}
	d, links, err := documents.ReadPage(bytes.NewReader(got.body), got.contentType, got.address)
	if err != nil {
		return err
	}
	v.pages++
	if len(d.Sections) == 0 {
		v.warn("%s has no text without scripts", got.address)
	} else if err := v.yield(d); err != nil {
		return errors.Join(errYield, err)
	}
	if v.limits.Follow {
		for _, link := range links {
			if u, err := url.Parse(link); err == nil && strings.HasPrefix(u.EscapedPath(), v.folder) && pageName(u.Path) {
				v.push(u)
			}
		}
	}
	return nil
}

// push adds an address of the same host that was not met yet.
func (v *visit) push(u *url.URL) {
	u.Fragment = ""
	if u.Path == "" {
		u.Path = "/"
	}
	if !strings.EqualFold(u.Host, v.host) || (u.Scheme != "https" && u.Scheme != v.scheme) || u.User != nil {
		return
	}
	if s := u.String(); !v.seen[s] && len(s) <= 2000 && len(v.seen) < 10*kb.MaxCrawlPages {
		v.seen[s] = true
		v.queue = append(v.queue, s)
	}
}

// pageName says that a path may lead to a page, by its ending.
func pageName(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".ico", ".css", ".js", ".mjs", ".json", ".pdf", ".zip", ".gz", ".mp4", ".webm", ".mp3",
		".woff", ".woff2", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".exe", ".dmg", ".apk":
		return false
	}
	return true
}

func folderOf(p string) string {
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		return (&url.URL{Path: p[:i+1]}).EscapedPath()
	}
	return "/"
}

// response is what was read from an address.
type response struct {
	address     string // after redirects
	contentType string
	kind        string // without parameters
	body        []byte
}

func (r response) html() bool {
	if r.kind == "" {
		return bytes.Contains(bytes.ToLower(r.body[:min(len(r.body), 1024)]), []byte("<html"))
	}
	return r.kind == "text/html" || r.kind == "application/xhtml+xml"
}

func (r response) sitemap() bool {
	head := bytes.ToLower(r.body[:min(len(r.body), 2048)])
	if bytes.Contains(head, []byte("<urlset")) || bytes.Contains(head, []byte("<sitemapindex")) {
		return true
	}
	return r.kind == "text/plain" && strings.Contains(strings.ToLower(path.Base(r.address)), "sitemap")
}

// sitemap queues what a sitemap lists (sitemaps.org/protocol.html); one may list others.
func (v *visit) sitemap(r response) error {
	if v.maps++; v.maps > maxSitemaps {
		return refuse(r.address, "there are more than %d sitemaps", maxSitemaps)
	}
	if r.kind == "text/plain" && !bytes.Contains(r.body[:min(len(r.body), 2048)], []byte("<")) {
		for line := range strings.SplitSeq(string(r.body), "\n") {
			v.listed(strings.TrimSpace(line))
		}
		return nil
	}
	in := xml.NewDecoder(bytes.NewReader(r.body))
	in.Strict = false
	inLoc, depth := false, 0
	var loc strings.Builder
	for {
		t, err := in.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			v.warn("%s is damaged; it was read up to there", r.address)
			return nil //nolint:nilerr // what it lists up to there is good
		}
		switch t := t.(type) {
		case xml.Directive:
			return refuse(r.address, "the sitemap defines a document type of its own; it is not read")
		case xml.StartElement:
			if depth++; depth > 16 {
				return refuse(r.address, "this is no sitemap")
			}
			inLoc = t.Name.Local == "loc" && t.Name.Space == ""
			loc.Reset()
		case xml.EndElement:
			depth--
			if inLoc {
				v.listed(strings.TrimSpace(loc.String()))
			}
			inLoc = false
		case xml.CharData:
			if inLoc && loc.Len() < 4000 {
				loc.Write(t)
			}
		}
		if len(v.queue) > kb.MaxCrawlPages {
			return nil
		}
	}
}

func (v *visit) listed(address string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		v.push(u)
	}
}

// fetch reads an address. The size counts after unpacking: a few kilobytes may unpack to gigabytes.
func (v *visit) fetch(ctx context.Context, address string, limit int64) (response, error) {
	if err := v.wait(ctx); err != nil {
		return response{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errors.New("the page took too long"))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return response{}, refuse(address, "this is no address")
	}
	req.Header.Set("User-Agent", v.cfg.Agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.5")
	client := *v.cfg.Client
	inner := client.CheckRedirect
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if !strings.EqualFold(next.URL.Host, v.host) && !sameSite(next.URL.Hostname(), v.host) {
			return refuse(address, "it leads to another website: %s", next.URL.Host)
		}
		if inner != nil {
			return inner(next, via)
		}
		return safedial.CheckRedirect(next, via)
	}
	resp, err := client.Do(req)
	if err != nil {
		return response{}, unreachable(address, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return response{}, &statusError{address: address, status: resp.StatusCode}
	}
	out := response{address: resp.Request.URL.String(), contentType: resp.Header.Get("Content-Type")}
	out.kind, _, _ = mime.ParseMediaType(out.contentType)
	limit = min(limit, v.left)
	// The transport unpacks what it asked for (Content-Encoding: gzip); .xml.gz files are packed by themselves.
	raw, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return response{}, unreachable(address, err)
	}
	if bytes.HasPrefix(raw, []byte("\x1f\x8b")) {
		zipped, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return response{}, refuse(address, "the packed file is damaged")
		}
		if raw, err = io.ReadAll(io.LimitReader(zipped, limit+1)); err != nil {
			return response{}, refuse(address, "the packed file is damaged")
		}
		out.kind = "application/xml"
	}
	if int64(len(raw)) > limit {
		if limit == v.left {
			return response{}, errors.Join(errTotal, refuse(address, "the pages hold more than %d MB together", maxTotalBytes>>20))
		}
		return response{}, refuse(address, "it is larger than %d MB", limit>>20)
	}
	v.left -= int64(len(raw))
	out.body = raw
	return out, nil
}

// statusError is an answer other than 200.
type statusError struct {
	address string
	status  int
}

// Error implements error.
func (e *statusError) Error() string { return fmt.Sprintf("%s answered %d", e.address, e.status) }

// As makes it a [kb.ImportError], which people read.
func (e *statusError) As(target any) bool {
	wrong, ok := target.(**kb.ImportError)
	if ok {
		*wrong = &kb.ImportError{Problems: []kb.Problem{{Where: e.address, Reason: fmt.Sprintf("the website answered with status %d", e.status)}}}
	}
	return ok
}

// sameSite says that a host is the other with or without "www.".
func sameSite(a, b string) bool {
	name := func(h string) string {
		if host, _, err := net.SplitHostPort(h); err == nil {
			h = host
		}
		return strings.TrimPrefix(strings.ToLower(h), "www.")
	}
	return name(a) == name(b)
}

// unreachable words a failed request for people, without what the network looks like inside.
func unreachable(address string, err error) error {
	var ours *kb.ImportError
	var timeout interface{ Timeout() bool }
	var dns *net.DNSError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, safedial.ErrRefused):
		return refuse(address, "it leads to an address inside the server's own network; if that is meant, open it with egress_allow")
	case errors.As(err, &dns):
		return refuse(address, "there is no such website")
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return refuse(address, "the website did not answer in time")
	}
	return refuse(address, "the website cannot be reached")
}

// wait leaves the website some time between two requests.
func (v *visit) wait(ctx context.Context) error {
	if rest := v.pause - time.Since(v.last); !v.last.IsZero() && rest > 0 {
		timer := time.NewTimer(rest)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
	v.last = time.Now()
	return nil
}

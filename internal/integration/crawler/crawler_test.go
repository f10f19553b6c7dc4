package crawler

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/internal/safedial"
	"frontdesk/kb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a website on this machine.
type house struct {
	*httptest.Server

	mu    sync.Mutex // guards what follows
	asked []string
	agent string
}

func website(t *testing.T, pages map[string]http.HandlerFunc) *house {
	t.Helper()
	h := &house{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked, h.agent = append(h.asked, r.URL.RequestURI()), r.UserAgent()
		h.mu.Unlock()
		if page, ok := pages[r.URL.Path]; ok {
			page(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func page(title, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>%s</title><main><h1>%s</h1><p>A paragraph about %s that is long enough.</p>%s</main>", title, title, title, body)
	}
}

func text(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

// crawler may go to this machine, as egress_allow would let it; closed, it may not.
func crawler(t *testing.T, open bool) *Crawler {
	t.Helper()
	cfg := safedial.Config{Timeout: 5 * time.Second}
	if open {
		cfg.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	d, err := safedial.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	client := d.Client()
	t.Cleanup(client.CloseIdleConnections)
	c, err := New(Config{Client: client, Pause: time.Millisecond, Timeout: 20 * time.Second, SitemapBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *house) crawl(t *testing.T, path string, limits kb.CrawlLimits) (titles, warnings []string, err error) {
	t.Helper()
	if limits.Pages == 0 {
		limits.Pages = 50
	}
	warnings, err = crawler(t, true).Crawl(t.Context(), h.URL+path, limits, func(d kb.Document) error {
		titles = append(titles, d.Title)
		return nil
	})
	return titles, warnings, err
}

func TestACrawlStaysBelowItsFolderOnItsHostAndObeysRobots(t *testing.T) {
	t.Parallel()
	h := website(t, map[string]http.HandlerFunc{
		"/robots.txt": text("text/plain", "User-agent: *\nDisallow: /\n\nUser-agent: frontdeskimport\nDisallow: /help/private\nAllow: /help/private/but-this$\n"),
		"/help/": page("Start", `<a href="a">A</a> <a href="/help/a#part">again</a> <a href="/help/private/x">P</a> <a href="/help/private/but-this">B</a>
			<a href="/other">out</a> <a href="http://127.0.0.2/help/x">host</a> <a href="b.pdf">pdf</a> <a href="mailto:a@b">m</a> <a href="javascript:x">j</a> <a rel="nofollow" href="/help/n">n</a>`),
		"/help/a": page("Page A", `<a href="/help/">back</a>`), "/help/private/x": page("Private", ""), "/help/private/but-this": page("Allowed", ""),
		"/other": page("Other", ""), "/help/n": page("Nofollow", ""),
	})
	titles, warnings, err := h.crawl(t, "/help/", kb.CrawlLimits{Follow: true})
	if err != nil || !slices.Equal(titles, []string{"Start", "Page A", "Allowed"}) {
		t.Fatalf("%v, %v, %v", titles, warnings, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "robots.txt forbids") {
		t.Errorf("warnings %q", warnings)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if want := []string{"/robots.txt", "/help/", "/help/a", "/help/private/but-this"}; !slices.Equal(h.asked, want) {
		t.Errorf("asked for %v, want %v", h.asked, want)
	}
	if h.agent != "FrontdeskImport/1.0" {
		t.Errorf("it calls itself %q", h.agent)
	}
}

func TestAForbiddenFirstPageIsAnError(t *testing.T) {
	t.Parallel()
	h := website(t, map[string]http.HandlerFunc{"/robots.txt": text("text/plain", "User-agent: *\nDisallow: /help"), "/help": page("Help", "")})
	if _, _, err := h.crawl(t, "/help", kb.CrawlLimits{}); err == nil || !strings.Contains(err.Error(), "robots.txt forbids") {
		t.Errorf("a forbidden first page: %v", err)
	}
	down := website(t, map[string]http.HandlerFunc{"/robots.txt": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "/help": page("Help", "")})
	if _, _, err := down.crawl(t, "/help", kb.CrawlLimits{}); err == nil {
		t.Error("while the website fails, nothing may be read (RFC 9309, 2.3.1.4)")
	}
}

func TestASitemapLeadsToItsPages(t *testing.T) {
	t.Parallel()
	var h *house
	h = website(t, map[string]http.HandlerFunc{
		"/sitemap.xml": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `<?xml version="1.0"?><sitemapindex><sitemap><loc>%s/one.xml.gz</loc></sitemap><sitemap><loc>http://elsewhere.example/two.xml</loc></sitemap></sitemapindex>`, h.URL)
		},
		"/one.xml.gz": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			z := gzip.NewWriter(w)
			fmt.Fprintf(z, `<urlset xmlns:image="i"><url><loc> %s/a </loc><image:image><image:loc>%s/a.jpg</image:loc></image:image></url><url><loc>%s/b</loc></url><url><loc>%s/gone</loc></url></urlset>`, h.URL, h.URL, h.URL, h.URL)
			_ = z.Close()
		},
		"/a": page("Page A", ""), "/b": page("Page B", ""),
	})
	titles, warnings, err := h.crawl(t, "/sitemap.xml", kb.CrawlLimits{})
	if err != nil || !slices.Equal(titles, []string{"Page A", "Page B"}) || len(warnings) != 1 || !strings.Contains(warnings[0], "/gone was left out: the website answered with status 404") {
		t.Fatalf("%v, %q, %v", titles, warnings, err)
	}
	if titles, warnings, err = h.crawl(t, "/sitemap.xml", kb.CrawlLimits{Pages: 1}); err != nil || len(titles) != 1 || !strings.Contains(fmt.Sprint(warnings), "the limit is 1") {
		t.Fatalf("a limit of one: %v, %q, %v", titles, warnings, err)
	}
}

func TestWhatIsTooMuchIsRefusedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 1<<20)
	bomb := func(kind string, megabytes int) http.HandlerFunc {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		for range megabytes {
			_, _ = z.Write(zeros)
		}
		_ = z.Close()
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			if kind != "application/gzip" {
				w.Header().Set("Content-Encoding", "gzip")
			}
			_, _ = w.Write(packed.Bytes())
		}
	}
	h := website(t, map[string]http.HandlerFunc{
		"/bomb": bomb("text/html", 10), "/bomb.xml.gz": bomb("application/gzip", 10),
		"/endless.xml": func(w http.ResponseWriter, r *http.Request) { // a sitemap of a gigabyte and more
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, "<urlset>")
			line := strings.Repeat("<url><loc>https://x.example/</loc></url>", 1000)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, line); err != nil {
					return
				}
			}
		},
		"/lol.xml": text("application/xml", `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><urlset><url><loc>&lol2;</loc></url></urlset>`),
		"/file":    text("application/pdf", "%PDF-1.7"),
		"/deep":    text("text/html", strings.Repeat("<div>", 5000)+"<p>deep</p>"),
		"/latin":   text("text/html; charset=iso-8859-1", "<title>Caf\xe9</title><p>Un caf\xe9 cr\xe8me, s'il vous pla\xeet, et un croissant.</p>"),
		"/gbk":     text("text/html", "<meta charset=gbk><title>\xcd\xcb\xbf\xee</title><p>"+strings.Repeat("\xcd\xcb\xbf\xee\xd0\xe8\xd2\xaa\xc8\xfd\xcc\xec", 5)+"</p>"),
		"/scripts": text("text/html", "<title>App</title><div id=app></div><script>render()</script>"),
		"/elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.example/", http.StatusFound)
		},
		"/private": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		},
		"/loop": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
		"/scheme": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		},
	})
	for path, want := range map[string]string{
		"/bomb": "larger than", "/bomb.xml.gz": "larger than", "/endless.xml": "larger than 4 MB", "/lol.xml": "document type of its own", "/file": `no web page, but "application/pdf"`,
		"/elsewhere": "another website: other.example", "/private": "another website: 169.254.169.254", "/loop": "cannot be reached", "/scheme": "", "/missing": "status 404", "/deep": "HTML",
	} {
		titles, _, err := h.crawl(t, path, kb.CrawlLimits{})
		var wrong *kb.ImportError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Error(), want) || len(titles) > 0 {
			t.Errorf("%s: %v, %v", path, titles, err)
		}
		if err != nil && (strings.Contains(err.Error(), "dial") || strings.Contains(err.Error(), "Get \"")) {
			t.Errorf("%s tells what the network looks like: %v", path, err)
		}
	}
	for path, want := range map[string]string{"/latin": "Café", "/gbk": "退款"} {
		if titles, _, err := h.crawl(t, path, kb.CrawlLimits{}); err != nil || !slices.Equal(titles, []string{want}) {
			t.Errorf("%s: %v, %v", path, titles, err)
		}
	}
	if titles, warnings, err := h.crawl(t, "/scripts", kb.CrawlLimits{}); err != nil || len(titles) > 0 || !strings.Contains(fmt.Sprint(warnings), "no text without scripts") {
		t.Errorf("scripts only: %v, %q, %v", titles, warnings, err)
	}
}

// A name that resolves to a private address, at once or the second time it is
// asked (DNS rebinding), gains nothing: the address that is dialled is what counts.
func TestNoAddressInsideIsRead(t *testing.T) {
	t.Parallel()
	h := website(t, map[string]http.HandlerFunc{"/": page("Secret", "")})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(h.URL, "http://"))
	closed := crawler(t, false)
	for _, address := range []string{h.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port, "http://2130706433:" + port + "/"} {
		_, err := closed.Crawl(t.Context(), address, kb.CrawlLimits{Pages: 5}, func(kb.Document) error { t.Errorf("%s was read", address); return nil })
		if err == nil {
			t.Errorf("%s is no error", address)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.asked) > 0 {
		t.Fatalf("asked for %v", h.asked)
	}
	for _, address := range []string{"", "x", "ftp://example.com/", "file:///etc/passwd", "http://user:pass@127.0.0.1/", "//example.com"} {
		if _, err := closed.Crawl(t.Context(), address, kb.CrawlLimits{Pages: 5}, nil); !errors.Is(err, kb.ErrInvalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestACrawlEndsWithItsContextAndItsReadersError(t *testing.T) {
	t.Parallel()
	h := website(t, map[string]http.HandlerFunc{"/": page("One", `<a href="/two">2</a>`), "/two": page("Two", "")})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := crawler(t, true).Crawl(ctx, h.URL, kb.CrawlLimits{Pages: 5, Follow: true}, func(kb.Document) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	full := errors.New("no room")
	if _, err := crawler(t, true).Crawl(t.Context(), h.URL, kb.CrawlLimits{Pages: 5, Follow: true}, func(kb.Document) error { return full }); !errors.Is(err, full) {
		t.Errorf("no room: %v", err)
	}
}

func TestRobotsPatterns(t *testing.T) {
	t.Parallel()
	r, delay := parseRobots([]byte("\xef\xbb\xbfUser-agent: other\nDisallow: /\n\nuser-agent: *\nuser-agent: x\nCrawl-delay: 1.5\nDisallow: /a\nAllow: /a/b # but\nDisallow: /*.php$\nDisallow: /q?x=\nDisallow:\n"), "frontdeskimport")
	if delay != 1500*time.Millisecond {
		t.Errorf("delay %v", delay)
	}
	for path, want := range map[string]bool{"/": true, "/a": false, "/ab": false, "/a/b": true, "/a/bc": true, "/x.php": false, "/x.php5": true, "/q?x=1": false, "/q": true} {
		u, err := url.Parse("https://example.com" + path)
		if err != nil {
			t.Fatal(err)
		}
		if r.allow(u) != want {
			t.Errorf("%s: allowed %v", path, !want)
		}
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b*c$", "/axbxc")
	f.Fuzz(func(t *testing.T, body, path string) {
		r, delay := parseRobots([]byte(body), "frontdeskimport")
		r.allow(&url.URL{Path: path})
		if delay < 0 {
			t.Fatal(delay)
		}
	})
}

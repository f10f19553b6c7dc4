package safedial

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newDialer(t *testing.T, allow ...string) *Dialer {
	t.Helper()
	cfg := Config{}
	for _, s := range allow {
		cfg.Allow = append(cfg.Allow, netip.MustParsePrefix(s))
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// client is Client that leaves no connection behind.
func client(t *testing.T, d *Dialer) *http.Client {
	t.Helper()
	c := d.Client()
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, address string, header ...string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	d := newDialer(t)
	for _, a := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
		"fec0::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "3fff::1", "100::1",
	} {
		if err := d.Check(netip.MustParseAddr(a)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: error %v, want ErrRefused", a, err)
		}
	}
	if err := d.Check(netip.Addr{}); !errors.Is(err, ErrRefused) {
		t.Errorf("no address: %v", err)
	}
	for _, a := range []string{
		"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "::ffff:1.1.1.1",
		"2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::101:101", "2002:101:101::1",
	} {
		if err := d.Check(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestAllowOpensItsRangeAndNoOther(t *testing.T) {
	t.Parallel()
	d := newDialer(t, "10.1.0.0/16", "fd00::/8", "::ffff:192.168.7.0/120")
	for _, a := range []string{"10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "192.168.7.9", "1.1.1.1"} {
		if err := d.Check(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	for _, a := range []string{"10.2.0.1", "127.0.0.1", "fc00::1", "192.168.8.1", "169.254.169.254"} {
		if err := d.Check(netip.MustParseAddr(a)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: error %v, want ErrRefused", a, err)
		}
	}
}

func TestConnectionIsRefusedByTheAddressThatANameResolvedTo(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, newDialer(t))
	// localhost resolves to 127.0.0.1 or ::1; the decimal and short forms are what filters by name forget.
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		_, err := get(t, c, "http://"+net.JoinHostPort(strings.Trim(host, "[]"), port)+"/")
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "egress_allow") {
			t.Errorf("%s: error %v, want ErrRefused", host, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
	if _, err := get(t, client(t, newDialer(t, "127.0.0.0/8")), srv.URL); err != nil {
		t.Errorf("with 127.0.0.0/8 allowed: %v", err)
	}
	if _, err := newDialer(t).DialContext(t.Context(), "unix", "/tmp/x"); !errors.Is(err, ErrRefused) {
		t.Errorf("unix socket: %v", err)
	}
}

func TestRedirectIntoAClosedRangeIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	}))
	t.Cleanup(srv.Close)
	c := client(t, newDialer(t, "127.0.0.1/32"))
	for _, to := range []string{"http://169.254.169.254/latest/meta-data/", "http://[::1]:1/", "http://10.0.0.1/", "file:///etc/passwd", "gopher://1.1.1.1/"} {
		_, err := get(t, c, srv.URL+"/?to="+url.QueryEscape(to))
		if !errors.Is(err, ErrRefused) {
			t.Errorf("redirect to %s: error %v, want ErrRefused", to, err)
		}
	}
	if _, err := get(t, c, srv.URL+"/?to=/%3Fto=/"); err == nil || !strings.Contains(err.Error(), "redirect") {
		t.Errorf("endless redirects: %v", err)
	}
}

func TestCredentialsGoToNoOtherHost(t *testing.T) {
	t.Parallel()
	var seen atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("Authorization") + r.Header.Get("Cookie") + "|" + r.Header.Get("Range"))
	}))
	t.Cleanup(other.Close)
	var home *httptest.Server
	home = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/", http.StatusTemporaryRedirect)
		case "/renamed":
			http.Redirect(w, r, home.URL+"/here", http.StatusTemporaryRedirect)
		default:
			seen.Store(r.Header.Get("Authorization"))
		}
	}))
	t.Cleanup(home.Close)
	c := client(t, newDialer(t, "127.0.0.0/8"))
	for path, want := range map[string]string{"/away": "|bytes=1-", "/renamed": "Bearer secret"} {
		if _, err := get(t, c, home.URL+path, "Authorization", "Bearer secret", "Cookie", "a=b", "Range", "bytes=1-"); err != nil {
			t.Fatal(err)
		}
		if got := seen.Load(); got != want {
			t.Errorf("%s: the last host saw %q, want %q", path, got, want)
		}
	}
}

func TestDowngradeToPlainHTTPIsRefused(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	c := secure.Client()
	c.CheckRedirect = CheckRedirect
	if _, err := get(t, c, secure.URL); !errors.Is(err, ErrRefused) {
		t.Errorf("error %v, want ErrRefused", err)
	}
}

func TestConfigThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{Timeout: -1}, {Allow: []netip.Prefix{{}}}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}

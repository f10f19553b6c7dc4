package safedial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrRefused is wrapped by the errors about an address that must not be dialled.
var ErrRefused = errors.New("address is not public; if it is meant, add its range to egress_allow")

// maxRedirects is how many redirects a client follows, as browsers and curl do at most by the dozen.
const maxRedirects = 10

// Config is what a Dialer can be told.
type Config struct {
	// Allow are ranges that may be dialled although they are not public. Defaults to none.
	Allow []netip.Prefix
	// Timeout bounds the making of a connection, and each of TLS's handshake and the wait for a response's head.
	// Defaults to 30s.
	Timeout time.Duration
}

// Dialer makes connections to public addresses, and to what Config.Allow opens. It is safe for concurrent use.
type Dialer struct {
	allow   []netip.Prefix
	timeout time.Duration
	net     net.Dialer
}

// New makes a dialer.
func New(cfg Config) (*Dialer, error) {
	d := &Dialer{timeout: cfg.Timeout}
	if d.timeout < 0 {
		return nil, fmt.Errorf("safe dialer: timeout %v is negative", cfg.Timeout)
	}
	if d.timeout == 0 {
		d.timeout = 30 * time.Second
	}
	for _, p := range cfg.Allow {
		if !p.IsValid() {
			return nil, errors.New("safe dialer: egress_allow has a range that is none")
		}
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		d.allow = append(d.allow, p.Masked())
	}
	// Control sees the address that is about to be connected to, after the resolver: a name that resolves to something
	// else a moment later (DNS rebinding) gains nothing.
	d.net = net.Dialer{Timeout: d.timeout, ControlContext: d.control}
	return d, nil
}

// DialContext connects to host:port over TCP. Its error wraps ErrRefused when every address of the host is closed.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.net.DialContext(ctx, network, address)
}

// Check refuses an address that must not be dialled. Its error wraps ErrRefused.
func (d *Dialer) Check(a netip.Addr) error {
	if plain := a.WithZone("").Unmap(); plain.IsValid() && (contains(d.allow, plain) || Public(plain)) {
		return nil
	}
	return fmt.Errorf("dial %s: %w", a, ErrRefused)
}

func (d *Dialer) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("dial %s over %s: %w", address, network, ErrRefused)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, errors.Join(ErrRefused, err))
	}
	return d.Check(to.Addr())
}

// Client makes an HTTP client whose every connection, redirects included, goes through the dialer. A redirect to
// another scheme than http and https, or from https to http, is refused; the credentials of a request (Authorization,
// cookies) go to no other host than the one that they were meant for. It has no time limit as a whole: use a context.
func (d *Dialer) Client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           d.DialContext,
			TLSHandshakeTimeout:   d.timeout,
			ResponseHeaderTimeout: d.timeout,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   4,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: CheckRedirect,
	}
}

// CheckRedirect is Client's rule for redirects, for other clients.
func CheckRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	first, last := via[0].URL, via[len(via)-1].URL
	if s := next.URL.Scheme; s != "https" && (s != "http" || last.Scheme == "https") {
		return fmt.Errorf("redirect from %s to %s: %w", last.Scheme, s, ErrRefused)
	}
	// net/http takes a subdomain, and another port, for the same place; a hub's file servers are somebody else's.
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		for _, name := range []string{"Authorization", "Cookie", "Www-Authenticate", "Proxy-Authorization"} {
			next.Header.Del(name)
		}
	}
	return nil
}

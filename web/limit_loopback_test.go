package web

import (
	"net/http"
	"testing"
)

func TestOnlyThisMachinesOwnAddressesAreLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1": true, "127.0.0.7": true, "::1": true, "::ffff:127.0.0.1": true,
		"10.0.0.1": false, "203.0.113.9": false, "2001:db8::1": false, "": false, "localhost": false,
	} {
		if got := loopback(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}

func TestWhoeverComesThroughAProxyIsCountedByTheirOwnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remote, forwarded string
		trust             bool
		want              string
		own               bool // this machine's
	}{
		{"127.0.0.1:4711", "", false, "127.0.0.1", true},
		{"[::1]:4711", "", false, "::1", true},
		{"[::ffff:127.0.0.1]:4711", "", false, "127.0.0.1", true},
		{"[2001:db8::7]:4711", "", false, "2001:db8::/64", false},
		{"[fe80::1%eth0]:4711", "", false, "fe80::/64", false},
		{"[::1]:4711", "203.0.113.5", false, "::1", true}, // not trusted
		{"[::1]:4711", "203.0.113.5", true, "203.0.113.5", false},
		{"[::1]:4711", "198.51.100.1, 203.0.113.5:4711", true, "203.0.113.5", false}, // IIS, Azure
		{"[::1]:4711", "[2001:db8:1::9]:443", true, "2001:db8:1::/64", false},
		{"[::1]:4711", "[2001:db8:1::9]", true, "2001:db8:1::/64", false},
		{"[::1]:4711", "2001:db8:1::9", true, "2001:db8:1::/64", false},
		{"[::1]:4711", "::1", true, "::1", true},
		{"[::1]:4711", "somebody", true, "unknown", false},
	} {
		s := &Server{cfg: Config{TrustProxy: c.trust}}
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.address(r); got != c.want || loopback(got) != c.own {
			t.Errorf("%s, forwarded %q: %s, loopback %v; want %s, %v", c.remote, c.forwarded, got, loopback(got), c.want, c.own)
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk/web/client"
)

// doorVisitors is how many visitors come from one source address. A server
// bounds the sessions that an address may start, and an address has some
// 28,000 ephemeral ports.
const doorVisitors = 50

// door is a source address: the API and the dialer that use it. With several
// nodes it enters by the next one when the first does not answer, and comes back by
// it, as clients do behind a proxy.
type door struct {
	api     *client.API
	sockets *http.Client
	rest    *http.Transport
	dialer  *net.Dialer
	nodes   []string     // host:port of each node
	first   atomic.Int64 // index, modulo how many there are, of the one that is tried first

	mu    sync.Mutex // guards conns
	conns map[*doorConn]struct{}
}

// newDoor makes a door to the servers of a comma-separated list of base URLs that
// leaves by a source address (the zero address lets the system choose) and prefers
// the node with the given number, modulo how many there are.
func newDoor(bases string, source netip.Addr, prefer int) (*door, error) {
	all := strings.Split(bases, ",")
	d := &door{dialer: &net.Dialer{Timeout: 10 * time.Second}, conns: map[*doorConn]struct{}{}}
	for i := range all {
		host, err := hostOf(all[(prefer+i)%len(all)])
		if err != nil {
			return nil, err
		}
		d.nodes = append(d.nodes, host)
	}
	if len(all) > 1 {
		d.dialer.Timeout = 2 * time.Second // another node is there
	}
	if source.IsValid() {
		d.dialer.LocalAddr = &net.TCPAddr{IP: source.AsSlice()}
	}
	d.rest = &http.Transport{DialContext: d.dial, MaxIdleConnsPerHost: 8}
	api, err := client.NewAPI(all[0], &http.Client{Transport: d.rest, Timeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	d.api = api
	d.sockets = &http.Client{Transport: &http.Transport{DialContext: d.dialSocket, MaxIdleConns: 1}}
	return d, nil
}

// hostOf returns the host:port of a base URL.
func hostOf(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("--url %q: want http://host:port", base)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// dial connects to the first node that answers.
func (d *door) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var errs []error
	first := d.first.Load()
	for i := range d.nodes {
		c, err := d.dialer.DialContext(ctx, network, d.nodes[(int(first)+i)%len(d.nodes)])
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// doorConn is a socket's connection that can be cut from outside.
type doorConn struct {
	net.Conn
	door  *door
	entry int64       // what door.first was
	heard atomic.Bool // something was read
}

// Read implements net.Conn.
func (c *doorConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.heard.Load() {
		c.heard.Store(true)
	}
	return n, err //nolint:wrapcheck // a connection in between
}

// Close implements net.Conn.
func (c *doorConn) Close() error {
	c.door.mu.Lock()
	delete(c.door.conns, c)
	c.door.mu.Unlock()
	if !c.heard.Load() { // a proxy took it for a node that is dead
		c.door.first.CompareAndSwap(c.entry, c.entry+1)
	}
	return c.Conn.Close() //nolint:wrapcheck // a connection in between
}

func (d *door) dialSocket(ctx context.Context, network, address string) (net.Conn, error) {
	entry := d.first.Load()
	raw, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &doorConn{Conn: raw, door: d, entry: entry}
	d.mu.Lock()
	d.conns[c] = struct{}{}
	d.mu.Unlock()
	return c, nil
}

// cut ends a share of the open sockets as a broken line would, without a goodbye,
// and returns how many.
func (d *door) cut(share float64) (n int) {
	d.mu.Lock()
	var all []*doorConn
	for c := range d.conns {
		if shared(n, share) {
			all = append(all, c)
		}
		n++
	}
	d.mu.Unlock()
	for _, c := range all {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as when a phone loses its network
		}
		_ = c.Conn.Close() // its reader finds out, and closes c
	}
	return len(all)
}

// close ends idle connections.
func (d *door) close() {
	d.rest.CloseIdleConnections()
	d.sockets.CloseIdleConnections()
}

// canSpread reports whether visitors may come from many addresses of
// 127.0.0.0/8: Linux has all of them, other systems only 127.0.0.1.
func canSpread(base string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	for one := range strings.SplitSeq(base, ",") {
		u, err := url.Parse(one)
		if err != nil {
			return false
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.Is4() || !ip.IsLoopback() {
			return false
		}
	}
	return true
}

// source returns the address of the n-th door: 127.1.0.1, 127.1.0.2 and so on.
func source(n int) netip.Addr {
	n %= 250 * 250
	return netip.AddrFrom4([4]byte{127, 1, byte(n / 250), byte(n%250 + 1)})
}

// visitorDoor returns the door of the next new visitor. Those of one address after
// another enter by one node after another.
func (r *run) visitorDoor() (*door, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	nodes := len(r.fronts)
	n := r.entered/(doorVisitors*nodes)*nodes + r.entered%nodes
	r.entered++
	if !r.spread {
		return r.fronts[n%nodes], nil
	}
	for len(r.doors) <= n {
		d, err := newDoor(r.opts.url, source(r.opts.firstDoor+len(r.doors)), len(r.doors))
		if err != nil {
			return nil, fmt.Errorf("make door: %w", err)
		}
		r.doors = append(r.doors, d)
	}
	return r.doors[n], nil
}

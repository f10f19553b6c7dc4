package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"time"

	"frontdesk/web/client"
)

// doorVisitors is how many visitors come from one source address. A server
// bounds the sessions that an address may start, and an address has some
// 28,000 ephemeral ports.
const doorVisitors = 50

// door is a source address: the API and the dialer that use it.
type door struct {
	api     *client.API
	sockets *http.Client
	rest    *http.Transport
}

// newDoor makes a door that leaves by a source address; the zero address lets the system choose.
func newDoor(base string, source netip.Addr) (*door, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if source.IsValid() {
		dialer.LocalAddr = &net.TCPAddr{IP: source.AsSlice()}
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}
	rest := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 8}
	api, err := client.NewAPI(base, &http.Client{Transport: rest, Timeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	return &door{api: api, rest: rest, sockets: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 1}}}, nil
}

// close ends idle connections.
func (d *door) close() {
	d.rest.CloseIdleConnections()
	d.sockets.CloseIdleConnections()
}

// canSpread reports whether visitors may come from many addresses of
// 127.0.0.0/8: Linux has all of them, other systems only 127.0.0.1.
func canSpread(base string) bool {
	u, err := url.Parse(base)
	if err != nil || runtime.GOOS != "linux" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.Is4() && ip.IsLoopback()
}

// source returns the address of the n-th door: 127.1.0.1, 127.1.0.2 and so on.
func source(n int) netip.Addr {
	n %= 250 * 250
	return netip.AddrFrom4([4]byte{127, 1, byte(n / 250), byte(n%250 + 1)})
}

// visitorDoor returns the door of the next new visitor.
func (r *run) visitorDoor() (*door, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.entered / doorVisitors
	r.entered++
	if !r.spread {
		return r.door, nil
	}
	for len(r.doors) <= n {
		d, err := newDoor(r.opts.url, source(len(r.doors)))
		if err != nil {
			return nil, fmt.Errorf("make door: %w", err)
		}
		r.doors = append(r.doors, d)
	}
	return r.doors[n], nil
}

package web

import "testing"

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

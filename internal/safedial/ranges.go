package safedial

import "net/netip"

// closed4 are the ranges of IPv4 that are not the public internet (IANA IPv4 Special-Purpose Address Registry, RFC 6890),
// and Azure's WireServer, which is a metadata service at a public address. Other clouds' are link-local or in 100.64/10.
func closed4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
	)
}

// open6 is all of IPv6 that is public (RFC 4291, 2.4; IANA: Global Unicast).
func open6() []netip.Prefix { return prefixes("2000::/3") }

// closed6 are the ranges within open6 that are not (IANA IPv6 Special-Purpose Address Registry).
func closed6() []netip.Prefix { return prefixes("2001::/23", "2001:db8::/32", "3fff::/20") }

// carriers are ranges of IPv6 that lead to the IPv4 address that stands in them, from the given byte on.
func carriers() []carrier {
	return []carrier{
		{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64 (RFC 6052)
		{netip.MustParsePrefix("2002::/16"), 2},     // 6to4 (RFC 3056)
	}
}

type carrier struct {
	within netip.Prefix
	at     int
}

func prefixes(all ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(all))
	for i, s := range all {
		parsed[i] = netip.MustParsePrefix(s)
	}
	return parsed
}

func contains(ranges []netip.Prefix, a netip.Addr) bool {
	for _, r := range ranges {
		if r.Contains(a) {
			return true
		}
	}
	return false
}

// Public reports whether an address belongs to the public internet. An IPv4 address within an IPv6 one (mapped, NAT64,
// 6to4) is what counts.
func Public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if a.Is4() {
		return !contains(closed4(), a)
	}
	for _, c := range carriers() {
		if c.within.Contains(a) {
			raw := a.As16()
			return Public(netip.AddrFrom4([4]byte(raw[c.at : c.at+4])))
		}
	}
	return contains(open6(), a) && !contains(closed6(), a)
}

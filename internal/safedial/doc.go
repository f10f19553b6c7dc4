// Package safedial dials addresses that a person typed: it checks the address that
// a name resolved to, refuses private ranges unless egress_allow opens them, and
// does not follow redirects into them.
//
// Any edge may use it; it imports nothing of ours.
//
// The room is empty yet: no address that a person typed is dialled so far. The first
// of issue 5 (crawler) and issue 7 (webhooks) fills it.
package safedial

// Package safedial dials addresses that a person typed: it looks at the address that a name resolved to, refuses ranges
// that are not public unless egress_allow opens them, and follows no redirect into them.
//
// Any edge may use it; it imports nothing of ours, starts no goroutine and keeps no state but idle connections. It never
// uses a proxy of the environment: the proxy would resolve the name, and nothing would have been checked.
package safedial

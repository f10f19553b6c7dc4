// Package identity says who acts and what they may touch: users, roles,
// departments, sites, API keys, audit rows, [Actor] and [Scope]. It is part of the kit:
// every area may import it, it imports only the standard library, starts no
// goroutine and stores nothing itself.
package identity

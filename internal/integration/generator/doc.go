// Package generator asks a text generator to put a text into other words: any
// server that speaks OpenAI's POST /chat/completions, reached only through
// internal/safedial.
//
// It is off unless an operator configures an address. It expects the worst of
// the server: every call has a time limit, a bound on what is read, and a place
// among few; one that keeps failing is left alone for a while. What comes back
// is text of unknown worth; whether it is used is for the caller to check
// (package bot, support.go).
//
// The package starts no goroutine, keeps no text and logs none.
package generator

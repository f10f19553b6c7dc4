// Package clienttest is a small server in memory that speaks the protocol of
// web/protocol.proto and the session routes, for the tests of clients: it
// keeps a log for each conversation, stores a cid once, resumes, and can be
// told to cut connections, repeat, reorder or withhold rows, refuse messages
// and start another log.
//
// Goroutines: each socket has a reader and a writer, which end with the socket;
// [Server.Close] ends all sockets and waits for them. It never persists
// anything and checks no permissions beyond the credentials.
package clienttest

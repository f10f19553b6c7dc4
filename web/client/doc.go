// Package client is a Go client of Frontdesk's two sockets and of the session
// routes beside them. cmd/deskload and the protocol's conformance suite use it.
//
// A [Client] keeps one conversation partner connected: it dials, says hello,
// resumes every followed conversation after the last row it has delivered,
// resends what has no answer yet (always under the same cid, so that the server
// stores it once) and, when the connection ends, returns with exponential
// back-off and full jitter as long as the close code allows it.
//
// Goroutines: [Client.Run] owns all of them and has ended them when it returns.
// Every callback of [Handler] runs on Run's goroutine, one at a time.
//
// The package never stores anything on disk, never shows a row twice or out of
// order to its caller, and never gives up a message silently: each one enqueued
// ends in an acknowledgement, a refusal by the server, or [ErrClosed].
// It imports nothing of Frontdesk's but web/frame.
package client

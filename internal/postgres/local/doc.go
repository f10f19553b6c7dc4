// Package local makes and runs the private PostgreSQL cluster that Frontdesk
// keeps when it is given no database: `frontdesk serve` without --database-url,
// `frontdesk eval`, and the tests.
//
// A cluster belongs to one data directory and listens on a Unix socket in a
// folder that only its owner may enter; it opens no TCP port. It runs in a
// process group of its own, so that Ctrl-C in a terminal reaches the server and
// not the database beneath it, and stops when [Cluster.Close] is called. One
// that outlives a killed server is adopted at the next start; a second server on
// the same data is refused by a lock file.
//
// Each running Cluster owns one goroutine, which waits for the postmaster and
// ends with it. The package deletes a lasting cluster only in [Remove], never
// touches a cluster that it did not make, and never restarts one that died:
// whoever supervises the server watches [Cluster.Ended].
package local

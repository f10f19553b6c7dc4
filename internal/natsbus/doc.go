// Package natsbus carries stored rows and signals between the nodes of one
// database over NATS core, with a server inside the process by default.
//
// It is for fan-out only: it keeps no record. What it loses, doubles, reorders or
// delays does no harm: receivers go by sequence number, each node counts its
// packets so that others notice a hole within a second, and what is missing is
// read from the conversation log. Its encoding (bus.proto) is its own.
//
// [Bus.Run] owns the sender and the look-out; the NATS client and the embedded
// server own their goroutines, and Run ends them. Nobody who publishes ever waits
// for the bus. (Ticket events go outward over JetStream in a later issue.)
package natsbus

// Package natsbus carries stored events between nodes over NATS core, with a
// server inside the process by default, and ticket events outward over JetStream.
//
// It is for fan-out only: it keeps no record, and what it loses is repaired from
// the conversation log. It owns the encoding of chat.Event between nodes.
//
// The room is empty yet: one node's hub suffices for one node. Issue 6 (chat, several
// nodes) and issue 7 (ticket events) fill it.
package natsbus

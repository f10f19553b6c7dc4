// Package frame holds the Go types of the sockets' frames, generated from
// web/protocol.proto by web/generate.sh. It imports nothing of ours, starts no
// goroutine and decides nothing: docs/protocol.md says what the frames mean.
package frame

// The WebSocket subprotocols, one an encoding. A client offers those it speaks;
// the server prefers the first.
const (
	// SubprotocolJSON is ProtoJSON with the field names of the .proto, in text messages.
	SubprotocolJSON = "frontdesk.v1.json"
	// SubprotocolProto is the binary encoding, in binary messages.
	SubprotocolProto = "frontdesk.v1.proto"
)

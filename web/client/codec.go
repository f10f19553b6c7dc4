package client

import (
	"fmt"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Encoding of frames on a socket, negotiated by WebSocket subprotocol.
type Encoding int

// The encodings.
const (
	JSON  Encoding = iota // frontdesk.v1.json, ProtoJSON with the field names of protocol.proto
	Proto                 // frontdesk.v1.proto, binary
)

// Subprotocol returns the encoding's WebSocket subprotocol.
func (e Encoding) Subprotocol() string {
	if e == Proto {
		return "frontdesk.v1.proto"
	}
	return "frontdesk.v1.json"
}

// MessageType returns the kind of WebSocket message that carries the encoding.
func (e Encoding) MessageType() websocket.MessageType {
	if e == Proto {
		return websocket.MessageBinary
	}
	return websocket.MessageText
}

// Marshal encodes one frame.
func (e Encoding) Marshal(m proto.Message) ([]byte, error) {
	if e == Proto {
		return proto.Marshal(m)
	}
	return protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
}

// Unmarshal decodes one frame. Unknown fields are tolerated: later servers add some.
func (e Encoding) Unmarshal(b []byte, m proto.Message) error {
	if e == Proto {
		return proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, m)
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, m)
}

// ParseEncoding reads "json" or "proto".
func ParseEncoding(s string) (Encoding, error) {
	switch s {
	case "json":
		return JSON, nil
	case "proto":
		return Proto, nil
	}
	return JSON, fmt.Errorf("%w: encoding %q (want json or proto)", ErrInvalid, s)
}

package web

import (
	"time"

	"github.com/coder/websocket"

	"frontdesk/web/frame"
)

// The kinds of socket.
const (
	kindVisitor = "visitor"
	kindAgent   = "agent"
)

// closing is why the server ends a socket. docs/protocol.md says for each code
// whether the client returns.
type closing struct {
	code   websocket.StatusCode
	reason string // sent, and the metric's label
	abrupt bool   // the peer does not read: waiting for it to take what is queued is no use

	retry time.Duration // told before the close: come back after this, 0 = as the client sees fit
}

// after returns the closing with a pause for the client: when many are sent
// away at once, each comes back at its own time.
func (c closing) after(pause time.Duration) closing {
	c.retry = pause
	return c
}

// announce queues the error that tells the pause, as the last thing before the
// close frame.
func (k *socket) announce(c closing) {
	if c.retry <= 0 {
		return
	}
	b, err := encodeFrame(k.format, &frame.ServerFrame{Frame: &frame.ServerFrame_Error{Error: &frame.Error{
		Code: "unavailable", Message: errDraining.Error(), RetryAfterMs: milliseconds(c.retry),
	}}})
	if err != nil {
		k.server.log.Error("encode frame", "frame", "error", "error", err)
		return
	}
	if start, ok := k.out.push(b, false); ok && start { // one that is too slow learns nothing more
		k.server.sockets.wg.Go(k.write)
	}
}

// The ways in which the server ends a socket. 1002, 1007 and 1009 come from the
// WebSocket library itself.
//
//nolint:gochecknoglobals // constants
var (
	closeGoingAway       = closing{code: websocket.StatusGoingAway, reason: "going away"}
	closeWrongType       = closing{code: websocket.StatusUnsupportedData, reason: "wrong message type"}
	closeBadFrames       = closing{code: websocket.StatusPolicyViolation, reason: "too many bad frames"}
	closeInternal        = closing{code: websocket.StatusInternalError, reason: "internal error"}
	closeUnavailable     = closing{code: websocket.StatusTryAgainLater, reason: "try again later"}
	closeUnauthenticated = closing{code: 4401, reason: "unauthenticated"}
	closeSignedOut       = closing{code: 4401, reason: "signed out"}
	closeExpired         = closing{code: 4401, reason: "token expired"}
	closeForbidden       = closing{code: 4403, reason: "forbidden"}
	closeNoHello         = closing{code: 4408, reason: "no hello"}
	closeSlow            = closing{code: 4409, reason: "too slow", abrupt: true}
	closeSilent          = closing{code: 4410, reason: "no pong", abrupt: true}
)

// closedByPeer is the metric's label of sockets that the server did not end.
const closedByPeer = "peer"

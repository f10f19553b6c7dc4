package client

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// verdict is what the end of a connection means for the next one.
type verdict struct {
	retry           bool          // false: do not return
	unauthenticated bool          // new credentials are needed first
	floor           time.Duration // pause at least this long
}

// Close codes of Frontdesk's own, as listed in docs/protocol.md. 4408 (no
// hello), 4409 (too slow) and 4410 (no pong) allow to return, like unknown ones.
const (
	closeUnauthenticated websocket.StatusCode = 4401 // also: token expired
	closeForbidden       websocket.StatusCode = 4403
)

// judgeClose maps a read error to a verdict. A connection that broke without a
// close frame may be retried; codes that mean "you did wrong" may not, or a
// faulty client would hammer the server for ever.
func judgeClose(err error) verdict {
	var ce websocket.CloseError
	if !errors.As(err, &ce) {
		return verdict{retry: true}
	}
	switch ce.Code {
	case websocket.StatusProtocolError, websocket.StatusUnsupportedData, websocket.StatusInvalidFramePayloadData,
		websocket.StatusPolicyViolation, websocket.StatusMessageTooBig, websocket.StatusMandatoryExtension, closeForbidden:
		return verdict{}
	case closeUnauthenticated:
		return verdict{retry: true, unauthenticated: true}
	case websocket.StatusTryAgainLater:
		return verdict{retry: true, floor: time.Second}
	}
	return verdict{retry: true}
}

// judgeDial maps a refused upgrade to a verdict.
func judgeDial(res *http.Response) verdict {
	if res == nil {
		return verdict{retry: true}
	}
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return verdict{unauthenticated: true, retry: true}
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUpgradeRequired:
		return verdict{}
	}
	return verdict{retry: true, floor: retryAfter(res)}
}

// retryAfter reads the header's delta-seconds form (RFC 9110 section 10.2.3), bounded to a minute.
func retryAfter(res *http.Response) time.Duration {
	s, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, time.Minute)
}

package web

import (
	"net/http"

	"frontdesk/internal/identity"
	"frontdesk/web/frame"
)

// Declared returns the permission of every route, for tests.
func (s *Server) Declared() map[string]identity.Permission { return s.declared }

// FramePermission is framePermission, for tests.
func FramePermission(kind string, f *frame.ClientFrame) (identity.Permission, bool) {
	return framePermission(kind, f)
}

// DecodeFrame is decodeFrame, for tests.
func DecodeFrame(format int, b []byte) (*frame.ClientFrame, error) { return decodeFrame(format, b) }

// The formats, for tests.
const (
	FormatJSON  = formatJSON
	FormatProto = formatProto
)

// HandleForTest adds a route as the server's own are added.
func (s *Server) HandleForTest(pattern string, p identity.Permission, h http.HandlerFunc) {
	s.plain(http.MethodGet, pattern, p, h)
}

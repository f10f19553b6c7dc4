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

// ModelTexts is what a model route would read from its body's input: texts or token ids.
func ModelTexts(body []byte) (texts []string, ids [][]int32, err error) {
	b, err := readModelBody(body)
	if err != nil {
		return nil, nil, err
	}
	in, err := readModelInput(b.Input, "input", maxOpenAITexts)
	return in.texts, in.ids, err
}

// ListElements is elements, for tests.
func ListElements(list []byte) (out []string) {
	for e := range elements(list) {
		out = append(out, string(e))
	}
	return out
}

package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"frontdesk/bot"
	"frontdesk/chat"
	"frontdesk/chat/history"
	"frontdesk/chat/routing"
	"frontdesk/internal/calendar"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// Errors of the edge itself.
var (
	errBadRequest  = errors.New("the request cannot be read")
	errTooLarge    = errors.New("the request is too large")
	errNoRoute     = errors.New("no such page or route")
	errMethod      = errors.New("the route has no such method")
	errMediaType   = errors.New("the content type is not supported")
	errDraining    = errors.New("the server is stopping")
	errBadFrame    = errors.New("the frame cannot be read")
	errFirstFrame  = errors.New("the first frame must be hello")
	errManyFollows = errors.New("too many conversations are followed on this socket")
)

// answer is what a client is told about an error.
type answer struct {
	err     error
	status  int    // of an HTTP response
	code    string // of a problem
	frame   string // code of an Error frame
	explain bool   // the error's own text is meant for the caller
}

// answers is the one table from errors to answers; the first match counts, so
// that a special error stands above the one it wraps.
func answers() []answer {
	return []answer{
		{identity.ErrTokenExpired, http.StatusUnauthorized, "token_expired", "unauthenticated", false},
		{identity.ErrTokenInvalid, http.StatusUnauthorized, "token_invalid", "unauthenticated", false},
		{identity.ErrBadCredentials, http.StatusUnauthorized, "bad_credentials", "unauthenticated", false},
		{identity.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", "unauthenticated", false},
		{identity.ErrCSRF, http.StatusForbidden, "csrf", "forbidden", false},
		{identity.ErrSetup, http.StatusForbidden, "setup_closed", "forbidden", false},
		{identity.ErrForbidden, http.StatusForbidden, "forbidden", "forbidden", false},
		{identity.ErrProofExpired, http.StatusUnprocessableEntity, "identity_expired", "invalid", true},
		{identity.ErrProof, http.StatusUnprocessableEntity, "identity_invalid", "invalid", true},
		{chat.ErrBlocked, http.StatusForbidden, "blocked", "blocked", false},
		{chat.ErrContactNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{chat.ErrBlockNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{chat.ErrContactChanged, http.StatusConflict, "conflict", "stale", false},
		{chat.ErrMerged, http.StatusConflict, "merged", "stale", true},
		{chat.ErrContactInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{errNoRoute, http.StatusNotFound, "not_found", "not_found", false},
		{identity.ErrNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{chat.ErrNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{kb.ErrNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{bot.ErrNoSuggestion, http.StatusNotFound, "not_found", "not_found", false},
		{bot.ErrShortcutTaken, http.StatusConflict, "shortcut_taken", "stale", false},
		{bot.ErrCannedConflict, http.StatusConflict, "conflict", "stale", false},
		{bot.ErrSuggestion, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrAnswerNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{bot.ErrGapNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{errMethod, http.StatusMethodNotAllowed, "method_not_allowed", "invalid", false},
		{chat.ErrResolved, http.StatusConflict, "resolved", "stale", false},
		{chat.ErrNewerReply, http.StatusConflict, "newer_reply", "stale", false},
		{chat.ErrOfferEnded, http.StatusConflict, "offer_ended", "stale", false},
		{chat.ErrStale, http.StatusConflict, "stale", "stale", false},
		{chat.ErrCIDTaken, http.StatusConflict, "cid_taken", "invalid", false},
		{bot.ErrRunNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{bot.ErrSavedNotFound, http.StatusNotFound, "not_found", "not_found", false},
		{bot.ErrPolicyConflict, http.StatusConflict, "conflict", "stale", false},
		{bot.ErrRunsFull, http.StatusConflict, "runs_full", "stale", true},
		{bot.ErrDrafts, http.StatusConflict, "drafts_changed", "stale", true},
		{kb.ErrGate, http.StatusConflict, "replay_needed", "stale", true},
		{kb.ErrPreview, http.StatusUnprocessableEntity, "too_large_to_try", "invalid", false},
		{bot.ErrPolicy, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrRun, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrSaved, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrQuestions, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{calendar.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{errNoDesk, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{kb.ErrImportState, http.StatusConflict, "import_state", "invalid", false},
		{kb.ErrTooManyImports, http.StatusTooManyRequests, "too_many_imports", "unavailable", false},
		{kb.ErrFileTooLarge, http.StatusRequestEntityTooLarge, "too_large", "too_large", false},
		{kb.ErrFileRoom, http.StatusRequestEntityTooLarge, "too_large", "too_large", false},
		{kb.ErrFileType, http.StatusUnsupportedMediaType, "media_type", "invalid", true},
		{history.ErrLink, http.StatusNotFound, "not_found", "not_found", false},
		{history.ErrConflict, http.StatusConflict, "conflict", "stale", false},
		{history.ErrRunning, http.StatusConflict, "running", "stale", false},
		{history.ErrLease, http.StatusConflict, "busy", "unavailable", false},
		{history.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{errNoHistory, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{errNoImports, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{kb.ErrConflict, http.StatusConflict, "conflict", "stale", true},
		{kb.ErrScheduled, http.StatusConflict, "scheduled", "stale", true},
		{kb.ErrState, http.StatusConflict, "state", "stale", true},
		{bot.ErrGapChanged, http.StatusConflict, "conflict", "stale", false},
		{identity.ErrTeamTaken, http.StatusConflict, "team_taken", "invalid", false},
		{identity.ErrTeamUsed, http.StatusConflict, "team_used", "invalid", false},
		{chat.ErrRoutingConflict, http.StatusConflict, "conflict", "stale", false},
		{routing.ErrConfig, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{errNoRouting, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{identity.ErrEmailTaken, http.StatusConflict, "email_taken", "invalid", false},
		{errTooLarge, http.StatusRequestEntityTooLarge, "too_large", "too_large", false},
		{errMediaType, http.StatusUnsupportedMediaType, "media_type", "bad_frame", false},
		{chat.ErrRefused, http.StatusUnprocessableEntity, "invalid", "invalid", false},
		{chat.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{kb.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrReportInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{bot.ErrGapInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{identity.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "invalid", true},
		{errFirstFrame, http.StatusBadRequest, "bad_request", "unauthenticated", false},
		{errBadFrame, http.StatusBadRequest, "bad_request", "bad_frame", false},
		{errManyFollows, http.StatusTooManyRequests, "overloaded", "overloaded", false},
		{errBadRequest, http.StatusBadRequest, "bad_request", "bad_frame", true},
		{errRateLimited, http.StatusTooManyRequests, "rate_limited", "overloaded", false},
		{kb.ErrEmbedding, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{errDraining, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{chat.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "unavailable", false},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", "unavailable", false},
		{context.Canceled, statusClientGone, "canceled", "unavailable", false},
	}
}

// statusClientGone is the status in logs and metrics of a request whose client
// did not wait for the answer; nobody receives it.
const statusClientGone = 499

// unknown is the answer to an error that the table does not have: a fault of ours.
var unknown = answer{status: http.StatusInternalServerError, code: "internal", frame: "internal"} //nolint:gochecknoglobals // a constant

// retryDefault is the pause asked for when an error that passes names none.
const retryDefault = time.Second

// Problem is an error answer (RFC 9457).
type Problem struct {
	Type      string         `json:"type" doc:"A page about this kind of problem; about:blank when the status says it all" example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words" example:"Conflict"`
	Status    int            `json:"status" doc:"The HTTP status" example:"409"`
	Detail    string         `json:"detail,omitempty" doc:"What happened, in English, for developers"`
	Code      string         `json:"code" doc:"Machine-readable; see docs/protocol.md" example:"stale"`
	RequestID string         `json:"request_id,omitempty" doc:"Names this request in the server's log"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The fields at fault"`

	header http.Header
}

// ProblemField is one field at fault.
type ProblemField struct {
	Location string `json:"location,omitempty" doc:"Where: body.content, query.limit, line 12" example:"body.content"`
	Code     string `json:"code,omitempty" doc:"What is wrong, for machines, where it is known: empty, twice, out_of_range, …" example:"empty"`
	Message  string `json:"message" doc:"What is wrong with it, in English, for developers"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// explainError finds the answer to err. text is what the caller may read.
func explainError(err error) (a answer, text string, retryAfter time.Duration) {
	a = unknown
	for _, candidate := range answers() {
		if errors.Is(err, candidate.err) {
			a = candidate
			break
		}
	}
	switch {
	case a.explain:
		text = err.Error()
	case a.err != nil:
		text = a.err.Error()
	default:
		text = "an internal error; the log has it under the request id"
	}
	var later interface{ RetryAfter() time.Duration }
	switch {
	case errors.As(err, &later):
		retryAfter = later.RetryAfter()
	case a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests:
		retryAfter = retryDefault
	}
	return a, text, retryAfter
}

// problem turns err into what the client gets, and logs it when it is ours.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	if ready, ok := errors.AsType[*Problem](err); ok {
		return ready
	}
	a, text, retryAfter := explainError(err)
	p := &Problem{
		Type: "about:blank", Title: statusText(a.status), Status: a.status, Detail: text, Code: a.code,
		RequestID: requestID(ctx), header: http.Header{},
	}
	if retryAfter > 0 {
		p.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(retryAfter.Seconds()))))
	}
	if a.status == http.StatusUnauthorized {
		p.header.Set("WWW-Authenticate", `Bearer realm="frontdesk"`)
	}
	if line, ok := errors.AsType[*kb.LineError](err); ok {
		p.Errors = []ProblemField{{Location: "line " + strconv.Itoa(line.Line), Message: line.Reason}}
	}
	if field, ok := errors.AsType[*routing.FieldError](err); ok {
		p.Errors = []ProblemField{{Location: "body." + field.Field, Code: field.Code, Message: field.Reason()}}
	}
	if wrong, ok := errors.AsType[*kb.ImportError](err); ok {
		for _, at := range wrong.Problems {
			p.Errors = append(p.Errors, ProblemField{Location: at.Where, Message: at.Reason})
		}
	}
	if a.status >= http.StatusInternalServerError {
		s.log.ErrorContext(ctx, "request failed", "request_id", p.RequestID, "status", a.status, "error", err)
	}
	if a.status == http.StatusUnauthorized {
		s.metrics.authFailures.WithLabelValues(a.code).Inc()
	}
	return p
}

// writeProblem answers a request that huma does not handle, in the wire of its path.
func (s *Server) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	if in := wireOf(r.URL.Path); in != wireProblem {
		s.writeRefusal(w, r, in, err)
		return
	}
	p := s.problem(r.Context(), err)
	maps.Copy(w.Header(), p.header)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.log.DebugContext(r.Context(), "write problem", "request_id", p.RequestID, "error", err)
	}
}

// humaProblem is how huma makes errors of its own: requests that it could not
// read or that break their schema. The values sent are not echoed: one may be a password.
func humaProblem(ctx context.Context, status int, msg string, errs ...error) huma.StatusError {
	p := &Problem{Type: "about:blank", Title: statusText(status), Status: status, Detail: msg, RequestID: requestID(ctx)}
	switch status {
	case http.StatusUnprocessableEntity:
		p.Code = "invalid"
	case http.StatusRequestEntityTooLarge:
		p.Code = "too_large"
	case http.StatusUnsupportedMediaType:
		p.Code = "media_type"
	case http.StatusRequestTimeout:
		p.Code = "timeout"
	case http.StatusInternalServerError:
		p.Code, p.Detail = unknown.code, "an internal error; the log has it under the request id"
		return p
	default:
		p.Code = "bad_request"
	}
	for _, err := range errs {
		var field *huma.ErrorDetail
		switch {
		case errors.As(err, &field):
			p.Errors = append(p.Errors, ProblemField{Location: field.Location, Message: field.Message})
		case err != nil:
			p.Errors = append(p.Errors, ProblemField{Message: err.Error()})
		}
	}
	return p
}

func statusText(status int) string {
	if status == statusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

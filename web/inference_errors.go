package web

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"frontdesk/internal/identity"
	"frontdesk/models"
)

// wire is the language in which a path speaks of errors.
type wire int

const (
	wireProblem wire = iota // RFC 9457
	wireOpenAI
	wireTEI
)

// wireOf returns the wire of a path, so that every refusal on it, by whatever part of the server, is one that its
// clients can read.
func wireOf(path string) wire {
	switch path {
	case "/embed", "/rerank", "/predict", "/tokenize", "/info", "/health":
		return wireTEI
	}
	if strings.HasPrefix(path, "/v1/") {
		return wireOpenAI
	}
	return wireProblem
}

// engineError marks what the model said, apart from what the server did.
type engineError struct{ err error }

func (e *engineError) Error() string { return e.err.Error() }
func (e *engineError) Unwrap() error { return e.err }

// inputError gives a fault that the engine found the name under which the client sent the text.
func inputError(err error, name func(*models.TextError) string, advice string) error {
	text, ok := errors.AsType[*models.TextError](err)
	if !ok {
		return &engineError{err}
	}
	switch {
	case errors.Is(err, models.ErrTooLong):
		return &fieldError{kind: faultTooLong, field: name(text), reason: text.Explain() + "; " + advice}
	case errors.Is(err, models.ErrInput):
		return &fieldError{kind: faultText, field: name(text), reason: plainFault(text.Explain())}
	}
	return &engineError{err}
}

// plainFault takes the sentinel's own words off a fault of the input: what follows is written for the client.
func plainFault(text string) string {
	if i := strings.LastIndex(text, inputWords); i >= 0 {
		return text[i+len(inputWords):]
	}
	return text
}

// plainTooLarge names the limit that a body broke.
func plainTooLarge(err error) string {
	if e, ok := errors.AsType[*tooLargeError](err); ok {
		return e.Error()
	}
	return errTooLarge.Error()
}

// inputWords is how wrapping models.ErrInput reads.
const inputWords = "invalid input: "

// adviceCut is what helps when a text is too long.
const adviceCut = "shorten it, or send truncate: true to have it cut"

// refusal is an error in the words of both wires. OpenAI's are type and code (its API reference, "Error codes"), TEI's
// the error_type (router/src/lib.rs, ErrorType).
type refusal struct {
	status     int // OpenAI's
	kind, code string
	tei        int // TEI's status
	teiKind    string
	param      string
	message    string
	retryAfter time.Duration
	fault      bool // ours: logged
}

// TEI's words.
const (
	teiUnhealthy  = "Unhealthy"
	teiBackend    = "Backend"
	teiOverloaded = "Overloaded"
	teiValidation = "Validation"
	teiTokenizer  = "Tokenizer"
	teiEmpty      = "Empty"
	teiAccess     = "Unauthorized" // ours: TEI's 401 has no body
)

// OpenAI's words.
const (
	openAIInvalid = "invalid_request_error"
	openAIServer  = "server_error"
)

// refuse finds the words for err.
func refuse(err error) refusal {
	out := refusal{status: http.StatusInternalServerError, kind: openAIServer, tei: http.StatusInternalServerError, teiKind: teiBackend, fault: true}
	set := func(status int, kind, code string, tei int, teiKind, message string) {
		out.status, out.kind, out.code, out.tei, out.teiKind, out.message, out.fault = status, kind, code, tei, teiKind, message, false
	}
	var later interface{ RetryAfter() time.Duration }
	field, isField := errors.AsType[*fieldError](err)
	quota, isQuota := errors.AsType[*quotaError](err)
	_, fromEngine := errors.AsType[*engineError](err)
	switch {
	case isField:
		tei := []struct {
			status int
			kind   string
			code   string
		}{
			faultField:   {http.StatusUnprocessableEntity, teiValidation, ""},
			faultText:    {http.StatusUnprocessableEntity, teiTokenizer, ""},
			faultEmpty:   {http.StatusBadRequest, teiEmpty, ""},
			faultTooMany: {http.StatusRequestEntityTooLarge, teiValidation, ""},
			faultTooLong: {http.StatusRequestEntityTooLarge, teiValidation, "context_length_exceeded"},
		}[field.kind]
		set(http.StatusBadRequest, openAIInvalid, tei.code, tei.status, tei.kind, field.Error())
		out.param = field.field
	case errors.Is(err, identity.ErrKey):
		set(401, openAIInvalid, "invalid_api_key", 401, teiAccess, "the API key is not valid: it is unknown, expired or revoked")
	case errors.Is(err, identity.ErrUnauthenticated):
		set(401, openAIInvalid, "missing_api_key", 401, teiAccess, "no API key was sent; send it as Authorization: Bearer fd_…")
	case errors.Is(err, identity.ErrCSRF):
		set(403, openAIInvalid, "cross_origin", 403, teiAccess, "requests from pages of other sites are refused; an API key does not belong into a page")
	case errors.Is(err, identity.ErrForbidden):
		set(403, openAIInvalid, "insufficient_permissions", 403, teiAccess, "the API key is not made for this")
	case isQuota:
		set(429, quota.what, "rate_limit_exceeded", 429, teiOverloaded, quota.Error())
	case errors.Is(err, models.ErrNoModel):
		set(404, openAIInvalid, "model_not_found", http.StatusFailedDependency, teiBackend, "no model in use does this")
		if missing, ok := errors.AsType[*noModelError](err); ok {
			out.message, out.param = missing.Error(), missing.param
		}
	case errors.Is(err, models.ErrInput), errors.Is(err, models.ErrTooLong): // of the request as a whole
		set(400, openAIInvalid, "", http.StatusRequestEntityTooLarge, teiValidation, plainFault(err.Error()))
	case errors.As(err, &later):
		set(429, "overloaded", "overloaded", 429, teiOverloaded, "the model is overloaded; try again later")
	case errors.Is(err, errTooLarge):
		set(413, openAIInvalid, "request_too_large", 413, teiValidation, plainTooLarge(err))
	case errors.Is(err, errMediaType):
		set(415, openAIInvalid, "", 415, teiValidation, "the body must be JSON; send Content-Type: application/json")
	case errors.Is(err, errNoRoute):
		set(404, openAIInvalid, "unknown_url", 404, teiValidation, "there is no such route")
	case errors.Is(err, errMethod):
		set(405, openAIInvalid, "method_not_allowed", 405, teiValidation, "the route has no such method")
	case errors.Is(err, errBadRequest):
		set(400, openAIInvalid, "", 400, teiValidation, "the request cannot be read")
	case errors.Is(err, context.DeadlineExceeded):
		set(503, openAIServer, "timeout", 503, teiOverloaded, "the model did not answer in time")
		out.retryAfter = retryDefault
	case errors.Is(err, context.Canceled):
		set(statusClientGone, openAIInvalid, "", statusClientGone, teiBackend, "the client went away")
	case fromEngine:
		out.tei = http.StatusFailedDependency
	}
	if errors.As(err, &later) {
		out.retryAfter = max(later.RetryAfter(), time.Millisecond)
	}
	return out
}

// noModelError says that a model which the client named, or which a route needs, is not in use.
type noModelError struct{ param, reason string }

func (e *noModelError) Error() string { return e.reason }
func (e *noModelError) Unwrap() error { return models.ErrNoModel }

// OpenAIError is an error as OpenAI's clients expect it.
type OpenAIError struct {
	Error OpenAIErrorDetail `json:"error"`
}

// OpenAIErrorDetail is what is inside.
type OpenAIErrorDetail struct {
	Message string  `json:"message"`
	Type    string  `json:"type" example:"invalid_request_error"`
	Param   *string `json:"param" nullable:"true" doc:"The field at fault" example:"input[3]"`
	Code    *string `json:"code" nullable:"true" example:"model_not_found"`
}

// TEIError is an error as clients of text-embeddings-inference expect it.
type TEIError struct {
	Error     string `json:"error"`
	ErrorType string `json:"error_type" enum:"Unhealthy,Backend,Overloaded,Validation,Tokenizer,Empty,Unauthorized"`
}

// writeRefusal answers err in the words of a wire, and logs it when it is ours.
func (s *Server) writeRefusal(w http.ResponseWriter, r *http.Request, in wire, err error) {
	out := refuse(err)
	status := out.status
	if in == wireTEI {
		status = out.tei
	}
	if out.fault {
		out.message = "an internal error; the log has it under the request id " + requestID(r.Context())
		s.log.ErrorContext(r.Context(), "request failed", "request_id", requestID(r.Context()), "status", status, "error", err)
	}
	h := w.Header()
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="frontdesk"`)
		s.metrics.authFailures.WithLabelValues(out.code).Inc()
	}
	if out.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(out.retryAfter.Seconds()))))
		h.Set("retry-after-ms", strconv.FormatInt(int64(math.Ceil(float64(out.retryAfter)/float64(time.Millisecond))), 10)) // OpenAI's clients prefer it
	}
	var body any = TEIError{Error: out.message, ErrorType: out.teiKind}
	if in == wireOpenAI {
		body = OpenAIError{Error: OpenAIErrorDetail{Message: out.message, Type: out.kind, Param: orNil(out.param), Code: orNil(out.code)}}
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.DebugContext(r.Context(), "write refusal", "request_id", requestID(r.Context()), "error", err)
	}
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

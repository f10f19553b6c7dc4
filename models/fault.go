package models

import "fmt"

// TextError says which text of a request is at fault. It wraps ErrInput or ErrTooLong; the field's name is the caller's
// business, who knows what the client called it.
type TextError struct {
	// Index is the place of the text among the request's texts, token ids or inputs.
	Index int
	// Query says that it is the query of a RerankRequest; Index is then meaningless.
	Query bool
	// Reason says what is wrong with the text and what to do, without quoting it. Empty for ErrTooLong.
	Reason string
	// Tokens is how many tokens the text has, Limit how many the model takes, special tokens included. ErrTooLong only.
	Tokens, Limit int
	// Err is ErrInput or ErrTooLong.
	Err error
}

// Error implements error.
func (e *TextError) Error() string {
	field := fmt.Sprintf("input[%d]", e.Index)
	if e.Query {
		field = "query"
	}
	return field + ": " + e.Explain()
}

// Explain says what is wrong, without the field.
func (e *TextError) Explain() string {
	if e.Limit > 0 {
		return fmt.Sprintf("has %d tokens, the model takes at most %d", e.Tokens, e.Limit)
	}
	return e.Reason
}

// Unwrap returns ErrInput or ErrTooLong.
func (e *TextError) Unwrap() error { return e.Err }

package inference

import (
	"errors"
	"fmt"
	"time"

	"frontdesk/models"
)

// Errors that callers tell apart.
var (
	// ErrEmptyText says that nothing of the text reaches the model (empty, white space, invisible characters).
	ErrEmptyText = fmt.Errorf("%w: text is empty", models.ErrInput)
	// ErrInvalidText says that the text is not UTF-8.
	ErrInvalidText = fmt.Errorf("%w: text is not valid UTF-8", models.ErrInput)
	// ErrTooLarge says that one request holds more tokens than the whole queue may; it must be split.
	ErrTooLarge = fmt.Errorf("%w: request is larger than the queue", models.ErrInput)
	// ErrClosed says that the engine is closed, or was while the request waited.
	ErrClosed = errors.New("inference engine is closed")
	// ErrNotFinite says that the model gave NaN or an infinity, or a vector without a direction.
	ErrNotFinite = errors.New("model gave a vector that is not finite")
	// ErrGolden says that the model on this machine does not give the values that training recorded.
	ErrGolden = errors.New("model disagrees with its golden vectors")
	// ErrStaged says that a staged model has been published or discarded already.
	ErrStaged = errors.New("model is not staged any more")
)

// tooLongError wraps models.ErrTooLong with the figures.
type tooLongError struct{ tokens, limit int }

func (e *tooLongError) Error() string {
	return fmt.Sprintf("%s: %d tokens, at most %d", models.ErrTooLong, e.tokens, e.limit)
}

func (e *tooLongError) Unwrap() error { return models.ErrTooLong }

// textError says which text is at fault, in the words of models.TextError.
func textError(index int, query bool, err error) error {
	if long, ok := errors.AsType[*tooLongError](err); ok {
		return &models.TextError{Index: index, Query: query, Tokens: long.tokens, Limit: long.limit, Err: models.ErrTooLong}
	}
	if errors.Is(err, models.ErrInput) {
		reason := "is empty, or only white space and characters that the model does not see; leave it out"
		if errors.Is(err, ErrInvalidText) {
			reason = "is not valid UTF-8; encode it as UTF-8"
		} else if !errors.Is(err, ErrEmptyText) {
			reason = err.Error()
		}
		return &models.TextError{Index: index, Query: query, Reason: reason, Err: err}
	}
	return err
}

// OverloadError says that a request was refused as a whole because the queue is full. Nothing of it was run.
type OverloadError struct {
	after time.Duration
}

// Error implements error.
func (e *OverloadError) Error() string {
	return fmt.Sprintf("inference queue is full, retry after %s", e.after)
}

// RetryAfter is about the time that the work already queued will take.
func (e *OverloadError) RetryAfter() time.Duration { return e.after }

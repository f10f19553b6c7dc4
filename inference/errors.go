package inference

import (
	"errors"
	"fmt"
	"time"
)

// Errors that callers tell apart.
var (
	// ErrEmptyText says that nothing of the text reaches the model (empty, white space, invisible characters).
	ErrEmptyText = errors.New("text is empty")
	// ErrInvalidText says that the text is not UTF-8.
	ErrInvalidText = errors.New("text is not valid UTF-8")
	// ErrTooLarge says that one request holds more tokens than the whole queue may; it must be split.
	ErrTooLarge = errors.New("request is larger than the queue")
	// ErrClosed says that the engine is closed, or was while the request waited.
	ErrClosed = errors.New("inference engine is closed")
	// ErrNotFinite says that the model gave NaN or an infinity.
	ErrNotFinite = errors.New("model gave a vector that is not finite")
	// ErrGolden says that the model on this machine does not give the vectors that training recorded.
	ErrGolden = errors.New("model disagrees with its golden vectors")
)

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

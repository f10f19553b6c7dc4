package kb

import (
	"context"
	"errors"
)

// ErrGate says that working copies may not be published before they were tried
// on past questions, or that too much became worse there. It is wrapped with what is missing.
var ErrGate = errors.New("a replay must come before publishing here")

// DraftRef names a working copy as it was read.
type DraftRef struct {
	Article  string `json:"article"`
	Locale   string `json:"locale"`
	Revision int64  `json:"revision"`
}

// Gate is asked before working copies are published from the console; *bot.Runs is one.
type Gate interface {
	// Check refuses with [ErrGate].
	Check(ctx context.Context, site int32, drafts []DraftRef) error
}

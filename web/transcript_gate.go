package web

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"frontdesk/chat"
)

// transcriptsHeld bounds the pages that wait to be received, in bytes: whoever
// has a link may ask for many and read slowly. Most are a few kilobytes.
const transcriptsHeld = 64 << 20

// transcriptGate bounds what transcripts cost a server, whoever opens them: as
// many are made at once as there are cores, the others wait; pages beyond
// transcriptsHeld are refused.
type transcriptGate struct {
	making chan struct{}
	held   atomic.Int64 // bytes
}

func newTranscriptGate() *transcriptGate {
	return &transcriptGate{making: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// enter waits for a place to make a page at; release gives it back.
func (g *transcriptGate) enter(ctx context.Context) (release func(), err error) {
	select {
	case g.making <- struct{}{}:
		return sync.OnceFunc(func() { <-g.making }), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to make a transcript: %w", context.Cause(ctx))
	}
}

// hold counts a page until release. chat.ErrUnavailable when there are too many.
func (g *transcriptGate) hold(bytes int) (release func(), err error) {
	release = sync.OnceFunc(func() { g.held.Add(-int64(bytes)) })
	if g.held.Add(int64(bytes)) > transcriptsHeld {
		release()
		return nil, fmt.Errorf("transcripts wait to be received: %w", chat.ErrUnavailable)
	}
	return release, nil
}

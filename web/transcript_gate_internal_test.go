package web

import (
	"context"
	"errors"
	"testing"

	"frontdesk/chat"
)

func TestTranscriptsTakeNoMoreThanTheirPlacesAndBytes(t *testing.T) {
	t.Parallel()
	g := newTranscriptGate()
	var leave []func()
	for range cap(g.making) {
		release, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, release)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.enter(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("one more than there are places: %v", err)
	}
	leave[0]()
	leave[0]() // gives back one place, however often
	if _, err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(g.making) != cap(g.making) {
		t.Errorf("%d of %d places are taken", len(g.making), cap(g.making))
	}
	drop, err := g.hold(transcriptsHeld)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.hold(1); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("a page too many: %v", err)
	}
	drop()
	drop()
	if _, err := g.hold(transcriptsHeld); err != nil {
		t.Errorf("after all were received: %v", err)
	}
}

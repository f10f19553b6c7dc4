package chat

import "sync"

// Formats is how many encodings an [Update] can keep.
const Formats = 8

// Update is one thing to show: a stored row (class A, never dropped) or a signal
// (class B, dropped first). All sinks share it: nobody changes it.
type Update struct {
	Row    *Row
	Signal *Signal
	// Typing is Signal.Typing.
	Typing *TypingSignal
	// Remote says that another node stored or signalled it, and sees to what follows from it.
	Remote bool

	mu      sync.Mutex // guards what follows
	encoded [Formats][]byte
	visitor *Update
}

// Encoded returns the update in one format, encoded by the first caller for all.
// format is 0 ≤ format < [Formats], chosen by the sinks' edge; enc must not
// block. Nobody changes the bytes.
func (u *Update) Encoded(format int, enc func() []byte) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.encoded[format] == nil {
		u.encoded[format] = enc()
	}
	return u.encoded[format]
}

// ForVisitor returns the update as visitors may see it (see [Row.ForVisitor]),
// with encodings of its own, the same one for all visitors.
func (u *Update) ForVisitor() *Update {
	if u.Row == nil {
		return u
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.visitor == nil {
		u.visitor = &Update{Row: u.Row.ForVisitor(), Remote: u.Remote}
		u.visitor.visitor = u.visitor
	}
	return u.visitor
}

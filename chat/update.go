package chat

import "sync"

// Formats is how many encodings an [Update] can keep.
const Formats = 8

// Update is one thing to show: a stored row (class A, never dropped) or a signal
// (class B, dropped first). All sinks share it: nobody changes it.
type Update struct {
	Row    *Row
	Signal *Signal
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
// with encodings of its own, the same one for all visitors; nil for a signal that
// is the staff's.
func (u *Update) ForVisitor() *Update {
	if u.Row == nil && (u.Signal.Typing != nil || u.Signal.Queue != nil || u.Signal.Gone != nil) {
		return u
	}
	if u.Row == nil && u.Signal.Mark == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.visitor == nil {
		u.visitor = &Update{Remote: u.Remote}
		if u.Row != nil {
			u.visitor.Row = u.Row.ForVisitor()
		} else {
			u.visitor.Signal = u.Signal.markForVisitor()
		}
		u.visitor.visitor = u.visitor
	}
	return u.visitor
}

// markForVisitor returns a watermark without which agent's it is.
func (s *Signal) markForVisitor() *Signal {
	m := *s.Mark
	if m.Author.Kind == AuthorAgent {
		m.Author = Author{Kind: AuthorAgent}
	}
	return &Signal{To: s.To, Mark: &m}
}

package client

// place says what a received row is to a stream.
type place int

const (
	placeNext place = iota // deliver
	placeOld               // delivered before: drop
	placeHole              // rows before it are missing: drop and resume
)

// maxFruitless is how many resumes in a row may bring nothing although the
// server has more; then the connection counts as broken.
const maxFruitless = 5

// stream is the client's position in one conversation's log. Not safe for
// concurrent use.
type stream struct {
	last      uint32 // last row delivered
	seen      uint32 // highest seq known to exist
	resuming  bool   // a Resume is under way
	asked     uint32 // after which row
	fruitless int    // resumes since the last delivered row
}

// accept decides about a row by its seq: the next one is delivered, an older
// one dropped, a hole needs a resume.
func (s *stream) accept(seq uint32) place {
	s.seen = max(s.seen, seq)
	switch {
	case seq <= s.last:
		return placeOld
	case seq == s.last+1:
		s.last = seq
		s.fruitless = 0
		return placeNext
	}
	return placeHole
}

// ask begins a resume and returns the row to resume after.
func (s *stream) ask() uint32 {
	s.resuming = true
	s.asked = s.last
	return s.last
}

// behind reports whether the server's log ends before the row that the client
// asked from: it is an older log, put back from a backup.
func (s *stream) behind(lastSeq uint32) bool { return s.resuming && lastSeq < s.asked }

// resumed ends a resume and reports whether another one is needed: rows that
// arrived behind the hole were dropped, so what is known to exist decides.
func (s *stream) resumed(lastSeq uint32) (again bool) {
	s.resuming = false
	s.seen = max(s.seen, lastSeq)
	if s.seen <= s.last {
		s.fruitless = 0
		return false
	}
	s.fruitless++
	return true
}

// reset forgets the position: the log is another one.
func (s *stream) reset() { *s = stream{} }

package tokenizer

import "golang.org/x/text/unicode/norm"

// keepScratchBytes is the largest text buffer kept for reuse; a rare long text must not pin memory for good.
const keepScratchBytes = 64 << 10

// scratch holds what one call needs: two buffers that the steps write to in turn, and what the model keeps.
type scratch struct {
	modelScratch

	a, b []byte
	iter norm.Iter
}

// borrow takes a scratch from the pool.
func (t *Tokenizer) borrow() *scratch {
	if s, ok := t.scratch.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

// giveBack returns it, unless a long text made it large.
func (t *Tokenizer) giveBack(s *scratch) {
	if cap(s.a)+cap(s.b) <= keepScratchBytes && s.small() {
		t.scratch.Put(s)
	}
}

package tokenizer

// keepScratchBytes is the largest buffer kept for reuse; a rare long text must not pin memory for good.
const keepScratchBytes = 64 << 10

// scratch holds what one call needs: buffers that the steps write to in turn, and what the model keeps.
type scratch struct {
	modelScratch

	a, b           []byte   // text, and where the next step writes
	words, spare   []extent // ranges of a that are words, and where the next step writes
	changes        []change
	source, normal []byte // text around added tokens, before and after normalisation
	raw, found     []found
	ids            []int32
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
	s.reveal = false
	const extentBytes, changeBytes = 8, 24
	text := cap(s.a) + cap(s.b) + cap(s.source) + cap(s.normal)
	lists := 4*cap(s.ids) + extentBytes*(cap(s.words)+cap(s.spare)) + changeBytes*cap(s.changes) + 2*extentBytes*(cap(s.raw)+cap(s.found))
	if text <= keepScratchBytes && lists <= 2*keepScratchBytes && s.small() {
		t.scratch.Put(s)
	}
}

package tokenizer

// keepSymbols is the longest word, in symbols, whose buffers are kept for reuse.
const keepSymbols = 16 << 10

// modelScratch holds the buffers of the models.
type modelScratch struct {
	pairs uint64s  // of BPE: pairs that wait for their merge
	word  []symbol // of BPE: the word
	nodes []node   // of Unigram: the best way to each byte
	ends  []int32  // of Unigram: where the pieces end, last first

	reveal bool // special tokens of the vocabulary are pieces like others: never for text of users
}

// small reports whether the buffers are worth keeping.
func (m *modelScratch) small() bool {
	return max(cap(m.pairs), cap(m.word), cap(m.nodes), cap(m.ends)) <= keepSymbols
}

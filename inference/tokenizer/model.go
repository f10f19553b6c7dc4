package tokenizer

// model splits one pre-tokenised word into pieces. Implementations are immutable and safe for concurrent use.
type model interface {
	// appendIDs appends the ids of word's pieces; it allocates nothing beyond the growth of dst and of what s keeps.
	appendIDs(dst []int32, word []byte, s *scratch) []int32
	// appendPieces is the same with byte ranges in word, those of unknown pieces included.
	appendPieces(dst []piece, word []byte, s *scratch) []piece
	// size returns the number of the vocabulary's ids.
	size() int
	token(id int32) (string, bool)
	id(token string) (int32, bool)
}

// piece is one token of a word: bytes [from, to) of it.
type piece struct{ id, from, to int32 }

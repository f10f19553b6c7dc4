package tokenizer

import "errors"

// ErrTruncation is wrapped by Encode's and EncodePair's error when a text cannot be cut as asked: the special tokens
// alone are longer than the limit, or the one text that may be cut is too short for it.
var ErrTruncation = errors.New("cannot truncate")

// Side is an end of a text.
type Side int8

// The sides.
const (
	Right Side = iota
	Left
)

// Strategy says which text of a pair is cut.
type Strategy int8

// The strategies. LongestFirst cuts the longer text down to the other's length and then both; the other two cut only
// the text that they name.
const (
	LongestFirst Strategy = iota
	OnlyFirst
	OnlySecond
)

// Truncation cuts a sequence to a number of tokens.
type Truncation struct {
	MaxLength int      // in tokens, special ones included; 0 = no limit
	Stride    int      // tokens that an overflowing part repeats of the part before it
	Strategy  Strategy // for pairs
	Side      Side     // where tokens are cut away
}

// Padding fills a sequence up.
type Padding struct {
	Token        string // text of the filling token
	ToLength     int    // in tokens; 0 = only to a multiple
	ToMultipleOf int    // the length is rounded up to a multiple of it; 0 and 1 = no rounding
	ID           int32  // the filling token
	TypeID       int32  // its type id
	Side         Side   // where tokens are added
}

// Options says how Encode and EncodePair work. The zero value adds the special tokens and neither cuts nor pads.
type Options struct {
	Truncation   *Truncation // nil = none
	Padding      *Padding    // nil = none
	NoSpecials   bool        // leaves the special tokens of the post-processor out
	ParseSpecial bool        // a special token typed in the text becomes its id: never for text of users
}

// Encoding is a text's tokens with all that is known of them; the slices are of one length.
type Encoding struct {
	IDs           []int32
	TypeIDs       []int32    // 0 or 1 in most models: which text of a pair
	Tokens        []string   // as the vocabulary spells them
	Offsets       [][2]int   // code points [from, to) of the input text; 0, 0 for special and padding tokens
	AttentionMask []int32    // 0 = padding
	SpecialMask   []int32    // 1 = added by the post-processor or by padding
	WordIDs       []int32    // index of the pre-tokenised word in its text; -1 = none
	Overflowing   []Encoding // what truncation cut away, in parts
}

// Len returns the number of tokens.
func (e *Encoding) Len() int { return len(e.IDs) }

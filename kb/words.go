package kb

// WordKind says what the words of a group are to each other.
type WordKind string

// The kinds, as stored.
const (
	WordSynonym WordKind = "synonym" // all mean the same
	WordAlias   WordKind = "alias"   // Words[1:] are other names of Words[0], in which they are searched for
	WordCode    WordKind = "code"    // kept whole and compared exactly
)

// WordGroup is an entry of a site's word list.
type WordGroup struct {
	ID     int64
	Site   int32
	Kind   WordKind
	Locale string // "" = both languages
	Words  []string
}

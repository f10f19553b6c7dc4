package tokenizer

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token of a file's added_tokens: it is found in the text before the model sees it.
type addedToken struct {
	Content    string `json:"content"`
	ID         int32  `json:"id"`
	SingleWord bool   `json:"single_word"` // not next to a word character
	Lstrip     bool   `json:"lstrip"`      // takes the white space before it
	Rstrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // matches the normalised text, by its normalised content
	Special    bool   `json:"special"`
}

// addedSet finds added tokens, leftmost and longest first.
type addedSet struct {
	tokens  []addedToken
	trie    *trie // ids are indexes of tokens; nil = no token
	classes *charClasses
	first   [256]bool // bytes that a token begins with
	plain   bool      // one of them is not special
}

// newAddedSet makes a set; contents are what the tokens look like in the text, normalised or not.
func newAddedSet(tokens []addedToken, contents []string, c *charClasses) (addedSet, error) {
	set := addedSet{classes: c, tokens: tokens}
	byContent := make(map[string]int32)
	for i, content := range contents {
		if content == "" {
			if tokens[i].Content != "" {
				return set, fmt.Errorf("%w: added token %q is nothing when normalised", ErrUnsupported, tokens[i].Content)
			}
			continue
		}
		if _, ok := byContent[content]; ok {
			continue // the first one wins
		}
		byContent[content] = int32(i)
		set.first[content[0]] = true
		set.plain = set.plain || !tokens[i].Special
	}
	if len(byContent) == 0 {
		return set, nil
	}
	var err error
	if set.trie, err = newTrie(byContent, noPrefix, func(string) bool { return false }); err != nil {
		return set, fmt.Errorf("%w: added_tokens: %w", ErrInvalid, err)
	}
	return set, nil
}

// noPrefix is a prefix that no UTF-8 text has.
const noPrefix = "\xfe"

// found is a stretch of text: an added token, or what lies between two.
type found struct {
	from, to int32
	token    int32 // index in the set; -1 = text
}

// split appends the stretches of text to dst. With keepSpecial, special tokens stay text.
func (a *addedSet) split(dst []found, text []byte, keepSpecial bool) []found {
	done := 0
	for at := 0; a.trie != nil && at < len(text); at++ {
		if !a.first[text[at]] {
			continue
		}
		i, n := a.trie.longest(a.trie.start, text[at:])
		if n == 0 {
			continue
		}
		token := &a.tokens[i]
		from, to := at, at+n
		at = to - 1 // also when the match does not count (AddedVocabulary.find_matches)
		if token.Special && keepSpecial || token.SingleWord && (a.wordBefore(text[:from]) || a.wordAfter(text[to:])) {
			continue
		}
		if token.Lstrip {
			from = max(spaceBefore(text[:from]), done)
		}
		if token.Rstrip {
			to += spaceAfter(text[to:])
		}
		if done < from {
			dst = append(dst, found{int32(done), int32(from), -1})
		}
		dst = append(dst, found{int32(from), int32(to), i})
		done = to
	}
	if done < len(text) {
		dst = append(dst, found{int32(done), int32(len(text)), -1})
	}
	return dst
}

func (a *addedSet) wordBefore(text []byte) bool {
	r, n := utf8.DecodeLastRune(text)
	return n > 0 && a.classes.of(r)&charWord != 0
}

func (a *addedSet) wordAfter(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 0 && a.classes.of(r)&charWord != 0
}

// spaceBefore returns where the white space at the end of text begins.
func spaceBefore(text []byte) int {
	at := len(text)
	for at > 0 {
		r, n := utf8.DecodeLastRune(text[:at])
		if !unicode.IsSpace(r) {
			break
		}
		at -= n
	}
	return at
}

// spaceAfter returns the length of the white space that text begins with.
func spaceAfter(text []byte) int {
	at := 0
	for at < len(text) {
		r, n := utf8.DecodeRune(text[at:])
		if !unicode.IsSpace(r) {
			break
		}
		at += n
	}
	return at
}

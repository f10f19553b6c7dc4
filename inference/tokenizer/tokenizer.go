// Package tokenizer turns text into the token ids of a standard tokenizer.json, natively in Go.
//
// It implements WordPiece with the normalizers and processors that BERT-like encoders use, and gives the ids of
// Hugging Face's tokenizers. Whatever a file asks for beyond that is refused by name when the file is parsed: the
// package never approximates in silence. Special tokens typed by a user stay text, so a visitor cannot forge a [SEP].
//
// A Tokenizer is immutable after Parse and safe for concurrent use; it starts no goroutine. Its work is linear in the
// length of the text, and appending ids to a buffer with room allocates nothing.
package tokenizer

import (
	"sync"
	"unicode/utf8"
)

// Tokenizer maps text to token ids. Make one with Parse.
type Tokenizer struct {
	steps   []step
	classes *classes
	ascii   [utf8.RuneSelf]byte // what each ASCII character normalises to; 0 = nothing
	model   *wordPiece
	pad     int32
	before  []int32
	after   []int32
	limit   int // the file's own truncation in tokens; 0 = none
	size    int
	scratch sync.Pool
}

// VocabSize returns the number of ids: every id is in [0, VocabSize).
func (t *Tokenizer) VocabSize() int { return t.size }

// PadID returns the id that fills up a batch.
func (t *Tokenizer) PadID() int32 { return t.pad }

// AppendIDs appends the ids of text, special tokens included, to dst and returns the extended slice.
//
// At most limit ids are appended, cut on the right before the closing special tokens are added; limit ≤ 0 means the limit
// that the file names, or none. Bytes that are no UTF-8 count as U+FFFD.
func (t *Tokenizer) AppendIDs(dst []int32, text string, limit int) []int32 {
	if limit <= 0 {
		limit = t.limit
	}
	room := -1
	if limit > 0 {
		room = max(limit-len(t.before)-len(t.after), 0)
	}
	dst = append(dst, t.before...)
	if room != 0 {
		s := t.borrow()
		dst = t.appendWords(dst, t.normalize(s, text), room)
		t.giveBack(s)
	}
	return append(dst, t.after...)
}

// Count returns the number of ids of text without any limit, special tokens included.
func (t *Tokenizer) Count(text string) int {
	s := t.borrow()
	norm := t.normalize(s, text)
	n := len(t.before) + len(t.after)
	var few [128]int32
	t.eachWord(norm, func(word []byte) bool {
		n += len(t.model.appendIDs(few[:0], word, s))
		return true
	})
	t.giveBack(s)
	return n
}

// appendWords splits normalised text into words and appends their pieces, at most room of them (-1 = all).
func (t *Tokenizer) appendWords(dst []int32, norm []byte, room int) []int32 {
	start := len(dst)
	t.eachWord(norm, func(word []byte) bool {
		dst = t.model.appendIDs(dst, word, nil)
		return room < 0 || len(dst)-start < room
	})
	if room >= 0 && len(dst)-start > room {
		dst = dst[:start+room]
	}
	return dst
}

// eachWord is BERT's pre-tokenizer: words end at white space, a punctuation mark is a word of its own.
func (t *Tokenizer) eachWord(norm []byte, yield func(word []byte) bool) {
	from := 0
	for i := 0; i < len(norm); {
		r, n := rune(norm[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(norm[i:])
		}
		c := t.classes.of(r)
		if c&(isSpace|isPunct) != 0 {
			if from < i && !yield(norm[from:i]) {
				return
			}
			if c&isPunct != 0 && !yield(norm[i:i+n]) {
				return
			}
			from = i + n
		}
		i += n
	}
	if from < len(norm) {
		yield(norm[from:])
	}
}

// Specials returns how many special tokens surround every text.
func (t *Tokenizer) Specials() int { return len(t.before) + len(t.after) }

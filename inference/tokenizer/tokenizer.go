// Package tokenizer turns text into the token ids of a standard tokenizer.json, natively in Go.
//
// It implements the pipeline of Hugging Face's tokenizers: added tokens, normalizers, pre-tokenizers, the models
// WordPiece, Unigram and BPE, post-processors, pairs, truncation, padding and offsets, and gives their ids. Whatever a
// file asks for beyond that is refused by name when the file is parsed: the package never approximates in silence.
// Special tokens typed by a user stay text, so a visitor cannot forge a [SEP]. Decoders are not read.
//
// There are two ways through the pipeline: AppendIDs gives the ids alone and allocates nothing; Encode follows every
// byte and gives offsets too.
//
// A Tokenizer is immutable after Parse and safe for concurrent use; it starts no goroutine. Its work is linear in the
// length of the text.
package tokenizer

import (
	"sync"
	"unicode/utf8"
)

// Tokenizer maps text to token ids. Make one with Parse or ParseVocab.
type Tokenizer struct {
	model      model      // for text of users: it has no special tokens
	bert       *wordPiece // the model, when the pipeline is BERT's and words go to it directly
	classes    *classes
	steps      []normalizer
	pre        []preStep
	raw        addedSet // added tokens that match the text as it is
	normalised addedSet // added tokens that match the normalised text
	post       postProcessor
	before     []int32 // special tokens around a single text
	after      []int32
	special    map[int32]bool
	extra      vocabulary // added tokens that the model does not know, ids counted from its size
	truncation *Truncation
	padding    *Padding
	ascii      [utf8.RuneSelf]byte // what each ASCII character normalises to; 0 = nothing
	pad        int32
	unk        int32
	common     *perChar // nil = some step looks at the neighbours of common characters
	unkIsText  bool     // Encode writes unknown pieces as they stand in the text
	exact      bool     // only the path with alignment knows where the text begins
	scratch    sync.Pool
}

// VocabSize returns the number of ids, added tokens included: every id is in [0, VocabSize).
func (t *Tokenizer) VocabSize() int { return t.model.size() + t.extra.size() }

// PadID returns the id that fills up a batch.
func (t *Tokenizer) PadID() int32 { return t.pad }

// Token returns how the vocabulary spells an id.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if token, ok := t.model.token(id); ok {
		return token, true
	}
	return t.extra.token(id - int32(t.model.size()))
}

// ID returns the id of a token as the vocabulary spells it.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if id, ok := t.extra.id(token); ok {
		return id + int32(t.model.size()), true
	}
	return t.model.id(token)
}

// IsSpecial reports whether the file calls the token of an id special.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.special[id] }

// Specials returns how many special tokens surround every text.
func (t *Tokenizer) Specials() int { return len(t.before) + len(t.after) }

// SpecialsPair returns how many special tokens a pair of texts gets.
func (t *Tokenizer) SpecialsPair() int { return t.post.added(true) }

// FileTruncation returns the truncation that the file asks for, nil for none. Only AppendIDs obeys it unasked.
func (t *Tokenizer) FileTruncation() *Truncation {
	if t.truncation == nil {
		return nil
	}
	c := *t.truncation
	return &c
}

// FilePadding returns the padding that the file asks for, nil for none.
func (t *Tokenizer) FilePadding() *Padding {
	if t.padding == nil {
		return nil
	}
	p := *t.padding
	return &p
}

// AppendIDs appends the ids of text, special tokens included, to dst and returns the extended slice.
//
// At most limit ids are appended, cut on the side that the file says, else on the right, before the special tokens are
// added; limit ≤ 0 means the limit that the file names, or none. Bytes that are no UTF-8 count as U+FFFD.
//
// It allocates nothing when dst has room, with these exceptions: files with regular expressions of their own; files with
// Metaspace's prepend_scheme first after a normalizer that may take the beginning away, which go the way of Encode; and
// texts that are no UTF-8 where a file has added tokens that are not special.
func (t *Tokenizer) AppendIDs(dst []int32, text string, limit int) []int32 {
	if limit <= 0 && t.truncation != nil {
		limit = t.truncation.MaxLength
	}
	room := -1
	if limit > 0 {
		room = max(limit-len(t.before)-len(t.after), 0)
	}
	dst = append(dst, t.before...)
	start := len(dst)
	switch {
	case room == 0:
	case room > 0 && t.truncation != nil && t.truncation.Side == Left:
		dst = t.appendText(dst, text, -1)
		if n := len(dst) - start; n > room {
			dst = append(dst[:start], dst[start+n-room:]...)
		}
	default:
		dst = t.appendText(dst, text, room)
	}
	return append(dst, t.after...)
}

// AppendPieceIDs appends the ids of text without special tokens and without limit: what Assemble takes.
func (t *Tokenizer) AppendPieceIDs(dst []int32, text string) []int32 {
	return t.appendText(dst, text, -1)
}

// Assemble appends the ids of a text, or of a pair, with the special tokens around them, to ids, and their type ids to
// types, which stays as it is when it is nil. So a query is tokenised once for many passages.
//
// What truncation cannot cut as asked is cut where it can: the result is never longer than cut.MaxLength, unless the
// special tokens alone are. Stride has no meaning here.
func (t *Tokenizer) Assemble(ids, types, a, b []int32, pair bool, cut Truncation) (outIDs, outTypes []int32) {
	if !pair {
		b = nil
	}
	n1, n2 := cutIDs(len(a), len(b), cut, t.post.added(pair))
	texts := [2][]int32{kept(a, n1, cut.Side), kept(b, n2, cut.Side)}
	for _, s := range t.post.template(pair) {
		part := s.ids
		if s.text >= 0 {
			part = texts[s.text]
		}
		ids = append(ids, part...)
		if types != nil {
			for range part {
				types = append(types, s.typeID)
			}
		}
	}
	return ids, types
}

// Count returns the number of ids of text without any limit, special tokens included.
func (t *Tokenizer) Count(text string) int {
	n := len(t.before) + len(t.after)
	s := t.borrow()
	defer t.giveBack(s)
	if t.bert != nil {
		var few [128]int32
		t.eachWord(t.normalize(s, text), func(word []byte) bool {
			n += len(t.bert.appendIDs(few[:0], word, nil))
			return true
		})
		return n
	}
	s.ids = t.appendGeneral(s.ids[:0], s, text, -1)
	return n + len(s.ids)
}

// appendText appends the ids of text, at most room of them (-1 = all).
func (t *Tokenizer) appendText(dst []int32, text string, room int) []int32 {
	start := len(dst)
	s := t.borrow()
	if t.bert != nil {
		t.eachWord(t.normalize(s, text), func(word []byte) bool {
			dst = t.bert.appendIDs(dst, word, nil)
			return room < 0 || len(dst)-start < room
		})
	} else {
		dst = t.appendGeneral(dst, s, text, room)
	}
	t.giveBack(s)
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

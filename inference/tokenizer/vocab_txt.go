package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// VocabOptions says what a vocab.txt leaves open.
type VocabOptions struct {
	// StripAccents removes accents; nil = as Lowercase says.
	StripAccents *bool
	// Lowercase is true for uncased models.
	Lowercase bool
	// KeepControls leaves control characters in the text. The default removes them, as every BERT does.
	KeepControls bool
	// HandleChinese makes each Chinese character a word, as every BERT of its authors does.
	HandleChinese bool
}

// ParseVocab reads BERT's vocab.txt: one token a line, the line is the id. The rest is as in BERT: WordPiece, its
// normalizer and pre-tokenizer, [CLS] A [SEP] B [SEP]. Errors wrap ErrInvalid and name the line or the token.
func ParseVocab(vocabTxt []byte, o VocabOptions) (*Tokenizer, error) {
	vocab := make(map[string]int32)
	for line := range bytes.Lines(vocabTxt) {
		token := strings.TrimRight(string(line), "\r\n")
		if _, ok := vocab[token]; ok || token == "" || !utf8.ValidString(token) {
			return nil, fmt.Errorf("%w: vocab.txt line %d: %q is empty, given twice or no UTF-8", ErrInvalid, len(vocab)+1, token)
		}
		vocab[token] = int32(len(vocab))
	}
	var f file
	for _, name := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		id, ok := vocab[name]
		if !ok && name != "[PAD]" && name != "[MASK]" {
			return nil, fmt.Errorf("%w: vocab.txt has no %s", ErrInvalid, name)
		}
		if ok {
			f.AddedTokens = append(f.AddedTokens, addedToken{Content: name, ID: id, Special: true})
		}
	}
	type object map[string]any
	for _, part := range []struct {
		to   *json.RawMessage
		from object
	}{
		{&f.Model, object{"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocab}},
		{&f.Normalizer, object{
			"type": "BertNormalizer", "clean_text": !o.KeepControls, "handle_chinese_chars": o.HandleChinese,
			"strip_accents": o.StripAccents, "lowercase": o.Lowercase,
		}},
		{&f.PreTokenizer, object{"type": "BertPreTokenizer"}},
		{&f.PostProcessor, object{
			"type": "BertProcessing", "cls": []any{"[CLS]", vocab["[CLS]"]}, "sep": []any{"[SEP]", vocab["[SEP]"]},
		}},
	} {
		var err error
		if *part.to, err = json.Marshal(part.from); err != nil {
			return nil, fmt.Errorf("%w: vocab.txt: %w", ErrInvalid, err)
		}
	}
	return build(&f)
}

package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrUnsupported is wrapped by Parse's error when a file asks for a part that this package does not implement.
var ErrUnsupported = errors.New("unsupported tokenizer part")

// ErrInvalid is wrapped by Parse's error when a file contradicts itself or is no tokenizer.json, and by the errors of
// Encode and EncodePair when their options contradict themselves.
var ErrInvalid = errors.New("invalid tokenizer file")

// kind is the part of a component that says which one it is.
type kind struct {
	Type string `json:"type"`
}

// file is a tokenizer.json. Not read, knowingly: version, decoder.
type file struct {
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Model         json.RawMessage `json:"model"`
}

// Parse reads a tokenizer.json. Its error wraps ErrUnsupported or ErrInvalid and names the part.
func Parse(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if absent(f.Model) {
		return nil, fmt.Errorf("%w: it has no model", ErrInvalid)
	}
	return build(&f)
}

func build(f *file) (*Tokenizer, error) {
	t := &Tokenizer{classes: newClasses()}
	p := parser{classes: t.classes}
	var err error
	if t.steps, err = p.normalizers(f.Normalizer); err != nil {
		return nil, err
	}
	if t.pre, err = p.preTokenizers(f.PreTokenizer); err != nil {
		return nil, err
	}
	if err = t.readModel(f, &p); err != nil {
		return nil, err
	}
	if err = t.readAdded(f.AddedTokens, &p); err != nil {
		return nil, err
	}
	if t.post, err = t.postProcessor(f.PostProcessor); err != nil {
		return nil, err
	}
	seen := false
	for _, s := range t.post.single {
		switch {
		case s.text >= 0:
			seen = true
		case seen:
			t.after = append(t.after, s.ids...)
		default:
			t.before = append(t.before, s.ids...)
		}
	}
	if t.truncation, err = readTruncation(f.Truncation); err != nil {
		return nil, err
	}
	if err = t.readPadding(f.Padding); err != nil {
		return nil, err
	}
	t.choosePath(&p)
	return t, nil
}

// choosePath finds out which shortcuts give the same ids.
func (t *Tokenizer) choosePath(p *parser) {
	if !p.neighbours && len(t.steps) > 0 {
		for c := range t.ascii {
			if out := t.run(&scratch{a: []byte{byte(c)}}); len(out) > 0 {
				t.ascii[c] = out[0]
			}
		}
		t.common = newPerChar(t)
	}
	if m, ok := t.model.(*wordPiece); ok && p.bert && len(t.pre) == 2 && !t.raw.plain && !t.normalised.plain {
		t.bert = m
	}
	for _, s := range t.pre {
		t.exact = t.exact || s.first && p.movesStart
	}
}

// readModel reads the model.
func (t *Tokenizer) readModel(f *file, p *parser) error {
	var k kind
	if err := json.Unmarshal(f.Model, &k); err != nil {
		return fmt.Errorf("%w: model: %w", ErrInvalid, err)
	}
	if p.byteLevel && k.Type != "BPE" {
		return fmt.Errorf("%w: pre_tokenizer ByteLevel with model %q", ErrUnsupported, k.Type)
	}
	special := make(map[string]bool)
	for _, a := range f.AddedTokens {
		if a.Special {
			special[a.Content] = true
		}
	}
	switch k.Type {
	case "WordPiece":
		m, err := newWordPiece(f.Model, special, p.bert)
		if err != nil {
			return err
		}
		t.model, t.unk = m, m.unk
	case "Unigram":
		m, err := newUnigram(f.Model, special)
		if err != nil {
			return err
		}
		t.model, t.unk, t.unkIsText = m, m.unk, true
	case "BPE":
		m, err := newBPE(f.Model, p.byteLevel, special)
		if err != nil {
			return err
		}
		t.model, t.unk = m, m.unk
	default:
		return fmt.Errorf("%w: model %q", ErrUnsupported, k.Type)
	}
	return nil
}

// readAdded checks the added tokens and makes the sets that find them.
func (t *Tokenizer) readAdded(tokens []addedToken, p *parser) error {
	t.special = make(map[int32]bool)
	t.extra = vocabulary{ids: make(map[string]int32)}
	seen := make(map[string]bool)
	for _, a := range tokens {
		if !utf8.ValidString(a.Content) || a.Content == "" {
			return fmt.Errorf("%w: added token of id %d is empty or no UTF-8", ErrInvalid, a.ID)
		}
		if seen[a.Content] {
			return fmt.Errorf("%w: added token %q is given twice", ErrInvalid, a.Content)
		}
		seen[a.Content] = true
		id, known := t.model.id(a.Content)
		if !known {
			id = int32(t.model.size() + t.extra.size())
			t.extra.ids[a.Content] = int32(t.extra.size())
			t.extra.tokens = append(t.extra.tokens, a.Content)
		}
		if id != a.ID {
			return fmt.Errorf("%w: added token %q has id %d, its place in the vocabulary is %d", ErrInvalid, a.Content, a.ID, id)
		}
		t.special[id] = t.special[id] || a.Special
	}
	var raw, normalised []addedToken
	for _, special := range []bool{true, false} { // special ones come first when two are alike
		for _, a := range tokens {
			switch {
			case a.Special != special:
			case a.Normalized:
				normalised = append(normalised, a)
			default:
				raw = append(raw, a)
			}
		}
	}
	contents := make([]string, len(raw))
	for i, a := range raw {
		contents[i] = a.Content
	}
	var err error
	if t.raw, err = newAddedSet(raw, contents, p.charClasses()); err != nil {
		return err
	}
	contents = make([]string, len(normalised))
	for i, a := range normalised {
		contents[i] = string(t.run(&scratch{a: []byte(a.Content)}))
	}
	t.normalised, err = newAddedSet(normalised, contents, p.charClasses())
	return err
}

// readTruncation reads what a file says of truncation.
func readTruncation(raw json.RawMessage) (*Truncation, error) {
	if absent(raw) {
		return nil, nil //nolint:nilnil // no truncation is no error
	}
	var f struct {
		Direction string `json:"direction"`
		Strategy  string `json:"strategy"`
		MaxLength int    `json:"max_length"`
		Stride    int    `json:"stride"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("%w: truncation: %w", ErrInvalid, err)
	}
	if f.MaxLength <= 0 || f.Stride < 0 || f.Stride >= f.MaxLength {
		return nil, fmt.Errorf("%w: truncation to max_length %d with stride %d", ErrInvalid, f.MaxLength, f.Stride)
	}
	c := &Truncation{MaxLength: f.MaxLength, Stride: f.Stride}
	switch f.Strategy {
	case "", "LongestFirst":
	case "OnlyFirst":
		c.Strategy = OnlyFirst
	case "OnlySecond":
		c.Strategy = OnlySecond
	default:
		return nil, fmt.Errorf("%w: truncation strategy %q", ErrUnsupported, f.Strategy)
	}
	var err error
	c.Side, err = side("truncation", f.Direction)
	return c, err
}

// readPadding reads what a file says of padding; the padding id has a use without it too.
func (t *Tokenizer) readPadding(raw json.RawMessage) error {
	if absent(raw) {
		for _, name := range []string{"[PAD]", "<pad>", "<|endoftext|>"} {
			if id, ok := t.ID(name); ok {
				t.pad = id
				break
			}
		}
		return nil
	}
	var f struct {
		Strategy   json.RawMessage `json:"strategy"`
		Direction  string          `json:"direction"`
		MultipleOf *int            `json:"pad_to_multiple_of"`
		ID         int32           `json:"pad_id"`
		TypeID     int32           `json:"pad_type_id"`
		Token      string          `json:"pad_token"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("%w: padding: %w", ErrInvalid, err)
	}
	p := &Padding{ID: f.ID, TypeID: f.TypeID, Token: f.Token}
	if f.MultipleOf != nil {
		p.ToMultipleOf = *f.MultipleOf
	}
	var name string
	var fixed struct{ Fixed *int }
	switch {
	case absent(f.Strategy):
	case json.Unmarshal(f.Strategy, &name) == nil && name == "BatchLongest":
	case json.Unmarshal(f.Strategy, &fixed) == nil && fixed.Fixed != nil:
		p.ToLength = *fixed.Fixed
	default:
		return fmt.Errorf("%w: padding strategy %s", ErrUnsupported, f.Strategy)
	}
	if f.ID < 0 || int(f.ID) >= t.VocabSize() || p.ToLength < 0 || p.ToMultipleOf < 0 || p.ToLength > maxPadding || p.ToMultipleOf > maxPadding {
		return fmt.Errorf("%w: padding with id %d of %d, length %d, multiple of %d", ErrInvalid, f.ID, t.VocabSize(), p.ToLength, p.ToMultipleOf)
	}
	t.pad, t.padding = f.ID, p
	var err error
	p.Side, err = side("padding", f.Direction)
	return err
}

func side(part, name string) (Side, error) {
	switch name {
	case "", "Right":
		return Right, nil
	case "Left":
		return Left, nil
	}
	return Right, fmt.Errorf("%w: %s direction %q", ErrUnsupported, part, name)
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

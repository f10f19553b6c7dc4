package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// ErrUnsupported is wrapped by Parse's error when a file asks for a part that this package does not implement.
var ErrUnsupported = errors.New("unsupported tokenizer part")

// ErrInvalid is wrapped by Parse's error when a file contradicts itself or is no tokenizer.json.
var ErrInvalid = errors.New("invalid tokenizer file")

// kind is the part of a component that says which one it is.
type kind struct {
	Type string `json:"type"`
}

type file struct {
	Truncation *struct {
		Direction string `json:"direction"`
		MaxLength int    `json:"max_length"`
	} `json:"truncation"`
	AddedTokens []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Padding *struct {
		PadID int32 `json:"pad_id"`
	} `json:"padding"`
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
	if err := only(f.Model, "model", "WordPiece"); err != nil {
		return nil, err
	}
	if f.Truncation != nil && f.Truncation.Direction != "" && f.Truncation.Direction != "Right" {
		return nil, fmt.Errorf("%w: truncation direction %q", ErrUnsupported, f.Truncation.Direction)
	}
	t := &Tokenizer{classes: newClasses()}
	if f.Truncation != nil {
		t.limit = f.Truncation.MaxLength
	}
	if err := t.vocabulary(&f); err != nil {
		return nil, err
	}
	var err error
	if t.steps, err = normalizers(f.Normalizer, t.classes); err != nil {
		return nil, err
	}
	if err := only(f.PreTokenizer, "pre-tokenizer", "BertPreTokenizer"); err != nil {
		return nil, err
	}
	if t.before, t.after, err = t.specials(f.PostProcessor, t.model.ids); err != nil {
		return nil, err
	}
	for c := range t.ascii {
		// A character alone tells what it becomes anywhere: no step looks at ASCII neighbours.
		if out := t.run(&scratch{a: []byte{byte(c)}}); len(out) > 0 {
			t.ascii[c] = out[0]
		}
	}
	return t, nil
}

// vocabulary reads the model and checks that the added tokens are its own.
func (t *Tokenizer) vocabulary(f *file) error {
	special := make(map[string]bool)
	for _, a := range f.AddedTokens {
		if !a.Special {
			return fmt.Errorf("%w: added token %q that is not special", ErrUnsupported, a.Content)
		}
		special[a.Content] = true
	}
	m, err := newWordPiece(f.Model, special)
	if err != nil {
		return err
	}
	for _, a := range f.AddedTokens {
		if id, ok := m.id(a.Content); !ok || id != a.ID {
			return fmt.Errorf("%w: added token %q outside the vocabulary", ErrUnsupported, a.Content)
		}
	}
	t.model = m
	t.size = m.size()
	t.pad, _ = m.id("[PAD]")
	if f.Padding != nil {
		t.pad = f.Padding.PadID
	}
	return nil
}

// normalizers flattens a normalizer into steps.
func normalizers(raw json.RawMessage, c *classes) ([]step, error) {
	if absent(raw) {
		return nil, nil
	}
	var n struct {
		kind
		Normalizers []json.RawMessage `json:"normalizers"`
		CleanText   *bool             `json:"clean_text"`
		Han         *bool             `json:"handle_chinese_chars"`
		Strip       *bool             `json:"strip_accents"`
		Lowercase   *bool             `json:"lowercase"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("%w: normalizer: %w", ErrInvalid, err)
	}
	switch n.Type {
	case "NFC":
		return []step{form(norm.NFC, c)}, nil
	case "NFD":
		return []step{form(norm.NFD, c)}, nil
	case "NFKC":
		return []step{form(norm.NFKC, c)}, nil
	case "NFKD":
		return []step{form(norm.NFKD, c)}, nil
	case "Lowercase":
		return []step{lower}, nil
	case "Sequence":
		var all []step
		for _, r := range n.Normalizers {
			s, err := normalizers(r, c)
			if err != nil {
				return nil, err
			}
			all = append(all, s...)
		}
		return all, nil
	case "BertNormalizer":
		yes := func(b *bool, otherwise bool) bool { return b == nil && otherwise || b != nil && *b }
		lowercase := yes(n.Lowercase, true)
		steps := []step{clean(c, yes(n.CleanText, true), yes(n.Han, true))}
		if yes(n.Strip, lowercase) { // null means: as lowercase says
			steps = append(steps, form(norm.NFD, c), stripMarks(c))
		}
		if lowercase {
			steps = append(steps, lower)
		}
		return steps, nil
	}
	return nil, fmt.Errorf("%w: normalizer %q", ErrUnsupported, n.Type)
}

// specials returns the ids around a single text.
func (t *Tokenizer) specials(raw json.RawMessage, vocab map[string]int32) (before, after []int32, err error) {
	if absent(raw) {
		return nil, nil, nil
	}
	type part struct {
		SpecialToken *struct {
			ID string `json:"id"`
		}
		Sequence *struct {
			ID string `json:"id"`
		}
	}
	var p struct {
		kind
		Single  []part `json:"single"`
		Special map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
		Sep []any `json:"sep"`
		Cls []any `json:"cls"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, nil, fmt.Errorf("%w: post-processor: %w", ErrInvalid, err)
	}
	switch p.Type {
	case "TemplateProcessing":
		seen := false
		for _, s := range p.Single {
			switch {
			case s.Sequence != nil && !seen && s.Sequence.ID == "A":
				seen = true
			case s.SpecialToken != nil && seen:
				after = append(after, p.Special[s.SpecialToken.ID].IDs...)
			case s.SpecialToken != nil:
				before = append(before, p.Special[s.SpecialToken.ID].IDs...)
			default:
				return nil, nil, fmt.Errorf("%w: post-processor template for one text", ErrUnsupported)
			}
		}
		if !seen {
			return nil, nil, fmt.Errorf("%w: post-processor template without a text", ErrInvalid)
		}
	case "BertProcessing":
		for _, x := range []struct {
			name []any
			to   *[]int32
		}{{p.Cls, &before}, {p.Sep, &after}} {
			if len(x.name) != 2 {
				return nil, nil, fmt.Errorf("%w: post-processor BertProcessing", ErrInvalid)
			}
			name, _ := x.name[0].(string)
			id, ok := vocab[name]
			if !ok {
				return nil, nil, fmt.Errorf("%w: post-processor names %q, which is not in the vocabulary", ErrInvalid, name)
			}
			*x.to = []int32{id}
		}
	default:
		return nil, nil, fmt.Errorf("%w: post-processor %q", ErrUnsupported, p.Type)
	}
	for _, id := range slices.Concat(before, after) {
		if id < 0 || int(id) >= t.size {
			return nil, nil, fmt.Errorf("%w: post-processor adds id %d of %d", ErrInvalid, id, t.size)
		}
	}
	return before, after, nil
}

// only checks that a component is of the one type that is implemented.
func only(raw json.RawMessage, part, want string) error {
	var k kind
	if !absent(raw) {
		if err := json.Unmarshal(raw, &k); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalid, part, err)
		}
	}
	if k.Type != want {
		return fmt.Errorf("%w: %s %q", ErrUnsupported, part, k.Type)
	}
	return nil
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

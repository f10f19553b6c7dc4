package tokenizer

import (
	"encoding/json"
	"fmt"
)

// postProcessor reads the post-processor.
func (t *Tokenizer) postProcessor(raw json.RawMessage) (postProcessor, error) {
	p := plainPost()
	if absent(raw) {
		return p, nil
	}
	adds := false
	err := t.readPost(raw, &p, &adds, 0)
	return p, err
}

// readPost reads one post-processor into p; adds is true once one adds tokens.
func (t *Tokenizer) readPost(raw json.RawMessage, p *postProcessor, adds *bool, depth int) error {
	var f struct {
		kind
		Processors     []json.RawMessage           `json:"processors"`
		Single         []slotFile                  `json:"single"`
		Pair           []slotFile                  `json:"pair"`
		Special        map[string]specialTokenFile `json:"special_tokens"`
		Sep            json.RawMessage             `json:"sep"`
		Cls            json.RawMessage             `json:"cls"`
		TrimOffsets    *bool                       `json:"trim_offsets"`
		AddPrefixSpace *bool                       `json:"add_prefix_space"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("%w: post_processor: %w", ErrInvalid, err)
	}
	isTrue := func(b *bool) bool { return b == nil || *b }
	switch f.Type {
	case "Sequence":
		if depth > maxDepth {
			return fmt.Errorf("%w: post_processor nested deeper than %d", ErrInvalid, maxDepth)
		}
		for _, r := range f.Processors {
			if err := t.readPost(r, p, adds, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "ByteLevel":
		if isTrue(f.TrimOffsets) {
			p.trims = append(p.trims, trim{isTrue(f.AddPrefixSpace)})
		}
		return nil
	case "TemplateProcessing", "BertProcessing", "RobertaProcessing":
		if *adds {
			return fmt.Errorf("%w: post_processor Sequence with two parts that add tokens", ErrUnsupported)
		}
		*adds = true
	default:
		return fmt.Errorf("%w: post_processor %q", ErrUnsupported, f.Type)
	}
	if f.Type == "TemplateProcessing" {
		var err error
		if p.single, err = t.template("single", f.Single, f.Special, 1); err != nil {
			return err
		}
		if len(f.Pair) == 0 { // as Hugging Face's builder does without one: both texts, nothing else
			p.pair = plainPost().pair
			return nil
		}
		p.pair, err = t.template("pair", f.Pair, f.Special, 2)
		return err
	}
	cls, err := t.namedToken(f.Type, "cls", f.Cls)
	if err != nil {
		return err
	}
	sep, err := t.namedToken(f.Type, "sep", f.Sep)
	if err != nil {
		return err
	}
	a, b := templatePart{text: 0}, templatePart{text: 1, typeID: 1, overflow: 1}
	p.single = []templatePart{cls, a, sep}
	if f.Type == "RobertaProcessing" {
		if isTrue(f.TrimOffsets) {
			p.trims = append(p.trims, trim{isTrue(f.AddPrefixSpace)})
		}
		p.pair = []templatePart{cls, a, sep, sep, {text: 1}, sep}
		return nil
	}
	last := sep
	last.typeID = 1
	p.pair = []templatePart{cls, a, sep, b, last}
	return nil
}

// slotFile is an element of a template.
type slotFile struct {
	SpecialToken *struct {
		ID     string `json:"id"`
		TypeID int32  `json:"type_id"`
	}
	Sequence *struct {
		ID     string `json:"id"`
		TypeID int32  `json:"type_id"`
	}
}

// specialTokenFile is a special token of a template.
type specialTokenFile struct {
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

// template reads the template for one text or for a pair; each text stands in it once.
func (t *Tokenizer) template(name string, file []slotFile, special map[string]specialTokenFile, texts int) ([]templatePart, error) {
	part := "post_processor template " + name
	var out []templatePart
	seen := [2]bool{}
	for _, f := range file {
		switch {
		case f.SpecialToken != nil:
			s, ok := special[f.SpecialToken.ID]
			if !ok || len(s.IDs) != len(s.Tokens) {
				return nil, fmt.Errorf("%w: %s names %q, which special_tokens does not explain", ErrInvalid, part, f.SpecialToken.ID)
			}
			for _, id := range s.IDs {
				if id < 0 || int(id) >= t.VocabSize() {
					return nil, fmt.Errorf("%w: %s adds id %d of %d", ErrInvalid, part, id, t.VocabSize())
				}
			}
			out = append(out, templatePart{token: f.SpecialToken.ID, ids: s.IDs, tokens: s.Tokens, text: -1, typeID: f.SpecialToken.TypeID})
		case f.Sequence != nil:
			i := 0
			switch f.Sequence.ID {
			case "A":
			case "B":
				i = 1
			default:
				return nil, fmt.Errorf("%w: %s names text %q", ErrInvalid, part, f.Sequence.ID)
			}
			if i >= texts {
				return nil, fmt.Errorf("%w: %s names text B", ErrInvalid, part)
			}
			if seen[i] {
				return nil, fmt.Errorf("%w: %s has text %s twice", ErrUnsupported, part, f.Sequence.ID)
			}
			seen[i] = true
			out = append(out, templatePart{text: i, typeID: f.Sequence.TypeID, overflow: int32(i)})
		default:
			return nil, fmt.Errorf("%w: %s has an element that is neither a token nor a text", ErrInvalid, part)
		}
	}
	if !seen[0] || texts == 2 && !seen[1] {
		return nil, fmt.Errorf("%w: %s lacks a text", ErrInvalid, part)
	}
	return out, nil
}

// namedToken reads the pair of name and id that BertProcessing and RobertaProcessing give.
func (t *Tokenizer) namedToken(part, field string, raw json.RawMessage) (templatePart, error) {
	var pair []json.RawMessage
	var name string
	var id int32
	if json.Unmarshal(raw, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &name) != nil || json.Unmarshal(pair[1], &id) != nil {
		return templatePart{}, fmt.Errorf("%w: post_processor %s: %s is not a token and its id", ErrInvalid, part, field)
	}
	// The name must be known; the id is taken as the file gives it, as Hugging Face's tokenizers take it.
	if _, ok := t.ID(name); !ok || id < 0 || int(id) >= t.VocabSize() {
		return templatePart{}, fmt.Errorf("%w: post_processor %s names %q with id %d, which is not in the vocabulary", ErrInvalid, part, name, id)
	}
	return templatePart{token: name, ids: []int32{id}, tokens: []string{name}, text: -1}, nil
}

package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// preTokenizers flattens a pre-tokenizer into steps.
func (p *parser) preTokenizers(raw json.RawMessage) ([]preStep, error) {
	if absent(raw) {
		return nil, nil
	}
	if p.byteLevel {
		return nil, fmt.Errorf("%w: pre_tokenizer ByteLevel before another one", ErrUnsupported)
	}
	var n struct {
		kind
		PreTokenizers  []json.RawMessage `json:"pretokenizers"`
		Replacement    string            `json:"replacement"`
		PrependScheme  *string           `json:"prepend_scheme"`
		AddPrefixSpace *bool             `json:"add_prefix_space"`
		Split          *bool             `json:"split"`
		UseRegex       *bool             `json:"use_regex"`
		Pattern        pattern           `json:"pattern"`
		Behavior       string            `json:"behavior"`
		Invert         bool              `json:"invert"`
		Individual     bool              `json:"individual_digits"`
		Delimiter      string            `json:"delimiter"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("%w: pre_tokenizer: %w", ErrInvalid, err)
	}
	chars := p.charClasses()
	cut := func(m matcher, b behavior, invert bool) preStep {
		return preStep{split: &splitter{matcher: m, behavior: b, invert: invert}}
	}
	switch n.Type {
	case "Sequence":
		if p.depth++; p.depth > maxDepth {
			return nil, fmt.Errorf("%w: pre_tokenizer nested deeper than %d", ErrInvalid, maxDepth)
		}
		defer func() { p.depth-- }()
		var all []preStep
		for _, r := range n.PreTokenizers {
			s, err := p.preTokenizers(r)
			if err != nil {
				return nil, err
			}
			all = append(all, s...)
			p.bert = p.bert && len(n.PreTokenizers) == 1
		}
		return all, nil
	case "BertPreTokenizer":
		p.bert = true
		return []preStep{
			cut(charMatcher{chars, charSpace}, removed, false),
			cut(charMatcher{chars, charPunct}, isolated, false),
		}, nil
	case "Whitespace":
		return []preStep{cut(wordMatcher{chars}, removed, true)}, nil
	case "WhitespaceSplit":
		return []preStep{cut(charMatcher{chars, charSpace}, removed, false)}, nil
	case "Digits":
		b := contiguous
		if n.Individual {
			b = isolated
		}
		return []preStep{cut(charMatcher{chars, charDigit}, b, false)}, nil
	case "Punctuation":
		if n.Behavior == "" {
			n.Behavior = "Isolated"
		}
		b, err := parseBehavior("pre_tokenizer Punctuation", n.Behavior)
		return []preStep{cut(charMatcher{chars, charPunct}, b, false)}, err
	case "CharDelimiterSplit":
		if utf8.RuneCountInString(n.Delimiter) != 1 {
			return nil, fmt.Errorf("%w: pre_tokenizer CharDelimiterSplit with delimiter %q", ErrInvalid, n.Delimiter)
		}
		return []preStep{cut(stringMatcher{[]byte(n.Delimiter)}, removed, false)}, nil
	case "Split":
		m, err := p.matcher("pre_tokenizer Split", n.Pattern)
		if err != nil {
			return nil, err
		}
		b, err := parseBehavior("pre_tokenizer Split", n.Behavior)
		return []preStep{cut(m, b, n.Invert)}, err
	case "Metaspace":
		return p.metaspace(n.Replacement, n.PrependScheme, n.AddPrefixSpace, n.Split)
	case "ByteLevel":
		p.byteLevel = true
		s := preStep{}
		if n.AddPrefixSpace == nil || *n.AddPrefixSpace {
			s.prefix = " "
		}
		if n.UseRegex == nil || *n.UseRegex {
			s.split = &splitter{matcher: gptMatcher{classes: chars}, behavior: isolated}
		}
		return []preStep{s}, nil
	}
	return nil, fmt.Errorf("%w: pre_tokenizer %q", ErrUnsupported, n.Type)
}

// metaspace reads Metaspace, also as older files write it.
func (p *parser) metaspace(replacement string, scheme *string, addPrefix, split *bool) ([]preStep, error) {
	if utf8.RuneCountInString(replacement) != 1 || !utf8.ValidString(replacement) {
		return nil, fmt.Errorf("%w: pre_tokenizer Metaspace with replacement %q", ErrInvalid, replacement)
	}
	s := preStep{spaces: replacement, prefix: replacement}
	name := "always"
	if scheme != nil {
		name = *scheme
	}
	if addPrefix != nil && !*addPrefix {
		if name != "never" {
			return nil, fmt.Errorf("%w: pre_tokenizer Metaspace with prepend_scheme %s and no add_prefix_space", ErrInvalid, name)
		}
	}
	switch name {
	case "always":
	case "first":
		s.first = true
	case "never":
		s.prefix = ""
	default:
		return nil, fmt.Errorf("%w: pre_tokenizer Metaspace with prepend_scheme %q", ErrUnsupported, name)
	}
	if split == nil || *split {
		s.split = &splitter{matcher: stringMatcher{[]byte(replacement)}, behavior: mergedWithNext}
	}
	return []preStep{s}, nil
}

func parseBehavior(part, name string) (behavior, error) {
	b, ok := map[string]behavior{
		"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
		"MergedWithNext": mergedWithNext, "Contiguous": contiguous,
	}[name]
	if !ok {
		return 0, fmt.Errorf("%w: %s behavior %q", ErrUnsupported, part, name)
	}
	return b, nil
}

package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxDepth bounds how deep sequences may be nested in a file.
const maxDepth = 16

// parser reads the parts of a file and remembers what the choice of a path needs to know.
type parser struct {
	classes    *classes
	chars      *charClasses
	depth      int
	neighbours bool // a normalizer looks at the neighbours of ASCII characters, or changes their number
	movesStart bool // a normalizer may take away the beginning of a text
	bert       bool // the pre-tokenizer is BERT's
	byteLevel  bool // the last pre-tokenizer is ByteLevel
}

func (p *parser) charClasses() *charClasses {
	if p.chars == nil {
		p.chars = newCharClasses()
	}
	return p.chars
}

// pattern is the pattern of Replace and Split.
type pattern struct {
	String *string
	Regex  *string
}

// normalizers flattens a normalizer into steps.
func (p *parser) normalizers(raw json.RawMessage) ([]normalizer, error) {
	if absent(raw) {
		return nil, nil
	}
	var n struct {
		kind
		Normalizers []json.RawMessage `json:"normalizers"`
		CleanText   *bool             `json:"clean_text"`
		Han         *bool             `json:"handle_chinese_chars"`
		Accents     *bool             `json:"strip_accents"`
		Lowercase   *bool             `json:"lowercase"`
		Pattern     pattern           `json:"pattern"`
		Content     string            `json:"content"`
		Prepend     string            `json:"prepend"`
		Left        *bool             `json:"strip_left"`
		Right       *bool             `json:"strip_right"`
		Charsmap    *string           `json:"precompiled_charsmap"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("%w: normalizer: %w", ErrInvalid, err)
	}
	yes := func(b *bool, otherwise bool) bool { return b == nil && otherwise || b != nil && *b }
	switch n.Type {
	case "NFC":
		return []normalizer{newFormer(norm.NFC, p.classes)}, nil
	case "NFD":
		return []normalizer{newFormer(norm.NFD, p.classes)}, nil
	case "NFKC":
		return []normalizer{newFormer(norm.NFKC, p.classes)}, nil
	case "NFKD":
		return []normalizer{newFormer(norm.NFKD, p.classes)}, nil
	case "Lowercase":
		return []normalizer{lowercase{}}, nil
	case "StripAccents":
		p.movesStart = true
		return []normalizer{dropRunes{p.accents()}}, nil
	case "Sequence":
		if p.depth++; p.depth > maxDepth {
			return nil, fmt.Errorf("%w: normalizer nested deeper than %d", ErrInvalid, maxDepth)
		}
		defer func() { p.depth-- }()
		var all []normalizer
		for _, r := range n.Normalizers {
			s, err := p.normalizers(r)
			if err != nil {
				return nil, err
			}
			all = append(all, s...)
		}
		return all, nil
	case "BertNormalizer":
		p.movesStart = true
		lower := yes(n.Lowercase, true)
		steps := []normalizer{clean{p.classes, yes(n.CleanText, true), yes(n.Han, true)}}
		if yes(n.Accents, lower) { // null means: as lowercase says
			c := p.classes
			steps = append(steps, newFormer(norm.NFD, c), dropRunes{func(r rune) bool { return c.of(r)&isMark != 0 }})
		}
		if lower {
			steps = append(steps, lowercase{})
		}
		return steps, nil
	case "Replace":
		p.neighbours, p.movesStart = true, true
		m, err := p.matcher("normalizer Replace", n.Pattern)
		if err != nil {
			return nil, err
		}
		return []normalizer{replace{m, n.Content}}, nil
	case "Prepend":
		p.neighbours = true
		return []normalizer{prepend{n.Prepend}}, nil
	case "Precompiled":
		p.neighbours, p.movesStart = true, true
		if n.Charsmap == nil {
			return nil, fmt.Errorf("%w: normalizer Precompiled without precompiled_charsmap", ErrInvalid)
		}
		m, err := newCharsmap(*n.Charsmap)
		if err != nil {
			return nil, err
		}
		return []normalizer{precompiled{m}}, nil
	case "Strip":
		p.neighbours, p.movesStart = true, true
		return []normalizer{strip{yes(n.Left, true), yes(n.Right, true)}}, nil
	}
	return nil, fmt.Errorf("%w: normalizer %q", ErrUnsupported, n.Type)
}

// accents returns what StripAccents removes: marks, as its version of Unicode has them.
func (p *parser) accents() func(r rune) bool {
	late := make(map[rune]bool)
	for _, s := range lateAccentSpans() {
		for r := s.lo; r <= s.hi; r++ {
			late[r] = true
		}
	}
	return func(r rune) bool {
		if r == 0x1CF2 || r == 0x1CF3 {
			return true // letters since Unicode 12
		}
		return r >= utf8.RuneSelf && unicode.Is(unicode.M, r) && !late[r]
	}
}

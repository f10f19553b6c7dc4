package tokenizer

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// matcher reads a pattern: a string, one of the known expressions of byte-level files, or an expression that RE2 can
// be made to read as Hugging Face's tokenizers (Oniguruma) do.
func (p *parser) matcher(part string, x pattern) (matcher, error) {
	switch {
	case x.String != nil && *x.String != "":
		return stringMatcher{[]byte(*x.String)}, nil
	case x.Regex == nil:
		return nil, fmt.Errorf("%w: %s without a pattern", ErrInvalid, part)
	}
	expr := *x.Regex
	switch expr {
	case gpt2Regex:
		return gptMatcher{classes: p.charClasses()}, nil
	case cl100Regex:
		return gptMatcher{classes: p.charClasses(), newest: true, digits: 3}, nil
	case qwen2Regex:
		return gptMatcher{classes: p.charClasses(), newest: true, digits: 1}, nil
	}
	if m, ok := newRunMatcher(expr); ok {
		return m, nil
	}
	translated, ok := translateRegex(expr)
	if !ok {
		return nil, fmt.Errorf("%w: %s regex %q", ErrUnsupported, part, expr)
	}
	re, err := regexp.Compile(translated)
	if err != nil || re.MatchString("") {
		return nil, fmt.Errorf("%w: %s regex %q", ErrUnsupported, part, expr)
	}
	return regexMatcher{re}, nil
}

// unicodeClass returns a class of characters of Unicode 16, which Oniguruma has, as the inside of a bracket: Go's own
// \s, \d and \w are ASCII, and its tables older. The zero value of ok says that there is no such class here.
func unicodeClass(name string) (class string, ok bool) {
	var b strings.Builder
	add := func(spans []span) {
		for _, s := range spans {
			fmt.Fprintf(&b, `\x{%X}-\x{%X}`, s.lo, s.hi)
		}
	}
	switch name {
	case "s":
		b.WriteString(`\t-\r\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`)
	case "d", "Nd":
		b.WriteString(`\p{Nd}`)
		add(newDigitSpans())
	case "L":
		b.WriteString(`\p{L}`)
		add(newLetterSpans())
	case "M":
		b.WriteString(`\p{M}`)
		add(newMarkSpans())
	case "N":
		b.WriteString(`\p{N}`)
		add(newNumberSpans())
	case "w", "w alone":
		if name == "w alone" {
			b.WriteString(`\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}`) // below U+0100, and outside of a bracket, numbers are words too
		}
		b.WriteString(`\p{L}\p{M}\p{Nl}\p{Nd}\p{Pc}` +
			`\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}`)
		add(newWordSpans())
	default:
		return "", false
	}
	return b.String(), true
}

// translateRegex rewrites an expression for package regexp. It refuses what the two read differently: anchors, word
// boundaries, flags, look-around, back references, possessive quantifiers, class intersections, POSIX brackets, and
// classes of Unicode other than L, M, N and Nd.
func translateRegex(expr string) (string, bool) {
	var b strings.Builder
	class := false
	for i := 0; i < len(expr); i++ {
		rest := expr[i:]
		switch c := expr[i]; {
		case c == '\\':
			n := translateEscape(&b, rest, class)
			if n == 0 {
				return "", false
			}
			i += n - 1
			continue
		case class:
			if c == '[' || strings.HasPrefix(rest, "&&") {
				return "", false
			}
			class = c != ']'
		case c == '[':
			class = true
			if strings.HasPrefix(rest, "[]") || strings.HasPrefix(rest, "[^]") {
				return "", false
			}
		case c == '^' || c == '$':
			return "", false
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:"):
			return "", false
		case strings.ContainsRune("*+?}", rune(c)) && len(rest) > 1 && rest[1] == '+':
			return "", false // possessive
		}
		b.WriteByte(expr[i])
		if class && expr[i] == '[' && strings.HasPrefix(rest, "[^") {
			b.WriteByte('^')
			i++
		}
	}
	return b.String(), !class
}

// translateEscape writes what stands for the escape that rest begins with and returns its length; 0 = not supported.
func translateEscape(b *strings.Builder, rest string, class bool) int {
	if len(rest) < 2 {
		return 0
	}
	c, n := rest[1], 2
	name := ""
	switch c {
	case 's', 'S', 'd', 'D', 'w', 'W':
		name = strings.ToLower(string(c))
		if name == "w" && !class {
			name = "w alone"
		}
	case 'p', 'P':
		if end := strings.IndexByte(rest, '}'); len(rest) > 2 && rest[2] == '{' && end > 0 {
			name, n = rest[3:end], end+1
		} else {
			return 0
		}
	case 'n', 'r', 't', 'f', 'x':
		b.WriteString(rest[:2])
		return 2
	default:
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return 0
		}
		b.WriteString(rest[:2])
		return 2
	}
	inside, ok := unicodeClass(name)
	switch negative := c < 'a'; {
	case !ok, class && negative:
		return 0
	case class:
		b.WriteString(inside)
	case negative:
		b.WriteString("[^" + inside + "]")
	default:
		b.WriteString("[" + inside + "]")
	}
	return n
}

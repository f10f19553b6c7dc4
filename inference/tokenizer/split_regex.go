package tokenizer

import (
	"fmt"
	"regexp"
	"strings"
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

// Unicode's classes, as the inside of a bracket: Go's own \s, \d and \w are ASCII.
const (
	spaceClass = `\t-\r\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`
	digitClass = `\p{Nd}`
	wordClass  = `\p{L}\p{M}\p{Nl}\p{Nd}\p{Pc}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}`
)

// translateRegex rewrites an expression for package regexp. It refuses what the two read differently: anchors, word
// boundaries, flags, look-around, back references, possessive quantifiers, class intersections and POSIX brackets.
func translateRegex(expr string) (string, bool) {
	var b strings.Builder
	class := false
	for i := 0; i < len(expr); i++ {
		rest := expr[i:]
		switch c := expr[i]; {
		case c == '\\':
			if len(rest) < 2 {
				return "", false
			}
			i++
			if !translateEscape(&b, rest[1], class) {
				return "", false
			}
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
	}
	return b.String(), !class
}

// translateEscape writes what stands for a backslash and c.
func translateEscape(b *strings.Builder, c byte, class bool) bool {
	name := ""
	switch c {
	case 's', 'S':
		name = spaceClass
	case 'd', 'D':
		name = digitClass
	case 'w', 'W':
		name = wordClass
	case 'n', 'r', 't', 'f', 'p', 'P', 'x':
		b.WriteByte('\\')
		b.WriteByte(c)
		return true
	default:
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 {
			return false
		}
		b.WriteByte('\\')
		b.WriteByte(c)
		return true
	}
	negative := c < 'a'
	switch {
	case class && negative:
		return false
	case class:
		b.WriteString(name)
	case negative:
		b.WriteString("[^" + name + "]")
	default:
		b.WriteString("[" + name + "]")
	}
	return true
}

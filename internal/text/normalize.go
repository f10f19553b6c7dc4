package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The languages that Frontdesk speaks, as BCP 47 tags.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Normalize returns s in the form that everything else works on: NFKC (full
// width becomes half width), lower case, traditional characters simplified,
// invisible characters dropped, runs of white space collapsed to one blank,
// typographic quotes and dashes made plain. Invalid UTF-8 is dropped. Applying
// it twice changes nothing.
func Normalize(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = norm.NFKC.String(s)
	var b strings.Builder
	b.Grow(len(s))
	blank, last := false, rune(0)
	for i, r := range s {
		if unicode.IsSpace(r) {
			blank = true
			continue
		}
		if invisible(r) {
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		last = simplifyIn(last, plain(lower(r)), next)
		b.WriteRune(last)
	}
	// Lower case and the dropping of joiners may leave sequences that compose.
	return norm.NFKC.String(b.String())
}

// simplifyIn is simplify for the characters whose simplified form depends on the
// word too: 著 is 着 but in 著名 and 显著, 乾 is 干 but in 乾坤, 瞭 is 了 but in 瞭望, 藉
// is 借 but in 慰藉, and 甚麼 is 什么.
func simplifyIn(before, r, after rune) rune {
	switch r {
	case '著':
		if strings.ContainsRune("名作称稱者述", after) || strings.ContainsRune("显名卓编原", before) {
			return r
		}
	case '乾':
		if after == '坤' || after == '隆' {
			return r
		}
	case '瞭':
		if after == '望' {
			return r
		}
	case '藉':
		if before == '慰' || before == '狼' {
			return r
		}
	case '甚':
		if after == '麼' || after == '麽' || after == '么' {
			return '什'
		}
	}
	return simplify(r)
}

// lower is unicode.ToLower but for İ, whose lower case is two code points; the
// plain i is what people search by.
func lower(r rune) rune {
	if r == 'İ' {
		return 'i'
	}
	return unicode.ToLower(r)
}

// invisible reports whether r carries no meaning in a question: controls,
// format characters (zero-width joiners, direction marks), variation selectors.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == unicode.ReplacementChar
}

func plain(r rune) rune {
	switch r {
	case '‘', '’', 'ʼ', '`', '´', '＇':
		return '\''
	case '“', '”', '„', '«', '»', '「', '」', '『', '』':
		return '"'
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	}
	return r
}

// Key returns the form in which two questions count as the same: [Normalize]
// without punctuation and without blanks beside Chinese characters. Signs that
// change the meaning stay: + # % & @ and currencies, and the point between
// digits.
func Key(s string) string {
	runes := []rune(Normalize(s))
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	var last rune
	for i, r := range runes {
		if !keyRune(runes, i) {
			gap = true
			continue
		}
		if gap && last != 0 && !IsCJK(last) && !IsCJK(r) && r != '\'' {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

func keyRune(runes []rune, i int) bool {
	r := runes[i]
	switch {
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.M, r), unicode.Is(unicode.Sc, r):
		return true
	case r == '+', r == '#', r == '%', r == '&', r == '@':
		return true
	case r == '.', r == ',':
		return i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
	}
	return false
}

// IsCJK reports whether r belongs to a script written without blanks between
// words: Han, Hiragana, Katakana, Hangul.
func IsCJK(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// HasCJK reports whether s contains such a character.
func HasCJK(s string) bool { return strings.ContainsFunc(s, IsCJK) }

// Language guesses the language of a question: any Chinese character makes it
// [Chinese] (怎么reset密码 is Chinese with a foreign word in it), any other letter
// [English]. Without letters it returns fallback.
func Language(s, fallback string) string {
	if HasCJK(s) {
		return Chinese
	}
	if strings.ContainsFunc(s, unicode.IsLetter) {
		return English
	}
	return fallback
}

// HasWord reports whether anything in s could be looked up: a letter or a digit.
func HasWord(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

package kb

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

const utf8BOM = "\xef\xbb\xbf"

// toUTF8 returns a text file in UTF-8 without a byte order mark, and the name of
// the encoding that it had. UTF-16 and UTF-32 tell themselves by their mark.
// What is no UTF-8 may be GBK (Excel's CSV on a Chinese Windows): it is taken for
// that only if the whole decodes and reads like Chinese. Anything else is refused.
func toUTF8(raw []byte) (text []byte, encoding string, err error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\x00\x00\xfe\xff")), bytes.HasPrefix(raw, []byte("\xff\xfe\x00\x00")):
		return decoded("UTF-32", func() ([]byte, error) {
			return utf32.UTF32(utf32.BigEndian, utf32.ExpectBOM).NewDecoder().Bytes(raw)
		})
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return decoded("UTF-16", func() ([]byte, error) {
			return utf16.UTF16(utf16.BigEndian, utf16.ExpectBOM).NewDecoder().Bytes(raw)
		})
	}
	raw = bytes.TrimPrefix(raw, []byte(utf8BOM))
	if utf8.Valid(raw) {
		return raw, "UTF-8", nil
	}
	text, encoding, err = decoded("GBK", func() ([]byte, error) { return simplifiedchinese.GB18030.NewDecoder().Bytes(raw) })
	if err != nil || !readsLikeChinese(text) {
		return nil, "", unreadable("the text is not UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8, or as .xlsx)")
	}
	return text, encoding, nil
}

func decoded(name string, decode func() ([]byte, error)) ([]byte, string, error) {
	text, err := decode()
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, "", unreadable("the file begins like %s but is damaged: save it as UTF-8", name)
	}
	return text, name, nil
}

// readsLikeChinese says that a text decoded from GBK really was: nine in ten of
// what is not ASCII are everyday characters (the 6,763 of GB 2312 encode with a
// first byte up to 0xF7 and a second from 0xA1) or Chinese punctuation. Latin-1
// texts decode too, into rare characters outside of it.
func readsLikeChinese(text []byte) bool {
	everyday, all := 0, 0
	encoder := simplifiedchinese.GBK.NewEncoder()
	for _, r := range string(text) {
		if r < utf8.RuneSelf {
			continue
		}
		all++
		if all > 2000 { // enough to judge by
			break
		}
		if !unicode.Is(unicode.Han, r) && !isWide(r) {
			continue
		}
		code, err := encoder.String(string(r))
		if err == nil && len(code) == 2 && code[0] >= 0xa1 && code[0] <= 0xf7 && code[1] >= 0xa1 {
			everyday++
		}
	}
	return all > 0 && everyday*10 >= all*9
}

// isWide reports CJK punctuation and full-width forms.
func isWide(r rune) bool {
	return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef || r == '“' || r == '”' || r == '‘' || r == '’' || r == '…' || r == '—' || r == '·'
}

// plainText makes every line end in \n and a blank of what no file format can
// carry through: control characters, and what XML has no way to write. An article is
// stored so, and comes back from every export as it was.
func plainText(s string) string {
	if !strings.ContainsFunc(s, unwritable) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unwritable(r) {
			return ' '
		}
		return r
	}, lineEnds(s))
}

func unwritable(r rune) bool {
	return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || r == 0xfffe || r == 0xffff
}

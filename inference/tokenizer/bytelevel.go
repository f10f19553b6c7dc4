package tokenizer

// byteAlphabet returns the character that stands for each byte in a byte-level vocabulary: visible characters of
// Latin-1 stand for themselves, the others for U+0100 on, in order (GPT-2's encoder.py, bytes_to_unicode).
func byteAlphabet() (chars [256]rune) {
	next := rune(0x100)
	for b := range chars {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			chars[b] = rune(b)
			continue
		}
		chars[b] = next
		next++
	}
	return chars
}

// unspell turns a token in that alphabet into the bytes that it stands for; false if it uses another character.
func unspell(token string) (string, bool) {
	raw := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf(r)
		if !ok {
			return "", false
		}
		raw = append(raw, b)
	}
	return string(raw), true
}

// byteOf is the inverse of byteAlphabet.
func byteOf(r rune) (byte, bool) {
	switch {
	case r >= '!' && r <= '~' || r >= 0xA1 && r <= 0xAC || r >= 0xAE && r <= 0xFF:
		return byte(r), true
	case r >= 0x100 && r <= 0x120:
		return byte(r - 0x100), true // 0x00 … 0x20
	case r >= 0x121 && r <= 0x142:
		return byte(r - 0x121 + 0x7F), true // 0x7F … 0xA0
	case r == 0x143:
		return 0xAD, true
	}
	return 0, false
}

package tokenizer

import "unicode/utf8"

// precompiled is SentencePiece's normalisation as a step.
type precompiled struct{ charsmap *charsmap }

func (m precompiled) bytes(_ *scratch, dst, src []byte) []byte { return m.charsmap.normalize(dst, src) }

// align follows normalizers/precompiled.rs of Hugging Face's tokenizers, which counts what a replacement adds or takes
// away at its last characters; what is replaced by nothing counts at the character before, if there is one.
func (m precompiled) align(a *aligned) {
	changes := make([]change, 0, len(a.text))
	modified := false
	m.charsmap.each(a.text, func(from, to int, replacement []byte, replaced bool) {
		if !replaced {
			replacement = a.text[from:to]
		}
		modified = modified || replaced
		added := 0
		for _, r := range string(replacement) {
			changes = append(changes, change{r: r})
			added++
		}
		switch diff := added - utf8.RuneCount(a.text[from:to]); {
		case diff > 0:
			for i := len(changes) - diff; i < len(changes); i++ {
				changes[i].delta = 1
			}
		case diff < 0 && len(changes) > 0:
			changes[len(changes)-1].delta += diff
		}
	})
	if modified {
		a.transform(changes, 0)
	}
}

package inference

import (
	"context"
	"fmt"
	"unicode/utf8"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// Tokenize returns the tokens of each text as the model of the name sees them, or the embedding model for an empty name;
// nothing is cut. Special tokens typed in a text are text. Errors wrap models.ErrNoModel, models.ErrInput, ErrClosed or
// the context's cause.
func (e *Engine) Tokenize(ctx context.Context, r models.TokenizeRequest) ([][]models.Token, error) {
	m, err := e.models.find(r.Model)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	defer e.models.release(m)
	prefix := ""
	switch {
	case r.Question:
		prefix = m.manifest.Prefixes.Question
	case r.Passage:
		prefix = m.manifest.Prefixes.Passage
	}
	all := make([][]models.Token, len(r.Texts))
	_, _, err = e.prepare(ctx, m, bulk, len(r.Texts), func(i int) (sequence, error) {
		s := r.Texts[i]
		if !utf8.ValidString(s) {
			return sequence{}, textError(i, false, ErrInvalidText)
		}
		enc, err := m.tok.Encode(prefix+s, tokenizer.Options{NoSpecials: r.NoSpecials})
		if err != nil {
			return sequence{}, textError(i, false, err)
		}
		all[i] = make([]models.Token, enc.Len())
		for k := range all[i] {
			all[i][k] = models.Token{
				ID: enc.IDs[k], Text: enc.Tokens[k], Special: enc.SpecialMask[k] != 0,
				Start: enc.Offsets[k][0], Stop: enc.Offsets[k][1],
			}
		}
		return sequence{}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return all, nil
}

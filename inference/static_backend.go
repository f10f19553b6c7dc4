package inference

import (
	"fmt"
	"os"

	"frontdesk/inference/static"
	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// staticBackend runs a token table in pure Go.
type staticBackend struct {
	table *static.Table
	info  BackendInfo
}

// newStaticBackend loads the bundle's table. Errors wrap models.ErrManifest or say what is wrong with the table.
func newStaticBackend(bundle *models.Bundle, tok *tokenizer.Tokenizer) (*staticBackend, error) {
	data := bundle.Model
	if bundle.ModelPath != "" {
		var err error
		if data, err = os.ReadFile(bundle.ModelPath); err != nil {
			return nil, fmt.Errorf("read token table: %w", err)
		}
	}
	table, err := static.ReadTable(data, bundle.Manifest.Table)
	if err != nil {
		return nil, err
	}
	if table.Vocab() < tok.VocabSize() {
		return nil, fmt.Errorf("%w: the token table has %d rows, the tokenizer %d ids", models.ErrManifest, table.Vocab(), tok.VocabSize())
	}
	if table.Width() < bundle.Manifest.Dims {
		return nil, fmt.Errorf("%w: dims is %d, but the token table has rows of %d", models.ErrManifest, bundle.Manifest.Dims, table.Width())
	}
	return &staticBackend{table: table, info: BackendInfo{
		Runtime: models.RuntimeStatic, Width: table.Width(),
	}}, nil
}

// Info implements Backend.
func (s *staticBackend) Info() BackendInfo { return s.info }

// Embed implements Backend.
func (s *staticBackend) Embed(b *Batch, out []float32) error {
	for i, ids := range b.Rows[:b.Texts] {
		if _, err := s.table.AppendEmbedding(out[i*s.info.Width:i*s.info.Width:(i+1)*s.info.Width], ids); err != nil {
			return fmt.Errorf("embed row %d: %w", i, err)
		}
	}
	return nil
}

// Score implements Backend. A table has no scores; the manifest's check keeps such bundles out.
func (s *staticBackend) Score(*Batch, []float32) error {
	return fmt.Errorf("%w: a token table gives no scores", models.ErrManifest)
}

// Check implements Backend.
func (s *staticBackend) Check() error {
	_, err := s.table.AppendEmbedding(make([]float32, 0, s.info.Width), []int32{0})
	return err
}

// Close implements Backend.
func (s *staticBackend) Close() error { return nil }

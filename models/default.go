package models

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed default/encoder/manifest.json default/encoder/model.onnx default/encoder/tokenizer.json default/encoder/golden.jsonl
var bundled embed.FS

// Default returns the encoder that is compiled into the binary, verified like any other.
func Default() (Bundle, error) {
	sub, err := fs.Sub(bundled, "default/encoder")
	if err != nil {
		return Bundle{}, fmt.Errorf("open the bundled model: %w", err)
	}
	b, err := Load(sub)
	if err != nil {
		return Bundle{}, fmt.Errorf("load the bundled model: %w", err)
	}
	return b, nil
}

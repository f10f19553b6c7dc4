package models

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed default/encoder/manifest.json default/encoder/model.onnx default/encoder/tokenizer.json default/encoder/golden.jsonl
var bundled embed.FS

//go:embed default/static/manifest.json default/static/model.safetensors default/static/tokenizer.json default/static/golden.jsonl
var bundledStatic embed.FS

//go:embed default/pair/manifest.json default/pair/model.onnx default/pair/tokenizer.json default/pair/golden.jsonl
var bundledPair embed.FS

// Default returns the encoder that is compiled into the binary, verified like any other.
func Default() (Bundle, error) {
	return builtIn(bundled, "default/encoder")
}

// DefaultStatic returns the same encoder for the runtime in pure Go. Its vectors agree with Default's to about 1e-7 in
// cosine, but it is a model of its own: the fingerprints differ.
func DefaultStatic() (Bundle, error) {
	return builtIn(bundledStatic, "default/static")
}

// DefaultPair returns the model that reads question and text together, a reranker.
func DefaultPair() (Bundle, error) {
	return builtIn(bundledPair, "default/pair")
}

// DefaultOf returns the model that serves a task as long as nobody has chosen one; ok is false where none does.
func DefaultOf(task string) (b Bundle, ok bool, err error) {
	switch task {
	case TaskEmbed:
		b, err = Default()
	case TaskRerank:
		b, err = DefaultPair()
	default:
		return Bundle{}, false, nil
	}
	return b, true, err
}

func builtIn(files embed.FS, dir string) (Bundle, error) {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return Bundle{}, fmt.Errorf("open the bundled model: %w", err)
	}
	b, err := Load(sub)
	if err != nil {
		return Bundle{}, fmt.Errorf("load the bundled model: %w", err)
	}
	return b, nil
}

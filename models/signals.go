package models

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed default/signals/manifest.json default/signals/model.bin default/signals/golden.jsonl
var bundledSignals embed.FS

// DefaultSignals returns the files of the model that the bot's turn gate asks, for signals.Load. It is no bundle that the
// engine runs: there is no tokenizer and no graph, and nobody chooses another one.
func DefaultSignals() (fs.FS, error) {
	sub, err := fs.Sub(bundledSignals, "default/signals")
	if err != nil {
		return nil, fmt.Errorf("open the bundled signals model: %w", err)
	}
	return sub, nil
}

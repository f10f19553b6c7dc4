package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// evaluationKeys reads the tables of the folders that are evaluated on, dirs separated by commas, and returns the keys of
// all their columns: no text of theirs may be trained on. Nothing else of them is looked at.
func evaluationKeys(dirs string) (map[string]bool, error) {
	keys := map[string]bool{}
	for dir := range strings.SplitSeq(dirs, ",") {
		paths, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("no evaluation files (*.tsv) in %q: %w", dir, os.ErrNotExist)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("read evaluation texts: %w", err)
			}
			for line := range strings.Lines(string(data)) {
				for column := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), "\t") {
					keys[text.Key(column)] = true
				}
			}
		}
	}
	return keys, nil
}

// without drops the examples that are evaluated on and returns how many seed texts and rows of data those were.
func without(all []example, keys map[string]bool) (rest []example, seeds, rows int) {
	rest = slices.DeleteFunc(all, func(e example) bool {
		if !keys[text.Key(e.text)] {
			return false
		}
		if e.kind == dataRow {
			rows++
		} else {
			seeds++
		}
		return true
	})
	return rest, seeds, rows
}

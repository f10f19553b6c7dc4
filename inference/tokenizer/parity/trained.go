package main

import (
	"path/filepath"
	"slices"
	"strings"
)

// trained are the files of testdata/trained: small models made for this package (their folder says how).
func trained(o options) ([]target, error) {
	names, err := filepath.Glob(filepath.Join(o.files, "trained", "*.tokenizer.json*"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []target
	for _, path := range names {
		base := strings.TrimSuffix(filepath.Base(path), ".gz")
		file, err := read(o, filepath.Join("trained", base))
		if err != nil {
			return nil, err
		}
		all = append(all, fromFile(strings.TrimSuffix(base, ".tokenizer.json"), true, file))
	}
	return all, nil
}

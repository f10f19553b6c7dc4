package samples

import (
	"path/filepath"
	"slices"
	"strings"
)

// trained are the files of testdata/trained: small models made for this package (their folder says how).
func trained(folder string) ([]Sample, error) {
	names, err := filepath.Glob(filepath.Join(folder, "trained", "*.tokenizer.json*"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []Sample
	for _, path := range names {
		base := strings.TrimSuffix(filepath.Base(path), ".gz")
		file, err := read(folder, filepath.Join("trained", base))
		if err != nil {
			return nil, err
		}
		all = append(all, fromFile(strings.TrimSuffix(base, ".tokenizer.json"), true, file))
	}
	return all, nil
}

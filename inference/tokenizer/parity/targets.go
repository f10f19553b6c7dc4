package main

import (
	"fmt"
	"slices"
	"strings"

	"frontdesk/inference/tokenizer"
	"frontdesk/inference/tokenizer/internal/samples"
)

// target is a tokenizer to prove: the file that the oracle reads, and how ours is made.
type target struct{ samples.Sample }

func (t target) parse() (*tokenizer.Tokenizer, error) {
	if t.Vocab != nil {
		return tokenizer.ParseVocab(t.Vocab, tokenizer.VocabOptions{Lowercase: t.Lower, HandleChinese: true})
	}
	return tokenizer.Parse(t.File)
}

// targets lists what -only leaves.
func targets(o options) ([]target, error) {
	list, err := samples.All(o.files)
	if err != nil {
		return nil, err
	}
	names := strings.Split(o.only, ",")
	var all []target
	for _, s := range list {
		if o.only == "" || slices.ContainsFunc(names, func(n string) bool {
			begin, wild := strings.CutSuffix(n, "*")
			return n == s.Name || wild && strings.HasPrefix(s.Name, begin)
		}) {
			all = append(all, target{s})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no target is named %q", o.only)
	}
	return all, nil
}

package main

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// corpus is what texts are made from: real lines, and their words.
type corpus struct {
	lines []string
	words []string
	seed  uint64
}

// readCorpus reads every column of every TSV of the folders. Fewer than no lines is an error only when there are no folders:
// a machine without the data still proves the generated part, and says so.
func readCorpus(folders []string, seed uint64) (*corpus, error) {
	c := &corpus{seed: seed}
	seen := make(map[string]bool)
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.tsv"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, name := range files {
			if err := c.read(name, seen); err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
		}
	}
	return c, nil
}

func (c *corpus) read(name string, seen map[string]bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	words := make(map[string]bool)
	rows := bufio.NewScanner(f)
	for rows.Buffer(nil, 1<<24); rows.Scan(); {
		for column := range strings.SplitSeq(rows.Text(), "\t") {
			if column == "" || seen[column] || !utf8.ValidString(column) {
				continue
			}
			seen[column] = true
			c.lines = append(c.lines, column)
			if len(words) < 3000 {
				for w := range strings.FieldsSeq(column) {
					words[w[:cut(w, 24)]] = true
				}
			}
		}
	}
	list := make([]string, 0, len(words))
	for w := range words {
		list = append(list, w)
	}
	slices.Sort(list)
	c.words = append(c.words, list...)
	return rows.Err()
}

// cut returns the largest end of a whole character in the first n bytes.
func cut(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// texts yields n lines: at most two thirds real ones, spread over all files, the rest generated.
func (c *corpus) texts(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		real := min(len(c.lines), n*2/3)
		for i := range real {
			if !yield(c.lines[i*len(c.lines)/real]) {
				return
			}
		}
		g := newGenerator(c.seed, c.words)
		for range n - real {
			if !yield(g.line()) {
				return
			}
		}
	}
}

// scalars yields every step-th Unicode scalar alone and inside a<c>b.
func scalars(step int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for c := rune(0); c <= utf8.MaxRune; c += rune(step) {
			if utf8.ValidRune(c) && (!yield(string(c)) || !yield("a"+string(c)+"b")) {
				return
			}
		}
	}
}

// batches gathers texts in slices of n.
func batches(texts iter.Seq[string], n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		batch := make([]string, 0, n)
		for s := range texts {
			batch = append(batch, s)
			if len(batch) == n {
				if !yield(batch) {
					return
				}
				batch = make([]string, 0, n)
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

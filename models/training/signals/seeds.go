package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"frontdesk/models/signals"
)

// answer to a label's question: yes, no, or not said.
type answer int8

const (
	no      answer = 0
	yes     answer = 1
	unknown answer = -1
)

// kind of a text: a row of data, or of our own lines, which are held out in two ways.
type kind uint8

const (
	dataRow        kind = iota
	newWording          // held out with all texts of its line
	newCombination      // other texts of its line are trained on
)

// example is one text with what is known of it.
type example struct {
	text     string
	answers  []answer // by label
	features []uint32
	kind     kind
	weight   float32 // when the point of one half is chosen
	fold     int     // held out together when the point of one half is chosen
	family   int     // held out together for the figures
}

// seedLine is one line of the seed files: labels and a template with alternatives.
type seedLine struct {
	answers  []answer
	template string
}

// readSeeds reads every *.tsv of dir: labels<TAB>template. Labels are separated by blanks; - is none of them, ~label
// leaves a label open. Labels that are not named are answered with no. A line is a family: its texts are held
// out together.
func readSeeds(dir string) ([]seedLine, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no seed files (*.tsv) in %q: %w", dir, os.ErrNotExist)
	}
	slices.Sort(paths)
	var all []seedLine
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read seeds: %w", err)
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			names, template, ok := strings.Cut(line, "\t")
			if !ok || template == "" {
				return nil, fmt.Errorf("%s line %d: want labels, a tab and a template", path, n)
			}
			s := seedLine{answers: make([]answer, len(signals.Labels())), template: template}
			for name := range strings.FieldsSeq(names) {
				bare, open := strings.CutPrefix(name, "~")
				l := slices.Index(signals.Labels(), bare)
				switch {
				case name == "-":
				case l < 0:
					return nil, fmt.Errorf("%s line %d: %q is no label", path, n, name)
				case open:
					s.answers[l] = unknown
				default:
					s.answers[l] = yes
				}
			}
			s.leaveOpen()
			if strings.Count(template, "(")-strings.Count(template, `\(`) != strings.Count(template, ")")-strings.Count(template, `\)`) {
				return nil, fmt.Errorf("%s line %d: brackets do not match in %q", path, n, template)
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// leaveOpen leaves open what lines of one kind often are as well, so that they need not say so: anger insults, praise is
// small talk, a wish for a human may be put angrily.
func (s *seedLine) leaveOpen() {
	near := map[signals.Label][]signals.Label{
		signals.Anger: {signals.Insult, signals.Chitchat}, signals.Insult: {signals.Chitchat}, signals.Handover: {signals.Anger, signals.Insult},
	}
	for _, l := range social() {
		near[l] = social()
	}
	for l, others := range near {
		if s.answers[l] != yes {
			continue
		}
		for _, o := range others {
			if s.answers[o] == no {
				s.answers[o] = unknown
			}
		}
	}
}

// maxExpansions of one line are used: a line with thousands must not outweigh the others.
const maxExpansions = 90

// lineWeight is what all texts of one line count together when the point of one half is chosen.
const lineWeight = 12

func expandAll(lines []seedLine) []example {
	var all []example
	for i, s := range lines {
		texts := expand(s.template)
		share := float32(min(1, lineWeight/float64(len(texts))))
		for _, t := range texts {
			e := example{text: t, answers: s.answers, kind: newWording, weight: share, fold: i % folds, family: i % folds}
			if i/folds%2 == 1 { // every other run of lines is held out by combination
				e.kind, e.fold = newCombination, int(hash(t)%folds)
			}
			all = append(all, e)
		}
	}
	return all
}

// expand returns the texts that a template stands for, at most maxExpansions, chosen by the template's own hash:
// "a (b|c|) d" stands for three. A backslash takes the next sign literally.
func expand(template string) []string {
	parts := cut(template)
	total := 1
	for _, p := range parts {
		total = min(total*len(p), 1<<30)
	}
	pick := rand.New(rand.NewPCG(uint64(hash(template)), 1)) //nolint:gosec // a reproducible choice is wanted
	seen := map[string]bool{}
	var all []string
	add := func(at func(n int) int) {
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p[at(len(p))])
		}
		if t := strings.TrimSpace(b.String()); t != "" && !seen[t] {
			seen[t] = true
			all = append(all, t)
		}
	}
	if total <= maxExpansions {
		for i := range total {
			rest := i
			add(func(n int) int { x := rest % n; rest /= n; return x })
		}
		return all
	}
	for range 3 * maxExpansions {
		if len(all) == maxExpansions {
			break
		}
		add(pick.IntN)
	}
	return all
}

// cut splits a template into the alternatives of each of its parts.
func cut(template string) [][]string {
	parts := [][]string{{""}}
	inside, literal := false, false
	put := func(r rune) {
		last := parts[len(parts)-1]
		last[len(last)-1] += string(r)
	}
	for _, r := range template {
		switch {
		case literal:
			put(r)
			literal = false
		case r == '\\':
			literal = true
		case r == '(' && !inside:
			inside = true
			parts = append(parts, []string{""})
		case r == ')' && inside:
			inside = false
			parts = append(parts, []string{""})
		case r == '|' && inside:
			parts[len(parts)-1] = append(parts[len(parts)-1], "")
		default:
			put(r)
		}
	}
	return parts
}

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum32()
}

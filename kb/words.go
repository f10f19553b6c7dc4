package kb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// WordKind says what the words of a group are to each other.
type WordKind string

// The kinds, as stored.
const (
	WordSynonym WordKind = "synonym" // all mean the same
	WordAlias   WordKind = "alias"   // Words[1:] are other names of Words[0], in which they are searched for
	WordCode    WordKind = "code"    // kept whole and compared exactly
)

// WordGroup is an entry of a site's word list.
type WordGroup struct {
	ID     int64
	Site   int32
	Kind   WordKind
	Locale string // "" = both languages
	Words  []string
}

// Limits of a word list: every node holds it in memory.
const (
	MaxWordGroups = 5000
	MaxGroupWords = 50
	MaxWordRunes  = 64
)

// ErrWords says that a group contradicts the rest of the list. Wrapped with the word and the mend; it is an [ErrInvalid].
var ErrWords = fmt.Errorf("the word list contradicts itself: %w", ErrInvalid)

// Words returns a site's word list by id. Errors: [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) Words(ctx context.Context, actor identity.Actor, site int32) ([]WordGroup, error) {
	if err := mayRead(actor, "read words"); err != nil {
		return nil, err
	}
	return e.store.Words(ctx, actor.Scope, site)
}

// SaveWords stores a group, with an id 0 a new one, and returns the whole list. From the
// commit on every node searches with it. Errors: [ErrInvalid], [ErrWords], [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) SaveWords(ctx context.Context, actor identity.Actor, site int32, g WordGroup) ([]WordGroup, error) {
	if err := mayWrite(actor, "save words"); err != nil {
		return nil, err
	}
	g.Site = site
	g, err := g.validate()
	if err != nil {
		return nil, err
	}
	return e.store.EditWords(ctx, actor.Scope, site, nameOf(actor), func(all []WordGroup) (WordEdit, error) {
		rest := slices.DeleteFunc(slices.Clone(all), func(o WordGroup) bool { return g.ID != 0 && o.ID == g.ID })
		return WordEdit{Put: []WordGroup{g}}, checkWords(append(rest, g))
	})
}

// DropWords deletes groups; those that are not there are passed over. It returns the list that is left.
func (e *Editorial) DropWords(ctx context.Context, actor identity.Actor, site int32, ids []int64) ([]WordGroup, error) {
	if err := mayWrite(actor, "delete words"); err != nil {
		return nil, err
	}
	return e.store.EditWords(ctx, actor.Scope, site, nameOf(actor), func([]WordGroup) (WordEdit, error) {
		return WordEdit{Drop: ids}, nil
	})
}

// WordsReport says what adding a pasted list did, or would do.
type WordsReport struct {
	Added int
	Known int // groups that were there already
	Words []WordGroup
}

// AddWords adds a pasted list, see [ParseWords]: all of it or, where a line is wrong,
// nothing. dry only checks. Errors: [*LineError], [ErrWords], [ErrNotFound], identity.ErrForbidden.
func (e *Editorial) AddWords(ctx context.Context, actor identity.Actor, site int32, list string, kind WordKind, dry bool) (WordsReport, error) {
	if err := mayWrite(actor, "add words"); err != nil {
		return WordsReport{}, err
	}
	given, err := ParseWords(list, kind)
	if err != nil {
		return WordsReport{}, err
	}
	var report WordsReport
	errDry := errors.New("only checked")
	all, err := e.store.EditWords(ctx, actor.Scope, site, nameOf(actor), func(all []WordGroup) (WordEdit, error) {
		have := map[string]bool{}
		for _, g := range all {
			have[g.key()] = true
		}
		report = WordsReport{Words: all}
		var edit WordEdit
		merged := slices.Clone(all)
		for _, g := range given {
			if have[g.key()] {
				report.Known++
				continue
			}
			have[g.key()] = true
			g.Site = site
			edit.Put, merged = append(edit.Put, g), append(merged, g)
		}
		report.Added = len(edit.Put)
		if err := checkWords(merged); err != nil {
			return edit, err
		}
		if dry {
			return edit, errDry
		}
		return edit, nil
	})
	switch {
	case errors.Is(err, errDry):
		return report, nil
	case err != nil:
		return WordsReport{}, err
	}
	report.Words = all
	return report, nil
}

// key is the same for groups that say the same.
func (g WordGroup) key() string {
	words := make([]string, len(g.Words))
	for i, w := range g.Words {
		words[i] = wordKey(g.Kind, w)
	}
	if g.Kind == WordAlias && len(words) > 0 {
		slices.Sort(words[1:])
	} else {
		slices.Sort(words)
	}
	return string(g.Kind) + "\x00" + g.Locale + "\x00" + strings.Join(words, "\x00")
}

// wordKey is what makes two spellings one word: of codes their signs count.
func wordKey(kind WordKind, w string) string {
	if kind == WordCode {
		return text.Normalize(w)
	}
	return text.Key(w)
}

// validate checks a group by itself and returns it in its stored form.
func (g WordGroup) validate() (WordGroup, error) {
	switch g.Kind {
	case WordSynonym, WordAlias, WordCode:
	default:
		return g, invalid(`"kind" %q is neither "synonym" nor "alias" nor "code"`, g.Kind)
	}
	if g.Locale != "" && g.Locale != text.Chinese && g.Locale != text.English {
		return g, invalid(`"locale" %q is neither "zh-CN" nor "en" nor empty`, g.Locale)
	}
	if len(g.Words) > MaxGroupWords {
		return g, invalid(`"words" has more than %d entries`, MaxGroupWords)
	}
	words := make([]string, 0, len(g.Words))
	seen := map[string]bool{}
	for i, w := range g.Words {
		w, err := lineField("words", i+1, w, MaxWordRunes)
		if err != nil {
			return g, err
		}
		key := wordKey(g.Kind, w)
		if !text.HasWord(text.Normalize(w)) || key == "" {
			return g, invalid(`"words" entry %d is empty or has no letter or digit`, i+1)
		}
		if seen[key] {
			return g, invalid(`"words" entry %d, %q, stands in the group already`, i+1, w)
		}
		seen[key] = true
		words = append(words, w)
	}
	least := 2
	if g.Kind == WordCode {
		least = 1
	}
	if len(words) < least {
		return g, invalid(`"words" needs at least %d entries`, least)
	}
	g.Words = words
	return g, nil
}

// checkWords looks for what a list must not have, in every language by itself: a
// word in two groups of synonyms (they are one group), two names that one other name
// stands for, a name that is itself replaced by another (a chain or a ring), a code
// that is also an everyday word of the list.
func checkWords(all []WordGroup) error {
	if len(all) > MaxWordGroups {
		return invalid("the list has more than %d groups", MaxWordGroups)
	}
	for _, locale := range []string{text.Chinese, text.English} {
		synonym, name, other := map[string]string{}, map[string]string{}, map[string]string{} // word key -> first word of its group
		for _, g := range all {
			if g.Locale != "" && g.Locale != locale {
				continue
			}
			for i, w := range g.Words {
				key := text.Key(w)
				switch {
				case g.Kind == WordSynonym:
					if in, twice := synonym[key]; twice {
						return fmt.Errorf("%q stands in two groups of synonyms, with %q and with %q; make them one: %w", w, in, g.Words[0], ErrWords)
					}
					synonym[key] = g.Words[0]
				case g.Kind == WordAlias && i == 0:
					if _, twice := name[key]; twice {
						return fmt.Errorf("%q has two groups of other names; make them one: %w", w, ErrWords)
					}
					name[key] = w
				case g.Kind == WordAlias:
					if in, twice := other[key]; twice {
						return fmt.Errorf("%q is another name of both %q and %q; keep one: %w", w, in, g.Words[0], ErrWords)
					}
					other[key] = g.Words[0]
				}
			}
		}
		for key, w := range name {
			if of, is := other[key]; is {
				return fmt.Errorf("%q is a name that stands for others and another name of %q; let all stand for one: %w", w, of, ErrWords)
			}
		}
		for key, of := range other {
			if with, is := synonym[key]; is {
				return fmt.Errorf("another name of %q stands in a group of synonyms, with %q; put %q there: %w", of, with, of, ErrWords)
			}
		}
	}
	return nil
}

// ParseWords reads a pasted list, a group a line, its words apart by commas,
// semicolons, tabs or "、", the first of aliases maybe by "=":
//
//	synonym: refund, money back
//	alias en: router = wifi box, modem
//	code: TH01, TH02
//
// A line without a kind is of the given one; "zh" or "en" after the kind names the
// language. Blank lines and such that begin with # are passed over. Errors: [*LineError].
func ParseWords(list string, kind WordKind) ([]WordGroup, error) {
	var out []WordGroup
	list = strings.TrimPrefix(strings.ReplaceAll(list, "\r\n", "\n"), "\ufeff")
	for n, line := range strings.Split(list, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		g := WordGroup{Kind: kind}
		if head, rest, ok := cutHead(line); ok {
			g.Kind, g.Locale, line = head.Kind, head.Locale, rest
		}
		if g.Kind == WordAlias {
			line = strings.Replace(line, "=", ",", 1)
		}
		for w := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(",;\t，；、", r) }) {
			if w = strings.TrimSpace(w); w != "" {
				g.Words = append(g.Words, w)
			}
		}
		g, err := g.validate()
		if err != nil {
			return nil, &LineError{Line: n + 1, Reason: lineReason(err)}
		}
		if len(out) == MaxWordGroups {
			return nil, &LineError{Line: n + 1, Reason: fmt.Sprintf("more than %d groups", MaxWordGroups)}
		}
		out = append(out, g)
	}
	if len(out) == 0 {
		return nil, invalid("the list is empty")
	}
	return out, nil
}

// cutHead reads "synonym:", "alias en:", 同义词：, 别名：, 编码： before the words of a line.
func cutHead(line string) (head WordGroup, rest string, ok bool) {
	before, rest, ok := strings.Cut(strings.Replace(line, "：", ":", 1), ":")
	if !ok {
		return head, line, false
	}
	fields := strings.Fields(strings.ToLower(before))
	if len(fields) == 0 || len(fields) > 2 {
		return head, line, false
	}
	switch strings.TrimSuffix(fields[0], "s") {
	case "synonym", "同义词":
		head.Kind = WordSynonym
	case "alia", "aliase", "别名": // alias, aliases
		head.Kind = WordAlias
	case "code", "编码", "型号":
		head.Kind = WordCode
	default:
		return head, line, false
	}
	if len(fields) == 2 {
		switch fields[1] {
		case "zh", "zh-cn", "中文":
			head.Locale = text.Chinese
		case "en", "英文":
			head.Locale = text.English
		default:
			return head, line, false
		}
	}
	return head, rest, true
}

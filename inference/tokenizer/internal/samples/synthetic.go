package samples

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
)

// synthetic are small random files: each part by itself, then random combinations. They stay the same for a seed of 1.
func synthetic(folder string) ([]Sample, error) {
	s := &synthesis{r: rand.New(rand.NewPCG(1, 0x5e7)), charsmaps: charsmaps(folder)} //nolint:gosec // files, not secrets
	for i, n := range s.normalizers() {
		s.make("norm", n, s.model(i%2), nil, s.meta("always", true), nil)
	}
	for i, p := range s.preTokenizers() {
		s.make("pre", p, s.model(i%3), nil, p, nil)
	}
	for i, p := range s.levels() {
		s.make("level", p, bpeModel(s.r, 200, bpeOptions{space: "Ġ", level: true, greedy: i%2 == 0, ignore: i%3 == 0}), nil, p, object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": i%2 == 0})
	}
	for i := range s.processors(s.model(0)) {
		model := s.model(i % 3)
		p := s.processors(model)[i]
		s.make("post", p, model, nil, s.meta("first", i%2 == 0), p)
	}
	for i, m := range s.models() {
		var pre any = s.meta("always", i%2 == 0)
		if i%4 == 3 {
			pre = object{"type": "WhitespaceSplit"}
		}
		s.make("model", m, m, nil, pre, nil)
	}
	for i := range 16 {
		s.flagged(i)
	}
	for range 60 {
		s.combine()
	}
	for i := range 8 {
		s.limited(i)
	}
	return s.all, nil
}

type synthesis struct {
	r         *rand.Rand
	charsmaps []string
	all       []Sample
	added     []any

	truncation, padding any
}

// make appends one file; what names it.
func (s *synthesis) make(kind string, what any, model, normalizer, pre, post any) {
	if kind == "norm" {
		normalizer = what
	}
	added := s.added
	if added == nil {
		added = s.tokens(model, 3)
	}
	file := marshal(object{
		"version": "1.0", "truncation": s.truncation, "padding": s.padding, "added_tokens": added, "normalizer": normalizer, "pre_tokenizer": pre,
		"post_processor": post, "decoder": nil, "model": model,
	})
	name := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, fmt.Sprintf("syn-%03d-%s-%s", len(s.all), kind, label(what)))
	s.all = append(s.all, fromFile(name, false, file))
}

// label says briefly what is in a part.
func label(v any) string {
	o, ok := v.(object)
	if !ok {
		return fmt.Sprint(v)
	}
	name, _ := o["type"].(string)
	for _, key := range []string{"behavior", "prepend_scheme"} {
		if s, ok := o[key].(string); ok {
			name += "-" + s
		}
	}
	return name
}

// knownTokens are the ids of a model's pieces.
func knownTokens(model any) map[string]int {
	known := map[string]int{}
	switch v := model.(object)["vocab"].(type) {
	case map[string]int:
		return v
	case []any:
		for i, e := range v {
			known[e.([]any)[0].(string)] = i
		}
	}
	return known
}

// tokens are n random added tokens that fit the model: known pieces and new ones, special or not. No special one contains another.
func (s *synthesis) tokens(model any, n int) []any {
	known := knownTokens(model)
	list := []any{}
	next := len(known)
	names := []string{"<x>", "foo", "[Y]", "é", "Z Z", "<s>", "wor", "你好", "_", "9", " q", "Ａ", "##a", "<|end|>", "İ", "\u0301e"}
	s.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:n] {
		id, ok := known[name]
		if !ok {
			id = next
			next++
		}
		list = append(list, object{
			"id": id, "content": name, "single_word": s.r.IntN(3) == 0, "lstrip": s.r.IntN(3) == 0, "rstrip": s.r.IntN(3) == 0,
			"normalized": s.r.IntN(2) == 0, "special": s.r.IntN(2) == 0 && strings.ContainsAny(name, "<["),
		})
	}
	return list
}

// flagged is a file whose three tokens carry one combination of flags.
func (s *synthesis) flagged(flags int) {
	model := s.model(flags % 3)
	on := func(bit int) bool { return flags>>bit&1 == 1 }
	s.added = s.tokens(model, 6)
	for i, a := range s.added {
		t := a.(object)
		t["single_word"], t["lstrip"], t["rstrip"], t["normalized"] = on(0), on(1), on(2), on(3)
		t["special"] = i%2 == 0 && strings.ContainsAny(t["content"].(string), "<[")
	}
	s.make("added", fmt.Sprintf("%04b", flags), model, object{"type": "Lowercase"}, s.meta("first", true), nil)
	s.added = nil
}

// limited is a file that names a truncation and a padding.
func (s *synthesis) limited(i int) {
	side := func(bit int) string { return []string{"Right", "Left"}[i>>bit&1] }
	s.truncation = object{"direction": side(0), "max_length": 6 + i, "strategy": []string{"LongestFirst", "OnlyFirst"}[i%2], "stride": i % 3}
	var strategy any = "BatchLongest"
	if i%4 > 1 {
		strategy = object{"Fixed": 10}
	}
	s.padding = object{"strategy": strategy, "direction": side(1), "pad_to_multiple_of": []any{nil, 8, 4}[i%3], "pad_id": i % 4, "pad_type_id": i % 3, "pad_token": "<pad>"}
	model := s.model(i % 3)
	s.make("limits", fmt.Sprint(i), model, nil, s.meta("always", true), s.processors(model)[i%6])
	s.truncation, s.padding = nil, nil
}

func (s *synthesis) model(kind int) object {
	switch kind {
	case 0:
		return unigramModel(s.r, "▁", s.r.IntN(2) == 0, 0)
	case 1:
		return wordPieceModel(s.r, 100, "##")
	default:
		return bpeModel(s.r, 150, bpeOptions{unk: "<unk>", fuse: s.r.IntN(2) == 0, bytes: s.r.IntN(2) == 0, space: "▁", greedy: s.r.IntN(2) == 0})
	}
}

func (s *synthesis) models() []object {
	var list []object
	for _, bytes := range []bool{false, true} {
		for _, fuse := range []bool{false, true} {
			for _, ignore := range []bool{false, true} {
				list = append(list, bpeModel(s.r, 200, bpeOptions{unk: "<unk>", fuse: fuse, bytes: bytes, ignore: ignore, space: "▁", greedy: !ignore}))
			}
		}
		list = append(list,
			bpeModel(s.r, 200, bpeOptions{bytes: bytes, space: "▁"}),
			bpeModel(s.r, 200, bpeOptions{unk: "<unk>", bytes: bytes, prefix: "##"}),
			bpeModel(s.r, 200, bpeOptions{unk: "<unk>", bytes: bytes, suffix: "</w>"}),
			bpeModel(s.r, 200, bpeOptions{unk: "<unk>", bytes: bytes, prefix: "@@", suffix: "</w>", greedy: true}),
			unigramModel(s.r, "▁", bytes, 0), unigramModel(s.r, "_", bytes, 2),
		)
	}
	return append(list, wordPieceModel(s.r, 5, "##"), wordPieceModel(s.r, 100, "@"), wordPieceModel(s.r, 100, ""), unigramModel(s.r, "▁", false, nil))
}

func (s *synthesis) meta(scheme string, split bool) object {
	return object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
}

func bertNormalizer(bits int) object {
	o := object{"type": "BertNormalizer", "clean_text": bits&1 == 1, "handle_chinese_chars": bits&2 == 2, "strip_accents": nil, "lowercase": bits&4 == 4}
	if bits >= 8 {
		o["strip_accents"] = bits < 16
	}
	return o
}

func (s *synthesis) normalizers() []any {
	str := func(v string) object { return object{"String": v} }
	re := func(v string) object { return object{"Regex": v} }
	list := []any{
		object{"type": "NFC"},
		object{"type": "NFD"},
		object{"type": "NFKC"},
		object{"type": "NFKD"},
		object{"type": "Lowercase"},
		object{"type": "StripAccents"},
		object{"type": "Nmt"},
		object{"type": "Strip", "strip_left": true, "strip_right": true},
		object{"type": "Strip", "strip_left": true, "strip_right": false},
		object{"type": "Strip", "strip_left": false, "strip_right": true},
		object{"type": "Replace", "pattern": str("``"), "content": "\""},
		object{"type": "Replace", "pattern": str(" "), "content": "▁"},
		object{"type": "Replace", "pattern": str("o"), "content": "oo"},
		object{"type": "Replace", "pattern": str("ll"), "content": ""},
		object{"type": "Replace", "pattern": re(" {2,}"), "content": " "},
		object{"type": "Replace", "pattern": re(`\s+`), "content": "▁"},
		object{"type": "Replace", "pattern": re(`\d`), "content": "0"},
		object{"type": "Replace", "pattern": re("[aeiou]+"), "content": "好"},
		object{"type": "Replace", "pattern": re(`[\p{L}&&[^a]]`), "content": "x"},
		object{"type": "Prepend", "prepend": "▁"},
		object{"type": "Prepend", "prepend": "né "},
		object{"type": "Sequence", "normalizers": []any{}},
		object{"type": "Sequence", "normalizers": []any{object{"type": "NFD"}, object{"type": "Lowercase"}, object{"type": "StripAccents"}}},
		object{"type": "Sequence", "normalizers": []any{object{"type": "NFD"}, object{"type": "StripAccents"}, object{"type": "NFC"}}},
		object{"type": "Sequence", "normalizers": []any{object{"type": "Prepend", "prepend": "▁"}, object{"type": "Replace", "pattern": str(" "), "content": "▁"}}},
		object{"type": "Sequence", "normalizers": []any{object{"type": "Replace", "pattern": str("``"), "content": "\""}, object{"type": "NFKD"}, object{"type": "StripAccents"}, object{"type": "Lowercase"}, object{"type": "Replace", "pattern": re(" {2,}"), "content": " "}}},
	}
	for _, c := range s.charsmaps {
		pre := object{"type": "Precompiled", "precompiled_charsmap": c}
		list = append(list, pre, object{"type": "Sequence", "normalizers": []any{pre, object{"type": "Strip", "strip_left": false, "strip_right": true}, object{"type": "Replace", "pattern": re(" {2,}"), "content": "▁"}}})
	}
	for bits := range 24 {
		if bits%3 == 0 || bits < 8 {
			list = append(list, bertNormalizer(bits))
		}
	}
	return list
}

func behaviors() []string {
	return []string{"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"}
}

func (s *synthesis) preTokenizers() []any {
	list := []any{nil, object{"type": "BertPreTokenizer"}, object{"type": "Whitespace"}, object{"type": "WhitespaceSplit"}, object{"type": "Digits", "individual_digits": true}, object{"type": "Digits", "individual_digits": false}}
	for _, scheme := range []string{"always", "never", "first"} {
		list = append(list, s.meta(scheme, true), s.meta(scheme, false))
	}
	list = append(list,
		object{"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true},
		object{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true},
		object{"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": true, "prepend_scheme": "first"},
		object{"type": "CharDelimiterSplit", "delimiter": "-"},
	)
	for _, b := range behaviors() {
		list = append(list, object{"type": "Punctuation", "behavior": b})
		for _, invert := range []bool{false, true} {
			for _, p := range []object{{"String": " "}, {"String": "lo"}, {"Regex": `\s+`}, {"Regex": "[0-9]"}, {"Regex": `\w+|[^\w\s]+`}} {
				list = append(list, object{"type": "Split", "pattern": p, "behavior": b, "invert": invert})
			}
		}
	}
	for _, p := range [][]any{
		{object{"type": "WhitespaceSplit"}, s.meta("always", true)},
		{object{"type": "Whitespace"}, object{"type": "Digits", "individual_digits": true}},
		{object{"type": "Digits", "individual_digits": true}, s.meta("first", true)},
		{object{"type": "Punctuation", "behavior": "Isolated"}, s.meta("always", true)},
		{s.meta("never", true), object{"type": "Punctuation", "behavior": "Contiguous"}},
		{object{"type": "BertPreTokenizer"}, object{"type": "Digits", "individual_digits": false}},
		{object{"type": "Split", "pattern": object{"String": "▁"}, "behavior": "MergedWithNext", "invert": false}, object{"type": "Punctuation", "behavior": "MergedWithPrevious"}},
		{},
	} {
		list = append(list, object{"type": "Sequence", "pretokenizers": p})
	}
	return list
}

// levels are byte-level pre-tokenizers.
func (s *synthesis) levels() []any {
	var list []any
	for bits := range 8 {
		list = append(list, object{"type": "ByteLevel", "add_prefix_space": bits&1 == 1, "use_regex": bits&2 == 2, "trim_offsets": bits&4 == 4})
	}
	last := object{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false, "trim_offsets": true}
	spaced := object{"type": "ByteLevel", "add_prefix_space": true, "use_regex": true, "trim_offsets": true}
	return append(list,
		object{"type": "Sequence", "pretokenizers": []any{object{"type": "Digits", "individual_digits": true}, spaced}},
		object{"type": "Sequence", "pretokenizers": []any{object{"type": "Split", "pattern": object{"Regex": regexLlama3}, "behavior": "Isolated", "invert": false}, last}},
		object{"type": "Sequence", "pretokenizers": []any{object{"type": "Split", "pattern": object{"Regex": regexQwen2}, "behavior": "Removed", "invert": true}, last}},
		object{"type": "Sequence", "pretokenizers": []any{object{"type": "Punctuation", "behavior": "Contiguous"}, object{"type": "Digits", "individual_digits": false}, last}},
		object{"type": "Sequence", "pretokenizers": []any{object{"type": "WhitespaceSplit"}, spaced}},
	)
}

// processors name tokens that the model has.
func (s *synthesis) processors(model object) []any {
	known := knownTokens(model)
	first, last := "<s>", "</s>"
	if _, ok := known["[CLS]"]; ok {
		first, last = "[CLS]", "[SEP]"
	}
	one, two := known[first], known[last]
	tok := func(id string, typ int) object { return object{"SpecialToken": object{"id": id, "type_id": typ}} }
	seq := func(id string, typ int) object { return object{"Sequence": object{"id": id, "type_id": typ}} }
	template := func(single, pair []any) object {
		return object{"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": object{
			first: object{"id": first, "ids": []int{one}, "tokens": []string{first}},
			last:  object{"id": last, "ids": []int{two, one}, "tokens": []string{last, first}},
		}}
	}
	list := []any{
		nil,
		object{"type": "BertProcessing", "sep": []any{last, two}, "cls": []any{first, one}},
		template([]any{tok(first, 0), seq("A", 0), tok(last, 0)}, []any{tok(first, 0), seq("A", 0), tok(last, 0), seq("B", 1), tok(last, 1)}),
		template([]any{seq("A", 3)}, []any{seq("B", 1), tok(first, 2), seq("A", 0)}),
		template([]any{tok(first, 5), tok(last, 4), seq("A", 0)}, []any{seq("A", 0), seq("B", 0), tok(first, 1)}),
		template([]any{seq("A", 0), tok(first, 0)}, []any{tok(first, 0), seq("A", 7), tok(first, 1), tok(first, 1), seq("B", 8)}),
	}
	for bits := range 4 {
		list = append(list, object{"type": "RobertaProcessing", "sep": []any{last, two}, "cls": []any{first, one}, "trim_offsets": bits&1 == 1, "add_prefix_space": bits&2 == 2})
	}
	return append(list,
		object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
		object{"type": "Sequence", "processors": []any{object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}, list[2]}},
		object{"type": "Sequence", "processors": []any{}},
	)
}

// combine is a file of random parts.
func (s *synthesis) combine() {
	pickAny := func(list []any) any { return list[s.r.IntN(len(list))] }
	var norm any
	switch s.r.IntN(4) {
	case 0:
	case 1:
		norm = pickAny(s.normalizers())
	default:
		list := []any{}
		for range 1 + s.r.IntN(3) {
			list = append(list, pickAny(s.normalizers()))
		}
		norm = object{"type": "Sequence", "normalizers": list}
	}
	pre := pickAny(s.preTokenizers())
	model := s.model(s.r.IntN(3))
	switch s.r.IntN(4) {
	case 0:
		pre = pickAny(s.levels())
		model = bpeModel(s.r, 150, bpeOptions{space: "Ġ", level: true, greedy: s.r.IntN(2) == 0, ignore: s.r.IntN(3) == 0})
	case 1:
		pre = object{"type": "Sequence", "pretokenizers": []any{pickAny(s.preTokenizers()[1:]), pickAny(s.preTokenizers()[1:])}}
	}
	post := pickAny(s.processors(model))
	s.added = s.tokens(model, s.r.IntN(8))
	s.make("mix", label(norm)+"-"+label(pre)+"-"+label(post)+"-"+label(model), model, norm, pre, post)
	s.added = nil
}

// charsmaps are the charsmaps of the trained files.
func charsmaps(folder string) []string {
	names, _ := filepath.Glob(filepath.Join(folder, "trained", "*.tokenizer.json*"))
	slices.Sort(names)
	var found []string
	for _, path := range names {
		raw, err := read(folder, filepath.Join("trained", strings.TrimSuffix(filepath.Base(path), ".gz")))
		if err != nil {
			continue
		}
		var f struct {
			Normalizer json.RawMessage `json:"normalizer"`
		}
		if json.Unmarshal(raw, &f) != nil {
			continue
		}
		if c := charsmapOf(f.Normalizer); c != "" && !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	return found
}

func charsmapOf(raw json.RawMessage) string {
	var n struct {
		Type        string            `json:"type"`
		Charsmap    string            `json:"precompiled_charsmap"`
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	if json.Unmarshal(raw, &n) != nil {
		return ""
	}
	for _, part := range n.Normalizers {
		if c := charsmapOf(part); c != "" {
			return c
		}
	}
	return n.Charsmap
}

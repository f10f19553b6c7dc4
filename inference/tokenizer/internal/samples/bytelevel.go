package samples

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// gpt2Model is GPT-2's BPE: 256 bytes in its own order, then a token a merge (openai/gpt-2, encoder.py's bytes_to_unicode).
func gpt2Model(merges []byte) (model object, size int) {
	vocab := make(map[string]int)
	var late []rune
	shift := rune(0)
	for b := range rune(256) {
		switch {
		case b >= '!' && b <= '~', b >= 0xa1 && b <= 0xac, b >= 0xae && b <= 0xff:
			vocab[string(b)] = len(vocab)
		default:
			late = append(late, 256+shift)
			shift++
		}
	}
	for _, r := range late {
		vocab[string(r)] = len(vocab)
	}
	list := []string{}
	for line := range strings.SplitSeq(string(merges), "\n") {
		if a, b, ok := strings.Cut(strings.TrimRight(line, "\r"), " "); ok && !strings.HasPrefix(line, "#version") {
			list = append(list, line)
			vocab[a+b] = len(vocab)
		}
	}
	return object{
		"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
		"vocab": vocab, "merges": list,
	}, len(vocab)
}

func byteLevels(folder string) ([]Sample, error) {
	merges, err := read(folder, "gpt2.merges.txt")
	if err != nil {
		return nil, err
	}
	model, size := gpt2Model(merges)
	file := func(pre, post, normalizer any, model object, added ...any) []byte {
		return marshal(object{
			"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": normalizer, "pre_tokenizer": pre,
			"post_processor": post, "decoder": object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}, "model": model,
		})
	}
	level := func(space, regex, trim bool) object {
		return object{"type": "ByteLevel", "add_prefix_space": space, "use_regex": regex, "trim_offsets": trim}
	}
	end := special(size, "<|endoftext|>")
	gpt2 := file(level(false, true, true), level(true, true, false), nil, model, end)
	all := []Sample{fromFile("gpt2", true, gpt2)}

	roberta := func(trim, space bool) object {
		return object{"type": "RobertaProcessing", "sep": []any{"</s>", size + 1}, "cls": []any{"<s>", size}, "trim_offsets": trim, "add_prefix_space": space}
	}
	mask := special(size+2, "<mask>")
	mask["lstrip"] = true
	for i, c := range []struct{ trim, space bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		all = append(all, fromFile(fmt.Sprintf("roberta-%d", i), false, file(level(c.space, true, c.trim), roberta(c.trim, c.space), nil, model, special(size, "<s>"), special(size+1, "</s>"), mask)))
	}
	split := func(regex string, rest ...any) object {
		first := object{"type": "Split", "pattern": object{"Regex": regex}, "behavior": "Isolated", "invert": false}
		return object{"type": "Sequence", "pretokenizers": append([]any{first}, rest...)}
	}
	ignoring := maps.Clone(model)
	ignoring["ignore_merges"] = true
	template := object{
		"type":           "TemplateProcessing",
		"single":         []any{object{"SpecialToken": object{"id": "<|begin|>", "type_id": 0}}, object{"Sequence": object{"id": "A", "type_id": 0}}},
		"pair":           []any{object{"SpecialToken": object{"id": "<|begin|>", "type_id": 0}}, object{"Sequence": object{"id": "A", "type_id": 0}}, object{"SpecialToken": object{"id": "<|begin|>", "type_id": 1}}, object{"Sequence": object{"id": "B", "type_id": 1}}},
		"special_tokens": object{"<|begin|>": object{"id": "<|begin|>", "ids": []int{size}, "tokens": []string{"<|begin|>"}}},
	}
	both := object{"type": "Sequence", "processors": []any{level(true, true, false), template}}
	begin := special(size, "<|begin|>")
	more := map[string][]byte{
		"llama3": file(split(regexLlama3, level(false, false, true)), both, nil, ignoring, begin),
		"qwen2":  file(split(regexQwen2, level(false, false, false)), level(false, false, false), object{"type": "NFC"}, model, end),
		"o200k":  file(split(regexO200k, level(false, false, true)), level(false, false, true), nil, ignoring, end),
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		all = append(all, fromFile(name, false, more[name]))
	}
	return all, nil
}

// The Split regexes of widely used byte-level files, as their tokenizer.json has them.
const (
	regexLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	regexQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	regexO200k  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

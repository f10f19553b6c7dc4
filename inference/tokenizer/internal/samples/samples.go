// Package samples lists the tokenizer files that the tests, the parity proof and the benchmarks are made with: real ones from
// testdata, and small synthetic ones that exercise each part of a tokenizer.json and random combinations of them.
//
// The same files come out every time. The package reads files, starts nothing and is no part of the server.
package samples

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Sample is one tokenizer.
type Sample struct {
	Name  string
	Large bool   // a real vocabulary; else a small synthetic one
	File  []byte // its tokenizer.json
	Vocab []byte // its BERT vocab.txt where it is known by that; File says the same
	Lower bool   // whether Vocab's texts are lowercased
}

// All lists every sample; folder is the tokenizer's testdata.
func All(folder string) ([]Sample, error) {
	var all []Sample
	for _, list := range []func(string) ([]Sample, error){wordPieces, byteLevels, trained, synthetic} {
		s, err := list(folder)
		if err != nil {
			return nil, err
		}
		all = append(all, s...)
	}
	return all, nil
}

func fromFile(name string, large bool, file []byte) Sample {
	return Sample{Name: name, Large: large, File: file}
}

// read returns a file, unpacked when only name.gz lies there.
func read(folder, name string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(folder, name))
	if !errors.Is(err, fs.ErrNotExist) {
		return raw, err
	}
	packed, err := os.ReadFile(filepath.Join(folder, name+".gz"))
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// object is a JSON object whose parts can be put together freely.
type object = map[string]any

func marshal(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // only literals of this package
	}
	return raw
}

// special is an added token as BERT's files have it.
func special(id int, content string) object {
	return object{"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}
}

// bertTemplate is [CLS] A [SEP] B [SEP].
func bertTemplate(cls, sep int) object {
	token := func(name string, typ int) object { return object{"SpecialToken": object{"id": name, "type_id": typ}} }
	text := func(name string, typ int) object { return object{"Sequence": object{"id": name, "type_id": typ}} }
	return object{
		"type":   "TemplateProcessing",
		"single": []any{token("[CLS]", 0), text("A", 0), token("[SEP]", 0)},
		"pair":   []any{token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)},
		"special_tokens": object{
			"[CLS]": object{"id": "[CLS]", "ids": []int{cls}, "tokens": []string{"[CLS]"}},
			"[SEP]": object{"id": "[SEP]", "ids": []int{sep}, "tokens": []string{"[SEP]"}},
		},
	}
}

// bertFile is the tokenizer.json that a BERT vocab.txt stands for.
func bertFile(vocab []byte, lowercase bool) []byte {
	ids := make(map[string]int)
	for i, piece := range strings.Split(strings.TrimRight(string(vocab), "\n"), "\n") {
		ids[strings.TrimRight(piece, "\r")] = i
	}
	var added []any
	for _, name := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		added = append(added, special(ids[name], name))
	}
	return marshal(object{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer":     object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": lowercase},
		"pre_tokenizer":  object{"type": "BertPreTokenizer"},
		"post_processor": bertTemplate(ids["[CLS]"], ids["[SEP]"]),
		"decoder":        object{"type": "WordPiece", "prefix": "##", "cleanup": true},
		"model":          object{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids},
	})
}

func wordPieces(folder string) ([]Sample, error) {
	minilm, err := read(folder, "minilm-l6-v2.tokenizer.json")
	if err != nil {
		return nil, err
	}
	cased, err := read(folder, "bert-cased.vocab.txt")
	if err != nil {
		return nil, err
	}
	chinese, err := read(folder, "bert-chinese.vocab.txt")
	if err != nil {
		return nil, err
	}
	bundled, err := os.ReadFile(filepath.Join(folder, "../../../models/default/encoder/tokenizer.json"))
	if err != nil {
		return nil, err
	}
	return []Sample{
		fromFile("bert-uncased", true, minilm),
		fromFile("bundled", true, bundled),
		{Name: "bert-cased", Large: true, File: bertFile(cased, false), Vocab: cased},
		{Name: "bert-chinese", Large: true, File: bertFile(chinese, true), Vocab: chinese, Lower: true},
	}, nil
}

// Stripped is the file without the special tokens that the added-token step looks for, and with their pieces renamed in the
// model's vocabulary to what no text contains: it says what a typed special token is as plain text. Through the binding nothing
// switches that step off (encode_special_tokens), and that alone would leave the pieces to the model. The unknown token keeps
// its name: the model needs it, and it is the answer for unknown text anyway.
func Stripped(file []byte) ([]byte, error) {
	var f map[string]json.RawMessage
	if err := json.Unmarshal(file, &f); err != nil {
		return nil, err
	}
	var added []map[string]any
	if err := json.Unmarshal(f["added_tokens"], &added); err != nil {
		return nil, err
	}
	var model map[string]json.RawMessage
	if err := json.Unmarshal(f["model"], &model); err != nil {
		return nil, err
	}
	other := make(map[string]string) // special token → its new name
	for i, a := range added {
		if name, ok := a["content"].(string); ok && a["special"] == true {
			other[name] = fmt.Sprintf("\U0010fffd\U0010fffc%d\U0010fffd", i)
		}
	}
	known, err := rename(model, other)
	if err != nil {
		return nil, err
	}
	kept := []map[string]any{}
	for _, a := range added {
		name, _ := a["content"].(string)
		if a["special"] == true {
			if known[name] {
				continue
			}
			a["content"], a["normalized"] = other[name], false // its id follows from its place: it stays in the list
		}
		kept = append(kept, a)
	}
	f["added_tokens"], f["model"] = marshal(kept), marshal(model)
	return marshal(f), nil
}

// rename changes the names of pieces and returns those that the vocabulary had.
func rename(model map[string]json.RawMessage, other map[string]string) (map[string]bool, error) {
	known := make(map[string]bool)
	var unk any
	if raw, ok := model["unk_token"]; ok {
		if err := json.Unmarshal(raw, &unk); err != nil {
			return nil, err
		}
	}
	var byName map[string]int
	if json.Unmarshal(model["vocab"], &byName) == nil {
		for name, to := range other {
			if id, ok := byName[name]; ok {
				known[name] = true
				if name != unk {
					delete(byName, name)
					byName[to] = id
				}
			}
		}
		model["vocab"] = marshal(byName)
		return known, nil
	}
	var byOrder [][]any
	if err := json.Unmarshal(model["vocab"], &byOrder); err != nil {
		return nil, err
	}
	var unkID any
	if raw, ok := model["unk_id"]; ok {
		if err := json.Unmarshal(raw, &unkID); err != nil {
			return nil, err
		}
	}
	for i, entry := range byOrder {
		name, _ := entry[0].(string)
		if to, ok := other[name]; ok {
			known[name] = true
			if unkID != float64(i) {
				entry[0] = to
			}
		}
	}
	model["vocab"] = marshal(byOrder)
	return known, nil
}

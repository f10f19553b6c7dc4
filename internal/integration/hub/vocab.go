package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"frontdesk/models"
)

// tokenizer fetches tokenizer.json, or makes one of BERT's vocab.txt.
func (l *layout) tokenizer(ctx context.Context) (models.File, error) {
	for _, name := range []string{path.Join(l.base, "tokenizer.json"), "tokenizer.json", "onnx/tokenizer.json"} {
		want, ok := l.info.file(name)
		if !ok {
			continue
		}
		f, err := l.fetch.file(ctx, name, want, maxTokenizerBytes)
		if err != nil || !l.sentences.LowerCase {
			return f, err
		}
		return f, l.lowers(name)
	}
	name := path.Join(l.base, "vocab.txt")
	want, ok := l.info.file(name)
	class := strings.TrimSuffix(l.tokens.Class, "Fast")
	if !ok || class != "BertTokenizer" && (class != "" || l.config.ModelType != "bert") {
		return models.File{}, fmt.Errorf("%w: it has no tokenizer.json (nor vocab.txt of a BertTokenizer): make one on a machine with Python, "+
			"transformers.AutoTokenizer.from_pretrained(%q).save_pretrained(FOLDER), or take a copy of the model that has it", ErrLayout, l.id)
	}
	f, err := l.fetch.file(ctx, name, want, maxTextBytes)
	if err != nil {
		return models.File{}, err
	}
	vocab, err := l.fetch.root.ReadFile(f.Path)
	if err != nil {
		return models.File{}, fmt.Errorf("read %s: %w", name, err)
	}
	made, err := bertTokenizer(string(vocab), l.tokens)
	if err != nil {
		return models.File{}, fmt.Errorf("%w: %s: %w", ErrLayout, name, err)
	}
	return l.fetch.write("tokenizer.json", made)
}

// lowers checks that a tokenizer makes texts lower case by itself, where sentence_bert_config.json wants that done before:
// Frontdesk does nothing to texts but what the tokenizer says.
func (l *layout) lowers(name string) error {
	data, err := l.fetch.root.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	var file struct {
		Normalizer json.RawMessage `json:"normalizer"`
	}
	var rules bytes.Buffer
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("%w: %s is no JSON: %w", ErrContent, name, err)
	}
	if err := json.Compact(&rules, file.Normalizer); err != nil && len(file.Normalizer) > 0 {
		return fmt.Errorf("%w: %s is no JSON: %w", ErrContent, name, err)
	}
	if s := rules.String(); !strings.Contains(s, `"lowercase":true`) && !strings.Contains(s, `"type":"Lowercase"`) {
		return fmt.Errorf("%w: sentence_bert_config.json wants texts in lower case (do_lower_case), which %s does not do", ErrLayout, name)
	}
	return nil
}

// bertTokenizer is what transformers makes of a vocab.txt: BertConverter in convert_slow_tokenizer.py. Lower case is the
// default (BertTokenizer's do_lower_case).
func bertTokenizer(text string, c tokenizerConfig) ([]byte, error) {
	vocab := map[string]int{}
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	for i, token := range lines {
		vocab[token] = i // as load_vocab does: the last one of two counts
	}
	type added struct {
		ID         int    `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	var specials []added
	for _, token := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		id, ok := vocab[token]
		if !ok && token != "[MASK]" && token != "[PAD]" {
			return nil, fmt.Errorf("it has no token %s", token)
		}
		if ok {
			specials = append(specials, added{ID: id, Content: token, Special: true})
		}
	}
	or := func(v *bool, usual bool) bool {
		if v == nil {
			return usual
		}
		return *v
	}
	return json.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": specials, "decoder": nil,
		"normalizer": map[string]any{
			"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": or(c.Chinese, true),
			"strip_accents": c.Accents, "lowercase": or(c.LowerCase, true),
		},
		"pre_tokenizer":  map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{"type": "BertProcessing", "sep": []any{"[SEP]", vocab["[SEP]"]}, "cls": []any{"[CLS]", vocab["[CLS]"]}},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab,
		},
	})
}

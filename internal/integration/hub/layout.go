package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"frontdesk/models"
)

const (
	// maxTextBytes bounds configuration files and model cards.
	maxTextBytes = 8 << 20
	// maxTokenizerBytes bounds tokenizer.json; that of a vocabulary of 250,000 pieces has 17 MB.
	maxTokenizerBytes = 256 << 20
	// maxModelBytes bounds a graph or a file of its weights.
	maxModelBytes = 16 << 30
	// maxLimit is the longest text that is asked for where a model names no limit of its own.
	maxLimit = 8192
	// questionLimit is where questions are cut.
	questionLimit = 512
)

// layout reads the files that sentence-transformers and transformers write, and makes a manifest of what they say.
type layout struct {
	id      string
	info    repoInfo
	options Options
	fetch   *fetcher

	config    config
	tokens    tokenizerConfig
	sentences struct { // sentence_bert_config.json
		MaxSeqLength int  `json:"max_seq_length"`
		LowerCase    bool `json:"do_lower_case"`
	}
	modules []module
	prompts struct { // config_sentence_transformers.json
		Prompts     map[string]string `json:"prompts"`
		DefaultName *string           `json:"default_prompt_name"`
		TruncateDim int               `json:"truncate_dim"`
	}
	pooling poolingConfig
	license string
	tongues []string
	base    string // folder of the transformer, "" or "0_Transformer"
}

// config is config.json of transformers.
type config struct {
	Architectures []string          `json:"architectures"`
	ModelType     string            `json:"model_type"`
	HiddenSize    int               `json:"hidden_size"`
	Dim           int               `json:"dim"` // DistilBERT's hidden_size
	MaxPositions  int               `json:"max_position_embeddings"`
	ID2Label      map[string]string `json:"id2label"`
	NumLabels     int               `json:"num_labels"`
	ProblemType   string            `json:"problem_type"`
	Matryoshka    []int             `json:"matryoshka_dimensions"`
	// Activations of a cross-encoder: before and since sentence-transformers 4.
	Activation           string `json:"sbert_ce_default_activation_function"`
	SentenceTransformers struct {
		Activation string `json:"activation_fn"`
	} `json:"sentence_transformers"`
}

// tokenizerConfig is tokenizer_config.json of transformers.
type tokenizerConfig struct {
	Class     string  `json:"tokenizer_class"`
	MaxLength float64 `json:"model_max_length"` // 1e30 where there is none
	LowerCase *bool   `json:"do_lower_case"`
	Chinese   *bool   `json:"tokenize_chinese_chars"`
	Accents   *bool   `json:"strip_accents"`
}

// module is an entry of modules.json.
type module struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// kind is the class without its packages.
func (m module) kind() string { return m.Type[strings.LastIndexByte(m.Type, '.')+1:] }

// poolingConfig is 1_Pooling/config.json.
type poolingConfig struct {
	// Mode is what newer versions write in the place of a field a mode.
	Mode stringOrList `json:"pooling_mode"`

	CLS           bool  `json:"pooling_mode_cls_token"`
	Mean          bool  `json:"pooling_mode_mean_tokens"`
	Max           bool  `json:"pooling_mode_max_tokens"`
	MeanSqrt      bool  `json:"pooling_mode_mean_sqrt_len_tokens"`
	Weighted      bool  `json:"pooling_mode_weightedmean_tokens"`
	Last          bool  `json:"pooling_mode_lasttoken"`
	IncludePrompt *bool `json:"include_prompt"`
}

// read fetches the small files.
func (l *layout) read(ctx context.Context) error {
	if _, err := l.json(ctx, "modules.json", &l.modules); err != nil {
		return err
	}
	for _, m := range l.modules {
		switch m.kind() {
		case "Transformer":
			l.base = m.Path
		case "Pooling":
			if found, err := l.json(ctx, path.Join(m.Path, "config.json"), &l.pooling); err != nil || !found {
				return errMissing(err, path.Join(m.Path, "config.json"), "modules.json names it")
			}
		case "Normalize", "Dense":
		default:
			return fmt.Errorf("%w: modules.json has a module %.60q, which Frontdesk cannot run", ErrLayout, m.Type)
		}
	}
	found, err := l.json(ctx, path.Join(l.base, "config.json"), &l.config)
	if err != nil || !found {
		return errMissing(err, "config.json", "it says what the model is")
	}
	for name, into := range map[string]any{
		path.Join(l.base, "tokenizer_config.json"): &l.tokens, "sentence_bert_config.json": &l.sentences,
		"config_sentence_transformers.json": &l.prompts,
	} {
		if _, err := l.json(ctx, name, into); err != nil {
			return err
		}
	}
	if l.sentences.MaxSeqLength == 0 && l.base != "" {
		if _, err := l.json(ctx, path.Join(l.base, "sentence_bert_config.json"), &l.sentences); err != nil {
			return err
		}
	}
	return l.card(ctx)
}

// errMissing is for files that must be there.
func errMissing(err error, name, why string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: it has no %s; %s", ErrLayout, name, why)
}

// card reads licence and languages, from what the hub read of the model card, or from the card.
func (l *layout) card(ctx context.Context) error {
	l.license, l.tongues = strings.Join(l.info.CardData.License, " AND "), l.info.CardData.Language
	if want, ok := l.info.file("README.md"); ok {
		f, err := l.fetch.file(ctx, "README.md", want, maxTextBytes)
		if err != nil {
			return err
		}
		data, err := l.fetch.root.ReadFile(f.Path)
		if err != nil {
			return fmt.Errorf("read the model card: %w", err)
		}
		license, tongues := frontMatter(string(data))
		if l.license == "" {
			l.license = license
		}
		if len(l.tongues) == 0 {
			l.tongues = tongues
		}
	}
	return nil
}

// json fetches a file and decodes it. A file that is not there is not an error.
func (l *layout) json(ctx context.Context, name string, into any) (found bool, err error) {
	want, ok := l.info.file(name)
	if !ok {
		return false, nil
	}
	f, err := l.fetch.file(ctx, name, want, maxTextBytes)
	if err != nil {
		return false, err
	}
	data, err := l.fetch.root.ReadFile(f.Path)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("%w: %s is not what it should be: %w", ErrContent, name, err)
	}
	return true, nil
}

// task is what the architecture is made for.
func (l *layout) task() (string, error) {
	if l.options.Task != "" {
		return l.options.Task, nil
	}
	architecture := "none"
	if len(l.config.Architectures) > 0 {
		architecture = l.config.Architectures[0]
	}
	_, kind, _ := strings.Cut(architecture, "For")
	switch {
	case len(l.modules) > 0: // sentence-transformers takes any body for an encoder
		return models.TaskEmbed, nil
	case kind == "SequenceClassification" && l.labelCount() == 1:
		return models.TaskRerank, nil
	case kind == "SequenceClassification":
		return models.TaskClassify, nil
	case kind == "", kind == "MaskedLM":
		return models.TaskEmbed, nil
	}
	return "", fmt.Errorf("%w: config.json says %.60s, which neither embeds nor reranks nor classifies texts; if it does, say so with --task", ErrLayout, architecture)
}

func (l *layout) labelCount() int {
	if n := len(l.config.ID2Label); n > 0 {
		return n
	}
	if l.config.NumLabels > 0 {
		return l.config.NumLabels
	}
	return 2 // transformers' default
}

// labels are the classes in the order of the scores.
func (l *layout) labels() ([]string, error) {
	labels := make([]string, l.labelCount())
	for i := range labels {
		label, ok := l.config.ID2Label[fmt.Sprint(i)]
		if len(l.config.ID2Label) == 0 {
			label, ok = fmt.Sprintf("LABEL_%d", i), true
		}
		if !ok || label == "" || slices.Contains(labels[:i], label) {
			return nil, fmt.Errorf("%w: id2label of config.json has no label %d, or one twice", ErrLayout, i)
		}
		labels[i] = label
	}
	return labels, nil
}

// activation is what the model's own library applies.
func (l *layout) activation(task string) (string, error) {
	declared := l.config.SentenceTransformers.Activation
	if declared == "" {
		declared = l.config.Activation
	}
	switch kind := declared[strings.LastIndexByte(declared, '.')+1:]; {
	case kind == "Sigmoid":
		return models.ActivationSigmoid, nil
	case kind == "Softmax" && task == models.TaskClassify:
		return models.ActivationSoftmax, nil
	case kind == "Identity" && task == models.TaskRerank:
		return models.ActivationNone, nil
	case kind != "" && kind != "Identity":
		return "", fmt.Errorf("%w: config.json asks for the activation %.60q, which Frontdesk does not know", ErrLayout, declared)
	}
	if task == models.TaskRerank || l.config.ProblemType == "multi_label_classification" {
		return models.ActivationSigmoid, nil
	}
	return models.ActivationSoftmax, nil
}

// offset says that the model counts positions from its padding id + 1, so that two of them are no texts' (fairseq's
// convention, kept by transformers in modeling_roberta.py and its kin).
func (l *layout) offset() bool {
	return slices.Contains([]string{"roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl", "roberta-prelayernorm", "ibert", "longformer"}, l.config.ModelType)
}

// limit is the number of tokens of the longest text.
func (l *layout) limit() (int, error) {
	limit := maxLimit
	lower := func(n int) {
		if n > 0 {
			limit = min(limit, n)
		}
	}
	positions := l.config.MaxPositions
	if l.offset() && positions > 2 {
		positions -= 2
	}
	lower(positions)
	lower(l.sentences.MaxSeqLength)
	if l.sentences.MaxSeqLength == 0 && l.tokens.MaxLength < math.MaxInt32 {
		lower(int(l.tokens.MaxLength))
	}
	if asked := l.options.MaxTokens; asked > limit {
		return 0, fmt.Errorf("%w: max-tokens is %d, the model takes %d", ErrLayout, asked, limit)
	}
	lower(l.options.MaxTokens)
	if limit < 8 {
		return 0, fmt.Errorf("%w: the model takes %d tokens only", ErrLayout, limit)
	}
	return limit, nil
}

// poolings is how the repository pools tokens; "" if it does not say.
func (l *layout) poolings() (string, error) {
	if l.options.Pooling != "" {
		return l.options.Pooling, nil
	}
	if !slices.ContainsFunc(l.modules, func(m module) bool { return m.kind() == "Pooling" }) {
		if k, ok := family(l.id); ok {
			return k.pooling, nil
		}
		return "", nil
	}
	var modes []string
	for _, m := range []struct {
		set  bool
		name string
	}{
		{l.pooling.CLS, models.PoolCLS},
		{l.pooling.Mean, models.PoolMean},
		{l.pooling.Last, models.PoolLast},
		{l.pooling.Max, "max"},
		{l.pooling.MeanSqrt, "mean_sqrt_len"},
		{l.pooling.Weighted, "weightedmean"},
	} {
		if m.set {
			modes = append(modes, m.name)
		}
	}
	for _, name := range l.pooling.Mode {
		if name == "lasttoken" {
			name = models.PoolLast
		}
		if !slices.Contains(modes, name) {
			modes = append(modes, name)
		}
	}
	if len(modes) != 1 || !slices.Contains([]string{models.PoolCLS, models.PoolMean, models.PoolLast}, modes[0]) {
		return "", fmt.Errorf("%w: its pooling is %s; Frontdesk knows mean, cls and last, one at a time", ErrLayout, strings.Join(modes, " + "))
	}
	return modes[0], nil
}

// prefixes are what is put before texts: as asked, as the repository says, as the family's card says.
func (l *layout) prefixes() (models.Prefixes, error) {
	pick := func(names ...string) string {
		for _, name := range names {
			if text := l.prompts.Prompts[name]; text != "" {
				return text
			}
		}
		return ""
	}
	p := models.Prefixes{
		Question: pick("query", "search_query", "retrieval.query", "s2p_query"),
		Passage:  pick("passage", "document", "corpus", "search_document", "retrieval.passage"),
	}
	if name := l.prompts.DefaultName; name != nil && p == (models.Prefixes{}) {
		p.Question, p.Passage = l.prompts.Prompts[*name], l.prompts.Prompts[*name]
	}
	if k, ok := family(l.id); ok && p == (models.Prefixes{}) {
		p = models.Prefixes{Question: k.question, Passage: k.passage}
	}
	if l.options.QuestionPrefix != nil {
		p.Question = *l.options.QuestionPrefix
	}
	if l.options.PassagePrefix != nil {
		p.Passage = *l.options.PassagePrefix
	}
	if l.pooling.IncludePrompt != nil && !*l.pooling.IncludePrompt && p != (models.Prefixes{}) {
		return p, fmt.Errorf("%w: its pooling leaves the prompt's tokens out (include_prompt), which Frontdesk cannot", ErrLayout)
	}
	return p, nil
}

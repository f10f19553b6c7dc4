package hub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/models"
)

func hidden384() []hubtest.Value {
	return []hubtest.Value{hubtest.Float("last_hidden_state", -1, -1, 384)}
}

func twoInputs() []hubtest.Value { return bertInputs()[:2] }

func transformer() []byte {
	return []byte(`{"architectures":["XLMRobertaModel"],"model_type":"xlm-roberta","hidden_size":384,"max_position_embeddings":514}`)
}

func TestLayoutsOfTheUsualFamiliesBecomeManifests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, id string
		files    map[string][]byte
		card     map[string]any
		o        Options
		want     models.Manifest
	}{
		{
			name: "sentence-transformers, mean", id: miniID, files: minilm(10),
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 384, Pooling: models.PoolMean, Normalize: true, MaxTokens: models.Lengths{Question: 256, Passage: 256},
				License: "Apache-2.0", Languages: []string{"en"},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "last_hidden_state"},
			},
		},
		{
			name: "bge, cls with an instruction for queries", id: "BAAI/bge-small-zh-v1.5",
			files: with(minilm(10), map[string][]byte{
				"1_Pooling/config.json":     []byte(`{"pooling_mode":"cls"}`),
				"sentence_bert_config.json": []byte(`{"max_seq_length":512,"do_lower_case":true}`),
				"tokenizer.json":            []byte(`{"normalizer": {"type": "BertNormalizer", "lowercase": true}}`),
			}),
			card: map[string]any{"license": "mit", "language": []string{"zh"}},
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 384, Pooling: models.PoolCLS, Normalize: true, MaxTokens: models.Lengths{Question: 512, Passage: 512},
				License: "MIT", Languages: []string{"zh"}, Prefixes: models.Prefixes{Question: "为这个句子生成表示以用于检索相关文章："},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "last_hidden_state"},
			},
		},
		{
			name: "multilingual e5: prefixes, positions that begin at 2, no type ids", id: "intfloat/multilingual-e5-small",
			files: with(minilm(10), map[string][]byte{
				"config.json": transformer(), "sentence_bert_config.json": []byte(`{"max_seq_length":null}`), "tokenizer_config.json": []byte(`{"model_max_length":1000000000000000019884624838656}`),
				"onnx/model.onnx": hubtest.Graph(10, twoInputs(), hidden384()),
			}),
			card: map[string]any{"license": "mit", "language": []string{"multilingual", "en", "zh", "no"}},
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 384, Pooling: models.PoolMean, Normalize: true, MaxTokens: models.Lengths{Question: 512, Passage: 512},
				License: "MIT", Languages: []string{"mul", "en", "zh", "no"}, Prefixes: models.Prefixes{Question: "query: ", Passage: "passage: "},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Output: "last_hidden_state"},
			},
		},
		{
			name: "plain copy without modules.json, graph at the root, from the table", id: "Xenova/bge-base-en-v1.5",
			files: map[string][]byte{
				"config.json": minilm(1)["config.json"], "tokenizer.json": []byte("{}"), "model.onnx": hubtest.Graph(10, bertInputs(), hidden384()),
			},
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 384, Pooling: models.PoolCLS, Normalize: true, MaxTokens: models.Lengths{Question: 512, Passage: 512},
				License: "NOASSERTION", Languages: []string{}, Prefixes: models.Prefixes{Question: "Represent this sentence for searching relevant passages: "},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "last_hidden_state"},
			},
		},
		{
			name: "prompts of sentence-transformers, matryoshka cut by --dims", id: "acme/nest",
			files: with(minilm(10), map[string][]byte{
				"config_sentence_transformers.json": []byte(`{"prompts":{"query":"Q: ","document":"D: "},"default_prompt_name":null}`),
				"config.json":                       []byte(`{"architectures":["BertModel"],"hidden_size":384,"max_position_embeddings":512,"matryoshka_dimensions":[256,64,384,128]}`),
			}),
			o: Options{Dims: 128, MaxTokens: 100},
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 128, Pooling: models.PoolMean, Normalize: true, MaxTokens: models.Lengths{Question: 100, Passage: 100},
				License: "Apache-2.0", Languages: []string{"en"}, Prefixes: models.Prefixes{Question: "Q: ", Passage: "D: "}, Matryoshka: []int{64},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "last_hidden_state", Width: 384},
			},
		},
		{
			name: "graph that pools, with a dense layer; prefixes by hand", id: "acme/dense",
			files: with(minilm(10), map[string][]byte{
				"modules.json":    modules("x.Transformer", "", "x.Pooling", "1_Pooling", "x.Dense", "2_Dense", "x.Normalize", "3_Normalize"),
				"onnx/model.onnx": hubtest.Graph(10, twoInputs(), []hubtest.Value{hubtest.Float("token_embeddings", -1, -1, 384), hubtest.Float("sentence_embedding", -1, 512)}),
			}),
			o: Options{QuestionPrefix: new("q> "), PassagePrefix: new("")},
			want: models.Manifest{
				Task: models.TaskEmbed, Dims: 512, Pooling: models.PoolGraph, Normalize: true, MaxTokens: models.Lengths{Question: 256, Passage: 256},
				License: "Apache-2.0", Languages: []string{"en"}, Prefixes: models.Prefixes{Question: "q> "},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Output: "sentence_embedding"},
			},
		},
		{
			name: "reranker", id: "BAAI/bge-reranker-base",
			files: map[string][]byte{
				"config.json":    []byte(`{"architectures":["XLMRobertaForSequenceClassification"],"model_type":"xlm-roberta","max_position_embeddings":514,"id2label":{"0":"LABEL_0"}}`),
				"tokenizer.json": []byte("{}"), "onnx/model.onnx": hubtest.Graph(10, twoInputs(), []hubtest.Value{hubtest.Float("logits", -1, 1)}),
			},
			want: models.Manifest{
				Task: models.TaskRerank, Activation: models.ActivationSigmoid, MaxTokens: models.Lengths{Question: 512, Passage: 512}, License: "NOASSERTION", Languages: []string{},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Output: "logits"},
			},
		},
		{
			name: "cross-encoder that serves its scores as they are", id: "cross-encoder/ms-marco-MiniLM-L6-v2",
			files: map[string][]byte{
				"config.json":    []byte(`{"architectures":["BertForSequenceClassification"],"max_position_embeddings":512,"id2label":{"0":"LABEL_0"},"sentence_transformers":{"activation_fn":"torch.nn.modules.linear.Identity"}}`),
				"tokenizer.json": []byte("{}"), "onnx/model.onnx": hubtest.Graph(10, bertInputs(), []hubtest.Value{hubtest.Float("logits", -1, -1)}),
			},
			want: models.Manifest{
				Task: models.TaskRerank, Activation: models.ActivationNone, MaxTokens: models.Lengths{Question: 512, Passage: 512}, License: "NOASSERTION", Languages: []string{},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "logits"},
			},
		},
		{
			name: "classifier", id: "acme/mood",
			files: map[string][]byte{
				"config.json":    []byte(`{"architectures":["BertForSequenceClassification"],"max_position_embeddings":512,"id2label":{"2":"good","0":"bad","1":"so-so"}}`),
				"tokenizer.json": []byte("{}"), "onnx/model.onnx": hubtest.Graph(10, bertInputs(), []hubtest.Value{hubtest.Float("logits", -1, 3)}),
			},
			want: models.Manifest{
				Task: models.TaskClassify, Activation: models.ActivationSoftmax, Labels: []string{"bad", "so-so", "good"},
				MaxTokens: models.Lengths{Question: 512, Passage: 512}, License: "NOASSERTION", Languages: []string{},
				Graph: models.Graph{IDs: "input_ids", Mask: "attention_mask", Types: "token_type_ids", Output: "logits"},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.Add(c.id, &hubtest.Repo{Files: c.files, Card: c.card})
			got := b.mustPull(t, c.id, c.o)
			if got.Source == nil || got.Source.Repo != c.id || got.Source.Revision != hubtest.Commit || len(got.Files) != 3 {
				t.Errorf("source %+v, files %v", got.Source, got.Files)
			}
			c.want.Name, c.want.Version, c.want.Runtime = c.id, hubtest.Commit[:12], models.RuntimeONNX
			got.Source, got.Files, got.Fingerprint = nil, nil, ""
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestRepositoriesThatCannotBeRunFaithfullyAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		changes map[string][]byte
		o       Options
		says    string
	}{
		{"no onnx at all", map[string][]byte{"onnx/model.onnx": nil}, Options{}, "optimum-cli export onnx --model acme/model"},
		{"onnx of another name", map[string][]byte{"onnx/model.onnx": nil, "onnx/model_O4.onnx": []byte("x")}, Options{}, "--file: onnx/model_O4.onnx"},
		{"no quantized one", nil, Options{Quantized: true}, "it has no onnx/model_quantized.onnx"},
		{"no config", map[string][]byte{"config.json": nil}, Options{}, "config.json"},
		{"config is no JSON", map[string][]byte{"config.json": []byte("<html>")}, Options{}, "config.json"},
		{"no tokenizer", map[string][]byte{"tokenizer.json": nil}, Options{}, "save_pretrained"},
		{"unknown module", map[string][]byte{"modules.json": modules("sentence_transformers.models.StaticEmbedding", "")}, Options{}, "StaticEmbedding"},
		{"max pooling", map[string][]byte{"1_Pooling/config.json": []byte(`{"pooling_mode_max_tokens":true}`)}, Options{}, "max"},
		{"two poolings", map[string][]byte{"1_Pooling/config.json": []byte(`{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}`)}, Options{}, "cls + mean"},
		{"pooling in words", map[string][]byte{"1_Pooling/config.json": []byte(`{"pooling_mode":["mean","max"]}`)}, Options{}, "mean + max"},
		{"lower case by hand", map[string][]byte{"sentence_bert_config.json": []byte(`{"do_lower_case":true}`)}, Options{}, "do_lower_case"},
		{"no pooling config", map[string][]byte{"1_Pooling/config.json": nil}, Options{}, "1_Pooling/config.json"},
		{"pooling unknown", map[string][]byte{"modules.json": nil}, Options{}, "--pooling"},
		{"prompt left out of pooling", map[string][]byte{"1_Pooling/config.json": []byte(`{"pooling_mode_mean_tokens":true,"include_prompt":false}`)}, Options{QuestionPrefix: new("x ")}, "include_prompt"},
		{"dense layer outside the graph", map[string][]byte{"modules.json": modules("x.Transformer", "", "x.Pooling", "1_Pooling", "x.Dense", "2_Dense")}, Options{}, "Dense"},
		{"generator", map[string][]byte{"modules.json": nil, "config.json": []byte(`{"architectures":["LlamaForCausalLM"]}`)}, Options{}, "LlamaForCausalLM"},
		{"unknown input", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, append(bertInputs(), hubtest.Int("pixel_values")), hidden384())}, Options{}, "pixel_values"},
		{"no mask", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, bertInputs()[:1], hidden384())}, Options{}, "attention_mask"},
		{"ids of float", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, []hubtest.Value{hubtest.Float("input_ids", -1, -1), hubtest.Int("attention_mask")}, hidden384())}, Options{}, "int64"},
		{"no hidden state", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, twoInputs(), []hubtest.Value{hubtest.Float("a", 1), hubtest.Float("b", 1)})}, Options{}, "last_hidden_state"},
		{"width differs", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, twoInputs(), []hubtest.Value{hubtest.Float("last_hidden_state", -1, -1, 768)})}, Options{}, "768"},
		{"huge width", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, twoInputs(), []hubtest.Value{hubtest.Float("last_hidden_state", -1, -1, 1<<40)}), "config.json": []byte(`{}`)}, Options{}, "announces"},
		{"graph is no onnx", map[string][]byte{"onnx/model.onnx": []byte("version https://git-lfs")}, Options{}, "ONNX"},
		{"weights outside", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, twoInputs(), hidden384(), "../../x")}, Options{}, "leaves its folder"},
		{"weights not there", map[string][]byte{"onnx/model.onnx": hubtest.Graph(1, twoInputs(), hidden384(), "w.bin")}, Options{}, "onnx/w.bin"},
		{"module path outside", map[string][]byte{"modules.json": modules("x.Pooling", "../../etc")}, Options{}, "etc"},
		{"dims too long", nil, Options{Dims: 999}, "--dims"},
		{"more tokens than it has", nil, Options{MaxTokens: 9999}, "max-tokens"},
		{"task unknown", nil, Options{Task: "paint"}, "paint"},
		{"pooling by hand unknown", nil, Options{Pooling: "magic"}, "magic"},
		{"file outside", nil, Options{File: "../x.onnx"}, "../x.onnx"},
		{"one label for classify", map[string][]byte{"config.json": []byte(`{"id2label":{"0":"a","5":"b"}}`), "modules.json": nil}, Options{Task: models.TaskClassify}, "id2label"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.Add("acme/model", &hubtest.Repo{Files: with(minilm(10), c.changes)})
			_, err := b.puller.Pull(t.Context(), "acme/model", c.o, nil)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			}
			if b.recorder.calls > 0 {
				t.Error("the model was run")
			}
			if _, err := b.store.Load("acme/model"); !errors.Is(err, models.ErrNotInstalled) {
				t.Errorf("something was installed: %v", err)
			}
		})
	}
}

func TestNamesThatAreNoneAreRefusedBeforeTheHubIsAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []string{"", "../x", "a/b/c", "a/../b", "a b/c", "a/b?x", "x%2F..", "-a/b"} {
		if _, err := b.puller.Pull(t.Context(), id, Options{}, nil); !errors.Is(err, models.ErrName) {
			t.Errorf("%q: error %v, want ErrName", id, err)
		}
	}
	if _, err := b.puller.Pull(t.Context(), "frontdesk-static-zh-en", Options{}, nil); !errors.Is(err, ErrInstalled) {
		t.Errorf("the bundled model: %v", err)
	}
	if got := b.Requests(); len(got) > 0 {
		t.Errorf("the hub was asked: %v", got)
	}
}

func TestWeightsBesideTheGraphAreFetchedAndDeclared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	files := with(minilm(10), map[string][]byte{
		"onnx/model.onnx":      hubtest.Graph(10, twoInputs(), hidden384(), "model.onnx_data"),
		"onnx/model.onnx_data": make([]byte, 300<<10),
	})
	b.Add("acme/apart", &hubtest.Repo{Files: files})
	b.Fail("onnx/model.onnx_data", hubtest.Fault{CutAfter: 100 << 10})
	m := b.mustPull(t, "acme/apart", Options{})
	if f := m.Files[models.FileData+"/model.onnx_data"]; f.Path != "onnx/model.onnx_data" || f.Size != 300<<10 {
		t.Errorf("declared is %+v", m.Files)
	}
}

func TestVocabularyOfBERTBecomesATokenizer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add("acme/old", &hubtest.Repo{Files: with(minilm(10), map[string][]byte{
		"tokenizer.json": nil, "vocab.txt": []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\n退\n"),
		"tokenizer_config.json": []byte(`{"tokenizer_class":"BertTokenizer","do_lower_case":false,"strip_accents":null}`),
	})})
	b.mustPull(t, "acme/old", Options{})
	dir, err := b.store.Dir("acme/old")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Normalizer struct{ Lowercase bool }
		Model      struct {
			Type  string
			Vocab map[string]int
		}
		PostProcessor struct {
			Sep []any
		} `json:"post_processor"`
		AddedTokens []struct{ ID int } `json:"added_tokens"`
	}
	if err := json.Unmarshal(data, &made); err != nil {
		t.Fatal(err)
	}
	if made.Normalizer.Lowercase || made.Model.Vocab["退"] != 7 || made.Model.Type != "WordPiece" || len(made.AddedTokens) != 5 || made.PostProcessor.Sep[1] != 3.0 {
		t.Errorf("made %s", data)
	}
}

func TestBareMirrorWithoutChecksumsIsGoodEnough(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(100 << 10), Bare: true})
	b.Fail("onnx/model.onnx", hubtest.Fault{CutAfter: 50 << 10})
	b.mustPull(t, miniID, Options{})
}

func TestRevisionWithASlashIsOneElement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Add(miniID, &hubtest.Repo{Files: minilm(10)})
	b.mustPull(t, miniID, Options{Revision: "refs/pr/1"})
}

func TestCardsAreReadLeniently(t *testing.T) {
	t.Parallel()
	for card, want := range map[string]struct {
		license string
		tongues []string
	}{
		"---\nlicense: cc-by-nc-4.0\nlanguage:\n- zh\n- en\ntags:\n- x\n---\n": {"cc-by-nc-4.0", []string{"zh", "en"}},
		"---\r\nlanguage: [de, \"fr\"]\r\nlicense: 'mit'\r\n---\r\n":           {"mit", []string{"de", "fr"}},
		"---\nlanguage: en\nmodel-index:\n- name: x\n  license: no\n---":       {"", []string{"en"}},
		"# no front matter\nlicense: mit":                                      {"", nil},
		"---\nnever closed: 1":                                                 {"", nil},
	} {
		license, tongues := frontMatter(card)
		if license != want.license || strings.Join(tongues, " ") != strings.Join(want.tongues, " ") {
			t.Errorf("%q: %q %q", card, license, tongues)
		}
	}
	for name, want := range map[string]string{
		"apache-2.0": "Apache-2.0", "MIT": "MIT", "cc-by-nc-4.0": "CC-BY-NC-4.0", "cc0-1.0": "CC0-1.0", "bsd-3-clause": "BSD-3-Clause",
		"gpl-3.0": "GPL-3.0-only", "": "NOASSERTION", "other": "LicenseRef-other", "llama3 x": "LicenseRef-llama3-x",
	} {
		if got := spdx(name); got != want {
			t.Errorf("spdx(%q) = %q, want %q", name, got, want)
		}
	}
}

package inference_test

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/inference/tokenizer"
	"frontdesk/internal/integration/hub"
	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/internal/safedial"
	"frontdesk/models"
)

// puller pulls from a hub of this test into a store of this test, and proves with a real engine.
func puller(t *testing.T) (*hubtest.Server, *models.Store, *hub.Puller) {
	t.Helper()
	server := hubtest.New(t)
	store, err := models.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dialer, err := safedial.New(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	client := dialer.Client()
	t.Cleanup(client.CloseIdleConnections)
	p, err := hub.New(hub.Config{Endpoint: server.URL, Client: client, Store: store, Recorder: serve(t, small(t))})
	if err != nil {
		t.Fatal(err)
	}
	return server, store, p
}

// repository is what sentence-transformers and optimum write for a network.
func repository(n *onnxtest.Net, architecture, extra string) map[string][]byte {
	return map[string][]byte{
		"config.json":     []byte(`{"architectures":["` + architecture + `"],"model_type":"bert","hidden_size":` + strconv.Itoa(n.Spec.Hidden) + `,"max_position_embeddings":512` + extra + `}`),
		"tokenizer.json":  onnxtest.Tokenizer(),
		"onnx/model.onnx": n.ONNX(),
	}
}

// pooled adds the modules of a bi-encoder.
func pooled(files map[string][]byte, mode string) map[string][]byte {
	files["modules.json"] = []byte(`[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},
		{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},{"idx":2,"path":"2_Normalize","type":"sentence_transformers.models.Normalize"}]`)
	files["1_Pooling/config.json"] = []byte(`{"` + mode + `":true}`)
	files["sentence_bert_config.json"] = []byte(`{"max_seq_length":128}`)
	return files
}

// installed pulls a repository and serves what came.
func installed(t *testing.T, id string, files map[string][]byte, o hub.Options) *inference.Engine {
	t.Helper()
	server, store, p := puller(t)
	server.Add(id, &hubtest.Repo{Files: files})
	if _, err := p.Pull(t.Context(), id, o, nil); err != nil {
		t.Fatal(err)
	}
	b, err := store.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, small(t), func(c *inference.Config) { c.Models = []models.Bundle{b} })
}

// expected is the vector of a text as the network's second opinion has it.
func expected(t *testing.T, n *onnxtest.Net, tokenizerJSON []byte, text, pooling string, dims int) []float32 {
	t.Helper()
	tok, err := tokenizer.Parse(tokenizerJSON)
	if err != nil {
		t.Fatal(err)
	}
	hidden := n.Forward(tok.AppendIDs(nil, text, 128), nil)
	row := make([]float64, n.Spec.Hidden)
	switch pooling {
	case models.PoolCLS:
		copy(row, hidden[0])
	case models.PoolLast:
		copy(row, hidden[len(hidden)-1])
	default:
		for _, h := range hidden {
			for d := range row {
				row[d] += h[d]
			}
		}
	}
	var sum float64
	for _, x := range row[:dims] {
		sum += x * x
	}
	out := make([]float32, dims)
	for d := range out {
		out[d] = float32(row[d] / math.Sqrt(sum))
	}
	return out
}

func unzipped(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func alike(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > 1e-5 {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestPulledEncoderGivesTheVectorsThatItsRepositoryMeans(t *testing.T) {
	t.Parallel()
	unigram := unzipped(t, "tokenizer/testdata/trained/unigram.tokenizer.json.gz")
	tok, err := tokenizer.Parse(unigram)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, id, mode, pooling string
		question, passage       string // prefixes
		unigram                 bool
		dims                    int
	}{
		{name: "mean", id: "sentence-transformers/all-MiniLM-L6-v2", mode: "pooling_mode_mean_tokens", pooling: models.PoolMean},
		{name: "cls with instruction", id: "BAAI/bge-small-zh-v1.5", mode: "pooling_mode_cls_token", pooling: models.PoolCLS, question: "为这个句子生成表示以用于检索相关文章："},
		{name: "last", id: "acme/last", mode: "pooling_mode_lasttoken", pooling: models.PoolLast},
		{
			name: "Unigram with prefixes", id: "intfloat/multilingual-e5-small", mode: "pooling_mode_mean_tokens", pooling: models.PoolMean,
			question: "query: ", passage: "passage: ", unigram: true,
		},
		{name: "matryoshka", id: "acme/nest", mode: "pooling_mode_mean_tokens", pooling: models.PoolMean, dims: 8},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := onnxtest.Spec{Hidden: 32, Seed: uint64(40 + i), TypeInput: i%2 == 0}
			file := onnxtest.Tokenizer()
			if c.unigram {
				file, spec.Vocab = unigram, tok.VocabSize()
			}
			n := onnxtest.New(spec)
			files := pooled(repository(n, "BertModel", ""), c.mode)
			files["tokenizer.json"] = file
			e := installed(t, c.id, files, hub.Options{Dims: c.dims})
			dims := c.dims
			if dims == 0 {
				dims = 32
			}
			if e.Model().Name != c.id || e.Dims() != dims {
				t.Fatalf("serving %s with %d dims", e.Model().Name, e.Dims())
			}
			for _, text := range []string{"how do i get my money back", "怎么退款", "where is my order? 订单"} {
				q, _, err := e.EmbedQuestion(t.Context(), text)
				if err != nil {
					t.Fatal(err)
				}
				alike(t, "question "+text, q, expected(t, n, file, c.question+text, c.pooling, dims))
				p, _, err := e.EmbedPassages(t.Context(), []string{text, "long " + text})
				if err != nil {
					t.Fatal(err)
				}
				alike(t, "passage "+text, p[0], expected(t, n, file, c.passage+text, c.pooling, dims))
			}
		})
	}
}

func TestPulledRerankerAndClassifierServeTheirScores(t *testing.T) {
	t.Parallel()
	sigmoid := func(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
	tok, err := tokenizer.Parse(onnxtest.Tokenizer())
	if err != nil {
		t.Fatal(err)
	}
	ids, types := tok.Assemble(nil, []int32{}, tok.AppendPieceIDs(nil, "where is my order"), tok.AppendPieceIDs(nil, "ship it"), true, tokenizer.Truncation{MaxLength: 512})

	n := onnxtest.New(onnxtest.Spec{Hidden: 32, Seed: 61, Labels: 1, TypeInput: true})
	e := installed(t, "cross-encoder/small", repository(n, "BertForSequenceClassification", `,"id2label":{"0":"LABEL_0"}`), hub.Options{})
	r, err := e.Rerank(t.Context(), models.RerankRequest{Query: "where is my order", Texts: []string{"ship it"}})
	if err != nil || r.Model != "cross-encoder/small" {
		t.Fatalf("%+v, %v", r, err)
	}
	alike(t, "reranker", r.Scores, []float32{sigmoid(n.Row(ids, types)[0])})

	n = onnxtest.New(onnxtest.Spec{Hidden: 32, Seed: 62, Labels: 3})
	e = installed(t, "acme/mood", repository(n, "BertForSequenceClassification", `,"id2label":{"0":"bad","1":"so-so","2":"good"}`), hub.Options{})
	c, err := e.Classify(t.Context(), models.ClassifyRequest{Inputs: []models.Input{{Text: "ship it"}}, Raw: true})
	if err != nil || strings.Join(c.Labels, " ") != "bad so-so good" {
		t.Fatalf("%+v, %v", c, err)
	}
	one := tok.AppendIDs(nil, "ship it", 512)
	alike(t, "classifier", c.Scores[0], n.Row(one, make([]int32, len(one))))
}

func TestPulledModelWithWeightsOfItsOwnFileRuns(t *testing.T) {
	t.Parallel()
	const vocab, dims = onnxtest.VocabSize, 8
	weights := make([]byte, 0, vocab*dims*4)
	for i := range vocab * dims {
		weights = binary.LittleEndian.AppendUint32(weights, math.Float32bits(float32(math.Sin(float64(i)))))
	}
	files := repository(onnxtest.New(onnxtest.Spec{Hidden: dims}), "BertModel", "")
	files["onnx/model.onnx"] = onnxtest.External("model.onnx_data", vocab, dims)
	files["onnx/model.onnx_data"] = weights
	e := installed(t, "acme/apart", files, hub.Options{Pooling: models.PoolMean})
	if v, _, err := e.EmbedQuestion(t.Context(), "where is my order"); err != nil || len(v) != dims {
		t.Errorf("%v, %v", v, err)
	}
}

func TestModelThatCannotBeTrustedIsNotPulled(t *testing.T) {
	t.Parallel()
	encoder := func(change func(*onnxtest.Net), file []byte) map[string][]byte {
		n := onnxtest.New(onnxtest.Spec{Hidden: 32, Seed: 70})
		if change != nil {
			change(n)
		}
		files := pooled(repository(n, "BertModel", ""), "pooling_mode_mean_tokens")
		if file != nil {
			files["onnx/model.onnx"] = file
		}
		return files
	}
	fewRows := onnxtest.New(onnxtest.Spec{Hidden: 32, Seed: 71, Vocab: 100}).ONNX()
	same := (&onnxtest.Lookup{Labels: 1, Scores: map[int32][]float32{}}).ONNX()
	cases := []struct {
		name  string
		files map[string][]byte
		want  error
	}{
		{"NaN in its weights", encoder((*onnxtest.Net).Poison, nil), inference.ErrNotFinite},
		{"fewer rows than the tokenizer has ids", encoder(nil, fewRows), models.ErrManifest},
		{"the same for all", rerankerOf(same), inference.ErrUnsound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, store, p := puller(t)
			server.Add("acme/bad", &hubtest.Repo{Files: c.files})
			if _, err := p.Pull(t.Context(), "acme/bad", hub.Options{}, nil); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if _, err := store.Load("acme/bad"); !errors.Is(err, models.ErrNotInstalled) {
				t.Errorf("installed: %v", err)
			}
		})
	}
}

// rerankerOf is a reranker of a graph.
func rerankerOf(graph []byte) map[string][]byte {
	files := repository(onnxtest.New(onnxtest.Spec{}), "BertForSequenceClassification", `,"id2label":{"0":"LABEL_0"}`)
	files["onnx/model.onnx"] = graph
	return files
}

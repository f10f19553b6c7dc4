package hub

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/internal/integration/hub/hubtest"
	"frontdesk/internal/safedial"
	"frontdesk/models"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a hub, a store and a puller.
type bench struct {
	*hubtest.Server
	store    *models.Store
	recorder *recorder
	puller   *Puller

	mu    sync.Mutex
	waits []time.Duration // that the puller would have waited; guarded by mu
}

// recorder stands in for the engine.
type recorder struct {
	err   error
	calls int
}

// Record implements Recorder.
func (r *recorder) Record(_ context.Context, b models.Bundle, probes []models.Golden) ([]models.Golden, error) {
	r.calls++
	if r.err != nil {
		return nil, r.err
	}
	if len(b.Tokenizer) == 0 || !filepath.IsAbs(b.ModelPath) {
		return nil, errors.New("the bundle is not complete")
	}
	for i := range probes {
		probes[i].IDs = []int32{int32(i)}
		if b.Manifest.Task == models.TaskEmbed {
			probes[i].Vector = make([]float32, b.Manifest.Dims)
		} else {
			probes[i].Scores = make([]float32, b.Manifest.Outputs())
		}
	}
	return probes, nil
}

func setup(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{Server: hubtest.New(t), recorder: &recorder{}}
	var err error
	if b.store, err = models.OpenStore(filepath.Join(t.TempDir(), "models")); err != nil {
		t.Fatal(err)
	}
	b.puller = b.another(t, change...)
	return b
}

// another is a puller on the same store, as of another process.
func (b *bench) another(t *testing.T, change ...func(*Config)) *Puller {
	t.Helper()
	dialer, err := safedial.New(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	client := dialer.Client()
	t.Cleanup(client.CloseIdleConnections)
	cfg := Config{Endpoint: b.URL, Client: client, Store: b.store, Recorder: b.recorder}
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.wait = func(ctx context.Context, d time.Duration) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waits = append(b.waits, d)
		return ctx.Err()
	}
	return p
}

// asked returns the requests for a file on a host.
func (b *bench) asked(host, file string) (found []hubtest.Request) {
	for _, r := range b.Requests() {
		if r.Host == host && (filepath.Base(r.Path) == filepath.Base(file)) {
			found = append(found, r)
		}
	}
	return found
}

// minilm is a repository as sentence-transformers writes it, with a graph of some size.
func minilm(size int) map[string][]byte {
	return map[string][]byte{
		"README.md":                   []byte("---\nlicense: apache-2.0\nlanguage: en\n---\n# A model\n"),
		"config.json":                 []byte(`{"architectures":["BertModel"],"model_type":"bert","hidden_size":384,"max_position_embeddings":512}`),
		"tokenizer.json":              []byte(`{"model":{"type":"WordPiece"}}`),
		"tokenizer_config.json":       []byte(`{"model_max_length":512,"tokenizer_class":"BertTokenizer"}`),
		"modules.json":                modules("sentence_transformers.models.Transformer", "", "sentence_transformers.models.Pooling", "1_Pooling", "sentence_transformers.models.Normalize", "2_Normalize"),
		"1_Pooling/config.json":       []byte(`{"word_embedding_dimension":384,"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true}`),
		"sentence_bert_config.json":   []byte(`{"max_seq_length":256,"do_lower_case":false}`),
		"onnx/model.onnx":             hubtest.Graph(size, bertInputs(), []hubtest.Value{hubtest.Float("last_hidden_state", -1, -1, 384)}),
		"pytorch_model.bin":           []byte("weights"),
		"data_config.json":            []byte(`{}`),
		".gitattributes":              []byte("*.onnx filter=lfs"),
		"onnx/model_qint8_avx512.bin": []byte("x"),
	}
}

func modules(typeAndPath ...string) []byte {
	var all []map[string]any
	for i := 0; i < len(typeAndPath); i += 2 {
		all = append(all, map[string]any{"idx": i / 2, "name": "x", "type": typeAndPath[i], "path": typeAndPath[i+1]})
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return data
}

func bertInputs() []hubtest.Value {
	return []hubtest.Value{hubtest.Int("input_ids"), hubtest.Int("attention_mask"), hubtest.Int("token_type_ids")}
}

// with changes files; nil removes one.
func with(files map[string][]byte, changes map[string][]byte) map[string][]byte {
	files = maps.Clone(files)
	for name, data := range changes {
		if data == nil {
			delete(files, name)
			continue
		}
		files[name] = data
	}
	return files
}

// mustPull pulls and looks at the result as a server would.
func (b *bench) mustPull(t *testing.T, id string, o Options) models.Manifest {
	t.Helper()
	m, err := b.puller.Pull(t.Context(), id, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := b.store.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Manifest.Fingerprint != m.Fingerprint || len(loaded.Golden) == 0 {
		t.Fatalf("loaded %+v, pulled %+v", loaded.Manifest, m)
	}
	if left := hidden(t, b.store); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
	return m
}

// hidden lists what a pull leaves beside the models, locks apart.
func hidden(t *testing.T, s *models.Store) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.Root(), ".[^l]*"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return filepath.Base(name) == "." || filepath.Base(name) == ".." })
}

const miniID = "sentence-transformers/all-MiniLM-L6-v2"

package hub

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"frontdesk/models"
)

// files fetches graph, weights and tokenizer and returns the manifest but for golden values and fingerprint.
func (l *layout) files(ctx context.Context) (models.Manifest, error) {
	m, err := l.manifest()
	if err != nil {
		return m, err
	}
	if m.Files[models.FileTokenizer], err = l.tokenizer(ctx); err != nil { // small, and often what is missing
		return m, err
	}
	name, err := l.graphFile()
	if err != nil {
		return m, err
	}
	want, _ := l.info.file(name)
	if err := l.fetch.room(name, max(0, want.size)+l.apart(name)); err != nil {
		return m, err
	}
	if m.Files[models.FileModel], err = l.fetch.file(ctx, name, want, maxModelBytes); err != nil {
		return m, err
	}
	file, err := l.fetch.root.Open(name)
	if err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	defer file.Close()
	graph, err := models.ReadGraph(file)
	if err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrLayout, name, err)
	}
	if err := l.weights(ctx, &m, name, graph.External); err != nil {
		return m, err
	}
	if err := l.inputs(&m, graph); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrLayout, name, err)
	}
	if m.Task == models.TaskEmbed {
		err = l.embedding(&m, graph)
	} else {
		err = l.scores(&m, graph)
	}
	if err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrLayout, name, err)
	}
	return m, nil
}

// manifest says what the graph need not be looked at for.
func (l *layout) manifest() (models.Manifest, error) {
	m := models.Manifest{
		Name: l.id, Version: l.info.SHA[:12], Runtime: models.RuntimeONNX,
		Languages: languages(l.tongues), License: spdx(l.license),
		Source: &models.Source{Repo: l.id, Revision: l.info.SHA, Options: l.options.asked()},
		Files:  map[string]models.File{},
	}
	var err error
	if m.Task, err = l.task(); err != nil {
		return m, err
	}
	limit, err := l.limit()
	if err != nil {
		return m, err
	}
	m.MaxTokens = models.Lengths{Question: min(limit, questionLimit), Passage: limit}
	if m.Task == models.TaskEmbed {
		m.Prefixes, err = l.prefixes()
		m.Normalize = true // vectors are compared by direction; text-embeddings-inference normalises them all, too
		return m, err
	}
	if l.options.Dims > 0 || l.options.Pooling != "" {
		return m, fmt.Errorf("%w: --dims and --pooling are for embedding, this model is for %s", ErrLayout, m.Task)
	}
	m.MaxTokens.Question = limit // a text to classify is no question
	if m.Activation, err = l.activation(m.Task); err != nil {
		return m, err
	}
	if m.Task == models.TaskClassify {
		m.Labels, err = l.labels()
	} else if n := l.labelCount(); n != 1 {
		err = fmt.Errorf("%w: config.json has %d labels, a reranker has one", ErrLayout, n)
	}
	return m, err
}

// graphFile chooses the ONNX file.
func (l *layout) graphFile() (string, error) {
	var graphs []string
	for _, name := range l.info.names() {
		if path.Ext(name) == ".onnx" {
			graphs = append(graphs, name)
		}
	}
	names := []string{"onnx/model.onnx", "model.onnx"}
	if l.options.Quantized {
		names = []string{"onnx/model_quantized.onnx", "onnx/model_int8.onnx", "model_quantized.onnx", "onnx/model_qint8_avx512_vnni.onnx"}
	}
	if l.options.File != "" {
		names = []string{l.options.File}
	}
	for _, name := range names {
		if slices.Contains(graphs, name) {
			return name, nil
		}
	}
	if len(graphs) > 0 {
		if len(graphs) > 12 {
			graphs = graphs[:12]
		}
		return "", fmt.Errorf("%w: it has no %s; choose one of its ONNX files with --file: %.1000s", ErrLayout, names[0], strings.Join(graphs, ", "))
	}
	return "", fmt.Errorf("%[1]w: it has no ONNX file, only weights for a training library. Take a repository that has one (there often is a copy with onnx/model.onnx, "+
		"such as Xenova/%[2]s or onnx-community/%[2]s), or export it on a machine with Python: optimum-cli export onnx --model %[3]s FOLDER, "+
		"and serve the folder from a hub of your own", ErrLayout, path.Base(l.id), l.id)
}

// apart is the size of the files that look like the graph's weights, for the question whether there is room.
func (l *layout) apart(graph string) (sum int64) {
	for _, s := range l.info.Siblings {
		if s.Name != graph && strings.HasPrefix(s.Name, graph) && s.Size != nil {
			sum += max(0, *s.Size)
		}
	}
	return sum
}

// weights fetches the graph's external data.
func (l *layout) weights(ctx context.Context, m *models.Manifest, graph string, names []string) error {
	for _, name := range names {
		file := path.Join(path.Dir(graph), name)
		for role, other := range m.Files {
			if other.Path == file {
				return fmt.Errorf("%w: %s keeps weights in %s, which is the %s", ErrLayout, graph, file, role)
			}
		}
		want, ok := l.info.file(file)
		if !ok {
			return fmt.Errorf("%w: %s keeps weights in %s, which the repository does not have", ErrLayout, graph, file)
		}
		f, err := l.fetch.file(ctx, file, want, maxModelBytes)
		if err != nil {
			return err
		}
		m.Files[models.FileData+"/"+name] = f
	}
	return nil
}

// inputs matches the graph's inputs with what the engine gives.
func (l *layout) inputs(m *models.Manifest, g models.GraphFile) error {
	for _, in := range g.Inputs {
		var to *string
		switch in.Name {
		case "input_ids":
			to = &m.Graph.IDs
		case "attention_mask":
			to = &m.Graph.Mask
		case "token_type_ids":
			to = &m.Graph.Types
		case "position_ids":
			if l.offset() {
				return fmt.Errorf("it wants position_ids, which %s counts in a way of its own", l.config.ModelType)
			}
			to = &m.Graph.Positions
		default:
			return fmt.Errorf("it wants an input %.60q; known are input_ids, attention_mask, token_type_ids and position_ids", in.Name)
		}
		if in.Element != models.ElementInt64 {
			return fmt.Errorf("its input %s is not of int64", in.Name)
		}
		*to = in.Name
	}
	if m.Graph.IDs == "" || m.Graph.Mask == "" {
		return errors.New("it has no input input_ids or attention_mask")
	}
	return nil
}

// output finds an output by name, or the only one of the rank.
func output(g models.GraphFile, rank int, names ...string) (models.GraphValue, bool) {
	var fits []models.GraphValue
	for _, o := range g.Outputs {
		if len(o.Dims) == rank && o.Element == models.ElementFloat32 {
			fits = append(fits, o)
		}
	}
	for _, name := range names {
		for _, o := range fits {
			if o.Name == name {
				return o, true
			}
		}
	}
	if len(fits) == 1 && len(g.Outputs) == 1 {
		return fits[0], true
	}
	return models.GraphValue{}, false
}

// embedding finds the output and how it is pooled.
func (l *layout) embedding(m *models.Manifest, g models.GraphFile) error {
	pooling, err := l.poolings()
	if err != nil {
		return err
	}
	dense := slices.ContainsFunc(l.modules, func(m module) bool { return m.kind() == "Dense" })
	pooled, isPooled := output(g, 2, "sentence_embedding", "text_embeds", "embedding")
	tokens, isTokens := output(g, 3, "last_hidden_state", "token_embeddings", "hidden_states", "output_0")
	var out models.GraphValue
	switch {
	case isPooled && (pooling == models.PoolGraph || l.options.Pooling == "" && (dense || !isTokens || pooled.Name == "sentence_embedding")):
		// optimum's export of sentence-transformers holds all modules.
		out, pooling = pooled, models.PoolGraph
	case dense:
		return errors.New("modules.json has a Dense layer, which the graph does not hold: export it again as sentence-similarity")
	case pooling == models.PoolGraph:
		return errors.New("it has no output of one row a text (float32)")
	case !isTokens:
		return fmt.Errorf("it has no output last_hidden_state of float32; its outputs are %.200s", outputs(g))
	case pooling == "":
		return errors.New("the repository does not say how tokens are pooled (it has no modules.json): say --pooling mean, cls or last, as the model's card does")
	default:
		out = tokens
	}
	m.Pooling, m.Graph.Output = pooling, out.Name
	width := l.config.HiddenSize
	if width == 0 {
		width = l.config.Dim
	}
	if n := out.Dims[len(out.Dims)-1]; n > 0 {
		if !dense && width > 0 && int64(width) != n {
			return fmt.Errorf("output %s gives %d values, config.json says %d", out.Name, n, width)
		}
		if n > 1<<20 {
			return fmt.Errorf("output %s announces %d values", out.Name, n)
		}
		width = int(n)
	} else if dense {
		return fmt.Errorf("its output %s does not say how many values it gives", out.Name)
	}
	return l.dims(m, width)
}

// dims cuts vectors as asked.
func (l *layout) dims(m *models.Manifest, width int) error {
	if width < 1 {
		return errors.New("neither the graph nor config.json (hidden_size) says how long its vectors are")
	}
	m.Dims = width
	cut := l.options.Dims
	if cut == 0 {
		cut = l.prompts.TruncateDim
	}
	if cut > width {
		return fmt.Errorf("--dims is %d, its vectors have %d values", cut, width)
	}
	if cut > 0 && cut < width {
		m.Dims, m.Graph.Width = cut, width
	}
	for _, d := range slices.Sorted(slices.Values(l.config.Matryoshka)) {
		if d > 0 && d < m.Dims && !slices.Contains(m.Matryoshka, d) {
			m.Matryoshka = append(m.Matryoshka, d)
		}
	}
	return nil
}

// scores finds the output of a reranker or classifier.
func (l *layout) scores(m *models.Manifest, g models.GraphFile) error {
	out, ok := output(g, 2, "logits", "scores")
	if !ok {
		return fmt.Errorf("it has no output logits of float32, one row a text; its outputs are %.200s", outputs(g))
	}
	if n := out.Dims[1]; n > 0 && n != int64(m.Outputs()) {
		return fmt.Errorf("output %s gives %d scores, config.json has %d labels", out.Name, n, m.Outputs())
	}
	m.Graph.Output = out.Name
	return nil
}

func outputs(g models.GraphFile) string {
	var all []string
	for _, o := range g.Outputs {
		all = append(all, fmt.Sprintf("%s %v", o.Name, o.Dims))
	}
	return strings.Join(all, ", ")
}

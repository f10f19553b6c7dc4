package onnxtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"frontdesk/inference/tokenizer"
	"frontdesk/models"
)

// Model is a graph and its second opinion.
type Model interface {
	ONNX() []byte
	// Row is the graph's row of one text without padding: pooled (mean), or scores.
	Row(ids, types []int32) []float32
}

// goldenTexts are what bundles are proven with.
func goldenTexts() []string {
	return []string{"how do i get my money back", "怎么退款", "where is my order", "忘记密码了", "x"}
}

// Bundle wraps the transformer with Tokenizer and golden values: an encoder (mean over the tokens, length 1), with one
// label a reranker, with several a classifier. change may alter the manifest before it is fingerprinted.
func (n *Net) Bundle(t testing.TB, name string, change ...func(*models.Manifest)) models.Bundle {
	t.Helper()
	m := manifest(name)
	m.Graph = models.Graph{IDs: IDs, Mask: Mask, Output: Hidden}
	if n.Spec.TypeInput {
		m.Graph.Types = Types
	}
	if n.Spec.PositionInput {
		m.Graph.Positions = Positions
	}
	switch {
	case n.Spec.Labels > 0:
		scores(&m, n.Spec.Labels)
	case n.Spec.Pooled:
		m.Task, m.Dims, m.Pooling, m.Graph.Output = models.TaskEmbed, n.Spec.Hidden, models.PoolGraph, Pooled
	default:
		m.Task, m.Dims, m.Pooling, m.Normalize = models.TaskEmbed, n.Spec.Hidden, models.PoolMean, true
	}
	return Wrap(t, m, n, Tokenizer(), change...)
}

// Bundle wraps the table as a graph (models.RuntimeONNX) or as safetensors (models.RuntimeStatic).
func (t *Table) Bundle(tb testing.TB, name, runtime string, change ...func(*models.Manifest)) models.Bundle {
	tb.Helper()
	m := manifest(name)
	m.Task, m.Runtime, m.Dims = models.TaskEmbed, runtime, t.Dims
	if runtime == models.RuntimeStatic {
		m.Pooling, m.Normalize = models.PoolMean, true
		m.Table = models.Table{Rows: "rows", Scales: "scales", Weights: "weights"}
	} else {
		m.Pooling, m.Graph = models.PoolGraph, models.Graph{IDs: IDs, Mask: Mask, Output: Pooled}
	}
	return Wrap(tb, m, t, Tokenizer(), change...)
}

// Bundle wraps the chosen scores: one label makes a reranker, several a classifier with softmax.
func (l *Lookup) Bundle(t testing.TB, name string, change ...func(*models.Manifest)) models.Bundle {
	t.Helper()
	m := manifest(name)
	m.Graph = models.Graph{IDs: IDs, Mask: Mask, Output: Logits}
	if l.TypeInput {
		m.Graph.Types = Types
	}
	scores(&m, l.Labels)
	return Wrap(t, m, l, Tokenizer(), change...)
}

func manifest(name string) models.Manifest {
	return models.Manifest{
		Name: name, Version: "1", Runtime: models.RuntimeONNX,
		MaxTokens: models.Lengths{Question: 128, Passage: 256},
		Languages: []string{"en", "zh"}, License: "CC0-1.0",
	}
}

func scores(m *models.Manifest, labels int) {
	m.Graph.Output = Logits
	if labels == 1 {
		m.Task, m.Activation = models.TaskRerank, models.ActivationSigmoid
		return
	}
	m.Task, m.Activation = models.TaskClassify, models.ActivationSoftmax
	for i := range labels {
		m.Labels = append(m.Labels, fmt.Sprintf("label-%d", i))
	}
}

// Wrap completes a manifest with files and fingerprint, and adds golden values of Model.Row.
func Wrap(t testing.TB, m models.Manifest, net Model, tokenizerJSON []byte, change ...func(*models.Manifest)) models.Bundle {
	t.Helper()
	file := net.ONNX()
	name := "model.onnx"
	if table, ok := net.(*Table); ok && m.Runtime == models.RuntimeStatic {
		file, name = table.SafeTensors(), "model.safetensors"
	}
	tok, err := tokenizer.Parse(tokenizerJSON)
	if err != nil {
		t.Fatalf("tokenizer of a test model: %v", err)
	}
	for _, c := range change {
		c(&m)
	}
	b := models.Bundle{Model: file, Tokenizer: tokenizerJSON}
	for i, text := range goldenTexts() {
		g := models.Golden{Text: text, IDs: tok.AppendIDs(nil, text, m.MaxTokens.Question)}
		types := make([]int32, len(g.IDs))
		if m.Task == models.TaskRerank {
			g.Pair = goldenTexts()[(i+1)%len(goldenTexts())]
			second := tok.AppendIDs(nil, g.Pair, m.MaxTokens.Passage)[1:] // without [CLS]
			g.IDs = append(g.IDs, second...)
			types = append(types, slices.Repeat([]int32{1}, len(second))...)
		}
		row := net.Row(g.IDs, types)
		if n, ok := net.(*Net); ok && n.Spec.Labels == 0 && !n.Spec.Pooled {
			row = pool(n.Forward(g.IDs, nil), m.Pooling)
		}
		if m.Task == models.TaskEmbed {
			g.Vector = row
		} else {
			g.Scores = row
		}
		b.Golden = append(b.Golden, g)
	}
	golden, err := models.MarshalGolden(b.Golden)
	if err != nil {
		t.Fatalf("golden values of a test model: %v", err)
	}
	m.Files = map[string]models.File{
		models.FileModel:     of(name, file),
		models.FileTokenizer: of("tokenizer.json", tokenizerJSON),
		models.FileGolden:    of("golden.jsonl", golden),
	}
	m.Fingerprint = m.ComputeFingerprint()
	b.Manifest = m
	return b
}

// Write stores a bundle of Wrap as a folder, as models.LoadDir reads it.
func Write(t testing.TB, b models.Bundle, dir string) {
	t.Helper()
	golden, err := models.MarshalGolden(b.Golden)
	if err != nil {
		t.Fatalf("golden values of a test model: %v", err)
	}
	manifest, err := json.MarshalIndent(b.Manifest, "", "  ")
	if err != nil {
		t.Fatalf("manifest of a test model: %v", err)
	}
	for name, data := range map[string][]byte{
		b.Manifest.Files[models.FileModel].Path:     b.Model,
		b.Manifest.Files[models.FileTokenizer].Path: b.Tokenizer,
		b.Manifest.Files[models.FileGolden].Path:    golden,
		"manifest.json":                             manifest,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func of(path string, data []byte) models.File {
	sum := sha256.Sum256(data)
	return models.File{Path: path, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}
}

// pool brings the tokens' vectors to one of length 1.
func pool(x [][]float64, pooling string) []float32 {
	row := make([]float64, len(x[0]))
	switch pooling {
	case models.PoolCLS:
		copy(row, x[0])
	case models.PoolLast:
		copy(row, x[len(x)-1])
	default:
		for _, v := range x {
			for d := range row {
				row[d] += v[d]
			}
		}
	}
	unit(row)
	return narrow(row)
}

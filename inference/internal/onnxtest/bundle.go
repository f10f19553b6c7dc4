package onnxtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	var golden []models.Golden
	for _, text := range goldenTexts() {
		ids := tok.AppendIDs(nil, text, m.MaxTokens.Question)
		row := net.Row(ids, nil)
		if n, ok := net.(*Net); ok && n.Spec.Labels == 0 && !n.Spec.Pooled {
			row = pool(n.Forward(ids, nil), m.Pooling)
		}
		golden = append(golden, models.Golden{Text: text, IDs: ids, Vector: row})
	}
	m.Files = map[string]models.File{
		models.FileModel:     of(name, file),
		models.FileTokenizer: of("tokenizer.json", tokenizerJSON),
		models.FileGolden:    {Path: "golden.jsonl"}, // not stored: the values are in the bundle
	}
	m.Fingerprint = m.ComputeFingerprint()
	return models.Bundle{Manifest: m, Model: file, Tokenizer: tokenizerJSON, Golden: golden}
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

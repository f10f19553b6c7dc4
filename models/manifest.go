// Package models knows what a model bundle is: a folder with a manifest and the files that it names.
//
// It reads and verifies bundles, keeps the installed ones, carries the default one inside the binary, so that Frontdesk
// answers without fetching anything, and holds the words in which inference is asked for (Request, Result). It runs no
// model, starts no goroutine and never touches the network. The folder training holds
// the recipe that made the default bundle; README.md names the data and their licences.
package models

import "errors"

// Tasks that a manifest may name.
const (
	TaskEmbed    = "embed"    // a text becomes a vector
	TaskRerank   = "rerank"   // a pair (query, text) becomes one score
	TaskClassify = "classify" // a text or a pair becomes one score a label
)

// Runtimes that a manifest may name.
const (
	RuntimeONNX   = "onnx"   // an ONNX graph, run by ONNX Runtime
	RuntimeStatic = "static" // a token table in safetensors, run in pure Go
)

// Poolings: how the vectors of the tokens become the vector of the text.
const (
	PoolGraph = "graph" // the graph gives one row a text already
	PoolMean  = "mean"  // mean over the tokens that are no padding
	PoolCLS   = "cls"   // the first token's
	PoolLast  = "last"  // the last token's that is no padding
)

// Activations: what turns a graph's raw scores into those that are served.
const (
	ActivationNone    = "none"
	ActivationSigmoid = "sigmoid" // each score by itself
	ActivationSoftmax = "softmax" // over the labels of one text
)

// Roles of the files of a bundle. External data of a graph has the role FileData + "/" + its path.
const (
	FileModel     = "model"
	FileTokenizer = "tokenizer"
	FileGolden    = "golden"
	FileData      = "data"
)

// maxDims bounds a vector's length; a manifest that asks for more is damaged or hostile.
const maxDims = 8192

// ErrManifest is wrapped by errors about a manifest that is missing, malformed or contradicts itself.
var ErrManifest = errors.New("invalid model manifest")

// Manifest describes a bundle: manifest.json.
type Manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Task says what the model does: TaskEmbed, TaskRerank or TaskClassify.
	Task string `json:"task"`
	// Runtime says what runs it: RuntimeONNX or RuntimeStatic.
	Runtime string `json:"runtime"`
	// Dims is the length of a vector as it is served. Embedding only.
	Dims int `json:"dims,omitempty"`
	// MaxTokens is where texts are cut, special tokens included; a pair as a whole has the limit of a passage.
	MaxTokens Lengths `json:"max_tokens"`
	// Pooling is PoolGraph, PoolMean, PoolCLS or PoolLast. Embedding only; RuntimeStatic always takes PoolMean.
	Pooling string `json:"pooling,omitempty"`
	// Normalize says that vectors are brought to length 1 after pooling (and after truncation to Dims).
	Normalize bool `json:"normalize,omitempty"`
	// Matryoshka lists shorter lengths, ascending, that a vector may be cut to and still be a good one (Kusupati et al. 2022).
	Matryoshka []int `json:"matryoshka,omitempty"`
	// Prefixes are put before a text of each kind.
	Prefixes Prefixes `json:"prefixes"`
	// Labels are the classes in the order of the graph's scores. TaskClassify only.
	Labels []string `json:"labels,omitempty"`
	// Activation is ActivationNone, ActivationSigmoid or ActivationSoftmax. Not for embedding.
	Activation string `json:"activation,omitempty"`
	// Languages are BCP 47 tags that the model was trained for.
	Languages []string `json:"languages"`
	// License is an SPDX expression for the weights.
	License string `json:"license"`
	// Source says where the files were pulled from; nil for models made here.
	Source *Source `json:"source,omitempty"`
	// Graph names the inputs and the output of the ONNX graph. RuntimeONNX only.
	Graph Graph `json:"graph,omitzero"`
	// Table names the tensors of the token table. RuntimeStatic only.
	Table Table `json:"table,omitzero"`
	// Files maps roles (FileModel …) to files.
	Files map[string]File `json:"files"`
	// Fingerprint names the vector space: vectors compare only with vectors of the same fingerprint.
	Fingerprint string `json:"fingerprint"`
}

// Outputs returns how many values a text gives: Dims, 1 for a reranker, one a label for a classifier.
func (m *Manifest) Outputs() int {
	switch m.Task {
	case TaskRerank:
		return 1
	case TaskClassify:
		return len(m.Labels)
	}
	return m.Dims
}

// Lengths are limits in tokens.
type Lengths struct {
	Question int `json:"question"`
	Passage  int `json:"passage"`
}

// Prefixes are texts that some encoders want before their input.
type Prefixes struct {
	Question string `json:"question"`
	Passage  string `json:"passage"`
}

// Source is a repository of a model hub.
type Source struct {
	// Repo is owner/name.
	Repo string `json:"repo"`
	// Revision is the commit that the files are of.
	Revision string `json:"revision"`
	// Options is what was asked for beside the repository, in the words of the command line. Empty = nothing.
	Options string `json:"options,omitempty"`
}

// Graph names what a graph takes (int64, [batch, seq] each) and gives (float32).
//
// The output is [batch, Width] (PoolGraph; scores: [batch, labels]) or [batch, seq, Width], which is pooled.
type Graph struct {
	IDs  string `json:"ids"`
	Mask string `json:"mask"`
	// Types is the input of type ids (which text of a pair a token is of). Empty = none.
	Types string `json:"types,omitempty"`
	// Positions is the input of positions 0, 1, 2 …. Empty = none.
	Positions string `json:"positions,omitempty"`
	Output    string `json:"output"`
	// Width is the length of the graph's rows, at least Dims. 0 = Dims.
	Width int `json:"width,omitempty"`
}

// Table names the tensors of a static encoder in its safetensors file.
type Table struct {
	// Rows is the tensor of token vectors, [vocabulary, width] (F32, F16, BF16 or I8).
	Rows string `json:"rows"`
	// Scales is the tensor of a scale a row, [vocabulary], that I8 rows need. Empty = none.
	Scales string `json:"scales,omitempty"`
	// Weights is the tensor of a weight a token, [vocabulary], for the pooling. Empty = all the same.
	Weights string `json:"weights,omitempty"`
}

// File is one file of a bundle.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

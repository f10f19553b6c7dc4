package models

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// parseManifest reads and checks manifest.json.
func parseManifest(data []byte) (Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if err := m.validate(); err != nil {
		return Manifest{}, err
	}
	if want := m.ComputeFingerprint(); m.Fingerprint != want {
		return Manifest{}, bad("fingerprint", "is %q, but its contents give %q", m.Fingerprint, want)
	}
	return m, nil
}

// bad is an ErrManifest that names the field.
func bad(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s "+format, append([]any{ErrManifest, field}, args...)...)
}

// validate checks everything but the fingerprint. Errors wrap ErrManifest and name the field.
func (m *Manifest) validate() error {
	known := func(field, got string, want ...string) error {
		if !slices.Contains(want, got) {
			return bad(field, "is %q; this version knows %s", got, strings.Join(want, ", "))
		}
		return nil
	}
	switch {
	case m.Name == "":
		return bad("name", "is empty")
	case m.Version == "":
		return bad("version", "is empty")
	case m.MaxTokens.Question < 2 || m.MaxTokens.Passage < 2:
		return bad("max_tokens", "must be at least 2 for question and passage")
	}
	if err := known("task", m.Task, TaskEmbed, TaskRerank, TaskClassify); err != nil {
		return err
	}
	if err := known("runtime", m.Runtime, RuntimeONNX, RuntimeStatic); err != nil {
		return err
	}
	var err error
	if m.Task == TaskEmbed {
		err = m.validateEmbedding(known)
	} else {
		err = m.validateScores(known)
	}
	if err != nil {
		return err
	}
	if m.Runtime == RuntimeONNX && (m.Graph.IDs == "" || m.Graph.Mask == "" || m.Graph.Output == "") {
		return bad("graph", "must name ids, mask and output")
	}
	if m.Runtime == RuntimeStatic && m.Table.Rows == "" {
		return bad("table", "must name rows")
	}
	return m.validateFiles()
}

func (m *Manifest) validateEmbedding(known func(field, got string, want ...string) error) error {
	if m.Dims < 1 || m.Dims > maxDims {
		return bad("dims", "is %d; it must be 1 to %d", m.Dims, maxDims)
	}
	if m.Graph.Width != 0 && (m.Graph.Width < m.Dims || m.Graph.Width > maxDims) {
		return bad("graph.width", "is %d; it must be dims (%d) to %d", m.Graph.Width, m.Dims, maxDims)
	}
	for i, d := range m.Matryoshka {
		if d < 1 || d >= m.Dims || i > 0 && d <= m.Matryoshka[i-1] {
			return bad("matryoshka", "must ascend and stay below dims (%d)", m.Dims)
		}
	}
	if m.Runtime == RuntimeStatic {
		return known("pooling", m.Pooling, PoolMean)
	}
	return known("pooling", m.Pooling, PoolGraph, PoolMean, PoolCLS, PoolLast)
}

func (m *Manifest) validateScores(known func(field, got string, want ...string) error) error {
	if m.Runtime != RuntimeONNX {
		return bad("runtime", "%q cannot %s; only %q can", m.Runtime, m.Task, RuntimeONNX)
	}
	if m.Dims != 0 || m.Pooling != "" || len(m.Matryoshka) > 0 {
		return bad("dims", "pooling and matryoshka belong to embedding only")
	}
	if m.Task == TaskRerank {
		if len(m.Labels) != 0 {
			return bad("labels", "belong to classification only")
		}
		return known("activation", m.Activation, ActivationNone, ActivationSigmoid)
	}
	if len(m.Labels) == 0 || len(m.Labels) > maxDims {
		return bad("labels", "must be 1 to %d", maxDims)
	}
	for i, l := range m.Labels {
		if l == "" || slices.Contains(m.Labels[:i], l) {
			return bad("labels", "%q is empty or given twice", l)
		}
	}
	return known("activation", m.Activation, ActivationNone, ActivationSigmoid, ActivationSoftmax)
}

func (m *Manifest) validateFiles() error {
	for _, role := range []string{FileModel, FileTokenizer, FileGolden} {
		if _, ok := m.Files[role]; !ok {
			return bad("files."+role, "is missing")
		}
	}
	for role, f := range m.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." {
			return bad("files."+role+".path", "%q leaves the bundle", f.Path)
		}
		if f.Size < 0 {
			return bad("files."+role+".size", "is negative")
		}
	}
	return nil
}

// ComputeFingerprint hashes everything that changes a vector or score. training/export.py computes the same. What was
// added to manifests later is hashed only where it is set, so that older bundles keep their fingerprint.
func (m *Manifest) ComputeFingerprint() string {
	quote := func(s string) string { // as Python's json.dumps does for the prefixes in use
		b, err := json.Marshal(s)
		if err != nil {
			return ""
		}
		return string(b)
	}
	lines := []string{
		"frontdesk-model-1", m.Name, m.Version, m.Task, strconv.Itoa(m.Dims),
		strconv.Itoa(m.MaxTokens.Question), strconv.Itoa(m.MaxTokens.Passage),
		quote(m.Prefixes.Question), quote(m.Prefixes.Passage),
		m.Files[FileTokenizer].SHA256, m.Files[FileModel].SHA256,
	}
	add := func(set bool, key string, value any) {
		if set {
			lines = append(lines, fmt.Sprintf("%s=%v", key, value))
		}
	}
	add(m.Runtime != RuntimeONNX, "runtime", m.Runtime)
	add(m.Task == TaskEmbed && m.Pooling != PoolGraph, "pooling", m.Pooling)
	add(m.Normalize, "normalize", m.Normalize)
	add(m.Graph.Width != 0, "width", m.Graph.Width)
	add(m.Graph.Types != "", "types", m.Graph.Types)
	add(m.Graph.Positions != "", "positions", m.Graph.Positions)
	add(m.Runtime == RuntimeStatic, "table", m.Table)
	add(len(m.Labels) > 0, "labels", strings.Join(m.Labels, "\x00"))
	add(m.Activation != "", "activation", m.Activation)
	var data []string
	for role, f := range m.Files {
		if strings.HasPrefix(role, FileData+"/") {
			data = append(data, f.Path+"="+f.SHA256)
		}
	}
	slices.Sort(data)
	lines = append(lines, data...)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])[:32]
}

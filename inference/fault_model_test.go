package inference_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk/inference"
	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// hostile are bundles that must be refused with an error that says what is wrong.
func hostile(t *testing.T) map[string]struct {
	bundle models.Bundle
	says   string
} {
	t.Helper()
	type row = struct {
		bundle models.Bundle
		says   string
	}
	sound := small(t)
	graph := func(file []byte, change ...func(*models.Manifest)) models.Bundle {
		b := sound
		b.Model = file
		for _, c := range change {
			c(&b.Manifest)
		}
		return b
	}
	output := func(name string) func(*models.Manifest) {
		return func(m *models.Manifest) { m.Graph.Output, m.Pooling = name, models.PoolGraph }
	}
	poisoned := onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: 16, Seed: 1})
	poisoned.Poison()
	turned := slices.Clone(sound.Golden)
	turned[1].Vector = slices.Clone(turned[1].Vector)
	slices.Reverse(turned[1].Vector)
	otherIDs := slices.Clone(sound.Golden)
	otherIDs[2].IDs = append(slices.Clone(otherIDs[2].IDs), 7)
	short := slices.Clone(sound.Golden)
	short[0].Vector = short[0].Vector[:3]
	empty := slices.Clone(sound.Golden)
	empty[0].IDs = nil
	tok := func(old, new string) models.Bundle {
		b := sound
		if !bytes.Contains(b.Tokenizer, []byte(old)) {
			t.Fatalf("the tokenizer has no %s", old)
		}
		b.Tokenizer = bytes.Replace(slices.Clone(b.Tokenizer), []byte(old), []byte(new), 1)
		return b
	}
	golden := func(g []models.Golden) models.Bundle {
		b := sound
		b.Golden = g
		return b
	}
	return map[string]row{
		"empty file":                {graph(nil), "ONNX"},
		"garbage":                   {graph([]byte("no graph at all")), ""},
		"truncated by half":         {graph(sound.Model[:len(sound.Model)/2]), ""},
		"truncated by a byte":       {graph(sound.Model[:len(sound.Model)-1]), ""},
		"another network":           {graph(onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: 16, Seed: 99}).ONNX()), "golden"},
		"NaN in the weights":        {graph(poisoned.ONNX()), ""},
		"missing input":             {graph(onnxtest.MissingInput()), onnxtest.IDs},
		"an input too many":         {graph(onnxtest.ExtraInput(onnxtest.Spec{Layers: 1, Hidden: 16})), "pixel_values"},
		"ids that are floats":       {graph(onnxtest.FloatIDs(16), output(onnxtest.Pooled)), onnxtest.IDs},
		"missing output":            {graph(sound.Model, output("logits")), "logits"},
		"wider than announced":      {graph(sound.Model, func(m *models.Manifest) { m.Dims = 8 }), onnxtest.Hidden},
		"narrower than announced":   {graph(sound.Model, func(m *models.Manifest) { m.Dims = 64 }), onnxtest.Hidden},
		"gives less than it says":   {graph(onnxtest.Announced(16, 4), output(onnxtest.Pooled)), ""},
		"says 2⁴⁰ values":           {graph(onnxtest.Announced(1<<40, 16), output(onnxtest.Pooled)), onnxtest.Pooled},
		"says −5 values":            {graph(onnxtest.Announced(-5, 4), output(onnxtest.Pooled)), ""},
		"wants 2⁴⁰ × 2⁴⁰ ids":       {graph(onnxtest.HugeInput(16), output(onnxtest.Pooled)), onnxtest.IDs},
		"a constant of 2⁶⁰ values":  {graph(onnxtest.HugeTensor(16), output(onnxtest.Pooled)), ""},
		"asks for 2⁵² bytes to run": {graph(onnxtest.HugeRun(16), output(onnxtest.Pooled)), ""},
		"3,000 nested graphs":       {graph(onnxtest.Nested(3000), output(onnxtest.Pooled)), ""},
		"a cycle":                   {graph(onnxtest.Cycle(16), output(onnxtest.Pooled)), ""},
		"weights in /etc":           {graph(onnxtest.External("/etc/passwd", 512, 16)), "/etc/passwd"},
		"weights above the folder":  {graph(onnxtest.External("../../secret", 512, 16)), "../../secret"},
		"weights beside the graph":  {graph(onnxtest.External("model.onnx_data", 512, 16)), "model.onnx_data"},
		"a vocabulary too large":    {graph(onnxtest.New(onnxtest.Spec{Layers: 1, Hidden: 16, Seed: 1, Vocab: 300}).ONNX()), ""},
		"turned golden vector":      {golden(turned), turned[1].Text},
		"other golden ids":          {golden(otherIDs), otherIDs[2].Text},
		"golden vector too short":   {golden(short), ""},
		"golden without ids":        {golden(empty), ""},
		"unknown normalizer":        {tok("BertNormalizer", "MysteryNormalizer"), "MysteryNormalizer"},
		"unknown pre-tokenizer":     {tok("BertPreTokenizer", "MysterySplit"), "MysterySplit"},
		"unknown post-processor":    {tok("BertProcessing", "MysteryProcessing"), "MysteryProcessing"},
		"unknown model":             {tok(`"WordPiece"`, `"MysteryPiece"`), "MysteryPiece"},
		"tokenizer that is no JSON": {tok("{", "["), ""},
		"tokenizer without its unk": {tok(`"unk_token":"[UNK]"`, `"unk_token":"[NONE]"`), ""},
	}
}

func TestBrokenAndHostileModelsAreErrorsThatSayWhatIsWrongAndNeverCrash(t *testing.T) {
	t.Parallel()
	for name, c := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			e, err := inference.New(inference.Config{Bundle: &c.bundle})
			if err == nil {
				_ = e.Close()
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q does not say %q", err, c.says)
			}
			if took := time.Since(before); took > 30*time.Second {
				t.Errorf("refused only after %v", took)
			}
		})
	}
}

func TestNoPrefixOfAModelFileCrashesTheLoader(t *testing.T) {
	t.Parallel()
	b := small(t)
	whole := b.Model
	for n := 1; n < len(whole); n += 1 + len(whole)/30 {
		b.Model = whole[:n]
		if e, err := inference.New(inference.Config{Bundle: &b}); err == nil {
			_ = e.Close()
			t.Errorf("the first %d of %d bytes were accepted", n, len(whole))
		}
	}
}

func TestFlippedBytesInAModelNeverGiveAWrongVectorInSilence(t *testing.T) {
	t.Parallel()
	b := small(t)
	sound := serve(t, small(t))
	want, _, err := sound.EmbedQuestion(t.Context(), "where is my order")
	if err != nil {
		t.Fatal(err)
	}
	whole := b.Model
	for n := 13; n < len(whole); n += 1 + len(whole)/40 {
		b.Model = slices.Clone(whole)
		b.Model[n] ^= 0x55
		e, err := inference.New(inference.Config{Bundle: &b})
		if err != nil {
			continue
		}
		// A weight of a token that no golden text has may differ: then this text's vector is the same.
		if v, _, err := e.EmbedQuestion(t.Context(), "where is my order"); err != nil || cosine(v, want) < 0.9999 {
			t.Errorf("byte %d: cosine %v, %v", n, cosine(v, want), err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWeightsThatEscapeTheFolderAreRefusedOnDisk(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"/etc/passwd", "../secret", "a/../../secret", "link/secret", "not-declared"} {
		root := t.TempDir()
		dir := filepath.Join(root, "bundle")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "secret"), make([]byte, 4*512*16), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "not-declared"), make([]byte, 4*512*16), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(root, filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		b := onnxtest.Wrap(t, small(t).Manifest, external{small(t), location}, onnxtest.Tokenizer())
		onnxtest.Write(t, b, dir)
		loaded, err := models.LoadDir(dir)
		if err == nil {
			_, err = inference.New(inference.Config{Bundle: &loaded})
		}
		if err == nil || !strings.Contains(err.Error(), location) {
			t.Errorf("%s: error %v, want one that names it", location, err)
		}
	}
}

// external is a model whose rows lie elsewhere.
type external struct {
	models.Bundle
	location string
}

func (x external) ONNX() []byte               { return onnxtest.External(x.location, 512, 16) }
func (x external) Row(_, _ []int32) []float32 { return make([]float32, 16) }

func TestSwapUnderLoadWithABadModelChangesNothing(t *testing.T) {
	t.Parallel()
	e := serve(t, small(t))
	want, print, err := e.EmbedQuestion(t.Context(), "where is my order")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failures := make(chan error, 4)
	for range 4 {
		go func() {
			for ctx.Err() == nil {
				v, p, err := e.EmbedQuestion(t.Context(), "where is my order")
				if err == nil && (p != print || cosine(v, want) < 0.999999) {
					err = errors.New("another model answered")
				}
				if err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	for name, c := range hostile(t) {
		if s, err := e.Stage(t.Context(), c.bundle); err == nil {
			t.Errorf("%s was staged", name)
			_ = s.Discard()
		}
	}
	cancel()
	for range 4 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if e.Fingerprint() != print || len(e.Models()) != 1 {
		t.Errorf("fingerprint %s, %d models", e.Fingerprint(), len(e.Models()))
	}
}

func TestNaNInWeightsOfATokenTableIsRefused(t *testing.T) {
	t.Parallel()
	table := onnxtest.NewTable(onnxtest.VocabSize, 16, 4)
	table.Scales[77] = float32(math.NaN())
	b := table.Bundle(t, "table", models.RuntimeStatic)
	if e, err := inference.New(inference.Config{Bundle: &b}); err == nil || !strings.Contains(err.Error(), "scales") {
		t.Errorf("error %v", err)
		if err == nil {
			_ = e.Close()
		}
	}
}

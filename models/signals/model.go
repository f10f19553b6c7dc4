package signals

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Label is one of the things that the model tells.
type Label int

// The labels, in the order of the model's scores.
const (
	Handover     Label = iota // the visitor wants a human
	Anger                     // is angry
	Pleased                   // praises or thanks
	Insult                    // insults, swears at the bot or the staff
	Injection                 // gives the bot orders about itself, tries to break out, wants what is other people's
	Chitchat                  // talks for the sake of talking
	Pinyin                    // writes Mandarin in Latin letters
	Foreign                   // writes a language other than Chinese and English
	Greeting                  // says hello, asks whether anybody is there
	Goodbye                   // takes leave, has nothing more to ask
	Acknowledged              // has read or understood it, agrees
	Identity                  // asks who or what the bot is, and what it can do
	Withdrawn                 // takes a request back, or says that it never was one
	labels
)

// Labels returns the labels' names in their order.
func Labels() []string {
	return []string{
		"handover", "anger", "pleased", "insult", "injection", "chitchat", "pinyin", "foreign",
		"greeting", "goodbye", "acknowledged", "identity", "withdrawn",
	}
}

// String returns the label's name.
func (l Label) String() string {
	if l < 0 || l >= labels {
		return fmt.Sprintf("label %d", int(l))
	}
	return Labels()[l]
}

// Scores are one number a label, 0–1. The scale is shifted in training so that one half is where the precision on lines
// held out from training was as wanted; see the model's card.
type Scores [labels]float64

// ErrModel is wrapped by errors about a model file that is damaged or disagrees with its golden scores.
var ErrModel = errors.New("invalid signals model")

// Model scores messages. Make one with Parse.
type Model struct {
	scale, bias [labels]float32
	weights     []int8 // bucket by bucket: a feature's weights lie side by side
}

// magic begins a model file; the number is the format's.
const magic = "FDSIGNALS1\n"

// Parse reads a model file. Errors wrap ErrModel.
func Parse(data []byte) (*Model, error) {
	head := len(magic) + 8*int(labels)
	if len(data) != head+Buckets*int(labels) || !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fmt.Errorf("%w: %d bytes that are no model of %d features and %d labels", ErrModel, len(data), Buckets, labels)
	}
	m := &Model{weights: make([]int8, Buckets*int(labels))}
	for l := range m.scale {
		at := data[len(magic)+8*l:]
		m.scale[l] = math.Float32frombits(binary.LittleEndian.Uint32(at))
		m.bias[l] = math.Float32frombits(binary.LittleEndian.Uint32(at[4:]))
		if x := float64(m.scale[l]) + float64(m.bias[l]); math.IsNaN(x) || math.IsInf(x, 0) || m.scale[l] <= 0 {
			return nil, fmt.Errorf("%w: %s has the scale %g and the bias %g", ErrModel, Label(l), m.scale[l], m.bias[l])
		}
	}
	for i, b := range data[head:] {
		m.weights[i] = int8(b)
	}
	return m, nil
}

// New quantises weights, Buckets a label, to eight bits. Training calls it. Errors wrap ErrModel.
func New(weights [][]float32, bias []float32) (*Model, error) {
	if len(weights) != int(labels) || len(bias) != int(labels) {
		return nil, fmt.Errorf("%w: %d rows of weights and %d biases, want %d", ErrModel, len(weights), len(bias), labels)
	}
	m := &Model{weights: make([]int8, Buckets*int(labels))}
	for l, row := range weights {
		if len(row) != Buckets {
			return nil, fmt.Errorf("%w: %s has %d weights, want %d", ErrModel, Label(l), len(row), Buckets)
		}
		peak := float32(1e-6)
		for _, w := range row {
			peak = max(peak, w, -w)
		}
		m.scale[l], m.bias[l] = peak/math.MaxInt8, bias[l]
		for i, w := range row {
			m.weights[i*int(labels)+l] = int8(math.Round(float64(w / m.scale[l])))
		}
	}
	return m, nil
}

// Bytes is the model as Parse reads it.
func (m *Model) Bytes() []byte {
	out := []byte(magic)
	for l := range m.scale {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(m.scale[l]))
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(m.bias[l]))
	}
	for _, w := range m.weights {
		out = append(out, byte(w))
	}
	return out
}

// Logits returns the raw scores of features that Features returned. A text without features has the logit -∞.
func (m *Model) Logits(features []uint32) [labels]float64 {
	var sums [labels]int32
	for _, f := range features {
		row := m.weights[int(f)*int(labels):][:labels]
		for l, w := range row {
			sums[l] += int32(w)
		}
	}
	var out [labels]float64
	for l := range out {
		if len(features) == 0 {
			out[l] = math.Inf(-1)
			continue
		}
		out[l] = float64(sums[l])*float64(m.scale[l])/math.Sqrt(float64(len(features))) + float64(m.bias[l])
	}
	return out
}

// Read scores a message; at most MaxRunes of it are looked at.
func (m *Model) Read(message string) Scores {
	var s Scores
	for l, x := range m.Logits(Features(message)) {
		s[l] = 1 / (1 + math.Exp(-x))
	}
	return s
}

// Golden is what training computed for a text; a model that disagrees must not serve.
type Golden struct {
	Text     string
	Features []uint32
	Logits   []float64
}

// goldenLogit is the largest difference to training that a score may show.
const goldenLogit = 1e-3

// Prove compares the model with its golden texts. Errors wrap ErrModel and name the text.
func (m *Model) Prove(golden []Golden) error {
	if len(golden) == 0 {
		return fmt.Errorf("%w: it has no golden texts", ErrModel)
	}
	for _, g := range golden {
		features := Features(g.Text)
		if !slices.Equal(features, g.Features) {
			return fmt.Errorf("%w: %.40q has other features than in training", ErrModel, g.Text)
		}
		if len(g.Logits) != int(labels) {
			return fmt.Errorf("%w: %.40q has %d golden scores, want %d", ErrModel, g.Text, len(g.Logits), labels)
		}
		for l, x := range m.Logits(features) {
			if d := math.Abs(x - g.Logits[l]); !(d <= goldenLogit) { // NaN fails too
				return fmt.Errorf("%w: %.40q scores %g for %s, in training it was %g", ErrModel, g.Text, x, Label(l), g.Logits[l])
			}
		}
	}
	return nil
}

package static

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"frontdesk/inference/internal/onnxtest"
	"frontdesk/models"
)

// mean computes the weighted mean in float64.
func mean(row func(id int32) []float64, ids []int32) []float64 {
	var out []float64
	for _, id := range ids {
		r := row(id)
		if out == nil {
			out = make([]float64, len(r))
		}
		for d, v := range r {
			out[d] += v / float64(len(ids))
		}
	}
	return out
}

func cosine(a []float32, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * b[i]
		aa += float64(a[i]) * float64(a[i])
		bb += b[i] * b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

func TestMeanOfInt8RowsAgreesWithFloat64AtEveryWidthAndLength(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for _, width := range []int{1, 7, 8, 9, 12, 24, 31, 256} {
		src := onnxtest.NewTable(300, width, uint64(width))
		src.Rows[0], src.Rows[1%width] = -128, 127 // the extremes
		table, err := ReadTable(src.SafeTensors(), models.Table{Rows: "rows", Scales: "scales", Weights: "weights"})
		if err != nil {
			t.Fatal(err)
		}
		if table.quantised == nil {
			t.Fatal("the rows were not kept as int8")
		}
		for _, n := range []int{1, 2, 3, 10, 255, 256, 257, 512, 1000} {
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = rng.Int32N(300)
			}
			ids[0] = 0
			got, err := table.AppendEmbedding([]float32{7}, ids)
			if err != nil || len(got) != width+1 || got[0] != 7 {
				t.Fatalf("%d values, %v", len(got), err)
			}
			want := mean(func(id int32) []float64 {
				row := make([]float64, width)
				for d := range row {
					row[d] = float64(src.Rows[int(id)*width+d]) * float64(src.Scales[id]) * float64(src.Weights[id])
				}
				return row
			}, ids)
			for d := range want {
				if diff := math.Abs(float64(got[1+d]) - want[d]); diff > 1e-5 {
					t.Fatalf("width %d, %d tokens: value %d is %v, want %v", width, n, d, got[1+d], want[d])
				}
			}
		}
	}
}

func TestMeanOfInt8RowsDoesNotDependOnTheOrderOfTokens(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	table, err := ReadTable(onnxtest.NewTable(300, 64, 5).SafeTensors(), models.Table{Rows: "rows", Scales: "scales"})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int32, 100)
	for i := range ids {
		ids[i] = rng.Int32N(300)
	}
	first, err := table.AppendEmbedding(nil, ids)
	if err != nil {
		t.Fatal(err)
	}
	rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	second, err := table.AppendEmbedding(nil, ids)
	if err != nil {
		t.Fatal(err)
	}
	for d := range first {
		if first[d] != second[d] {
			t.Fatalf("value %d is %v in one order, %v in another", d, first[d], second[d])
		}
	}
}

func TestFloatTablesOfEveryKindGiveTheWeightedMean(t *testing.T) {
	t.Parallel()
	// Values that all three kinds hold exactly.
	values := []float32{1, -2, 0.5, 3, -0.25, 8, 1.5, 0, -1, 2, 4, -0.5, 0.75, 6, -3}
	halves, bfloats := []byte{}, []byte{}
	for _, v := range values {
		bits := math.Float32bits(v)
		bfloats = binary.LittleEndian.AppendUint16(bfloats, uint16(bits>>16))
		h := uint16(bits>>16) & 0x8000
		if v != 0 {
			h |= uint16(int(bits>>23&0xFF)-112)<<10 | uint16(bits>>13&0x3FF)
		}
		halves = binary.LittleEndian.AppendUint16(halves, h)
	}
	weights := part{"w", "F32", []int{5, 1}, f32(1, 0.5, 2, -1, 0.25)}
	w := []float64{1, 0.5, 2, -1, 0.25}
	for kind, data := range map[string][]byte{"F32": f32(values...), "F16": halves, "BF16": bfloats} {
		table, err := ReadTable(parts(part{"rows", kind, []int{5, 3}, data}, weights), models.Table{Rows: "rows", Weights: "w"})
		if err != nil {
			t.Fatal(err)
		}
		for _, ids := range [][]int32{{0}, {1, 3}, {0, 1, 2, 3, 4}, {4, 4, 4, 4, 4, 4, 4, 4, 0}} {
			got, err := table.AppendEmbedding(nil, ids)
			if err != nil {
				t.Fatal(err)
			}
			want := mean(func(id int32) []float64 {
				return []float64{float64(values[3*id]) * w[id], float64(values[3*id+1]) * w[id], float64(values[3*id+2]) * w[id]}
			}, ids)
			for d := range want {
				if math.Abs(float64(got[d])-want[d]) > 1e-6 {
					t.Errorf("%s %v: %v, want %v", kind, ids, got, want)
				}
			}
		}
	}
}

func TestNegativeWeightsOfInt8RowsAreHonoured(t *testing.T) {
	t.Parallel()
	table, err := ReadTable(parts(part{"rows", "I8", []int{2, 2}, []byte{10, 20, 30, 0x80}},
		part{"s", "F32", []int{2}, f32(0.5, -1)}), models.Table{Rows: "rows", Scales: "s"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.AppendEmbedding(nil, []int32{0, 1})
	if err != nil || got[0] != (5-30)/2.0 || got[1] != (10+128)/2.0 {
		t.Errorf("mean %v, %v", got, err)
	}
}

func TestIdsOutsideTheTableAreErrorsAndNoIdsGiveZeros(t *testing.T) {
	t.Parallel()
	table, err := ReadTable(onnxtest.NewTable(30, 8, 5).SafeTensors(), models.Table{Rows: "rows", Scales: "scales"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []int32{-1, 30, math.MaxInt32, math.MinInt32} {
		if got, err := table.AppendEmbedding([]float32{1}, []int32{3, id}); !errors.Is(err, ErrID) || len(got) != 1 {
			t.Errorf("id %d: %v, %v", id, got, err)
		}
	}
	if got, err := table.AppendEmbedding(nil, nil); err != nil || len(got) != 8 || got[0] != 0 {
		t.Errorf("no ids: %v, %v", got, err)
	}
}

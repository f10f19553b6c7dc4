package static

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"frontdesk/models"
)

// file makes a safetensors file of a header and n bytes.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func TestTensorsOfASoundFileAreFound(t *testing.T) {
	t.Parallel()
	f := file(`{"b":{"dtype":"I8","shape":[2,3],"data_offsets":[4,10]},"__metadata__":{"format":"pt"},`+
		`"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"none":{"dtype":"F32","shape":[0],"data_offsets":[10,10]},`+
		`"scalar":{"dtype":"F16","shape":[],"data_offsets":[10,12]}}   `, 12)
	got, err := readTensors(f)
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(got))
	if fmt.Sprint(names) != "[a b none scalar]" || len(got["b"].data) != 6 || len(got["none"].data) != 0 {
		t.Errorf("tensors %v", got)
	}
}

func TestMalformedFilesAreErrorsThatNameThePart(t *testing.T) {
	t.Parallel()
	one := func(entry string) string { return `{"x":` + entry + `}` }
	sound := `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":                          {nil, "0 bytes"},
		"no header":                      {make([]byte, 7), "7 bytes"},
		"header longer than file":        {file(one(sound), 8)[:20], "header of"},
		"header of 2⁶³ bytes":            {binary.LittleEndian.AppendUint64(nil, 1<<63), "header of"},
		"header beyond the limit":        {append(binary.LittleEndian.AppendUint64(nil, maxHeaderBytes+1), make([]byte, maxHeaderBytes+1)...), "at most"},
		"header of length 0":             {make([]byte, 8), "no JSON object"},
		"no JSON":                        {file("hello", 0), "no JSON object"},
		"JSON array":                     {file("[]", 0), "no JSON object"},
		"cut JSON":                       {file(`{"x":{"dtype"`, 0), `"x"`},
		"bytes after the JSON":           {file(`{} x`, 0), "follows"},
		"no UTF-8":                       {file("{\"\xff\":{}}", 0), "UTF-8"},
		"deep nesting":                   {file(strings.Repeat(`{"x":`, 20_000), 0), "depth"},
		"name twice":                     {file(`{"x":`+sound+`,"x":`+sound+`}`, 8), "twice"},
		"entry is no object":             {file(one(`7`), 0), `"x"`},
		"unknown dtype":                  {file(one(`{"dtype":"F31","shape":[2],"data_offsets":[0,8]}`), 8), "F31"},
		"no dtype":                       {file(one(`{"shape":[2],"data_offsets":[0,8]}`), 8), "dtype"},
		"negative shape":                 {file(one(`{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}`), 8), `"x"`},
		"fractional shape":               {file(one(`{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}`), 8), `"x"`},
		"shape that overflows":           {file(one(`{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}`), 0), "too large"},
		"shape that wraps to 8":          {file(one(`{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}`), 8), "too large"},
		"nine dimensions":                {file(one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}`), 8), "dimensions"},
		"shape beyond its bytes":         {file(one(`{"dtype":"F32","shape":[1000,1000],"data_offsets":[0,8]}`), 8), "needs 4000000 bytes"},
		"one offset":                     {file(one(`{"dtype":"F32","shape":[2],"data_offsets":[8]}`), 8), "data_offsets"},
		"three offsets":                  {file(one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}`), 8), "data_offsets"},
		"negative offset":                {file(one(`{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}`), 8), `"x"`},
		"end before begin":               {file(one(`{"dtype":"F32","shape":[2],"data_offsets":[8,0]}`), 8), `"x"`},
		"end beyond the file":            {file(one(`{"dtype":"F32","shape":[4],"data_offsets":[0,16]}`), 8), `"x"`},
		"offsets near 2⁶⁴":               {file(one(`{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551615]}`), 8), `"x"`},
		"overlap":                        {file(`{"x":`+sound+`,"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), `"y"`},
		"hole":                           {file(`{"x":`+sound+`,"y":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16), `"y"`},
		"bytes that belong to no tensor": {file(one(sound), 9), "1 bytes belong"},
		"cut data":                       {file(one(sound), 7), `"x"`},
	} {
		_, err := readTensors(c.file)
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
}

// tensors writes a file of F32 or other tensors in the given order.
type part struct {
	name, kind string
	shape      []int
	data       []byte
}

func parts(all ...part) []byte {
	var entries []string
	var body []byte
	for _, p := range all {
		shape := strings.ReplaceAll(fmt.Sprint(p.shape), " ", ",")
		entries = append(entries, fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`,
			p.name, p.kind, shape, len(body), len(body)+len(p.data)))
		body = append(body, p.data...)
	}
	return append(file("{"+strings.Join(entries, ",")+"}", 0), body...)
}

func f32(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestTablesThatCannotBeServedAreErrorsThatNameTheTensor(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	rows := part{"rows", "F32", []int{2, 2}, f32(1, 2, 3, 4)}
	int8s := part{"rows", "I8", []int{2, 2}, []byte{1, 2, 3, 4}}
	for name, c := range map[string]struct {
		file  []byte
		names models.Table
		says  string
	}{
		"no such tensor":         {parts(rows), models.Table{Rows: "embeddings"}, `"embeddings"`},
		"no weights":             {parts(rows), models.Table{Rows: "rows", Weights: "weights"}, `"weights"`},
		"a vector of rows":       {parts(part{"rows", "F32", []int{4}, f32(1, 2, 3, 4)}), models.Table{Rows: "rows"}, "[4]"},
		"no row":                 {parts(part{"rows", "F32", []int{0, 4}, nil}), models.Table{Rows: "rows"}, "[0 4]"},
		"rows of no width":       {parts(part{"rows", "F32", []int{4, 0}, nil}), models.Table{Rows: "rows"}, "[4 0]"},
		"too wide":               {parts(part{"rows", "I8", []int{1, 9000}, make([]byte, 9000)}), models.Table{Rows: "rows", Scales: "s"}, "9000"},
		"wrong dtype":            {parts(part{"rows", "I32", []int{2, 2}, make([]byte, 16)}), models.Table{Rows: "rows"}, "I32"},
		"NaN in a row":           {parts(part{"rows", "F32", []int{2, 2}, f32(1, 2, nan, 4)}), models.Table{Rows: "rows"}, "value 2"},
		"infinite half":          {parts(part{"rows", "F16", []int{1, 2}, []byte{0, 0, 0, 0x7C}}), models.Table{Rows: "rows"}, "value 1"},
		"infinite bfloat":        {parts(part{"rows", "BF16", []int{1, 2}, []byte{0, 0, 0x80, 0x7F}}), models.Table{Rows: "rows"}, "value 1"},
		"int8 without scales":    {parts(int8s), models.Table{Rows: "rows"}, "table.scales"},
		"floats with scales":     {parts(rows, part{"s", "F32", []int{2}, f32(1, 1)}), models.Table{Rows: "rows", Scales: "s"}, "table.scales"},
		"too few scales":         {parts(int8s, part{"s", "F32", []int{1}, f32(1)}), models.Table{Rows: "rows", Scales: "s"}, `"s"`},
		"NaN scale":              {parts(int8s, part{"s", "F32", []int{2}, f32(1, nan)}), models.Table{Rows: "rows", Scales: "s"}, `"s"`},
		"infinite weight":        {parts(rows, part{"w", "F32", []int{2}, f32(1, inf)}), models.Table{Rows: "rows", Weights: "w"}, `"w"`},
		"row × weight overflows": {parts(part{"rows", "F32", []int{1, 1}, f32(3e38)}, part{"w", "F32", []int{1}, f32(10)}), models.Table{Rows: "rows", Weights: "w"}, "row 0"},
	} {
		_, err := ReadTable(c.file, c.names)
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add(parts(part{"rows", "F32", []int{2, 2}, f32(1, 2, 3, 4)}))
	f.Add(parts(part{"rows", "I8", []int{2, 3}, []byte{1, 2, 3, 4, 5, 6}}, part{"s", "F32", []int{2}, f32(1, 1)}))
	f.Add(file("{}", 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, names := range []models.Table{{Rows: "rows"}, {Rows: "rows", Scales: "s"}} {
			table, err := ReadTable(data, names)
			if err != nil {
				if !errors.Is(err, ErrModel) {
					t.Errorf("error %v", err)
				}
				continue
			}
			row, err := table.AppendEmbedding(nil, []int32{0, int32(table.Vocab() - 1)})
			if err != nil || len(row) != table.Width() {
				t.Errorf("a table of %d × %d gives %d values, %v", table.Vocab(), table.Width(), len(row), err)
			}
		}
	})
}

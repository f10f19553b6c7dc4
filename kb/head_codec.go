package kb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// A head is stored as: "FDKH", version, CRC-32C of the rest, the rest. All
// numbers are little-endian. Another version of the format, like damage, means
// no head: the next fit writes a new one.
const (
	headMagic   = "FDKH"
	headVersion = 1
	headPrelude = len(headMagic) + 2 + 4
)

// errHead says that stored bytes are no head of this version.
var errHead = errors.New("not a head of this version")

// encode returns the stored form.
func (h *head) encode() []byte {
	size := headPrelude + 64 + len(h.space.hashes)*12 + len(h.classes)*(8+MaxIDBytes+2) + len(h.dense)*8 + len(h.near.root)*4 + len(h.owner)*3
	out := make([]byte, 0, size)
	out = append(out, headMagic...)
	out = binary.LittleEndian.AppendUint16(out, headVersion)
	out = binary.LittleEndian.AppendUint32(out, 0) // the checksum's place
	for _, n := range []int{len(h.classes), len(h.space.hashes), h.dims, len(h.owner)} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(h.slope))
	out = appendFloats(out, h.space.unseen)
	for _, id := range h.classes {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(id)))
		out = append(out, id...)
	}
	out = appendFloats(out, h.bias...)
	out = appendFloats(out, h.scale...)
	out = appendFloats(out, h.dense...)
	for _, x := range h.space.hashes {
		out = binary.LittleEndian.AppendUint32(out, x)
	}
	out = appendFloats(out, h.space.idf...)
	for _, x := range h.start[1:] {
		out = binary.LittleEndian.AppendUint32(out, x)
	}
	for _, x := range h.owner {
		out = binary.LittleEndian.AppendUint16(out, x)
	}
	for _, x := range h.weight {
		out = append(out, byte(x))
	}
	out = appendFloats(out, h.near.mean...)
	out = appendFloats(out, h.near.root...)
	out = appendFloats(out, h.near.centre...)
	binary.LittleEndian.PutUint32(out[len(headMagic)+2:], checksum(out[headPrelude:]))
	return out
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func appendFloats(out []byte, xs ...float32) []byte {
	for _, x := range xs {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// decodeHead reads what encode wrote. Every other input is an error that wraps
// [errHead], and reserves no more memory than the input has bytes.
func decodeHead(raw []byte) (*head, error) {
	if len(raw) < headPrelude || string(raw[:len(headMagic)]) != headMagic {
		return nil, fmt.Errorf("no prelude: %w", errHead)
	}
	if v := binary.LittleEndian.Uint16(raw[len(headMagic):]); v != headVersion {
		return nil, fmt.Errorf("version %d: %w", v, errHead)
	}
	in := headReader{raw: raw[headPrelude:]}
	if binary.LittleEndian.Uint32(raw[len(headMagic)+2:]) != checksum(in.raw) {
		return nil, fmt.Errorf("wrong checksum: %w", errHead)
	}
	classes, features, dims, weights := in.count(2), in.count(12), in.count(4), in.count(3)
	h := &head{dims: dims, slope: math.Float64frombits(binary.LittleEndian.Uint64(in.take(8)))}
	h.space.unseen = in.float()
	for range classes {
		h.classes = append(h.classes, string(in.take(int(binary.LittleEndian.Uint16(in.take(2))))))
	}
	h.bias, h.scale = in.floats(classes), in.floats(classes)
	h.dense = in.floats(classes * dims)
	h.space.hashes, h.space.idf = in.numbers(features), in.floats(features)
	h.start = append([]uint32{0}, in.numbers(features)...)
	owners := in.take(2 * weights)
	h.owner = make([]uint16, len(owners)/2)
	for i := range h.owner {
		h.owner[i] = binary.LittleEndian.Uint16(owners[2*i:])
	}
	stored := in.take(weights)
	h.weight = make([]int8, len(stored))
	for i, b := range stored {
		h.weight[i] = int8(b)
	}
	h.near = nearness{dims: dims, mean: in.floats(dims), root: in.floats(dims * (dims + 1) / 2), centre: in.floats(classes * dims)}
	if in.short || len(in.raw) != 0 {
		return nil, fmt.Errorf("its length does not fit its counts: %w", errHead)
	}
	if !h.sound() {
		return nil, fmt.Errorf("its parts do not fit each other: %w", errHead)
	}
	h.index()
	return h, nil
}

// sound reports whether every index lies within its range and every number is one.
func (h *head) sound() bool {
	for i := range h.space.hashes {
		if h.start[i] > h.start[i+1] || (i > 0 && h.space.hashes[i-1] >= h.space.hashes[i]) {
			return false
		}
	}
	if h.dims == 0 || len(h.classes) == 0 || len(h.classes) > math.MaxUint16+1 || int(h.start[len(h.start)-1]) != len(h.weight) {
		return false
	}
	for _, c := range h.owner {
		if int(c) >= len(h.classes) {
			return false
		}
	}
	for _, xs := range [][]float32{h.bias, h.scale, h.dense, h.space.idf, h.near.mean, h.near.root, h.near.centre, {h.space.unseen, float32(h.slope)}} {
		for _, x := range xs {
			if !finite(x) {
				return false
			}
		}
	}
	return h.slope > 0
}

// headReader takes from the front; once something is missing, all it gives is zero.
type headReader struct {
	raw   []byte
	short bool
}

func (r *headReader) take(n int) []byte {
	if n < 0 || n > len(r.raw) {
		r.short, r.raw = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	out := r.raw[:n]
	r.raw = r.raw[n:]
	return out
}

// count reads how many things of at least size bytes follow.
func (r *headReader) count(size int) int {
	n := int(binary.LittleEndian.Uint32(r.take(4)))
	if n > len(r.raw)/size {
		r.short, r.raw = true, nil
		return 0
	}
	return n
}

func (r *headReader) float() float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
}

func (r *headReader) numbers(n int) []uint32 {
	if n > len(r.raw)/4 {
		r.short, r.raw = true, nil
		return make([]uint32, 0)
	}
	raw := r.take(4 * n)
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return out
}

func (r *headReader) floats(n int) []float32 {
	numbers := r.numbers(n)
	out := make([]float32, len(numbers))
	for i, x := range numbers {
		out[i] = math.Float32frombits(x)
	}
	return out
}

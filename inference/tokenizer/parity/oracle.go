package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// Operations and flags of oracle.mjs.
const (
	opLoad      = 1
	opConfigure = 2
	opEncode    = 3
	opClock     = 4

	flagPairs      = 1
	flagNoSpecials = 2
	clockOneByOne  = 1
)

// errOracle is wrapped by errors that the oracle gives as an answer: it refuses the file or the settings.
var errOracle = errors.New("the oracle refuses")

// answer is all that an encoding says, from either side. err is set when the side refuses the text.
type answer struct {
	ids, types, attention, special []int32
	words                          []int32 // -1 = none
	offsets                        [][2]int32
	tokens                         []string
	overflow                       []answer
	err                            string
}

// oracle is the running Node process. It belongs to one goroutine at a time.
type oracle struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	buf []byte
}

func startOracle(ctx context.Context, dir string, env ...string) (*oracle, error) {
	cmd := exec.CommandContext(ctx, "node", "--max-old-space-size=4096", filepath.Join(dir, "oracle.mjs"))
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the oracle: %w", err)
	}
	return &oracle{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
}

// close ends the process and waits for it.
func (o *oracle) close() error {
	return errors.Join(o.in.Close(), o.cmd.Wait())
}

func (o *oracle) begin(op byte, slot int) {
	o.buf = append(o.buf[:0], 0, 0, 0, 0, op)
	o.buf = binary.LittleEndian.AppendUint16(o.buf, uint16(slot))
}

func (o *oracle) strings(texts ...string) {
	for _, s := range texts {
		o.buf = binary.LittleEndian.AppendUint32(o.buf, uint32(len(s)))
		o.buf = append(o.buf, s...)
	}
}

// call sends the request and returns the reply's body.
func (o *oracle) call() (*body, error) {
	binary.LittleEndian.PutUint32(o.buf, uint32(len(o.buf)-4))
	if _, err := o.in.Write(o.buf); err != nil {
		return nil, fmt.Errorf("asking the oracle: %w", err)
	}
	var head [4]byte
	if _, err := io.ReadFull(o.out, head[:]); err != nil {
		return nil, fmt.Errorf("the oracle's answer: %w", err)
	}
	b := make([]byte, binary.LittleEndian.Uint32(head[:]))
	if _, err := io.ReadFull(o.out, b); err != nil {
		return nil, fmt.Errorf("the oracle's answer: %w", err)
	}
	return &body{b: b}, nil
}

// load makes a tokenizer from a tokenizer.json.
func (o *oracle) load(slot int, file []byte) error {
	o.begin(opLoad, slot)
	o.buf = append(o.buf, file...)
	return o.accepted()
}

// oracleSettings are the truncation and padding of the binding; nil switches off.
type oracleSettings struct {
	Truncation *oracleTruncation `json:"truncation,omitempty"`
	Padding    *oraclePadding    `json:"padding,omitempty"`
}

type oracleTruncation struct {
	MaxLength int    `json:"maxLength"`
	Strategy  string `json:"strategy"`
	Direction string `json:"direction"` // left, right
	Stride    int    `json:"stride"`
}

type oraclePadding struct {
	MaxLength       int    `json:"maxLength,omitempty"` // absent: the longest of the batch, which is one text here
	Direction       string `json:"direction"`
	PadToMultipleOf int    `json:"padToMultipleOf,omitempty"`
	PadID           int32  `json:"padId"`
	PadTypeID       int32  `json:"padTypeId"`
	PadToken        string `json:"padToken"`
}

func (o *oracle) configure(slot int, s oracleSettings) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	o.begin(opConfigure, slot)
	o.buf = append(o.buf, raw...)
	return o.accepted()
}

func (o *oracle) accepted() error {
	b, err := o.call()
	if err != nil {
		return err
	}
	if b.u8() == 0 {
		return fmt.Errorf("%w: %s", errOracle, b.string())
	}
	return b.err
}

// encode returns an answer a text, or a pair of texts.
func (o *oracle) encode(slot int, flags byte, texts []string) ([]answer, error) {
	n := len(texts)
	if flags&flagPairs != 0 {
		n /= 2
	}
	o.begin(opEncode, slot)
	o.buf = append(o.buf, flags)
	o.buf = binary.LittleEndian.AppendUint32(o.buf, uint32(n))
	o.strings(texts...)
	b, err := o.call()
	if err != nil {
		return nil, err
	}
	all := make([]answer, n)
	for i := range all {
		all[i] = b.answer()
	}
	if b.err == nil && len(b.b) != 0 {
		b.err = fmt.Errorf("%d bytes are left", len(b.b))
	}
	return all, b.err
}

// clock returns how long the native call took by the clock, or in CPU time where that is less: on a busy machine the clock counts
// what others do.
func (o *oracle) clock(slot int, mode byte, texts []string) (time.Duration, error) {
	o.begin(opClock, slot)
	o.buf = append(o.buf, mode)
	o.buf = binary.LittleEndian.AppendUint32(o.buf, uint32(len(texts)))
	o.strings(texts...)
	b, err := o.call()
	if err != nil {
		return 0, err
	}
	return time.Duration(min(b.f64(), b.f64())), b.err
}

// body reads a reply; the first failure stays in err.
type body struct {
	b   []byte
	err error
}

func (b *body) take(n int) []byte {
	if n < 0 || n > len(b.b) {
		b.err = cmpErr(b.err, io.ErrUnexpectedEOF)
		b.b = nil
		return make([]byte, min(max(n, 0), 16))
	}
	head := b.b[:n:n]
	b.b = b.b[n:]
	return head
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func (b *body) u8() byte       { return b.take(1)[0] }
func (b *body) u32() uint32    { return binary.LittleEndian.Uint32(b.take(4)) }
func (b *body) f64() float64   { return math.Float64frombits(uint64(b.u32()) | uint64(b.u32())<<32) }
func (b *body) string() string { return string(b.take(int(b.u32()))) }

func (b *body) numbers(n int) []int32 {
	raw := b.take(4 * n)
	if b.err != nil {
		return nil
	}
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return list
}

func (b *body) answer() answer {
	if b.u8() == 0 {
		return answer{err: b.string()}
	}
	n := int(b.u32())
	a := answer{ids: b.numbers(n), types: b.numbers(n), attention: b.numbers(n), special: b.numbers(n), words: b.numbers(n)}
	for p := range slices.Chunk(b.numbers(2*n), 2) {
		a.offsets = append(a.offsets, [2]int32{p[0], p[1]})
	}
	for i := 0; i < n && b.err == nil; i++ {
		a.tokens = append(a.tokens, b.string())
	}
	for i := int(b.u32()); i > 0 && b.err == nil; i-- {
		a.overflow = append(a.overflow, b.answer())
	}
	return a
}

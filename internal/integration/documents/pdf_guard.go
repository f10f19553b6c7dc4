package documents

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"frontdesk/kb"
)

// Limits of reading a PDF in a process of its own.
const (
	pdfTime        = 60 * time.Second
	pdfMemoryBytes = 4 << 30 // of address space: Go reserves more than it uses
	pdfAnswerBytes = 4 * maxTextBytes
)

// checkStreams unpacks every stream of a PDF once, and what comes out once more,
// to find one that grows beyond all bounds before the library keeps it in memory.
func checkStreams(ctx context.Context, content io.ReaderAt, size, limit int64) error {
	raw := make([]byte, size)
	if n, err := content.ReadAt(raw, 0); n < len(raw) {
		return fmt.Errorf("read the PDF: %w", err)
	}
	left := limit
	for rest := raw; ; {
		at := bytes.Index(rest, []byte("stream"))
		if at < 0 {
			return nil
		}
		rest = rest[at+len("stream"):]
		body := bytes.TrimLeft(rest[:min(2, len(rest))], "\r\n")
		body = rest[min(2, len(rest))-len(body):]
		n, err := inflated(ctx, bytes.NewReader(body), left)
		if err != nil {
			return err
		}
		if left -= n; left <= 0 {
			return refuse("the PDF unpacks to more than %d MB", limit>>20)
		}
	}
}

// inflated counts what a stream unpacks to, itself packed twice included; 0 for what is not packed.
func inflated(ctx context.Context, r io.Reader, limit int64) (int64, error) {
	once, err := zlib.NewReader(r)
	if err != nil {
		return 0, nil // another filter, or none: it does not grow
	}
	defer once.Close()
	head := make([]byte, 2)
	got, _ := io.ReadFull(once, head)
	inner := io.MultiReader(bytes.NewReader(head[:got]), once)
	counted := &counter{r: io.LimitReader(&patient{ctx, inner}, limit+1)}
	var n int64
	if twice, err := zlib.NewReader(counted); err == nil {
		n, _ = io.Copy(io.Discard, io.LimitReader(twice, limit+1)) // what is damaged ends there
		_ = twice.Close()
	}
	if _, err := io.Copy(io.Discard, counted); ctx.Err() != nil {
		return 0, errors.Join(ctx.Err(), err)
	}
	return n + counted.n, nil
}

type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// Isolated reads PDFs with a command of one's own: a program that calls
// [ServePDF]. A file that sends the library round in circles, or makes it ask for
// memory without end, then costs that process and not the server.
type Isolated struct {
	Reader

	Program string
	Args    []string
}

var _ kb.DocumentReader = Isolated{}

// ReadDocument implements kb.DocumentReader.
func (i Isolated) ReadDocument(ctx context.Context, name string, f kb.Format, content io.ReaderAt, size int64) (kb.Document, error) {
	if f != kb.FormatPDF {
		return i.Reader.ReadDocument(ctx, name, f, content, size)
	}
	if size > maxPDFBytes {
		return kb.Document{}, refuse("the PDF is larger than %d MB", maxPDFBytes>>20)
	}
	limited, cancel := context.WithTimeoutCause(ctx, pdfTime, errors.New("reading the PDF took too long"))
	defer cancel()
	cmd := exec.CommandContext(limited, i.Program, i.Args...)
	cmd.Stdin = io.NewSectionReader(content, 0, size)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOMAXPROCS=1", "GOTRACEBACK=none"}
	cmd.WaitDelay = time.Second
	answer := &bounded{limit: pdfAnswerBytes}
	cmd.Stdout = answer
	err := cmd.Run()
	var out pdfAnswer
	switch {
	case ctx.Err() != nil:
		return kb.Document{}, context.Cause(ctx)
	case limited.Err() != nil:
		return kb.Document{}, refuse("reading the PDF took longer than %d s: cut it into several", int(pdfTime.Seconds()))
	case err != nil, json.Unmarshal(answer.Bytes(), &out) != nil:
		return kb.Document{}, refuse("the PDF is damaged, or needs too much memory to read; print it to a new PDF and try that")
	case out.Problem != "":
		return kb.Document{}, refuse("%s", out.Problem)
	}
	out.Document.Source = name
	return out.Document, nil
}

// pdfAnswer is what the process of its own says.
type pdfAnswer struct {
	Document kb.Document `json:"document"`
	Problem  string      `json:"problem,omitempty"`
}

// ServePDF reads one PDF from r and writes what [Isolated] understands to w,
// within the limits of this process. The program must end afterwards.
func ServePDF(ctx context.Context, r io.Reader, w io.Writer) error {
	for limit, most := range map[int]uint64{syscall.RLIMIT_AS: pdfMemoryBytes, syscall.RLIMIT_CPU: uint64(pdfTime.Seconds())} {
		if err := syscall.Setrlimit(limit, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("bound the process: %w", err)
		}
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxPDFBytes+1))
	if err != nil {
		return fmt.Errorf("read the PDF: %w", err)
	}
	d, err := Reader{}.ReadDocument(ctx, "", kb.FormatPDF, bytes.NewReader(raw), int64(len(raw)))
	answer := pdfAnswer{Document: d}
	if wrong, ok := errors.AsType[*kb.ImportError](err); ok {
		answer.Problem = wrong.Error()
	} else if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(answer)
}

// bounded keeps what a program says, up to a limit.
type bounded struct {
	bytes.Buffer
	limit int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, io.ErrShortWrite
	}
	return b.Buffer.Write(p)
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// entry is one line of the client's log (--log): what a client sent, was told
// and was shown, for comparison with the table by other means.
type entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"` // sent, acked, received, refused, connected, disconnected, killed, ready
	By    string    `json:"by,omitempty"`
	Conv  string    `json:"conv,omitempty"`
	CID   string    `json:"cid,omitempty"`
	Seq   uint32    `json:"seq,omitempty"`
	Note  string    `json:"note,omitempty"`
}

// journal writes entries as JSONL. A nil journal writes nothing. It is safe for concurrent use.
type journal struct {
	mu   sync.Mutex // guards everything below
	file *os.File
	buf  *bufio.Writer
	err  error // the first write error; reported by close
}

// openJournal creates the file, or returns nil for an empty path.
func openJournal(path string) (*journal, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return &journal{file: f, buf: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (j *journal) write(e entry) {
	if j == nil {
		return
	}
	e.Time = time.Now().UTC()
	b, err := json.Marshal(e)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil && j.err == nil {
		_, err = j.buf.Write(append(b, '\n'))
	}
	if j.err == nil {
		j.err = err
	}
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.buf.Flush(); j.err == nil {
		j.err = err
	}
	if err := j.file.Close(); j.err == nil {
		j.err = err
	}
	if j.err != nil {
		return fmt.Errorf("write log: %w", j.err)
	}
	return nil
}

package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protojson"

	"frontdesk/web/frame"
)

// compactAt is the size in bytes at which a journal is written anew, when most
// of it is settled.
const compactAt = 1 << 20

// journal keeps an outbox in a file: one JSON line for each message or edit that
// is taken, one for each that is answered. Its lines are written with one call
// each and not synced: it survives the end of the process, however sudden, not
// of the machine. Not safe for concurrent use; one client a file.
type journal struct {
	path string
	file *os.File
	size int64
	live map[string]int64 // cid → size of its line
	held int64            // sum of live
}

// journalLine is one line: either a frame that was taken or the cid of one that was answered.
type journalLine struct {
	Frame json.RawMessage `json:"frame,omitempty"` // ProtoJSON of a ClientFrame
	Epoch string          `json:"epoch,omitempty"` // the log that an edit's seq belongs to
	Done  string          `json:"done,omitempty"`
}

// kept is what a journal gives back.
type kept struct {
	frame *frame.ClientFrame
	epoch string
}

// openJournal reads what a journal holds without an answer, in the order as
// taken, and goes on writing it. A file that does not exist is made.
func openJournal(path string) (*journal, []kept, error) {
	j := &journal{path: path, live: map[string]int64{}}
	all, err := j.load()
	if err != nil {
		return nil, nil, fmt.Errorf("read outbox file: %w", err)
	}
	if err := j.rewrite(all); err != nil {
		return nil, nil, fmt.Errorf("write outbox file: %w", err)
	}
	return j, all, nil
}

func (j *journal) load() ([]kept, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // openJournal says what for
	}
	defer f.Close()
	byCID := map[string]kept{}
	var order []string
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err //nolint:wrapcheck // likewise
		}
		if e, cid, done := readLine(line); done {
			delete(byCID, cid)
		} else if e != nil && cid != "" {
			if _, known := byCID[cid]; !known {
				order = append(order, cid)
			}
			byCID[cid] = *e
		}
		if err != nil {
			break
		}
	}
	var all []kept
	for _, cid := range order {
		if e, ok := byCID[cid]; ok {
			all = append(all, e)
			delete(byCID, cid)
		}
	}
	return all, nil
}

// readLine returns what a line says; nothing for one that was torn by the end of
// the process that wrote it.
func readLine(line []byte) (e *kept, cid string, done bool) {
	var l journalLine
	if json.Unmarshal(bytes.TrimSpace(line), &l) != nil {
		return nil, "", false
	}
	if l.Done != "" {
		return nil, l.Done, true
	}
	f := &frame.ClientFrame{}
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(l.Frame, f) != nil {
		return nil, "", false
	}
	_, cid = addressOf(f)
	return &kept{frame: f, epoch: l.Epoch}, cid, false
}

// take writes a message or an edit down, before it is sent.
func (j *journal) take(k kept) error {
	line, err := encodeLine(k)
	if err != nil {
		return err
	}
	if err := j.write(line); err != nil {
		return err
	}
	_, cid := addressOf(k.frame)
	j.live[cid] = int64(len(line))
	j.held += int64(len(line))
	return nil
}

func encodeLine(k kept) ([]byte, error) {
	b, err := JSON.Marshal(k.frame)
	if err != nil {
		return nil, fmt.Errorf("encode outbox entry: %w", err)
	}
	line, err := json.Marshal(journalLine{Frame: b, Epoch: k.epoch})
	if err != nil {
		return nil, fmt.Errorf("encode outbox entry: %w", err)
	}
	return append(line, '\n'), nil
}

// settle notes that a message has its answer. left is what still waits, for a
// journal that is written anew.
func (j *journal) settle(cid string, left func() []kept) error {
	size, ok := j.live[cid]
	if !ok {
		return nil
	}
	delete(j.live, cid)
	j.held -= size
	if j.size > compactAt && j.held < j.size/2 {
		return j.rewrite(left())
	}
	line, err := json.Marshal(journalLine{Done: cid})
	if err != nil {
		return fmt.Errorf("encode outbox entry: %w", err)
	}
	return j.write(append(line, '\n'))
}

func (j *journal) write(line []byte) error {
	n, err := j.file.Write(line)
	j.size += int64(n)
	if err != nil {
		return fmt.Errorf("write outbox file: %w", err)
	}
	return nil
}

// rewrite puts a journal with only these entries in the place of the old one.
func (j *journal) rewrite(all []kept) error {
	f, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*") // only the owner may read it
	if err != nil {
		return err //nolint:wrapcheck // the callers say what for
	}
	next := &journal{path: j.path, file: f, live: map[string]int64{}}
	for _, k := range all {
		if err := next.take(k); err != nil {
			return errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err := os.Rename(f.Name(), j.path); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if j.file != nil {
		_ = j.file.Close() // replaced: nobody reads it again
	}
	*j = *next
	return nil
}

func (j *journal) close() error {
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close outbox file: %w", err)
	}
	return nil
}

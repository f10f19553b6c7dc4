package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"

	"frontdesk/web/frame"
)

// socket plays the next connection's script.
//
//nolint:contextcheck // a socket outlives its request; its end is the server's
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	found := s.find(w, r)
	if found == nil {
		return
	}
	if role := r.PathValue("role"); role != found.c.Role {
		found.fail("connected as %s, not %s", role, found.c.Role)
	}
	script, n, ok := found.enter()
	if !ok {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the script has no further connection", http.StatusServiceUnavailable)
		return
	}
	if script.Refuse > 0 {
		found.left()
		w.Header().Set("Retry-After", "0")
		http.Error(w, "refused by the script", script.Refuse)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{frame.SubprotocolJSON, frame.SubprotocolProto}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		found.fail("connection %d: upgrade: %v", n, err)
		return
	}
	conn.SetReadLimit(1 << 20)
	s.wg.Add(1)
	defer s.wg.Done()
	p := &play{run: found, n: n, conn: conn, binary: conn.Subprotocol() == frame.SubprotocolProto, frames: make(chan any, 64)}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.read(ctx)
	}()
	p.play(ctx, script)
	cancel()
	_ = conn.CloseNow() // the script's own close came before
	<-ended
	found.left()
}

// enter takes the next connection's script.
func (r *run) enter() (c Connection, n int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next >= len(r.c.Connections) {
		r.failures = append(r.failures, "connected again after the script's end")
		return c, 0, false
	}
	c = r.c.Connections[r.next]
	r.next++
	if pause := time.Duration(c.NotBeforeMS) * time.Millisecond; time.Since(r.endedAt) < pause {
		r.failures = append(r.failures, fmt.Sprintf("connection %d came %s after the one before, not %s", r.next, time.Since(r.endedAt).Round(time.Millisecond), pause))
	}
	return c, r.next, true
}

// left notes the end of a connection.
func (r *run) left() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endedAt = time.Now()
	r.done = r.done || r.next == len(r.c.Connections)
}

// play is one connection.
type play struct {
	run    *run
	n      int
	conn   *websocket.Conn
	binary bool
	frames chan any // what the client sent; closed at the connection's end
}

func (p *play) read(ctx context.Context) {
	defer close(p.frames)
	for {
		kind, b, err := p.conn.Read(ctx)
		if err != nil {
			return
		}
		if (kind == websocket.MessageBinary) != p.binary {
			p.run.fail("connection %d: a message of the wrong type", p.n)
			return
		}
		all, err := generic(p.binary, b)
		if err != nil {
			p.run.fail("connection %d: %v", p.n, err)
			return
		}
		for _, f := range all {
			select {
			case p.frames <- f:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (p *play) play(ctx context.Context, c Connection) {
	for i, step := range c.Steps {
		over, err := p.step(ctx, step)
		if err != nil {
			p.run.fail("connection %d, step %d: %v", p.n, i+1, err)
			return
		}
		if over {
			return
		}
	}
	p.run.finish(p.n)
	for f := range p.frames { // until the client ends, or the server
		if !passedOver(nameOf(f)) {
			p.run.fail("connection %d: after the script's end came %v", p.n, f)
		}
	}
}

// finish notes that the script waits for nothing more.
func (r *run) finish(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = r.done || n == len(r.c.Connections)
}

func (p *play) step(ctx context.Context, s Step) (over bool, err error) {
	switch {
	case s.Recv != nil:
		return false, p.recv(ctx, s.Recv, s.Maybe)
	case s.Send != nil:
		var v any
		if err := json.Unmarshal(s.Send, &v); err != nil {
			return false, fmt.Errorf("the script's frame: %w", err)
		}
		return false, p.send(ctx, v)
	case s.Rows != nil:
		for seq := s.Rows.From; seq <= s.Rows.To; seq++ {
			if err := p.send(ctx, s.Rows.event(seq)); err != nil {
				return false, err
			}
		}
		return false, nil
	case s.PauseMS > 0:
		t := time.NewTimer(time.Duration(s.PauseMS) * time.Millisecond)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		return false, nil
	case s.AwaitEnd:
		for range p.frames {
			continue // nothing to do with them
		}
		return true, nil
	case s.Close > 0:
		_ = p.conn.Close(websocket.StatusCode(s.Close), "by the script") // how the client answers is its own business
		return true, nil
	}
	return true, nil // cut
}

func (r *Rows) event(seq uint32) any {
	return map[string]any{"event": map[string]any{
		"conv": r.Conv, "seq": seq, "cid": fmt.Sprintf("row-%s-%d", r.Conv, seq), "kind": "message",
		"author": map[string]any{"kind": "agent", "id": "agent-9", "name": "Alice"}, "content": fmt.Sprintf("%s %d", r.Text, seq), "time": "2026-11-21T03:00:00Z",
	}}
}

func (p *play) send(ctx context.Context, v any) error {
	p.run.mu.Lock()
	v = filled(v, p.run.names)
	p.run.mu.Unlock()
	b, err := wire(p.binary, v)
	if err != nil {
		return err
	}
	kind := websocket.MessageText
	if p.binary {
		kind = websocket.MessageBinary
	}
	if err := p.conn.Write(ctx, kind, b); err != nil {
		return fmt.Errorf("send %s: %w", nameOf(v), err)
	}
	return nil
}

// passedOver reports whether a client may send such a frame at any time.
func passedOver(name string) bool { return name == "mark" || name == "typing" || name == "viewing" }

// allows reports whether a frame is one that may come as well.
func (p *play) allows(maybe, f any) bool {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	_, ok := matches(maybe, f, p.run.names)
	return ok
}

// recv waits for one frame, or for several in any order.
func (p *play) recv(ctx context.Context, raw, rawMaybe json.RawMessage) error {
	var v any
	var maybe any = map[string]any{"nothing": "*"}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("the script's pattern: %w", err)
	}
	if rawMaybe != nil {
		if err := json.Unmarshal(rawMaybe, &maybe); err != nil {
			return fmt.Errorf("the script's pattern: %w", err)
		}
	}
	left, several := v.([]any)
	if !several {
		left = []any{v}
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for len(left) > 0 {
		select {
		case f, ok := <-p.frames:
			if !ok {
				return fmt.Errorf("the client ended the connection; missing: %v", left)
			}
			p.run.mu.Lock()
			i := slices.IndexFunc(left, func(pattern any) bool {
				names, ok := matches(pattern, f, p.run.names)
				if ok {
					p.run.names = names
				}
				return ok
			})
			p.run.mu.Unlock()
			switch {
			case i >= 0:
				left = slices.Delete(left, i, i+1)
			case !passedOver(nameOf(f)) && !p.allows(maybe, f):
				return fmt.Errorf("got %v, want %v", f, left)
			}
		case <-limit.C:
			return fmt.Errorf("nothing came for %s; missing: %v", patience, left)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

package conformance_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"frontdesk/web/client"
	"frontdesk/web/client/conformance"
	"frontdesk/web/frame"
)

// harness drives the Go client through one case and notes what it is told.
type harness struct {
	t      *testing.T
	c      conformance.Case
	url    string
	enc    client.Encoding
	outbox string

	client *client.Client
	stop   func()

	mu        sync.Mutex // guards what follows
	changed   chan struct{}
	hellos    int
	resumed   int
	events    []row
	rows      map[uint32]*row // of c.Conv
	refused   []string
	marks     map[string][2]uint32
	typing    int
	queue     *frame.Queue
	viewing   []string
	offers    []string
	offered   int
	offerEnds []string
	presence  map[string]string
	resets    int
	refreshes int
}

// row is an event as reports name it.
type row struct {
	Conv    string `json:"conv"`
	Seq     uint32 `json:"seq"`
	Kind    string `json:"kind"`
	Content string `json:"content"`
}

// note runs f under the lock and wakes who waits.
func (h *harness) note(f func()) {
	h.mu.Lock()
	f()
	h.mu.Unlock()
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// start makes a client that has nothing but the outbox of the one before.
func (h *harness) start() {
	h.t.Helper()
	h.note(func() {
		h.rows, h.offers = map[uint32]*row{}, nil
	})
	c, err := client.New(client.Config{
		URL: h.url, Role: client.Role(h.c.Role), Auth: client.Auth{Token: "first", CSRF: "first"}, Inbox: h.c.Inbox, Encoding: h.enc,
		OutboxFile: h.outbox, BackoffMin: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
		Refresh: func() (client.Auth, error) {
			h.note(func() { h.refreshes++ })
			return client.Auth{Token: "second", CSRF: "second"}, nil
		},
		Handler: client.Handler{
			Connected: func(*frame.ServerHello) { h.note(func() { h.hellos++ }) },
			Event:     func(e *frame.Event) { h.note(func() { h.event(e) }) },
			Refused:   func(e *frame.Error) { h.note(func() { h.refused = append(h.refused, e.Code) }) },
			Mark:      func(m *frame.Watermark) { h.note(func() { h.mark(m) }) },
			Typing:    func(*frame.Typing) { h.note(func() { h.typing++ }) },
			Queue:     func(q *frame.Queue) { h.note(func() { h.queue = q }) },
			Viewing:   func(v *frame.Viewing) { h.note(func() { h.view(v) }) },
			Offer:     func(o *frame.Offer) { h.note(func() { h.offer(o) }) },
			OfferEnd:  func(e *frame.OfferEnd) { h.note(func() { h.offerEnd(e) }) },
			Presence:  func(p *frame.Presence) { h.note(func() { h.presence[p.GetAgent().GetId()] = p.Presence }) },
			Resumed:   func(*frame.Resumed) { h.note(func() { h.resumed++ }) },
			Reset:     func(string) { h.note(func() { h.resets++; clear(h.rows) }) },
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.Follow(h.c.Conv, 0); err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(ctx) // whether it may go on is seen by the script
	}()
	h.client = c
	h.stop = func() { cancel(); <-ended }
}

func (h *harness) event(e *frame.Event) {
	r := row{Conv: e.Conv, Seq: e.Seq, Kind: e.Kind, Content: e.Content}
	h.events = append(h.events, r)
	if e.Conv != h.c.Conv {
		return
	}
	h.rows[e.Seq] = &r
	target := h.rows[uint32(e.GetData().GetFields()["target"].GetNumberValue())]
	switch {
	case target == nil:
	case e.Kind == "deleted":
		target.Content = ""
	case e.Kind == "edited" && e.Content != "":
		target.Content = e.Content
	}
}

func (h *harness) mark(m *frame.Watermark) {
	a := m.GetAuthor()
	if m.Conv == h.c.Conv && a.GetKind() != h.c.Role {
		was := h.marks[a.GetKind()]
		h.marks[a.GetKind()] = [2]uint32{max(was[0], m.Delivered), max(was[1], m.Read)}
	}
}

func (h *harness) view(v *frame.Viewing) {
	h.viewing = nil
	for _, a := range v.Agents {
		h.viewing = append(h.viewing, a.Id)
	}
}

func (h *harness) offer(o *frame.Offer) {
	h.offered++
	if !slices.Contains(h.offers, o.Id) {
		h.offers = append(h.offers, o.Id)
	}
}

func (h *harness) offerEnd(e *frame.OfferEnd) {
	h.offers = slices.DeleteFunc(h.offers, func(id string) bool { return id == e.Id })
	h.offerEnds = append(h.offerEnds, e.Id+" "+e.Result)
}

// holds reports whether it is time for an act.
func (h *harness) holds(w conformance.When) bool {
	waiting := h.client.Waiting()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hellos >= w.Hellos && len(h.events) >= w.Events && h.resumed >= w.Resumed && h.offered >= w.Offers &&
		len(h.refused) >= w.Refused && (w.Waiting == nil || waiting <= *w.Waiting)
}

// await waits until it is time, for at most half a minute.
func (h *harness) await(w conformance.When) error {
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for !h.holds(w) {
		select {
		case <-h.changed:
		case <-limit.C:
			return fmt.Errorf("it never became %+v", w)
		}
	}
	return nil
}

// act does one act of the case.
func (h *harness) act(d conformance.Do) error {
	conv := h.c.Conv
	var err error
	switch {
	case d.Send != nil:
		_, err = h.client.Enqueue(client.Message{
			Conv: conv, Content: d.Send.Content, Type: d.Send.Type, Mentions: d.Send.Mentions, BaseSeq: d.Send.BaseSeq,
		})
	case d.Edit != nil:
		_, err = h.client.EnqueueEdit(client.Edit{Conv: conv, Seq: d.Edit.Seq, Content: d.Edit.Content})
	case d.Remove > 0:
		_, err = h.client.EnqueueEdit(client.Edit{Conv: conv, Seq: d.Remove, Remove: true})
	case d.Read > 0:
		h.client.Mark(conv, d.Read, d.Read)
	case d.Typing:
		h.client.Typing(conv, true)
	case d.View:
		h.client.Viewing(conv, true)
	case d.Follow != "":
		err = h.client.Follow(d.Follow, 0)
	case d.Answer != nil:
		err = h.client.Answer(d.Answer.Offer, d.Answer.Accept)
	case d.Presence != nil:
		err = h.client.SetPresence(d.Presence.Presence, d.Presence.Reason)
	case d.Restart:
		h.stop()
		h.start()
	}
	return err
}

// report is what the caller was told so far.
func (h *harness) report() map[string]any {
	waiting := h.client.Waiting()
	h.mu.Lock()
	defer h.mu.Unlock()
	view := []string{}
	for _, seq := range slices.Sorted(maps.Keys(h.rows)) {
		if k := h.rows[seq].Kind; k == "message" || k == "note" {
			view = append(view, h.rows[seq].Content)
		}
	}
	out := map[string]any{
		"events": h.events, "view": view, "waiting": waiting, "refused": append([]string{}, h.refused...), "marks": maps.Clone(h.marks), "typing": h.typing,
		"viewing": h.viewing, "offers": append([]string{}, h.offers...), "offer_ends": h.offerEnds, "presence": maps.Clone(h.presence),
		"resets": h.resets, "refreshes": h.refreshes,
	}
	if q := h.queue; q != nil {
		out["queue"] = map[string]any{"conv": q.Conv, "position": q.Position, "waiting": q.Waiting, "expected_wait_s": q.ExpectedWaitS}
	}
	return out
}

func newHarness(t *testing.T, c conformance.Case, base, id string, enc client.Encoding) *harness {
	t.Helper()
	return &harness{
		t: t, c: c, url: base + "/run/" + id, enc: enc, outbox: filepath.Join(t.TempDir(), "outbox-"+strconv.Itoa(int(enc))),
		changed: make(chan struct{}, 1), marks: map[string][2]uint32{}, presence: map[string]string{},
	}
}

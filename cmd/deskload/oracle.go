package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// class is a kind of observer of a conversation.
type class int

const (
	visitorSide class = iota // the visitor's own socket
	agentSide                // the socket of the agent who has claimed it
	watcher                  // an agent's inbox
	classes
)

func (c class) String() string { return [...]string{"visitor", "agent", "watcher"}[c] }

// message is one that deskload meant to send.
type message struct {
	cid     string
	conv    string
	sender  string
	due     time.Time
	acked   bool
	ackConv string // where the row is; differs from conv when the message was moved
	ackSeq  uint32
	refused bool
	dropped bool // never enqueued
	plain   bool // the text carries no mark: known by its cid alone
	seen    [classes]uint8
	seenSeq uint32 // of the first sight
}

type streamKey struct {
	by   class
	conv string
}

// oracle remembers what was sent, acknowledged and seen, and judges it against
// the server's stored history. It is safe for concurrent use. Memory grows with
// the number of messages, which the options bound.
type oracle struct {
	run string // marks this run's messages

	mu       sync.Mutex // guards everything below
	messages []message
	byCID    map[string]int
	expected map[string][classes]bool // conversation → who must see its messages
	streams  map[streamKey]uint32     // last seq seen
	found    verdict                  // what shows at once
}

// verdict is the oracle's finding. All fields but the first five are faults.
type verdict struct {
	Sent     int `json:"sent"`
	Acked    int `json:"acked"`
	Received int `json:"received"` // messages seen by the other side (the visitor itself where no agent is)
	Stored   int `json:"stored"`   // rows of this run in the server's history
	Refused  int `json:"refused"`

	Lost       int `json:"lost"`       // acknowledged, but not stored as acknowledged or not seen by everyone who should
	Duplicated int `json:"duplicated"` // additional rows, acknowledgements or sights of a message
	Reordered  int `json:"reordered"`  // rows seen after a later one, stored out of sequence, or stored in another order than sent
	Phantom    int `json:"phantom"`    // seen, but not in the stored history
	Corrupted  int `json:"corrupted"`  // stored or seen under another cid or place than acknowledged
	Gaps       int `json:"gaps"`       // sequence numbers missing in the stored history
	Unanswered int `json:"unanswered"` // neither acknowledged nor refused by the end

	Detail detail `json:"detail"`
}

// detail splits the sums of a verdict.
type detail struct {
	LostStored      int `json:"lost_stored"`
	LostVisitor     int `json:"lost_to_visitor"`
	LostAgent       int `json:"lost_to_agent"`
	LostWatcher     int `json:"lost_to_watcher"`
	DupStored       int `json:"duplicated_stored"`
	DupAcked        int `json:"duplicated_acked"`
	DupSeen         int `json:"duplicated_seen"`
	ReorderedSeen   int `json:"reordered_seen"`
	ReorderedStored int `json:"reordered_stored"`
	ReorderedSent   int `json:"reordered_sent"`
	StoredUnacked   int `json:"stored_unanswered"` // no fault: stored, but the answer never came
}

// clean reports whether the verdict holds no fault.
func (v verdict) clean() bool {
	return v.Lost+v.Duplicated+v.Reordered+v.Phantom+v.Corrupted+v.Gaps+v.Unanswered+v.Refused == 0
}

// storedRow is one row of the server's history.
type storedRow struct {
	seq     uint32
	cid     string
	content string
}

func newOracle(run string) *oracle {
	return &oracle{
		run: run, byCID: map[string]int{},
		expected: map[string][classes]bool{}, streams: map[streamKey]uint32{},
	}
}

// expect says that everything in a conversation must be seen by a class.
func (o *oracle) expect(conv string, by class) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.expected[conv]
	e[by] = true
	o.expected[conv] = e
}

// sent records a message before it is enqueued and returns its text, which
// carries the run and the message's number.
func (o *oracle) sent(conv, cid, sender, text string, due time.Time) string {
	n := o.note(message{cid: cid, conv: conv, sender: sender, due: due})
	return fmt.Sprintf("%s [dl:%s:%d]", text, o.run, n)
}

// asked is sent for a text that must stay as it is, as a question to the bot: its
// message is known by the cid alone.
func (o *oracle) asked(conv, cid, sender string, due time.Time) {
	o.note(message{cid: cid, conv: conv, sender: sender, due: due, plain: true})
}

func (o *oracle) note(m message) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.messages)
	o.messages = append(o.messages, m)
	o.byCID[m.cid] = n
	return n
}

// which returns the number of the message that a row is: by its words, so that
// the same words under another cid are found, or by its cid where words carry
// no mark. The caller holds mu.
func (o *oracle) which(cid, content string) (int, bool) {
	if n, ok := o.mark(content); ok {
		return n, n < len(o.messages)
	}
	n, ok := o.byCID[cid]
	return n, ok && o.messages[n].plain
}

// mark returns the number that a text of this run carries.
func (o *oracle) mark(content string) (int, bool) {
	i := strings.LastIndex(content, "[dl:")
	if i < 0 || !strings.HasSuffix(content, "]") {
		return 0, false
	}
	run, num, ok := strings.Cut(content[i+len("[dl:"):len(content)-1], ":")
	n, err := strconv.Atoi(num)
	return n, ok && err == nil && run == o.run && n >= 0
}

// drop takes back a message that could not be enqueued.
func (o *oracle) drop(cid string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, ok := o.byCID[cid]; ok {
		o.messages[n].dropped = true
	}
}

// acked records an acknowledgement and returns when the message had been due.
func (o *oracle) acked(conv, cid string, seq uint32) (due time.Time, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, ok := o.byCID[cid]
	if !ok {
		o.found.Corrupted++
		return time.Time{}, false
	}
	m := &o.messages[n]
	if m.acked {
		if m.ackConv != conv || m.ackSeq != seq {
			o.found.Detail.DupAcked++ // two rows for one cid
		}
		return m.due, false
	}
	m.acked, m.ackConv, m.ackSeq = true, conv, seq
	return m.due, true
}

// refused records a refusal.
func (o *oracle) refused(cid string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, ok := o.byCID[cid]; ok {
		o.messages[n].refused = true
	}
}

// saw records that an observer was shown a row. It returns when the message
// had been due and who had sent it, for the first sight by that class of a
// message of this run.
func (o *oracle) saw(by class, conv string, seq uint32, cid, content string) (due time.Time, sender string, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := streamKey{by, conv}
	if last := o.streams[key]; seq <= last {
		o.found.Detail.ReorderedSeen++
	} else {
		o.streams[key] = seq
	}
	n, ok := o.which(cid, content)
	if !ok {
		return time.Time{}, "", false
	}
	m := &o.messages[n]
	if m.cid != cid {
		o.found.Corrupted++
	}
	if m.seen[by] < 255 {
		m.seen[by]++
	}
	if m.seenSeq == 0 {
		m.seenSeq = seq
	} else if m.seenSeq != seq {
		o.found.Corrupted++ // the same words at two places
	}
	return m.due, m.sender, m.seen[by] == 1
}

// restart forgets the positions of all streams: the server said that its log is another one.
func (o *oracle) restart() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.streams)
}

// settled reports whether every message has its answer and, if acknowledged,
// has been seen by everyone who should.
func (o *oracle) settled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.messages {
		m := &o.messages[i]
		if m.dropped || m.refused {
			continue
		}
		if !m.acked {
			return false
		}
		for by, must := range o.expected[m.conv] {
			if must && m.seen[by] == 0 {
				return false
			}
		}
	}
	return true
}

// judge compares everything with the stored history, by conversation.
func (o *oracle) judge(stored map[string][]storedRow) verdict {
	o.mu.Lock()
	defer o.mu.Unlock()
	v := o.found
	where := o.judgeStored(stored, &v)
	for n := range o.messages {
		o.judgeMessage(n, where, &v)
	}
	d := v.Detail
	v.Duplicated = d.DupStored + d.DupAcked + d.DupSeen
	v.Reordered = d.ReorderedSeen + d.ReorderedStored + d.ReorderedSent
	return v
}

// place is where a message stands in the stored history.
type place struct {
	conv string
	seq  uint32
	cid  string
}

// judgeStored looks at the history alone and returns where each message stands.
func (o *oracle) judgeStored(stored map[string][]storedRow, v *verdict) map[int]place {
	where := make(map[int]place, len(o.messages))
	cids := make(map[string]int, len(o.messages))
	for conv, rows := range stored {
		var last uint32
		order := map[string]int{} // sender → number of its last message
		for _, r := range rows {
			switch {
			case r.seq <= last:
				v.Detail.ReorderedStored++
			case r.seq > last+1:
				v.Gaps += int(r.seq - last - 1)
			}
			last = max(last, r.seq)
			n, ok := o.which(r.cid, r.content)
			if !ok {
				continue
			}
			v.Stored++
			if _, twice := where[n]; twice {
				v.Detail.DupStored++ // the same words under another cid count too
				continue
			}
			if cids[r.cid]++; cids[r.cid] > 1 {
				v.Detail.DupStored++
			}
			where[n] = place{conv, r.seq, r.cid}
			m := &o.messages[n]
			if before, ok := order[m.sender]; ok && before > n {
				v.Detail.ReorderedSent++
			}
			order[m.sender] = max(order[m.sender], n)
		}
	}
	return where
}

func (o *oracle) judgeMessage(n int, where map[int]place, v *verdict) {
	m := &o.messages[n]
	if m.dropped {
		return
	}
	at, stored := where[n]
	v.Sent++
	for by := range classes {
		if m.seen[by] > 1 {
			v.Detail.DupSeen += int(m.seen[by]) - 1
		}
	}
	if m.seenSeq != 0 && (!stored || at.seq != m.seenSeq) {
		v.Phantom++
	}
	must := o.expected[m.conv]
	if o.otherSide(m, must) {
		v.Received++
	}
	switch {
	case m.refused:
		v.Refused++
		return
	case !m.acked:
		v.Unanswered++
		if stored {
			v.Detail.StoredUnacked++
		}
		return
	}
	v.Acked++
	lost := false
	if !stored || at.seq != m.ackSeq || at.conv != m.ackConv {
		lost = true
		v.Detail.LostStored++
	} else if at.cid != m.cid {
		v.Corrupted++
	}
	for by, counter := range []*int{&v.Detail.LostVisitor, &v.Detail.LostAgent, &v.Detail.LostWatcher} {
		if must[by] && m.seen[by] == 0 {
			lost = true
			*counter++
		}
	}
	if lost {
		v.Lost++
	}
}

// otherSide reports whether the other side has seen the message.
func (o *oracle) otherSide(m *message, must [classes]bool) bool {
	if strings.HasPrefix(m.sender, "v") {
		if must[agentSide] {
			return m.seen[agentSide] > 0
		}
		if must[watcher] {
			return m.seen[watcher] > 0
		}
	}
	return m.seen[visitorSide] > 0
}

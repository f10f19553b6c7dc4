package postgres

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// model is one conversation as the definition of Append has it, row by row: no
// batch, no lock, no SQL.
type model struct {
	contact string
	status  chat.Status
	owner   chat.Owner
	epoch   uint32
	rows    []chat.Row
	waits   bool // the visitor waits for an answer
	agent   string
}

// append is what the log promises of one entry.
func (m *model) append(e chat.Scoped) (chat.Verdict, uint32) {
	if !e.Scope.Allows(1, 1, m.contact) {
		return chat.Missing, 0
	}
	for _, r := range m.rows {
		if r.CID == e.CID {
			return chat.Repeated, r.Seq
		}
	}
	switch x := e.Expect; {
	case x.Owner != nil && *x.Owner != m.owner,
		x.OwnerEpoch != nil && *x.OwnerEpoch != m.epoch,
		x.LastSeq != nil && *x.LastSeq != uint32(len(m.rows)),
		x.Open && m.status != chat.StatusOpen,
		x.Article != nil: // none is published here
		return chat.Stale, 0
	}
	m.rows = append(m.rows, chat.Row{CID: e.CID, Seq: uint32(len(m.rows) + 1), Kind: e.Kind, Content: e.Content, Author: e.Author})
	if e.Kind == chat.KindMessage {
		switch {
		case e.Author.Kind == chat.AuthorVisitor:
			m.waits = true
		case e.Author.Kind == chat.AuthorAgent, m.owner != chat.OwnerQueue:
			m.waits = false // who is in the queue waits for a person, whatever the bot says
		}
	}
	return chat.Stored, uint32(len(m.rows))
}

// change is append for an entry with a Change.
func (m *model) change(e chat.Scoped) (chat.Verdict, uint32, error) {
	if !e.Scope.Allows(1, 1, m.contact) {
		return chat.Missing, 0, nil
	}
	for _, r := range m.rows {
		if r.CID == e.CID {
			return chat.Repeated, r.Seq, nil
		}
	}
	resolved := m.status == chat.StatusResolved
	switch e.Change.Act {
	case chat.ActClaim:
		switch {
		case resolved:
			return 0, 0, chat.ErrResolved
		case m.owner == chat.OwnerHuman:
			if m.agent == e.Change.Assignee.ID {
				return 0, 0, errAny
			}
			return 0, 0, chat.ErrStale
		}
		m.owner, m.agent, m.epoch = chat.OwnerHuman, e.Change.Assignee.ID, m.epoch+1
	case chat.ActHandover:
		switch {
		case resolved:
			return 0, 0, chat.ErrResolved
		case m.owner != chat.OwnerBot:
			return 0, 0, chat.ErrStale
		}
		m.owner, m.agent, m.epoch, m.waits = chat.OwnerQueue, "", m.epoch+1, true
	case chat.ActResolve:
		if resolved {
			return 0, 0, chat.ErrResolved
		}
		if m.owner == chat.OwnerQueue {
			m.owner, m.epoch = chat.OwnerBot, m.epoch+1
		}
		m.status, m.waits = chat.StatusResolved, false
	}
	m.rows = append(m.rows, chat.Row{CID: e.CID, Seq: uint32(len(m.rows) + 1), Kind: e.Kind, Content: e.Content, Author: e.Author})
	return chat.Stored, uint32(len(m.rows)), nil
}

// errAny stands for an error that only [chat.Service] knows.
var errAny = errors.New("any error")

// Any batch, of any rows with any conditions, does what appending them one by one
// by the definition does: verdicts, numbers, heads. The same for groups of state changes.
func TestABatchDoesWhatItsRowsWouldDoOneByOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice, bob := d.agent("alice"), d.agent("bob")
	rapid.Check(t, func(r *rapid.T) {
		models := make(map[string]*model)
		var convs []string
		for range rapid.IntRange(1, 4).Draw(r, "conversations") {
			visitor, conv := d.visitor()
			convs = append(convs, conv.ID)
			models[conv.ID] = &model{contact: visitor.ID, status: chat.StatusOpen, owner: chat.OwnerBot, epoch: 1}
		}
		cids := []string{newID(), newID(), newID(), newID(), newID(), newID()}
		for step := range rapid.IntRange(1, 8).Draw(r, "steps") {
			if rapid.IntRange(0, 3).Draw(r, "kind of step") == 0 {
				changeByModel(t, r, d, models, convs, []identity.Actor{alice, bob}, step)
			} else {
				appendByModel(t, r, d, models, convs, cids, alice, step)
			}
		}
		for _, id := range convs {
			m := models[id]
			head, err := d.Conversation(t.Context(), identity.System(), id)
			if err != nil {
				r.Fatal(err)
			}
			if head.LastSeq != uint32(len(m.rows)) || head.Owner != m.owner || head.OwnerEpoch != m.epoch || head.Status != m.status ||
				head.WaitingSince.IsZero() == m.waits || head.Assignee.ID != m.agent {
				r.Fatalf("head %+v, by the definition %d rows, %s %s of %q, epoch %d, waits %v", head, len(m.rows), m.status, m.owner, m.agent, m.epoch, m.waits)
			}
			same := func(a, b chat.Row) bool {
				return a.Seq == b.Seq && a.CID == b.CID && a.Content == b.Content && a.Author.Kind == b.Author.Kind && a.Kind == b.Kind
			}
			if got := d.log(id); !slices.EqualFunc(got, m.rows, same) {
				r.Fatalf("log %v, by the definition %v", got, m.rows)
			}
		}
	})
}

// appendByModel sends one batch and judges it row by row.
func appendByModel(t *testing.T, r *rapid.T, d *desk, models map[string]*model, convs, cids []string, agent identity.Actor, step int) {
	t.Helper()
	type key struct{ conv, cid string }
	taken, begun := make(map[key]bool), make(map[string]bool)
	var batch []chat.Scoped
	for i := range rapid.IntRange(1, 12).Draw(r, "rows") {
		conv := rapid.SampledFrom(convs).Draw(r, "conversation")
		m := models[conv]
		e := chat.Scoped{NoHead: rapid.Bool().Draw(r, "no head"), Scope: identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: m.contact}}
		e.Conversation, e.CID, e.Content = conv, rapid.SampledFrom(append([]string{newID()}, cids...)).Draw(r, "cid"), fmt.Sprintf("%d.%d", step, i)
		e.Kind = rapid.SampledFrom([]chat.Kind{chat.KindMessage, chat.KindMessage, chat.KindNote}).Draw(r, "kind")
		e.Author = rapid.SampledFrom([]chat.Author{{Kind: chat.AuthorVisitor, ID: m.contact}, {Kind: chat.AuthorAgent, ID: agent.ID, Name: "alice"}, {Kind: chat.AuthorBot}}).Draw(r, "author")
		if taken[key{conv, e.CID}] {
			continue // the caller's promise: distinct within a batch
		}
		switch rapid.IntRange(0, 7).Draw(r, "condition") {
		case 0:
			e.Expect.Owner = new(rapid.SampledFrom([]chat.Owner{chat.OwnerBot, chat.OwnerQueue, chat.OwnerHuman}).Draw(r, "owner"))
		case 1:
			e.Expect.OwnerEpoch = new(m.epoch + uint32(rapid.IntRange(0, 1).Draw(r, "epoch")))
		case 2:
			e.Expect.LastSeq = new(uint32(max(0, len(m.rows)-rapid.IntRange(0, 1).Draw(r, "last seq"))))
			if begun[conv] {
				continue // the caller's promise: the first of its conversation
			}
		case 3:
			e.Expect.Article = &chat.ArticleVersion{Site: 1, ID: "none", Locale: "en", Version: 1}
		case 4:
			e.Scope = identity.Scope{Sites: []int32{1}, AllDepartments: true, Contact: newID()}
		case 5:
			e.Expect.Open = true
		}
		taken[key{conv, e.CID}], begun[conv] = true, true
		batch = append(batch, e)
	}
	if len(batch) == 0 {
		return
	}
	outs, err := d.store.AppendBatch(t.Context(), batch, rapid.Bool().Draw(r, "wait"))
	if err != nil {
		r.Fatal(err)
	}
	for i, e := range batch {
		verdict, seq := models[e.Conversation].append(e)
		if outs[i].Verdict != verdict || outs[i].Row.Seq != seq {
			r.Fatalf("row %d of %d (%+v): verdict %d, seq %d; by the definition %d, %d", i, len(batch), e.Expect, outs[i].Verdict, outs[i].Row.Seq, verdict, seq)
		}
		if verdict == chat.Stored && (outs[i].Row.Contact != models[e.Conversation].contact || outs[i].Row.Site != 1 || outs[i].Row.Department == 0) {
			r.Fatalf("row %d knows not whose it is: %+v", i, outs[i].Row)
		}
	}
}

// changeByModel sends one group of state changes and judges them one by one.
func changeByModel(t *testing.T, r *rapid.T, d *desk, models map[string]*model, convs []string, agents []identity.Actor, step int) {
	t.Helper()
	var group []chat.Scoped
	for _, conv := range convs {
		if rapid.IntRange(0, 3).Draw(r, "left out") == 0 {
			continue
		}
		agent := rapid.SampledFrom(agents).Draw(r, "agent")
		author := chat.Author{Kind: chat.AuthorAgent, ID: agent.ID}
		act := rapid.SampledFrom([]chat.Act{chat.ActClaim, chat.ActClaim, chat.ActHandover, chat.ActResolve}).Draw(r, "act")
		e := chat.Scoped{Scope: agent.Scope}
		e.Conversation, e.CID, e.Author, e.Content, e.Kind = conv, newID(), author, fmt.Sprintf("change %d", step), chat.Kind(act)
		e.Change = &chat.Change{Act: act}
		if act == chat.ActClaim {
			e.Change.Assignee = author
		}
		group = append(group, e)
	}
	if len(group) == 0 {
		return
	}
	results, err := d.store.Changes(t.Context(), group, time.Now())
	if err != nil {
		r.Fatal(err)
	}
	for i, e := range group {
		verdict, seq, wrong := models[e.Conversation].change(e)
		got := results[i]
		if (wrong == nil) != (got.Err == nil) || wrong != nil && !errors.Is(wrong, errAny) && !errors.Is(got.Err, wrong) {
			r.Fatalf("%s: error %v, by the definition %v", e.Change.Act, got.Err, wrong)
		}
		if wrong == nil && (got.Verdict != verdict || got.Row.Seq != seq) {
			r.Fatalf("%s: verdict %d, seq %d; by the definition %d, %d", e.Change.Act, got.Verdict, got.Row.Seq, verdict, seq)
		}
	}
}

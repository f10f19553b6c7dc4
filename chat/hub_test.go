package chat

import (
	"sync"
	"sync/atomic"
	"testing"

	"frontdesk/internal/identity"
)

func TestTheHubShowsRowsToWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	h := NewHub()
	var near, far, inbox, foreign, all list
	stops := []func(){
		h.Watch("a", &near), h.Watch("b", &far), h.WatchAll(&all),
		h.WatchInbox(identity.Scope{Sites: []int32{1}, Departments: []int32{2}}, &inbox),
		h.WatchInbox(identity.Scope{Sites: []int32{1}, Departments: []int32{3}}, &foreign),
	}
	h.Publish(&Row{Conversation: "a", Seq: 1, Site: 1, Department: 2}, &Row{Conversation: "a", Seq: 2, Site: 1, Department: 2})
	for name, c := range map[string]struct {
		sink *list
		want string
	}{"conversation": {&near, "[1 2]"}, "another conversation": {&far, "[]"}, "inbox": {&inbox, "[1 2]"}, "another department": {&foreign, "[]"}, "bot": {&all, "[1 2]"}} {
		if got := c.sink.seqs(); got != c.want {
			t.Errorf("%s got %s, want %s", name, got, c.want)
		}
	}
	for _, stop := range stops {
		stop()
		stop() // harmless
	}
	h.Publish(&Row{Conversation: "a", Seq: 3, Site: 1, Department: 2})
	if near.seqs() != "[1 2]" || all.seqs() != "[1 2]" || h.size() != 0 {
		t.Error("a sink that was stopped still receives")
	}
}

func TestTypingReachesOnlyAWatchedConversationInScope(t *testing.T) {
	t.Parallel()
	h := NewHub()
	scope := identity.Scope{Sites: []int32{1}, AllDepartments: true}
	typing := func(from identity.Scope) bool {
		to, ok := h.audience(from, "a")
		return ok && h.PublishSignal(&Signal{To: to, Typing: &TypingSignal{Conversation: "a", On: true}})
	}
	if typing(scope) {
		t.Error("nobody watches")
	}
	var sink list
	stop := h.Watch("a", &sink)
	defer stop()
	if typing(scope) {
		t.Error("nobody has checked the rights of a watcher yet")
	}
	h.learn(&Conversation{ID: "a", Site: 1, Department: 1, Contact: Contact{ID: "v"}})
	if !typing(scope) || sink.typing != 1 {
		t.Error("not shown")
	}
	scope.Contact = "another"
	if typing(scope) || sink.typing != 1 {
		t.Error("a foreign visitor types here")
	}
}

func TestAnUpdateIsEncodedOnceForEachFormat(t *testing.T) {
	t.Parallel()
	u := &Update{Row: &Row{Seq: 1, Kind: KindNote, Content: "secret"}}
	var calls atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			v := u
			if i%2 == 1 {
				v = u.ForVisitor()
			}
			content := string(v.Encoded(3, func() []byte { calls.Add(1); return []byte("<" + v.Row.Content + ">") }))
			if want := map[bool]string{true: "<secret>", false: "<>"}[i%2 == 0]; content != want {
				t.Errorf("got %q, want %q", content, want)
			}
		})
	}
	wg.Wait()
	if calls.Load() != 2 {
		t.Errorf("encoded %d times", calls.Load())
	}
	if u.ForVisitor() != u.ForVisitor().ForVisitor() {
		t.Error("a visitor's view has another one")
	}
}

// BenchmarkHubPublish shows one row to 1,000 sinks of one conversation; inside
// the clock: lookup and delivery, not the sinks' work.
func BenchmarkHubPublish(b *testing.B) {
	h := NewHub()
	for range 1000 {
		h.Watch("a", discard{})
	}
	row := &Row{Conversation: "a", Seq: 1}
	for b.Loop() {
		h.Publish(row)
	}
}

type discard struct{}

func (discard) Deliver(*Update) {}

// Somebody begins to follow while a transfer is shown: the head that was read
// before it does not take the conversation back.
func TestAHeadThatWasReadEarlierDoesNotUndoATransfer(t *testing.T) {
	t.Parallel()
	h := NewHub()
	var sink list
	defer h.Watch("a", &sink)()
	h.Publish(&Row{Conversation: "a", Seq: 10, Site: 1, Department: 2, Contact: "known"})
	if shown := h.learn(&Conversation{ID: "a", LastSeq: 9, Site: 1, Department: 1, Contact: Contact{ID: "anonymous"}}); shown != 10 {
		t.Errorf("shown up to %d", shown)
	}
	if _, ok := h.audience(identity.Scope{Sites: []int32{1}, Departments: []int32{1}}, "a"); ok {
		t.Error("the department that it left may still write")
	}
	to, ok := h.audience(identity.Scope{Sites: []int32{1}, Departments: []int32{2}}, "a")
	if want := (Audience{Site: 1, Department: 2, Contact: "known"}); !ok || to != want {
		t.Errorf("audience %+v, %v", to, ok)
	}
}

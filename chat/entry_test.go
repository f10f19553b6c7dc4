package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func TestAnEntryIsCheckedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	conv := testID()
	for name, c := range map[string]struct {
		change func(*Entry)
		want   error
	}{
		"as it is":                 {func(*Entry) {}, nil},
		"10,000 Chinese signs":     {func(e *Entry) { e.Content = strings.Repeat("退", MaxContentRunes) }, nil},
		"10,001":                   {func(e *Entry) { e.Content = strings.Repeat("退", MaxContentRunes+1) }, ErrInvalid},
		"blank":                    {func(e *Entry) { e.Content = " \n\u3000\t" }, ErrInvalid},
		"blank note":               {func(e *Entry) { e.Kind, e.Content = KindNote, "" }, ErrInvalid},
		"a state line may be":      {func(e *Entry) { e.Kind, e.Content = KindResolved, "" }, nil},
		"NUL":                      {func(e *Entry) { e.Content = "a\x00" }, ErrInvalid},
		"not UTF-8":                {func(e *Entry) { e.Content = "\xe9" }, ErrInvalid},
		"NUL in the author's name": {func(e *Entry) { e.Author.Name = "\x00" }, ErrInvalid},
		"no cid":                   {func(e *Entry) { e.CID = "" }, ErrInvalid},
		"odd cid":                  {func(e *Entry) { e.CID = "01890a5d-ac96-774b-bcce-b302099a805g" }, ErrInvalid},
		"upper case":               {func(e *Entry) { e.CID = strings.ToUpper(e.CID) }, nil},
		"odd conversation":         {func(e *Entry) { e.Conversation = "1" }, ErrNotFound},
	} {
		e := message(conv, "hello")
		c.change(&e)
		is(t, e.normalize(), c.want)
		if c.want == nil && e.CID != strings.ToLower(e.CID) {
			t.Errorf("%s: cid %s", name, e.CID)
		}
	}
}

func TestNewIDsAreVersion7AndOrderedByTheirMillisecond(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1645557742000) // RFC 9562, appendix A.6
	id := NewID(at)
	if !strings.HasPrefix(id, "017f22e2-79b0-7") || !strings.ContainsRune("89ab", rune(id[19])) {
		t.Fatalf("%s", id)
	}
	if back, ok := CanonicalID(strings.ToUpper(id)); !ok || back != id {
		t.Fatalf("%s %v", back, ok)
	}
	if later := NewID(at.Add(time.Millisecond)); later <= id {
		t.Fatalf("%s is not after %s", later, id)
	}
	for _, bad := range []string{"", "017f22e279b07000800000000000000", "{17f22e2-79b0-7000-8000-00000000000}", id + "0", strings.Replace(id, "-", "_", 1)} {
		if _, ok := CanonicalID(bad); ok {
			t.Errorf("%q is taken for a UUID", bad)
		}
	}
}

func TestAVisitorsViewLeavesOutWhatOnlyTheStaffReads(t *testing.T) {
	t.Parallel()
	r := &Row{Seq: 3, Kind: KindMessage, Content: "answer", Data: Data{
		Source: &Source{Article: "returns", Confidence: 0.9}, Extra: json.RawMessage(`{"secret":1}`), OverCap: true, Reason: "requested",
	}}
	v := r.ForVisitor()
	if v.Data.Source.Confidence != 0 || v.Data.Extra != nil || v.Data.OverCap || v.Data.Reason != "requested" || v.Content != "answer" {
		t.Errorf("%+v", v)
	}
	if r.Data.Source.Confidence != 0.9 || r.Data.Extra == nil {
		t.Error("the row itself was changed")
	}
	note := &Row{Seq: 4, CID: "x", Kind: KindNote, Content: "secret", Author: Author{Kind: AuthorAgent, ID: "a", Name: "n"}, Data: Data{Reason: "secret"}}
	if v := note.ForVisitor(); v.Seq != 4 || v.Kind != KindHidden || strings.Contains(mustJSON(t, v), "secret") || v.Author.ID != "" {
		t.Errorf("%+v", v)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestASentAsAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	s := startService(t, newMemory(), func(*Config) {})
	agent := identity.Actor{Kind: identity.KindAgent, Role: identity.RoleAgent, ID: "a", Scope: identity.Everything()}
	_, _, err := s.Send(t.Context(), agent, Send{Conversation: testID(), CID: testID(), Kind: KindResolved, Content: "x"})
	is(t, err, ErrInvalid)
	_, _, err = s.Send(t.Context(), agent, Send{Conversation: testID(), CID: testID(), Kind: KindHidden, Content: "x"})
	is(t, err, ErrInvalid)
}

func TestAServiceNeedsItsStoreAndHub(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{}, {Store: newMemory()}, {Hub: NewHub()}, {Store: newMemory(), Hub: NewHub(), Writers: 17}, {Store: newMemory(), Hub: NewHub(), MaxPending: -1}} {
		if _, err := NewService(t.Context(), cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

package chat

import (
	"errors"
	"testing"
	"time"

	"frontdesk/internal/identity"
)

func TestAmendKeepsTheHistoryAndTheRules(t *testing.T) {
	t.Parallel()
	me := Author{Kind: AuthorAgent, ID: "1"}
	now := time.Unix(1_700_000_000, 0)
	row := Row{Seq: 7, Kind: KindNote, Author: me, Content: "one", Data: Data{Mentions: []Mention{{ID: "2"}}}}
	edit := func(kind Kind, content string) Entry { return Entry{Kind: kind, Author: me, Content: content} }
	second, e, err := Amend(row, edit(KindEdited, "two"), now)
	if err != nil || second.Content != "two" || second.Data.Edited == nil || len(second.Data.Mentions) != 1 || !e.Data.OfNote {
		t.Fatalf("changed: %+v, %+v, %v", second, e, err)
	}
	third, _, err := Amend(second, edit(KindDeleted, ""), now.Add(time.Hour))
	if err != nil || third.Content != "" || third.Data.Deleted == nil || len(third.Data.Mentions) != 0 || third.Original() != "one" {
		t.Fatalf("removed: %+v, %v", third, err)
	}
	if h := third.Data.History; len(h) != 2 || h[0].Content != "one" || h[1].Content != "two" || len(second.Data.History) != 1 {
		t.Fatalf("history: %+v", h)
	}
	for name, c := range map[string]struct {
		target Row
		entry  Entry
		want   error
	}{
		"removed already":   {third, edit(KindEdited, "x"), ErrInvalid},
		"no message":        {Row{Kind: KindResolved, Author: me}, edit(KindEdited, "x"), ErrInvalid},
		"an edit":           {Row{Kind: KindEdited, Author: me}, edit(KindEdited, "x"), ErrInvalid},
		"says nothing new":  {row, edit(KindEdited, "one"), ErrInvalid},
		"somebody else's":   {Row{Kind: KindMessage, Author: Author{Kind: AuthorAgent, ID: "2"}}, edit(KindEdited, "x"), identity.ErrForbidden},
		"the bot's":         {Row{Kind: KindMessage, Author: Author{Kind: AuthorBot}}, Entry{Kind: KindEdited, Author: Author{Kind: AuthorBot}}, identity.ErrForbidden},
		"a visitor's by id": {Row{Kind: KindMessage, Author: Author{Kind: AuthorVisitor, ID: "1"}}, edit(KindEdited, "x"), identity.ErrForbidden},
	} {
		if _, _, err := Amend(c.target, c.entry, now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAVisitorSeesNeitherHistoryNorChangesOfNotes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := Row{
		Seq: 1, Kind: KindMessage, Content: "two", Author: Author{Kind: AuthorAgent, ID: "1"},
		Data: Data{Amendment: Amendment{Edited: &now, History: []Former{{Content: "one"}}}},
	}
	if v := r.ForVisitor(); v.Content != "two" || v.Data.Edited == nil || v.Data.History != nil {
		t.Errorf("of a message: %+v", v)
	}
	note := Row{Seq: 2, Kind: KindEdited, Content: "secret", CID: "c", Data: Data{Amendment: Amendment{Target: 1, OfNote: true}}}
	if v := note.ForVisitor(); v.Kind != KindHidden || v.Content != "" || v.CID != "" || v.Data.Target != 0 || v.Seq != 2 {
		t.Errorf("of a note's change: %+v", v)
	}
}

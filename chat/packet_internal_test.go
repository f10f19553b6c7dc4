package chat

import (
	"encoding/json"
	"slices"
	"testing"
)

func visitorRow(seq uint32, text, button string) Row {
	return Row{Seq: seq, Kind: KindMessage, Author: Author{Kind: AuthorVisitor}, Content: text, Data: Data{Button: button}}
}

func answerRow(seq uint32, article, title string) Row {
	return Row{Seq: seq, Kind: KindMessage, Author: Author{Kind: AuthorBot}, Data: Data{Locale: "en", Source: &Source{Article: article, Title: title, Locale: "en", Confidence: 0.8}}}
}

func offerRow(seq uint32, ids ...string) Row {
	r := Row{Seq: seq, Kind: KindMessage, Author: Author{Kind: AuthorBot}, Data: Data{Locale: "en", Extra: json.RawMessage(`{"mood":"angry"}`)}}
	for _, id := range ids {
		r.Data.Buttons = append(r.Data.Buttons, Button{ID: articlePrefix + id, Label: "The " + id, Kind: "article"})
	}
	return r
}

func TestAPacketTellsWhatBecameOfEachArticleByItsTitle(t *testing.T) {
	t.Parallel()
	rows := []Row{
		visitorRow(1, "lamp does not pair", ""),
		answerRow(2, "pair", "Pair a lamp"),
		{Seq: 3, Kind: KindFeedback, Author: Author{Kind: AuthorVisitor}, Data: Data{Feedback: &Feedback{Seq: 2}}},
		visitorRow(4, "and the hub?", ""),
		offerRow(5, "hub", "reset"),
		visitorRow(6, "None of these", "none_of_these"),
		offerRow(7, "late"),
		visitorRow(8, "a human please", ""),
	}
	p := packetOf(rows, "requested")
	want := []Tried{
		{"late", "The late", "en", TriedOffered},
		{"reset", "The reset", "en", TriedRejected},
		{"hub", "The hub", "en", TriedRejected},
		{"pair", "Pair a lamp", "en", TriedUnhelpful},
	}
	if !slices.Equal(p.Tried, want) {
		t.Errorf("tried %+v, want %+v", p.Tried, want)
	}
	if p.Mood != "angry" || p.Language != "en" || p.Confidence != 0.8 || p.Question != "a human please" {
		t.Errorf("packet %+v", p)
	}
	if got := VisitorTexts(rows); !slices.Equal(got, []string{"lamp does not pair", "and the hub?", "a human please"}) {
		t.Errorf("texts %q", got)
	}
}

func TestAPacketForgetsWhatAPersonHasSettled(t *testing.T) {
	t.Parallel()
	rows := []Row{
		visitorRow(1, "old", ""), answerRow(2, "old", "Old"),
		{Seq: 3, Kind: KindMessage, Author: Author{Kind: AuthorAgent}, Content: "done"},
		visitorRow(4, "new", ""), answerRow(5, "new", "New"),
	}
	if got := TriedArticles(rows); len(got) != 1 || got[0].Article != "new" || got[0].Outcome != TriedAnswered {
		t.Errorf("tried %+v", got)
	}
	if got := VisitorTexts(rows); !slices.Equal(got, []string{"new"}) {
		t.Errorf("texts %q", got)
	}
	if got := TriedArticles(nil); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

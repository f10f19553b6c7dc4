package chat

import "testing"

func TestColleaguesWordsToEachOtherAreNotTheVisitors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		row  Row
		want string
	}{
		"transfer by an agent": {Row{Kind: KindTransferred, Author: Author{Kind: AuthorAgent}, Data: Data{Reason: "difficult customer"}}, ""},
		"release by an agent":  {Row{Kind: KindReleased, Author: Author{Kind: AuthorAgent}, Data: Data{Reason: "lunch"}}, ""},
		"release by the system": {
			Row{Kind: KindReleased, Author: Author{Kind: AuthorSystem}, Data: Data{Reason: "agent_gone"}}, "agent_gone",
		},
		"hand-over by the bot": {Row{Kind: KindHandover, Author: Author{Kind: AuthorBot}, Data: Data{Reason: "no_answer"}}, "no_answer"},
	} {
		if got := tt.row.ForVisitor().Data.Reason; got != tt.want {
			t.Errorf("%s: reason %q, want %q", name, got, tt.want)
		}
		if tt.row.Data.Reason == "" {
			t.Errorf("%s: the staff's row was changed", name)
		}
	}
}

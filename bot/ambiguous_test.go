package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/internal/identity"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

// A clean knowledge base learns to answer from one half, which is what an
// ambiguous question has.
func TestAQuestionThatTwoArticlesShareIsNeverAnsweredWithOneOfThem(t *testing.T) {
	t.Parallel()
	s, err := kb.NewService(kb.Config{Store: kbtest.NewStore(), Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 40 {
		fmt.Fprintf(&lines, `{"id":"a%d","title":"topic%d","locale":"en","answer":"answer %d","questions":["where topic%d alpha","how topic%d beta","why topic%d gamma","when topic%d delta"]}`+"\n", i, i, i, i, i, i, i)
	}
	for _, id := range []string{"lamp", "tent"} {
		fmt.Fprintf(&lines, `{"id":"%s-battery","title":"%s battery","locale":"en","answer":"The %s","questions":["how do I change the battery","battery of the %s","%s battery flat"]}`+"\n", id, id, id, id, id)
	}
	if _, err := s.Import(t.Context(), identity.System(), strings.NewReader(lines.String()), kb.ImportOptions{Site: 1}); err != nil {
		t.Fatal(err)
	}
	for name, thresholds := range map[string]bot.Thresholds{"learnt": {}, "configured": {Answer: 0.1}} {
		r, err := bot.NewResponder(bot.ResponderConfig{Knowledge: s, Thresholds: thresholds})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"how do I change the battery", "How do I change the battery?", "battery"} {
			d, err := r.Decide(t.Context(), bot.Question{Site: 1, Text: q, Locale: "en"})
			if err != nil {
				t.Fatal(err)
			}
			if d.Trace.Answer > 0.5 || d.Action != bot.ActionClarify || len(d.Buttons) != 4 {
				t.Errorf("%s, %q: %s at %.2f, threshold %.2f, buttons %+v", name, q, d.Action, d.Confidence, d.Trace.Answer, d.Buttons)
			}
		}
	}
}

package bot

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"frontdesk/kb/demo"
)

// questionsFile names a file of more questions, one a line, the first column of a
// table: go test ./bot -run Swallows -v -args -questions FILE.
var questionsFile = flag.String("questions", "", "file with one real question a line, for the share that the gate takes for something else")

// mostSwallowed is the largest share of real questions that may be taken for
// small talk, a wish for a human, abuse or orders.
const mostSwallowed = 0.002

func TestTheGateSwallowsHardlyAnyQuestion(t *testing.T) {
	t.Parallel()
	g := gateWithModel(t)
	asked := shopQuestions(t)
	if *questionsFile != "" {
		asked = nil
		data, err := os.ReadFile(*questionsFile)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			s, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
			asked = append(asked, s)
		}
	}
	count, drowned, swallowed := map[Reason]int{}, map[Reason]int{}, 0
	for _, s := range asked {
		v := g.check(s)
		if v.otherwise != "" {
			drowned[v.otherwise]++
		}
		if v.reason == "" || v.reason == ReasonTooLong {
			continue
		}
		count[v.reason]++
		if swallowed++; swallowed <= 40 {
			t.Logf("%s: %q", v.reason, s)
		}
	}
	t.Logf("%d of %d questions: %v; answered by a mood reply if no article answers: %v", swallowed, len(asked), count, drowned)
	if float64(swallowed) > mostSwallowed*float64(len(asked)) {
		t.Errorf("%d of %d questions are taken for something else, want at most %.1f %%", swallowed, len(asked), 100*mostSwallowed)
	}
}

// shopQuestions are the demo shop's own questions and titles, and what its
// development file asks that an article should answer.
func shopQuestions(t *testing.T) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(string(demo.JSONL())) {
		var article struct {
			Title     string
			Questions []string
		}
		if err := json.Unmarshal([]byte(line), &article); err != nil {
			t.Fatal(err)
		}
		all = append(all, article.Title)
		all = append(all, article.Questions...)
	}
	data, err := os.ReadFile("../docs/eval/demo-questions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if want, s, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(want, "#") && want != "-" && !strings.HasPrefix(want, "@") {
			all = append(all, s)
		}
	}
	if len(all) < 1000 {
		t.Fatalf("only %d questions: did the demo shop move?", len(all))
	}
	return all
}

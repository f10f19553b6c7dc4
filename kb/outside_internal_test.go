package kb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

// What the fit sees as unanswerable must not be what the evaluation asks.
func TestNoQuestionFromOutsideStandsInAnEvaluationSet(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../docs/eval/*.tsv")
	if err != nil || len(names) < 4 {
		t.Fatalf("question files %q, %v; want the house and demo sets", names, err)
	}
	asked := map[string]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(string(raw)) {
			if _, question, ok := strings.Cut(line, "\t"); ok {
				asked[text.Key(question)] = filepath.Base(name)
				rows++
			}
		}
		if rows < 100 {
			t.Errorf("%s has %d questions", name, rows)
		}
	}
	for _, locale := range []string{text.Chinese, text.English} {
		for _, q := range outsideQuestions(locale) {
			if name, ok := asked[text.Key(q)]; ok {
				t.Errorf("%q stands in %s", q, name)
			}
		}
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/kb/demo"
)

// One article is nearest to every question: only how near says whether it answers.
func TestASmallKnowledgeBaseDoesNotAnswerEverything(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for line := range strings.Lines(string(demo.JSONL())) {
		if strings.Contains(line, `"id":"shipping-time"`) || strings.Contains(line, `"id": "shipping-time"`) {
			lines.WriteString(line)
		}
	}
	if strings.Count(lines.String(), "\n") != 2 {
		t.Fatalf("the demo shop has no shipping-time in two languages: %q", lines.String())
	}
	dir := files(t, map[string]string{"kb.jsonl": lines.String(), "q.tsv": strings.Join([]string{
		"shipping-time\t几天能到货", "shipping-time\thow long does delivery take",
		"-\t怎么退货", "-\t我的耳机坏了", "-\t密码", "-\t运动会几点开始", "-\tdo you sell shoes", "-\twhat is your refund policy", "-\thow do I cancel my order", "-\tcan I pay with points",
	}, "\n") + "\n"})
	if _, err := frontdesk(t, "eval", "--kb", filepath.Join(dir, "kb.jsonl"), "--questions", filepath.Join(dir, "q.tsv"), "--report", dir, "--bootstrap", "10", "--json", "--log-level", "error"); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, reportFile))
	if err != nil {
		t.Fatal(err)
	}
	var r bot.SavedReport
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 10 {
		t.Fatalf("%d rows", len(r.Rows))
	}
	refused := 0
	for _, row := range r.Rows {
		switch {
		case row.InScope() != (row.Action == bot.ActionAnswer):
			t.Errorf("%q: %s at %.2f, answerable at %.2f", row.Text, row.Action, row.Confidence, row.Answerable)
		case row.Action == bot.ActionHandover:
			refused++
		}
	}
	if refused < 4 {
		t.Errorf("of eight questions about something else only %d went to a person", refused)
	}
}

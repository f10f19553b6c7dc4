package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"frontdesk/bot"
	"frontdesk/bot/evalreport"
	"frontdesk/bot/evalset"
	"frontdesk/kb/demo"
)

// frontdesk runs a command line.
func frontdesk(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// files writes files into a new folder and returns it.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// demoPart returns the first articles of the demo shop and questions to them.
func demoPart(t *testing.T) string {
	t.Helper()
	lines := strings.SplitAfterN(string(demo.JSONL()), "\n", 13)
	return files(t, map[string]string{
		"kb.jsonl": strings.Join(lines[:12], ""),
		"q.tsv":    "order-place\twhere do I pay for the lamp I picked\norder-place\thow to order\n-\tdo you sell <b>helicopters</b>\n@human\tI want to talk to a person\n",
	})
}

func TestEvalWritesAReportThatCanBeCompared(t *testing.T) {
	t.Parallel()
	dir := demoPart(t)
	kbFile, questions, report := filepath.Join(dir, "kb.jsonl"), filepath.Join(dir, "q.tsv"), filepath.Join(dir, "report")
	out, err := frontdesk(t, "eval", "--kb", kbFile, "--questions", questions, "--report", report, "--bootstrap", "50", "--json", "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	var r bot.SavedReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if r.N != 4 || r.Hit1 == nil || *r.Hit1 != 1 || r.Data.Leaking != 1 || r.Data.Articles == 0 || r.Intervals.Resamples != 50 || len(r.LegHit1) == 0 || len(r.Rows) != 0 {
		t.Errorf("%s", out)
	}
	for _, name := range []string{indexFile, curveFile, reportFile} {
		raw, err := os.ReadFile(filepath.Join(report, name))
		if err != nil || len(raw) == 0 || bytes.Contains(raw, []byte("<b>helicopters")) && name != reportFile {
			t.Errorf("%s: %v", name, err)
		}
	}
	saved := filepath.Join(report, reportFile)
	if out, err = frontdesk(t, "eval", "--compare", saved, saved); err != nil || !strings.Contains(out, "4 questions paired") || !strings.Contains(out, "same") || strings.Contains(out, "-0.000") {
		t.Errorf("%v in %s", err, out)
	}
}

func TestEvalSaysWhatIsWrongWithItsInput(t *testing.T) {
	t.Parallel()
	dir := demoPart(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{
		"unknown.tsv": "nowhere\tquestion\n", "broken.tsv": "order-place\tfine\nno tab\n", "empty.tsv": "", "utf16.tsv": "\xff\xfea\x00", "leaks.tsv": "order-place\thow to order\n",
		"broken.jsonl": "{\"id\":\n", "empty.json": "{}", "text.json": "hello",
		"header.tsv": "article_id\tquestion\norder-place\thow\n", "columns.tsv": "order-place\thow\tnote\n", "nothing.jsonl": "\n", "utf16.jsonl": "\xff\xfe{\x00", "gbk.jsonl": "{\"id\":\"\xcd\xcb\xbf\xee\"}\n",
	} {
		if err := os.WriteFile(path(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown article":       {[]string{"--kb", path("kb.jsonl"), "--questions", path("unknown.tsv")}, `unknown.tsv: line 1: the knowledge base has no article "nowhere"`},
		"a line without a tab":     {[]string{"--kb", path("kb.jsonl"), "--questions", path("broken.tsv")}, "broken.tsv: line 2: no tab"},
		"an empty file":            {[]string{"--kb", path("kb.jsonl"), "--questions", path("empty.tsv")}, "empty.tsv: the file is empty"},
		"another encoding":         {[]string{"--kb", path("kb.jsonl"), "--questions", path("utf16.tsv")}, "utf16.tsv: line 1: the file is UTF-16"},
		"nothing but leaks":        {[]string{"--kb", path("kb.jsonl"), "--questions", path("leaks.tsv"), "--drop-leaks"}, "no question is left"},
		"a broken knowledge base":  {[]string{"--kb", path("broken.jsonl"), "--questions", path("q.tsv")}, "broken.jsonl: line 1"},
		"a header line":            {[]string{"--kb", path("kb.jsonl"), "--questions", path("header.tsv")}, "the file has no header line"},
		"a third column":           {[]string{"--kb", path("kb.jsonl"), "--questions", path("columns.tsv")}, "columns.tsv: line 1: 3 columns, want 2"},
		"an empty knowledge base":  {[]string{"--kb", path("nothing.jsonl"), "--questions", path("q.tsv")}, "nothing.jsonl: the knowledge base is empty"},
		"articles in UTF-16":       {[]string{"--kb", path("utf16.jsonl"), "--questions", path("q.tsv")}, "utf16.jsonl: line 1: the file is UTF-16; save it as UTF-8"},
		"articles in GBK":          {[]string{"--kb", path("gbk.jsonl"), "--questions", path("q.tsv")}, "gbk.jsonl: line 1, byte 8: not valid UTF-8"},
		"a report that is a file":  {[]string{"--kb", path("kb.jsonl"), "--questions", path("q.tsv"), "--report", path("q.tsv")}, "q.tsv is a file; name a folder"},
		"sets without a folder":    {[]string{"sets", "--data", path("none"), "--out", dir, "--only", "house"}, "none is no folder"},
		"no questions":             {[]string{"--kb", path("kb.jsonl")}, "eval needs --kb and --questions"},
		"resamples below zero":     {[]string{"--kb", path("kb.jsonl"), "--questions", path("q.tsv"), "--bootstrap", "-1"}, "--bootstrap is -1"},
		"one report to compare":    {[]string{"--compare", path("empty.json")}, "--compare takes two files"},
		"a report without rows":    {[]string{"--compare", path("empty.json"), path("empty.json")}, `"n" is missing`},
		"a report that is none":    {[]string{"--compare", path("text.json"), path("text.json")}, "is not a report"},
		"a report that is missing": {[]string{"--compare", path("none.json"), path("none.json")}, "open report"},
		"sets without data":        {[]string{"sets", "--data", dir, "--out", dir, "--only", "banking77-k1"}, "has no intent_banking77_train.tsv"},
		"a set that is unknown":    {[]string{"sets", "--data", dir, "--out", dir, "--only", "imagenet"}, "--only imagenet fits no set; there are banking77-k1"},
		"a half that is none":      {[]string{"sets", "--data", dir, "--out", dir, "--half", "C"}, `--half is "C"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := frontdesk(t, append([]string{"eval", "--log-level", "error"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (%s), want %q", err, out, c.want)
			}
		})
	}
}

// tinySets are the public sets in miniature, with the same columns and labels.
func tinySets() map[string]string {
	subjects := []string{"card", "loan", "cheque"}
	var banking, train, val, nlupp, pairs strings.Builder
	for _, s := range subjects {
		for i := range 20 {
			fmt.Fprintf(&banking, "where is my %s number %d\t%s_arrival\n", s, i, s)
			fmt.Fprintf(&train, "tell me %s story %d\t%s\n", s, i, s)
			fmt.Fprintf(&val, "i want a %s tale %d\t%s\n", s, i, s)
			fmt.Fprintf(&nlupp, "how do i get a %s now %d\tbanking:%s+how\n", s, i, s)
		}
	}
	for i := range 8 {
		fmt.Fprintf(&val, "what colour has mars %d\toos\n", i)
		fmt.Fprintf(&pairs, "怎么退第%d个款\t第%d个款怎么退\t1\n怎么退第%d个款\t天气第%d好\t0\n", i, i, i, i)
	}
	return map[string]string{
		"intent_banking77_train.tsv": banking.String(), "intent_clinc150_train.tsv": train.String(), "intent_clinc150_val.tsv": val.String(),
		"intent_nlupp.tsv": nlupp.String(), "pair_lcqmc_dev.tsv": pairs.String(),
	}
}

func TestStandardSetsAreMeasuredOnOneDatabase(t *testing.T) {
	t.Parallel()
	out := files(t, map[string]string{
		"house-zh.tsv": "# typo\n-\t天气怎么样\norder-place\t怎么下单\n@human\t转人工\n", "house-en.tsv": "# typo\n-\tweather\norder-place\thow do i odrer\n@smalltalk\thello\n",
		"demo-questions.tsv": "order-place\thow do I order\n-\tweather\n", "demo-questions-held-out.tsv": "order-place\t下单的流程\n",
	})
	data := files(t, tinySets())
	said, err := frontdesk(t, "eval", "sets", "--data", data, "--out", out, "--bootstrap", "20")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	raw, err := os.ReadFile(filepath.Join(out, figuresFile))
	if err != nil {
		t.Fatal(err)
	}
	var f evalreport.Figures
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range f.Sets {
		names = append(names, s.Name)
	}
	var want []string
	for _, s := range standardSets() {
		want = append(want, s.name)
	}
	if !slices.Equal(names, want) {
		t.Errorf("measured %q, want %q", names, want)
	}
	for _, g := range evalreport.Targets() {
		i := slices.Index(names, g.Set)
		if i < 0 {
			t.Fatalf("a goal names the set %q, which does not exist", g.Set)
		}
		if _, ok := f.Sets[i].Figures[g.Figure]; !ok && !strings.HasPrefix(g.Figure, "pair_") && !strings.HasSuffix(g.Figure, "_at_94") {
			t.Errorf("a goal names %s of %s, which has %v", g.Figure, g.Set, f.Sets[i].Figures)
		}
	}
	// Of Banking77's 60 rows a fifth is held back, of which half reports.
	if s := f.Sets[0]; s.Questions != 6 || s.Articles != 3 || s.Draws != 3 || s.Variants != 3 {
		t.Errorf("%+v", s)
	}
	before := string(raw)
	if said, err = frontdesk(t, "eval", "sets", "--data", data, "--out", out, "--bootstrap", "20", "--only", "lcqmc-pairs"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if raw, err = os.ReadFile(filepath.Join(out, figuresFile)); err != nil || strings.Count(string(raw), `"title"`) != strings.Count(before, `"title"`) {
		t.Errorf("the figures of other sets must stay (%v)", err)
	}
	for _, name := range []string{markdownFile, indexFile} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestSetsAreCutFromTheFilesTheyName(t *testing.T) {
	t.Parallel()
	o := setsOptions{data: files(t, map[string]string{"intent_nlupp.tsv": "a\tb\tc\n"}), half: "B", bootstrap: 1}
	if _, _, err := o.intents("intent_nlupp.tsv"); !errors.Is(err, evalset.ErrData) || !strings.Contains(err.Error(), "intent_nlupp.tsv: line 1: 3 columns") {
		t.Errorf("got %v", err)
	}
}

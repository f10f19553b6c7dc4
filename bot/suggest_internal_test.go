package bot

import (
	"slices"
	"strings"
	"testing"

	"frontdesk/chat"
	"frontdesk/kb"
)

func TestMarksAreTheTellingWordsThatTheQuestionHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, question, want string }{
		{"how long does a refund take", "When will my refunds arrive?", "refund"},
		{"退款多久到账", "请问我的退款什么时候到", "退款"},
		{"reset the TH01 sensor", "th01 does not reset", "reset|TH01"},
		{"怎么reset密码", "怎么重置密码 reset", "reset密码"},
		{"how do I do it", "how can I do it", ""},
		{"", "x", ""},
		{"warranty", "", ""},
	} {
		var got []string
		runes := []rune(c.text)
		for _, m := range marks(c.text, c.question) {
			got = append(got, string(runes[m.From:m.To]))
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%q for %q: marks %q, want %q", c.text, c.question, s, c.want)
		}
	}
}

func TestPersonalDataIsTakenOutAndFactsStay(t *testing.T) {
	t.Parallel()
	c := newScrubber()
	for in, gone := range map[string][]string{
		"Write to Jane.Doe+x@mail.example.org, thanks":      {"Jane", "mail.example"},
		"call +49 170 123 45 67 or 0800 123 4567":           {"170", "4567"},
		"我的手机是13812345678，邮箱 li@qq.com":                     {"13812345678", "qq"},
		"order FD20261121-77 and 1Z999AA10123456784":        {"FD2026", "1Z999"},
		"card 4111 1111 1111 1111":                          {"4111"},
		"订单号：202611210001234":                               {"2026112100"},
		"我叫张伟，收件人李雷":                                        {"张伟", "李雷"},
		"My name is Jane Doe and I live here":               {"Jane", "Doe"},
		"see https://shop.example/track?order=77&key=abc":   {"track?", "key="},
		"Mr. Wei Zhang asked; WEI ZHANG again; zhang, too.": {"Wei", "ZHANG", "zhang"},
	} {
		got := c.clean(in, "Wei Zhang")
		for _, g := range gone {
			if strings.Contains(got, g) {
				t.Errorf("%q is left in %q", g, got)
			}
		}
	}
	for _, fact := range []string{
		"Refunds take 7 to 15 days.", "The TH01 sensor costs 49.90 euros.", "满99元免运费，7天无理由退货", "Open from 9:00 to 17:30, 24/7 chat", "until 2026-12-31", "5GHz and 2.4GHz, 220V, 5000mAh", "https://shop.example/help",
	} {
		if got := c.clean(fact, "Wei Zhang", "", "a"); got != fact {
			t.Errorf("%q became %q", fact, got)
		}
	}
}

func TestVariablesLeaveNoGaps(t *testing.T) {
	t.Parallel()
	named := map[string]string{VarVisitorName: "{{agent.name}}", VarAgentName: "Mei", VarVisitorEmail: ""}
	nobody := map[string]string{VarVisitorName: "", VarAgentName: "Mei", VarVisitorEmail: ""}
	for _, c := range []struct {
		in   string
		vals map[string]string
		want string
	}{
		{"Hello {{visitor.name}}, I am {{ agent.name }}.", nobody, "Hello, I am Mei."},
		{"One moment please, {{visitor.name}}. {{agent.name}}", nobody, "One moment please. Mei"},
		{"{{visitor.name}}您好", nobody, "您好"},
		{"Hi {{visitor.name}}!", named, "Hi {{agent.name}}!"}, // a value is data
		{"{{visitor.card}} {{", nobody, "{{visitor.card}} {{"},
		{"no variable", nobody, "no variable"},
	} {
		if got := fillVariables(c.in, c.vals); got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
	}
}

func TestUsageOrdersButNeverLiftsMuch(t *testing.T) {
	t.Parallel()
	key := func(item string) UsageKey { return UsageKey{FromArticle, item} }
	usage := map[UsageKey]Usage{key(""): {1000, 300}, key("loved"): {200, 190}, key("hated"): {200, 0}, key("young"): {1, 1}, key("broken"): {-5, 900}}
	f := func(item string) float64 { return usageFactor(usage, FromArticle, item) }
	if !(f("loved") > f("new") && f("new") > f("hated")) || f("loved") > mostFactor || f("hated") < leastFactor {
		t.Errorf("loved %v, new %v, hated %v", f("loved"), f("new"), f("hated"))
	}
	if f("young") > 1.3 || f("broken") > mostFactor || usageFactor(nil, FromSolved, "x") != 1 {
		t.Errorf("one lucky showing counts %v, nonsense %v", f("young"), f("broken"))
	}
}

func TestTheSameReplyFromTwoSourcesIsOfferedOnce(t *testing.T) {
	t.Parallel()
	a := Suggestion{Source: FromArticle, Item: "a", Text: "Refunds arrive within 7 working days after we receive the parcel."}
	b := Suggestion{Source: FromSolved, Item: "1", Text: "Refunds arrive within 7 working days, after we receive the parcel!"}
	other := Suggestion{Source: FromSolved, Item: "2", Text: "You can pay with card."}
	staff := b
	staff.Internal = true
	if !sameReply(&a, &b) || sameReply(&a, &other) || sameReply(&a, &staff) || sameReply(&Suggestion{}, &Suggestion{Source: FromCanned}) {
		t.Error("replies are told apart wrongly")
	}
}

func TestEditShareIsHowMuchWasChanged(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 2000)
	for _, c := range []struct {
		a, b      string
		low, high float64
	}{
		{"seven days", " seven \n days ", 0, 0},
		{"seven days", "nine days", 0.1, 0.5},
		{"退款7天到账", "退款15天到账", 0.1, 0.4},
		{"", "x", 1, 1},
		{"abc", "xyz", 1, 1},
		{long, long + "end", 0.0005, 0.01},
	} {
		if got := editShare(c.a, c.b); got < c.low || got > c.high {
			t.Errorf("%.20q to %.20q: %v", c.a, c.b, got)
		}
	}
}

func TestTheLatestQuestionIsWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := &Suggester{gate: newGate(nil)}
	row := func(seq uint32, kind chat.AuthorKind, text string) chat.Row {
		return chat.Row{Seq: seq, Kind: chat.KindMessage, Author: chat.Author{Kind: kind}, Content: text}
	}
	const v, b, a = chat.AuthorVisitor, chat.AuthorBot, chat.AuthorAgent
	for name, c := range map[string]struct {
		rows []chat.Row
		want string
		seq  uint32
	}{
		"a wish for a human asks nothing itself": {[]chat.Row{row(1, v, "Where is my parcel?"), row(2, b, "…"), row(3, v, "转人工")}, "where is my parcel?", 3},
		"the last one counts":                    {[]chat.Row{row(1, v, "Where is my parcel?"), row(2, b, "…"), row(3, v, "How do I pay?")}, "how do i pay?", 3},
		"two messages are one question":          {[]chat.Row{row(1, v, "My lamp flickers."), row(2, v, "What can I do?")}, "my lamp flickers.\nwhat can i do?", 2},
		"an agent has answered":                  {[]chat.Row{row(1, v, "Where is my parcel?"), row(2, a, "On its way.")}, "", 0},
		"thanks are no question":                 {[]chat.Row{row(1, a, "On its way."), row(2, v, "谢谢")}, "", 2},
		"nothing":                                {nil, "", 0},
	} {
		if q, seq := s.asked(c.rows); q != c.want || seq != c.seq {
			t.Errorf("%s: %q at %d, want %q at %d", name, q, seq, c.want, c.seq)
		}
	}
}

func TestOfALongArticleThePassageIsOffered(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("Nothing about it here. ", 30)
	answer := filler + "\n\nRefunds by bank transfer take ten days.\n\n" + filler + "\n\n" + filler
	got := passage(answer, "how long does a refund by bank transfer take")
	if !strings.Contains(got, "ten days") || len(got) > wholeRunes+len(filler) || !strings.Contains(answer, got) {
		t.Errorf("%d bytes: %.80q", len(got), got)
	}
	if short := "short"; passage(short, "x") != short {
		t.Error("a short one is cut")
	}
}

func TestConfidencesOfOtherCandidatesShareWhatIsLeft(t *testing.T) {
	t.Parallel()
	got := shares(kb.Result{Confidence: 0.6, Answerable: 0.9, Candidates: []kb.Candidate{{Score: 1}, {Score: 0.6}, {Score: 0.3}}})
	if got[0] != 0.6 || got[1] <= got[2] || got[1]+got[2] > 0.3001 {
		t.Errorf("%v", got)
	}
	for _, r := range []kb.Result{{}, {Confidence: 0.9, Answerable: 0.2, Candidates: []kb.Candidate{{Score: 1}, {Score: -3}}}} {
		if slices.ContainsFunc(shares(r), func(x float64) bool { return x < 0 || x > 1 }) {
			t.Errorf("%+v: %v", r, shares(r))
		}
	}
}

func TestASummaryIsTheVisitorsOwnSentences(t *testing.T) {
	t.Parallel()
	en := []string{
		"Hello", "My lamp LH-200 flickers since Monday. I tried another socket already. It is really annoying.", "Can I get a replacement for order 4711?", "I want to talk to a human", "thanks",
	}
	got := Summarize(en)
	if len(got) < 2 || len(got) > 3 || !slices.Contains(got, "Can I get a replacement for order 4711?") || !slices.Contains(got, "My lamp LH-200 flickers since Monday.") {
		t.Errorf("%q", got)
	}
	for _, s := range got {
		if !strings.Contains(strings.Join(en, "\n"), s) {
			t.Errorf("%q is not verbatim", s)
		}
	}
	zh := Summarize([]string{"你好", "我上周买的传感器TH01一直连不上网。重启过了。", "可以换一个吗？", "转人工"})
	if !slices.Contains(zh, "可以换一个吗？") || !slices.Contains(zh, "我上周买的传感器TH01一直连不上网。") {
		t.Errorf("%q", zh)
	}
	for range 20 {
		if again := Summarize(en); !slices.Equal(again, got) {
			t.Fatalf("not the same twice: %q and %q", again, got)
		}
	}
	for _, empty := range [][]string{nil, {""}, {"你好", "谢谢"}, {"😀"}} {
		if s := Summarize(empty); len(s) != 0 {
			t.Errorf("%q: %q", empty, s)
		}
	}
	if s := Summarize([]string{strings.Repeat("很长的一句话没有标点", 500)}); len(s) != 1 || len([]rune(s[0])) > summaryRunes+1 {
		t.Errorf("a long one: %d sentences", len(s))
	}
}

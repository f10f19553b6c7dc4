package history

import (
	"strings"
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// matches reports whether a text has every word of a search.
func matches(query, content string) bool {
	m := readQuery(query)
	if m.empty() {
		return false
	}
	n := mapNormal(content)
	_, hits := m.find(n.runes)
	wanted := 0
	for _, w := range m.words {
		if w.not {
			only := match{words: []word{{phrases: w.phrases}}}
			if _, found := only.find(n.runes); found > 0 {
				return false
			}
			continue
		}
		wanted++
	}
	return hits == wanted
}

func TestASearchFindsWhatAPersonExpects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, content string
		want           bool
	}{
		{"refund", "I want a refund now", true},
		{"refunds", "Refund please", true},
		{"refun", "a refund", true}, // still being typed
		{"refun ", "a refund", false},
		{"refund order", "my order: refund it", true},
		{"refund order", "a refund", false},
		{`"refund order"`, "my order: refund it", false},
		{`"order refund"`, "my order: refund it", true},
		{"order -refund", "my order: refund it", false},
		{"order -refund", "my order", true},
		{"退款", "我想申请退款", true},
		{"退款", "退一下款", false},
		{"申请退款", "我想申请退款,谢谢", true},
		{"退款 物流", "物流很慢,我要退款", true},
		{"退款 物流", "我要退款", false},
		{"退款", "申請退款", true},
		{"申請", "我想申请退款", true}, // traditional and simplified are the same
		{"款", "退款", true},
		{"TH-01", "sensor TH01 is broken", true},
		{"TH01", "sensor TH-01 is broken", true},
		{"th-01", "sensor TH-02", false},
		{"温度-TH01", "传感器-温度-TH01 坏了", true},
		{"a.b@example.com", "write to a.b@example.com please", true},
		{"example.com", "write to a.b@example.com please", true},
		{"reset密码", "怎么reset密码?", true},
		{"does not work", "it doesn't work", true},
		{"doesn't work", "it does not work", true},
		{"ＯＲＤＥＲ", "my order", true},
		{"123456", "order 123456!", true},
		{"12345", "order 123456!", false},
		{`""`, "anything", false},
		{"-refund", "order", false}, // nothing that must be there
		{"“order refund”", "order refund", true},
	} {
		if got := matches(c.query, c.content); got != c.want {
			t.Errorf("%q in %q: %v; asks %s", c.query, c.content, got, new(readQuery(c.query)).all())
		}
	}
}

func TestASnippetShowsTheHitAndLosesNoText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("一些没有关系的话。", 60) + "我要申请退款,谢谢" + strings.Repeat("后面还有很多。", 60)
	for _, c := range []struct{ query, content, hit string }{
		{"退款", long, "退款"},
		{"申請退款", long, "申请退款"},
		{"refund", "please <b>refund</b> me", "refund"},
		{"th01", "sensor TH-01 broken", "TH-01"},
		{"stra", "in the Straße", "Straße"},
	} {
		m := readQuery(c.query)
		segments, hits := snippetOf(c.content, &m)
		var all strings.Builder
		found := false
		for _, s := range segments {
			all.WriteString(s.Text)
			found = found || s.Hit && s.Text == c.hit
		}
		if !found || hits != 1 {
			t.Errorf("%q: no hit %q in %+v (%d)", c.query, c.hit, segments, hits)
		}
		if !strings.Contains(c.content, strings.Trim(all.String(), "…")) {
			t.Errorf("%q: the snippet is no part of the text: %s", c.query, all.String())
		}
		if n := len([]rune(all.String())); n > snippetRunes+2 {
			t.Errorf("%q: %d characters", c.query, n)
		}
	}
}

// What a visitor writes must not cost more to show than to read: each character of it begins what is looked for.
func TestTextThatBeginsLikeTheSearchEverywhereIsShownInTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, content string
		steps          int // for each token, at most
	}{
		{"退abc", strings.Repeat("退abc", 2500), 3},
		{"退款 订单 退款退款abc", strings.Repeat("退款abc", 2000), 12},
		{`"` + strings.Repeat("退", 190) + `"`, strings.Repeat("退", 10_000), 1 << 20},
		{"abc", strings.Repeat("abcd ", 2000), 2},
	} {
		m := readQuery(c.query)
		n := mapNormal(c.content)
		f := newFinder(n.runes)
		for i := range m.words {
			for _, phrase := range m.words[i].phrases {
				f.phrase(phrase)
			}
		}
		if most := min(c.steps*len(f.found), findSteps+len(f.found)); f.steps > most {
			t.Errorf("%.20s…: %d comparisons for %d tokens, at most %d", c.query, f.steps, len(f.found), most)
		}
		if segments, hits := snippetOf(c.content, &m); hits == 0 || len(segments) == 0 {
			t.Errorf("%.20s…: %d hits", c.query, hits)
		}
	}
}

func TestALooseSearchAsksForNeighbours(t *testing.T) {
	t.Parallel()
	m := readQuery("怎么申请退款")
	loose, anyOf, ok := m.loosen()
	if !ok || len(loose.words) != 5 || !strings.Contains(anyOf, "('申请') & ('请退')") {
		t.Errorf("%v %s %+v", ok, anyOf, loose)
	}
	m = readQuery("refund")
	if _, _, ok := m.loosen(); ok {
		t.Error("one word cannot be loosened")
	}
}

func TestAPartsTermsStayWithinWhatPostgreSQLHolds(t *testing.T) {
	t.Parallel()
	p := Part{Contact: chat.Contact{ID: "c", Name: "O'Brien \\ 王"}}
	for i := range PartRows {
		p.Rows = append(p.Rows, chat.Row{Seq: uint32(i + 1), Kind: chat.KindMessage, Content: randomHan(10_000, i)})
	}
	if v := p.Vector(); len(v) > 4<<20 || !strings.Contains(v, "'#d0'") {
		t.Errorf("%d bytes", len(v))
	}
	if PartOf(1) != 0 || PartOf(32) != 0 || PartOf(33) != 1 {
		t.Error("parts are cut wrong")
	}
}

// randomHan is a text of n Chinese characters that hardly repeats itself.
func randomHan(n, seed int) string {
	var b strings.Builder
	x := uint32(seed + 1)
	for range n {
		x = x*1664525 + 1013904223
		b.WriteRune(rune(0x4E00 + x>>8%0x5000))
	}
	return b.String()
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"refund", `"a b" -c`, "传感器-温度-TH01", "\u0301\u200d", "it's '\\ :* & | !", "½ ㈱ ﷺ"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, query, content string) {
		m := readQuery(query)
		_ = m.all()
		_, _, _ = m.loosen()
		segments, _ := snippetOf(content, &m)
		if len(segments) > len(content)+4 {
			t.Fatal("too many pieces")
		}
		_, _ = tokens([]rune(text.Normalize(content)), 0)
		_ = (&Part{Rows: []chat.Row{{Kind: chat.KindMessage, Content: content}}}).Vector()
	})
}

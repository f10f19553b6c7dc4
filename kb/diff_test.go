package kb_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"frontdesk/kb"
)

// sides puts the two texts together again that a difference is made of.
func sides(pieces []kb.DiffPiece) (before, after string) {
	var a, b strings.Builder
	for _, p := range pieces {
		if p.Op != kb.DiffAdded {
			a.WriteString(p.Text)
		}
		if p.Op != kb.DiffGone {
			b.WriteString(p.Text)
		}
	}
	return a.String(), b.String()
}

func shown(pieces []kb.DiffPiece) string {
	var out strings.Builder
	for _, p := range pieces {
		switch p.Op {
		case kb.DiffGone:
			out.WriteString("[-" + p.Text + "]")
		case kb.DiffAdded:
			out.WriteString("[+" + p.Text + "]")
		case kb.DiffSame:
			out.WriteString(p.Text)
		}
	}
	return out.String()
}

func TestTextsAreComparedByWordsAndChineseByCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"Two days.", "Three days.", "[-Two][+Three] days."},
		{"签收次日起7天内", "签收次日起15天内", "签收次日起[-7][+15]天内"},
		{"可以退货", "不可以退货", "[+不]可以退货"},
		{"", "new", "[+new]"},
		{"gone", "", "[-gone]"},
		{"same", "same", "same"},
		{"one two three", "one 2 drei", "one [-two three][+2 drei]"},
	} {
		if got := shown(kb.DiffText(c.a, c.b)); got != c.want {
			t.Errorf("%q → %q: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestADifferenceIsBothTextsWhateverTheyAre(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "b", "退", "款", " ", "\n", "7", "days", "."}
	text := func(n int) string {
		var out strings.Builder
		for range n {
			out.WriteString(words[rng.IntN(len(words))])
		}
		return out.String()
	}
	for range 2000 {
		a, b := text(rng.IntN(30)), text(rng.IntN(30))
		if x, y := sides(kb.DiffText(a, b)); x != a || y != b {
			t.Fatalf("%q and %q became %q and %q", a, b, x, y)
		}
	}
	long, other := text(9000), text(9000)
	if x, y := sides(kb.DiffText(long, other)); x != long || y != other {
		t.Fatal("two long texts are not told apart whole")
	}
}

func TestEveryFieldThatDiffersIsNamed(t *testing.T) {
	t.Parallel()
	a := kb.Article{Title: "T", Questions: []string{"q", "r"}, Answer: "A", Tags: []string{"x"}}
	b := a
	b.Questions, b.Audience, b.Floor, b.Handover, b.Next, b.Owner, b.Department = []string{"q", "s"}, kb.AudienceStaff, 0.5, true, []string{"n"}, "o", 2
	var fields []string
	for _, f := range kb.DiffArticles(a, b) {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "questions department audience floor handover next owner" {
		t.Fatal(got)
	}
	if len(kb.DiffArticles(a, a)) != 0 {
		t.Fatal("an article differs from itself")
	}
}

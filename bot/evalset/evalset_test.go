package evalset_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"frontdesk/bot/evalset"
)

func TestFilesThatCannotBeUsedSayWhereAndWhy(t *testing.T) {
	t.Parallel()
	intents := func(s string) error {
		_, _, err := evalset.ReadIntents(strings.NewReader(s))
		return err
	}
	pairs := func(s string) error {
		_, _, err := evalset.ReadPairs(strings.NewReader(s))
		return err
	}
	questions := func(s string) error {
		_, err := evalset.ReadQuestions(strings.NewReader(s))
		return err
	}
	for name, c := range map[string]struct {
		read  func(string) error
		input string
		want  string
	}{
		"an empty file":               {intents, "", "the file is empty"},
		"blank lines only":            {intents, "\n \n\t\n", "the file is empty"},
		"one column":                  {intents, "how\tx\nwhy\n", "line 2: 1 columns, want 2 (text<TAB>label)"},
		"three columns":               {intents, "how\tx\ty\n", "line 1: 3 columns, want 2"},
		"an empty label":              {intents, "how\t \n", "line 1: column 2 is empty"},
		"an empty text":               {intents, "a\tx\n \tx\n", "line 2: column 1 is empty"},
		"a text without a word":       {intents, "?!\tx\n", "line 1: the text has no letter"},
		"UTF-16, little endian":       {intents, "\xff\xfea\x00\t\x00", "line 1: the file is UTF-16"},
		"UTF-16, big endian":          {intents, "\xfe\xff\x00a", "line 1: the file is UTF-16"},
		"GB18030 after UTF-8":         {intents, "退款\tx\n\xcd\xcb\xbf\xee\tx\n", "line 2, byte 1: not valid UTF-8"},
		"Latin-1 within a line":       {intents, "caf\xe9\tx\n", "line 1, byte 4: not valid UTF-8"},
		"a NUL":                       {intents, "a\x00b\tx\n", "line 1, byte 2: a NUL"},
		"a line without end":          {intents, "a\tx\n" + strings.Repeat("y", 70_000), "line 2: longer than 65536 bytes"},
		"a pair without a verdict":    {pairs, "a\tb\n", "line 1: 2 columns, want 3"},
		"a pair with another verdict": {pairs, "a\tb\tyes\n", `line 1: column 3 is "yes"`},
		"no tab":                      {questions, "a\tb\nno tab", "line 2: no tab"},
		"a third column":              {questions, "a\tb\na\tq\tnote\tx", "line 2: 4 columns, want 2"},
		"no article id":               {questions, "\tq", "line 1: no article id"},
		"no question":                 {questions, "a\t ", "line 1: no question"},
		"an unknown wish":             {questions, "@robot\tq", `line 1: "@robot" is none of`},
		"a wish beside an article":    {questions, "a|@human\tq", `line 1: "@human" stands alone`},
		"nothing beside an article":   {questions, "a|-\tq", `line 1: "-" stands alone`},
		"an empty alternative":        {questions, "a|\tq", "line 1: an empty article id"},
		"comments only":               {questions, "# negation\n", "no question in the file"},
		"an empty question file":      {questions, "", "the file is empty"},
	} {
		if err := c.read(c.input); !errors.Is(err, evalset.ErrData) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRowsThatOccurTwiceAreDroppedAndCounted(t *testing.T) {
	t.Parallel()
	rows, notes, err := evalset.ReadIntents(strings.NewReader("\ufeffHow  much?\tprice\r\nhow much\tprice\nHow much!\tfee\nwhere\tplace\n"))
	if err != nil || len(rows) != 2 || rows[0] != (evalset.Row{Line: 1, Text: "How much?", Label: "price"}) {
		t.Fatalf("%+v, %v", rows, err)
	}
	if notes.Rows != 4 || notes.Duplicates != 1 || notes.Ambiguous != 1 || !slices.Equal(notes.Empty, []string{"fee"}) {
		t.Errorf("%+v", notes)
	}
	if got := notes.String(); got != "1 duplicate rows dropped; 1 rows dropped whose text has another label before; 1 labels without a row of their own left out" {
		t.Errorf("%q", got)
	}
	pairs, notes, err := evalset.ReadPairs(strings.NewReader("a\tb\t1\na\tb\t1\na\tb\t0\nb\ta\t0\n"))
	if err != nil || len(pairs) != 2 || notes.Duplicates != 1 || notes.Ambiguous != 1 {
		t.Errorf("%+v, %+v, %v", pairs, notes, err)
	}
	clean, dropped := evalset.DropLeaks(rows, []evalset.Row{{Line: 9, Text: "WHERE?"}, {Line: 10, Text: "when"}})
	if dropped != 1 || len(clean) != 1 || clean[0].Line != 10 {
		t.Errorf("%+v, %d", clean, dropped)
	}
}

func TestQuestionFilesHoldKindsAndWishes(t *testing.T) {
	t.Parallel()
	q, err := evalset.ReadQuestions(strings.NewReader("# A set, several words\n# negation\na\tone\n-\ttwo\n@human\tthree\t\t\na | b|a\tfour\n# typo\n@smalltalk\tone\n@clarify\tsix\n"))
	if err != nil || !q.House || len(q.Rows) != 6 {
		t.Fatalf("%+v, %v", q, err)
	}
	var got []string
	for _, r := range q.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %v %v", r.Line, r.Kind, r.Want, r.Articles, r.Tuning()))
	}
	want := []string{"3 negation article [a] true", "4 negation - [] false", "5 negation @human [] false", "6 negation article [a b] true", "8 typo @smalltalk [] true", "9 typo @clarify [] false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if q.Rows[2].Text != "three" || !slices.Equal(q.Repeated, []int{8}) || !slices.Equal(q.Contradictory, [][2]int{{3, 8}}) {
		t.Errorf("%q, repeated %v", q.Rows[2].Text, q.Repeated)
	}
	plain, err := evalset.ReadQuestions(strings.NewReader("\ufeffa\thow\r\n\n-\t天气 怎么样\n#1\twhy"))
	if err != nil || plain.House || len(plain.Rows) != 3 || plain.Rows[2].Articles[0] != "#1" || plain.Rows[1].Want != evalset.WantNothing {
		t.Errorf("%+v, %v", plain, err)
	}
}

func TestOnlyDifferentExpectationsContradict(t *testing.T) {
	t.Parallel()
	q, err := evalset.ReadQuestions(strings.NewReader("a|b\tone\nb|a\tone\na\tone\n-\ttwo\n-\ttwo\n@human\ttwo\n"))
	if err != nil || !slices.Equal(q.Repeated, []int{2, 3, 5, 6}) || !slices.Equal(q.Contradictory, [][2]int{{1, 3}, {4, 6}}) {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestTheEncodingOfAWholeFileIsNamed(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"\xff\xfe{\x00": "line 1: the file is UTF-16; save it as UTF-8", "{}\n{\"\xcd\xcb\"}\n": "line 2, byte 3: not valid UTF-8",
	} {
		if err := evalset.CheckEncoding([]byte(input)); !errors.Is(err, evalset.ErrData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", input, err, want)
		}
	}
	if err := evalset.CheckEncoding([]byte("\ufeff{\"退款\"}\n")); err != nil {
		t.Error(err)
	}
}

func labelled(sizes map[string]int) []evalset.Row {
	var rows []evalset.Row
	for _, label := range []string{"a", "b", "c"} {
		for i := range sizes[label] {
			rows = append(rows, evalset.Row{Line: len(rows) + 1, Text: fmt.Sprint(label, " text ", i), Label: label})
		}
	}
	return rows
}

func TestDrawsAreSeededNestedAndDisjoint(t *testing.T) {
	t.Parallel()
	rows := labelled(map[string]int{"a": 30, "b": 20, "c": 3})
	five, rest, notes, err := evalset.Shots(rows, 5, 1)
	if err != nil || len(five) != 13 || len(five)+len(rest) != len(rows) || !slices.Equal(notes.Small, []string{"c"}) {
		t.Fatalf("%d drawn, %d left, %+v, %v", len(five), len(rest), notes, err)
	}
	if _, leaks := evalset.DropLeaks(five, rest); leaks != 0 {
		t.Errorf("%d rows stand on both sides", leaks)
	}
	again, _, _, _ := evalset.Shots(rows, 5, 1)
	other, _, _, _ := evalset.Shots(rows, 5, 2)
	if !slices.Equal(five, again) || slices.Equal(five, other) {
		t.Error("the seed, and nothing else, must decide")
	}
	one, _, _, _ := evalset.Shots(rows, 1, 1)
	for _, r := range one {
		if !slices.Contains(five, r) {
			t.Errorf("%+v is drawn for k=1 but not for k=5", r)
		}
	}
	// The sequence must never change, or published figures lose their meaning.
	if want := "a text 0"; one[0].Text != want {
		t.Errorf("the first draw of seed 1 is %q, want %q", one[0].Text, want)
	}
	for _, k := range []int{0, -1} {
		if _, _, _, err := evalset.Shots(rows, k, 1); !errors.Is(err, evalset.ErrData) {
			t.Errorf("k = %d: %v", k, err)
		}
	}
	if _, _, _, err := evalset.Shots(nil, 1, 1); !errors.Is(err, evalset.ErrData) {
		t.Errorf("no row: %v", err)
	}
}

func TestHalvesAndFifthsAreStratified(t *testing.T) {
	t.Parallel()
	rows := labelled(map[string]int{"a": 21, "b": 21, "c": 1})
	count := func(rows []evalset.Row, label string) int {
		_, taken := evalset.Without(rows, label)
		return len(taken)
	}
	a, b := evalset.Halves(rows, 1)
	if len(a)+len(b) != 43 || count(a, "a")+count(a, "b") != 21 || count(b, "a")+count(b, "b") != 21 || count(a, "c") != 1 {
		t.Errorf("%d and %d rows", len(a), len(b))
	}
	kept, held := evalset.HoldBack(rows, 0.2, 1)
	if count(held, "a") != 4 || count(held, "b") != 4 || count(held, "c") != 0 || len(kept)+len(held) != 43 {
		t.Errorf("%d held back", len(held))
	}
	if _, leaks := evalset.DropLeaks(kept, held); leaks != 0 {
		t.Errorf("%d rows stand on both sides", leaks)
	}
}

func TestClustersJoinWhatIsTheSame(t *testing.T) {
	t.Parallel()
	clusters := evalset.Clusters([]evalset.Pair{
		{A: "one", B: "two", Same: true},
		{A: "three", B: "four", Same: true},
		{A: "two!", B: "four", Same: true},
		{A: "five", B: "one", Same: false},
		{A: "…", B: "five", Same: false},
	})
	var got []string
	for _, c := range clusters {
		got = append(got, strings.Join(c.Texts, "+"))
	}
	if want := []string{"one+two+three+four", "five", "…"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	rest, asked, of := evalset.PickOne(clusters, 1)
	if len(rest) != 3 || len(asked) != 1 || of[0] != 1 || len(rest[0].Texts) != 3 || slices.Contains(rest[0].Texts, asked[0]) {
		t.Errorf("%+v, %q, %v", rest, asked, of)
	}
	if len(clusters[0].Texts) != 4 {
		t.Error("the clusters that were given must stay as they are")
	}
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{"", "a\tb\n", "a\tb\t1\n", "# kind\n@human\tx\n", "\xff\xfe", "\ufeffa|b\tq", "a\t\x00\n", "\r\n\n\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if rows, notes, err := evalset.ReadIntents(strings.NewReader(s)); err == nil {
			if len(rows)+notes.Duplicates+notes.Ambiguous != notes.Rows || len(rows) == 0 {
				t.Errorf("%d rows, %+v", len(rows), notes)
			}
			a, b := evalset.Halves(rows, 1)
			drawn, rest, _, err := evalset.Shots(rows, 2, 1)
			if len(a)+len(b) != len(rows) || len(drawn)+len(rest) != len(rows) || err != nil {
				t.Errorf("%d rows became %d + %d and %d + %d (%v)", len(rows), len(a), len(b), len(drawn), len(rest), err)
			}
		} else if !errors.Is(err, evalset.ErrData) {
			t.Errorf("%v does not wrap ErrData", err)
		}
		if pairs, _, err := evalset.ReadPairs(strings.NewReader(s)); err == nil {
			n := 0
			for _, c := range evalset.Clusters(pairs) {
				n += len(c.Texts)
			}
			if n == 0 || n > 2*len(pairs) {
				t.Errorf("%d pairs became %d texts", len(pairs), n)
			}
		} else if !errors.Is(err, evalset.ErrData) {
			t.Errorf("%v does not wrap ErrData", err)
		}
		if q, err := evalset.ReadQuestions(strings.NewReader(s)); err == nil {
			for _, r := range q.Rows {
				if (r.Want == evalset.WantArticle) != (len(r.Articles) > 0) || r.Text == "" {
					t.Errorf("%+v", r)
				}
			}
		} else if !errors.Is(err, evalset.ErrData) {
			t.Errorf("%v does not wrap ErrData", err)
		}
	})
}

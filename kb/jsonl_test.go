package kb_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"frontdesk/kb"
	"frontdesk/kb/demo"
)

const goodLine = `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"x","tags":["t"]}`

func readAll(r io.Reader) (articles []kb.Article, err error) {
	err = kb.ReadJSONL(r, func(a kb.Article) error {
		articles = append(articles, a)
		return nil
	})
	return articles, err
}

func TestAWrongLineIsNamedWithItsReason(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", kb.MaxAnswerRunes+1)
	for _, c := range []struct{ name, line, reason string }{
		{"malformed", `{"id":"a",`, "malformed JSON"},
		{"not an object", `["a"]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"two values", goodLine + goodLine, "more than one JSON value"},
		{"missing field", `{"id":"a","title":"A","locale":"en","answer":"x"}`, `"questions" is missing`},
		{"unknown field", `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"x","colour":1}`, `unknown field "colour"`},
		{"wrong type", `{"id":"a","title":"A","locale":"en","questions":"q","answer":"x"}`, `"questions" must be a list of strings, not string`},
		{"number as id", `{"id":7,"title":"A","locale":"en","questions":["q"],"answer":"x"}`, `"id" must be a string, not number`},
		{"empty id", `{"id":"","title":"A","locale":"en","questions":["q"],"answer":"x"}`, `"id" is empty`},
		{"dash as id", `{"id":"-","title":"A","locale":"en","questions":["q"],"answer":"x"}`, `"id"`},
		{"newline in id", `{"id":"a\nb","title":"A","locale":"en","questions":["q"],"answer":"x"}`, `"id"`},
		{"bad locale", `{"id":"a","title":"A","locale":"de","questions":["q"],"answer":"x"}`, `"locale" "de" is neither`},
		{"no questions", `{"id":"a","title":"A","locale":"en","questions":[],"answer":"x"}`, `"questions" is empty`},
		{"blank question", `{"id":"a","title":"A","locale":"en","questions":["q"," ?! "],"answer":"x"}`, `"questions" entry 2 is empty`},
		{"empty answer", `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"  "}`, `"answer" is empty`},
		{"long answer", `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"` + long + `"}`, `"answer" is longer than 10000 characters`},
		{"invalid UTF-8", "{\"id\":\"a\",\"title\":\"A\xff\",\"locale\":\"en\",\"questions\":[\"q\"],\"answer\":\"x\"}", "not valid UTF-8"},
		{"NUL", `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"x\u0000"}`, "NUL"},
		{"duplicate key", strings.Replace(goodLine, `"a"`, `"first"`, 1), `id "first" in en already stands on line 1`},
		{"too long a line", `{"id":"` + strings.Repeat("a", kb.MaxLineBytes) + `"}`, "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			input := strings.Replace(goodLine, `"a"`, `"first"`, 1) + "\n\n" + c.line + "\n" + goodLine
			_, err := readAll(strings.NewReader(input))
			var line *kb.LineError
			if !errors.As(err, &line) || line.Line != 3 || !strings.Contains(line.Reason, c.reason) {
				t.Fatalf("got %v, want line 3 and %q", err, c.reason)
			}
			if !errors.Is(err, kb.ErrInvalid) {
				t.Fatal("a line error is an invalid article")
			}
		})
	}
}

func TestMarksBlankLinesAndMissingTagsAreTolerated(t *testing.T) {
	t.Parallel()
	input := "\xef\xbb\xbf" + strings.Replace(goodLine, `,"tags":["t"]`, "", 1) + "\r\n\r\n  \n" + strings.Replace(goodLine, `"en"`, `"zh-CN"`, 1)
	articles, err := readAll(iotest.OneByteReader(strings.NewReader(input)))
	if err != nil || len(articles) != 2 || len(articles[0].Tags) != 0 || articles[1].Locale != "zh-CN" {
		t.Fatalf("%+v, %v", articles, err)
	}
}

func TestQuestionsThatAreTheSameAreFolded(t *testing.T) {
	t.Parallel()
	articles, err := readAll(strings.NewReader(`{"id":"a","title":" A ","locale":"en","questions":["How?"," how ","HOW!","why"],"answer":" x "}`))
	if err != nil || len(articles[0].Questions) != 2 || articles[0].Title != "A" || articles[0].Answer != "x" {
		t.Fatalf("%+v, %v", articles, err)
	}
}

func TestTheReadersErrorIsReturned(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	if _, err := readAll(io.MultiReader(strings.NewReader(goodLine+"\n"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func TestTheDemoKnowledgeBaseIsInTheFormat(t *testing.T) {
	t.Parallel()
	articles, err := readAll(bytes.NewReader(demo.JSONL()))
	if err != nil || len(articles) < 120 {
		t.Fatalf("%d articles, %v", len(articles), err)
	}
}

func FuzzReadJSONL(f *testing.F) {
	f.Add([]byte(goodLine))
	f.Add([]byte("\xef\xbb\xbf{}\n[]\nnull\n"))
	f.Add([]byte(goodLine + "\n" + goodLine))
	f.Add([]byte(`{"id":"a","ID":"b","title":"A","locale":"en","questions":[null],"answer":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := bytes.Count(data, []byte("\n")) + 1
		articles, err := readAll(bytes.NewReader(data))
		var line *kb.LineError
		if err != nil && (!errors.As(err, &line) || line.Line < 1 || line.Line > lines || line.Reason == "") {
			t.Fatalf("the error names no line: %v", err)
		}
		keys := map[string]bool{}
		for _, a := range articles {
			key := fmt.Sprintf("%s %s", a.Locale, a.ID)
			if keys[key] || len(a.Questions) == 0 || a.Answer == "" || a.Title == "" {
				t.Fatalf("let through: %+v", a)
			}
			keys[key] = true
		}
	})
}

package web_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"frontdesk/web"
)

func FuzzModelInputIsReadAsJSONSaysOrRefused(f *testing.F) {
	for _, seed := range []string{
		`"a"`, `["a","b"]`, `[1,2]`, `[[1],[2,3]]`, `["a",1]`, `[]`, `[[]]`, `null`, `{}`, `"\u0000"`, `["\ud83d\ude00","\ud83d"]`, `[" ] , [ "]`, `["\\\"",""]`,
		"[ 1 ,\n2\t]", `[1e3]`, `[-1]`, `[2147483648]`, `[null]`, "[\"\xff\"]", `[{"a":[1,"]"]},2]`, `[[[1]]]`, `["\\ud800"]`, `["\u005cud800"]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		body := append(append([]byte(`{"input":`), input...), '}')
		var plain struct{ Input json.RawMessage }
		valid := json.Unmarshal(body, &plain) == nil
		texts, ids, err := web.ModelTexts(body)
		if !valid {
			if err == nil {
				t.Fatal("what is no JSON was read")
			}
			return
		}
		var list []json.RawMessage
		if bytes.HasPrefix(plain.Input, []byte("[")) && json.Unmarshal(plain.Input, &list) == nil {
			want := make([]string, len(list))
			for i, e := range list {
				want[i] = string(e)
			}
			if got := web.ListElements(plain.Input); !slices.Equal(got, want) {
				t.Fatalf("elements %q, want %q", got, want)
			}
		}
		if err != nil {
			return
		}
		for _, text := range texts {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || strings.TrimSpace(text) == "" {
				t.Fatalf("text %q was let in", text)
			}
			if strings.ContainsRune(text, utf8.RuneError) && !bytes.Contains(plain.Input, []byte("\uFFFD")) &&
				!bytes.Contains(bytes.ToLower(plain.Input), []byte(`\ufffd`)) {
				t.Fatalf("%q became %q", plain.Input, text)
			}
		}
		for _, row := range ids {
			if len(row) == 0 || slices.Min(row) < 0 {
				t.Fatalf("ids %v were let in", row)
			}
		}
		var one string
		var some []string
		switch {
		case json.Unmarshal(plain.Input, &one) == nil:
			some = []string{one}
		case json.Unmarshal(plain.Input, &some) != nil:
			some = nil
		}
		if ids == nil && !slices.Equal(texts, some) {
			t.Fatalf("texts %q, JSON says %q", texts, some)
		}
	})
}

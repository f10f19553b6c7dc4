package kb

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCellsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{nil, {"a"}, {"a", "b"}, {"a,b"}, {"a\nb", "c"}, {`["x"]`}, {"[not json"}, {" padded "}, {""}, {"退款，换货"}} {
		for _, separators := range []string{"", ",，;；、"} {
			if got := splitCell(joinCell(list, separators), separators); !slices.Equal(got, list) {
				t.Errorf("%q by %q came back as %q", list, separators, got)
			}
		}
	}
	if got := splitCell("billing, refund；换货", ",，;；、"); !slices.Equal(got, []string{"billing", "refund", "换货"}) {
		t.Errorf("tags written by a person: %q", got)
	}
	for _, cell := range []string{"", "=1", "'=1", "''=1", "'", "a=1", "-", "\t", "＝1", "'x", "@"} {
		if got := unguard(guardCSV(cell)); got != cell {
			t.Errorf("CSV: %q came back as %q", cell, got)
		}
		if got := unguard(guardText(cell)); got != cell {
			t.Errorf("XLSX: %q came back as %q", cell, got)
		}
	}
}

func TestTimesAreReadAsPeopleAndSpreadsheetsWriteThem(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"2026-12-31T18:00:00+08:00": "2026-12-31T10:00:00Z", "2026-12-31": "2026-12-31T00:00:00Z", "2026/1/2": "2026-01-02T00:00:00Z",
		"2026-12-31 18:00:00": "2026-12-31T18:00:00Z", "46387.75": "2026-12-31T18:00:00Z",
	} {
		if got, err := timeOf("review_at", value); err != nil || moment(got) != want {
			t.Errorf("%s: %v, %v", value, got, err)
		}
	}
	for _, value := range []string{"soon", "12", "31.12.2026", "NaN"} {
		if _, err := timeOf("review_at", value); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestALongSectionIsCutWhereItReadsOn(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 400 {
		fmt.Fprintf(&text, "Paragraph %d says something that is not too short, and ends.\n\n", i)
	}
	c := newCollector()
	c.addDocument(Document{Source: "https://example.com/a (b)", Title: "Long [one]", Sections: []Section{
		{Path: []string{"Help", "How?"}, Anchor: "how", Text: text.String()}, {Path: []string{"Help", "How?"}, Text: strings.Repeat("字", 25_000)}, {Text: "short"},
	}})
	if err := c.err(); err != nil || len(c.articles) != 6 {
		t.Fatalf("%d articles, %v", len(c.articles), err)
	}
	ids := map[string]bool{}
	for _, a := range c.articles {
		ids[a.ID] = true
		if !strings.HasSuffix(a.Answer, "[Long (one)](https://example.com/a%20%28b%29"+map[bool]string{true: "#how", false: ""}[strings.HasPrefix(a.Answer, "Para")]+")") {
			t.Errorf("it ends in %q", a.Answer[max(0, len(a.Answer)-80):])
		}
	}
	if len(ids) != 6 || !strings.HasPrefix(c.articles[1].Answer, "Paragraph ") || c.articles[1].Title != "How? (2)" {
		t.Errorf("%d ids, %q %q", len(ids), c.articles[1].Title, c.articles[1].Answer[:40])
	}
}

func TestImagesAreMeasuredAndNothingElseIsOne(t *testing.T) {
	t.Parallel()
	webp := func(kind string, body ...byte) []byte {
		return append([]byte("RIFF\x00\x00\x00\x00WEBP"+kind+"\x00\x00\x00\x00"), append(body, make([]byte, 20)...)...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		w, h int
	}{
		"VP8":  {webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00), 320, 240},
		"VP8L": {webp("VP8L", 0x2f, 0x3f, 0xc1, 0x3b, 0x00), 320, 240},
		"VP8X": {webp("VP8X", 0, 0, 0, 0, 0x3f, 0x01, 0x00, 0xef, 0x00, 0x00), 320, 240},
	} {
		if kind, w, h, err := sniff(c.raw); err != nil || kind != "image/webp" || w != c.w || h != c.h {
			t.Errorf("%s: %s %d × %d, %v", name, kind, w, h, err)
		}
	}
	huge := webp("VP8X", 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	if _, _, _, err := sniff(huge); !errors.Is(err, ErrFileType) {
		t.Errorf("an image of 281 billion pixels: %v", err)
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kind, w, h, err := sniff(raw)
		if err == nil && inlineType(kind) && (w <= 0 || h <= 0 || twoFaced(raw)) {
			t.Fatalf("%s %d × %d", kind, w, h)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("id,title,locale,questions,answer\na,A,en,\"q\nr\",x\n"))
	f.Add([]byte("\xff\xfei\x00d\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := newCollector()
		if err := readCSV(t.Context(), raw, c); err != nil && !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		for _, a := range c.articles {
			cells := row(a, 1, guardCSV)
			cols, _, err := readHeader(tableHeader(1))
			if err != nil {
				t.Fatal(err)
			}
			back, err := cols.article(cells)
			if err == nil {
				back, err = back.validate()
			}
			if err != nil || !back.sameContent(a) {
				t.Fatalf("%+v came back as %+v, %v", a, back, err)
			}
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add("---\nid: a\nquestions: [a, \"b\"]\ntags:\n  - x\n---\n# T\n\ntext")
	f.Add("# Title\n\ntext")
	f.Fuzz(func(t *testing.T, source string) {
		c := newCollector()
		readMarkdown("x/a.en.md", []byte(source), c)
		for _, a := range c.articles {
			var out bytes.Buffer
			if err := writeMarkdown(&out, a); err != nil {
				t.Fatal(err)
			}
			again := newCollector()
			readMarkdown("y.md", out.Bytes(), again)
			if len(again.articles) != 1 || !again.articles[0].sameContent(a) || again.articles[0].ID != a.ID || !utf8.ValidString(out.String()) {
				t.Fatalf("%+v came back as %+v, %v", a, again.articles, again.err())
			}
		}
	})
}

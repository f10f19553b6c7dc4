package bot

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"frontdesk/inference"
	"frontdesk/models"
)

// encoder is the bundled encoder in pure Go, loaded once: its vectors agree with the default's to about 1e-7.
var encoder = sync.OnceValues(func() (*inference.Engine, error) {
	b, err := models.DefaultStatic()
	if err != nil {
		return nil, err
	}
	return inference.New(inference.Config{Models: []models.Bundle{b}, Slots: 2})
})

type rewording struct{ half, label, kind, article, question, text string }

func rewordings(t *testing.T) []rewording {
	t.Helper()
	raw, err := os.ReadFile("testdata/support.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []rewording
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(f) != 6 {
			t.Fatalf("%d fields in %q", len(f), line)
		}
		out = append(out, rewording{f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	return out
}

// The published figures (docs/bot-desk.md): of the rewordings in support.tsv that
// change, add or turn round what the article says, how many are refused, and of
// the faithful ones, how many pass. Thresholds were chosen on the half "dev".
func TestSupportCheckIsMeasured(t *testing.T) {
	t.Parallel()
	engine, err := encoder()
	if err != nil {
		t.Fatal(err)
	}
	s := newSupport(engine)
	type count struct{ bad, refused, good, passed int }
	counts := map[string]*count{"dev": {}, "held": {}}
	for _, r := range rewordings(t) {
		err := s.check(t.Context(), r.article, r.text)
		u, refused := errors.AsType[*unsupportedError](err)
		if err != nil && !refused {
			t.Fatal(err)
		}
		c := counts[r.half]
		if r.label == "bad" {
			c.bad++
			if refused {
				c.refused++
			} else {
				t.Logf("%s: passes though it is bad (%s): %s", r.half, r.kind, r.text)
			}
			continue
		}
		c.good++
		if !refused {
			c.passed++
		} else {
			t.Logf("%s: refused (%s %s): %s", r.half, u.reason, u.detail, r.text)
		}
	}
	for half, c := range counts {
		t.Logf("%s: %d of %d bad ones refused, %d of %d good ones pass", half, c.refused, c.bad, c.passed, c.good)
		if float64(c.refused) < 0.97*float64(c.bad) || float64(c.passed) < 0.6*float64(c.good) {
			t.Errorf("%s: %+v", half, *c)
		}
	}
}

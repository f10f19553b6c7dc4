package bot

import (
	"bytes"
	"encoding/json"
	"math"
	"sort"
	"testing"

	"frontdesk/inference"
	"frontdesk/internal/text"
	"frontdesk/kb/demo"
	"frontdesk/models"
)

// likeCases are what past questions look like: every question variant of the demo
// shop beside the twelve nearest of all others. Two variants of one article ask for the same.
type likeCase struct {
	cosine, shared, pair float64
	other, same          bool
	locale               string
	a, b                 string
}

func likeCases(t *testing.T) []likeCase {
	t.Helper()
	enc, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := models.DefaultPair()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := inference.New(inference.Config{Models: []models.Bundle{enc, pair}, Slots: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	type variant struct{ article, locale, text string }
	var all []variant
	for line := range bytes.Lines(demo.JSONL()) {
		var a struct {
			ID, Locale string
			Questions  []string
		}
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		for _, q := range a.Questions {
			all = append(all, variant{a.ID, a.Locale, text.Normalize(q)})
		}
	}
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = v.text
	}
	var vectors [][]float32
	for from := 0; from < len(texts); from += 64 {
		v, _, err := engine.EmbedPassages(t.Context(), texts[from:min(len(texts), from+64)])
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v...)
	}
	var out []likeCase
	for i := 0; i < len(all); i += 3 { // a third of them suffices
		order := make([]int, 0, len(all))
		for j := range all {
			if j != i && all[j].locale == all[i].locale {
				order = append(order, j)
			}
		}
		sort.Slice(order, func(x, y int) bool {
			return cosineOf(vectors[i], vectors[order[x]]) > cosineOf(vectors[i], vectors[order[y]])
		})
		near := make([]string, nearest)
		for k := range near {
			near[k] = all[order[k]].text
		}
		scores, _, err := engine.ScorePairs(t.Context(), all[i].text, near)
		if err != nil {
			t.Fatal(err)
		}
		for k, text := range near {
			out = append(out, likeCase{
				cosine: cosineOf(vectors[i], vectors[order[k]]), shared: sharedTerms(all[i].text, text), pair: float64(scores[k]),
				other: otherMatter(all[i].text, text), same: all[order[k]].article == all[i].article, locale: all[i].locale, a: all[i].text, b: text,
			})
		}
	}
	return out
}

// Half of the questions were fitted on (every second of every third); these are the others.
// docs/bot-desk.md has the figures.
func TestLikenessIsCalibrated(t *testing.T) {
	t.Parallel()
	cases := likeCases(t)
	for name, with := range map[string]bool{"with the pair model": true, "without": false} {
		var sum, same float64
		shown, right, n := 0, 0, 0
		for i := nearest; i+nearest <= len(cases); i += 2 * nearest {
			best, most := i, -1.0
			for k := i; k < i+nearest; k++ {
				c := cases[k]
				var pairs []float32
				if with {
					pairs = []float32{float32(c.pair)}
				}
				p := likeness(c.a, c.b, c.cosine, pairs, 0)
				n, sum = n+1, sum+p
				if c.same {
					same++
				}
				if p > most {
					best, most = k, p
				}
			}
			if most >= DefaultSuggestFloor {
				shown++
				if cases[best].same {
					right++
				}
			}
		}
		precision := float64(right) / float64(max(1, shown))
		t.Logf("%s: expected %.3f, true %.3f of %d; at the floor %d suggested, %.0f %% right", name, sum/float64(n), same/float64(n), n, shown, 100*precision)
		if math.Abs(sum-same)/float64(n) > 0.03 || precision < 0.5 || shown == 0 {
			t.Errorf("%s: expected %v, true %v, precision %v of %d", name, sum/float64(n), same/float64(n), precision, shown)
		}
	}
}

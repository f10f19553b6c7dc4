package bot

import (
	"math/rand/v2"
	"slices"
	"testing"

	"frontdesk/internal/text"
	"frontdesk/kb"
)

// gapIntents are questions of one meaning each, written for this test, among them
// twins that differ in a code, a number, an amount or a direction only.
func gapIntents() map[string][]string {
	return map[string][]string{
		"greenland":   {"do you deliver to greenland", "can you ship to greenland", "is delivery to greenland possible", "shipping to greenland?"},
		"giftcard":    {"can I pay with a gift card", "is paying by gift card possible", "do you take gift cards as payment"},
		"student":     {"is there a student discount", "do students get a discount", "any discount for students?"},
		"showroom":    {"where is your showroom", "what is the address of your showroom", "how do I find the showroom"},
		"hammock":     {"do you sell hammocks for cats", "do you have cat hammocks", "cat hammocks in stock?"},
		"reset-th01":  {"how do I reset the TH01", "reset TH01 to factory settings", "TH01 factory reset how"},
		"reset-th02":  {"how do I reset the TH02", "reset TH02 to factory settings", "TH02 factory reset how"},
		"return-7":    {"can I return it within 7 days", "is a return possible within 7 days"},
		"return-30":   {"can I return it within 30 days", "is a return possible within 30 days"},
		"news-on":     {"how do I subscribe to the newsletter", "subscribe me to the newsletter please"},
		"news-off":    {"how do I unsubscribe from the newsletter", "unsubscribe me from the newsletter please"},
		"error-404":   {"the app shows error 404", "error 404 in the app"},
		"error-500":   {"the app shows error 500", "error 500 in the app"},
		"zh-piano":    {"能不能上门教我弹钢琴", "可以上门教弹钢琴吗", "有上门教钢琴的服务吗"},
		"zh-rent":     {"可以租投影仪吗", "投影仪能租吗", "投影仪可以租用吗"},
		"zh-invoice":  {"能开专票吗", "可以开增值税专票吗", "专票能开吗"},
		"zh-plain":    {"能开普票吗", "可以开增值税普票吗", "普票能开吗"},
		"zh-on":       {"怎么开通自动续费", "自动续费怎么开通"},
		"zh-off":      {"怎么取消自动续费", "自动续费怎么取消"},
		"zh-night":    {"晚上十点以后能送货吗", "夜里十点后可以送货吗"},
		"order":       {"where is my order 483920117", "where is my order 771204993", "where is my order 20261109-55"},
		"zh-delivery": {"快递可以放在门口吗", "能把快递放门口吗", "快递放门口行不行"},
	}
}

func TestQuestionsAreGatheredByMeaningAndTwinsKeptApart(t *testing.T) {
	t.Parallel()
	engine, err := encoder()
	if err != nil {
		t.Fatal(err)
	}
	type asked struct {
		question, intent string
		vector           []float32
	}
	var all []asked
	for intent, questions := range gapIntents() {
		for _, q := range questions {
			all = append(all, asked{question: q, intent: intent})
		}
	}
	slices.SortFunc(all, func(a, b asked) int {
		if a.question < b.question {
			return -1
		}
		return 1
	})
	texts := make([]string, len(all))
	for i := range all {
		n := text.Normalize(all[i].question)
		if texts[i] = n; kb.Masked(n) != "" {
			texts[i] = kb.Masked(n)
		}
	}
	vectors, _, err := engine.EmbedPassages(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].vector = gapVector(vectors[i])
	}
	g := gatherer{twins: kb.NewTwins()}
	var together, right, truly float64
	for seed := range uint64(5) { // the order of arrival must not matter much
		order := slices.Clone(all)
		r := rand.New(rand.NewPCG(seed, 11))
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		of := make([]int64, len(order))
		next := int64(0)
		for i, q := range order {
			var near []GapNeighbour
			for j := range i {
				cosine := 0.0
				for k := range q.vector {
					cosine += float64(q.vector[k]) * float64(order[j].vector[k])
				}
				near = append(near, GapNeighbour{Gap: of[j], Question: order[j].question, Cosine: cosine})
			}
			slices.SortFunc(near, func(a, b GapNeighbour) int {
				if a.Cosine > b.Cosine {
					return -1
				}
				return 1
			})
			if of[i], _ = g.place(q.question, near[:min(gapNeighbours, len(near))]); of[i] == 0 {
				next++
				of[i] = next
			}
		}
		for i := range order {
			for j := range i {
				same := order[i].intent == order[j].intent
				if same {
					truly++
				}
				if of[i] != of[j] {
					continue
				}
				together++
				if same {
					right++
					continue
				}
				t.Logf("seed %d: %q and %q are taken for one", seed, order[i].question, order[j].question)
			}
		}
	}
	precision, recall := right/max(together, 1), right/truly
	t.Logf("pairwise precision %.3f, recall %.3f", precision, recall)
	if precision < 0.95 || recall < 0.5 {
		t.Errorf("pairwise precision %.3f, recall %.3f", precision, recall)
	}
}

func TestAnOddQuestionInAGapPullsInNoOthers(t *testing.T) {
	t.Parallel()
	g := gatherer{twins: kb.NewTwins()}
	near := []GapNeighbour{{Gap: 1, Question: "a b", Cosine: .9}, {Gap: 1, Question: "c d", Cosine: .3}, {Gap: 1, Question: "e f", Cosine: .2}, {Gap: 2, Question: "g h", Cosine: .8}}
	if gap, _ := g.place("x y", near); gap != 2 {
		t.Errorf("it joined %d", gap)
	}
	if gap, _ := g.place("x y", nil); gap != 0 {
		t.Errorf("without neighbours it joined %d", gap)
	}
	same := []GapNeighbour{{Gap: 1, Question: "X y?", Cosine: 1}, {Gap: 1, Question: "c d", Cosine: .1}, {Gap: 1, Question: "e f", Cosine: .1}}
	if gap, _ := g.place("x y", same); gap != 1 { // a person put odd ones together: the same words still find their gap
		t.Errorf("the same words joined %d", gap)
	}
	codes := []GapNeighbour{{Gap: 1, Question: "reset th01", Cosine: .95}, {Gap: 1, Question: "reset", Cosine: .95}}
	if gap, _ := g.place("reset TH02", codes); gap != 0 {
		t.Errorf("TH02 joined a gap that holds TH01: %d", gap)
	}
}

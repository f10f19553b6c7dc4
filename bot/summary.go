package bot

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

const (
	// summarySentences is how many sentences a summary has at most.
	summarySentences = 3
	// summaryRead bounds how many sentences are looked at, the last ones, and summaryRunes each.
	summaryRead, summaryRunes = 60, 240
	// leastNew is how much of a sentence's terms must be new beside those chosen before.
	leastNew = 0.4
)

// Summarize chooses, of what the visitor wrote (oldest first), the two or three
// sentences that say most, in the order they were written, word for word.
// Sentences weigh by how much they share with the rest (centrality on TF-IDF, as
// in LexRank: Erkan and Radev 2004, but one step of it), by place (the first and
// the last tell most), and by askingWords something or naming an amount, a date or a
// code; courtesy and wishes for a human weigh nothing. The same messages give the
// same summary.
func Summarize(messages []string) []string {
	all := summaryUnits(messages)
	if len(all) == 0 {
		return nil
	}
	weighUnits(all)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case all[a].weight > all[b].weight:
			return -1
		case all[a].weight < all[b].weight:
			return 1
		}
		return a - b
	})
	var chosen []int
	seen := map[string]bool{}
	for _, i := range order {
		if len(chosen) == summarySentences || all[i].weight <= 0 && len(chosen) > 0 {
			break
		}
		fresh := 0
		for t := range all[i].terms {
			if !seen[t] {
				fresh++
			}
		}
		if len(chosen) > 0 && float64(fresh) < leastNew*float64(max(1, len(all[i].terms))) {
			continue
		}
		for t := range all[i].terms {
			seen[t] = true
		}
		chosen = append(chosen, i)
	}
	slices.Sort(chosen)
	out := make([]string, len(chosen))
	for i, at := range chosen {
		out[i] = all[at].text
	}
	return out
}

// handOver adds what an agent should know who takes over: the visitor's own words
// and what became of each article.
func (p *Packet) handOver(rows []chat.Row, locale string) {
	p.Language, p.Summary = locale, Summarize(chat.VisitorTexts(rows))
	for _, t := range chat.TriedArticles(rows) {
		p.Tried = append(p.Tried, PacketTried{Article: clipBytes(t.Article, maxIDBytes), Title: clipBytes(t.Title, maxShownBytes/2), Locale: t.Locale, Outcome: t.Outcome})
	}
}

// summaryUnit is a sentence of the visitor's.
type summaryUnit struct {
	text   string
	terms  map[string]bool
	weight float64
}

// summaryUnits cuts the messages; what says nothing, and what was said before, is left out.
func summaryUnits(messages []string) []summaryUnit {
	var out []summaryUnit
	at := map[string]int{}
	for _, m := range messages {
		for _, s := range sentences(m) {
			key := text.Key(s)
			if key == "" || courtesy(key) {
				continue
			}
			if i, said := at[key]; said {
				out[i].weight++ // insists on it
				continue
			}
			at[key] = len(out)
			if utf8.RuneCountInString(s) > summaryRunes {
				s = clip(s, summaryRunes) + "…"
			}
			out = append(out, summaryUnit{text: s, terms: tellingTerms(s)})
		}
	}
	return out[max(0, len(out)-summaryRead):]
}

// weighUnits gives each sentence its weight; that of a repeated one was counted before.
func weighUnits(all []summaryUnit) {
	df := map[string]int{}
	for i := range all {
		for t := range all[i].terms {
			df[t]++
		}
	}
	splitter := text.NewSplitter()
	for i := range all {
		u := &all[i]
		if len(u.terms) == 0 {
			u.weight = -1
			continue
		}
		central := 0.0
		for j := range all {
			if i != j {
				central += likeUnits(u.terms, all[j].terms, df, len(all))
			}
		}
		if len(all) > 1 {
			central /= float64(len(all) - 1)
		}
		w := 0.3*u.weight + 1.2*central + 0.15*math.Log1p(float64(len(u.terms)))
		if i == 0 {
			w += 0.45
		}
		if i == len(all)-1 {
			w += 0.35
		}
		if strings.ContainsAny(u.text, "?？") || len(splitter.Questions(u.text)) > 0 && asksSomething(u.text) {
			w += 0.5
		}
		if figure.MatchString(u.text) {
			w += 0.3
		}
		if wantsPerson(u.text) {
			w -= 1
		}
		u.weight = w
	}
}

// likeUnits is the cosine of two sentences by the IDF of their terms.
func likeUnits(a, b map[string]bool, df map[string]int, n int) float64 {
	idf := func(t string) float64 { return math.Log(1 + float64(n)/float64(df[t])) }
	var shared, x, y float64
	for _, t := range slices.Sorted(keysOf(a)) { // in one order: sums of floats depend on it
		w := idf(t)
		x += w * w
		if b[t] {
			shared += w * w
		}
	}
	for _, t := range slices.Sorted(keysOf(b)) {
		w := idf(t)
		y += w * w
	}
	if x == 0 || y == 0 {
		return 0
	}
	return shared / math.Sqrt(x*y)
}

func keysOf(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

const askingWords = "怎么|如何|多久|多少|哪|什么|吗|呢|能不能|可不可以|为什么|是否| how | what | when | where | why | which | who | can i | can you | could | is it | are there "

func asksSomething(s string) bool {
	n := " " + text.Normalize(s) + " "
	for w := range strings.SplitSeq(askingWords, "|") {
		if strings.Contains(n, w) {
			return true
		}
	}
	return false
}

const courtesyKeys = "|你好|您好|谢谢|谢谢你|谢谢您|好的|在吗|请问|麻烦了|嗯|哦|是的|不是|再见|拜拜|hi|hello|hey|thanks|thank you|ok|okay|please|yes|no|bye|good morning|good afternoon|good evening|hello there|hi there|thanks in advance|"

func courtesy(key string) bool { return strings.Contains(courtesyKeys, "|"+key+"|") }

const personWords = "人工|真人|转接|客服来|human|real person|an agent|live agent|representative|talk to someone|speak to someone"

// wantsPerson reports a wish for a human: the reason of the hand-over says it already.
func wantsPerson(s string) bool {
	n := text.Normalize(s)
	if utf8.RuneCountInString(n) > 40 {
		return false
	}
	for w := range strings.SplitSeq(personWords, "|") {
		if strings.Contains(n, w) {
			return true
		}
	}
	return false
}

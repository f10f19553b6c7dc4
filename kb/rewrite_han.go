package kb

import (
	"math"
	"slices"
	"strings"

	"frontdesk/internal/text"
)

// How a line of Chinese is guessed, from pinyin or from characters that sound
// like others: the most likely path through the characters in question, by how
// often two of them stand together, above all in the site's own texts.
const (
	maxSounds    = 8   // characters of the site tried for a syllable, the most frequent
	moreSounds   = 3   // and of the language
	beam         = 10  // paths kept at a place
	maxGuessed   = 60  // syllables or characters guessed of one question; the rest stays as typed
	costReplaced = 4.5 // of another character than the one typed, in nats
)

// option is a character that may stand at a place.
type option struct {
	char rune
	cost float64
}

// path is the best way to a place that ends in a character.
type path struct {
	char  rune
	score float64
	back  int32 // index of the path it goes on from; -1 at the start
}

// lattice finds the best path over places 0 to n. next calls yield for each step from a place.
func (v *vocabulary) lattice(n int, next func(at int, yield func(to int, options []option))) []rune {
	paths := make([]path, 1, 16*n+1)
	paths[0] = path{back: -1}
	ends := make([][]int32, n+1)
	ends[0] = []int32{0}
	for at := range n {
		from := ends[at]
		if len(from) > beam {
			slices.SortFunc(from, func(a, b int32) int {
				if paths[a].score > paths[b].score {
					return -1
				}
				return 1
			})
			from = from[:beam]
		}
		if len(from) == 0 {
			continue
		}
		next(at, func(to int, options []option) {
			for _, o := range options {
				best := path{char: o.char, score: math.Inf(-1), back: -1}
				for _, f := range from {
					if score := paths[f].score + v.follows(paths[f].char, o.char) - o.cost; score > best.score {
						best.score, best.back = score, f
					}
				}
				paths = append(paths, best)
				ends[to] = append(ends[to], int32(len(paths)-1))
			}
		})
	}
	if len(ends[n]) == 0 {
		return nil
	}
	best := ends[n][0]
	for _, e := range ends[n] {
		if paths[e].score > paths[best].score {
			best = e
		}
	}
	var out []rune
	for at := best; at > 0; at = paths[at].back {
		out = append(out, paths[at].char)
	}
	slices.Reverse(out)
	return out
}

// follows is the logarithm of how likely b stands behind a (0 = at the beginning).
func (v *vocabulary) follows(a, b rune) float64 {
	p := 0.02 * float64(v.chars[b]) / (v.total + 1)
	if a == 0 {
		return math.Log(50*p + 1e-5)
	}
	if n := v.pairs[text.PairKey(a, b)]; n > 0 {
		p += 0.6 * float64(n) / float64(v.chars[a]+2)
	}
	switch rank := v.readers.han.Rank(a, b); {
	case rank > 0:
		p += 0.15 / (1 + float64(rank)/1000)
	case text.IsHanWord(a, b):
		p += 0.002
	}
	return math.Log(p + 1e-7)
}

// sane reports how well a line of Chinese reads: the share of its pairs that
// stand together in the site's texts, and in those or the language's.
func (v *vocabulary) sane(line []rune) (site, any float64) {
	if len(line) < 2 {
		return 0, 0
	}
	for i := range len(line) - 1 {
		switch {
		case v.pairs[text.PairKey(line[i], line[i+1])] > 0:
			site++
			any++
		case v.readable(line[i], line[i+1]):
			any++
		}
	}
	n := float64(len(line) - 1)
	return site / n, any / n
}

// wordsOf counts the words in a line that the site has.
func (v *vocabulary) wordsOf(line []rune) int {
	n := 0
	for i := range max(0, len(line)-1) {
		if v.pairs[text.PairKey(line[i], line[i+1])] > 0 && text.IsHanWord(line[i], line[i+1]) {
			n++
		}
	}
	return n
}

// readable reports whether the language has the two side by side.
func (v *vocabulary) readable(a, b rune) bool {
	return v.readers.han.Rank(a, b) > 0 || text.IsHanWord(a, b)
}

// fromPinyin guesses the Chinese line that words spell; nil if they spell none.
func (v *vocabulary) fromPinyin(words []string) []rune {
	h := v.readers.han
	letters := strings.Join(words, "")
	edge := make([]bool, len(letters)+1) // a word ends here
	at := 0
	for _, w := range words {
		at += len(w)
		edge[at] = true
	}
	return v.lattice(len(letters), func(at int, yield func(int, []option)) {
		h.At(letters[at:], func(s text.Syllable, size int) {
			for inside := at + 1; inside < at+size; inside++ {
				if edge[inside] {
					return
				}
			}
			yield(at+size, v.spelled(s))
		})
	})
}

// spelled returns the characters that a syllable may stand for.
func (v *vocabulary) spelled(s text.Syllable) []option {
	site := v.sounds[s]
	out := make([]option, 0, maxSounds+moreSounds)
	for _, r := range site[:min(len(site), maxSounds)] {
		out = append(out, option{char: r})
	}
	cost := 1.0
	for _, r := range v.readers.han.Chars(s) {
		if cost > moreSounds {
			break
		}
		if v.chars[r] == 0 {
			out = append(out, option{char: r, cost: cost})
		}
		cost++
	}
	return out
}

// How well a question in pinyin must come out as Chinese, as shares of its pairs.
const (
	leastSite      = 0.4 // that the site has
	leastAny       = 0.6 // that the site or the language has
	leastSitePure  = 0.2 // likewise, where nothing in the question could be English
	leastAnyPure   = 0.4
	pureSyllables  = 4 // that such a question has at least
	foreignLetters = 0.5
)

// pinyin turns the Latin words that spell Chinese into it. A question in English
// stays one: most of what is converted must be no English and no word of the site,
// and come out as Chinese that the site has.
func (w *writer) pinyin() {
	if len(w.pairs) == 0 {
		return
	}
	s := w.current()
	groups, others := w.spelling(s)
	letters, foreign, words, site, any, pairs := 0, 0, 0, 0.0, 0.0, 0.0
	for i := range groups {
		g := &groups[i]
		g.line = w.fromPinyin(g.words)
		letters, foreign = letters+g.letters, foreign+g.foreign
		a, b := w.sane(g.line)
		words += w.wordsOf(g.line)
		n := float64(max(0, len(g.line)-1))
		site, any, pairs = site+a*n, any+b*n, pairs+n
	}
	chinese := text.HasCJK(s)
	if words == 0 || float64(foreign) < foreignLetters*float64(letters) || (others > letters && !chinese) {
		return
	}
	pure := pairs+1 >= pureSyllables && others == 0 && 5*foreign >= 3*letters
	if (site < leastSite*pairs || any < leastAny*pairs) && (!pure || site < leastSitePure*pairs || any < leastAnyPure*pairs) {
		return
	}
	var out strings.Builder
	from := 0
	for _, g := range groups {
		if len(g.line) == 0 {
			continue
		}
		now := string(g.line)
		out.WriteString(strings.TrimRight(s[from:g.start], " "))
		out.WriteString(now)
		w.replaced(now, s[g.start:g.end])
		for from = g.end; from < len(s) && s[from] == ' '; {
			from++
		}
	}
	w.text, w.locale = out.String()+s[from:], text.Chinese
}

// group is a row of Latin words that could all be pinyin.
type group struct {
	words            []string
	start, end       int // in the question
	letters, foreign int // of them all; of those that are no English and no word of the site
	line             []rune
}

// spelling returns the rows of words that spell something, and how many letters other words have.
func (w *writer) spelling(s string) (groups []group, others int) {
	var g group
	flush := func() {
		if g.foreign > 0 {
			groups = append(groups, g)
		} else {
			others += g.letters
		}
		g = group{}
	}
	syllables := 0
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && alnum(s[end]) {
			end++
		}
		if end == i {
			if s[i] != ' ' {
				flush()
			}
			i++
			continue
		}
		word := s[i:end]
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == '\'' })
		pure := len(parts) > 0 && syllables+len(word)/3 < maxGuessed
		for _, p := range parts {
			pure = pure && letters(p) && w.readers.han.Spells(p)
		}
		if !pure {
			flush()
			if letters(word) {
				others += len(word)
			}
			i = end
			continue
		}
		syllables += len(word)/3 + 1
		if len(g.words) == 0 {
			g.start = i
		}
		g.words, g.end = append(g.words, parts...), end
		g.letters += len(word)
		if !text.IsWord(word) && w.words[word] == 0 {
			g.foreign += len(word)
		}
		i = end
	}
	flush()
	return groups, others
}

// homophones puts right characters that were typed for others of the same sound
// (取肖 for 取消) or look (退贷 for 退货), where the language knows no such pair and the site
// knows the other one.
func (w *writer) homophones() {
	if len(w.pairs) == 0 {
		return
	}
	runes := []rune(w.current())
	changed := false
	for i := 0; i < len(runes); {
		end := i
		for end < len(runes) && text.PairKey(runes[end], runes[end]) != 0 {
			end++
		}
		if end-i >= 2 && end-i <= maxGuessed {
			changed = w.homophonesIn(runes[i:end]) || changed
		}
		i = max(end, i+1)
	}
	if changed {
		w.text = string(runes)
	}
}

func (w *writer) homophonesIn(run []rune) bool {
	doubtful := make([]bool, len(run))
	any := false
	for i := range run {
		doubtful[i] = w.doubtful(run, i)
		any = any || doubtful[i]
	}
	if !any {
		return false
	}
	line := w.lattice(len(run), func(at int, yield func(int, []option)) {
		options := []option{{char: run[at]}}
		if doubtful[at] {
			options = w.alike(options, run[at])
		}
		yield(at+1, options)
	})
	replaced := 0
	for i := range line {
		if line[i] == run[i] {
			continue
		}
		replaced++
		if !w.supported(line, run, i) {
			return false
		}
	}
	if replaced == 0 || replaced > max(1, len(run)/3) {
		return false
	}
	for i := range line {
		if line[i] != run[i] {
			from, to := max(0, i-1), min(len(run), i+2)
			w.replaced(string(line[from:to]), string(run[from:to]))
		}
	}
	copy(run, line)
	return true
}

// doubtful reports whether the character makes no word with a neighbour and
// stands beside one that it never stands beside in the site's texts.
func (w *writer) doubtful(run []rune, i int) bool {
	unknown := false
	for _, at := range [2]int{i - 1, i} {
		if at < 0 || at+1 >= len(run) {
			continue
		}
		a, b := run[at], run[at+1]
		if w.readable(a, b) {
			return false
		}
		unknown = unknown || w.pairs[text.PairKey(a, b)] == 0
	}
	return unknown && !strings.ContainsRune(unswappable, run[i])
}

// unswappable turn a question round or are its point: 买 and 卖 sound alike but
// for the tone, so do 十 and 是, 不 and 部.
const unswappable = "不没无未非别勿买卖多少前后开关收吗嘛呢吧啊的地得了着过是和与在请会能要" + numerals + pronouns

// lookalikes are characters that are taken for each other in handwriting and by shape.
const lookalikes = "贷货末未己已拆折拔拨免兔券卷账帐侯候徽微辨辩拆析间问茶荼幕暮壁璧末来载栽戴带已以"

// alike adds the characters of the site that sound or look like r.
func (w *writer) alike(options []option, r rune) []option {
	add := func(c rune, cost float64) {
		if c != r && w.chars[c] > 0 && !strings.ContainsRune(unswappable, c) && !slices.ContainsFunc(options, func(o option) bool { return o.char == c }) {
			options = append(options, option{char: c, cost: cost})
		}
	}
	for _, s := range w.readers.han.Readings(r) {
		if s == 0 {
			break
		}
		for i, c := range w.sounds[s] {
			if i == maxSounds {
				break
			}
			add(c, costReplaced)
		}
	}
	looks := []rune(lookalikes)
	for i := 0; i+1 < len(looks); i += 2 {
		if looks[i] == r {
			add(looks[i+1], costReplaced)
		}
		if looks[i+1] == r {
			add(looks[i], costReplaced)
		}
	}
	return options
}

// supported reports whether the character put in at i makes a word of the site
// with a neighbour as it was typed.
func (w *writer) supported(line, run []rune, i int) bool {
	for _, at := range [2]int{i - 1, i} {
		if at < 0 || at+1 >= len(line) {
			continue
		}
		other := 2*at + 1 - i
		a, b := line[at], line[at+1]
		n := w.pairs[text.PairKey(a, b)]
		if n < 2 || line[other] != run[other] || strings.ContainsRune("不"+numerals+pronouns, line[other]) {
			continue
		}
		switch word := text.IsHanWord(a, b); {
		case !word && (n < 3 || 4*n < min(w.chars[a], w.chars[b])): // nor a part of a longer one, as 惠券 of 优惠券
		case w.taken(run, other, i) && n < 3: // 前天起 is no 天气
		default:
			return true
		}
	}
	return false
}

const (
	numerals = "零一二两三四五六七八九十百千万半几"
	pronouns = "我你您他她它"
)

// taken reports whether the character at i makes a word with its neighbour on the other side of not.
func (w *writer) taken(run []rune, i, not int) bool {
	if i > not {
		return i+1 < len(run) && text.IsHanWord(run[i], run[i+1])
	}
	return i > 0 && text.IsHanWord(run[i-1], run[i])
}

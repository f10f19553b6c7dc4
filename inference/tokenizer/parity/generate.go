package main

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/inference/tokenizer/internal/samples"
)

// generator writes lines of many kinds, the same ones for the same seed.
type generator struct {
	r     *rand.Rand
	words []string // of real lines
}

func newGenerator(seed uint64, words []string) *generator {
	if len(words) == 0 {
		words = samples.Words()
	}
	return &generator{r: rand.New(rand.NewPCG(seed, 0x70a21)), words: words} //nolint:gosec // texts, not secrets
}

// alphabets are ranges of code points that lines are made of, unassigned ones included.
func alphabets() [][][2]rune {
	return [][][2]rune{
		{{'a', 'z'}},
		{{' ', '~'}},
		{{0x4e00, 0x9fff}},
		{{0x4e00, 0x9fff}, {0x3400, 0x4dbf}, {0x20000, 0x2a6df}, {0xf900, 0xfaff}, {0x3000, 0x303f}},
		{{0x600, 0x6ff}, {0x750, 0x77f}, {0xfb50, 0xfdff}, {0xfe70, 0xfeff}},
		{{0xe00, 0xe7f}},
		{{0x400, 0x52f}},
		{{0xac00, 0xd7a3}},
		{{0x1100, 0x11ff}, {0x3130, 0x318f}, {0xa960, 0xa97f}, {0xd7b0, 0xd7ff}},
		{{0x900, 0x97f}, {0x980, 0x9ff}, {0xa8e0, 0xa8ff}},
		{{0xa00, 0xd7f}},
		{{0x370, 0x3ff}, {0x1f00, 0x1fff}},
		{{0x590, 0x5ff}, {0xfb1d, 0xfb4f}},
		{{0xc0, 0x24f}, {0x1e00, 0x1eff}},
		{{0x3040, 0x30ff}, {0x31f0, 0x31ff}, {0xff00, 0xffef}},
		{{0x2000, 0x206f}, {0x20a0, 0x20cf}, {0x2100, 0x214f}},
		{{0x2190, 0x23ff}, {0x2460, 0x27bf}, {0x2900, 0x2bff}},
		{{0x1f300, 0x1faff}},
		{{0x1d400, 0x1d7ff}, {0x1ee00, 0x1eeff}, {0x1f100, 0x1f2ff}},
		{{0x300, 0x36f}, {0x483, 0x489}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}},
		{{0, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x600, 0x605}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xffff}},
		{{0xe000, 0xe0ff}, {0xf0000, 0xf00ff}, {0xe0000, 0xe01ef}, {0xfe00, 0xfe0f}},
		{{0x1000, 0x13ff}, {0x1700, 0x18af}, {0x1a00, 0x1aad}},
		{{0, 0xd7ff}},
		{{0x10000, 0x1ffff}},
		{{0, 0xd7ff}, {0xe000, 0x10ffff}},
	}
}

func (g *generator) from(ranges [][2]rune) rune {
	p := ranges[g.r.IntN(len(ranges))]
	c := p[0] + g.r.Int32N(p[1]-p[0]+1)
	if c >= 0xd800 && c < 0xe000 {
		return '?'
	}
	return c
}

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

// line returns the next line.
func (g *generator) line() string {
	switch g.r.IntN(16) {
	case 0, 1:
		return g.sentence(g.real)
	case 2:
		a := pick(g, alphabets()...)
		return g.sentence(func() string { return g.word(a, 1+g.r.IntN(9)) })
	case 3:
		return g.sentence(func() string { return g.word(pick(g, alphabets()...), 1+g.r.IntN(6)) })
	case 4:
		return g.sentence(func() string { return pick(g, g.emoji, g.real)() })
	case 5:
		return g.storm()
	case 6:
		return g.code()
	case 7:
		return g.sentence(func() string { return pick(g, g.url, g.number, g.real)() })
	case 8:
		return g.word(pick(g, alphabets()...), 1+g.r.IntN(40))
	case 9:
		return g.long()
	case 10:
		return g.mutated()
	case 11:
		return g.sentence(func() string { return pick(g, g.contraction, g.real, g.number)() })
	case 12:
		return g.spaces() + g.real() + g.spaces() + g.real() + g.spaces()
	case 13:
		return g.sentence(func() string {
			return g.real() + pick(g, "", string(g.from([][2]rune{{0x300, 0x36f}})), "\u200d", "\ufe0f", "\u00ad")
		})
	case 14:
		var b strings.Builder
		for range 1 + g.r.IntN(30) {
			b.WriteString(pick(g, ".", "!", "?", "-", "...", "'", "\"", "。", "，", "！", "、", "“", "«", "$", "+", "=", "~", "^", "`", "|", "€", "a", "1", "好", " ", "_", "##", "▁", "Ġ"))
		}
		return b.String()
	default:
		return g.sentence(func() string { return pick(g, g.real, g.emoji, g.number, g.url, g.contraction, g.spaces)() })
	}
}

// sentence joins words with the spaces of life.
func (g *generator) sentence(word func() string) string {
	var b strings.Builder
	for i := range 1 + g.r.IntN(14) {
		if i > 0 {
			b.WriteString(pick(g, " ", " ", " ", " ", " ", "", "  ", ", ", ". ", "，", "\n", "\t", "-", "/"))
		}
		b.WriteString(word())
	}
	return b.String()
}

func (g *generator) real() string {
	w := g.words[g.r.IntN(len(g.words))]
	switch g.r.IntN(12) {
	case 0:
		return strings.ToUpper(w)
	case 1:
		r, n := utf8.DecodeRuneInString(w)
		return string(unicode.ToTitle(r)) + w[n:]
	case 2:
		return w + pick(g, "s", "ing", "'s", "ed", "n't", "的", "了", "吗")
	default:
		return w
	}
}

func (g *generator) word(alphabet [][2]rune, n int) string {
	var b strings.Builder
	for range n {
		b.WriteRune(g.from(alphabet))
	}
	return b.String()
}

func (g *generator) emoji() string {
	return pick(g,
		"😀", "👍", "❤️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👩🏽‍🚀", "🇨🇳", "🇩🇪🇫🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣", "☎︎", "🤦🏻‍♂️", "👋🏿", "🫱🏻‍🫲🏾", "©", "™️", "🧑‍🤝‍🧑", "🇦", "\u200d", "🏽",
		string(g.from([][2]rune{{0x1f300, 0x1faff}})),
		string(g.from([][2]rune{{0x1f300, 0x1faff}}))+string(g.from([][2]rune{{0x1f3fb, 0x1f3ff}}))+"\u200d"+string(g.from([][2]rune{{0x2600, 0x27bf}}))+"\ufe0f",
		string(g.from([][2]rune{{0x1f1e6, 0x1f1ff}}))+string(g.from([][2]rune{{0x1f1e6, 0x1f1ff}})),
	)
}

// storm is text under heaps of combining marks, in and out of canonical order.
func (g *generator) storm() string {
	marks := [][2]rune{{0x300, 0x36f}, {0x316, 0x319}, {0x323, 0x323}, {0x591, 0x5bd}, {0x64b, 0x655}, {0x93c, 0x94d}, {0xe31, 0xe3a}, {0x1dc0, 0x1dff}, {0x302a, 0x302f}, {0x3099, 0x309a}, {0x1161, 0x11c2}}
	var b strings.Builder
	for range 1 + g.r.IntN(8) {
		b.WriteString(pick(g, "a", "e", "o", "ñ", "Å", "ệ", "ộ", "か", "が", "각", "가", "ᄀ", "क", "ก", "א", "ع", "Ω", "ς", "Σ", "İ", "ı", "ﬁ", "ﷺ", "①", "㌔", "Ǆ", "ß", "ẞ", "한", "ſ", "K", "Å", " ", "", "好"))
		for range g.r.IntN(pick(g, 2, 4, 40)) {
			b.WriteRune(g.from(marks))
		}
	}
	return b.String()
}

func (g *generator) code() string {
	return pick(g,
		"func (t *T) "+g.real()+"(ctx context.Context, x []int) error {\n\treturn fmt.Errorf(\"%w: %d\", err, x[0])\n}",
		"if ("+g.real()+" != null && i++ <= 0x"+g.number()+") { return a->b[\""+g.real()+"\"]; } // "+g.real(),
		"SELECT \""+g.real()+"\", count(*) FROM t WHERE x LIKE '%"+g.real()+"%' ORDER BY 1 DESC;",
		"<div class=\""+g.real()+"\" id='"+g.number()+"'>&nbsp;"+g.real()+"</div>\r\n",
		"{\""+g.real()+"\": ["+g.number()+", null, true, \"\\u00e9\\n\"]}",
		"$ sudo apt-get install -y "+g.real()+" && echo $?  # "+g.real()+"\n\n\n\t\tdone",
		"    def __init__(self, "+g.real()+"=None):\n        self._x = "+g.number()+"\n\n\n",
		"Ġ"+g.real()+"▁"+g.real()+"##"+g.real()+" Ċ ÿ Ā <0x0A> <0xFF>",
	)
}

func (g *generator) url() string {
	return pick(g, "https://", "http://www.", "ftp://", "mailto:", "//") + g.real() + pick(g, ".com", ".cn", ".co.uk", "@mail.org") +
		"/" + g.number() + "?q=" + g.real() + "&x=%E4%BD%A0#" + g.word([][2]rune{{'a', 'z'}, {'0', '9'}, {'A', 'Z'}}, 12)
}

func (g *generator) number() string {
	digits := pick(g, [][2]rune{{'0', '9'}}, [][2]rune{{'0', '9'}}, [][2]rune{{'0', '9'}}, [][2]rune{{0x660, 0x669}}, [][2]rune{{0xff10, 0xff19}}, [][2]rune{{0x966, 0x96f}}, [][2]rune{{0x2070, 0x2079}, {0x2150, 0x218b}, {0xbc, 0xbe}})
	s := g.word(digits, 1+g.r.IntN(9))
	return s + pick(g, "", "", "%", ".5", ",000.00", "kg", "元", "-"+s, ":30", "th")
}

func (g *generator) contraction() string {
	return pick(g, "I", "you", "he", "they", "WE", "don", "é", "我", "1", "") +
		pick(g, "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'T", "'RE", "'Ve", "'M", "'LL", "'D", "’s", "'ſ", "'x", "''s", "'l", "'r", "' s")
}

// spaces is white space of every kind, and what only looks like it.
func (g *generator) spaces() string {
	var b strings.Builder
	for range g.r.IntN(7) {
		b.WriteString(pick(g, " ", " ", " ", "  ", "\t", "\n", "\r\n", "\r", "\v", "\f", "\u00a0", "\u0085", "\u1680", "\u180e", "\u2000", "\u2003", "\u2007", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\x1c", "\x1f", "\x00"))
	}
	return b.String()
}

// long is a word past the limits that models have.
func (g *generator) long() string {
	n := pick(g, 5, 20, 99, 100, 101, 120, 250)
	switch g.r.IntN(5) {
	case 0:
		return strings.Repeat(pick(g, "a", "é", "好", "1", "!", "👍", "\u0301", "ab", "ก"), n)
	case 1:
		return g.word(pick(g, alphabets()...), n)
	case 2:
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(g.real())
		}
		return b.String()
	case 3:
		return strings.Repeat(g.real(), 1+n/8)
	default:
		return strings.Repeat(g.real()+" ", 1+n/8)
	}
}

// mutated is a real sentence with characters swapped, doubled, dropped and put in.
func (g *generator) mutated() string {
	line := []rune(g.sentence(g.real))
	for range 1 + g.r.IntN(4) {
		if len(line) < 2 {
			break
		}
		i, j := g.r.IntN(len(line)), g.r.IntN(len(line))
		switch g.r.IntN(4) {
		case 0:
			line[i], line[j] = line[j], line[i]
		case 1:
			line = append(line[:i], line[i+1:]...)
		case 2:
			line[i] = g.from(pick(g, alphabets()...))
		default:
			line = append(line[:i:i], append([]rune{g.from(pick(g, alphabets()...)), line[i]}, line[i+1:]...)...)
		}
	}
	return string(line)
}

package samples

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// seedText is what the small random vocabularies are taken from.
const seedText = `hello world low lower lowest new newest wide widest don't it's I'm we're you'll 123 4567 89 3.14 café naïve über straße Ελλάδα ` +
	`σοφός привет мир йод ёлка 你好 世界 我们 退款 密码 重置 こんにちは が ガ 한국어 각 สวัสดี ที่ مرحبا لا नमस्ते क्षि 👍 😀 👨‍👩‍👧 résumé AbC XYZ __init__ ` +
	`a-b foo.bar x_y (z) [w] {v} "q" 'r' <s> </s> & % $ # @ ! ? , ; : + = * / \ | ~ ^ ½ ² Ⅳ ﬁ ①  ▁ Ġ ## ` + "\u0301 \u200d \ufe0f \u00a0 \u3000"

func seedWords() []string { return strings.Fields(seedText) }

// Words are the words of the small vocabularies, and some more for texts.
func Words() []string {
	return append(seedWords(), strings.Fields(moreText)...)
}

const moreText = `How do I get my money back? I can't log in, please reset the password of my account: order #12345 hasn't arrived! ` +
	`Where is the invoice for yesterday's headphones? Thanks a lot, see you. 我上周买的耳机什么时候能发货？ 怎么 退货 地址 电话 发票 谢谢 请问 客服 在吗 你好！ ` +
	`Как вернуть товар? Спасибо большое, где мой заказ. كيف أستعيد نقودي؟ شكرا جزيلا ฉันต้องการคืนสินค้า ขอบคุณครับ 주문을 취소하고 싶어요 감사합니다 返品したいのですが ありがとう ` +
	`मैं अपना ऑर्डर रद्द करना चाहता हूँ धन्यवाद Wie bekomme ich mein Geld zurück? Größe Straße où est ma commande déjà payée mañana señor ¿cómo está? Zażółć gęślą jaźń`

// vocabulary numbers pieces in the order of their coming.
type vocabulary struct {
	ids  map[string]int
	list []string
}

func (v *vocabulary) add(pieces ...string) {
	if v.ids == nil {
		v.ids = make(map[string]int)
	}
	for _, p := range pieces {
		if _, ok := v.ids[p]; !ok && p != "" {
			v.ids[p] = len(v.list)
			v.list = append(v.list, p)
		}
	}
}

// part returns a random run of whole characters of a random word.
func part(r *rand.Rand, words []string, longest int) string {
	w := []rune(words[r.IntN(len(words))])
	from := r.IntN(len(w))
	return string(w[from:min(len(w), from+1+r.IntN(longest))])
}

// wordPieceModel knows most characters and some random pieces.
func wordPieceModel(r *rand.Rand, maxChars int, prefix string) object {
	var v vocabulary
	v.add("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>")
	words := seedWords()
	for _, c := range seedText {
		if r.IntN(8) > 0 && c != ' ' {
			v.add(string(c))
		}
		if r.IntN(8) > 0 && c != ' ' {
			v.add(prefix + string(c))
		}
	}
	for range 150 {
		v.add(part(r, words, 5))
		v.add(prefix + part(r, words, 4))
	}
	return object{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": prefix, "max_input_chars_per_word": maxChars, "vocab": v.ids}
}

func byteTokens() []string {
	list := make([]string, 256)
	const digits = "0123456789ABCDEF"
	for b := range list {
		list[b] = "<0x" + string(digits[b>>4]) + string(digits[b&15]) + ">"
	}
	return list
}

// unigramModel has scores rounded so that many paths are equally good.
func unigramModel(r *rand.Rand, space string, bytes bool, unk any) object {
	var v vocabulary
	v.add("<unk>", "<s>", "</s>", "<pad>")
	if bytes {
		v.add(byteTokens()...)
	}
	words := seedWords()
	v.add(space)
	for _, c := range seedText {
		if r.IntN(6) > 0 && c != ' ' {
			v.add(string(c))
		}
	}
	for range 200 {
		p := part(r, words, 5)
		v.add(p)
		if r.IntN(2) == 0 {
			v.add(space + p)
		}
	}
	v.add(space+space, space+"a"+space, "\u200d\U0001f469")
	list := make([]any, len(v.list))
	for i, p := range v.list {
		score := -math.Round(10*(1+9*r.Float64())) / 10 * (1 + 1/float64(utf8.RuneCountInString(p)))
		if i < 4 {
			score = 0
		}
		list[i] = []any{p, score}
	}
	return object{"type": "Unigram", "unk_id": unk, "byte_fallback": bytes, "vocab": list}
}

// bpeOptions are the fields of a BPE model.
type bpeOptions struct {
	unk            any
	prefix, suffix any
	fuse, bytes    bool
	ignore         bool
	space          string // put before every word: ▁, Ġ or nothing
	level          bool   // words are spelt in the byte alphabet
	greedy         bool   // the most frequent pair is merged next, as training does; else a random one
}

// bpeModel merges pairs of the seed's words, in a random order unless greedy.
func bpeModel(r *rand.Rand, merges int, o bpeOptions) object {
	prefix, _ := o.prefix.(string)
	suffix, _ := o.suffix.(string)
	var v vocabulary
	if name, ok := o.unk.(string); ok {
		v.add(name)
	}
	v.add("<s>", "</s>")
	if o.bytes {
		v.add(byteTokens()...)
	}
	words := slices.DeleteFunc(seedWords(), func(w string) bool { return strings.Contains(w, "s>") }) // no merge makes a special token
	split := make([][]string, 0, 3*len(words))
	for _, w := range slices.Concat(words, words, words[:40]) {
		w = o.space + w
		if o.level {
			w = byteAlphabet(strings.Replace(w, "Ġ", " ", 1))
		}
		var parts []string
		for i, c := range []rune(w) {
			p := string(c)
			if i > 0 {
				p = prefix + p
			}
			if i == utf8.RuneCountInString(w)-1 {
				p += suffix
			}
			parts = append(parts, p)
		}
		split = append(split, parts)
	}
	if o.level {
		for b := range 256 {
			v.add(byteAlphabet(string([]byte{byte(b)})))
		}
	}
	for _, parts := range split {
		for _, p := range parts {
			if o.level || r.IntN(12) > 0 {
				v.add(p)
			}
		}
	}
	list := []any{}
	for range merges {
		a, b, ok := nextPair(r, split, v.ids, o.greedy)
		if !ok {
			break
		}
		joined := a + strings.TrimPrefix(b, prefix)
		v.add(joined)
		list = append(list, []string{a, b})
		for i, parts := range split {
			for j := 0; j+1 < len(parts); j++ {
				if parts[j] == a && parts[j+1] == b {
					parts = slices.Concat(parts[:j], []string{joined}, parts[j+2:])
				}
			}
			split[i] = parts
		}
	}
	return object{
		"type": "BPE", "dropout": nil, "unk_token": o.unk, "continuing_subword_prefix": o.prefix, "end_of_word_suffix": o.suffix,
		"fuse_unk": o.fuse, "byte_fallback": o.bytes, "ignore_merges": o.ignore, "vocab": v.ids, "merges": list,
	}
}

func nextPair(r *rand.Rand, split [][]string, known map[string]int, greedy bool) (a, b string, ok bool) {
	counts := make(map[[2]string]int)
	var order [][2]string
	for _, parts := range split {
		for j := 0; j+1 < len(parts); j++ {
			p := [2]string{parts[j], parts[j+1]}
			_, left := known[p[0]]
			_, right := known[p[1]]
			if !left || !right {
				continue
			}
			if counts[p] == 0 {
				order = append(order, p)
			}
			counts[p]++
		}
	}
	if len(order) == 0 {
		return "", "", false
	}
	if !greedy {
		p := order[r.IntN(len(order))]
		return p[0], p[1], true
	}
	best := slices.MaxFunc(order, func(x, y [2]string) int { return counts[x] - counts[y] })
	return best[0], best[1], true
}

// byteAlphabet spells bytes as GPT-2's vocabulary does.
func byteAlphabet(s string) string {
	var table [256]rune
	shift := rune(0)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			table[b] = b
		} else {
			table[b] = 256 + shift
			shift++
		}
	}
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = table[s[i]]
	}
	return string(out)
}

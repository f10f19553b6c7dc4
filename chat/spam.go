package chat

import (
	"hash/fnv"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// Spam is how much a visitor's messages look like spam, and by what. No model
// and no other machine is asked.
type Spam struct {
	Score   float64      `json:"score"` // 0–1; [SpamLikely] and more is shown as spam
	Reasons []SpamReason `json:"reasons"`
}

// SpamReason is one thing that speaks for spam, for people to judge.
type SpamReason struct {
	Code   string  `json:"code"`
	Weight float64 `json:"weight"`         // 0–1: how much it speaks for it
	N      int     `json:"n,omitempty"`    // a count: of links, repetitions, messages
	Term   string  `json:"term,omitempty"` // of known_phrase: the phrase of our own list
}

// The codes of [SpamReason].
const (
	SpamRepeated  = "repeated"      // the same text N times
	SpamLinks     = "links"         // N addresses of web pages
	SpamContact   = "off_site"      // asks to go on elsewhere: telegram, 加微信
	SpamSpeed     = "speed"         // N messages within ten seconds
	SpamGibberish = "gibberish"     // letters that make no words
	SpamPhrase    = "known_phrase"  // a phrase of the list
	SpamShouting  = "shouting"      // capitals and signs
	SpamStretched = "one_character" // one character N times
)

// SpamLikely is the score from which on a contact is shown as spam. One thing
// alone does not reach it, but for a flood of repetitions.
const SpamLikely = 0.6

// spamSeen is how many messages are looked at together, and how far back.
const (
	spamSeen   = 20
	spamWindow = 10 * time.Minute
	spamRunes  = 1000 // of a message
)

// Spoken is one message of a visitor.
type Spoken struct {
	Text string
	At   time.Time
}

// SpamRules scores messages. It keeps no state and is safe for concurrent use.
type SpamRules struct {
	link    *regexp.Regexp
	offSite *regexp.Regexp
	phrases []spamPhrase
}

type spamPhrase struct {
	text   string // normalised
	weight float64
}

// NewSpamRules returns the rules.
func NewSpamRules() *SpamRules {
	r := &SpamRules{
		link: regexp.MustCompile(`(?i)\bhttps?://[^\s<>"']+|\bwww\.[a-z0-9-]+\.[a-z]{2,}[^\s<>"']*`),
		// Word for word after text.Normalize: lower case, half width.
		offSite: regexp.MustCompile(`\b(?:telegram|whatsapp|wechat|t\.me/|wa\.me/|skype|discord)\b[^.!?]{0,20}(?:@|\+?\d{6}|me\b|us\b|:)|\bt\.me/\w+|\bwa\.me/\d+|(?:加|\+)(?:我|一下)?(?:微信|薇信|威信|vx|v信|qq|扣扣|电报|飞机)|(?:微信|薇信|vx|qq)(?:号)?[::]?\s?[a-z0-9_-]{5,}`),
	}
	add := func(weight float64, phrases ...string) {
		for _, p := range phrases {
			r.phrases = append(r.phrases, spamPhrase{text.Normalize(p), weight})
		}
	}
	add(0.5, "seo service", "guest post", "backlinks", "rank your website", "first page of google", "buy followers", "online casino", "casino bonus",
		"viagra", "cialis", "crypto investment", "bitcoin investment", "double your money", "guaranteed profit", "guaranteed income", "earn money online", "work from home and earn",
		"payday loan", "loan approved", "no credit check", "hot singles", "adult dating", "replica watches", "web design services", "increase your traffic", "you have won", "claim your prize", "lottery winner",
		"代开发票", "办理发票", "刷单兼职", "兼职刷单", "日结兼职", "兼职日结", "在线赌场", "澳门赌场", "网上赌博", "百家乐", "六合彩", "时时彩", "棋牌送", "博彩平台", "低息贷款", "无抵押贷款", "秒批贷款", "网贷秒下", "办证刻章", "高仿手表", "代孕", "裸聊", "约炮",
		"稳赚不赔", "包赚", "躺赚", "涨粉", "买粉", "排名优化", "快速排名", "引流推广", "精准引流", "虚拟币投资", "炒币带单", "带你赚钱", "老师带单", "免费领红包")
	add(0.25, "click here", "limited time offer", "act now", "100% free", "risk free", "special promotion", "business proposal", "dear friend", "dear sir/madam, we are",
		"点击链接", "点击领取", "限时优惠", "扫码进群", "进群领取", "诚招代理", "招代理", "长期合作请")
	return r
}

// Score returns how much the visitor's messages, oldest first, look like spam.
func (r *SpamRules) Score(all []Spoken) Spam {
	var t spamTrail
	for _, m := range all {
		r.follow(&t, m)
	}
	return t.spam()
}

// spamTrail is what a contact's last messages came to, in little memory: not their text.
type spamTrail struct {
	said    []spamMark // at most spamSeen, none older than spamWindow
	reasons []spamFinding
}

type spamMark struct {
	text uint64 // hash of the normalised text; 0 = too short to count as repeated
	at   time.Time
}

type spamFinding struct {
	SpamReason
	at time.Time
}

// follow takes one more message in.
func (r *SpamRules) follow(t *spamTrail, m Spoken) {
	t.said = slices.DeleteFunc(t.said, func(s spamMark) bool { return m.At.Sub(s.at) > spamWindow })
	t.reasons = slices.DeleteFunc(t.reasons, func(f spamFinding) bool { return m.At.Sub(f.at) > spamWindow })
	add := func(s SpamReason) {
		s.Weight = math.Round(min(s.Weight, 0.95)*100) / 100
		i := slices.IndexFunc(t.reasons, func(o spamFinding) bool { return o.Code == s.Code && o.Term == s.Term })
		switch {
		case i < 0:
			t.reasons = append(t.reasons, spamFinding{s, m.At})
		case s.Weight >= t.reasons[i].Weight:
			t.reasons[i] = spamFinding{s, m.At}
		}
	}
	raw := clipRunes(m.Text, spamRunes)
	normal := text.Normalize(raw)
	mark := spamMark{at: m.At}
	if utf8.RuneCountInString(normal) >= 4 { // "ok", "嗯嗯" are said often
		h := fnv.New64a()
		_, _ = h.Write([]byte(normal)) // a hash never returns an error
		mark.text = h.Sum64() | 1
	}
	if len(t.said) == spamSeen {
		t.said = slices.Delete(t.said, 0, 1)
	}
	t.said = append(t.said, mark)
	n := 0
	for _, s := range t.said {
		if mark.text != 0 && s.text == mark.text {
			n++
		}
	}
	if n >= 3 {
		add(SpamReason{Code: SpamRepeated, N: n, Weight: 0.25 + 0.12*float64(n-3)})
	}
	if n := burst(t.said); n > 5 {
		add(SpamReason{Code: SpamSpeed, N: n, Weight: 0.2 + 0.08*float64(n-6)})
	}
	r.one(raw, normal, add)
}

// spam returns the score. Independent reasons add up as chances do: 1 − Π(1 − weight).
func (t *spamTrail) spam() Spam {
	rest := 1.0
	reasons := make([]SpamReason, 0, len(t.reasons))
	for _, f := range t.reasons {
		rest *= 1 - f.Weight
		reasons = append(reasons, f.SpamReason)
	}
	slices.SortFunc(reasons, func(a, b SpamReason) int {
		if a.Weight != b.Weight {
			return int(math.Copysign(1, b.Weight-a.Weight))
		}
		return strings.Compare(a.Code+a.Term, b.Code+b.Term)
	})
	return Spam{Score: math.Round((1-rest)*100) / 100, Reasons: reasons}
}

// one looks at one message.
func (r *SpamRules) one(raw, normal string, add func(SpamReason)) {
	if n := len(r.link.FindAllStringIndex(raw, 20)); n > 1 { // one link is what customers send
		add(SpamReason{Code: SpamLinks, N: n, Weight: 0.2 + 0.12*float64(n-2)})
	}
	if r.offSite.MatchString(normal) {
		add(SpamReason{Code: SpamContact, Weight: 0.4})
	}
	found := 0
	for _, p := range r.phrases {
		if found < 3 && strings.Contains(normal, p.text) {
			found++
			add(SpamReason{Code: SpamPhrase, Term: p.text, Weight: p.weight})
		}
	}
	letters, capitals, shouts := 0, 0, 0
	longest, run, before := 0, 0, rune(0)
	for _, c := range raw {
		switch {
		case unicode.IsUpper(c):
			capitals++
			letters++
		case unicode.IsLetter(c):
			letters++
		case c == '!' || c == '！':
			shouts++
		}
		if c == before && !unicode.IsSpace(c) && !unicode.IsDigit(c) {
			run++
		} else {
			run = 1
		}
		before, longest = c, max(longest, run)
	}
	if capitals >= 20 && capitals*10 > letters*8 && shouts > 0 {
		add(SpamReason{Code: SpamShouting, Weight: 0.2})
	}
	if longest > 20 {
		add(SpamReason{Code: SpamStretched, N: longest, Weight: 0.25})
	}
	if babble(normal) {
		add(SpamReason{Code: SpamGibberish, Weight: 0.35})
	}
}

// babble reports that a text of Latin letters makes no words: many letters with
// hardly a vowel, or with consonants in long rows. Codes and addresses hold
// digits or signs and are passed over.
func babble(normal string) bool {
	words, odd, letters := 0, 0, 0
	for w := range strings.FieldsSeq(normal) {
		if len(w) < 5 || strings.ContainsFunc(w, func(c rune) bool { return c < 'a' || c > 'z' }) {
			continue
		}
		words++
		letters += len(w)
		vowels, row, longest := 0, 0, 0
		for _, c := range w {
			if strings.ContainsRune("aeiouy", c) {
				vowels++
				row = 0
				continue
			}
			row++
			longest = max(longest, row)
		}
		if vowels*6 < len(w) || longest >= 6 {
			odd++
		}
	}
	return letters >= 12 && odd*2 > words
}

// burst returns how many of the last messages came within ten seconds of the newest.
func burst(said []spamMark) int {
	newest := said[len(said)-1].at
	n := 0
	for _, s := range said {
		if newest.Sub(s.at) <= 10*time.Second {
			n++
		}
	}
	return n
}

// clipRunes cuts s to n code points.
func clipRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// oneLine cuts s to what stands on one line of at most n code points, and to what PostgreSQL's text holds.
func oneLine(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return clipRunes(strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)), n)
}

package bot

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/text"
)

// choices understands words that are typed under a menu: a number ("2", "第二个",
// "the last one"), a label or part of one, with typos, both, none of them. It is
// made once and never changed.
type choices struct {
	ordinals
	both   map[string]bool
	none   map[string]bool
	bare   map[string]bool // a no: none of the menu, but after an answer it may mean that nothing else is wanted
	denies map[string]bool // a no to an answer too
	yes    map[string]bool
	but    *regexp.Regexp // a no with the question that was meant
	han    *text.Han
	glue   map[string]bool // words that may be missing or too many
}

func newChoices() choices {
	set := func(words string) map[string]bool { return keys(words) }
	c := choices{
		ordinals: newOrdinals(), han: text.NewHan(), glue: keys("the|a|an|is|are|am|do|does|did|my|your|our|i|you|we|it|this|please|of"),
		both:   set("都要|都是|两个都是|两个都要|两个都问|两个都想知道|两个|全部|全都要|都想知道|都问|以上都是|都|both|both of them|both please|all|all of them|all of these|both of these|all three|the two|each of them|每个都要|三个都要|三个都是"),
		none:   set("都不是|以上都不是|都不对|不是这个|不是这些|不是我想问的|不是我要的|没有一个是|一个都不是|没有我要的|没有我想问的|这些都不是|这不是我问的|不是我问的|答非所问|none of these|none of them|none of those|none of the above|neither|neither of them|neither of these|not what i asked|not what i meant|that's not what i asked|that is not what i asked|not these|not that|not this one|not this|not that one|no none of these|wrong answer|that's not it|that is not it|that's wrong|不是这一个|no not this|no neither"),
		bare:   set("不是|不|不对|没有|no|nope|none|nah|都没有|不是的|no it's not|no it isn't"),
		denies: set("不是|不对|不是的|no|nope|nah|no it's not|no it isn't|not really|wrong"),
		yes:    set("是|是的|对|对的|嗯|嗯嗯|没错|就是这个|就是|是这个|对就是这个|正是|yes|yeah|yep|yup|right|correct|exactly|that's it|that's the one|that one|this one|yes please|yes that one|sure|ok|okay|好|好的|可以|行|这个|就这个"),
		but: regexp.MustCompile(`^(?:不是的?|不对|不，|错了|这不是我(?:想)?问的|不是这个|不是这些|都不是|答非所问|我不是问这个)[\s，,。.!！;；:：]+(?:我|我是|我想|我问的是)?|` +
			`^(?:no+|nope|nah|wrong|not (?:this|that|these|those)(?: one)?|none of (?:these|them|those)|neither|that's not (?:it|what i (?:asked|meant|want(?:ed)?))|that is not (?:it|what i (?:asked|meant|want(?:ed)?))|not what i (?:asked|meant)|that's wrong|wrong answer)\s*[,.;:!-]+\s*(?:but |i mean(?:t)? |i was asking |i asked |i'm asking )?`),
	}
	return c
}

// choice is what words under a menu say.
type choice struct {
	button string // the id of the button that they stand for
	also   string // the id of another one that is wanted too
	rest   string // what is asked instead, after a no
}

// read returns what the visitor's message chooses from the menu, the buttons of
// the bot's last message; ok is false if it is a message like any other. answered
// says that the menu stands under an answer, as steps to go on with.
func (c choices) read(said string, menu []chat.Button, answered bool) (pick choice, ok bool) {
	if len(menu) == 0 || utf8.RuneCountInString(said) > maxTypedLabel+40 {
		return choice{}, false
	}
	n := text.Normalize(said)
	key := text.Key(n)
	if key == "" {
		return choice{}, false
	}
	var articles []chat.Button
	refusable := false
	for _, b := range menu {
		switch {
		case strings.HasPrefix(b.ID, ButtonArticle):
			articles = append(articles, b)
		case b.ID == ButtonNone:
			refusable = true
		}
	}
	// The label as it stands goes before anything that could be read into it.
	for _, b := range menu {
		if text.Key(b.Label) == key {
			return choice{button: b.ID}, true
		}
	}
	if refusable {
		if c.none[key] || !answered && c.bare[key] || answered && c.denies[key] {
			return choice{button: ButtonNone}, true
		}
		if loc := c.but.FindStringIndex(n); loc != nil && text.HasWord(n[loc[1]:]) && utf8.RuneCountInString(text.Key(n[loc[1]:])) >= leastRest {
			return choice{button: ButtonNone, rest: n[loc[1]:]}, true
		}
	}
	if len(articles) > 0 {
		if pick, ok := c.article(n, key, articles, answered); ok {
			return pick, true
		}
	}
	if near, ok := c.nearest(key, menu); ok {
		return choice{button: near}, true
	}
	return choice{}, false
}

const (
	maxTypedLabel = 200 // runes, as titles
	leastRest     = 2   // runes of a question behind a no
)

// article returns the article that the words choose.
func (c choices) article(n, key string, articles []chat.Button, answered bool) (pick choice, ok bool) {
	at := func(i int) (choice, bool) {
		if i < 1 || i > len(articles) {
			return choice{}, false
		}
		return choice{button: articles[i-1].ID}, true
	}
	switch {
	case c.both[key] && len(articles) > 1:
		return choice{button: articles[0].ID, also: articles[1].ID}, true
	case !answered && c.yes[key] && len(articles) == 1:
		return at(1)
	}
	i, short, ok := c.count(n)
	switch {
	case ok && i == lastOne:
		return at(len(articles))
	case ok:
		return at(i)
	}
	return partOf(text.Key(short), articles)
}

// partOf returns the only article whose label has the few words that were typed:
// under "Refund by card" and "Refund by transfer", "transfer" is a choice.
func partOf(key string, articles []chat.Button) (pick choice, ok bool) {
	key = strings.TrimSuffix(strings.TrimPrefix(key, "the "), " one")
	words := talkWords(key)
	cjk := text.HasCJK(key)
	if len(articles) < 2 || len(words) == 0 || len(words) > 6 || cjk && len(words) < 2 || !cjk && (len(words) > 3 || utf8.RuneCountInString(key) < 4) {
		return choice{}, false
	}
	var found []string
	for _, b := range articles {
		label := text.Key(b.Label)
		has := strings.Contains(label, key)
		if !cjk {
			has = strings.Contains(" "+label+" ", " "+key+" ")
		}
		if has {
			found = append(found, b.ID)
		}
	}
	if len(found) != 1 {
		return choice{}, false
	}
	return choice{button: found[0]}, true
}

// nearest returns the button whose label the key is but for typos, if there is
// exactly one.
func (c choices) nearest(key string, menu []chat.Button) (id string, ok bool) {
	typed := wordsOf(key)
	for _, b := range menu {
		if !c.misspelt(typed, wordsOf(text.Key(b.Label))) {
			continue
		}
		if id != "" {
			return "", false
		}
		id = b.ID
	}
	return id, id != ""
}

// wordsOf cuts a key into Chinese characters and other words.
func wordsOf(key string) []string {
	var all []string
	for field := range strings.FieldsSeq(key) {
		from := 0
		for i, r := range field {
			if !text.IsCJK(r) {
				continue
			}
			if from < i {
				all = append(all, field[from:i])
			}
			all = append(all, string(r))
			from = i + utf8.RuneLen(r)
		}
		if from < len(field) {
			all = append(all, field[from:])
		}
	}
	return all
}

// misspelt reports that typed is label with slips in it: a word with a wrong
// letter, a character that sounds the same, one left out. What turns the meaning
// round (on for off, 开 for 关, 7 for 15, a no) is never a slip.
func (c choices) misspelt(typed, label []string) bool {
	// One slip in four words; a word that is all of it may have one.
	allowed := max(1, len(label)/4)
	if len(label) < 2 && (len(label) == 0 || utf8.RuneCountInString(label[0]) < leastSlip) || len(typed) > len(label)+allowed || len(label) > len(typed)+allowed || len(label) > maxTypedLabel {
		return false
	}
	last, row := make([]int, len(label)+1), make([]int, len(label)+1)
	for j, w := range label {
		last[j+1] = min(never, last[j]+c.leaveOut(w))
	}
	for _, w := range typed {
		row[0] = min(never, last[0]+c.leaveOut(w))
		for j, l := range label {
			row[j+1] = min(last[j]+c.slip(w, l), last[j+1]+c.leaveOut(w), row[j]+c.leaveOut(l), never)
		}
		last, row = row, last
	}
	return last[len(label)] <= allowed
}

// never is what a slip costs that is none.
const never = 1000

// leastSlip is how many letters a word has at least in which a slip is forgiven.
const leastSlip = 4

// slip is what it costs to write w for l.
func (c choices) slip(w, l string) int {
	switch {
	case w == l:
		return 0
	case text.HasCJK(w) && text.HasCJK(l):
		a, _ := utf8.DecodeRuneInString(w)
		b, _ := utf8.DecodeRuneInString(l)
		if c.han.SameSound(a, b) {
			return 1
		}
	case !text.HasCJK(w+l) && !strings.ContainsAny(w+l, "0123456789") && utf8.RuneCountInString(l) >= leastSlip && alignment([]rune(w), []rune(l)) == 1:
		return 1
	}
	return never
}

// leaveOut is what it costs to leave w out, or to add it.
func (c choices) leaveOut(w string) int {
	switch {
	case strings.Contains("不没未无非别勿免开关", w):
		return never
	case text.HasCJK(w) || c.glue[w]:
		return 1
	}
	return never
}

// alignment is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours (Boytsov 2011, section 2.2).
func alignment(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

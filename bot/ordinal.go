package bot

import (
	"regexp"
	"strconv"
	"strings"

	"frontdesk/internal/text"
)

// ordinals reads which of several is meant, where they are counted: 2, 第二个, "ok,
// the last one please".
type ordinals struct {
	polite  *regexp.Regexp // around a choice: 选, 我要, please
	number  *regexp.Regexp
	last    map[string]bool
	ordinal map[string]int
}

func newOrdinals() ordinals {
	o := ordinals{
		polite: regexp.MustCompile(`^(?:(?:我想问的|我想问|我要|我是|我|那|就|要|选择|选|应该是|是|想问|问|看|点|回答|请|嗯|对|好的|好|的)[\s，,：:]*|` +
			`(?:hmm+|ok|okay|yes|well|i think|i meant|i mean|i guess|i'd say|it's|it is|that's|i want|i'd like|i choose|i pick|give me|show me|let's take|let's try|please|pls|my question is|the question is|about|maybe|probably|number|no|nr|option|choice|answer|item|question|the)(?:[\s,:.#]+|$))`),
		number:  regexp.MustCompile(`^#?(?:第)?(\d{1,2}|[一二两三四五六七八九])(?:个|条|项|种|号|题)?(?:问题|选项|吧|的|啊|呢|那个)*$|^(first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th|one|two|three|four|five|top|[a-e])(?: (?:one|option|choice|question|answer|article|item|of (?:them|these|those)))?$`),
		last:    keys("最后一个|最后那个|最后面那个|最下面的|最下面那个|最后|倒数第一个|last|last one|the last|the last one|bottom one|the bottom one|last option"),
		ordinal: map[string]int{"first": 1, "1st": 1, "one": 1, "top": 1, "a": 1, "second": 2, "2nd": 2, "two": 2, "b": 2, "third": 3, "3rd": 3, "three": 3, "c": 3, "fourth": 4, "4th": 4, "four": 4, "d": 4, "fifth": 5, "5th": 5, "five": 5, "e": 5},
	}
	for i, r := range []rune("一二三四五六七八九") {
		o.ordinal[string(r)] = i + 1
	}
	o.ordinal["两"] = 2
	return o
}

const (
	lastOne    = -1 // whichever that is
	maxFillers = 5  // polite words before a number

	maxCounting = 60 // bytes of a message that may be no more than a number
)

// count returns which one the normalised text names, from 1, or [lastOne]; ok is
// false if it says anything else, which is then in rest without polite words.
func (o ordinals) count(n string) (i int, rest string, ok bool) {
	if len(n) > maxCounting {
		return 0, n, false
	}
	rest = strings.Trim(n, " .,!。，！、;；()（）'\"")
	for range maxFillers { // "ok, i think the second one"
		cut := strings.TrimRight(rest, "吧啊呢了哦呀 ")
		for _, end := range []string{" please", " pls", " thanks"} {
			cut = strings.TrimSuffix(cut, end)
		}
		if m := o.number.FindStringSubmatch(strings.TrimRight(cut, ".,)")); m != nil {
			word := m[1] + m[2]
			if i, err := strconv.Atoi(word); err == nil {
				return i, "", true
			}
			return o.ordinal[word], "", true
		}
		if o.last[text.Key(cut)] {
			return lastOne, "", true
		}
		loc := o.polite.FindStringIndex(rest)
		if loc == nil || loc[1] == 0 {
			break
		}
		rest = rest[loc[1]:]
	}
	return 0, rest, false
}

package text

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Quantity is a number with its unit, as [Quantities] finds it.
type Quantity struct {
	// Value in the unit's base: hours for times up to weeks, months for months and
	// years, month × 100 + day for dates, otherwise as written.
	Value float64
	// Unit is the kind of thing counted: "time", "month", "date", a currency
	// ("cny", "usd", "eur", "gbp"), "percent", another unit's name, or empty.
	Unit string
	// Number as written, in figures: 7 of 一周七天 as of 7 days.
	Number float64
	// At and End are where it stands in the text, in bytes.
	At, End int
}

// Same reports whether two quantities of any unit name the same amount; a bare
// number is the same as that number of anything.
func (q Quantity) Same(o Quantity) bool {
	if q.Unit == o.Unit {
		return q.Value == o.Value
	}
	return (q.Unit == "" || o.Unit == "") && q.Number == o.Number
}

// Comparable reports whether two quantities could contradict each other: 7 days
// and 15 days, not 7 days and 100 yuan.
func (q Quantity) Comparable(o Quantity) bool {
	return q.Unit == o.Unit || q.Unit == "" || o.Unit == ""
}

type unit struct {
	name  string
	scale float64
}

// units maps a unit as normalised text has it. Chinese ones follow the number
// directly, English ones maybe after a blank or a hyphen.
func unitOf(s string) (u unit, ok bool) {
	switch s {
	case "秒", "秒钟", "second", "seconds", "sec", "secs":
		return unit{"time", 1.0 / 3600}, true
	case "分钟", "minute", "minutes", "min", "mins":
		return unit{"time", 1.0 / 60}, true
	case "小时", "个小时", "钟头", "个钟头", "hour", "hours", "hr", "hrs", "h":
		return unit{"time", 1}, true
	case "天", "日", "工作日", "个工作日", "自然日", "day", "days", "working day", "working days", "business day", "business days", "d":
		return unit{"time", 24}, true
	case "周", "星期", "个星期", "礼拜", "个礼拜", "week", "weeks":
		return unit{"time", 7 * 24}, true
	case "个月", "month", "months":
		return unit{"month", 1}, true
	case "年", "year", "years", "yr", "yrs":
		return unit{"month", 12}, true
	case "元", "块", "块钱", "元钱", "圆", "rmb", "yuan", "cny":
		return unit{"cny", 1}, true
	case "美元", "美金", "dollar", "dollars", "usd", "bucks":
		return unit{"usd", 1}, true
	case "欧元", "euro", "euros", "eur":
		return unit{"eur", 1}, true
	case "英镑", "pound", "pounds", "gbp":
		return unit{"gbp", 1}, true
	case "%", "percent":
		return unit{"percent", 1}, true
	case "件", "item", "items", "piece", "pieces":
		return unit{"item", 1}, true
	case "次", "遍", "回", "time", "times":
		return unit{"turn", 1}, true
	case "期", "installment", "installments", "instalment", "instalments":
		return unit{"installment", 1}, true
	case "升", "l", "liter", "liters", "litre", "litres":
		return unit{"liter", 1}, true
	case "毫升", "ml":
		return unit{"liter", 0.001}, true
	case "公斤", "千克", "kg", "kilo", "kilos":
		return unit{"kilogram", 1}, true
	case "斤":
		return unit{"kilogram", 0.5}, true
	case "克", "g", "gram", "grams":
		return unit{"kilogram", 0.001}, true
	case "厘米", "cm":
		return unit{"meter", 0.01}, true
	case "米", "m", "meter", "meters", "metre", "metres":
		return unit{"meter", 1}, true
	case "瓦", "w", "watt", "watts":
		return unit{"watt", 1}, true
	case "折":
		return unit{"discount", 1}, true
	case "岁", "years old":
		return unit{"age", 1}, true
	case "台", "部", "device", "devices":
		return unit{"device", 1}, true
	}
	return unit{}, false
}

const (
	zhUnits  = `秒钟|秒|分钟|个?小时|个?钟头|天|个?工作日|自然日|日|周|个?星期|个?礼拜|个月|年|美元|美金|欧元|英镑|元钱|元|块钱|块|圆|%|件|次|遍|回|期|升|毫升|公斤|千克|斤|克|厘米|米|瓦|折|岁|台|部`
	enUnits  = `seconds?|secs?|minutes?|mins?|hours?|hrs?|h|(?:working |business )?days?|d|weeks?|months?|years? old|years?|yrs?|rmb|yuan|cny|dollars?|usd|bucks|euros?|eur|pounds?|gbp|percent|items?|pieces?|times?|instal?lments?|l|lit(?:er|re)s?|ml|kg|kilos?|g|grams?|cm|m|met(?:er|re)s?|w|watts?|devices?`
	zhNumber = `[零〇一二两三四五六七八九十百千万半]+`
	enNumber = `(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|half an?)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine|hundred))?`
	figures  = `[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?`
)

// quantityPatterns are tried in this order at every place.
type quantityPatterns struct {
	date, dateEN, money, figure, chinese, english *regexp.Regexp
}

// Quantities finds the amounts, spans of time and dates that texts name, in
// figures, in Chinese numerals (with a unit: 七天, not 一下) and in English words
// (with a unit: two hours). Product codes (TH01, v2.1) are no quantities. Make it once; it
// is safe for concurrent use.
type Quantities struct{ p quantityPatterns }

// NewQuantities returns it.
func NewQuantities() *Quantities {
	return &Quantities{quantityPatterns{
		date:    regexp.MustCompile(`^(` + figures + `|` + zhNumber + `)月(?:份)?(` + figures + `|` + zhNumber + `)[日号]`),
		dateEN:  regexp.MustCompile(`^(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* ([0-9]{1,2})|([0-9]{1,2})(?:st|nd|rd|th)?(?: of)? (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\b`),
		money:   regexp.MustCompile(`^([¥$€£]) ?(` + figures + `)`),
		figure:  regexp.MustCompile(`^(` + figures + `)(?: ?(` + zhUnits + `)|[ -]?(` + enUnits + `)\b)?`),
		chinese: regexp.MustCompile(`^(` + zhNumber + `)(` + zhUnits + `)`),
		english: regexp.MustCompile(`^(` + enNumber + `)[ -](` + enUnits + `)\b`),
	}}
}

// maxQuantities of one text; the rest is not read.
const maxQuantities = 16

// Find returns the quantities of s, which is taken as normalised, in order.
func (f *Quantities) Find(s string) []Quantity {
	var out []Quantity
	for i := 0; i < len(s) && len(out) < maxQuantities; {
		q, size := f.at(s, i)
		if size > 0 {
			if q.Unit != "-" {
				q.At, q.End = i, i+size
				out = append(out, q)
			}
			i += size
			continue
		}
		i += runeLen(s[i])
	}
	return out
}

// at reads the quantity that starts at s[i]; size 0: none does. The unit "-"
// marks a number to be passed over.
func (f *Quantities) at(s string, i int) (q Quantity, size int) {
	c, rest := s[i], s[i:]
	rest = rest[:min(len(rest), 64)]
	switch {
	case c >= '0' && c <= '9':
		if m := f.p.date.FindStringSubmatch(rest); m != nil && !continuesWord(s, i) {
			return dateOf(m[1], m[2]), len(m[0])
		}
		if m := f.p.dateEN.FindStringSubmatch(rest); m != nil && !continuesWord(s, i) {
			return Quantity{Value: monthOf(m[4])*100 + number(m[3]), Unit: "date", Number: number(m[3])}, len(m[0])
		}
		m := f.p.figure.FindStringSubmatch(rest)
		end := len(m[0])
		if continuesWord(s, i) || (end == len(m[1]) && continuesCode(s, i+end)) { // TH01, 2.1b, 3-in-1
			return Quantity{Unit: "-"}, end
		}
		return withUnit(number(m[1]), m[2]+m[3]), end
	case c == 0xC2 || c == '$' || c == 0xE2: // ¥, £ and € in UTF-8
		if m := f.p.money.FindStringSubmatch(rest); m != nil {
			return Quantity{Value: number(m[2]), Unit: currency(m[1]), Number: number(m[2])}, len(m[0])
		}
	case c >= 0xE3 && chineseNumeral(rest):
		if m := f.p.date.FindStringSubmatch(rest); m != nil {
			return dateOf(m[1], m[2]), len(m[0])
		}
		if m := f.p.chinese.FindStringSubmatch(rest); m != nil {
			n, ok := chineseNumber(m[1])
			if !ok || (n == 1 && notCounting(m[2])) {
				return Quantity{Unit: "-"}, len(m[0])
			}
			return withUnit(n, m[2]), len(m[0])
		}
	case c >= 'a' && c <= 'z' && (i == 0 || !word(rune(s[i-1]))) && englishNumeral(rest):
		if m := f.p.dateEN.FindStringSubmatch(rest); m != nil && m[1] != "" {
			return Quantity{Value: monthOf(m[1])*100 + number(m[2]), Unit: "date", Number: number(m[2])}, len(m[0])
		}
		if m := f.p.english.FindStringSubmatch(rest); m != nil {
			n := englishNumber(m[1])
			if n == 1 && (m[2] == "time" || m[2] == "item" || m[2] == "piece" || m[2] == "device" || len(m[2]) == 1) { // a time, an item
				return Quantity{Unit: "-"}, len(m[0])
			}
			return withUnit(n, m[2]), len(m[0])
		}
	}
	return Quantity{}, 0
}

// chineseNumeral and englishNumeral spare most words the patterns.
func chineseNumeral(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("零〇一二两三四五六七八九十百千万半", r)
}

func englishNumeral(s string) bool {
	end := 0
	for end < len(s) && s[end] >= 'a' && s[end] <= 'z' {
		end++
	}
	switch w := s[:end]; w {
	case "a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "half", "hundred":
		return true
	default:
		return strings.HasSuffix(w, "teen") || strings.HasSuffix(w, "ty") || (end >= 3 && strings.Contains("jan feb mar apr may jun jul aug sep oct nov dec", w[:3]))
	}
}

// notCounting reports whether 一 before this unit is hardly a number: 一次, 一件, 一回, 一块.
func notCounting(unit string) bool {
	switch unit {
	case "次", "遍", "回", "件", "台", "部", "块", "日", "期", "折":
		return true
	}
	return false
}

// continuesWord reports whether s[i] belongs to a Latin word or code that began before.
func continuesWord(s string, i int) bool {
	if i == 0 {
		return false
	}
	c := s[i-1]
	return c >= 'a' && c <= 'z' || c == '_' || (i > 1 && c == ':' && s[i-2] >= '0' && s[i-2] <= '9') || (i > 1 && (c == '-' || c == '.') && s[i-2] < 0x80 && word(rune(s[i-2])))
}

// continuesCode reports whether a Latin letter, or a hyphen or colon and a letter or digit, follows directly (3-in-1, 2:30).
func continuesCode(s string, end int) bool {
	if end >= len(s) {
		return false
	}
	c := s[end]
	return c >= 'a' && c <= 'z' || ((c == '-' || c == ':') && end+1 < len(s) && s[end+1] < 0x80 && word(rune(s[end+1])))
}

func withUnit(n float64, name string) Quantity {
	u, ok := unitOf(name)
	if !ok {
		return Quantity{Value: n, Number: n}
	}
	return Quantity{Value: n * u.scale, Unit: u.name, Number: n}
}

func dateOf(month, day string) Quantity {
	n := number(day)
	return Quantity{Value: number(month)*100 + n, Unit: "date", Number: n}
}

// number reads figures or Chinese numerals; 0 if they are none.
func number(s string) float64 {
	if n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64); err == nil {
		return n
	}
	n, _ := chineseNumber(s)
	return n
}

// chineseNumber reads 七, 十五, 二十, 一百零五, 半; not years read by figures (二〇二六 is 2026 all the same).
func chineseNumber(s string) (float64, bool) {
	if s == "半" {
		return 0.5, true
	}
	total, section, digit, figuresOnly := 0.0, 0.0, -1.0, true
	spelled := 0.0
	for _, r := range s {
		var d int
		switch r {
		case '零', '〇':
			d = 0
		case '两':
			d = 2
		default:
			d = strings.IndexRune("零一二三四五六七八九", r) / runeBytes
			if !strings.ContainsRune("一二三四五六七八九", r) {
				d = -1
			}
		}
		if d >= 0 {
			digit = float64(d)
			spelled = spelled*10 + digit
			continue
		}
		figuresOnly = false
		power := map[rune]float64{'十': 10, '百': 100, '千': 1000, '万': 10000}[r]
		switch {
		case power == 0: // 半 among others
			return 0, false
		case power == 10000:
			total = (total + section + max(digit, 0)) * power
			section = 0
		case digit < 0: // 十五
			section += power
		default:
			section += digit * power
		}
		digit = -1
	}
	if figuresOnly {
		return spelled, true
	}
	return total + section + max(digit, 0), true
}

func englishNumber(s string) float64 {
	n := 0.0
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' }) {
		switch w {
		case "half":
			return 0.5
		case "a", "an":
			n = 1
		case "hundred":
			n = max(n, 1) * 100
		default:
			for i, name := range [...]string{
				"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
				"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
			} {
				if w == name {
					n += float64(i + 1)
				}
			}
			for i, name := range [...]string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
				if w == name {
					n += float64(10 * (i + 2))
				}
			}
		}
	}
	return n
}

func monthOf(s string) float64 {
	return float64(strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", s)/3 + 1)
}

func currency(sign string) string {
	switch sign {
	case "$":
		return "usd"
	case "€":
		return "eur"
	case "£":
		return "gbp"
	}
	return "cny"
}

// runeLen is the length of the UTF-8 sequence that c begins; 1 within one.
func runeLen(c byte) int {
	switch {
	case c < 0xC0:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	}
	return 4
}

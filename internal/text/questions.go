package text

import (
	"regexp"
	"strings"
	"unicode"
)

// maxQuestions is how many questions of one message are told apart.
const maxQuestions = 4

// Splitter cuts a message into the questions it asks. Make it once; it is safe for concurrent use.
type Splitter struct {
	asksZH, asksEN *regexp.Regexp // a clause with one of these asks something
	fillerZH       *regexp.Regexp // what says nothing about the matter
	fillerEN       map[string]bool
	joinZH         *regexp.Regexp // between two clauses that may both ask
	joinEN         *regexp.Regexp // what stands between a question and one that begins behind it
	beginsEN       *regexp.Regexp // a question begins so
}

// NewSplitter returns it.
func NewSplitter() *Splitter {
	const begins = `(?:how|what|what's|when|where|where's|who|who's|why|which|can|could|do|does|did|is|are|will|would|should|may|am) `
	s := &Splitter{
		asksZH: regexp.MustCompile(`怎么|怎样|如何|咋|多久|多少|多长|多大|哪|什么|啥|谁|几|吗|么$|呢|能不能|可不可以|是不是|要不要|有没有|会不会|行不行|是否|能否|为何|能.{0,12}不$`),
		asksEN: regexp.MustCompile(`^(?:and |or |but |also |so |then |please |plus )*` + begins + `|\b(?:how (?:do|can|long|much|many|to)|what (?:is|are|do|if)|where (?:is|do|can)|who (?:is|pays|do)|i (?:want|would like|need) to|i'd like to)\b`),
		fillerZH: regexp.MustCompile(`怎么办|怎么回事|怎么弄|怎么样|怎样|怎么|如何|咋办|咋|多久|多少|多长|多大|哪里|哪儿|哪|什么时候|什么|啥|谁|几|吗|么|呢|能不能|可不可以|可以|是不是|要不要|有没有|会不会|行不行|行|好|对|` +
			`是否|能否|为何|为|请问|请|问|一下|我|你们|你|您|它|这个|那个|这|那|的|了|啊|呀|吧|是|有|要|想|能|会|还|就|都|也|在|到|[\s\p{P}]`),
		fillerEN: map[string]bool{},
		joinZH:   regexp.MustCompile(`[,;、]?(?:还有|另外|此外|以及|顺便|再问|对了|再就是|同时|然后)[,:]?|[,;]`),
		joinEN:   regexp.MustCompile(`(?:[,;] ?|\s)(?:and also|and then|and|also|plus|or)[, ]+|[,;] ?`),
		beginsEN: regexp.MustCompile(`^(?:also |then )?` + begins),
	}
	for w := range strings.FieldsSeq(`how what what's when where where's who who's why which can could do does did is are will would should may am to the a an it this that they them i me my you your we our us
		and or also so then please of for in on at with be there if about know tell want need like i'd i'm much many long ok okay hi hello thanks thank not work works happen happens next mean go wrong help`) {
		s.fillerEN[w] = true
	}
	return s
}

// Questions returns the questions of s in order, at least one where s has a word: a message
// that asks one thing, in however many sentences, comes back whole. A clause
// counts as a question of its own if it asks and names something to ask about:
// "怎么退货？还有运费谁出" and "how do I return this and who pays shipping" are two,
// 退货和换货的区别 and "terms and conditions" one. Sentences that ask nothing go with
// the question that follows them, or else with the last one.
func (s *Splitter) Questions(message string) []string {
	if !HasWord(message) {
		return nil
	}
	var parts []string
	for _, sentence := range cutSentences(Normalize(message), message) {
		parts = append(parts, s.clauses(sentence)...)
	}
	var out []string
	asked, context := false, ""
	for _, p := range parts {
		whole := strings.TrimSpace(context + strings.TrimSpace(p))
		switch {
		case s.asks(p) && asked && len(out) < maxQuestions:
			out, context = append(out, whole), ""
		case s.asks(p) && !asked:
			out, context, asked = append(out, whole), "", true
		default:
			context = whole + " "
		}
	}
	if context = strings.TrimSpace(context); context != "" && len(out) > 0 {
		out[len(out)-1] += " " + context
	}
	if len(out) < 2 {
		return []string{strings.TrimSpace(Normalize(message))}
	}
	return out
}

// cutSentences cuts at line breaks, which normalising would drop, and behind the end of a sentence.
func cutSentences(normal, raw string) []string {
	var out []string
	if strings.Contains(strings.TrimSpace(raw), "\n") {
		for line := range strings.SplitSeq(raw, "\n") {
			if n := Normalize(line); n != "" {
				out = append(out, cutSentences(n, "")...)
			}
		}
		return out
	}
	start := 0
	for i, r := range normal {
		end := i + len(string(r))
		switch r {
		case '。', '!', '?', ';':
		case '.':
			if end < len(normal) && normal[end] != ' ' {
				continue
			}
		default:
			continue
		}
		out = append(out, normal[start:end])
		start = end
	}
	if start < len(normal) {
		out = append(out, normal[start:])
	}
	return out
}

// clauses cuts one sentence where a question ends and another begins.
func (s *Splitter) clauses(sentence string) []string {
	join := s.joinEN
	if HasCJK(sentence) {
		join = s.joinZH
	}
	var out []string
	start := 0
	for _, at := range join.FindAllStringIndex(sentence, -1) {
		left, right := sentence[start:at[0]], sentence[at[1]:]
		if !s.asks(left) || !s.asks(s.firstClause(right, join)) {
			continue
		}
		if !HasCJK(sentence) && !s.beginsEN.MatchString(right) {
			continue
		}
		out = append(out, left)
		start = at[1]
	}
	return append(out, sentence[start:])
}

// firstClause is what comes before the next place to cut.
func (s *Splitter) firstClause(right string, join *regexp.Regexp) string {
	if at := join.FindStringIndex(right); at != nil && at[0] > 0 {
		return right[:at[0]]
	}
	return right
}

// asks reports whether a clause asks something and names what.
func (s *Splitter) asks(clause string) bool {
	clause = strings.TrimFunc(clause, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
	if HasCJK(clause) {
		if !s.asksZH.MatchString(clause) {
			return false
		}
		left := s.fillerZH.ReplaceAllString(clause, "")
		return len([]rune(left)) >= 2
	}
	if !s.asksEN.MatchString(clause) {
		return false
	}
	for w := range strings.FieldsSeq(clause) {
		if w = strings.Trim(w, ".,!?;:'\""); len(w) > 1 && !s.fillerEN[w] {
			return true
		}
	}
	return false
}

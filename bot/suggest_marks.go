package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// marks returns the words of s that the question has too, in code points,
// ascending and apart: Latin words by their stem, Chinese by pairs of characters.
// Words that say nothing about the matter (how, 怎么) are not marked.
func marks(s, question string) []Mark {
	asked := termSet(question)
	runes := []rune(s)
	on := make([]bool, len(runes))
	for i := 0; i < len(runes); {
		switch {
		case text.IsCJK(runes[i]):
			if i+1 < len(runes) && text.IsCJK(runes[i+1]) {
				if pair := text.Normalize(string(runes[i : i+2])); asked[pair] && !filler(pair) {
					on[i], on[i+1] = true, true
				}
			}
			i++
		case unicode.IsLetter(runes[i]) || unicode.IsNumber(runes[i]):
			j := i + 1
			for j < len(runes) && !text.IsCJK(runes[j]) && (unicode.IsLetter(runes[j]) || unicode.IsNumber(runes[j]) || runes[j] == '\'' || runes[j] == '-') {
				j++
			}
			word := text.Normalize(string(runes[i:j]))
			for _, t := range text.Terms(word) {
				if asked[t] && !filler(word) && (utf8.RuneCountInString(t) > 1 || unicode.IsNumber(runes[i])) {
					for k := i; k < j; k++ {
						on[k] = true
					}
					break
				}
			}
			i = j
		default:
			i++
		}
	}
	var out []Mark
	for i := 0; i < len(on); {
		if !on[i] {
			i++
			continue
		}
		j := i
		for j < len(on) && on[j] {
			j++
		}
		out = append(out, Mark{i, j})
		i = j
	}
	return out
}

// fillers are words of questions that no answer is found by.
const fillers = ` a an the is are am be do does did can could will would should may i you me my your we our us it its this that to of for in on at with from by and or not
 how what when where who why which please want need like there have has had if so as get got 怎么 么样 什么 么时 时候 可以 以吗 多久 多少 哪里 如何 请问 问一 一下 我想 我要 我的 你们 们的 是不 不是 能不 不能 有没 没有 吗请 的吗 了吗 `

func filler(word string) bool { return strings.Contains(fillers, " "+word+" ") }

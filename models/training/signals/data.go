package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"frontdesk/internal/text"
	"frontdesk/models/signals"
)

// source is a training file and what its rows say about the labels.
type source struct {
	file    string
	columns []int
	keep    int // one row in so many
	judge   func(row []string, text string) []answer
}

// Words that leave a label open where a row was not written with it in mind.
var (
	staff    = regexp.MustCompile(`(?i)\b(?:agent|agents|someone|somebody|person|human|operator|representative|assistant)\b|人工|真人|客服`)
	profane  = regexp.MustCompile(`(?i)\b(?:fuck\w*|shit\w*|damn\w*|bitch\w*|bloody|hell|crap\w*|goddamn\w*|stupid|idiot\w*)|somefucking`)
	hours    = regexp.MustCompile(`(?i)hours|phone|number|e-?mail|mail address|when|available|open|what time|at what`)
	pleasant = regexp.MustCompile(`(?i)\b(?:thank\w*|great|perfect|awesome|excellent|wonderful|good job|nice)\b`)
)

// answered returns no to every label but those named.
func answered(a answer, named ...signals.Label) []answer {
	all := make([]answer, len(signals.Labels()))
	for _, l := range named {
		all[l] = a
	}
	return all
}

func sources() []source {
	feelings := append(social(), signals.Anger, signals.Insult)
	plain := func(_ []string, _ string) []answer { return answered(unknown, feelings...) }
	// Captions and questions about texts are small talk to nobody.
	written := func(_ []string, _ string) []answer {
		return answered(unknown, signals.Anger, signals.Insult, signals.Pleased, signals.Chitchat)
	}
	return []source{
		{"intent_bitext20k.tsv", []int{0}, 1, bitext},
		{"intent_hwu64.tsv", []int{0}, 1, hwu},
		{"intent_slurp_dev.tsv", []int{0}, 1, func(row []string, _ string) []answer {
			if strings.HasPrefix(row[1], "general_") {
				return answered(unknown, feelings...)
			}
			return answered(unknown, signals.Chitchat, signals.Pleased, signals.Insult, signals.Anger)
		}},
		{"intent_sgd_train.tsv", []int{0}, 4, func(_ []string, s string) []answer {
			a := answered(unknown, signals.Chitchat)
			if pleasant.MatchString(s) {
				a[signals.Pleased], a[signals.Acknowledged], a[signals.Goodbye] = unknown, unknown, unknown
			}
			if staff.MatchString(s) {
				a[signals.Handover] = unknown
			}
			return a
		}},
		{"par_zh_en.tsv", []int{0, 1}, 3, plain},
		{"nli_zh_snli.tsv", []int{0, 1}, 8, written},
		{"qa_cmrc2018.tsv", []int{0}, 2, written},
		{"sts_en_train.tsv", []int{0}, 3, plain},
	}
}

// social are the labels of what is said for the sake of company.
func social() []signals.Label {
	return []signals.Label{
		signals.Pleased, signals.Chitchat, signals.Greeting, signals.Goodbye, signals.Acknowledged, signals.Identity, signals.Withdrawn,
	}
}

// bitext: a question of a shop's customers, some with curses strewn in by its makers.
func bitext(row []string, s string) []answer {
	var a []answer
	switch row[1] {
	case "contact_human_agent":
		a = answered(yes, signals.Handover)
		a[signals.Anger] = unknown
	case "contact_customer_service":
		a = answered(no)
		if !hours.MatchString(s) {
			a[signals.Handover] = unknown
		}
	case "complaint":
		a = answered(unknown, signals.Handover, signals.Anger)
	default:
		a = answered(no)
		if staff.MatchString(s) {
			a[signals.Handover] = unknown // could you ask an agent how …
		}
	}
	if profane.MatchString(s) {
		a[signals.Anger], a[signals.Insult] = unknown, unknown
	}
	return a
}

// hwu: words to a home assistant.
func hwu(row []string, s string) []answer {
	a := answered(no)
	switch {
	case row[1] == "general_praise":
		a = answered(unknown, social()...)
		a[signals.Pleased] = yes
	case row[1] == "general_joke":
		a = answered(yes, signals.Chitchat)
	case row[1] == "general_commandstop", row[1] == "general_negate":
		a = answered(unknown, append(social(), signals.Anger, signals.Insult)...)
	case strings.HasPrefix(row[1], "general_"):
		a = answered(unknown, social()...)
	case strings.HasPrefix(row[1], "qa_"), strings.HasPrefix(row[1], "weather_"), strings.HasPrefix(row[1], "datetime_"),
		strings.HasPrefix(row[1], "play_"), strings.HasPrefix(row[1], "recommendation_"):
		a = answered(unknown, signals.Chitchat, signals.Pleased)
	}
	if profane.MatchString(s) {
		a[signals.Anger], a[signals.Insult] = unknown, unknown
	}
	return a
}

// readData reads the sources' rows. A row with fewer columns than its file should have is an error.
func readData(dir string) ([]example, error) {
	var all []example
	seen := map[string]bool{}
	for _, src := range sources() {
		data, err := os.ReadFile(filepath.Join(dir, src.file))
		if err != nil {
			return nil, fmt.Errorf("read training data: %w", err)
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			row := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
			if len(row) < 2 {
				return nil, fmt.Errorf("%s line %d: want at least two columns separated by tabs", src.file, n)
			}
			if n%src.keep != 0 {
				continue
			}
			for _, c := range src.columns {
				s := row[c]
				if key := text.Key(s); key == "" || seen[key] {
					continue
				} else {
					seen[key] = true
				}
				all = append(all, example{text: s, answers: src.judge(row, s), weight: 1, fold: int(hash(s) % folds), family: int(hash(s) % folds)})
			}
		}
	}
	return all, nil
}

// pinyinOf types short Chinese rows in Latin letters, in the three ways that people do.
func pinyinOf(rows []example) []example {
	han := text.NewHan()
	open := make([]answer, len(signals.Labels()))
	for l := range open {
		open[l] = unknown
	}
	open[signals.Pinyin], open[signals.Foreign] = yes, no
	var all []example
	for i, e := range rows {
		runes := []rune(text.Normalize(e.text))
		if len(runes) < 2 || len(runes) > 22 || !text.HasCJK(e.text) {
			continue
		}
		var typed string
		switch i % 3 {
		case 0: // a blank after each syllable
			typed = han.Pinyin(string(runes))
		case 1: // after each word, as far as the common pairs tell
			typed = joined(han, runes)
		default:
			typed = strings.ReplaceAll(han.Pinyin(string(runes)), " ", "")
		}
		if text.HasCJK(typed) || len(typed) > 60 {
			continue
		}
		all = append(all, example{text: typed, answers: open, weight: 1, fold: e.fold, family: e.family})
	}
	return all
}

func joined(han *text.Han, runes []rune) string {
	var b strings.Builder
	for i := 0; i < len(runes); i++ {
		size := 1
		if i+1 < len(runes) && han.Rank(runes[i], runes[i+1]) > 0 {
			size = 2
		}
		b.WriteString(strings.ReplaceAll(han.Pinyin(string(runes[i:i+size])), " ", ""))
		b.WriteByte(' ')
		i += size - 1
	}
	return strings.TrimSpace(b.String())
}

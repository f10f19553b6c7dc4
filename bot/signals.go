package bot

import (
	"strings"
	"unicode"

	"frontdesk/internal/text"
)

// Signals reads what a message shows beside its question. It must not wait for
// anything: it is asked about every message before any search.
type Signals interface {
	Read(message string) Reading
}

// Reading is what a message shows, each 0–1; one half is where it counts.
type Reading struct {
	Handover  float64 // a wish for a human
	Anger     float64
	Pleased   float64 // praise, thanks
	Insult    float64 // of the bot or the staff
	Injection float64 // orders to the bot about itself
	Chitchat  float64
	Pinyin    float64 // Mandarin in Latin letters
	Foreign   float64 // a language other than Chinese and English

	Greeting     float64
	Goodbye      float64
	Acknowledged float64 // read, understood, agreed
	Identity     float64 // who or what are you, what can you do
	Withdrawn    float64 // a request is taken back, or never was one
}

const (
	shows   = 0.5 // from here on a signal counts
	furious = 0.9 // anger that need not be shown twice
)

// Mood is how the visitor sounds, for the agent who takes over.
type Mood string

// The moods.
const (
	MoodNeutral Mood = ""
	MoodAngry   Mood = "angry"
	MoodPleased Mood = "pleased"
)

func (r Reading) mood() Mood {
	switch {
	case r.Anger >= shows, r.Insult >= shows:
		return MoodAngry
	case r.Pleased >= shows:
		return MoodPleased
	}
	return MoodNeutral
}

// angry reports anger however it is put.
func (r Reading) angry() bool { return r.mood() == MoodAngry }

// with returns the stronger of both.
func (r Reading) with(o Reading) Reading {
	return Reading{
		Handover: max(r.Handover, o.Handover), Anger: max(r.Anger, o.Anger), Pleased: max(r.Pleased, o.Pleased), Insult: max(r.Insult, o.Insult),
		Injection: max(r.Injection, o.Injection), Chitchat: max(r.Chitchat, o.Chitchat), Pinyin: max(r.Pinyin, o.Pinyin), Foreign: max(r.Foreign, o.Foreign),
		Greeting: max(r.Greeting, o.Greeting), Goodbye: max(r.Goodbye, o.Goodbye), Acknowledged: max(r.Acknowledged, o.Acknowledged),
		Identity: max(r.Identity, o.Identity), Withdrawn: max(r.Withdrawn, o.Withdrawn),
	}
}

// silent is no model: nothing shows.
type silent struct{}

// Read implements [Signals].
func (silent) Read(string) Reading { return Reading{} }

// language returns the locale to answer q in: the visitor's, where the text
// shows it. One short Latin word (ok, TH01, a brand), an emoji or a language
// that we do not speak leaves it at what was spoken before, and before that at
// the session's.
func (g gate) language(q Question) string {
	locale := spoken(q.Locale)
	for _, before := range q.Previous {
		locale = g.spokenIn(before, locale)
	}
	return g.spokenIn(q.Text, locale)
}

// minEnglish is how many English words make a Chinese session's message English,
// unless one of them is of the kind that only sentences have.
const minEnglish = 4

// minJoined is how many letters a single word of pinyin has at least that makes
// an English session's message Chinese: shorter ones are names, such as huawei.
const minJoined = 9

func (g gate) spokenIn(s, before string) string {
	s = text.Normalize(clip(s, maxQuestionRunes))
	han, other, words := scripts(s)
	switch {
	case other > han && other > len(words):
		return before // Japanese, Korean, Russian …
	case han > 0 && len(words) >= 3 && len(words) >= 2*han:
		return text.English // my 订单 has not arrived yet
	case han > 0:
		return text.Chinese
	case len(words) == 0:
		return before
	}
	r := g.signals.Read(s)
	switch {
	case r.Pinyin >= shows && (before == text.Chinese || len(words) > 1 || len(words[0]) >= minJoined):
		return text.Chinese
	case r.Foreign >= shows, before == text.English:
		return before
	case len(words) >= minEnglish:
		return text.English
	case len(words) == 1:
		return before
	}
	for _, w := range words {
		if g.glue[w] {
			return text.English
		}
	}
	return before
}

// scripts counts Chinese characters and letters of scripts other than Latin, and
// returns the Latin words of two letters or more that hold no digit.
func scripts(s string) (han, other int, words []string) {
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' || unicode.Is(unicode.Han, r)
	}) {
		if len(w) >= 2 && !strings.ContainsFunc(w, func(r rune) bool { return !unicode.Is(unicode.Latin, r) && r != '\'' }) {
			words = append(words, w)
		}
	}
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			other++
		}
	}
	return han, other, words
}

// glue is the words that only sentences have, not names of products.
func glue() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("the a an is are am was were be been do does did don't can can't could would will won't should have has had how what where when why who which " +
		"my your our their his her its it this that these those you we they he she me him them there to of for from with at by and or not but if about because any some please i'm it's i've") {
		m[w] = true
	}
	return m
}

// unspoken is the locale to answer q in where no gate is at hand.
func unspoken(q Question) string {
	locale := spoken(q.Locale)
	if text.HasCJK(q.Text) {
		return text.Chinese
	}
	return locale
}

package kb

import (
	"cmp"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// What a word put right weighs in the lexical leg beside one that was typed.
const (
	weightCorrected = 0.85 // the nearest known word to a misspelled one
	weightAdded     = 0.6  // another word for one that is there
)

// rewritten is a question put into the words of a site.
type rewritten struct {
	query  string            // as it was asked
	Text   string            // normalised; the question itself if nothing was changed
	Locale string            // "zh-CN" where pinyin became Chinese, else empty
	origin map[string]string // term of Text that the question had not: the word it stands for
	added  []QueryTerm       // terms beside those of Text; IDF = their weight, 0 = [weightAdded]
	codes  []string          // of the site's list, as they stand in Text
}

// rewrite puts a normalised question into words that the site knows. What the
// site knows as it stands is never touched, nor are numbers and product codes
// changed into others.
func (v *vocabulary) rewrite(query string) rewritten { return v.rewriteIn(query, "") }

// rewriteIn is rewrite of a question in this language, which the site's word list goes by.
func (v *vocabulary) rewriteIn(query, locale string) rewritten {
	w := writer{vocabulary: v, query: query}
	w.denied() // before codes are hidden: it reads them
	w.referenced()
	w.mask(locale)
	w.pinyin()
	w.denied()
	w.latin()
	w.regional()
	w.homophones()
	w.unmask()
	return w.result()
}

// writer rewrites one question.
type writer struct {
	*vocabulary
	query  string
	text   string // as far as it is rewritten; empty = query
	origin map[string]string
	added  []QueryTerm
	locale string
	masked []string // what stands for the private characters in text
	kept   []string // listed codes, found in the question
}

func (w *writer) current() string {
	if w.text != "" {
		return w.text
	}
	return w.query
}

func (w *writer) result() rewritten {
	return rewritten{query: w.query, Text: w.current(), Locale: w.locale, origin: w.origin, added: w.added, codes: w.kept}
}

// denied drops what the question says it does not mean.
func (w *writer) denied() {
	if s := w.current(); withoutDenied(s) != s {
		w.text = withoutDenied(s)
	}
}

// replaced notes that the new words stand for the old one.
func (w *writer) replaced(now, was string) {
	if w.origin == nil {
		w.origin = map[string]string{}
	}
	for _, t := range text.Terms(now) {
		w.origin[t] = was
	}
}

// rewrite puts the question into the words of stats and weighs its terms; it returns r.
func (r *Result) rewrite(stats *siteStats) *Result {
	w := stats.words.rewriteIn(r.Query, r.Locale)
	r.Rewritten = ""
	if w.Text != r.Query {
		r.Rewritten = w.Text
	}
	r.Locale = cmp.Or(w.Locale, r.Locale)
	r.Terms = w.terms(stats, r.Locale)
	return r
}

// terms weighs the terms of a rewritten question: those of its text, then those added.
func (r rewritten) terms(stats *siteStats, locale string) []QueryTerm {
	out := weighTerms(stats, distinct(withoutPieces(r.Text, r.codes)), locale)
	asked := map[string]bool{}
	if len(r.origin) > 0 {
		for _, t := range text.Terms(r.query) {
			asked[t] = true
		}
	}
	for i := range out {
		if was := r.origin[out[i].Term]; was != "" && !asked[out[i].Term] {
			out[i].From = was
			out[i].IDF *= weightCorrected
		}
	}
	has := map[string]bool{}
	for i := 0; len(r.added) > 0 && i < len(out); i++ {
		has[out[i].Term] = true
	}
	for _, t := range r.added {
		idf, known := stats.idf(t.Term, locale)
		if !known || has[t.Term] {
			continue
		}
		has[t.Term] = true
		t.IDF, t.Known = cmp.Or(t.IDF, weightAdded)*idf, true
		out = append(out, t)
	}
	return out
}

func decode(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

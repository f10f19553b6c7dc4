package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

const (
	// suggestArticles is how many articles of a search are looked at.
	suggestArticles = 5
	// wholeRunes is the longest article that is offered whole; of a longer one the passage that fits is.
	wholeRunes = 900
	// previewRunes is how much of an internal article an agent reads in the panel.
	previewRunes = 400
)

// articles returns articles of the knowledge base, those for staff too.
func (s *Suggester) articles(ctx context.Context, head chat.Conversation, question, locale string) ([]Suggestion, error) {
	scope := wall(head)
	found, err := s.knowledge.Search(ctx, scope, kb.Query{Site: head.Site, Text: question, Locale: locale, Limit: suggestArticles, Audience: kb.AudienceStaff})
	if err != nil {
		return nil, fmt.Errorf("search articles to suggest: %w", err)
	}
	ids := make([]string, len(found.Candidates))
	for i, c := range found.Candidates {
		ids[i] = c.Article
	}
	articles, err := s.knowledge.Replies(ctx, scope, head.Site, ids, locale, kb.AudienceStaff)
	if err != nil {
		return nil, fmt.Errorf("read articles to suggest: %w", err)
	}
	confidence := shares(found)
	var out []Suggestion
	for _, a := range articles { // archived ones are missing
		for i, c := range found.Candidates {
			if c.Article != a.ID || confidence[i] <= 0 {
				continue
			}
			out = append(out, s.articleSuggestion(a, c, question, confidence[i], audienceOf(head.Contact)))
		}
	}
	return out, nil
}

func (s *Suggester) articleSuggestion(a kb.Article, c kb.Candidate, question string, confidence float64, visitor kb.Audience) Suggestion {
	out := Suggestion{
		ID: SuggestionID(FromArticle, a.ID), Source: FromArticle, Item: a.ID, Locale: a.Locale, Title: a.Title, Version: a.Version,
		Text: passage(a.Answer, question), Matched: clip(c.Variant, 300), Confidence: confidence,
	}
	if a.Audience > visitor { // not for this visitor's eyes
		out.Internal, out.Text, out.Preview = true, "", clip(a.Answer, previewRunes)
	}
	out.Marks = marks(out.Matched, question)
	return out
}

// shares returns the probability of each candidate. The first one's is the
// search's own; what remains of the probability that anything answers is spread
// over the others by their scores.
func shares(r kb.Result) []float64 {
	out := make([]float64, len(r.Candidates))
	sum := 0.0
	for i, c := range r.Candidates {
		if i > 0 {
			sum += max(0, c.Score)
		}
	}
	rest := max(0, r.Answerable-r.Confidence)
	for i, c := range r.Candidates {
		switch {
		case i == 0:
			out[i] = r.Confidence
		case sum > 0:
			out[i] = min(r.Confidence, rest*max(0, c.Score)/sum)
		}
	}
	return out
}

// passage returns the answer, or of a long one the paragraphs around the one
// that shares most with the question, verbatim.
func passage(answer, question string) string {
	if utf8.RuneCountInString(answer) <= wholeRunes {
		return answer
	}
	paragraphs := strings.Split(answer, "\n\n")
	asked := termSet(question)
	best, most := 0, -1.0
	for i, p := range paragraphs {
		shared := 0.0
		for t := range termSet(p) {
			if asked[t] {
				shared += float64(utf8.RuneCountInString(t)) // a pair of characters tells more than one
			}
		}
		if shared > most {
			best, most = i, shared
		}
	}
	from, to, size := best, best+1, utf8.RuneCountInString(paragraphs[best])
	for to < len(paragraphs) && size+utf8.RuneCountInString(paragraphs[to]) <= wholeRunes {
		size += utf8.RuneCountInString(paragraphs[to])
		to++
	}
	for from > 0 && size+utf8.RuneCountInString(paragraphs[from-1]) <= wholeRunes {
		from--
		size += utf8.RuneCountInString(paragraphs[from])
	}
	return strings.TrimSpace(strings.Join(paragraphs[from:to], "\n\n"))
}

func termSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, t := range text.Terms(s) {
		set[t] = true
	}
	return set
}

// remembered returns canned replies and past answers.
func (s *Suggester) remembered(ctx context.Context, actor identity.Actor, head chat.Conversation, question, locale string) ([]Suggestion, error) {
	normal := text.Normalize(question)
	vector, fingerprint, err := s.embedder.EmbedQuestion(ctx, normal)
	if err != nil {
		return nil, fmt.Errorf("embed what replies are suggested for: %w: %w", kb.ErrEmbedding, err)
	}
	near, err := s.store.Near(ctx, actor.Scope, NearQuery{
		Site: head.Site, Department: head.Department, Agent: actor.ID, Locale: locale, Vector: vector, Fingerprint: fingerprint, Limit: nearest, At: s.clock(),
	})
	if err != nil {
		return nil, fmt.Errorf("look for replies to suggest: %w", err)
	}
	texts := make([]string, 0, len(near.Solved)+len(near.Canned))
	for _, n := range near.Solved {
		texts = append(texts, text.Normalize(n.Question))
	}
	for _, n := range near.Canned {
		texts = append(texts, text.Normalize(n.Title+"\n"+clip(n.Content, 200)))
	}
	pairs := s.pairScores(ctx, normal, texts)
	var out []Suggestion
	for i, n := range near.Solved {
		c := likeness(normal, texts[i], n.Cosine, pairs, i)
		out = append(out, Suggestion{
			ID: SuggestionID(FromSolved, strconv.FormatInt(n.ID, 10)), Source: FromSolved, Item: strconv.FormatInt(n.ID, 10), Locale: n.Locale,
			Title: n.Agent, Text: n.Answer, Matched: clip(n.Question, 300), Marks: marks(clip(n.Question, 300), question), Confidence: c, Blanks: hasBlank(n.Answer),
		})
	}
	vars := variables(head, actor)
	for i, n := range near.Canned {
		c := likeness(normal, texts[len(near.Solved)+i], n.Cosine, pairs, len(near.Solved)+i)
		matched := clip(n.Title, 300)
		out = append(out, Suggestion{
			ID: SuggestionID(FromCanned, strconv.FormatInt(n.ID, 10)), Source: FromCanned, Item: strconv.FormatInt(n.ID, 10), Locale: n.Locale,
			Title: n.Title, Text: fillVariables(n.Content, vars), Matched: matched, Marks: marks(matched, question), Confidence: c,
		})
	}
	return out, nil
}

// pairScores asks the pair model; nil where there is none, or it fails: the
// vectors decide then, and nobody waits for a model that is overloaded.
func (s *Suggester) pairScores(ctx context.Context, question string, texts []string) []float32 {
	if s.pairs == nil || len(texts) == 0 {
		return nil
	}
	scores, _, err := s.pairs.ScorePairs(ctx, question, texts)
	if err != nil || len(scores) != len(texts) {
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "suggestions go without the pair model", "error", err)
		}
		return nil
	}
	return scores
}

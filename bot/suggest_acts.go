package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// Note stores what an agent's page did with suggestions for the row seq: showed
// them, put one into the reply, or put one away. Rank and confidence are the
// server's own. What is no longer suggested is passed over. Errors:
// [ErrSuggestion], those of [Suggester.Suggest].
func (s *Suggester) Note(ctx context.Context, actor identity.Actor, conv string, seq uint32, act Act, ids []string) error {
	if act != ActShown && act != ActInserted && act != ActDismissed {
		return fmt.Errorf(`%w: act %.20q is none of "shown", "inserted", "dismissed"`, ErrSuggestion, act)
	}
	now, err := s.Suggest(ctx, actor, conv)
	if err != nil {
		return err
	}
	head, err := s.chat.Conversation(ctx, actor, conv)
	if err != nil {
		return err
	}
	var acts []SuggestionAct
	for _, item := range now.Items {
		for _, id := range ids {
			if id == item.ID && seq == now.Seq {
				acts = append(acts, SuggestionAct{
					Site: head.Site, Department: head.Department, Conversation: head.ID, Seq: seq, Agent: actor.ID, Source: item.Source, Item: item.Item,
					Rank: item.Rank, Confidence: item.Confidence, Act: act, At: s.clock(),
				})
				break
			}
		}
	}
	if len(acts) == 0 {
		return nil
	}
	if err := s.store.Record(ctx, acts); err != nil {
		return fmt.Errorf("note what became of suggestions: %w", err)
	}
	return nil
}

// Settle finds out what became of the suggestion that an agent's message was
// made of, and stores it. A suggestion that the agent was never shown, or a row
// that claims one that does not exist, is stored as nothing.
func (s *Suggester) Settle(ctx context.Context, row *chat.Row) error {
	source, item, ok := ParseSuggestionID(row.Data.Suggestion)
	if !ok {
		return nil
	}
	shown, err := s.store.Shown(ctx, row.Conversation, row.Author.ID, source, item, row.Seq)
	if errors.Is(err, ErrNoSuggestion) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the suggestion: %w", err)
	}
	offered, err := s.offered(ctx, row, source, item)
	if err != nil {
		return err
	}
	done := shown
	done.MessageSeq, done.At, done.Act = row.Seq, row.Time, ActEdited
	if done.EditShare = editShare(offered, row.Content); done.EditShare == 0 {
		done.Act = ActSent
	}
	if err := s.store.Record(ctx, []SuggestionAct{done}); err != nil {
		return fmt.Errorf("note what was sent: %w", err)
	}
	return nil
}

// offered returns the text that the suggestion had when the row was written; empty if it is gone.
func (s *Suggester) offered(ctx context.Context, row *chat.Row, source SuggestionSource, item string) (string, error) {
	system := identity.System()
	head, err := s.chat.Conversation(ctx, system, row.Conversation)
	if err != nil {
		return "", err
	}
	rows, err := s.chat.History(ctx, system, row.Conversation, 0, row.Seq, suggestRows)
	if err != nil {
		return "", err
	}
	question, _ := s.asked(rows)
	locale := text.Language(question, cmp.Or(head.Locale, head.Contact.Locale, text.English))
	if source == FromArticle {
		articles, err := s.knowledge.Replies(ctx, wall(head), head.Site, []string{item}, locale, kb.AudienceStaff)
		if err != nil || len(articles) == 0 {
			return "", err
		}
		return passage(articles[0].Answer, question), nil
	}
	id, err := strconv.ParseInt(item, 10, 64)
	if err != nil {
		return "", nil //nolint:nilerr // an id that is none has no text
	}
	content, err := s.store.Text(ctx, source, id, locale)
	if err != nil || source == FromSolved {
		return content, err
	}
	return fillVariables(content, variables(head, identity.Actor{Name: row.Author.Name})), nil
}

// maxCompared bounds the texts whose edit distance is computed exactly, in code points; beyond, words are compared.
const maxCompared = 1500

// editShare is how much of what was offered was changed before it went out, 0–1:
// the edit distance by the length of the longer. White space does not count.
func editShare(offered, sent string) float64 {
	a, b := []rune(strings.Join(strings.Fields(offered), " ")), []rune(strings.Join(strings.Fields(sent), " "))
	if string(a) == string(b) {
		return 0
	}
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	if len(a) > maxCompared || len(b) > maxCompared {
		x, y := strings.Fields(string(a)), strings.Fields(string(b))
		x, y = x[:min(maxCompared, len(x))], y[:min(maxCompared, len(y))]
		return max(0.001, float64(distance(x, y))/float64(max(len(x), len(y))))
	}
	return float64(distance(a, b)) / float64(max(len(a), len(b)))
}

// distance is Levenshtein's.
func distance[T comparable](a, b []T) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before := row[0]
		row[0] = i + 1
		for j := range b {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

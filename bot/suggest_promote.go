package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// Drafts makes working copies of articles. Nothing here publishes.
type Drafts interface {
	// AddVariant adds a question to the article's working copy, making one if there is none. Errors: kb.ErrNotFound, kb.ErrInvalid.
	AddVariant(ctx context.Context, actor identity.Actor, site int32, id, locale, question string) error
	// NewDraft makes a working copy of an article that does not exist yet. Errors: kb.ErrConflict (it does), kb.ErrInvalid.
	NewDraft(ctx context.Context, actor identity.Actor, a kb.Article) error
}

// Promoted is a working copy that was made of an agent's reply.
type Promoted struct {
	Site    int32
	Article string
	Locale  string
	Title   string
	New     bool // a new article; otherwise the question was added to this one
}

// Promoter turns what an agent wrote into a working copy for the editors. It is
// safe for concurrent use.
type Promoter struct {
	chat      Log
	knowledge Knowledge
	drafts    Drafts
	gate      gate
	scrub     scrubber
}

// NewPromoter returns it; all are required but the signals (nil = the rules alone).
func NewPromoter(log Log, knowledge Knowledge, drafts Drafts, signals Signals) (*Promoter, error) {
	if log == nil || knowledge == nil || drafts == nil {
		return nil, errors.New("bot: a promoter needs the conversations, the knowledge base and its working copies")
	}
	return &Promoter{chat: log, knowledge: knowledge, drafts: drafts, gate: newGate(signals), scrub: newScrubber()}, nil
}

// Promote takes the calling agent's own message seq and the visitor's question
// before it, without personal data. With an article, the question becomes one of
// its working copy's; without, a new working copy is made of question and reply,
// for the conversation's department. Nobody sees either before an editor
// publishes it. The same row again changes nothing. Errors: [ErrSuggestion],
// [ErrNoSuggestion], kb.ErrNotFound, kb.ErrInvalid, chat.ErrNotFound, identity.ErrForbidden.
func (p *Promoter) Promote(ctx context.Context, actor identity.Actor, conv string, seq uint32, article string) (Promoted, error) {
	if !actor.Can(identity.PermSuggest) {
		return Promoted{}, fmt.Errorf("promote a reply: %w", identity.ErrForbidden)
	}
	head, row, err := rowOf(ctx, p.chat, actor, conv, seq)
	if err != nil {
		return Promoted{}, err
	}
	if row.Author.Kind != chat.AuthorAgent || row.Kind != chat.KindMessage || row.Author.ID != actor.ID {
		return Promoted{}, fmt.Errorf("%w: seq %d is no message of yours", ErrSuggestion, seq)
	}
	question, err := p.question(ctx, actor, head, seq)
	if err != nil {
		return Promoted{}, err
	}
	locale := text.Language(question, text.English)
	// The editors' rights are not the agent's: a working copy is a proposal, made by the system in the agent's name,
	// within the conversation's walls.
	clerk := identity.Actor{Kind: identity.KindSystem, ID: actor.ID, Name: actor.Name, Scope: wall(head)}
	if article != "" {
		found, err := p.knowledge.Replies(ctx, wall(head), head.Site, []string{article}, locale, kb.AudienceStaff)
		if err != nil {
			return Promoted{}, fmt.Errorf("promote a reply: %w", err)
		}
		if len(found) == 0 {
			return Promoted{}, fmt.Errorf("promote a reply: %w", kb.ErrNotFound)
		}
		if found[0].Locale != locale { // a question belongs to the translation in its own language
			return Promoted{}, fmt.Errorf("%w: the article has no translation in %s, the question's language", ErrSuggestion, locale)
		}
		if err := p.drafts.AddVariant(ctx, clerk, head.Site, article, locale, question); err != nil {
			return Promoted{}, fmt.Errorf("promote a reply: %w", err)
		}
		return Promoted{Site: head.Site, Article: article, Locale: locale, Title: found[0].Title}, nil
	}
	a := kb.Article{
		Site: head.Site, ID: draftID(head.ID, seq), Locale: locale, Department: head.Department, Title: clip(firstLine(question), kb.MaxTitleRunes),
		Questions: []string{question}, Answer: p.scrub.clean(row.Content, head.Contact.Name, head.Contact.Email, head.Email), Tags: []string{"from-reply"},
	}
	if err := p.drafts.NewDraft(ctx, clerk, a); err != nil && !errors.Is(err, kb.ErrConflict) { // a second click finds it there
		return Promoted{}, fmt.Errorf("promote a reply: %w", err)
	}
	return Promoted{Site: head.Site, Article: a.ID, Locale: locale, Title: a.Title, New: true}, nil
}

// question returns what the visitor asked before the row, without personal data.
func (p *Promoter) question(ctx context.Context, actor identity.Actor, head chat.Conversation, seq uint32) (string, error) {
	rows, err := p.chat.History(ctx, actor, head.ID, 0, seq, suggestRows)
	if err != nil {
		return "", err
	}
	var said []string
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		if r.Kind != chat.KindMessage {
			continue
		}
		if r.Author.Kind != chat.AuthorVisitor {
			if p.gate.asks(strings.Join(said, "\n")) != "" {
				break
			}
			continue
		}
		if r.Data.Button == "" {
			said = append([]string{r.Content}, said...)
		}
	}
	question := p.scrub.clean(p.gate.asks(strings.Join(said, "\n")), head.Contact.Name, head.Contact.Email, head.Email)
	question = strings.Join(strings.Fields(question), " ")
	if question == "" {
		return "", fmt.Errorf("%w: the visitor asked nothing before this message", ErrSuggestion)
	}
	if utf8.RuneCountInString(question) > kb.MaxQuestionRunes {
		question = clip(question, kb.MaxQuestionRunes)
	}
	return question, nil
}

// draftID names the working copy of a reply: the same for every click.
func draftID(conv string, seq uint32) string {
	return fmt.Sprintf("reply-%s-%d", conv[max(0, len(conv)-8):], seq)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

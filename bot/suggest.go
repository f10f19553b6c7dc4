package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// SuggestionSource is where a suggested reply comes from.
type SuggestionSource string

// The sources.
const (
	FromArticle SuggestionSource = "article" // of the knowledge base, verbatim
	FromCanned  SuggestionSource = "canned"  // kept for reuse by agents
	FromSolved  SuggestionSource = "solved"  // what a colleague answered to such a question before
)

// Suggestion is a reply that an agent may send. Nothing sends it by itself.
type Suggestion struct {
	ID      string // SuggestionID of Source and Item
	Source  SuggestionSource
	Item    string // id of the article, canned reply or past answer
	Locale  string // of Text
	Title   string
	Text    string // to insert; empty where Internal
	Preview string // what an internal article says, for the agent to read
	Version uint32 // of the article
	// Matched is what speaks for it, as it stands in the index (a question, a title, a passage); Marks are the words that it shares with what was asked.
	Matched string
	Marks   []Mark
	// Confidence is the probability, 0–1, that it answers what was asked.
	Confidence float64
	Rank       int // from 1
	// Internal says that the article is for staff: it is to be read, never pasted.
	Internal bool
	// Blanks says that Text has places to fill in, where personal data stood.
	Blanks bool
}

// Mark is a part of a text, in code points.
type Mark struct{ From, To int }

// Suggestions are what an agent is offered for a conversation as it stands.
type Suggestions struct {
	Conversation string
	Seq          uint32 // the visitor's row that they are for; 0 = nothing is asked
	Question     string // as it was looked up
	Floor        float64
	Items        []Suggestion // at most three, best first; none above the floor is no error
}

// SuggestionID is what a suggestion is named by: its source and the item's id there.
func SuggestionID(source SuggestionSource, item string) string { return string(source) + ":" + item }

// ParseSuggestionID undoes [SuggestionID].
func ParseSuggestionID(id string) (source SuggestionSource, item string, ok bool) {
	s, item, ok := strings.Cut(id, ":")
	source = SuggestionSource(s)
	ok = ok && item != "" && len(item) <= kb.MaxIDBytes && (source == FromArticle || source == FromCanned || source == FromSolved)
	return source, item, ok
}

const (
	// maxSuggestions is how many replies are suggested.
	maxSuggestions = 3
	// maxParts is how many questions of one message are looked up apart.
	maxParts = 2
	// suggestRows is how far back the log is read.
	suggestRows = 40
	// nearest is how many canned replies and past answers are looked at.
	nearest = 12
	// suggestTTL is how long suggestions of one row are kept: two agents and a page that is opened again share them, an archived article is soon gone.
	suggestTTL = 10 * time.Second
	// suggestCache bounds how many are kept; the least recently used goes first.
	suggestCache = 1024
)

// DefaultSuggestFloor is the confidence below which nothing is suggested. Half a
// chance to be right is worth a glance; below it the panel stays empty (docs/bot-desk.md has the figures).
const DefaultSuggestFloor = 0.35

// SuggesterConfig is what a [Suggester] needs. Knowledge, Chat, Store and Embedder are required.
type SuggesterConfig struct {
	Knowledge Knowledge
	Chat      Log
	Store     SuggestStore
	Embedder  kb.Embedder
	// Pairs reads a question and another together. Nil: the vectors alone decide.
	Pairs kb.PairScorer
	// Floor returns a site's own floor; 0 = [DefaultSuggestFloor]. Nil: none has one.
	Floor func(ctx context.Context, site int32) (float64, error)
	// Signals read what messages show beside their question. Nil = the rules alone.
	Signals Signals
	Clock   func() time.Time // Defaults to time.Now.
	Logger  *slog.Logger     // Defaults to one that discards.
}

// Suggester finds replies for agents. It is safe for concurrent use; it starts no goroutine that outlives a call.
type Suggester struct {
	knowledge Knowledge
	chat      Log
	store     SuggestStore
	embedder  kb.Embedder
	pairs     kb.PairScorer
	floor     func(ctx context.Context, site int32) (float64, error)
	gate      gate
	splitter  *text.Splitter
	clock     func() time.Time
	log       *slog.Logger
	kept      *lru.Cache[keptKey, keptSuggestions]
}

type keptSuggestions struct {
	Suggestions
	until time.Time
}

type keptKey struct {
	conv, agent string
	seq         uint32
	epoch       uint32 // of the conversation's owner: a transfer looks anew
}

// NewSuggester checks cfg and returns a suggester.
func NewSuggester(cfg SuggesterConfig) (*Suggester, error) {
	if cfg.Knowledge == nil || cfg.Chat == nil || cfg.Store == nil || cfg.Embedder == nil {
		return nil, errors.New("bot: SuggesterConfig.Knowledge, Chat, Store and Embedder are required")
	}
	kept, err := lru.New[keptKey, keptSuggestions](suggestCache)
	if err != nil {
		return nil, fmt.Errorf("bot: cache of suggestions: %w", err)
	}
	s := &Suggester{
		knowledge: cfg.Knowledge, chat: cfg.Chat, store: cfg.Store, embedder: cfg.Embedder, pairs: cfg.Pairs, floor: cfg.Floor,
		gate: newGate(cfg.Signals), splitter: text.NewSplitter(), clock: cfg.Clock, log: cfg.Logger,
		kept: kept,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Suggest returns replies to what the visitor asked last, within the agent's
// scope and the walls of the conversation's department. Errors: those of package
// chat, identity.ErrForbidden, those of the stores and the model.
func (s *Suggester) Suggest(ctx context.Context, actor identity.Actor, conv string) (Suggestions, error) {
	if !actor.Can(identity.PermSuggest) {
		return Suggestions{}, fmt.Errorf("suggest replies: %w", identity.ErrForbidden)
	}
	head, rows, err := s.chat.Thread(ctx, actor, conv, suggestRows)
	if err != nil {
		return Suggestions{}, err
	}
	out := Suggestions{Conversation: head.ID, Floor: s.floorOf(ctx, head.Site)}
	question, seq := s.asked(rows)
	if question == "" || head.Status == chat.StatusResolved {
		return out, nil
	}
	out.Seq, out.Question = seq, question
	key := keptKey{conv: head.ID, agent: actor.ID, seq: seq, epoch: head.OwnerEpoch}
	if kept, ok := s.kept.Get(key); ok && kept.Floor == out.Floor && s.clock().Before(kept.until) {
		return kept.Suggestions, nil
	}
	found, err := s.find(ctx, actor, head, question)
	if err != nil {
		return Suggestions{}, err
	}
	out.Items = s.rank(ctx, head, found, out.Floor)
	s.kept.Add(key, keptSuggestions{out, s.clock().Add(suggestTTL)})
	return out, nil
}

// Forget drops what is kept: a canned reply was changed.
func (s *Suggester) Forget() { s.kept.Purge() }

// floorOf returns the site's floor; one that cannot be read is the default.
func (s *Suggester) floorOf(ctx context.Context, site int32) float64 {
	if s.floor == nil {
		return DefaultSuggestFloor
	}
	f, err := s.floor(ctx, site)
	if err != nil {
		s.log.WarnContext(ctx, "cannot read the floor of suggestions", "site", site, "error", err)
	}
	return cmp.Or(f, DefaultSuggestFloor)
}

// asked returns the visitor's latest question and the last row that is part of
// it: the messages since an agent or the bot spoke, and where those ask nothing
// (转人工, thanks), the ones before. Nothing is asked once an agent has answered.
func (s *Suggester) asked(rows []chat.Row) (question string, seq uint32) {
	var run []string
	flush := func() string {
		slices.Reverse(run)
		q := s.gate.asks(strings.Join(run, "\n"))
		run = nil
		return q
	}
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		switch {
		case r.Kind != chat.KindMessage:
			continue
		case r.Author.Kind == chat.AuthorAgent:
			return flush(), seq
		case r.Author.Kind == chat.AuthorVisitor && r.Data.Button == "":
			seq = max(seq, r.Seq)
			run = append(run, r.Content)
		case r.Author.Kind == chat.AuthorBot && len(run) > 0:
			if q := flush(); q != "" {
				return q, seq
			}
		}
	}
	return flush(), seq
}

// asks returns what a text of one or more lines asks, without greetings and
// wishes for a human; empty if nothing.
func (g gate) asks(s string) string {
	var questions []string
	for line := range strings.SplitSeq(clip(s, maxQuestionRunes), "\n") {
		v := g.check(line)
		switch {
		case v.reason == "" && v.question != "":
			questions = append(questions, v.question)
		case v.reason == ReasonTooLong, v.reason == ReasonUrgent:
			questions = append(questions, strings.TrimSpace(line))
		}
	}
	return strings.Join(questions, "\n")
}

// find returns candidates for the question and for the parts that it falls into.
func (s *Suggester) find(ctx context.Context, actor identity.Actor, head chat.Conversation, question string) ([]Suggestion, error) {
	asked := []string{question}
	if parts := s.splitter.Questions(question); len(parts) > 1 {
		asked = append(asked, parts[:min(maxParts, len(parts))]...)
	}
	locale := text.Language(question, cmp.Or(head.Locale, head.Contact.Locale, text.English))
	per := make([][]Suggestion, 2*len(asked))
	g, ctx := errgroup.WithContext(ctx)
	for i, q := range asked {
		g.Go(func() (err error) {
			per[2*i], err = s.articles(ctx, head, q, locale)
			return err
		})
		g.Go(func() (err error) {
			per[2*i+1], err = s.remembered(ctx, actor, head, q, locale)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(per...), nil
}

// wall is the part of the knowledge base and of past answers that a
// conversation may draw from, whoever looks: its own site and department.
func wall(head chat.Conversation) identity.Scope {
	return identity.Scope{Sites: []int32{head.Site}, Departments: []int32{head.Department}}
}

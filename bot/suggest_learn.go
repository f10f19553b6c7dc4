package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/internal/text"
	"frontdesk/kb"
)

// LearnStore keeps past answers and the vectors of replies; *postgres.Suggest is one.
type LearnStore interface {
	// Unread returns conversations resolved after since whose log was not read to its end, the oldest first.
	Unread(ctx context.Context, since time.Time, limit int) ([]Resolved, error)
	// Learn stores answers and how far the conversation was read; what is there already, or was deleted by hand, stays so.
	Learn(ctx context.Context, conversation string, upto uint32, answers []SolvedAnswer) error
	// Unembedded returns texts without a vector of this model, of canned replies and past answers.
	Unembedded(ctx context.Context, fingerprint string, limit int) ([]Remembered, error)
	// Embed stores vectors; a text that has changed meanwhile stays without.
	Embed(ctx context.Context, fingerprint string, texts []Remembered, vectors [][]float32) error
	// Expire deletes past answers that are over, at most limit, and returns how many.
	Expire(ctx context.Context, now time.Time, limit int) (int, error)
}

// Resolved is a conversation to read.
type Resolved struct {
	Conversation string
	LastSeq      uint32
	At           time.Time
}

// SolvedAnswer is what a person answered, without personal data.
type SolvedAnswer struct {
	Site      int32
	AnswerSeq uint32
	Agent     string
	Locale    string
	Question  string
	Answer    string
	At        time.Time
	ExpiresAt time.Time
}

// Remembered is a text to embed.
type Remembered struct {
	Source SuggestionSource
	ID     int64
	Locale string
	Text   string
}

// LearnerConfig is what a [Learner] needs. Suggester and Store are required.
type LearnerConfig struct {
	Suggester *Suggester
	Store     LearnStore
	// Keep is how long a past answer is suggested. Defaults to 180 days.
	Keep time.Duration
	// Tick is how often resolved conversations and new texts are looked for. Defaults to 5 s.
	Tick time.Duration
	// Queue is how many messages may wait to be looked at; beyond, what became of the suggestion is not noted, which costs ranking a little. Defaults to 1024.
	Queue int
}

// Learner reads what became of suggestions and what people answered. It is a
// chat.Sink: hang it on the hub with WatchAll before calling Run. On several
// nodes each does the same work; what is stored is stored once.
type Learner struct {
	s     *Suggester
	store LearnStore
	keep  time.Duration
	tick  time.Duration
	log   *slog.Logger
	scrub scrubber
	sent  chan *chat.Row // see LearnerConfig.Queue
	wake  chan struct{}  // one place: something was resolved or saved
	since time.Time      // resolved conversations before were read; Look's own
}

var _ chat.Sink = (*Learner)(nil)

// NewLearner checks cfg and returns a learner that waits for Run.
func NewLearner(cfg LearnerConfig) (*Learner, error) {
	if cfg.Suggester == nil || cfg.Store == nil {
		return nil, errors.New("bot: LearnerConfig.Suggester and Store are required")
	}
	if cfg.Keep < 0 || cfg.Tick < 0 || cfg.Queue < 0 {
		return nil, errors.New("bot: LearnerConfig must hold no negative number")
	}
	return &Learner{
		s: cfg.Suggester, store: cfg.Store, keep: or(cfg.Keep, 180*24*time.Hour), tick: or(cfg.Tick, 5*time.Second), log: cfg.Suggester.log,
		scrub: newScrubber(), sent: make(chan *chat.Row, or(cfg.Queue, 1024)), wake: make(chan struct{}, 1),
	}, nil
}

// Deliver implements chat.Sink.
func (l *Learner) Deliver(u *chat.Update) {
	switch r := u.Row; {
	case r == nil || u.Remote: // the node that stored it looks
	case r.Kind == chat.KindMessage && r.Author.Kind == chat.AuthorAgent && r.Data.Suggestion != "":
		select {
		case l.sent <- r:
		default:
		}
	case r.Kind == chat.KindResolved && r.Author.Kind == chat.AuthorAgent:
		l.Wake()
	}
}

// Wake makes Run look at once: a canned reply was saved.
func (l *Learner) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

const (
	learnTimeout = 10 * time.Second
	learnBatch   = 50
	learnBatches = 4
	embedBatch   = 32
	// lookBack is how far before its start the first look goes, and lookAgain how far each later one: commits are not seen in the order of their times.
	lookBack, lookAgain = 24 * time.Hour, 2 * time.Minute
)

// Run learns until ctx ends.
func (l *Learner) Run(ctx context.Context) error {
	ticker := time.NewTicker(l.tick)
	defer ticker.Stop()
	for {
		l.work(ctx, "look", l.Look)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case row := <-l.sent:
				l.work(ctx, "settle a suggestion", func(ctx context.Context) error { return l.s.Settle(ctx, row) })
			case <-l.wake:
				waiting = false
			case <-ticker.C:
				waiting = false
			}
		}
	}
}

// Look reads conversations that were resolved, embeds replies that have no vector
// of the model in use, and drops past answers that are over. What fails does not
// keep the rest from being done.
func (l *Learner) Look(ctx context.Context) error {
	_, err := l.store.Expire(ctx, l.s.clock(), 1000)
	return errors.Join(l.read(ctx), l.embed(ctx), err)
}

// work runs one step; what fails is tried again with the next look.
func (l *Learner) work(ctx context.Context, what string, step func(context.Context) error) {
	call, cancel := context.WithTimeoutCause(ctx, learnTimeout, errors.New(what+" took too long"))
	defer cancel()
	if err := step(call); err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "learning from replies", "step", what, "error", err)
	}
}

// read goes through resolved conversations.
func (l *Learner) read(ctx context.Context) error {
	if l.since.IsZero() {
		l.since = l.s.clock().Add(-lookBack)
	}
	for range learnBatches { // the rest with the next look: a backlog must not keep replies from being embedded
		now := l.s.clock()
		batch, err := l.store.Unread(ctx, l.since, learnBatch)
		if err != nil {
			return fmt.Errorf("look for resolved conversations: %w", err)
		}
		for _, c := range batch {
			if err := l.readOne(ctx, c); err != nil {
				return err
			}
		}
		if len(batch) < learnBatch {
			if next := now.Add(-lookAgain); next.After(l.since) {
				l.since = next
			}
			return nil
		}
	}
	return nil
}

func (l *Learner) readOne(ctx context.Context, c Resolved) error {
	system := identity.System()
	head, err := l.s.chat.Conversation(ctx, system, c.Conversation)
	if errors.Is(err, chat.ErrNotFound) { // erased meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := l.s.chat.History(ctx, system, c.Conversation, 0, newest, chat.MaxHistory)
	if err != nil {
		return err
	}
	var answers []SolvedAnswer
	if byPerson(rows) {
		if answers, err = l.lessons(ctx, head, rows); err != nil {
			return err
		}
	}
	if err := l.store.Learn(ctx, c.Conversation, c.LastSeq, answers); err != nil {
		return fmt.Errorf("store past answers: %w", err)
	}
	return nil
}

// byPerson reports that an agent resolved the conversation last.
func byPerson(rows []chat.Row) bool {
	for _, r := range slices.Backward(rows) {
		if r.Kind == chat.KindResolved {
			return r.Author.Kind == chat.AuthorAgent
		}
	}
	return false
}

const (
	maxLessons       = 5
	maxSolvedRunes   = 2000
	maxBlanks        = 2 // more of them and the answer was for one person only
	leastAnswerWords = 5
	leastAnswerHan   = 10
	leastEdited      = 0.3 // of a suggestion, to count as an answer of the agent's own
)

// lessons pairs the visitor's questions with what an agent wrote next. What asks
// back, is short, came from a suggestion nearly unchanged, or is the bot's,
// teaches nothing.
func (l *Learner) lessons(ctx context.Context, head chat.Conversation, rows []chat.Row) ([]SolvedAnswer, error) {
	var out []SolvedAnswer
	var said []string // the visitor's, since the last answer
	var reply []*chat.Row
	close := func() error {
		defer func() { reply = nil }()
		if len(reply) == 0 {
			return nil
		}
		question := l.s.gate.asks(strings.Join(said, "\n"))
		answer, own, err := l.own(ctx, reply)
		if err != nil || question == "" || !own || !tells(answer) {
			return err
		}
		said = nil
		last := reply[len(reply)-1]
		names := []string{head.Contact.Name, head.Contact.Email, head.Email}
		question, answer = l.scrub.clean(clip(question, kb.MaxQuestionRunes), names...), l.scrub.clean(answer, names...)
		if blanks(answer) > maxBlanks || utf8.RuneCountInString(answer) > maxSolvedRunes {
			return nil
		}
		out = append(out, SolvedAnswer{
			Site: head.Site, AnswerSeq: last.Seq, Agent: last.Author.ID, Locale: text.Language(answer, text.English),
			Question: question, Answer: answer, At: last.Time, ExpiresAt: last.Time.Add(l.keep),
		})
		return nil
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Kind != chat.KindMessage:
		case r.Author.Kind == chat.AuthorVisitor && r.Data.Button == "":
			if err := close(); err != nil {
				return nil, err
			}
			said = append(said, r.Content)
			said = said[max(0, len(said)-4):]
		case r.Author.Kind == chat.AuthorAgent:
			reply = append(reply, r)
		case r.Author.Kind == chat.AuthorBot && r.Data.Source != nil: // answered by an article: only what is asked after that is open
			said = nil
		}
	}
	if err := close(); err != nil {
		return nil, err
	}
	return out[max(0, len(out)-maxLessons):], nil
}

// own joins an agent's messages; own is false where a suggestion went out nearly as it was.
func (l *Learner) own(ctx context.Context, reply []*chat.Row) (answer string, own bool, err error) {
	parts := make([]string, 0, len(reply))
	for _, r := range reply {
		if source, item, ok := ParseSuggestionID(r.Data.Suggestion); ok {
			offered, err := l.s.offered(ctx, r, source, item)
			if err != nil && !errors.Is(err, ErrNoSuggestion) {
				return "", false, err
			}
			if offered == "" || editShare(offered, r.Content) < leastEdited {
				return "", false, nil
			}
		}
		parts = append(parts, r.Content)
	}
	return strings.Join(parts, "\n"), true, nil
}

// tells reports that a reply says something: it is long enough, and no question back.
func tells(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？") {
		return false
	}
	han := 0
	for _, r := range s {
		if text.IsCJK(r) {
			han++
		}
	}
	return han >= leastAnswerHan || len(strings.Fields(s)) >= leastAnswerWords
}

func blanks(s string) int {
	n := 0
	for _, b := range []string{blankEmail, blankPhone, blankNumber, blankLink, blankName} {
		n += strings.Count(s, b)
	}
	return n
}

// embed gives vectors to texts that have none of the model in use.
func (l *Learner) embed(ctx context.Context) error {
	_, fingerprint, err := l.s.embedder.EmbedQuestion(ctx, "?")
	if err != nil {
		return fmt.Errorf("ask which model is in use: %w", err)
	}
	for {
		batch, err := l.store.Unembedded(ctx, fingerprint, embedBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		texts := make([]string, len(batch))
		for i, r := range batch {
			texts[i] = text.Normalize(clip(r.Text, 1000))
		}
		vectors, made, err := l.s.embedder.EmbedPassages(ctx, texts)
		if err != nil {
			return fmt.Errorf("embed replies: %w", err)
		}
		if len(vectors) != len(texts) || made != fingerprint {
			return fmt.Errorf("embed replies: %d vectors of another model: %w", len(vectors), kb.ErrEmbedding)
		}
		if err := l.store.Embed(ctx, fingerprint, batch, vectors); err != nil {
			return fmt.Errorf("store vectors of replies: %w", err)
		}
		if len(batch) < embedBatch {
			return nil
		}
	}
}

package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"frontdesk/bot/evalset"
	"frontdesk/internal/text"
)

// ErrQuestions says what is wrong with an evaluation file, and on which line.
var ErrQuestions = evalset.ErrData

// EvalConfig says what to evaluate.
type EvalConfig struct {
	Site int32
	// Articles maps every article id of the knowledge base to the locales it has.
	Articles  map[string][]string
	Questions []evalset.Question
	// Knowledge is what the decider searches; it shows the rankings of each leg,
	// and ranks for turns that were decided without a search. Nil: neither.
	Knowledge *EvalKnowledge
	// Parallel is how many questions are asked at once, apart from those that are
	// timed. Defaults to 1.
	Parallel int
	// Timed is how many questions, spread evenly over the file, are timed, one
	// after another; the rest has no latency. Below 0: none. Defaults to all.
	Timed int
	// Progress, if set, is called after each question, never twice at once.
	Progress func(done, total int)
}

// EvalRow is one judged question of an evaluation.
type EvalRow struct {
	Line       int           `json:"line"`
	Text       string        `json:"text"`
	Kind       string        `json:"kind,omitempty"` // of house sets
	Want       evalset.Want  `json:"want"`
	Expected   []string      `json:"expected,omitempty"` // article ids, with WantArticle: any of them
	Ranking    []string      `json:"ranking,omitempty"`  // article ids, best first, before the decision
	Confidence float64       `json:"confidence"`         // that the first is right
	Answerable float64       `json:"answerable"`         // that anything in the knowledge base answers
	Action     Action        `json:"action"`             // after the decision
	Reason     Reason        `json:"reason"`
	Answer     string        `json:"answer,omitempty"` // article id, if Action is answer
	Offers     []string      `json:"offers,omitempty"` // article ids, if Action is clarify
	Locale     string        `json:"locale"`           // of the expected article, or of the text; nothing is asked with it
	Latency    time.Duration `json:"latency_ns,omitempty"`
	Tops       Tops          `json:"tops"` // first article by each leg alone
}

// RunEvaluation asks every question on the production path: one after another
// those that are timed, then the rest, cfg.Parallel at once. An expected article
// that the knowledge base does not have is an error that wraps [ErrQuestions] and
// names the first such lines: the figures would mean nothing.
func RunEvaluation(ctx context.Context, decider Decider, cfg EvalConfig) (Report, error) {
	var unknown []int // questions
	for i, q := range cfg.Questions {
		// An id may hold the | that joins several.
		if whole := strings.Join(q.Articles, "|"); len(q.Articles) > 1 && cfg.Articles[whole] != nil {
			cfg.Questions = slices.Clone(cfg.Questions)
			cfg.Questions[i].Articles = []string{whole}
			continue
		}
		for _, id := range q.Articles {
			if _, ok := cfg.Articles[id]; !ok {
				unknown = append(unknown, i)
				break
			}
		}
	}
	if len(unknown) > 0 {
		return Report{}, cfg.unknown(unknown)
	}
	e := evaluation{decider: decider, cfg: cfg, main: mainLocale(cfg.Articles), rows: make([]EvalRow, len(cfg.Questions))}
	if err := e.run(ctx); err != nil {
		return Report{}, err
	}
	return NewReport(e.rows), nil
}

// unknown says which questions expect an article that is not there.
func (cfg *EvalConfig) unknown(questions []int) error {
	if len(cfg.Articles) == 0 {
		return fmt.Errorf("the knowledge base has no article: %w", ErrQuestions)
	}
	var said []string
	for _, i := range questions[:min(namedLines, len(questions))] {
		q := cfg.Questions[i]
		at := slices.IndexFunc(q.Articles, func(id string) bool {
			_, ok := cfg.Articles[id]
			return !ok
		})
		said = append(said, fmt.Sprintf("line %d: the knowledge base has no article %q", q.Line, q.Articles[at]))
	}
	if more := len(questions) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("nor those of %d more lines", more))
	}
	if cfg.Questions[questions[0]].Line == 1 {
		said = append(said, "the file has no header line: if the first one is such, delete it")
	}
	return fmt.Errorf("%s: %w", strings.Join(said, "; "), ErrQuestions)
}

// evaluation is one run; each row is written by one goroutine.
type evaluation struct {
	decider Decider
	cfg     EvalConfig
	main    string // the locale of most articles
	rows    []EvalRow
	done    atomic.Int64
	telling sync.Mutex // held while Progress is called
}

// mainLocale returns the locale that most articles have; English where it is one
// of several or there is none.
func mainLocale(articles map[string][]string) string {
	count := map[string]int{}
	for _, locales := range articles {
		for _, l := range locales {
			count[l]++
		}
	}
	best := text.English
	for _, l := range slices.Sorted(maps.Keys(count)) {
		if count[l] > count[best] {
			best = l
		}
	}
	return best
}

func (e *evaluation) run(ctx context.Context) error {
	n := len(e.rows)
	if n == 0 {
		return fmt.Errorf("no question: %w", ErrQuestions)
	}
	timed := e.cfg.Timed
	switch {
	case timed < 0:
		timed = 0
	case timed == 0 || timed > n:
		timed = n
	}
	// The first question of all reads the knowledge base's statistics: a server has them.
	if _, err := e.ask(ctx, 0); err != nil {
		return err
	}
	first := make([]bool, n)
	for i := range timed {
		first[i*n/timed] = true
	}
	for i := range n {
		if !first[i] {
			continue
		}
		took, err := e.ask(ctx, i)
		if err != nil {
			return err
		}
		e.rows[i].Latency = took
		e.tell()
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, e.cfg.Parallel))
	for i := range n {
		if first[i] {
			continue
		}
		group.Go(func() error {
			_, err := e.ask(ctx, i)
			e.tell()
			return err
		})
	}
	return group.Wait()
}

func (e *evaluation) tell() {
	done := int(e.done.Add(1))
	if e.cfg.Progress != nil {
		e.telling.Lock()
		defer e.telling.Unlock()
		e.cfg.Progress(done, len(e.rows))
	}
}

// ask decides question i and fills its row, apart from the latency.
func (e *evaluation) ask(ctx context.Context, i int) (took time.Duration, err error) {
	q := e.cfg.Questions[i]
	locale := text.Language(q.Text, text.English) // the row's (DESIGN 5), not the question's
	if len(q.Articles) > 0 {
		if has := e.cfg.Articles[q.Articles[0]]; len(has) == 1 {
			locale = has[0]
		}
	}
	row := EvalRow{Line: q.Line, Text: q.Text, Kind: q.Kind, Want: q.Want, Expected: q.Articles, Locale: locale}
	// The expected article's locale is part of the label: who asks says nothing but the text.
	question := Question{Site: e.cfg.Site, Text: q.Text, Locale: text.Language(q.Text, e.main)}
	seen := &sighting{}
	start := time.Now()
	d, err := e.decider.Decide(context.WithValue(ctx, sightingKey{}, seen), question)
	took = time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("question of line %d: %w", q.Line, err)
	}
	row.Confidence, row.Answerable, row.Action, row.Reason = d.Confidence, d.Answerable, d.Action, d.Reason
	for _, c := range d.Candidates {
		row.Ranking = append(row.Ranking, c.Article)
	}
	if d.Source != nil {
		row.Answer = d.Source.Article
	}
	for _, b := range d.Buttons {
		if id, ok := strings.CutPrefix(b.ID, ButtonArticle); ok {
			row.Offers = append(row.Offers, id)
		}
	}
	if e.cfg.Knowledge != nil {
		if !seen.searched { // small talk, or a wish for a person: what would the search have said?
			if err := e.cfg.Knowledge.look(ctx, question, seen); err != nil {
				return 0, fmt.Errorf("question of line %d: %w", q.Line, err)
			}
		}
		// The decision may reorder (two questions in one) or say nothing of what it saw (small talk).
		row.Ranking, row.Confidence, row.Answerable = seen.ranking(), seen.result.Confidence, seen.result.Answerable
		row.Tops = topsOf(seen.result.Candidates)
	}
	e.rows[i] = row
	return took, nil
}

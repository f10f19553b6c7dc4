package bot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk/internal/text"
)

// EvalQuestion is a line of an evaluation file.
type EvalQuestion struct {
	Line     int
	Expected string // article id; empty = nothing should answer ("-" in the file)
	Text     string
}

// maxEvalLineBytes bounds a line of an evaluation file.
const maxEvalLineBytes = 64 << 10

// ErrQuestions says what is wrong with an evaluation file, and on which line.
var ErrQuestions = errors.New("invalid question file")

// ReadQuestions reads "expected-article-id<TAB>question" lines; "-" as id means
// that nothing should answer. Blank lines and a byte order mark are skipped.
// Errors wrap [ErrQuestions] and name the line.
func ReadQuestions(r io.Reader) ([]EvalQuestion, error) {
	var out []EvalQuestion
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4096), maxEvalLineBytes)
	n := 0
	for in.Scan() {
		n++
		line := strings.TrimRight(in.Text(), "\r")
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		id, question, ok := strings.Cut(line, "\t")
		id, question = strings.TrimSpace(id), strings.TrimSpace(question)
		switch {
		case !utf8.ValidString(line):
			return nil, fmt.Errorf("line %d: not valid UTF-8: %w", n, ErrQuestions)
		case !ok:
			return nil, fmt.Errorf("line %d: no tab between article id and question: %w", n, ErrQuestions)
		case id == "":
			return nil, fmt.Errorf(`line %d: no article id; "-" means that nothing should answer: %w`, n, ErrQuestions)
		case question == "":
			return nil, fmt.Errorf("line %d: no question: %w", n, ErrQuestions)
		}
		if id == "-" {
			id = ""
		}
		out = append(out, EvalQuestion{Line: n, Expected: id, Text: question})
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d bytes: %w", n+1, maxEvalLineBytes, ErrQuestions)
	} else if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no question in the file: %w", ErrQuestions)
	}
	return out, nil
}

// EvalConfig says what to evaluate.
type EvalConfig struct {
	Site int32
	// Articles maps every article id of the knowledge base to the locales it has.
	Articles  map[string][]string
	Questions []EvalQuestion
	// Progress, if set, is called after each question.
	Progress func(done, total int)
}

// Report is the outcome of an evaluation.
type Report struct {
	EvalMetrics
	ByLocale map[string]EvalMetrics `json:"by_locale"`
	Rows     []EvalRow              `json:"-"`
}

// RunEvaluation asks every question, one after another, on the production path.
// An expected article that the knowledge base does not have is an error that
// wraps [ErrQuestions] and names the line: the figures would mean nothing.
func RunEvaluation(ctx context.Context, decider Decider, cfg EvalConfig) (Report, error) {
	for _, q := range cfg.Questions {
		if _, ok := cfg.Articles[q.Expected]; q.Expected != "" && !ok {
			return Report{}, fmt.Errorf("line %d: the knowledge base has no article %q: %w", q.Line, q.Expected, ErrQuestions)
		}
	}
	rows := make([]EvalRow, 0, len(cfg.Questions))
	for i, q := range cfg.Questions {
		locale := text.Language(q.Text, text.English)
		if has := cfg.Articles[q.Expected]; len(has) == 1 {
			locale = has[0]
		}
		start := time.Now()
		d, err := decider.Decide(ctx, Question{Site: cfg.Site, Text: q.Text, Locale: locale})
		if err != nil {
			return Report{}, fmt.Errorf("question of line %d: %w", q.Line, err)
		}
		row := EvalRow{Expected: q.Expected, Confidence: d.Confidence, Action: d.Action, Locale: locale, Latency: time.Since(start)}
		for _, c := range d.Candidates {
			row.Ranking = append(row.Ranking, c.Article)
		}
		if d.Source != nil {
			row.Answer = d.Source.Article
		}
		rows = append(rows, row)
		if cfg.Progress != nil {
			cfg.Progress(i+1, len(cfg.Questions))
		}
	}
	report := Report{EvalMetrics: Measure(rows), ByLocale: map[string]EvalMetrics{}, Rows: rows}
	for _, locale := range []string{text.Chinese, text.English} {
		var part []EvalRow
		for _, r := range rows {
			if r.Locale == locale {
				part = append(part, r)
			}
		}
		report.ByLocale[locale] = Measure(part)
	}
	return report, nil
}

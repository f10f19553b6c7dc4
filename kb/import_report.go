package kb

import (
	"fmt"
	"slices"
	"strings"
)

// MaxProblems is how many problems of one file are listed; the rest is counted.
const MaxProblems = 100

// maxPreview is how many articles a report shows by name.
const maxPreview = 200

// Problem is something wrong at one place of a file.
type Problem struct {
	Where  string `json:"where"` // "line 12", `sheet "FAQ", row 5`, "help/refund.en.md"
	Reason string `json:"reason"`
}

// ImportError says everything that is wrong with a file. Nothing of it was stored.
type ImportError struct {
	Problems []Problem // the first [MaxProblems]
	More     int       // that are not listed
}

// Error names the first problem and counts the others.
func (e *ImportError) Error() string {
	if len(e.Problems) == 0 {
		return ErrInvalid.Error()
	}
	p := e.Problems[0]
	s := p.Reason
	if p.Where != "" {
		s = p.Where + ": " + s
	}
	if n := len(e.Problems) + e.More - 1; n > 0 {
		s += fmt.Sprintf(" (and %d more)", n)
	}
	return s
}

// Unwrap makes it an [ErrInvalid].
func (e *ImportError) Unwrap() error { return ErrInvalid }

// unreadable is a file that cannot be read at all.
func unreadable(format string, args ...any) error {
	return &ImportError{Problems: []Problem{{Reason: fmt.Sprintf(format, args...)}}}
}

// Effect is what importing an article does.
type Effect string

// The effects.
const (
	EffectNew       Effect = "new"
	EffectChanged   Effect = "changed"
	EffectUnchanged Effect = "unchanged"
)

// Change is one article of a file, and what importing it does.
type Change struct {
	Where  string   `json:"where"`
	ID     string   `json:"id"`
	Locale string   `json:"locale"`
	Title  string   `json:"title"`
	Effect Effect   `json:"effect"`
	Fields []string `json:"fields,omitempty"` // that differ from what is published
}

// ImportReport counts what an import did, or would do.
type ImportReport struct {
	Lines     int  `json:"lines"` // articles read
	Added     int  `json:"added"`
	Changed   int  `json:"changed"`
	Unchanged int  `json:"unchanged"` // keep their version
	DryRun    bool `json:"dry_run"`

	Drafts   bool      `json:"drafts,omitempty"`   // became working copies; nothing was published
	Format   Format    `json:"format,omitempty"`   // found or given
	Pages    int       `json:"pages,omitempty"`    // read from a website or document
	Warnings []string  `json:"warnings,omitempty"` // what was left out or guessed
	Preview  []Change  `json:"preview,omitempty"`  // the first, what changes before what does not
	Problems []Problem `json:"problems,omitempty"` // why nothing was stored
	More     int       `json:"more,omitempty"`     // problems that are not listed
}

// fail puts what is wrong with the file into the report.
func (r *ImportReport) fail(e *ImportError) { r.Problems, r.More = e.Problems, e.More }

// mention is the set of an article's optional settings that a file names. What
// it does not name stays as it is: a file from before an article was made
// staff-only does not show it to everybody.
type mention uint8

const (
	saysAudience mention = 1 << iota
	saysFloor
	saysHandover
	saysNext
	saysOwner
	saysReviewAt
	saysExpiresAt
	saysAll = 1<<iota - 1
)

// mentionOf returns the setting of a column or field; 0 for what is none.
func mentionOf(name string) mention {
	switch strings.ReplaceAll(name, "_", "") {
	case "audience":
		return saysAudience
	case "floor":
		return saysFloor
	case "handover":
		return saysHandover
	case "next":
		return saysNext
	case "owner":
		return saysOwner
	case "reviewat":
		return saysReviewAt
	case "expiresat":
		return saysExpiresAt
	}
	return 0
}

// keep gives a the settings of old that the file says nothing of.
func (m mention) keep(a, old Article) Article {
	said := a
	a = a.WithSettingsOf(old)
	for bit, set := range map[mention]func(){
		saysAudience: func() { a.Audience = said.Audience }, saysFloor: func() { a.Floor = said.Floor },
		saysHandover: func() { a.Handover = said.Handover }, saysNext: func() { a.Next = said.Next },
		saysOwner: func() { a.Owner = said.Owner }, saysReviewAt: func() { a.ReviewAt = said.ReviewAt },
		saysExpiresAt: func() { a.ExpiresAt = said.ExpiresAt },
	} {
		if m&bit != 0 {
			set()
		}
	}
	return a
}

// collector gathers the articles of a file, and everything that is wrong with it.
type collector struct {
	articles []Article
	places   []string  // where each article stands
	said     []mention // which settings the file names for each
	problems ImportError
	warnings []string
	seen     map[[2]string]string
}

func newCollector() *collector { return &collector{seen: map[[2]string]string{}} }

// add checks an article and takes it in. said are the settings that the file names.
func (c *collector) add(where string, a Article, said mention) {
	if c.full() {
		return
	}
	a, err := a.validate()
	if err != nil {
		c.refuse(where, lineReason(err))
		return
	}
	key := [2]string{a.ID, a.Locale}
	if first, dup := c.seen[key]; dup {
		c.refuse(where, fmt.Sprintf("id %q in %s already stands at %s", a.ID, a.Locale, first))
		return
	}
	if len(c.articles) == MaxImportArticles {
		c.refuse(where, fmt.Sprintf("more than %d articles: cut the file into several", MaxImportArticles))
		c.problems.More++ // full from here on
		return
	}
	c.seen[key] = where
	c.articles, c.places, c.said = append(c.articles, a), append(c.places, where), append(c.said, said)
}

// full says that reading on would tell nothing new: the file has too many articles.
func (c *collector) full() bool {
	return len(c.articles) == MaxImportArticles && len(c.problems.Problems)+c.problems.More > 0
}

// refuse notes a problem.
func (c *collector) refuse(where, reason string) {
	if len(c.problems.Problems) == MaxProblems {
		c.problems.More++
		return
	}
	c.problems.Problems = append(c.problems.Problems, Problem{Where: where, Reason: reason})
}

// warn notes what was left out; each once, at most [MaxProblems].
func (c *collector) warn(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if len(c.warnings) < MaxProblems && !slices.Contains(c.warnings, s) {
		c.warnings = append(c.warnings, s)
	}
}

// err returns what is wrong with the file; nil if nothing is.
func (c *collector) err() error {
	if len(c.problems.Problems) == 0 {
		return nil
	}
	return &c.problems
}

// lineReason cuts the sentinel's text off the end of a validation error.
func lineReason(err error) string { return strings.TrimSuffix(err.Error(), ": "+ErrInvalid.Error()) }

package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"frontdesk/kb"
)

// job is a run under way. Its fields are used by one goroutine; progress leaves
// through keep.
type job struct {
	runs  *Runs
	run   Run
	sum   RunSummary
	now   trial // as published and set
	tried trial // with the run's working copies and thresholds; now if it has none
	known map[string]bothOutcomes
	keep  func(total, done int, row *RunRow)
}

// bothOutcomes of a question: many visitors ask the same. As many as a run has turns.
type bothOutcomes struct{ before, after TurnOutcome }

// do goes through the run's questions.
func (j *job) do(ctx context.Context) error {
	began := j.runs.clock()
	if err := j.prepare(ctx); err != nil {
		return err
	}
	var err error
	if j.run.Kind == RunReplay {
		err = j.replay(ctx)
	} else {
		err = j.askSaved(ctx)
	}
	j.sum.Seconds = round(j.runs.clock().Sub(began).Seconds())
	return err
}

func (j *job) prepare(ctx context.Context) error {
	p, err := j.runs.bench.policies.Policy(ctx, j.run.Site)
	if err != nil {
		return fmt.Errorf("read the bot's settings: %w", err)
	}
	if j.now, err = j.runs.bench.trial(ctx, j.run.Site, nil, p); err != nil {
		return err
	}
	j.tried = j.now
	spec := &j.run.Spec
	if spec.changed() {
		other := p
		set(&other.Answer, spec.Answer)
		set(&other.Clarify, spec.Clarify)
		set(&other.MaxClarifications, spec.MaxClarifications)
		if j.tried, err = j.runs.bench.trial(ctx, j.run.Site, spec.Drafts, other); err != nil {
			return err
		}
	}
	j.known = map[string]bothOutcomes{}
	j.sum.Epoch, j.sum.Policy, j.sum.Relearnt, j.sum.Then = j.tried.epoch, p.Version, j.tried.relearnt, !spec.changed()
	return nil
}

func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}

// replay decides past turns anew.
func (j *job) replay(ctx context.Context) error {
	spec := &j.run.Spec
	turns, left, err := j.runs.work.Turns(ctx, spec.scope(j.run.Site), j.run.Site, j.run.CreatedAt.AddDate(0, 0, -spec.Days), spec.Limit)
	if err != nil {
		return fmt.Errorf("read past turns: %w", err)
	}
	j.sum.Left = left
	for i, t := range turns {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		q, ok := t.Packet.question(j.run.Site)
		if !ok || (q.Button != "" && q.Button != ButtonNone) {
			j.sum.Skipped++
			j.keep(len(turns), i+1, nil)
			continue
		}
		before, after, err := j.both(ctx, q, t)
		if err != nil {
			return err
		}
		j.keep(len(turns), i+1, j.compare(t, q, before, after))
	}
	return nil
}

// both returns what q came to, or comes to as published and set, and what it would come to.
func (j *job) both(ctx context.Context, q Question, t Turn) (before, after TurnOutcome, err error) {
	key, err := json.Marshal(t.Packet.Asked)
	if err != nil {
		return before, after, fmt.Errorf("compare questions: %w", err)
	}
	had, ok := j.known[string(key)]
	if !ok {
		if had.after, err = j.decide(ctx, j.tried.decider, q); err != nil {
			return before, after, err
		}
		had.before = had.after
		if j.run.Spec.changed() {
			if had.before, err = j.decide(ctx, j.now.decider, q); err != nil {
				return before, after, err
			}
		}
		j.known[string(key)] = had
	}
	if j.sum.Then {
		return outcomeThen(t.Packet, t.Offers), had.after, nil
	}
	return had.before, had.after, nil
}

// The model may be full of visitors' questions: they go first, and a run waits.
const (
	runRetries = 6
	runPause   = 250 * time.Millisecond // doubles
)

func (j *job) decide(ctx context.Context, d Decider, q Question) (TurnOutcome, error) {
	for attempt := 0; ; attempt++ {
		decision, err := d.Decide(ctx, q)
		if err == nil {
			if decision.Trace.Query != "" {
				j.sum.Answer = round(decision.Trace.Answer)
			}
			return turnOutcomeOf(decision), nil
		}
		if attempt == runRetries || !errors.Is(err, kb.ErrEmbedding) {
			return TurnOutcome{}, err //nolint:wrapcheck // the decider's own words
		}
		wait := time.NewTimer(runPause << attempt)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return TurnOutcome{}, context.Cause(ctx)
		}
	}
}

// compare counts a turn and returns its row if it changed.
func (j *job) compare(t Turn, q Question, before, after TurnOutcome) *RunRow {
	s := &j.sum
	s.Asked++
	if before.searched() || after.searched() {
		s.Searched++
	}
	s.Before.add(before.Action)
	s.After.add(after.Action)
	change := changeFrom(before, after)
	switch change {
	case ChangeNone:
		return nil
	case ChangeAnswered:
		s.NewlyAnswered++
	case ChangeHandedOver:
		s.NewlyHandedOver++
	case ChangeAskedBack:
		s.NewlyAskedBack++
	case ChangeOtherArticle:
		s.OtherArticle++
	default:
	}
	s.Changed++
	row := RunRow{
		N: s.Changed, Department: t.Department, Conversation: t.Conversation, Seq: t.Seq, Question: clipBytes(q.Text, maxShownBytes),
		Change: string(change), Worse: worse(before, after, t.TurnedDown || t.Wrong), Before: &before, After: after,
	}
	if row.Worse {
		s.Worse++
	}
	return &row
}

// Verdicts of saved questions.
const (
	verdictPass = "pass"
	verdictFail = "fail"
)

// askSaved asks the site's saved questions, and says which changed since the run before.
func (j *job) askSaved(ctx context.Context) error {
	scope := j.run.Spec.scope(j.run.Site)
	saved, err := j.runs.saved.Saved(ctx, scope, j.run.Site)
	if err != nil {
		return fmt.Errorf("read saved questions: %w", err)
	}
	before, err := j.runs.lastOutcomes(ctx, scope, j.run)
	if err != nil {
		return err
	}
	for i, q := range saved {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		after, err := j.decide(ctx, j.tried.decider, q.question())
		if err != nil {
			return err
		}
		row := RunRow{N: i + 1, Department: q.Department, Saved: q.ID, Question: clipBytes(q.Text, maxShownBytes), Change: verdictFail, After: after}
		j.sum.Asked++
		j.sum.After.add(after.Action)
		passes := q.passes(after)
		if passes {
			row.Change = verdictPass
			j.sum.Passed++
		} else {
			j.sum.Failed++
		}
		if old, ok := before[q.ID]; ok {
			row.Before = &old
			j.sum.Before.add(old.Action)
			if changeFrom(old, after) != ChangeNone {
				j.sum.Changed++
			}
			switch passed := q.passes(old); {
			case passes && !passed:
				j.sum.NowPassing++
			case !passes && passed:
				j.sum.NowFailing++
				row.Worse = true
				j.sum.Worse++
			}
		}
		j.keep(len(saved), i+1, &row)
	}
	return nil
}

package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"frontdesk/bot/evalset"
	"frontdesk/internal/identity"
	"frontdesk/kb"
)

// List returns a site's runs of a kind ("" = all), newest first. Errors: identity.ErrForbidden.
func (r *Runs) List(ctx context.Context, actor identity.Actor, site int32, kind RunKind) ([]Run, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return nil, fmt.Errorf("list runs: %w", identity.ErrForbidden)
	}
	return r.store.Runs(ctx, actor.Scope, site, kind, 2*KeptRuns) //nolint:wrapcheck // says what was done
}

// Get returns one run. Errors: [ErrRunNotFound], identity.ErrForbidden.
func (r *Runs) Get(ctx context.Context, actor identity.Actor, id string) (Run, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Run{}, fmt.Errorf("read run: %w", identity.ErrForbidden)
	}
	return r.store.RunOf(ctx, actor.Scope, id) //nolint:wrapcheck // says what was done
}

// Cancel ends a run; one that has ended stays as it is. Errors: [ErrRunNotFound], identity.ErrForbidden.
func (r *Runs) Cancel(ctx context.Context, actor identity.Actor, id string) (Run, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return Run{}, fmt.Errorf("cancel run: %w", identity.ErrForbidden)
	}
	return r.store.CancelRun(ctx, actor.Scope, id) //nolint:wrapcheck // says what was done
}

// Rows returns rows of a run after the n-th, and how many there are in all;
// change "" = of any kind, "worse" = those that are. Errors: [ErrRunNotFound], identity.ErrForbidden.
func (r *Runs) Rows(ctx context.Context, actor identity.Actor, id, change string, after, limit int) ([]RunRow, int, error) {
	if !actor.Can(identity.PermBotAdmin) {
		return nil, 0, fmt.Errorf("read rows of a run: %w", identity.ErrForbidden)
	}
	return r.store.RunRows(ctx, actor.Scope, id, change, max(0, after), min(max(1, limit), 500)) //nolint:wrapcheck // says what was done
}

// CurveSource is where a risk curve was measured.
type CurveSource string

// The sources.
const (
	CurveRehearsal CurveSource = "rehearsal" // the site's own question variants, each asked as if it were not there
	CurveQuestions CurveSource = "questions" // saved questions, in their last run
	CurveTurns     CurveSource = "turns"     // visitors' questions of the last days
)

// RiskCurve is what each threshold to answer would do to measured questions.
type RiskCurve struct {
	Source CurveSource `json:"source"`
	N      int         `json:"n"`      // questions
	Judged int         `json:"judged"` // of them with a known truth
	Points []RiskPoint `json:"points"` // 101, at 0, 0.01 … 1
}

// RiskPoint is one threshold.
type RiskPoint struct {
	At       float64 `json:"at"`
	Answered float64 `json:"answered"` // of N; a rehearsal's questions have weights, hence no whole number
	Judged   float64 `json:"judged"`   // of Answered
	Wrong    float64 `json:"wrong"`    // of Judged
}

// measured is one question of a curve.
type measured struct {
	decided, weight float64
	judged, right   bool
}

// riskSteps is how many thresholds a curve has, ends included.
const riskSteps = 101

func riskCurve(source CurveSource, list []measured) RiskCurve {
	c := RiskCurve{Source: source, Points: make([]RiskPoint, riskSteps)}
	var n, judged float64
	for _, m := range list {
		n += m.weight
		if m.judged {
			judged += m.weight
		}
	}
	c.N, c.Judged = int(n+0.5), int(judged+0.5)
	for i := range c.Points {
		p := &c.Points[i]
		p.At = float64(i) / (riskSteps - 1)
		for _, m := range list {
			if m.decided <= 0 || m.decided < p.At {
				continue
			}
			p.Answered += m.weight
			if m.judged {
				p.Judged += m.weight
				if !m.right {
					p.Wrong += m.weight
				}
			}
		}
		p.Answered, p.Judged, p.Wrong = round(p.Answered), round(p.Judged), round(p.Wrong)
	}
	return c
}

// curveDays and curveTurns bound the visitors' questions of a curve.
const (
	curveDays  = 30
	curveTurns = 2000
)

// Curves returns what is measured at a site, and the threshold that is learnt from
// its articles (0 = too few to learn from). A source without a question is left
// out. Errors: identity.ErrForbidden, kb.ErrEmbedding and the stores'.
func (r *Runs) Curves(ctx context.Context, actor identity.Actor, site int32) (curves []RiskCurve, learnt float64, err error) {
	if !actor.Can(identity.PermBotAdmin) {
		return nil, 0, fmt.Errorf("measure the confidence: %w", identity.ErrForbidden)
	}
	own, err := r.bench.curve(ctx, actor, site)
	switch {
	case errors.Is(err, kb.ErrUnlearnable), errors.Is(err, kb.ErrPreview): // the others may tell
	case err != nil:
		return nil, 0, err
	default:
		list := make([]measured, len(own.Rehearsed))
		for i, x := range own.Rehearsed {
			list[i] = measured{decided: x.Confidence, weight: x.Weight, judged: true, right: x.Right}
		}
		curves, learnt = append(curves, riskCurve(CurveRehearsal, list)), own.Answer
	}
	saved, err := r.measureSaved(ctx, actor, site)
	if err != nil {
		return nil, 0, err
	}
	turns, err := r.measureTurns(ctx, actor, site)
	if err != nil {
		return nil, 0, err
	}
	for source, list := range map[CurveSource][]measured{CurveQuestions: saved, CurveTurns: turns} {
		if len(list) > 0 {
			curves = append(curves, riskCurve(source, list))
		}
	}
	slices.SortFunc(curves, func(a, b RiskCurve) int { return curveOrder(a.Source) - curveOrder(b.Source) })
	return curves, learnt, nil
}

func curveOrder(s CurveSource) int {
	return slices.Index([]CurveSource{CurveRehearsal, CurveQuestions, CurveTurns}, s)
}

func (r *Runs) measureSaved(ctx context.Context, actor identity.Actor, site int32) ([]measured, error) {
	saved, err := r.saved.Saved(ctx, actor.Scope, site)
	if err != nil || len(saved) == 0 {
		return nil, err //nolint:wrapcheck // says what was done
	}
	last, err := r.lastOutcomes(ctx, actor.Scope, Run{Site: site})
	if err != nil {
		return nil, err
	}
	var out []measured
	for _, q := range saved {
		if o, ok := last[q.ID]; ok {
			out = append(out, measured{
				decided: o.Decided, weight: 1, judged: true, right: q.Want == evalset.WantArticle && slices.Contains(q.Articles, o.Best),
			})
		}
	}
	return out, nil
}

func (r *Runs) measureTurns(ctx context.Context, actor identity.Actor, site int32) ([]measured, error) {
	turns, _, err := r.work.Turns(ctx, actor.Scope, site, r.clock().Add(-curveDays*24*time.Hour), curveTurns)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	var out []measured
	for _, t := range turns {
		p := &t.Packet
		if p.Features == nil || p.Asked == nil || p.Asked.Button != "" {
			continue // nothing was searched, or by a button
		}
		m := measured{decided: outcomeThen(t.Packet, nil).Decided, weight: 1}
		if p.Action == ActionAnswer { // a verdict is on what was said
			m.judged = t.Helpful || t.TurnedDown || t.Wrong
			m.right = t.Helpful && !t.Wrong
		}
		out = append(out, m)
	}
	return out, nil
}

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"frontdesk/web/client"
	"frontdesk/web/frame"
)

// botOutcome counts what became of the questions.
type botOutcome struct {
	Answered   int `json:"answered"`    // with a source
	Clarified  int `json:"clarified"`   // with buttons
	HandedOver int `json:"handed_over"` // to a human
	Replied    int `json:"replied"`     // otherwise, as to a greeting
	TimedOut   int `json:"timed_out"`
}

// arrival is a row and when it came.
type arrival struct {
	event *frame.Event
	at    time.Time
}

// ask runs the closed loop: every visitor asks, waits for the bot's answer and
// asks again, on the common beat if there is one. A visitor whose conversation goes to a human leaves, and a new
// one comes, outside the clock.
func (r *run) ask(ctx, loadCtx context.Context) error {
	var asked atomic.Int64
	outcomes := make([]botOutcome, len(r.visitors))
	loadCtx, cancel := context.WithTimeout(loadCtx, r.opts.duration)
	defer cancel()
	r.begin = time.Now()
	g, gctx := errgroup.WithContext(ctx)
	for i := range r.visitors {
		g.Go(func() error {
			return r.asker(gctx, loadCtx, i, &asked, &outcomes[i])
		})
	}
	err := g.Wait()
	r.end = time.Now()
	for _, o := range outcomes {
		r.outcome.Answered += o.Answered
		r.outcome.Clarified += o.Clarified
		r.outcome.HandedOver += o.HandedOver
		r.outcome.Replied += o.Replied
		r.outcome.TimedOut += o.TimedOut
	}
	return err
}

func (r *run) asker(ctx, loadCtx context.Context, i int, asked *atomic.Int64, o *botOutcome) error {
	p := r.visitors[i]
	// Each visitor starts elsewhere, so that not all ask the same at once.
	for n := i * 7; !over(loadCtx) && asked.Add(1) <= int64(r.opts.maxMessages); n++ {
		if !r.untilBeat(loadCtx) {
			break
		}
		pool := r.questions[p.locale]
		again, err := r.askOnce(ctx, p, pool[n%len(pool)].text, o)
		if err != nil {
			return err
		}
		if again {
			continue
		}
		p.stop()
		if over(loadCtx) {
			break
		}
		fresh, err := r.addVisitor(ctx, ctx, i)
		if err != nil {
			return err
		}
		p = fresh
	}
	return nil
}

// untilBeat waits for the next common beat, so that all visitors who have their
// answer ask at the same moment. It returns false when ctx ends first.
func (r *run) untilBeat(ctx context.Context) bool {
	if r.opts.beat == 0 {
		return true
	}
	t := time.NewTimer(r.opts.beat - time.Since(r.begin)%r.opts.beat)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// over reports whether a context has ended.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// askOnce asks and waits. It reports whether the visitor may ask the bot again.
func (r *run) askOnce(ctx context.Context, p *person, text string, o *botOutcome) (again bool, err error) {
	v, _ := r.arrivals.Load(p)
	events, ok := v.(chan arrival)
	if !ok {
		return false, fmt.Errorf("visitor %s has no events", p.name)
	}
	for drained := false; !drained; {
		// Late rows of the question before: a hand-over that followed its message.
		select {
		case a := <-events:
			if a.event.State != nil && a.event.State.Owner != "bot" {
				return false, nil
			}
		default:
			drained = true
		}
	}
	cid, err := client.NewCID()
	if err != nil {
		return false, err
	}
	due := time.Now()
	r.oracle.asked(p.conv, cid, p.name, due)
	r.journal.write(entry{Event: "sent", By: p.name, Conv: p.conv, CID: cid})
	if !r.enqueue(p, client.Message{Conv: p.conv, CID: cid, Content: text}) {
		return false, nil
	}
	limit := time.NewTimer(r.opts.answerLimit)
	defer limit.Stop()
	asked := false
	for {
		select {
		case a := <-events:
			ev := a.event
			if ev.Cid == cid {
				asked = true
				continue
			}
			human := ev.State != nil && ev.State.Owner != "bot"
			if !asked {
				if human {
					return false, nil // the conversation had gone before the question came
				}
				continue
			}
			if ev.Kind != "handover" && ev.GetAuthor().GetKind() != "bot" {
				continue
			}
			r.bot.add(a.at.Sub(due))
			switch {
			case ev.Kind == "handover" || human:
				o.HandedOver++
			case ev.Source != nil:
				o.Answered++
			case len(ev.Buttons) > 0:
				o.Clarified++
			default:
				o.Replied++
			}
			return !human && ev.Kind != "handover", nil
		case <-limit.C:
			o.TimedOut++
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

package main

import (
	"context"
	"sync"
	"time"

	"frontdesk/web/client"
)

// A day's mixture, in acts of twenty: people talk with people, ask the bot, look
// something up, type. (Half talk, a quarter bot; our own choice, said in docs/deskload.md.)
const (
	mixActs    = 20
	mixTalk    = 10 // of them: visitor and agent
	mixAsk     = 15 // up to here: a question to the bot
	mixHistory = 18 // up to here: a page of history is read
	mixQueue   = 19 // up to here: the place in the queue; the rest: typing
)

// maxReads bounds the requests of mixed mode that are under way; more count as an error and are not made.
const maxReads = 512

// mix runs the mixture by the open loop.
func (r *run) mix(ctx context.Context) {
	texts := smallTalk()
	var talkers, askers []*person
	for _, p := range r.visitors {
		if p.asks {
			askers = append(askers, p)
		} else {
			talkers = append(talkers, p)
		}
	}
	var reads sync.WaitGroup
	defer reads.Wait()
	room := make(chan struct{}, maxReads)
	loop := schedule{start: time.Now().Add(10 * time.Millisecond), rate: r.opts.rate, nap: napExactly}
	r.begin, r.end = loop.start, loop.start
	talked, asked := 0, 0
	loop.run(ctx, r.opts.maxMessages, r.opts.duration, func(i int, due time.Time) {
		r.late.add(time.Since(due))
		r.end = due
		anybody := r.visitors[i%len(r.visitors)]
		switch act := i % mixActs; {
		case (act < mixTalk || len(askers) == 0 && act < mixAsk) && len(talkers) > 0:
			v := talkers[talked%len(talkers)]
			sender := v
			if talked++; len(r.agents) > 0 && shared(talked, r.opts.agentShare) {
				r.mu.Lock()
				sender = r.claimed[v.conv]
				r.mu.Unlock()
			}
			r.say(sender, v.conv, texts[i%len(texts)], due)
		case act < mixAsk:
			v := askers[asked%len(askers)]
			asked++
			pool := r.questions[v.locale]
			r.question(v, pool[asked%len(pool)].text, due)
		case act < mixQueue:
			select {
			case room <- struct{}{}:
			default:
				r.errs.add("too_many_reads")
				return
			}
			reads.Go(func() {
				defer func() { <-room }()
				r.readAct(ctx, anybody, act < mixHistory, due)
			})
		default:
			anybody.Typing(anybody.conv, true)
		}
	})
}

// question asks the bot without waiting for the answer.
func (r *run) question(v *person, text string, due time.Time) {
	cid, err := client.NewCID()
	if err != nil {
		r.errs.add("no_random_source")
		return
	}
	r.oracle.asked(v.conv, cid, v.name, due)
	r.journal.write(entry{Event: "sent", By: v.name, Conv: v.conv, CID: cid})
	r.enqueue(v, client.Message{Conv: v.conv, CID: cid, Content: text})
}

// readAct is one request beside the sockets.
func (r *run) readAct(ctx context.Context, p *person, history bool, due time.Time) {
	var err error
	if history {
		_, err = p.door.api.VisitorMessages(ctx, p.token, 0, pageRows)
	} else {
		_, err = p.door.api.QueuePosition(ctx, p.token)
	}
	switch {
	case err == nil:
		r.acts.add(time.Since(due))
	case ctx.Err() == nil:
		r.errs.add("read_failed")
	}
}

package main

import (
	"context"
	"errors"
	"time"

	"frontdesk/web/client"
)

// talk lets visitors and agents write by the open loop.
func (r *run) talk(ctx context.Context) {
	texts := smallTalk()
	loop := schedule{start: time.Now().Add(10 * time.Millisecond), rate: r.opts.rate, nap: napExactly}
	r.begin, r.end = loop.start, loop.start
	byVisitors, byAgents := 0, 0
	loop.run(ctx, r.opts.maxMessages, r.opts.duration, func(i int, due time.Time) {
		r.late.add(time.Since(due))
		sender, conv := r.visitors[byVisitors%len(r.visitors)], ""
		if len(r.agents) > 0 && shared(i, r.opts.agentShare) {
			conv = r.visitors[byAgents%len(r.visitors)].conv
			r.mu.Lock()
			sender = r.claimed[conv]
			r.mu.Unlock()
			byAgents++
		} else {
			conv = sender.conv
			byVisitors++
		}
		r.say(sender, conv, texts[i%len(texts)], due)
		r.end = due
	})
}

// say enqueues one message.
func (r *run) say(p *person, conv, text string, due time.Time) {
	cid, err := client.NewCID()
	if err != nil {
		r.errs.add("no_random_source")
		return
	}
	content := r.oracle.sent(conv, cid, p.name, text, due)
	r.journal.write(entry{Event: "sent", By: p.name, Conv: conv, CID: cid})
	r.enqueue(p, client.Message{Conv: conv, CID: cid, Content: content})
}

// enqueue hands a message to a client. One that is not taken never left: that
// is the generator's loss, not the server's.
func (r *run) enqueue(p *person, m client.Message) bool {
	_, err := p.Enqueue(m)
	if err == nil {
		return true
	}
	r.oracle.drop(m.CID)
	if errors.Is(err, client.ErrOutboxFull) {
		r.errs.add("outbox_full")
	} else {
		r.errs.add("client_closed")
	}
	return false
}

// idle keeps the sockets open, and nothing else: the connections that opened the
// sessions would count as the server's memory for two minutes more.
func (r *run) idle(ctx context.Context) {
	r.closeDoors()
	t := time.NewTimer(r.opts.duration)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

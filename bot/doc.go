// Package bot answers visitors: from the knowledge base, with a question back,
// or by handing over to a human.
//
// [Responder] decides one question: turn gate (empty, too long, small talk, a
// human asked for) → [Cache] → search → calibrated confidence → answer, clarify or
// hand over. It keeps no state but the cache, which no publication outlives; the
// state of an episode is read from the conversation's log ([Turns]). [Policy] says
// how the bot behaves at a site.
//
// [Turns] listens to the hub and takes a turn for every visitor's message in a
// conversation that the bot owns, or that waits while nobody is there (attend.go). Nothing it says is shown before it is stored,
// and it is stored only if the conversation is still the bot's, nothing was
// written since and the article is still published: the bot never talks over a
// human.
//
// The reply is the article's text, verbatim, unless a site lets a generator reword it
// and a check supports every statement (generate.go, support.go); what visitors write is
// only ever compared, never interpreted or repeated.
//
// What was decided, and why, is kept with the row ([Packet]). From there live: why and the
// test bench ([Bench]), replays ([Runs]), gaps (gaps*.go), reports (reports*.go), and what is
// suggested to agents (suggest*.go).
//
// Goroutines: [Turns.Run] starts its workers and returns when they have ended; [Runs.Run],
// [GapWorker.Run] and [Learner.Run] block, and start none that outlives them. The cache shares
// one search among those who ask the same; it ends by itself, within a time limit, after the last left.
// The package never talks to a database, a model or the network itself.
package bot

// Package bot answers visitors: from the knowledge base, with a question back,
// or by handing over to a human.
//
// [Responder] decides one question: turn gate (empty, too long, small talk, a
// human asked for) → search → calibrated confidence → answer, clarify or hand
// over. It keeps no state; the state of an episode is read from the
// conversation's log ([Turns]).
//
// [Turns] listens to the hub and takes a turn for every visitor's message in a
// conversation that the bot owns. Nothing it says is shown before it is stored,
// and it is stored only if the conversation is still the bot's, nothing was
// written since and the article is still published: the bot never talks over a
// human.
//
// The reply is the article's text, verbatim; what visitors write is only ever
// compared, never interpreted or repeated.
//
// Goroutines: Turns.Run starts its workers and returns when they have ended.
// The package never talks to a database, a model or the network itself.
package bot

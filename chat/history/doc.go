// Package history is what becomes of conversations when they are over: search
// over them ([Search], filled by the [Indexer]), export ([Exports]), transcripts
// by link ([Transcripts]), how long they are kept and how they are erased
// ([Privacy], [Keeper]), and the record of who did what ([Audits]).
//
// The index is our own analyzer's (internal/text): terms with places, 32 rows of
// a conversation at a time, written behind the log by one node. Nothing here
// stands in the way of a message.
//
// Goroutines: [Indexer.Run] and [Keeper.Run] are the caller's; the rest starts
// none. It never shows what lies outside the caller's scope, in counts and
// snippets neither, and never an internal note to a visitor.
package history

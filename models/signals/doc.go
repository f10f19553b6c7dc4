// Package signals reads what a message shows beside its question: the language where the script alone does not tell it,
// a wish for a human, anger, praise, an insult, an attempt to give the bot orders, small talk.
//
// It is a linear model over hashed n-grams in pure Go: reading a message takes some microseconds, no lock and no model
// runtime, so the turn gate can ask it about every message, also when the inference engine is full. The weights are
// compiled in (models/default/signals) and made by models/training/signals, which takes its features from here, so that
// training and serving cannot differ.
//
// A Model is immutable and safe for concurrent use. The package starts no goroutine, reads no file by itself and keeps
// no text.
package signals

// Package evalset reads public data sets and our own for evaluating the bot, and
// cuts knowledge bases and questions out of them: seeded draws of k examples an
// intent, halves, a part held back, clusters of paraphrases.
//
// Everything is a pure function of its input and a seed: the same file and seed
// give the same sets on every machine (PCG of math/rand/v2, whose sequence the
// standard library guarantees). What is wrong with a file is an error that wraps
// [ErrData] and names the line; what was left out of one (rows that occur twice,
// rows that stand on both sides) is counted in [Notes], never dropped silently.
//
// The package starts no goroutine, opens no file and keeps nothing.
package evalset

// Package kb is the knowledge base: articles with their translations, versions
// and question variants, and the search over them.
//
// # Publishing
//
// Saving an article embeds its texts first and then commits, in one
// transaction, the version, the variants, their vectors and postings and the
// site's kb_epoch. From that commit on every node finds the new version, and
// none before. Versions are never changed or deleted by saving; archiving takes
// an article out of the index and keeps its history.
//
// # Searching
//
// One SQL statement runs a dense leg (inner product with the vectors of the
// question's model) and a lexical leg (our own terms, BM25) over the published
// variants, within the caller's scope. [fuse] joins them linearly with a
// character n-gram cosine, pools variants to articles and derives the features
// from which [Model] computes a calibrated confidence: the probability that the
// best article is the right answer.
//
// # Goroutines
//
// [Service.Run] blocks and renews the fit of the confidence after a publish; the
// package starts no goroutine. It never talks to a database, a model or the
// network itself: see the ports in ports.go.
package kb

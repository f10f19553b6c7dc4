// Package kb is the knowledge base: articles with their translations, versions
// and question variants, and the search over them.
//
// # Publishing
//
// Saving an article embeds its texts first, learns from all articles as they
// will be, and then commits, in one transaction, the version, the variants,
// their vectors and postings, what was learnt and the site's kb_epoch. From that
// commit on every node finds the new version, and none before. Versions are never
// changed or deleted by saving; archiving takes an article out of the index, at once, and
// keeps its history; what is learnt follows.
//
// What is learnt ([Adaptation]) is a ranking head (head*.go: one-vs-rest linear
// classifiers and whitened centres over the articles' questions and titles), the
// weight of the pair model, the confidence, and the threshold to answer at. The
// last three are fitted to a rehearsal (rehearse.go): articles' own questions
// asked of the corpus in memory without themselves and by heads that have not
// seen them. The store takes it only if nothing was published since the corpus
// was read; otherwise it is learnt anew, and after three attempts committed with the
// former adaptation. So is a change that takes over 10 s to learn from, and one of a knowledge
// base too large to wait for (over some 475,000 articles × questions, or 5 s of one core):
// [Service.Run] then learns right afterwards, under the same guard, and also when a question shows
// that what was learnt is not of these articles or models (keep.go). Until then, and for an article that a
// head does not know, the fused score ranks. Below 40 questions in 8 articles of 3
// nothing is learnt; beyond 10,000 articles there is no head; of more than 50,000 texts
// each article keeps an even share. A head takes up to 12 MB for its words and 2 kB an
// article, the same in the database.
//
// # Searching
//
// A question is first put into the words of the site (rewrite*.go, wordlist.go). One
// SQL statement then runs a dense leg (inner product with the vectors of the
// question's model; in large sites by an index that was measured, upkeep.go) and a
// lexical leg (our own terms, BM25) over the published variants, within the caller's
// scope and audience. What it knows of a site beside that, texts included, it holds in
// memory by epoch and audience (stats.go): nothing of a level shows in a lower one.
// Everything is learnt from public articles. [Result.fuse] joins them linearly with a
// character n-gram cosine and pools variants to articles; the head and the pair
// model, which reads the question together with the best variants, order them; from
// the features of that ranking [Calibration] computes the probability that anything
// here answers, and the confidence: that the best article does.
//
// # Editing and importing
//
// [Editorial] keeps the working copy of each translation (draft, in review, scheduled), its
// versions, their differences and the word lists, and says what looks odd ([Lint]); publishing a
// copy goes through [Service]. [Transfer] reads and writes files of articles; [Imports] does it
// in the background as claimed rows, so that a node that dies is followed by another.
//
// # Goroutines
//
// [Service.Run] blocks and learns what a publication could not wait for, on one node for each site
// at a time; beside it one goroutine, which it waits for, keeps the indexes over vectors. Learning (the
// head, and what the pair model reads for it) takes as many short-lived goroutines as there are
// processors and waits for them, and embedding anew one more that stores a batch; [Imports] one that keeps its claim
// while it works. [Editorial.Run] blocks and publishes what is due; the package starts no other. It never talks to a database, a model or the network itself: see the ports in ports.go.
package kb

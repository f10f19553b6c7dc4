// Package onnxtest builds small ONNX models for tests and benches, in pure Go, with weights drawn from a seed.
//
// It has encoders, pair scorers and classifiers of BERT's shape at any size, a static encoder, a table of chosen logits,
// and broken or hostile graphs. Each sound one also has a forward pass written a second time in Go, so that golden
// values owe nothing to the runtime under test. It starts no goroutine, stores nothing and never enters a binary that
// is shipped: only tests import it.
package onnxtest

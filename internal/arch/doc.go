// Package arch keeps the house in order: its tests read the sources and fail
// when an import goes against the arrows of docs/architecture.md, when a library
// leaves the room it belongs to, when cgo appears outside inference/internal/onnx,
// or when a file grows past 800 lines. It has no code of its own, and nothing
// imports it.
package arch

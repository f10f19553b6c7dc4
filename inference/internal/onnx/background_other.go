//go:build !linux

package onnx

// Background calls f. Only Linux has priorities of threads that Go can set.
func Background(f func()) { f() }

//go:build !race

package inference_test

const bookkeeping = 0

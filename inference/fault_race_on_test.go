//go:build race

package inference_test

// bookkeeping is what the race detector itself keeps for a run in bytes: measured 1.9 KB at first, 0.7 KB after 40,000
// runs, where the same loop without it stays within 0.3 MB. make test-asan measures without it.
const bookkeeping = 2 << 10

package onnx

import (
	"runtime"
	"syscall"
)

// giveWay is how much less the thread of Background weighs: a quarter of a core that a run keeps busy is left to it, so
// that a model loads in a second where it would take a quarter of one, and questions wait a little longer, not half again.
const giveWay = 5

// Background calls f on a thread of its own that gives way to all others, and waits for it. It is for long calls into C
// beside runs that somebody waits for; Go code in f should be short, because a collection of garbage waits for it.
func Background(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, and its priority with it
		// On Linux a priority belongs to a thread (setpriority(2), "C library/kernel differences"), and the bare system call
		// gives 20 − nice. Lowering is always allowed; should it fail, f runs as everything else does.
		if p, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), min(20-p+giveWay, 19))
		}
		f()
	}()
	<-done
}

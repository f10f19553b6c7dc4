package onnx

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void give_back(void) { malloc_trim(0); }
static void keep_threshold(void) { mallopt(M_MMAP_THRESHOLD, 128 * 1024); }
#else
static void give_back(void) {}
static void keep_threshold(void) {}
#endif
*/
import "C"

// giveBack returns to the system what a graph has freed. glibc keeps it in arenas of its own for each thread: without
// this, memory was 1.6 times as much after forty swaps of a model of 34 MB, and stayed there. Others need no telling.
func giveBack() { C.give_back() }

// keepThreshold fixes the size from which glibc maps memory for a block alone, and unmaps it when it is freed, at its
// initial value. Otherwise it rises to the largest block ever freed, here a table of 21 MB, weights move into the arenas
// of whichever threads load models, and malloc_trim does not shorten those at their end (mallopt(3), malloc_trim(3)).
func keepThreshold() { C.keep_threshold() }

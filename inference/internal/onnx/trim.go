package onnx

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void give_back(void) { malloc_trim(0); }
#else
static void give_back(void) {}
#endif
*/
import "C"

// giveBack returns to the system what a graph has freed. glibc keeps it in arenas of its own for each thread: without
// this, memory was 1.6 times as much after forty swaps of a model of 34 MB, and stayed there. Others need no telling.
func giveBack() { C.give_back() }

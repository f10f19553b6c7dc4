// Package attachment describes files as records: who owns one, its name, size, type
// and checksums, and what it is attached to. The bytes are in internal/files.
//
// It belongs to the kit: it imports nothing of ours, and does no I/O.
//
// The room is empty yet. Issue 7 (files) fills it.
package attachment

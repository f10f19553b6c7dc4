// Package wire holds the Go types of what nodes tell each other, generated from
// internal/natsbus/bus.proto by web/generate.sh.
package wire

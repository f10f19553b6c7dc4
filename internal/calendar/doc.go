// Package calendar counts business hours: weekly opening times in a time zone,
// holidays, and the days on which clocks change.
//
// It is arithmetic on times that are passed in. It reads no clock, starts no
// goroutine and keeps no state. Times of day are wall-clock times of the zone:
// where clocks skip or repeat an hour, opening times skip or repeat it too.
package calendar

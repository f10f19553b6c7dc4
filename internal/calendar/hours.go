package calendar

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no zone files
)

// ErrInvalid is returned for opening times that mean nothing; it is wrapped with
// the field and the mend.
var ErrInvalid = errors.New("invalid business hours")

// Limits of a [Spec].
const (
	MaxIntervals = 100 // in a week
	MaxHolidays  = 400
)

// Spec is business hours as people write them, and as they are stored.
type Spec struct {
	Zone     string     `json:"zone" doc:"IANA name of the time zone, such as Asia/Shanghai"`
	Week     []Interval `json:"week" doc:"Opening times of a week; a day that is not named is closed"`
	Holidays []Holiday  `json:"holidays,omitempty" doc:"Days that are not as the week says"`
}

// Interval is an opening time on one day of the week. What lasts over midnight
// is two intervals, the first until 24:00.
type Interval struct {
	Day   string `json:"day" enum:"mon,tue,wed,thu,fri,sat,sun"`
	Open  string `json:"open" doc:"HH:MM, 00:00–23:59"`
	Close string `json:"close" doc:"HH:MM, up to 24:00; after open"`
}

// Holiday is a date that is not as the week says: closed, or open at other
// times. Several entries of one date are several opening times.
type Holiday struct {
	Date  string `json:"date" doc:"YYYY-MM-DD"`
	Name  string `json:"name,omitempty"`
	Open  string `json:"open,omitempty" doc:"HH:MM; with close; neither = closed all day"`
	Close string `json:"close,omitempty" doc:"HH:MM, up to 24:00; after open"`
}

// Hours are business hours. Make them with [New] or from JSON (a [Spec]); they
// are never changed. The zero value is never open.
type Hours struct {
	spec     Spec
	zone     *time.Location
	week     [7][]span // by time.Weekday
	holidays map[date][]span
}

// span is a part of a day, from ≤ t < to, in minutes since midnight by the wall clock.
type span struct{ from, to int }

// date is a day of the calendar.
type date struct {
	year  int
	month time.Month
	day   int
}

const dayMinutes = 24 * 60

// New checks spec and returns its hours. Errors wrap [ErrInvalid] and name the field.
func New(spec Spec) (*Hours, error) {
	h := &Hours{spec: spec, holidays: map[date][]span{}}
	if spec.Zone == "" || spec.Zone == "Local" {
		return nil, fmt.Errorf(`"zone" is empty: name a time zone such as Asia/Shanghai: %w`, ErrInvalid)
	}
	var err error
	if h.zone, err = time.LoadLocation(spec.Zone); err != nil {
		return nil, fmt.Errorf(`"zone" %q is no time zone; one is Asia/Shanghai: %w`, spec.Zone, ErrInvalid)
	}
	if len(spec.Week) > MaxIntervals || len(spec.Holidays) > MaxHolidays {
		return nil, fmt.Errorf(`"week" may have %d entries and "holidays" %d: %w`, MaxIntervals, MaxHolidays, ErrInvalid)
	}
	for i, w := range spec.Week {
		day := slices.Index(dayNames(), w.Day)
		if day < 0 {
			return nil, fmt.Errorf(`"week" entry %d: "day" %q is none of mon, tue, wed, thu, fri, sat, sun: %w`, i+1, w.Day, ErrInvalid)
		}
		s, err := spanOf(w.Open, w.Close)
		if err != nil {
			return nil, fmt.Errorf(`"week" entry %d: %w`, i+1, err)
		}
		weekday := (day + 1) % 7
		if h.week[weekday], err = insert(h.week[weekday], s); err != nil {
			return nil, fmt.Errorf(`"week" entry %d: %w`, i+1, err)
		}
	}
	for i, d := range spec.Holidays {
		t, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			return nil, fmt.Errorf(`"holidays" entry %d: "date" %q is no date such as 2026-10-01: %w`, i+1, d.Date, ErrInvalid)
		}
		on := date{t.Year(), t.Month(), t.Day()}
		if d.Open == "" && d.Close == "" {
			if len(h.holidays[on]) > 0 {
				return nil, fmt.Errorf(`"holidays" entry %d: %s is open and closed at once: %w`, i+1, d.Date, ErrInvalid)
			}
			h.holidays[on] = []span{}
			continue
		}
		s, err := spanOf(d.Open, d.Close)
		if err != nil {
			return nil, fmt.Errorf(`"holidays" entry %d: %w`, i+1, err)
		}
		if known, ok := h.holidays[on]; ok && len(known) == 0 {
			return nil, fmt.Errorf(`"holidays" entry %d: %s is open and closed at once: %w`, i+1, d.Date, ErrInvalid)
		}
		if h.holidays[on], err = insert(h.holidays[on], s); err != nil {
			return nil, fmt.Errorf(`"holidays" entry %d: %w`, i+1, err)
		}
	}
	return h, nil
}

// dayNames are the days of a [Spec], Monday first.
func dayNames() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func spanOf(open, closing string) (span, error) {
	from, err := minutes("open", open)
	if err != nil {
		return span{}, err
	}
	to, err := minutes("close", closing)
	if err != nil {
		return span{}, err
	}
	if from >= to {
		return span{}, fmt.Errorf(`"close" %s is not after "open" %s; what lasts over midnight is two entries, the first until 24:00: %w`, closing, open, ErrInvalid)
	}
	return span{from, to}, nil
}

// minutes reads HH:MM, 00:00 to 24:00.
func minutes(field, s string) (int, error) {
	bad := fmt.Errorf("%q %q is no time from 00:00 to 24:00: %w", field, s, ErrInvalid)
	hour, minute, ok := strings.Cut(s, ":")
	if !ok || len(hour) != 2 || len(minute) != 2 {
		return 0, bad
	}
	h, err := strconv.ParseUint(hour, 10, 8)
	if err != nil {
		return 0, bad
	}
	m, err := strconv.ParseUint(minute, 10, 8)
	if err != nil || m > 59 || 60*h+m > dayMinutes {
		return 0, bad
	}
	return int(60*h + m), nil
}

// insert returns all with s, in order; they must not overlap.
func insert(all []span, s span) ([]span, error) {
	if slices.ContainsFunc(all, func(o span) bool { return s.from < o.to && o.from < s.to }) {
		return nil, fmt.Errorf("it overlaps another opening time of the day: %w", ErrInvalid)
	}
	all = append(all, s)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return all, nil
}

// Spec returns what the hours were made of.
func (h *Hours) Spec() Spec { return h.spec }

// MarshalJSON writes the [Spec].
func (h *Hours) MarshalJSON() ([]byte, error) { return json.Marshal(h.spec) }

// UnmarshalJSON reads a [Spec] and checks it as [New] does.
func (h *Hours) UnmarshalJSON(data []byte) error {
	var spec Spec
	if err := json.Unmarshal(data, &spec); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	made, err := New(spec)
	if err != nil {
		return err
	}
	*h = *made
	return nil
}

// spans returns the opening times of a day.
func (h *Hours) spans(on date, weekday time.Weekday) []span {
	if s, ok := h.holidays[on]; ok {
		return s
	}
	return h.week[weekday]
}

// IsOpen reports whether t falls into an opening time.
func (h *Hours) IsOpen(t time.Time) bool {
	if h.zone == nil {
		return false
	}
	t = t.In(h.zone)
	at := 60*t.Hour() + t.Minute()
	return slices.ContainsFunc(h.spans(dateOf(t), t.Weekday()), func(s span) bool { return s.from <= at && at < s.to })
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// maxAhead is how many days NextOpen looks ahead: longer than any run of holidays.
const maxAhead = MaxHolidays + 14

// NextOpen returns the first moment from t on that falls into an opening time:
// t itself while it is open. It reports false if there is none within a year.
func (h *Hours) NextOpen(t time.Time) (time.Time, bool) {
	if h.IsOpen(t) {
		return t, true
	}
	if h.zone == nil {
		return time.Time{}, false
	}
	local := t.In(h.zone)
	// Noon is there on every day, whatever the clocks do; a day that a zone skips comes twice, which costs nothing.
	noon := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, h.zone)
	for range maxAhead {
		y, m, d := noon.Date()
		var first time.Time
		for _, s := range h.spans(date{y, m, d}, noon.Weekday()) {
			for at := range h.begins(date{y, m, d}, s) {
				if at.After(t) && (first.IsZero() || at.Before(first)) {
					first = at
				}
			}
		}
		if !first.IsZero() {
			return first, true
		}
		noon = time.Date(y, m, d+1, 12, 0, 0, 0, h.zone)
	}
	return time.Time{}, false
}

// begins yields the moments at which the span s of a day begins: one, but two
// where clocks repeat it, and the change of the clocks where they skip its beginning.
func (h *Hours) begins(on date, s span) func(yield func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		midnight := time.Date(on.year, on.month, on.day, 0, 0, 0, 0, time.UTC)
		last := midnight.Add(36 * time.Hour) // UTC+14 to UTC−12, with some room
		for at := midnight.Add(-36 * time.Hour); at.Before(last); {
			zoned := at.In(h.zone)
			from, to := zoned.ZoneBounds() // of the time without a change of the clocks that at lies in; zero = for ever
			_, offset := zoned.Zone()
			ahead := time.Duration(offset) * time.Second
			begin := midnight.Add(time.Duration(s.from)*time.Minute - ahead)
			end := midnight.Add(time.Duration(s.to)*time.Minute - ahead)
			if !from.IsZero() && begin.Before(from) {
				begin = from
			}
			if begin.Before(end) && (to.IsZero() || begin.Before(to)) && !yield(begin.In(h.zone)) {
				return
			}
			if to.IsZero() {
				return
			}
			at = to
		}
	}
}

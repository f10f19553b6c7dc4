package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const chinese = "zh-CN"

// Words tells the week's opening times to a reader of locale ("zh-CN", else
// English) as of t: "Monday to Friday 09:00–18:00 (UTC+8)". Empty if the week has none.
func (h *Hours) Words(locale string, t time.Time) string {
	if h.zone == nil {
		return ""
	}
	zh := locale == chinese
	always := true
	var parts []string
	for day := 0; day < 7; {
		spans := h.week[weekday(day)]
		always = always && slices.Equal(spans, []span{{0, dayMinutes}})
		end := day + 1
		for end < 7 && slices.Equal(spans, h.week[weekday(end)]) {
			end++
		}
		if len(spans) > 0 {
			parts = append(parts, days(zh, day, end-1)+" "+times(zh, spans))
		}
		day = end
	}
	switch {
	case len(parts) == 0:
		return ""
	case always && zh:
		return "每天 24 小时"
	case always:
		return "24 hours a day"
	case zh:
		return strings.Join(parts, "，") + "（" + h.offset(t) + "）"
	}
	return strings.Join(parts, ", ") + " (" + h.offset(t) + ")"
}

// NextWords tells when it opens next, after t, in locale's words: "today at
// 14:00", "on Monday at 09:00". Empty while it is open, and if it never opens.
func (h *Hours) NextWords(locale string, t time.Time) string {
	next, ok := h.NextOpen(t)
	if !ok || next.Equal(t) {
		return ""
	}
	zh := locale == chinese
	local := t.In(h.zone)
	at := next.In(h.zone)
	clock := at.Format("15:04")
	switch ahead := daysBetween(local, at); {
	case ahead == 0 && zh:
		return "今天 " + clock
	case ahead == 0:
		return "today at " + clock
	case ahead == 1 && zh:
		return "明天 " + clock
	case ahead == 1:
		return "tomorrow at " + clock
	case ahead < 7 && zh:
		return dayZH(at.Weekday()) + " " + clock
	case ahead < 7:
		return "on " + at.Weekday().String() + " at " + clock
	case zh:
		return at.Format("1 月 2 日 15:04")
	default:
		return at.Format("on 2 January at 15:04")
	}
}

func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}

// weekday is the n-th day of a week that begins on Monday.
func weekday(n int) time.Weekday { return time.Weekday((n + 1) % 7) }

func dayZH(d time.Weekday) string {
	return "周" + string([]rune("日一二三四五六")[d])
}

func days(zh bool, from, to int) string {
	a, b := weekday(from), weekday(to)
	switch {
	case zh && from == 0 && to == 6:
		return "每天"
	case from == 0 && to == 6:
		return "Every day"
	case zh && from == to:
		return dayZH(a)
	case from == to:
		return a.String()
	case zh:
		return dayZH(a) + "至" + dayZH(b)
	}
	return a.String() + " to " + b.String()
}

func times(zh bool, spans []span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = clockOf(s.from) + "–" + clockOf(s.to)
	}
	if zh {
		return strings.Join(parts, "、")
	}
	return strings.Join(parts, " and ")
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// offset names the zone's distance from UTC at t: "UTC+8", "UTC+5:30".
func (h *Hours) offset(t time.Time) string {
	_, seconds := t.In(h.zone).Zone()
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := fmt.Sprintf("UTC%s%d", sign, seconds/3600)
	if m := seconds % 3600 / 60; m != 0 {
		s += fmt.Sprintf(":%02d", m)
	}
	return s
}

package calendar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"frontdesk/internal/calendar"
)

func hours(t *testing.T, zone string, holidays []calendar.Holiday, week ...calendar.Interval) *calendar.Hours {
	t.Helper()
	h, err := calendar.New(calendar.Spec{Zone: zone, Week: week, Holidays: holidays})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func office() []calendar.Interval {
	var week []calendar.Interval
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		week = append(week, calendar.Interval{Day: day, Open: "09:00", Close: "18:00"})
	}
	return append(week, calendar.Interval{Day: "sat", Open: "10:00", Close: "12:00"}, calendar.Interval{Day: "sat", Open: "13:00", Close: "24:00"})
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestItIsOpenWhenTheWallClockSaysSo(t *testing.T) {
	t.Parallel()
	h := hours(t, "Asia/Shanghai", []calendar.Holiday{
		{Date: "2026-10-01", Name: "国庆"}, {Date: "2026-10-10", Open: "08:00", Close: "09:30"},
	}, office()...)
	for at, open := range map[string]bool{
		"2026-11-20T08:59:59+08:00": false, // a Friday
		"2026-11-20T09:00:00+08:00": true,
		"2026-11-20T17:59:59+08:00": true,
		"2026-11-20T18:00:00+08:00": false, // exactly at close
		"2026-11-20T01:00:00Z":      true,
		"2026-11-21T12:30:00+08:00": false, // Saturday, lunch
		"2026-11-21T23:59:59+08:00": true,  // until 24:00
		"2026-11-22T00:00:00+08:00": false,
		"2026-10-01T10:00:00+08:00": false, // holiday
		"2026-10-10T08:30:00+08:00": true,  // a Saturday at other times
		"2026-10-10T11:00:00+08:00": false,
	} {
		if got := h.IsOpen(moment(t, at)); got != open {
			t.Errorf("%s: open %v", at, got)
		}
	}
}

func TestTheNextOpeningPassesWeekendsHolidaysAndMidnight(t *testing.T) {
	t.Parallel()
	h := hours(t, "Asia/Shanghai", []calendar.Holiday{{Date: "2026-11-23"}, {Date: "2026-11-24", Open: "14:00", Close: "15:00"}}, office()...)
	for at, want := range map[string]string{
		"2026-11-20T10:00:00+08:00": "2026-11-20T10:00:00+08:00", // open
		"2026-11-20T18:00:00+08:00": "2026-11-21T10:00:00+08:00",
		"2026-11-21T12:00:00+08:00": "2026-11-21T13:00:00+08:00",
		"2026-11-22T00:00:00+08:00": "2026-11-24T14:00:00+08:00", // Sunday, a holiday, and a short Tuesday
		"2026-11-24T15:00:00+08:00": "2026-11-25T09:00:00+08:00",
	} {
		got, ok := h.NextOpen(moment(t, at))
		if !ok || !got.Equal(moment(t, want)) {
			t.Errorf("after %s: %s %v, want %s", at, got, ok, want)
		}
	}
	if got, ok := hours(t, "UTC", nil).NextOpen(moment(t, "2026-11-20T18:00:00Z")); ok {
		t.Errorf("who never opens, opens at %s", got)
	}
	if (&calendar.Hours{}).IsOpen(time.Now()) {
		t.Error("the zero value is open")
	}
}

// Berlin 2026: clocks go from 02:00 to 03:00 on 29 March, and from 03:00 to 02:00 on 25 October.
func TestClocksThatChangeSkipAndRepeatOpeningTimes(t *testing.T) {
	t.Parallel()
	h := hours(t, "Europe/Berlin", nil, calendar.Interval{Day: "sun", Open: "02:15", Close: "02:45"}, calendar.Interval{Day: "sun", Open: "12:00", Close: "13:00"})
	if got, ok := h.NextOpen(moment(t, "2026-03-29T00:00:00Z")); !ok || !got.Equal(moment(t, "2026-03-29T10:00:00Z")) {
		t.Errorf("an opening time that is skipped: %s", got)
	}
	if got, ok := h.NextOpen(moment(t, "2026-10-25T00:00:00Z")); !ok || !got.Equal(moment(t, "2026-10-25T00:15:00Z")) {
		t.Errorf("the first 02:15: %s", got)
	}
	if got, ok := h.NextOpen(moment(t, "2026-10-25T00:50:00Z")); !ok || !got.Equal(moment(t, "2026-10-25T01:15:00Z")) {
		t.Errorf("the second 02:15: %s", got)
	}
	half := hours(t, "Europe/Berlin", nil, calendar.Interval{Day: "sun", Open: "02:30", Close: "04:00"})
	if got, ok := half.NextOpen(moment(t, "2026-03-29T00:00:00Z")); !ok || !got.Equal(moment(t, "2026-03-29T01:00:00Z")) {
		t.Errorf("its beginning is skipped, the rest is not: %s", got)
	}
}

func TestTheNextOpeningIsTheFirstMinuteThatIsOpen(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"}
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	rapid.Check(t, func(rt *rapid.T) {
		spec := calendar.Spec{Zone: rapid.SampledFrom(zones).Draw(rt, "zone")}
		for _, day := range days {
			from := rapid.IntRange(0, 95).Draw(rt, "from")
			to := rapid.IntRange(0, 96).Draw(rt, "to")
			if from < to {
				spec.Week = append(spec.Week, calendar.Interval{Day: day, Open: quarter(from), Close: quarter(to)})
			}
		}
		// Around the changes of clocks of 2026 in both hemispheres, and Samoa's missing 30 December 2011.
		start := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC),
		}).Draw(rt, "start").Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(rt, "minutes")) * time.Minute)
		h, err := calendar.New(spec)
		if err != nil {
			rt.Fatal(err)
		}
		got, ok := h.NextOpen(start)
		var want time.Time
		for at := start; at.Before(start.Add(9 * 24 * time.Hour)); at = at.Add(time.Minute) {
			if h.IsOpen(at) {
				want = at
				break
			}
		}
		if want.IsZero() {
			if ok && got.Before(start.Add(8*24*time.Hour)) {
				rt.Fatalf("after %s it opens at %s, but no minute is open", start, got)
			}
			return
		}
		if !ok || !got.Equal(want) {
			rt.Fatalf("after %s it opens at %s (%v), the first open minute is %s", start, got, ok, want)
		}
	})
}

// quarter is the n-th quarter of an hour of a day, 0–96.
func quarter(n int) string { return fmt.Sprintf("%02d:%02d", n/4, n%4*15) }

func TestHoursSurviveJSONAndSayWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	h := hours(t, "Asia/Shanghai", []calendar.Holiday{{Date: "2026-10-01", Name: "国庆"}}, office()...)
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var back calendar.Hours
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&back); err != nil || string(again) != string(raw) || !back.IsOpen(moment(t, "2026-11-20T09:00:00+08:00")) {
		t.Fatalf("%s became %s, %v", raw, again, err)
	}
	for bad, field := range map[string]string{
		`{"zone":"","week":[]}`: "zone", `{"zone":"Mars/Base","week":[]}`: "zone",
		`{"zone":"UTC","week":[{"day":"noday","open":"09:00","close":"10:00"}]}`:                                            "day",
		`{"zone":"UTC","week":[{"day":"mon","open":"9:00","close":"10:00"}]}`:                                               "open",
		`{"zone":"UTC","week":[{"day":"mon","open":"09:00","close":"24:01"}]}`:                                              "close",
		`{"zone":"UTC","week":[{"day":"mon","open":"22:00","close":"02:00"}]}`:                                              "midnight",
		`{"zone":"UTC","week":[{"day":"mon","open":"09:00","close":"12:00"},{"day":"mon","open":"11:00","close":"13:00"}]}`: "overlaps",
		`{"zone":"UTC","week":[],"holidays":[{"date":"1 May"}]}`:                                                            "date",
		`{"zone":"UTC","week":[],"holidays":[{"date":"2026-05-01"},{"date":"2026-05-01","open":"09:00","close":"10:00"}]}`:  "open and closed",
		`{"zone":"UTC","week":[],"holidays":[{"date":"2026-05-01","open":"09:00"}]}`:                                        "close",
		`{"zone":"UTC","week":[],"holidays":[{"date":"2026-05-01","open":"09:00","close":"10:00"},{"date":"2026-05-01"}]}`:  "open and closed",
		`{"zone":"UTC","week":{}}`: "",
	} {
		var h calendar.Hours
		if err := json.Unmarshal([]byte(bad), &h); !errors.Is(err, calendar.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestHoursAreToldInBothLanguages(t *testing.T) {
	t.Parallel()
	h := hours(t, "Asia/Shanghai", []calendar.Holiday{{Date: "2026-11-23"}}, office()...)
	now := moment(t, "2026-11-21T12:30:00+08:00")
	for locale, want := range map[string][2]string{
		"zh-CN": {"周一至周五 09:00–18:00，周六 10:00–12:00、13:00–24:00（UTC+8）", "今天 13:00"},
		"en":    {"Monday to Friday 09:00–18:00, Saturday 10:00–12:00 and 13:00–24:00 (UTC+8)", "today at 13:00"},
	} {
		if got := h.Words(locale, now); got != want[0] {
			t.Errorf("%s: %q", locale, got)
		}
		if got := h.NextWords(locale, now); got != want[1] {
			t.Errorf("%s: %q", locale, got)
		}
	}
	sunday := moment(t, "2026-11-22T12:30:00+08:00")
	if zh, en := h.NextWords("zh-CN", sunday), h.NextWords("en", sunday); zh != "周二 09:00" || en != "on Tuesday at 09:00" {
		t.Errorf("%q, %q", zh, en)
	}
	if got := h.NextWords("en", moment(t, "2026-11-20T20:00:00+08:00")); got != "tomorrow at 10:00" {
		t.Error(got)
	}
	if got := h.NextWords("en", moment(t, "2026-11-20T10:00:00+08:00")); got != "" {
		t.Errorf("while it is open: %q", got)
	}
	var always []calendar.Interval
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		always = append(always, calendar.Interval{Day: day, Open: "00:00", Close: "24:00"})
	}
	if zh, en := hours(t, "UTC", nil, always...).Words("zh-CN", now), hours(t, "UTC", nil, always...).Words("en", now); zh != "每天 24 小时" || en != "24 hours a day" {
		t.Errorf("%q, %q", zh, en)
	}
	if got := hours(t, "UTC", nil).Words("en", now); got != "" {
		t.Errorf("never open: %q", got)
	}
	once := hours(t, "Asia/Kolkata", []calendar.Holiday{{Date: "2026-12-24", Open: "09:00", Close: "12:00"}})
	if zh, en := once.NextWords("zh-CN", now), once.NextWords("en", now); zh != "12 月 24 日 09:00" || en != "on 24 December at 09:00" {
		t.Errorf("%q, %q", zh, en)
	}
}

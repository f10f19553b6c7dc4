package identity_test

import (
	"testing"

	"frontdesk/internal/identity"
)

func TestANameIsWhatCanBeSeenOfIt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"李雷":                       "李雷",
		"  Nina  Berg ":            "Nina  Berg",
		"\u200b":                   "",
		"\u200b\u2060\ufeff\u00ad": "",
		"\u3164":                   "", // Hangul filler: a letter that shows nothing
		"\u2800 \u2800":            "",
		"\ufe0f":                   "",
		"a\u202egnp.exe":           "agnp.exe", // would be shown from right to left
		"\u2066Ann\u2069":          "Ann",
		"A\u200dB\u200c":           "AB",
		"\u200d\u200d":             "",
		"王\u200b小明":                "王小明",
		"👩‍💻 Dev":                  "👩‍💻 Dev",
		"🏳️‍🌈":                     "🏳️‍🌈",
		"👩🏽‍🚒":                     "👩🏽‍🚒",
		"❤️":                       "❤️",
		"1️⃣":                      "1️⃣",
		"🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F": "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"Ann\U000E0067\U000E0062": "Ann",
		"علی\u200cرضا":            "علی\u200cرضا", // Alireza
		"क्\u200dष":               "क्\u200dष",
		"ශ්\u200dරී":              "ශ්\u200dරී",
		"葛\U000E0100城":            "葛\U000E0100城", // a variant of the character
		"\u0600١":                 "\u0600١",
		"\u0301":                  "\u0301",
	} {
		if got := identity.VisibleName(in); got != want {
			t.Errorf("%+q: got %+q, want %+q", in, got, want)
		}
	}
}

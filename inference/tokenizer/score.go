package tokenizer

import (
	"math"
	"strconv"
	"strings"
)

// parseScore reads a JSON number as serde_json does without its feature float_roundtrip, as Hugging Face's tokenizers
// are built: digits as an integer, rounded, then one multiplication or division by a power of ten (serde_json, de.rs,
// f64_from_parts). The last bit may differ from the nearest number, and ways of equal score are told apart by it.
func parseScore(number string) (float64, bool) {
	digits, negative := strings.CutPrefix(number, "-")
	var significand uint64
	exponent, full := 0, false
	mantissa, exp, _ := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" {
		return 0, false
	}
	for i, c := range whole + fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := uint64(c - '0')
		full = full || significand > (math.MaxUint64-d)/10
		switch {
		case !full:
			significand = significand*10 + d
			if i >= len(whole) {
				exponent--
			}
		case i < len(whole):
			exponent++ // digits that no longer fit count as zeros, or not at all behind the point
		}
	}
	if exp != "" {
		e, err := strconv.Atoi(exp)
		if err != nil || e > 1<<20 || e < -1<<20 {
			return 0, false
		}
		exponent += e
	}
	f := float64(significand)
	for ; exponent < -308 && f != 0; exponent += 308 {
		f /= 1e308
	}
	switch {
	case f == 0:
	case exponent < 0:
		f /= math.Pow10(-exponent)
	case exponent > 308:
		return 0, false
	default:
		f *= math.Pow10(exponent)
	}
	if negative {
		f = -f
	}
	return f, !math.IsInf(f, 0)
}

package text_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"frontdesk/internal/text"
)

func TestTheSpellerFindsTheWordThatWasMeant(t *testing.T) {
	t.Parallel()
	s := text.NewSpeller(map[string]int32{
		"refund": 40, "return": 60, "invoice": 20, "verification": 5, "cancel": 30, "cancellation": 3, "shipping": 25, "charge": 9, "change": 30,
		"order": 90, "coming": 4, "membership": 8, "benefits": 3, "missing": 6, "account": 12, "th01": 50, "退款": 50, "don't": 9, "phone": 9,
	})
	for typed, want := range map[string]string{
		"refnud": "refund", "retrun": "return", "invioce": "invoice", "verificaton": "verification", "cancle": "cancel", "shippng": "shipping",
		"memebership": "membership", "benfits": "benefits", "misisng": "missing", "cominng": "coming", "refumd": "refund",
		"acount": "account", "verifcaiton": "verification", "chabge": "change", "orderr": "order",
		// too far, too short, or not made of letters
		"rfd": "", "rfnd": "", "banana": "", "cnl": "", "iphone": "", "rder": "", "th02": "", "退贷": "", "": "", "refundrefundrefundrefundrefund": "", "refu2d": "",
	} {
		if got, cost := s.Correct(typed); got != want {
			t.Errorf("Correct(%q) = %q (%.2f), want %q", typed, got, cost, want)
		}
	}
	if got, _ := text.NewSpeller(nil).Correct("refund"); got != "" {
		t.Errorf("a speller without words corrects to %q", got)
	}
}

func TestLikelySlipsCostLess(t *testing.T) {
	t.Parallel()
	s := text.NewSpeller(map[string]int32{"track": 1, "order": 1})
	cost := func(w string) float64 {
		_, c := s.Correct(w)
		return c
	}
	if !(cost("trqck") < cost("trmck")) {
		t.Error("a neighbour on the keyboard costs as much as any letter")
	}
	if !(cost("tarck") < cost("trakk")) {
		t.Error("two letters exchanged cost as much as a wrong one")
	}
}

// Every word with one slip behind its first letter, and every long one with two, must come back while nothing nearer is known.
func TestEverySlipWithinTheBudgetIsFound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, w := range []string{"abcd", "abcdefg", "abcdefgh", "abcdefghijklmnop"} {
		s := text.NewSpeller(map[string]int32{w: 1})
		for range 2000 {
			typed := w[:1] + slip(rng, w[1:])
			if half := len(w) / 2; len(w) >= 9 { // apart: two slips in the same letters are more than two
				typed = w[:1] + slip(rng, w[1:half-1]) + w[half-1:half+1] + slip(rng, w[half+1:])
			}
			if len(typed) < 4 {
				continue
			}
			if got, _ := s.Correct(typed); got != w {
				t.Fatalf("Correct(%q) = %q, want %q", typed, got, w)
			}
		}
	}
}

// slip makes one random slip anywhere in w.
func slip(rng *rand.Rand, w string) string {
	b := []byte(w)
	i := rng.IntN(len(b))
	switch rng.IntN(4) {
	case 0:
		return string(append(b[:i:i], b[i+1:]...))
	case 1:
		return string(b[:i]) + string(rune('a'+rng.IntN(26))) + string(b[i:])
	case 2:
		b[i] = byte('a' + rng.IntN(26))
	default:
		if i+1 < len(b) {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	return string(b)
}

func BenchmarkSpeller(b *testing.B) {
	counts := map[string]int32{}
	rng := rand.New(rand.NewPCG(1, 2))
	for len(counts) < text.MaxSpellerWords {
		var w strings.Builder
		for range 4 + rng.IntN(8) {
			w.WriteByte("etaoinshrdlucmfwypvbgkjqxz"[rng.IntN(1+rng.IntN(26))])
		}
		counts[w.String()] = int32(rng.IntN(100))
	}
	b.Run(fmt.Sprintf("build/%d", len(counts)), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text.NewSpeller(counts)
		}
	})
	s := text.NewSpeller(counts)
	b.Run("correct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Correct("verificaton")
		}
	})
}

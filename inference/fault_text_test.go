package inference_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"frontdesk/inference"
	"frontdesk/models"
)

// multilingual is the bundled encoder.
func multilingual(t testing.TB) models.Bundle {
	t.Helper()
	b, err := models.Default()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmptyWhitespaceNulAndInvalidUTF8AreErrorsThatNameTheText(t *testing.T) {
	t.Parallel()
	e := serve(t, multilingual(t))
	for bad, want := range map[string]error{
		"":                     inference.ErrEmptyText,
		" \t\r\n\u00a0\u3000 ": inference.ErrEmptyText,
		"\x00":                 inference.ErrEmptyText,
		"\x00\x00\x00":         inference.ErrEmptyText,
		"\u200b\u200d\ufeff":   inference.ErrEmptyText,
		"\ufffd":               inference.ErrEmptyText,
		"a\xffb":               inference.ErrInvalidText,
		"\xed\xa0\x80":         inference.ErrInvalidText, // a surrogate
		"\xc0\xaf":             inference.ErrInvalidText, // overlong
		"怎么退\xe6\xac":          inference.ErrInvalidText, // cut in the middle of a character
	} {
		if _, _, err := e.EmbedQuestion(t.Context(), bad); !errors.Is(err, want) {
			t.Errorf("question %q: %v, want %v", bad, err, want)
		}
		for at := range 3 {
			texts := []string{"one", "two", "three"}
			texts[at] = bad
			vectors, _, err := e.EmbedPassages(t.Context(), texts)
			if !errors.Is(err, want) || !strings.Contains(err.Error(), fmt.Sprint(at)) || vectors != nil {
				t.Errorf("passage %d %q: %v, want %v with the index", at, bad, err, want)
			}
		}
	}
	if n := e.Runs(); n != 0 {
		t.Errorf("%d runs for refused requests", n)
	}
	with, _, err := e.EmbedQuestion(t.Context(), "怎么\x00退款")
	if err != nil {
		t.Fatalf("NUL inside a text: %v", err)
	}
	without, _, err := e.EmbedQuestion(t.Context(), "怎么退款")
	if err != nil || cosine(with, without) < 0.999999 {
		t.Errorf("NUL inside a text changes its vector: %v, %v", cosine(with, without), err)
	}
}

// work is the processor time that this process has used: unlike the clock's, it does not see other processes.
func work(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

//nolint:paralleltest // measures the work of the whole process
func TestAMegabyteWithoutSpacesTakesLinearTime(t *testing.T) {
	e := serve(t, multilingual(t))
	for name, c := range map[string]struct {
		unit string
		size int
	}{
		"a letter": {"a", 1 << 20}, "a combining mark": {"a\u0301", 1 << 20}, "Chinese": {"长", 1 << 20},
		"emoji": {"👩‍👩‍👧", 1 << 20}, "one that becomes eighteen": {"ﷺ", 1 << 18},
	} {
		took := func(size int) time.Duration {
			s := strings.Repeat(c.unit, size/len(c.unit))
			runtime.GC() // what came before is not this text's
			start := work(t)
			if _, _, err := e.EmbedQuestion(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return work(t) - start
		}
		took(1 << 10)
		eighth, whole := min(took(c.size/8), took(c.size/8)), took(c.size)
		if whole > 32*eighth+50*time.Millisecond { // 8 if linear, 64 if quadratic
			t.Errorf("%s: %d KiB take %v, an eighth %v", name, c.size>>10, whole, eighth)
		}
		t.Logf("%s: %d KiB %v, an eighth %v", name, c.size>>10, whole, eighth)
	}
}

func TestTwoThousandAndFortyEightTextsInOneRequest(t *testing.T) {
	t.Parallel()
	e := serve(t, multilingual(t))
	rng := rand.New(rand.NewPCG(4, 8))
	words := strings.Fields("how do i get my money back 怎么 退款 订单 where is order 10023 please")
	texts := make([]string, 2048)
	for i := range texts {
		for range 1 + rng.IntN(40) {
			texts[i] += words[rng.IntN(len(words))] + " "
		}
	}
	vectors, print, err := e.EmbedPassages(t.Context(), texts)
	if err != nil || len(vectors) != len(texts) || print != e.Fingerprint() {
		t.Fatalf("%d vectors of %q, %v", len(vectors), print, err)
	}
	for i := 0; i < len(texts); i += 97 {
		one, _, err := e.EmbedPassages(t.Context(), texts[i:i+1])
		if err != nil || cosine(one[0], vectors[i]) < 0.999999 {
			t.Errorf("text %d: cosine %v between alone and among 2,048, %v", i, cosine(one[0], vectors[i]), err)
		}
	}
	texts[2047] = " "
	if _, _, err := e.EmbedPassages(t.Context(), texts); !errors.Is(err, inference.ErrEmptyText) || !strings.Contains(err.Error(), "2047") {
		t.Errorf("a bad last text: %v", err)
	}
}

func TestOneCharacterEmojiAndTypedSpecialTokensHaveVectors(t *testing.T) {
	t.Parallel()
	e := serve(t, multilingual(t))
	for _, s := range []string{"?", "长", "😀", "👩‍👩‍👧‍👦", "İ", "ı", "ß", "①", "[CLS]", "[SEP]", "[PAD] [UNK] [MASK]", "TH01", "Ｔ", "\u0301a"} {
		v, _, err := e.EmbedQuestion(t.Context(), s)
		if err != nil || len(v) != e.Dims() {
			t.Errorf("%q: %d values, %v", s, len(v), err)
		}
	}
	plain, _, err := e.EmbedQuestion(t.Context(), "hello")
	if err != nil {
		t.Fatal(err)
	}
	forged, _, err := e.EmbedQuestion(t.Context(), "hello [SEP] [CLS]")
	if err != nil || cosine(plain, forged) > 0.9999 {
		t.Errorf("typed special tokens are no text: cosine %v, %v", cosine(plain, forged), err)
	}
}

package kb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestVectorsThatAreNoNumbersAreLeftOutOfLearning(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(12, 6)
	broken := map[int]float32{3: float32(math.NaN()), 20: float32(math.Inf(1)), 41: math.MaxFloat32, 66: float32(math.Inf(-1))}
	var healthy []Variant
	for i, v := range variants {
		if _, bad := broken[i]; !bad {
			healthy = append(healthy, v)
		}
	}
	for i, x := range broken {
		variants[i].Vector[7] = x
	}
	sample := calibrationSample(variants)
	h, held, err := learnHead(t.Context(), variants, sample)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := learnHead(t.Context(), healthy, calibrationSample(healthy))
	if err != nil {
		t.Fatal(err)
	}
	if h.slope = want.slope; !bytes.Equal(h.encode(), want.encode()) { // the slope is of the sample, which has them
		t.Error("it is not the head of the others")
	}
	for i, v := range sample {
		if usable(v.Vector) != (held.decision[i] != nil) {
			t.Errorf("%q was held out: %v", v.Content, held.decision[i] != nil)
		}
	}
}

func TestVectorsThatAreAllNoNumbersMakeNoHead(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(12, 6)
	for i := range variants {
		variants[i].Vector[i%32] = float32(math.NaN())
	}
	if h, _, err := learnHead(t.Context(), variants, calibrationSample(variants)); h != nil || err != nil {
		t.Fatalf("%v, %v", h != nil, err)
	}
}

func TestAPanicInLearningIsAnError(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(12, 6)
	variants[17].Vector = variants[17].Vector[:5] // of another model: no such thing is stored together
	if _, _, err := learnHead(t.Context(), variants, calibrationSample(variants)); !errors.Is(err, errPanicked) {
		t.Errorf("in the caller: %v", err)
	}
	err := learners(t.Context(), 4, func(context.Context) error { panic("an index out of range") })
	if !errors.Is(err, errPanicked) || !strings.Contains(err.Error(), "an index out of range") {
		t.Errorf("in a worker: %v", err)
	}
}

func TestTheFirstErrorOfAWorkerEndsTheOthers(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	first := make(chan struct{}, 1)
	first <- struct{}{}
	err := learners(t.Context(), 4, func(ctx context.Context) error {
		select {
		case <-first:
			return broken
		case <-ctx.Done():
			return nil
		}
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
}

func TestTheSameTextInTwoLocalesIsLearntOnceInWhateverOrder(t *testing.T) {
	t.Parallel()
	variants := toyCorpus(12, 5)
	for a := range 12 {
		twin := variants[5*a]
		twin.Locale, twin.ID = "zh-CN", int64(1000+a)
		title := variants[5*a+1]
		title.Kind, title.ID = KindTitle, int64(2000+a)
		variants = append(variants, twin, title)
	}
	sample := calibrationSample(variants)
	first, held, err := learnHead(t.Context(), variants, sample)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(variants)
	second, again, err := learnHead(t.Context(), variants, sample)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.encode(), second.encode()) {
		t.Error("two fits differ")
	}
	for i := range sample {
		if !slices.Equal(held.decision[i], again.decision[i]) {
			t.Errorf("%q is decided otherwise", sample[i].Content)
		}
	}
}

func TestAClassIsToldFromItsOwnTheNearestAndOthers(t *testing.T) {
	t.Parallel()
	for _, classes := range []int{100, maxNearClasses + 500} {
		p := &headProblem{dims: 64, classes: classes, features: 1 << 20, members: make([][]int32, classes)}
		wide := make([]uint32, 2_000_000_000/classes/classes) // so that not all rows can be afforded
		for c := range classes {
			for range 4 {
				i := int32(len(p.examples))
				v := toyVector(string(rune('a'+c%26))+" of "+string(rune(0x4e00+c/2)), 64) // two and two are near
				p.examples = append(p.examples, headExample{sparse: sparse{at: wide}, dense: v, class: int32(c)})
				p.members[c] = append(p.members[c], i)
			}
		}
		chooser := p.newRowChoice().chooser()
		for _, class := range []int32{0, int32(classes / 2), int32(classes - 1)} {
			rows, all := chooser.rows(class)
			if all || len(rows) < 4+leastRows || len(rows) >= len(p.examples) || !slices.IsSorted(rows) || len(slices.Compact(slices.Clone(rows))) != len(rows) {
				t.Fatalf("%d classes: %d rows of %d, all %v", classes, len(rows), len(p.examples), all)
			}
			nearest := make([]int32, 0, classes)
			for c := range int32(classes) {
				if c != class {
					nearest = append(nearest, c)
				}
			}
			centres := chooser.centres
			slices.SortFunc(nearest, func(a, b int32) int {
				return cmp.Or(cmp.Compare(dot(centres[class], centres[b]), dot(centres[class], centres[a])), cmp.Compare(a, b))
			})
			missing := 0
			for _, c := range append(nearest[:10], class) {
				for _, i := range p.members[c] {
					if !slices.Contains(rows, i) {
						missing++
					}
				}
			}
			if missing > 4 { // of 40: a projection may miss one article
				t.Errorf("%d classes: %d texts of the nearest ten are no rows", classes, missing)
			}
		}
	}
}

package bot

import "testing"

func TestACodeTakesThePlaceOfTheLastQuestionsCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, message, want string }{
		{"TH01怎么换电池?", "那TH02呢?", "TH02怎么换电池?"},
		{"which battery does TH01 take", "and the TH-02?", "which battery does TH-02 take"},
		{"TH01怎么换电池", "TH02", "TH02怎么换电池"},
		{"kt200 capacity", "what about kt 300", "kt 300 capacity"},
		{"TH01怎么换电池", "那TH01呢", ""},               // the same
		{"TH01怎么换电池", "那TH02怎么连网呢", ""},           // a question of its own
		{"怎么换电池", "那TH02呢", ""},                   // nothing to put it in place of
		{"TH01 or TH02", "and TH03?", ""},         // which of the two?
		{"TH01怎么换电池", "那要多久呢", ""},                // no code
		{"TH01怎么换电池", "TH02 TH03 呢", ""},          // two
		{"how long is TH01 on sale", "why?", ""},  // no code
		{"TH01怎么换电池", "TH02 costs how much?", ""}, // more than a code
	} {
		if got, ok := inItsPlace(c.before, c.message); got != c.want || ok != (c.want != "") {
			t.Errorf("%q, then %q: %q", c.before, c.message, got)
		}
	}
}

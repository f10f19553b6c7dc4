package kb_test

import "testing"

func TestALoneWordThatTwoArticlesShareIsNotAnsweredWithOneOfThem(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "th01", "zh-CN", "TH01换电池", "TH01用什么电池")
	save(t, s, "th02", "zh-CN", "TH02换电池", "TH02用几号电池")
	save(t, s, "lamp", "zh-CN", "台灯多少瓦", "台灯护眼吗")
	save(t, s, "freight", "zh-CN", "运费怎么算")
	if r := ask(t, s, "电池"); !r.Features.Contested || r.Confidence > 0.5 {
		t.Errorf("confidence %.2f in %s: %+v", r.Confidence, r.Candidates[0].Article, r.Features)
	}
	for question, want := range map[string]string{"TH01电池": "th01", "TH02换电池": "th02", "台灯": "lamp"} {
		if r := ask(t, s, question); r.Features.Contested || r.Candidates[0].Article != want {
			t.Errorf("%q: %s, %+v", question, r.Candidates[0].Article, r.Features)
		}
	}
}

package kb_test

import "testing"

// EXPECTATIONS C, Bot 2.
func TestAnArticleAboutAnotherCodeNeverAnswers(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	save(t, s, "th01-battery", "zh-CN", "TH01 电池能用多久", "温湿度计电池多久换一次", "TH01 换电池")
	save(t, s, "th02-battery", "zh-CN", "TH02 用什么电池", "TH-02 电池续航", "TH02 可以插电吗")
	save(t, s, "shipping", "zh-CN", "多久发货", "几天能到", "什么时候送到")
	for _, question := range []string{"TH-02 电池能用多久", "TH02电池能用多久", "th02 温湿度计电池多久换一次"} {
		if r := ask(t, s, question); r.Candidates[0].Article != "th02-battery" {
			t.Errorf("%s: first is %s", question, r.Candidates[0].Article)
		}
	}
	for _, question := range []string{"TH03 电池", "TH03 电池能用多久"} {
		if r := ask(t, s, question); r.Confidence > 0.4 {
			t.Errorf("%s: confidence %.2f in %s, though nothing is known of TH03", question, r.Confidence, r.Candidates[0].Article)
		}
	}
	if r := ask(t, s, "温湿度计电池多久换一次"); r.Candidates[0].Article != "th01-battery" {
		t.Errorf("a question without a code: first is %s", r.Candidates[0].Article)
	}
}

package inference_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"frontdesk/inference"
	"frontdesk/models"
)

// paired is an engine with the compiled-in pair model.
func paired(t *testing.T) *inference.Engine {
	t.Helper()
	b, err := models.DefaultPair()
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, small(t), func(c *inference.Config) { c.Models = []models.Bundle{b} })
}

func TestTheBundledPairModelScoresAPairTheSameAloneAndAmongOthers(t *testing.T) {
	t.Parallel()
	e := paired(t)
	texts := []string{
		"怎么取消自动续费", "how do i turn notifications off", "?", "☃", "TH01", "TH02 " + strings.Repeat("long ", 200),
		strings.Repeat("退款多久到账", 40), "a", "我要退货",
	}
	for _, query := range []string{"怎么开通自动续费", "how do i turn notifications on", "☃", strings.Repeat("错误 TH01 ", 60)} {
		together, err := e.Rerank(t.Context(), models.RerankRequest{Query: query, Texts: texts, Raw: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			alone, err := e.Rerank(t.Context(), models.RerankRequest{Query: query, Texts: []string{text}, Raw: true})
			if err != nil {
				t.Fatal(err)
			}
			if d := math.Abs(float64(alone.Scores[0] - together.Scores[i])); !(d < 1e-4) { // NaN fails too
				t.Errorf("%.20q, %.20q: %g alone, %g among others", query, text, alone.Scores[0], together.Scores[i])
			}
		}
	}
}

// The pairs are the model's purpose, and a cosine of word vectors gets every one of them wrong or nearly so.
func TestTheBundledPairModelSeesWhatACosineCannot(t *testing.T) {
	t.Parallel()
	e := paired(t)
	for _, c := range []struct{ query, right, wrong string }{
		{"how do i turn on dark mode", "turning on dark mode", "how do i turn off dark mode"},
		{"can i cancel my plan", "is it possible to cancel the plan", "why can't i cancel my plan"},
		{"transfer from checking to savings", "how do i transfer from checking to savings", "how do i transfer from savings to checking"},
		{"what does error E17 mean", "error code E17", "error code E71"},
		{"怎么开通短信提醒", "如何开通短信提醒", "怎么取消短信提醒"},
		{"怎么打开蓝牙", "请问蓝牙怎么打开", "怎么关闭蓝牙"},
		{"为什么不能付款", "付款失败是什么原因", "怎么付款"},
		{"从上海寄到北京要多久", "上海寄北京几天到", "从北京寄到上海要多久"},
		{"设备提示 F3 错误", "出现F3错误怎么办", "出现F5错误怎么办"},
	} {
		scores, _, err := e.ScorePairs(t.Context(), c.query, []string{c.right, c.wrong})
		if err != nil {
			t.Fatal(err)
		}
		if !(scores[0] > scores[1]) || scores[1] < 0 || scores[0] > 1 {
			t.Errorf("%q: %q has %.3f, %q %.3f", c.query, c.right, scores[0], c.wrong, scores[1])
		}
	}
}

func TestARetiredRerankerIsReplacedByTheCosineAndMayComeBack(t *testing.T) {
	t.Parallel()
	e := paired(t)
	request := models.RerankRequest{Query: "how do i pay", Texts: []string{"payment methods", "opening hours"}}
	before, err := e.Rerank(t.Context(), request)
	if err != nil || before.Model != "frontdesk-pair-zh-en" {
		t.Fatalf("%q, %v", before.Model, err)
	}
	if err := e.Retire(models.TaskEmbed); !errors.Is(err, models.ErrInput) {
		t.Fatalf("the encoder: %v", err)
	}
	for range 2 { // the second finds nothing to do
		if err := e.Retire(models.TaskRerank); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := e.Rerank(t.Context(), request); err != nil || r.Model != e.Model().Name {
		t.Fatalf("%q, %v", r.Model, err)
	}
	b, err := models.DefaultPair()
	if err != nil {
		t.Fatal(err)
	}
	staged, err := e.Stage(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if err := staged.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := e.Rerank(t.Context(), request); err != nil || r.Scores[0] != before.Scores[0] {
		t.Fatalf("%+v, %v; before %+v", r, err, before)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Retire(models.TaskRerank); !errors.Is(err, inference.ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
}

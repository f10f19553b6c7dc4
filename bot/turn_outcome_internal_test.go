package bot

import "testing"

func TestAChangeIsForTheWorseOnlyIfAVisitorIsServedWorse(t *testing.T) {
	t.Parallel()
	answer := func(id string) TurnOutcome { return TurnOutcome{Action: ActionAnswer, Article: id} }
	clarify := func(ids ...string) TurnOutcome { return TurnOutcome{Action: ActionClarify, Offers: ids} }
	handover, reply := TurnOutcome{Action: ActionHandover}, TurnOutcome{Action: ActionReply}
	for name, c := range map[string]struct {
		before, after TurnOutcome
		turnedDown    bool
		change        Change
		worse         bool
	}{
		"the same answer":                    {answer("a"), answer("a"), false, ChangeNone, false},
		"another article":                    {answer("a"), answer("b"), false, ChangeOtherArticle, true},
		"another article than the wrong one": {answer("a"), answer("b"), true, ChangeOtherArticle, false},
		"no answer any more":                 {answer("a"), handover, false, ChangeHandedOver, true},
		"a wrong answer less":                {answer("a"), handover, true, ChangeHandedOver, false},
		"asked back instead of said":         {answer("a"), clarify("a", "b"), false, ChangeAskedBack, true},
		"an offer less":                      {clarify("a", "b"), handover, false, ChangeHandedOver, true},
		"an answer at last":                  {handover, answer("a"), false, ChangeAnswered, false},
		"an answer instead of a question":    {clarify("a", "b"), answer("a"), false, ChangeAnswered, false},
		"other offers":                       {clarify("a", "b"), clarify("b", "a"), false, ChangeOtherOffers, false},
		"asked back instead of handed over":  {handover, clarify("a"), false, ChangeAskedBack, false},
		"small talk instead of an answer":    {answer("a"), reply, false, ChangeReply, true},
		"only the confidence changed":        {TurnOutcome{Action: ActionHandover, Confidence: 0.1}, TurnOutcome{Action: ActionHandover, Confidence: 0.2}, false, ChangeNone, false},
	} {
		if got := changeFrom(c.before, c.after); got != c.change {
			t.Errorf("%s: %q, want %q", name, got, c.change)
		}
		if got := worse(c.before, c.after, c.turnedDown); got != c.worse {
			t.Errorf("%s: worse %v", name, got)
		}
	}
}

func TestACurveCountsWhatEachThresholdAnswersAndHowMuchIsWrong(t *testing.T) {
	t.Parallel()
	c := riskCurve(CurveQuestions, []measured{
		{decided: 0.9, weight: 1, judged: true, right: true}, {decided: 0.8, weight: 1, judged: true}, {decided: 0.7, weight: 1}, {decided: 0, weight: 1, judged: true},
	})
	if c.N != 4 || c.Judged != 3 || len(c.Points) != 101 {
		t.Fatalf("%+v", c)
	}
	for at, want := range map[int]RiskPoint{0: {0, 3, 2, 1}, 75: {0.75, 2, 2, 1}, 80: {0.8, 2, 2, 1}, 85: {0.85, 1, 1, 0}, 100: {1, 0, 0, 0}} {
		if c.Points[at] != want {
			t.Errorf("at %d %%: %+v, want %+v", at, c.Points[at], want)
		}
	}
}

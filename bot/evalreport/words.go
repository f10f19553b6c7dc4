package evalreport

import "frontdesk/bot"

// label names a figure for people.
func label(f bot.Figure) string {
	return map[bot.Figure]string{
		bot.FigureHit1: "hit@1", bot.FigureHit3: "hit@3", bot.FigureMRR10: "MRR@10", bot.FigureAUROC: "AUROC, out of scope",
		bot.FigureOOSRecall: "out of scope refused at 5 % false refusals", bot.FigureAUROCByConfidence: "AUROC, out of scope, by confidence",
		bot.FigureOOSRecallByConfidence: "out of scope refused at 5 % false refusals, by confidence", bot.FigureSelective70: "right among the surest 70 %",
		bot.FigureCoverage2: "coverage at 2 % risk", bot.FigureAURC: "mean risk over coverages (AURC)", bot.FigureECE: "calibration error (ECE)",
		bot.FigureFalseAnswers: "false answers", bot.FigureClarify: "asks back", bot.FigureHandover: "hands over", bot.FigureRightDecision: "right decisions",
		bot.FigureSelective50: "right among the surest 50 %", bot.FigureSelective90: "right among the surest 90 %",
		bot.FigureBM25Hit1: "words (BM25)", bot.FigureCharHit1: "character n-grams", bot.FigureDenseHit1: "encoder", bot.FigureBaseHit1: "the three fused",
		bot.FigureHeadHit1: "head of this knowledge base", bot.FigurePairHit1: "pair model", bot.FigureHybridGain: "final above the best leg",
	}[f]
}

// words explains the figures.
func words() [][2]string {
	return [][2]string{
		{"hit@1, hit@3, MRR@10", "Questions in scope (an article is expected): it stands first, or among the first three, in the ranking before the decision; mean of one over its place."},
		{"right decisions", "The bot did what was right: answered with an expected article, or said none where nothing should answer. In house sets also: handed over to a person who was asked for, answered small talk politely, asked back where two articles would do."},
		{"false answers", "Answered with an article that is not the expected one, or at all where nothing should answer, of all questions."},
		{"coverage at 2 % risk", "The largest share of questions that could be answered with at most 2 % of them wrong, if the confidence alone decided."},
		{"out of scope refused", "At the probability that would refuse 5 % of the questions in scope, this share of those out of scope is refused too. The probability is that anything in the knowledge base answers, by which the bot refuses; by confidence: that the first article does, by which it answers."},
		{"AUROC", "How often a question in scope has the higher of these probabilities than one out of scope; 50 % is chance."},
		{"calibration error", "Mean distance between confidence and how often it is right, over 15 bins of equally many questions."},
	}
}

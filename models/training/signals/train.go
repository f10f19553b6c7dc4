package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"frontdesk/models/signals"
)

// weights of one logistic regression a label.
type weights struct {
	rows [][]float32
	bias []float32
}

const (
	epochs    = 6
	rate      = 0.6
	decay     = 1e-4 // L2, at each touch
	rowWeight = 0.5  // of a row of data, where a seed's is 1
)

// train fits the labels by AdaGrad (Duchi et al. 2011) over the examples that use admits, in an order fixed by seed.
func train(all []example, use func(*example) bool) weights {
	n := len(signals.Labels())
	w := weights{bias: make([]float32, n)}
	squares := make([][]float32, n)
	for range n {
		w.rows = append(w.rows, make([]float32, signals.Buckets))
	}
	for l := range n {
		squares[l] = make([]float32, signals.Buckets+1)
	}
	var order []int
	for i := range all {
		if use(&all[i]) {
			order = append(order, i)
		}
	}
	shuffle := rand.New(rand.NewPCG(4, 2026)) //nolint:gosec // a reproducible order is wanted
	for epoch := range epochs {
		shuffle.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		step := float32(rate / math.Sqrt(float64(epoch+1)))
		for _, i := range order {
			e := &all[i]
			x := float32(1 / math.Sqrt(float64(len(e.features))))
			for l, a := range e.answers {
				if a == unknown {
					continue
				}
				row, sq := w.rows[l], squares[l]
				z := w.bias[l]
				for _, f := range e.features {
					z += row[f] * x
				}
				g := float32(1/(1+math.Exp(-float64(z)))) - float32(a)
				if e.kind == dataRow {
					g *= rowWeight
				}
				if g > -1e-4 && g < 1e-4 {
					continue
				}
				gx := g * x
				for _, f := range e.features {
					d := gx + decay*row[f]
					sq[f] += d * d
					row[f] -= step * d / float32(math.Sqrt(float64(sq[f])+1e-6))
				}
				sq[signals.Buckets] += g * g
				w.bias[l] -= step * 0.1 * g / float32(math.Sqrt(float64(sq[signals.Buckets])+1e-6))
			}
		}
	}
	return w
}

func fit(all []example, use func(*example) bool) (*signals.Model, error) {
	w := train(all, use)
	return signals.New(w.rows, w.bias)
}

// rates of one label on one kind of lines, at the point that serves.
type rates struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Positives int     `json:"positives"`
	Negatives int     `json:"negatives"`
	// FalseRate is the share of the negatives that are taken for positives.
	FalseRate float64 `json:"false_rate"`
}

// figure is what is known of a label; every text was scored by a model that had seen no text of its line.
type figure struct {
	NewFamily rates   `json:"seeds_new_family"`
	Rows      rates   `json:"data_rows"`
	Cut       float64 `json:"cut_logit"`
}

const (
	leastCut  = -3   // logit; less than that stands for nothing
	falseRate = 2e-4 // of the data's other rows may be taken for a label: a question swallowed is worse than a reply missed
)

// cuts finds, for each label, the least logit from which on the precision over held-out lines is as wanted.
func cuts(all []example, held [][]float64) []float64 {
	n := len(signals.Labels())
	cut := make([]float64, n)
	for l := range n {
		var known []int
		for i := range all {
			if all[i].answers[l] != unknown {
				known = append(known, i)
			}
		}
		slices.SortFunc(known, func(i, j int) int { return cmp.Compare(held[j][l], held[i][l]) })
		right, said, found := 0.0, 0.0, math.Inf(1)
		others, wrong := 0, 0
		for _, i := range known {
			if all[i].kind == dataRow && all[i].answers[l] == no {
				others++
			}
		}
		for k, i := range known {
			said += float64(all[i].weight)
			if all[i].answers[l] == yes {
				right += float64(all[i].weight)
			} else if all[i].kind == dataRow {
				wrong++
			}
			next := k + 1
			if next < len(known) && held[known[next]][l] == held[i][l] {
				continue
			}
			if right >= precision(signals.Label(l))*said && float64(wrong) <= falseRate*float64(others) {
				found = held[i][l]
			}
		}
		if math.IsInf(found, 1) {
			found = 8 // never sure: practically silent
		}
		cut[l] = max(found, leastCut)
	}
	return cut
}

// figuresOf measures the labels at their points on held-out scores.
func figuresOf(all []example, held [][]float64, cut []float64) []figure {
	figures := make([]figure, len(cut))
	for l := range figures {
		figures[l] = figure{NewFamily: measure(all, held, l, cut[l], false), Rows: measure(all, held, l, cut[l], true), Cut: cut[l]}
	}
	return figures
}

func measure(all []example, held [][]float64, l int, cut float64, rows bool) rates {
	var r rates
	hits, said := 0, 0
	for i := range all {
		e := &all[i]
		if (e.kind == dataRow) != rows || e.answers[l] == unknown {
			continue
		}
		positive := e.answers[l] == yes
		if positive {
			r.Positives++
		} else {
			r.Negatives++
		}
		if held[i][l] >= cut {
			said++
			if positive {
				hits++
			}
		}
	}
	r.Precision, r.Recall, r.FalseRate = share(hits, said), share(hits, r.Positives), share(said-hits, r.Negatives)
	return r
}

func share(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return math.Round(1e4*float64(a)/float64(b)) / 1e4
}

package inference

import (
	"math"

	"frontdesk/models"
)

// pool brings the rows of tokens, Texts × Seq × width values, to one row a text. Padding takes no part.
func pool(pooling string, hidden []float32, b *Batch, width int, out []float32) {
	for i := range b.Texts {
		rows := hidden[i*b.Seq*width:]
		row := out[i*width : (i+1)*width]
		n := len(b.Rows[i])
		switch pooling {
		case models.PoolCLS:
			copy(row, rows[:width])
		case models.PoolLast:
			copy(row, rows[(n-1)*width:n*width])
		default:
			mean(rows[:n*width], row)
		}
	}
}

// mean writes the mean of the rows, each as long as out, to out.
func mean(rows, out []float32) {
	n := len(rows) / len(out)
	clear(out)
	for ; len(rows) > 0; rows = rows[len(out):] {
		row := rows[:len(out)]
		for d := range out {
			out[d] += row[d]
		}
	}
	share := 1 / float32(n)
	for d := range out {
		out[d] *= share
	}
}

// normalize brings v to length 1 and reports false for a vector without a direction. The largest value is divided out
// first: squares of large values would overflow, those of tiny ones vanish.
func normalize(v []float32) bool {
	var top float32
	for _, x := range v {
		top = max(top, x, -x)
	}
	if top == 0 || !finite([]float32{top}) {
		return false
	}
	var sum float64
	for _, x := range v {
		y := float64(x) / float64(top)
		sum += y * y
	}
	scale := 1 / (math.Sqrt(sum) * float64(top))
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
	return true
}

// activate turns raw scores of one text into those that are served, in place.
func activate(activation string, scores []float32) {
	switch activation {
	case models.ActivationSigmoid:
		for i, x := range scores {
			scores[i] = float32(1 / (1 + math.Exp(-float64(x))))
		}
	case models.ActivationSoftmax:
		softmax(scores)
	}
}

// softmax subtracts the maximum, not the largest absolute value, so that [-100, 1] does not underflow to 0 ÷ 0.
func softmax(scores []float32) {
	top := scores[0]
	for _, x := range scores {
		top = max(top, x)
	}
	var sum float64
	for _, x := range scores {
		sum += math.Exp(float64(x - top))
	}
	for i, x := range scores {
		scores[i] = float32(math.Exp(float64(x-top)) / sum)
	}
}

// finite reports whether no value is NaN or infinite.
func finite(v []float32) bool {
	for _, x := range v {
		if math.Float32bits(x)&0x7F800000 == 0x7F800000 {
			return false
		}
	}
	return true
}

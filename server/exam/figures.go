package exam

import "math"

// tau is Kendall's tau-b between levels and marks; NaN when a mark is missing, 0 when all are the same.
func tau(pairs [][2]float64) float64 {
	agree, ties, n := 0, 0, 0
	for i := range pairs {
		for _, b := range pairs[i+1:] {
			a := pairs[i]
			if math.IsNaN(a[1]) || math.IsNaN(b[1]) {
				return math.NaN()
			}
			n++
			switch d := (a[0] - b[0]) * (a[1] - b[1]); {
			case d > 0:
				agree++
			case d < 0:
				agree--
			default:
				ties++
			}
		}
	}
	if n == 0 || ties == n {
		return 0
	}
	return float64(agree) / math.Sqrt(float64(n)*float64(n-ties))
}

// kappa is Cohen's, weighted by the square of the distance, for marks from 1 to 5; nil without marks, 0 when
// one side never changes.
func kappa(a, b []int) *float64 {
	if len(a) == 0 || len(a) != len(b) {
		return nil
	}
	const marks = 5
	var seen [marks][marks]float64
	var left, right [marks]float64
	for i := range a {
		x, y := a[i]-1, b[i]-1
		if x < 0 || y < 0 || x >= marks || y >= marks {
			return nil
		}
		seen[x][y]++
		left[x]++
		right[y]++
	}
	observed, chance := 0.0, 0.0
	for x := range marks {
		for y := range marks {
			w := float64((x - y) * (x - y))
			observed += w * seen[x][y]
			chance += w * left[x] * right[y] / float64(len(a))
		}
	}
	if chance == 0 {
		return new(0.0)
	}
	return new(1 - observed/chance)
}

// deviation is the standard deviation of a few values; NaN where one is missing.
func deviation(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m += x / float64(len(v))
	}
	s := 0.0
	for _, x := range v {
		s += (x - m) * (x - m) / float64(len(v))
	}
	return math.Sqrt(s)
}

// largest is the largest of some values; nil for none, and for any that is missing.
func largest(v []float64) *float64 {
	if len(v) == 0 {
		return nil
	}
	out := math.Inf(-1)
	for _, x := range v {
		if math.IsNaN(x) {
			return nil
		}
		out = max(out, x)
	}
	return &out
}

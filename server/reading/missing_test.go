package reading

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// variant is a story as read by a model that did not see it: whole or with a part cut out, in order or not.
type variant struct {
	id    string
	emit  []vector
	parts []int
	cut   int // -1: whole
	mixed bool
}

// variantsOf reads each story with a model fitted on the others.
func variantsOf(all []story, folds int) []variant {
	var out []variant
	rng := rand.New(rand.NewPCG(5, 5))
	for k := range folds {
		train, test := fold(all, k, folds)
		m := fit(train, usual)
		for _, st := range test {
			emit := make([]vector, len(st.rows))
			var has [parts]bool
			for i := range st.rows {
				has[st.rows[i].part] = true
				emit[i] = m.emission(&st.rows[i].c)
			}
			if slices.Contains(has[:iO], false) {
				continue
			}
			for _, mixed := range []bool{false, true} {
				for cut := -1; cut < iO; cut++ {
					v := variant{id: st.id, cut: cut, mixed: mixed}
					order := rng.Perm(len(emit))
					if !mixed {
						slices.Sort(order)
					}
					for _, j := range order {
						if st.rows[j].part != cut {
							v.emit, v.parts = append(v.emit, emit[j]), append(v.parts, st.rows[j].part)
						}
					}
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// fitAbsent fits, by logistic regression, how the signs of a part speak for its absence. Whole stories and those
// in which just that part is cut out weigh most.
func fitAbsent(m *model, vs []variant) {
	type row struct {
		x    vector
		y, w float64
	}
	for p := range iO {
		rows := make([]row, 0, len(vs))
		for _, v := range vs {
			r := row{x: signs(p, m.sequence(v.emit), v.emit), w: 1}
			if v.mixed {
				r.w = 0.15
			}
			switch v.cut {
			case p:
				r.y = 1
			case -1:
			default:
				r.w *= 0.2
			}
			rows = append(rows, r)
		}
		var w vector
		for it := range 3000 {
			var g vector
			for _, r := range rows {
				z := 0.0
				for k := range w {
					z += w[k] * r.x[k]
				}
				d := (1/(1+math.Exp(-z)) - r.y) * r.w
				for k := range w {
					g[k] += d * r.x[k]
				}
			}
			rate := 0.3 / (1 + float64(it)/1000)
			for k := range w {
				w[k] -= rate * (g[k]/float64(len(rows)) + 0.0005*w[k])
			}
		}
		m.absent[p] = w
	}
}

// found counts how often a part cut out of a story told in order is found missing, and how often a whole story is
// said to lack one.
type found struct{ cut, found, whole, alarms int }

func (f *found) add(v variant, lacking [iO]bool) {
	switch {
	case v.mixed:
	case v.cut < 0:
		f.whole++
		if lacking != [iO]bool{} {
			f.alarms++
		}
	default:
		f.cut++
		if lacking[v.cut] {
			f.found++
		}
	}
}

// missingByHalves fits the signs on one half of the stories and counts on the other.
func missingByHalves(t *testing.T, all []story, folds int) map[string]*found {
	t.Helper()
	vs := variantsOf(all, folds)
	out := map[string]*found{"dev": {}, "corpus": {}, "common": {}}
	for half := range 2 {
		m := fit(all, usual)
		var train, test []variant
		for i, v := range vs {
			if i/(2*parts)%2 == half {
				train = append(train, v)
			} else {
				test = append(test, v)
			}
		}
		fitAbsent(m, train)
		for _, v := range test {
			_, _, lacking := m.read(v.emit)
			switch {
			case v.id[:3] == "dev":
				out["dev"].add(v, lacking)
			case v.id[:2] == "e-":
				out["common"].add(v, lacking)
			default:
				out["corpus"].add(v, lacking)
			}
		}
	}
	return out
}

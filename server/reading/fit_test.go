package reading

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// go test ./server/reading -run TestFit -fit writes weights.json from the corpus; it is deterministic.
var fit = flag.Bool("fit", false, "fit the tagger's weights on the corpus and write them")

type example struct {
	answer int
	index  int
	count  int
	feats  []string
	label  int
}

type sample struct {
	parts []Part
	texts []string
}

func loadCorpus(t testing.TB) []sample {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus-*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var l struct {
				Sentences []struct {
					Text string
					Part Part
				}
			}
			if err := json.Unmarshal(in.Bytes(), &l); err != nil {
				t.Fatal(file, err)
			}
			var s sample
			for _, x := range l.Sentences {
				s.parts, s.texts = append(s.parts, x.Part), append(s.texts, x.Text)
			}
			out = append(out, s)
		}
		_ = f.Close()
	}
	return out
}

func examplesOf(all []sample) []example {
	var out []example
	for a, s := range all {
		for i, text := range s.texts {
			label := slices.Index(partOf[:], s.parts[i])
			if label < 0 {
				continue
			}
			for _, span := range sentences(text)[:1] {
				c := look(text, span)
				out = append(out, example{answer: a, index: i, count: len(s.texts), feats: unique(features(&c, nil)), label: label})
			}
		}
	}
	return out
}

func unique(f []string) []string {
	slices.Sort(f)
	return slices.Compact(f)
}

// train fits a multinomial logistic regression by stochastic gradient descent with an L2 penalty; features
// seen in fewer than two answers are left out.
func train(examples []example) map[string][parts]float64 {
	const epochs, rate, penalty = 40, 0.6, 0.002
	seen := map[string]map[int]bool{}
	for _, e := range examples {
		for _, f := range e.feats {
			if seen[f] == nil {
				seen[f] = map[int]bool{}
			}
			seen[f][e.answer] = true
		}
	}
	w := map[string]*[parts]float64{"": {}}
	sum := map[string]*[parts]float64{"": {}}
	for f, in := range seen {
		if len(in) >= 2 {
			w[f], sum[f] = &[parts]float64{}, &[parts]float64{}
		}
	}
	rng := rand.New(rand.NewPCG(7, 7))
	order := rng.Perm(len(examples))
	for epoch := range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		step := rate / (1 + 0.15*float64(epoch))
		for _, k := range order {
			e := examples[k]
			active := []*[parts]float64{w[""]}
			for _, f := range e.feats {
				if v := w[f]; v != nil {
					active = append(active, v)
				}
			}
			scale := 1 / math.Sqrt(float64(len(active)))
			var z [parts]float64
			for _, v := range active {
				for p := range parts {
					z[p] += v[p] * scale
				}
			}
			prob := softmax(z)
			for i, v := range active {
				for p := range parts {
					g := prob[p]
					if p == e.label {
						g--
					}
					v[p] -= step * (g * scale)
					if i > 0 {
						v[p] -= step * penalty * v[p]
					}
				}
			}
		}
		if epoch >= epochs/2 {
			for f, v := range w {
				for p := range parts {
					sum[f][p] += v[p] / float64(epochs-epochs/2)
				}
			}
		}
	}
	out := map[string][parts]float64{}
	for f, v := range sum {
		row := *v
		big := false
		for p := range parts {
			row[p] = math.Round(row[p]*1000) / 1000
			big = big || math.Abs(row[p]) >= 0.02
		}
		if big || f == "" {
			out[f] = row
		}
	}
	return out
}

func evaluate(all []sample, keep func(int) bool, shuffled bool) (macro float64, f1 [parts]float64) {
	var tp, fp, fn [parts]int
	rng := rand.New(rand.NewPCG(1, 1))
	for a, s := range all {
		order := rng.Perm(len(s.texts))
		if !shuffled {
			slices.Sort(order)
		}
		if !keep(a) {
			continue
		}
		var text strings.Builder
		starts := map[int]Part{}
		for _, i := range order {
			starts[text.Len()] = s.parts[i]
			text.WriteString(s.texts[i] + "\n")
		}
		want := Part("")
		for _, x := range Read(Input{Text: text.String()}).Sentences {
			if p, ok := starts[x.Start]; ok {
				want = p
			}
			g, k := slices.Index(partOf[:], x.Part), slices.Index(partOf[:], want)
			if g == k {
				if g >= 0 {
					tp[g]++
				}
				continue
			}
			if g >= 0 {
				fp[g]++
			}
			if k >= 0 {
				fn[k]++
			}
		}
	}
	for p := range parts {
		f1[p] = 2 * float64(tp[p]) / float64(max(1, 2*tp[p]+fp[p]+fn[p]))
		macro += f1[p] / parts
	}
	return macro, f1
}

// TestFit cross-validates the tagger over five folds of whole answers, and with -fit writes the weights
// fitted on all of them.
func TestFit(t *testing.T) {
	if !*fit {
		t.Skip("run with -fit to fit the weights anew")
	}
	all := loadCorpus(t)
	examples := examplesOf(all)
	kept := weights
	defer func() { weights = kept }()
	for _, shuffled := range []bool{false, true} {
		var macro float64
		var f1 [parts]float64
		for fold := range 5 {
			var part []example
			for _, e := range examples {
				if e.answer%5 != fold {
					part = append(part, e)
				}
			}
			weights = train(part)
			m, f := evaluate(all, func(a int) bool { return a%5 == fold }, shuffled)
			macro += m / 5
			for p := range parts {
				f1[p] += f[p] / 5
			}
		}
		fmt.Printf("cross-validated, shuffled %v: macro-F1 %.3f %.3f over %d answers\n", shuffled, macro, f1, len(all))
	}
	kept = train(examples)
	raw, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	raw = []byte(strings.ReplaceAll(string(raw), "],", "],\n"))
	if err := os.WriteFile("weights.json", append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Println(len(kept), "features")
}

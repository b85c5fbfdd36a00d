package pack_test

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// challenged returns the misconception that an answer is challenged for, as a running session would; empty: none.
func challenged(p *interview.Pack, answer string) string {
	only := &interview.Pack{Misconceptions: p.Misconceptions}
	c := probing.Choose(probing.Input{Kind: interview.KindConceptCard, Pack: only, Exchanges: []probing.Exchange{{Turn: 1, Text: "What do you do?", Answer: answer, Expect: interview.ExpectFact}}})
	if c.Type != probing.TypeMisconception {
		return ""
	}
	for _, m := range p.Misconceptions {
		if m.Probe == c.Text {
			return m.ID
		}
	}
	return c.Text
}

// TestMisconceptions holds every wrong claim of the flagship against sentences that make it, each of which is challenged
// with its own question and no other, and against right sentences about the same thing, none of which is challenged.
func TestMisconceptions(t *testing.T) {
	raw, err := os.ReadFile("testdata/misconceptions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]struct{ Wrong, Right []string }
	if err := yaml.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	p := packtest.Flagship(t)
	known, probes := map[string]bool{}, map[string]string{}
	for _, m := range p.Misconceptions {
		known[m.ID] = true
		if other := probes[m.Probe]; other != "" {
			t.Errorf("%s and %s ask the same", other, m.ID)
		}
		probes[m.Probe] = m.ID
		if s := said[m.ID]; len(s.Wrong) < 2 || len(s.Right) < 2 {
			t.Errorf("%s: %d wrong sentences and %d right ones in the table, two of each are wanted", m.ID, len(s.Wrong), len(s.Right))
		}
	}
	for id, s := range said {
		if !known[id] {
			t.Errorf("the table knows %s and the pack does not", id)
		}
		for _, w := range s.Wrong {
			if got := challenged(p, w); got != id {
				t.Errorf("%s: %q is taken for %q", id, w, got)
			}
		}
		for _, r := range s.Right {
			if got := challenged(p, r); got != "" {
				t.Errorf("%s: %q is right and is challenged as %s", id, r, got)
			}
		}
	}
}

// TestGoodAnswersAreNotChallenged: what the pack itself calls a good answer holds no misconception.
func TestGoodAnswersAreNotChallenged(t *testing.T) {
	p := packtest.Flagship(t)
	for id, r := range p.Rubrics {
		good := map[string]string{}
		for level, text := range r.Strong {
			good["strong_sample."+level] = text
		}
		for _, pt := range r.Points {
			good["points."+pt.ID+".yes_example"] = pt.YesExample
		}
		for _, f := range r.Findings {
			good["findings."+f.ID] = strings.Join([]string{f.Title, f.Exploit, f.Fix, f.Prevention}, "\n")
		}
		for key, text := range good {
			if got := challenged(p, text); got != "" {
				t.Errorf("%s: %s is challenged as %s", id, key, got)
			}
		}
	}
}

package probing_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// TestFiguresAreNotAskedForTwice: of what makes a figure believable only what was not said is asked for.
func TestFiguresAreNotAskedForTwice(t *testing.T) {
	p := packtest.Flagship(t)
	groups := map[string][]string{}
	for _, b := range p.Bank {
		if b.Type == "Q11" {
			groups = b.Asks
		}
	}
	const story = "In March 2024 our sign-in page let anyone guess passwords, and 40,000 customers were at risk. I was responsible for the login service. I wrote a limiter in Go, tried it on one host and rolled it out with the on-call engineer. "
	for name, tt := range map[string]struct {
		result string
		never  []string
	}{
		"what was counted":      {"Stolen accounts went down to 3.", []string{"count"}},
		"what it was before":    {"Stolen accounts went from 90 to 3.", []string{"before", "count"}},
		"over how long":         {"Stolen accounts stood at 3 within two months.", []string{"window", "count"}},
		"how it was worked out": {"Stolen accounts went down to 3, counted in the fraud team's dashboard.", []string{"source", "count"}},
	} {
		asked := false
		for seed := range uint64(40) {
			c := probing.Choose(probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeDrill, Level: "L5", Question: "Tell me about a time.", Pack: p,
				Rand: rand.New(rand.NewPCG(seed, 1)), Exchanges: []probing.Exchange{{Turn: 1, Text: "Tell me about a time.", Answer: story + tt.result, Expect: interview.ExpectEvent}}})
			if c.Type != "Q11" {
				continue
			}
			asked = true
			for _, g := range tt.never {
				if slices.Contains(groups[g], c.Text) {
					t.Fatalf("%s was said, and is asked for: %q", name, c.Text)
				}
			}
		}
		if !asked {
			t.Errorf("%s: the figure was never asked about", name)
		}
	}
}

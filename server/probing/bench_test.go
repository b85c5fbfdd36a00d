package probing_test

import (
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// BenchmarkChoose chooses the third follow-up of a block: two answers of some 300 words each have been given.
func BenchmarkChoose(b *testing.B) {
	p := packtest.Flagship(b)
	all := seededGaps(b, "gaps.jsonl")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		one, two := all[n%len(all)], all[(n+7)%len(all)]
		n++
		probing.Choose(probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeExam, Level: "L5", Question: one.Question, Pack: p, Rubric: p.Rubrics["beh-01"],
			Exchanges: []probing.Exchange{{Turn: 1, Text: one.Question, Answer: one.Answer}, {Turn: 2, Type: "Q05", Target: "Q05", Text: "Which part was yours?", Answer: two.Answer, Expect: interview.ExpectName}}})
	}
}

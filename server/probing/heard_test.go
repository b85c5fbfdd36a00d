package probing_test

import (
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// What was heard aims the follow-up where it is trusted: what is there is not asked for, and what code overlooked is.
func TestHeardAimsTheFollowUp(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	const question = "Tell me about a time you repaired something nobody owned."
	const answer = "In May our nightly export had been dropping rows, and 37 customers had wrong invoices. I was responsible for the invoices of that month. I opened the code on a quiet Tuesday, followed one missing row through it and found a join that threw away names with an accent. I changed the join. In May 37 rows were missing, in June none were, counted by the same report over four weeks."
	choose := func(heard map[string]interview.Heard) probing.Choice {
		return probing.Choose(probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeDrill, Level: p.DefaultLevel, Question: question, Pack: p, Heard: heard,
			Exchanges: []probing.Exchange{{Turn: 1, Text: question, Answer: answer}}})
	}
	before := choose(nil)
	if before.Type != "Q07" {
		t.Fatalf("without what was heard it asks %s (%s)", before.Type, before.Reason)
	}
	if c := choose(map[string]interview.Heard{"Q07": {Share: 0.95}}); c.Type == "Q07" {
		t.Errorf("an option that was heard is asked for")
	}
	if c := choose(map[string]interview.Heard{"Q07": {Share: 0.5, Whole: true}}); c.Type != "Q07" {
		t.Errorf("a voice that is not sure changed the follow-up to %s", c.Type)
	}
	if c := choose(map[string]interview.Heard{"Q05": {Share: 0.02, Whole: true}}); c.Type != "Q05" {
		t.Errorf("an own part that nobody heard is not asked for, but %s", c.Type)
	}
	if c := choose(map[string]interview.Heard{"Q05": {Share: 0.02}}); c.Type != "Q07" {
		t.Errorf("half an answer that was listened to changed the follow-up to %s", c.Type)
	}
}

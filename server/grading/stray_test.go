package grading

import (
	"slices"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// TestStoriesAreNotPadding: no sentence of the pack's own stories is taken for padding, those about people included.
func TestStoriesAreNotPadding(t *testing.T) {
	p := packtest.Flagship(t)
	n := 0
	for id, r := range p.Rubrics {
		it := p.Items[id]
		if it == nil || it.Kind != interview.KindBehavioural {
			continue
		}
		var texts []string
		for _, a := range r.Anchors {
			texts = append(texts, a.Text)
		}
		for _, s := range r.Strong {
			texts = append(texts, s)
		}
		for _, text := range texts {
			n++
			if c := clean(text, stems(it.Prompt.Main), nil); slices.Contains(c.flags, FlagPadding) {
				t.Errorf("%s: a story is taken for padding: %.80q", id, text)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d stories were read", n)
	}
}

package report

import (
	"slices"
	"strings"

	"rehearse/server/interview"
)

// Sample is one authored strong answer: what one is built like, and not words to repeat.
type Sample struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// Samples are the strong answers of an exercise of a closed session, by level in alphabetical order. A report holds none of
// them: whoever wants one asks for it, best after a second attempt.
func Samples(st interview.State, p *interview.Pack, block int) ([]Sample, error) {
	b := st.Block(block)
	if b == nil || b.Item == "" {
		return nil, interview.FieldError("block", "this session has no exercise %d", block)
	}
	out := []Sample{}
	if rubric := p.Rubrics[b.Item]; rubric != nil {
		for level, text := range rubric.Strong {
			out = append(out, Sample{level, text})
		}
	}
	slices.SortFunc(out, func(a, b Sample) int { return strings.Compare(a.Level, b.Level) })
	return out, nil
}

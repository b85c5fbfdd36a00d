package probing_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// seeded is an answer with one gap, written by somebody who had not seen how answers are read.
type seeded struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Answer   string   `json:"answer"`
	Level    string   `json:"level"`
	Gap      []string `json:"gap"`
	Present  []string `json:"present"`
}

func seededGaps(t testing.TB) []seeded {
	t.Helper()
	f, err := os.Open("../smoke/testdata/gaps.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []seeded
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var s seeded
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// deep are the follow-ups that a complete answer may get.
var deep = []string{"Q06", "Q07", "Q08", "Q11", "Q12", "Q13", "Q14", "Q15", "Q16", "Q18", probing.TypeDone}

func TestTheFirstFollowUpAimsAtTheGap(t *testing.T) {
	p := packtest.Flagship(t)
	gaps, right, complete, wrong := 0, 0, 0, 0
	for _, s := range seededGaps(t) {
		level := s.Level
		if level == "" {
			level = p.DefaultLevel
		}
		c := probing.Choose(probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeDrill, Level: level, Question: s.Question, Pack: p,
			Exchanges: []probing.Exchange{{Turn: 1, Text: s.Question, Answer: s.Answer}}})
		if slices.Contains(s.Gap, "deep") {
			complete++
			if !slices.Contains(deep, c.Type) || slices.Contains(s.Present, c.Type) {
				wrong++
				t.Errorf("%s is complete and was asked %s (%s)", s.ID, c.Type, c.Reason)
			}
			continue
		}
		gaps++
		if slices.Contains(s.Gap, c.Type) {
			right++
		} else {
			t.Errorf("%s lacks %v and was asked %s (%s)", s.ID, s.Gap, c.Type, c.Reason)
		}
	}
	t.Logf("the first follow-up aims at the gap in %d of %d answers; %d of %d complete answers were asked for something that is there", right, gaps, wrong, complete)
}

package probing_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
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

func seededGaps(t testing.TB, file string) []seeded {
	t.Helper()
	f, err := os.Open(filepath.Join("../smoke/testdata", file))
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

// TestTheFirstFollowUpAimsAtTheGap is about answers that lack one thing, and complete ones. The floors are
// what is reached; they only ever go up. What each set gave when it was first read, before anything was
// changed for it, is in bench/README.md.
func TestTheFirstFollowUpAimsAtTheGap(t *testing.T) {
	p := packtest.Flagship(t)
	for _, set := range []struct {
		file         string
		right, wrong int
	}{{"gaps.jsonl", 24, 0}, {"gaps-2.jsonl", 21, 1}} {
		gaps, right, complete, wrong := 0, 0, 0, 0
		for _, s := range seededGaps(t, set.file) {
			c := first(p, s.Level, s.Question, s.Answer)
			if slices.Contains(s.Gap, "deep") {
				complete++
				if !slices.Contains(deep, c.Type) || slices.Contains(s.Present, c.Type) {
					wrong++
					t.Logf("%s is complete and was asked %s (%s)", s.ID, c.Type, c.Reason)
				}
				continue
			}
			gaps++
			if slices.Contains(s.Gap, c.Type) {
				right++
			} else {
				t.Logf("%s lacks %v and was asked %s (%s)", s.ID, s.Gap, c.Type, c.Reason)
			}
		}
		t.Logf("%s: the first follow-up aims at the gap in %d of %d answers; %d of %d complete answers were asked for something that is there", set.file, right, gaps, wrong, complete)
		if right < set.right || wrong > set.wrong {
			t.Errorf("%s: %d right and %d wrong; it was %d and %d", set.file, right, wrong, set.right, set.wrong)
		}
	}
}

func first(p *interview.Pack, level, question, answer string) probing.Choice {
	if level == "" {
		level = p.DefaultLevel
	}
	return probing.Choose(probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeDrill, Level: level, Question: question, Pack: p,
		Exchanges: []probing.Exchange{{Turn: 1, Text: question, Answer: answer}}})
}

// The pack's own strong answers lack none of the parts that have to be there unprompted.
func TestStrongAnswersAreNotAskedForTheirParts(t *testing.T) {
	p := packtest.Flagship(t)
	strong, asked := 0, 0
	for id, r := range p.Rubrics {
		if p.Items[id].Kind != interview.KindBehavioural {
			continue
		}
		texts := map[string]string{"4": r.Anchors[4].Text, "5": r.Anchors[5].Text}
		for level, text := range r.Strong {
			texts[level] = text
		}
		for name, text := range texts {
			strong++
			if c := first(p, "", p.Items[id].Prompt.Main, text); slices.Contains([]string{"Q01", "Q02", "Q03", "Q04", "Q05", "Q09", "Q10"}, c.Type) {
				asked++
				t.Logf("%s, %s was asked %s (%s)", id, name, c.Type, c.Reason)
			}
		}
	}
	t.Logf("%d of %d strong answers were asked for a part", asked, strong)
	if asked*20 > strong {
		t.Errorf("%d of %d strong answers were asked for a part, more than one in twenty", asked, strong)
	}
}

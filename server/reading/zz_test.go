package reading_test

import (
	"encoding/json"
	"os"
	"rehearse/server/interview"
	"rehearse/server/reading"
	"slices"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	raw, err := os.ReadFile("/work/h6/corpus-5.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []labelled
	for _, l := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		var x labelled
		if json.Unmarshal([]byte(l), &x) == nil {
			all = append(all, x)
		}
	}
	for _, sh := range []bool{false, true} {
		q := tagQuality(t, all, sh)
		t.Log(len(all), "shuffled", sh, q.macro, q.f1)
	}
	cut, found, whole, alarms := 0, 0, 0, 0
	miss := func(l labelled, p reading.Part) []reading.Part {
		var b []string
		for _, s := range l.Sentences {
			if s.Part != p {
				b = append(b, s.Text)
			}
		}
		return reading.Read(reading.Input{Text: strings.Join(b, " "), Kind: interview.KindBehavioural}).Missing
	}
	for _, l := range all {
		whole++
		if len(miss(l, "")) > 0 {
			alarms++
		}
		for _, p := range []reading.Part{"S", "T", "A", "R"} {
			cut++
			if slices.Contains(miss(l, p), p) {
				found++
			}
		}
	}
	t.Log("missing found", found, "of", cut, "alarms", alarms, "of", whole)
}

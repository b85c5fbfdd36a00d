package smoke_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"rehearse/prompts"
	"rehearse/server/exam"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
	"rehearse/server/prompt"
	"rehearse/server/reading"
)

// BenchmarkAim is about how often the first follow-up aims at the part that an answer lacks: by what code reads alone, and
// with what a real model hears while the answer is typed, for those parts that the model hears better on the exam's own
// stories. The answers are those of which each lacks one thing, and complete ones; they were written by somebody who had
// seen neither.
func BenchmarkAim(b *testing.B) {
	r := real(b)
	c := ollama.New([]string{r.URL}, nil)
	m, err := c.Detect(b.Context(), ollamatest.Chat)
	if err != nil {
		b.Fatal(err)
	}
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		b.Fatal(err)
	}
	voice, p := ollama.NewVoice(c, m, set), packtest.Flagship(b)
	fits, err := exam.Listen(b.Context(), voice, probing.Criteria, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	var trusted []interview.Criterion
	for _, k := range probing.Criteria {
		f := fits[k.ID]
		b.Logf("%s: told apart by the model %.2f, by code %.2f, area over sentences %.2f", k.ID, f.Model, f.Code, f.Area)
		if f.Better() {
			trusted = append(trusted, k)
		}
	}
	type answer struct {
		ID       string   `json:"id"`
		Question string   `json:"question"`
		Answer   string   `json:"answer"`
		Level    string   `json:"level"`
		Gap      []string `json:"gap"`
		Present  []string `json:"present"`
	}
	deep := []string{"Q06", "Q07", "Q08", "Q11", "Q12", "Q13", "Q14", "Q15", "Q16", "Q18", probing.TypeDone}
	for b.Loop() {
		for _, file := range []string{"testdata/gaps.jsonl", "testdata/gaps-2.jsonl"} {
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			in := bufio.NewScanner(f)
			in.Buffer(nil, 1<<20)
			var right, wrong [2]int
			gaps, complete := 0, 0
			for in.Scan() {
				var a answer
				if err := json.Unmarshal(in.Bytes(), &a); err != nil {
					b.Fatal(err)
				}
				input := probing.Input{Kind: interview.KindBehavioural, Mode: interview.ModeDrill, Level: a.Level, Question: a.Question, Pack: p,
					Exchanges: []probing.Exchange{{Turn: 1, Text: a.Question, Answer: a.Answer}}}
				if input.Level == "" {
					input.Level = p.DefaultLevel
				}
				heard := map[string]interview.Heard{}
				for _, k := range trusted {
					best := math.Inf(-1)
					for _, s := range reading.Read(reading.Input{Question: a.Question, Text: a.Answer, Kind: interview.KindBehavioural}).Sentences {
						sentence := strings.TrimSpace(a.Answer[s.Start:s.End])
						l, err := voice.Hear(b.Context(), interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer", Exchange: []interview.Line{{Text: a.Question}}}, a.Answer[:s.End], k.Text, sentence)
						if err != nil {
							b.Fatal(err)
						}
						best = max(best, l)
					}
					heard[k.ID] = interview.Heard{Share: 1 / (1 + math.Exp(-fits[k.ID].Slope*(best-fits[k.ID].Middle))), Whole: true}
				}
				isGap := !slices.Contains(a.Gap, "deep")
				if isGap {
					gaps++
				} else {
					complete++
				}
				for i, h := range []map[string]interview.Heard{nil, heard} {
					input.Heard = h
					got := probing.Choose(input)
					switch {
					case isGap && slices.Contains(a.Gap, got.Type):
						right[i]++
					case !isGap && (!slices.Contains(deep, got.Type) || slices.Contains(a.Present, got.Type)):
						wrong[i]++
					}
				}
			}
			_ = f.Close()
			b.Logf("%s: aimed at the gap by code alone %d, with what was heard %d, of %d; complete answers asked for what is there %d and %d of %d", file, right[0], right[1], gaps, wrong[0], wrong[1], complete)
		}
	}
	b.ReportMetric(0, "ns/op")
}

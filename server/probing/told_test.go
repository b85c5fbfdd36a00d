package probing

import (
	"math/rand/v2"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// What another interviewer heard comes back as figures and as "the same story", and in no other form.
func TestTold(t *testing.T) {
	const heard = `In March 2024 our build servers trusted any pull request, and one had read a signing key. I was responsible for the release pipeline. I moved signing to a separate machine, wrote a check that refuses unsigned artefacts and walked two teams with 12 services through it. Unsigned releases went from 5 a week to 0 within a month, counted by the release log.`
	told := []Told{Tell(Exchange{Turn: 1, Answer: heard})}
	other := `In May our fraud desk said that accounts were taken over. I compared two weeks of successful logins with what customers had reported, found that resets by telephone were the way in, and brought in a callback to the number on file. Takeovers went from 30 a week to 4 within a quarter, counted by the fraud desk.`
	pack := packtest.Flagship(t)
	for _, tt := range []struct {
		name, answer string
		want         map[string]bool
	}{
		{"the same with another figure", strings.Replace(heard, "12 services", "40 services", 1), map[string]bool{"Q17": true, "Q18": true}},
		{"the same once more", heard, map[string]bool{"Q18": true}},
		{"another story", other, map[string]bool{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Kind: interview.KindBehavioural, Mode: interview.ModeExam, Level: "L5", Pack: pack, Rand: rand.New(rand.NewPCG(1, 1)), Asked: map[string]bool{}, Elsewhere: told, Limit: 6}
			in.Exchanges = []Exchange{{Turn: 1, Text: "Tell me about a time.", Answer: tt.answer}}
			got := map[string]bool{}
			for range 4 {
				c := Choose(in)
				if c.Type == TypeDone {
					break
				}
				if c.Type == "Q17" || c.Type == "Q18" {
					got[c.Type] = true
				}
				if c.Type == "Q17" && (!strings.Contains(c.Text, "12") || !strings.Contains(c.Text, "40")) {
					t.Errorf("it asks %q without both figures", c.Text)
				}
				in.Asked[c.Text] = true
				in.Exchanges = append(in.Exchanges, Exchange{Turn: len(in.Exchanges) + 1, Type: c.Type, Target: c.Target, Text: c.Text, Answer: "I would have to look that up, it was a long time ago."})
			}
			for _, typ := range []string{"Q17", "Q18"} {
				if got[typ] != tt.want[typ] {
					t.Errorf("%s asked: %v, want %v", typ, got[typ], tt.want[typ])
				}
			}
		})
	}
}

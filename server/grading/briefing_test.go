package grading

import (
	"slices"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

const goodBriefing = `Renske, I need your yes to close gift cards for four hours on Wednesday night. If we leave it as it is, thieves could empty the 38 million euros on our customers' gift cards in the middle of the sale.
The system that sells and takes gift cards has a hole. It was made public on Monday. Two other retailers were robbed this way. We have found no sign of it here, but our records go back nine days only, so I cannot rule it out.
You have three choices. Repair it on Wednesday night, when we sell about 90 cards. Or close the gateway to the internet, which takes one day of work, makes a theft much harder and still leaves some risk. Or do nothing until the sale is over and hope.
I recommend the night. I will call you at six on Thursday morning.`

// TestBriefingChecks separates ten explanations of one case by the checks of code alone.
func TestBriefingChecks(t *testing.T) {
	p := packtest.Flagship(t)
	replace := func(old, with string) string {
		if !strings.Contains(goodBriefing, old) {
			t.Fatalf("the good explanation does not hold %q", old)
		}
		return strings.Replace(goodBriefing, old, with, 1)
	}
	for _, tt := range []struct {
		name, text string
		failed     []string
	}{
		{"good", goodBriefing, nil},
		{"buried ask", strings.Join(strings.Fields(strings.Repeat("There is something about gift cards that I want to tell you today. ", 5)), " ") + " " + goodBriefing, []string{"ask"}},
		{"no ask", replace("Renske, I need your yes to close gift cards for four hours on Wednesday night. ", ""), []string{"ask"}},
		{"jargon", replace("has a hole.", "has an unauthenticated remote code execution through SSRF in the CI pipeline."), []string{"jargon"}},
		{"jargon, explained", replace("has a hole.", "has a hole, called RCE (anyone may run commands on it)."), nil},
		{"distorted fact", replace("We have found no sign of it here, but our records go back nine days only, so I cannot rule it out.", "I am sure that nobody got in here."), []string{"facts"}},
		{"fact left out", replace("Two other retailers were robbed this way. ", ""), []string{"facts"}},
		{"invented figure", replace("about 90 cards", "about 450 cards"), []string{"figures"}},
		{"no way out", "Renske, I need your yes to close gift cards for four hours on Wednesday night. Two other retailers were robbed through the same hole. We have found no sign of it here. The repair on Wednesday makes a theft much harder.", []string{"decision"}},
		{"long sentences", strings.NewReplacer(". It was made public", ", the publication of which by the responsible manufacturing organisation occurred", ". Two other", ", subsequent to which an additional unfortunate couple of comparable organisations, namely two other", ". We have", " and notwithstanding considerable investigative activities undertaken internally we have", ". You have", " and consequently you have", ". Repair", " which are to repair", ". Or", " or alternatively").Replace(goodBriefing), []string{"grade"}},
	} {
		text := tt.text
		turn := interview.Turn{QuestionAsked: interview.QuestionAsked{Turn: 1, Block: 1, Main: true, Text: "What happens?"}, Answered: true, Answer: text}
		st := &interview.State{Turns: []interview.Turn{turn}, Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Item: "br-gift-card-gateway", Audience: "launch-director"}, Turns: []int{1}}}}
		b := measureBriefing(st, &st.Blocks[0], p.Items["br-gift-card-gateway"], p.Rubrics["br-gift-card-gateway"], p.Audiences)
		var failed []string
		for _, c := range []struct {
			name string
			bad  bool
		}{{"ask", b.AskAt == 0 || b.AskAt > askWithin}, {"grade", b.Level > plainGrade}, {"jargon", len(b.Jargon) > 0}, {"decision", decisionMissing(b)},
			{"facts", slices.ContainsFunc(b.Held, func(h HeldFact) bool { return h.State != FactKept })}, {"figures", len(b.Invented) > 0}} {
			if c.bad {
				failed = append(failed, c.name)
			}
		}
		if !slices.Equal(failed, tt.failed) || b.Passed != b.Checks-len(failed) {
			t.Errorf("%s: failed %q (want %q), passed %d of %d, ask at %d, grade %.1f", tt.name, failed, tt.failed, b.Passed, b.Checks, b.AskAt, b.Level)
			for _, q := range append(b.Jargon, b.Invented...) {
				t.Logf("  %q", text[q.Start:q.End])
			}
			for _, h := range b.Held {
				t.Logf("  %s %s", h.ID, h.State)
			}
		}
	}
}

func decisionMissing(b *Briefing) bool {
	n, nothing := 0, false
	for _, c := range b.Choices {
		if c.Said {
			n++
			nothing = nothing || c.Nothing
		}
	}
	return n < wantedChoice || !nothing
}

// TestInRole: questions of the listener are met, not met, or given way to.
func TestInRole(t *testing.T) {
	p := packtest.Flagship(t)
	rubric := p.Rubrics["br-gift-card-gateway"]
	text := map[string]string{}
	for _, q := range rubric.Questions {
		text[q.ID] = q.Text
	}
	for _, tt := range []struct {
		id, answer   string
		met, yielded bool
	}{
		{"q-wait", "Then the supplier comes back eleven days later and we run through the sale with it open.", true, false},
		{"q-wait", "That would not be good.", false, false},
		{"o-freeze", "I only ask for an exception at night. If you cannot, close it to the internet.", true, false},
		{"o-freeze", "Okay we wait, an exception is too much.", false, true},
	} {
		turns := []interview.Turn{{QuestionAsked: interview.QuestionAsked{Turn: 1, Main: true, Text: "Explain."}, Answered: true, Answer: goodBriefing},
			{QuestionAsked: interview.QuestionAsked{Turn: 2, Main: true, Text: text[tt.id], Wording: text[tt.id]}, Answered: true, Answer: tt.answer}}
		st := &interview.State{Turns: turns, Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Item: "br-gift-card-gateway", Audience: "launch-director"}, Turns: []int{1, 2}}}}
		b := measureBriefing(st, &st.Blocks[0], p.Items["br-gift-card-gateway"], rubric, p.Audiences)
		if len(b.Asked) != 1 || b.Asked[0].Met != tt.met || b.Asked[0].Yielded != tt.yielded {
			t.Errorf("%s %q: %+v", tt.id, tt.answer, b.Asked)
		}
	}
}

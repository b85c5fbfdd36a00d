package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
)

// created is the first event of a session.
func (b *bench) created(id string) interview.SessionCreated {
	b.t.Helper()
	events, err := b.store.Events(b.t.Context(), id, 0)
	if err != nil || len(events) == 0 {
		b.t.Fatalf("no events of %s: %v", id, err)
	}
	var out interview.SessionCreated
	if err := json.Unmarshal(events[0].Data, &out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// covered are the principles that a plan's stories are about.
func covered(p *interview.Pack, plan *interview.Format) []string {
	var out []string
	for _, r := range plan.Rounds {
		for _, ph := range r.Phases {
			if r := p.Rubrics[ph.Item]; r != nil {
				out = append(out, r.Principles...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Two loops in a row, of a person or of seeds that follow one another, cover every principle.
func TestTwoLoopsCoverEveryPrinciple(t *testing.T) {
	b := newBench(t)
	pair := func(name string, make func(i int) interview.NewSession) {
		t.Run(name, func(t *testing.T) {
			var all []string
			var blueprints []string
			for i := range 2 {
				sum, err := b.e.Create(t.Context(), make(i))
				if err != nil {
					t.Fatal(err)
				}
				c := b.created(sum.ID)
				all = append(all, covered(b.o.Pack, &c.Plan)...)
				blueprints = append(blueprints, c.Blueprint)
				if sum.Blueprint != c.Blueprint {
					t.Errorf("the summary says %q, the log %q", sum.Blueprint, c.Blueprint)
				}
			}
			if blueprints[0] == blueprints[1] {
				t.Errorf("both are %s", blueprints[0])
			}
			for _, p := range b.o.Pack.Principles {
				if !slices.Contains(all, p.ID) {
					t.Errorf("%v ask nothing about %s", blueprints, p.ID)
				}
			}
		})
	}
	pair("by rotation", func(int) interview.NewSession { return interview.NewSession{Format: "loop"} })
	pair("by rotation again", func(int) interview.NewSession { return interview.NewSession{Format: "loop"} })
	for _, first := range []uint64{0, 7, 1 << 40} {
		pair(fmt.Sprint("by seeds from ", first), func(i int) interview.NewSession {
			seed := first + uint64(i)
			return interview.NewSession{Format: "loop", Seed: &seed}
		})
	}
}

// Every round has one interviewer, opens and closes, and takes 45 to 60 minutes.
func TestTheRoundsOfALoop(t *testing.T) {
	b := newBench(t)
	for _, bp := range []string{"bp-loop-01", "bp-loop-02"} {
		c := b.created(b.create(interview.NewSession{Format: "loop", Item: bp}))
		if c.Blueprint != bp || c.Item != "" || len(c.Plan.Rounds) != 5 {
			t.Fatalf("%s: blueprint %q, item %q, %d rounds", bp, c.Blueprint, c.Item, len(c.Plan.Rounds))
		}
		ids, people, all := map[string]bool{}, map[string]bool{}, 0.0
		for i, r := range c.Plan.Rounds {
			people[r.Persona] = true
			minutes, technical, stories := 0.0, 0, 0
			for _, p := range r.Phases {
				if ids[p.ID] {
					t.Errorf("%s: the phase %s is there twice", bp, p.ID)
				}
				ids[p.ID] = true
				minutes += p.Minutes
				steps := 0.0
				for _, s := range p.Steps {
					steps += s.Minutes
				}
				if steps > p.Minutes+0.3 {
					t.Errorf("%s: the steps of %s take %.1f of %.1f minutes", bp, p.ID, steps, p.Minutes)
				}
				if it := b.o.Pack.Items[p.Item]; it != nil && it.Kind == interview.KindBehavioural {
					stories++
				} else if it != nil {
					technical++
				}
			}
			all += minutes
			first, last := r.Phases[0], r.Phases[len(r.Phases)-1]
			if minutes < 44.8 || minutes > 60.2 || first.Kind != interview.PhaseOpening || last.Kind != interview.PhaseClosing {
				t.Errorf("%s round %d: %.1f minutes, from %s to %s", bp, i+1, minutes, first.Kind, last.Kind)
			}
			if stories < 2 || technical > 2 {
				t.Errorf("%s round %d: %d stories and %d exercises", bp, i+1, stories, technical)
			}
		}
		if len(people) != 5 || all < c.Minutes-0.5 || all > c.Minutes+0.5 {
			t.Errorf("%s: %d people, %.1f minutes of %.1f", bp, len(people), all, c.Minutes)
		}
	}
}

// Each of the five can answer ten questions of a candidate.
func TestInterviewersOfALoopHaveTenFacts(t *testing.T) {
	b := newBench(t)
	n := 0
	for _, p := range b.o.Pack.Personas {
		if strings.HasPrefix(p.ID, "loop-") {
			n++
			if len(p.Answers) < 10 {
				t.Errorf("%s has %d facts", p.ID, len(p.Answers))
			}
		}
	}
	if n != 5 {
		t.Errorf("%d interviewers", n)
	}
}

func TestOneMoreInterview(t *testing.T) {
	b := newBench(t)
	want := []string{"ownership", "think-big", "earn-trust"}
	c := b.created(b.create(interview.NewSession{Format: "loop", Principles: want}))
	if len(c.Plan.Rounds) != 1 || c.Blueprint != "" || c.Title != "One more interview" {
		t.Fatalf("%d rounds, blueprint %q, title %q", len(c.Plan.Rounds), c.Blueprint, c.Title)
	}
	got := covered(b.o.Pack, &c.Plan)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("no story is about %s: %v", w, got)
		}
	}
	if c.Minutes < 44.8 || c.Minutes > 60.2 {
		t.Errorf("it takes %.1f minutes", c.Minutes)
	}
	sum, err := b.e.Create(t.Context(), interview.NewSession{Format: "loop", Item: "bp-loop-01"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		n     interview.NewSession
		field string
	}{
		{interview.NewSession{Format: "loop", Principles: []string{"a", "b", "c", "d"}}, "principles"},
		{interview.NewSession{Format: "loop", Principles: []string{"kindness"}}, "principles"},
		{interview.NewSession{Format: "loop", Principles: []string{"ownership", "ownership"}}, "principles"},
		{interview.NewSession{Format: "loop", Principle: "ownership"}, "principle"},
		{interview.NewSession{Format: "loop", Item: "beh-01"}, "item"},
		{interview.NewSession{Format: "loop", Item: "bp-screen-01"}, "item"},
		{interview.NewSession{Format: "loop", Item: "bp-loop-01", Principles: want}, "item"},
		{interview.NewSession{Format: "loop", RetryOf: sum.ID}, "retry_of"},
		{interview.NewSession{Format: "loop", Mode: interview.ModeDrill}, "mode"},
		{interview.NewSession{Format: "phone-screen", Principles: want}, "principles"},
	} {
		_, err := b.e.Create(t.Context(), bad.n)
		if e := interview.AsError(err); err == nil || e.Code != interview.CodeInvalid || e.Field != bad.field {
			t.Errorf("%+v: %v, want an error about %s", bad.n, err, bad.field)
		}
	}
}

// A later interviewer knows of a story that another heard only its figures and that it is the same: the follow-ups ask
// about them and quote nothing else.
func TestInterviewersAreSealed(t *testing.T) {
	b := newBench(t)
	id := b.create(interview.NewSession{Format: "loop", Item: "bp-loop-01", Mode: interview.ModeExam})
	c := b.attach(id, 0)
	const first = `In March 2024 our zirconium build servers trusted any pull request, and one had read a signing key. I was responsible for the release pipeline. I moved signing to a quarantined bastion, wrote a check that refuses unsigned artefacts and walked two reluctant teams with 12 services through it. I had considered rotating the key nightly and rejected it because a thief needs minutes. Unsigned releases went from 5 a week to 0 within a month, counted by the release log.`
	other := strings.Replace(first, "12 services", "40 services", 1)
	reuse, figures, days := 0, 0, 0
	for {
		f := c.until("question.asked", "session.closed")
		if f.Type == "session.closed" {
			break
		}
		st, err := b.e.State(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		q := st.Turn(st.Open)
		block := st.Block(q.Block)
		if q.Probe != nil && block.Round > 1 {
			switch q.Probe.Type {
			case "Q18":
				reuse++
			case "Q17":
				figures++
			}
		}
		if block.Round > 2 {
			c.must(interview.Command{Type: "end", ID: "end"})
			continue
		}
		if days < 4 && q.Main && len(block.Turns) == 1 { // a night between, and one inside a round, with the server down
			days++
			c.must(interview.Command{Type: "pause", ID: fmt.Sprint("p", days)})
			c.detach()
			b.pass(26 * time.Hour)
			b.restart()
			c = b.attach(id, 0)
			c.must(interview.Command{Type: "resume", ID: fmt.Sprint("r", days)})
			c.n = len(c.seen)
		}
		if block.Kind != "behavioural" {
			c.must(interview.Command{Type: "skip", ID: fmt.Sprint("s", q.Turn), Turn: q.Turn})
			continue
		}
		text := "I do not remember more than that, and I would have to look it up in my notes of that year."
		if q.Main {
			text = map[int]string{1: first, 2: other}[block.Round]
		}
		for word := range strings.FieldsSeq("zirconium quarantined reluctant bastion") {
			if block.Round == 2 && strings.Contains(q.Text, word) && !strings.Contains(strings.Join(said(&st, block), " "), word) {
				t.Errorf("round 2 says %q, which only the first interviewer heard: %q", word, q.Text)
			}
		}
		c.must(interview.Command{Type: "answer", ID: fmt.Sprint("a", q.Turn), Turn: q.Turn, Text: text})
	}
	if reuse == 0 || figures == 0 {
		t.Errorf("the second interviewer asked %d times for another story and %d times about the figure; want both", reuse, figures)
	}
}

// said are the answers of a block.
func said(st *interview.State, b *interview.Block) []string {
	var out []string
	for _, n := range b.Turns {
		out = append(out, st.Turn(n).Answer)
	}
	return out
}

package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/probing"
)

// The interview minutes of one interviewer in a format that a blueprint fills, as real interviewers have them.
const (
	shortestRound = 45.0
	longestRound  = 60.0
)

// mostPrinciples is how many principles one more interview is about at most: a story each, in one round.
const mostPrinciples = 3

// blueprints are the items that fill a format, in a stable order.
func (e *Engine) blueprints(format string) []*interview.Item {
	return slices.DeleteFunc(e.itemsFor([]interview.Kind{interview.KindBlueprint}, nil), func(it *interview.Item) bool {
		return it.Format != format || e.Pack.Rubrics[it.ID] == nil
	})
}

// checkBlueprint checks what may be asked of a format that a blueprint fills: the blueprint, or principles.
func (e *Engine) checkBlueprint(f *interview.Format, n *interview.NewSession) error {
	switch {
	case n.RetryOf != "":
		return interview.FieldError("retry_of", "%s is not tried again as a whole; leave retry_of out, and the other interviewers' questions come next", f.Title)
	case n.Principle != "":
		return interview.FieldError("principle", "%s takes principles, a list of one to %d for one more interview", f.Title, mostPrinciples)
	case n.Item != "" && len(n.Principles) > 0:
		return interview.FieldError("item", "choose a blueprint or principles, not both")
	case n.Item != "" && !slices.ContainsFunc(e.blueprints(f.ID), func(it *interview.Item) bool { return it.ID == n.Item }):
		return interview.FieldError("item", "pack %s has no blueprint %q for %s", e.Pack.ID, n.Item, f.Title)
	case len(n.Principles) > mostPrinciples:
		return interview.FieldError("principles", "one more interview is about %d principles at most, not %d", mostPrinciples, len(n.Principles))
	}
	for i, id := range n.Principles {
		if !slices.ContainsFunc(e.Pack.Principles, func(p interview.Principle) bool { return p.ID == id }) {
			return interview.FieldError("principles", "pack %s has no principle %q", e.Pack.ID, id)
		}
		if slices.Contains(n.Principles[:i], id) {
			return interview.FieldError("principles", "%q is there twice", id)
		}
		if len(e.itemsFor([]interview.Kind{interview.KindBehavioural}, []string{id})) == 0 {
			return interview.FieldError("principles", "pack %s has no question for %q yet", e.Pack.ID, id)
		}
	}
	return nil
}

// fill makes the rounds of a session that a blueprint fills. Which blueprint follows from the seed where one was given,
// and otherwise is the one that was sat least; so two loops in a row are two different ones.
func (e *Engine) fill(ctx context.Context, created *interview.SessionCreated, item string) error {
	plan := &created.Plan
	all := e.blueprints(plan.ID)
	if len(all) == 0 {
		return interview.FieldError("format", "pack %s has no blueprint for %s", e.Pack.ID, plan.Title)
	}
	i := slices.IndexFunc(all, func(it *interview.Item) bool { return it.ID == item })
	switch {
	case i >= 0:
	case created.Seeded || e.History == nil:
		i = int(created.Seed % uint64(len(all))) //nolint:gosec // smaller than the list
	default:
		used, err := e.History.UsedBlueprints(ctx)
		if err != nil {
			return err
		}
		i = 0
		for k, it := range all {
			if used[it.ID] < used[all[i].ID] {
				i = k
			}
		}
	}
	choices := e.Pack.Rubrics[all[i].ID].Rounds
	if len(created.Principles) > 0 {
		one, err := e.oneMore(ctx, created, choices)
		if err != nil {
			return err
		}
		choices = []interview.RoundChoice{one}
		created.Title = "One more interview"
	} else {
		created.Blueprint = all[i].ID
	}
	form := plan.Rounds[0]
	plan.Rounds, plan.Minutes = nil, 0
	for no, c := range choices {
		r, minutes, err := e.roundOf(&form, no+1, c)
		if err != nil {
			return err
		}
		plan.Rounds, plan.Minutes = append(plan.Rounds, r), plan.Minutes+minutes
	}
	created.Minutes = plan.Minutes
	return nil
}

// oneMore is a round with a story for each principle, held by the interviewer who closes the loop.
func (e *Engine) oneMore(ctx context.Context, created *interview.SessionCreated, choices []interview.RoundChoice) (interview.RoundChoice, error) {
	out := interview.RoundChoice{Persona: choices[len(choices)-1].Persona}
	s := newSession(e, interview.State{Session: *created}) // only to draw with: it has no log
	for _, id := range created.Principles {
		it, err := s.pick(ctx, &interview.Phase{Title: "a story", Items: []interview.Kind{interview.KindBehavioural}, Principles: []string{id}, Minutes: shortestRound / mostPrinciples})
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, it.ID)
		s.st.Blocks = append(s.st.Blocks, interview.Block{BlockStarted: interview.BlockStarted{Block: len(s.st.Blocks) + 1, Item: it.ID}})
	}
	return out, nil
}

// roundOf makes one interviewer's round from the format's: what opens and closes it, and a phase for each item, whose
// minutes are stretched or cut to make a round of the usual length. It returns the round's minutes too.
func (e *Engine) roundOf(form *interview.RoundPlan, no int, c interview.RoundChoice) (interview.RoundPlan, float64, error) {
	out := interview.RoundPlan{Persona: c.Persona, Area: c.Area}
	var before, after []interview.Phase
	fixed, inItems := 0.0, 0.0
	first := slices.IndexFunc(form.Phases, func(p interview.Phase) bool { return p.Kind == interview.PhaseItem })
	for i, p := range form.Phases {
		switch {
		case p.Kind == interview.PhaseItem:
			continue
		case i < first:
			before = append(before, p)
		default:
			after = append(after, p)
		}
		fixed += p.Minutes
	}
	var items []interview.Phase
	taken := map[string]bool{}
	for _, id := range c.Items {
		it := e.Pack.Items[id]
		if it == nil {
			return out, 0, interview.Errorf(interview.CodeInternal, "the blueprint asks for %q, which pack %s does not have", id, e.Pack.ID)
		}
		var fits *interview.Phase // the first that is free, or else the last
		for i := range form.Phases {
			if p := &form.Phases[i]; p.Kind == interview.PhaseItem && slices.Contains(p.Items, it.Kind) && (fits == nil || taken[fits.ID]) {
				fits = p
			}
		}
		if fits == nil {
			return out, 0, interview.Errorf(interview.CodeInternal, "%q is a %s, which has no place in this format", id, it.Kind)
		}
		taken[fits.ID] = true
		p := *fits
		p.Item = id
		items = append(items, p)
		inItems += p.Minutes
	}
	scale := 1.0
	if inItems > 0 {
		scale = min(longestRound-fixed, max(shortestRound-fixed, inItems)) / inItems
	}
	out.Phases = slices.Concat(before, items, after)
	minutes := 0.0
	for i := range out.Phases {
		p := &out.Phases[i]
		if p.Kind == interview.PhaseItem {
			p.Minutes = tenths(p.Minutes * scale)
			p.Steps = slices.Clone(p.Steps)
			for k := range p.Steps {
				p.Steps[k].Minutes = tenths(p.Steps[k].Minutes * scale)
			}
		}
		p.ID = fmt.Sprintf("%s@%d.%d", p.ID, no, i+1) // unlike any other of the session
		minutes += p.Minutes
	}
	return out, tenths(minutes), nil
}

func tenths(minutes float64) float64 { return math.Round(minutes*10) / 10 }

// lineOf is the name under which a pack has a sentence for a phase: its id in the format.
func lineOf(phase string) string {
	name, _, _ := strings.Cut(phase, "@")
	return name
}

// startOf is where a round began on the interview clock, in seconds: each interviewer has their own hour, whatever the
// one before them took.
func startOf(st *interview.State, round int) float64 {
	for i := range st.Blocks {
		if st.Blocks[i].Round == round {
			return st.Blocks[i].StartS
		}
	}
	return st.InterviewS
}

// toldElsewhere is what interviewers may know of the stories that others of them heard: figures, and a mark by which the same
// story is known again. No sentence passes from one to another.
func (s *session) toldElsewhere(round int) []probing.Told {
	var out []probing.Told
	for _, b := range s.st.Blocks {
		if b.Round == round || b.Kind != string(interview.KindBehavioural) {
			continue
		}
		for _, n := range b.Turns {
			t := s.st.Turn(n)
			if !t.Answered || !t.Main {
				continue
			}
			known, ok := s.told[n]
			if !ok {
				known = probing.Tell(exchange(t))
				s.told[n] = known
			}
			out = append(out, known)
		}
	}
	return out
}

package engine

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// clarify answers a question of the candidate from the authored table and leaves the turn open.
func (s *session) clarify(ctx context.Context, cmd interview.Command) (int64, error) {
	turn, err := s.openTurn(cmd.Turn)
	if err != nil {
		return 0, err
	}
	if strings.TrimSpace(cmd.Text) == "" {
		return 0, interview.FieldError("text", "type the question you want to ask")
	}
	if err := tooLong(cmd.Text, interview.MaxClarify); err != nil {
		return 0, err
	}
	text, ids, err := s.reply(ctx, turn, cmd.Text)
	if err != nil {
		return 0, err
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvClarified,
		interview.Clarified{Turn: cmd.Turn, Question: cmd.Text, Text: text, Fact: ids}))
}

// reply is what the interviewer says to a question, and the facts that were given with it.
func (s *session) reply(ctx context.Context, turn *interview.Turn, question string) (text, ids string, err error) {
	b := s.st.Block(turn.Block)
	item := s.e.Pack.Items[b.Item]
	lines := &s.e.Pack.Lines
	technical := item != nil && item.Kind.Technical()
	ask := reading.AskOf(question)
	switch ask {
	case reading.AskStop:
		return lines.Stop, "", nil
	case reading.AskAgain:
		return s.again(turn, item), "", nil
	case reading.AskReason:
		return lines.Reason, "", nil
	}
	if item != nil {
		text, ids = s.e.answerFrom(item.Facts, question)
	}
	if !technical && text == "" {
		text, ids = s.e.answerFrom(lines.StoryFacts, question)
	}
	switch {
	case text != "":
	case ask == reading.AskTime:
		text = lines.TakeTime
	case technical:
		text, err = s.rotate(ctx, b, "assumption", lines.MakeAssumption)
	default: // nobody is asked to invent a part of a true story
		text, err = s.rotate(ctx, b, "open", lines.StoryOpen)
	}
	return text, ids, err
}

// again says the question that is open once more, in other words where the pack has them.
func (s *session) again(turn *interview.Turn, item *interview.Item) string {
	used := map[string]bool{turn.Text: true, turn.Wording: true}
	said := turn.Text
	for _, c := range turn.Clarified {
		used[strings.TrimPrefix(c.Text, s.e.Pack.Lines.Again+" ")] = true
		said += " " + c.Text
	}
	var others []string
	switch {
	case turn.Main && turn.Wording != "" && item != nil:
		others = append([]string{item.Prompt.Main}, item.Prompt.Variants...)
	case turn.Probe != nil:
		for _, p := range s.e.Pack.Bank {
			if p.Type == turn.Probe.Type && p.Type == turn.Probe.Target && slices.Contains(p.Wordings, turn.Wording) {
				others = p.Wordings
			}
		}
	}
	for _, w := range others {
		if !used[w] && !strings.Contains(said, w) {
			return s.e.Pack.Lines.Again + " " + w
		}
	}
	return s.e.Pack.Lines.Again + " " + turn.Text
}

// maxFacts is how many facts one turn of questions is answered with.
const maxFacts = 3

// answerFrom answers each question in a text from a table of facts; ids are the facts given, joined by commas.
func (e *Engine) answerFrom(facts []interview.Fact, text string) (answer, ids string) {
	return given(e.factsFor(facts, text))
}

func given(facts []*interview.Fact) (answer, ids string) {
	var said, names []string
	for _, f := range facts[:min(len(facts), maxFacts)] {
		said, names = append(said, f.Answer), append(names, f.ID)
	}
	return strings.Join(said, " "), strings.Join(names, ",")
}

// factsFor are the facts that the questions in a text ask for, in their order. The author's own ways of asking come
// first; a question in other words gets the fact it shares most with.
func (e *Engine) factsFor(facts []interview.Fact, text string) (out []*interview.Fact) {
	for _, span := range reading.Sentences(text) {
		question := text[span.Start:span.End]
		found := false
		for i := range facts {
			if len(reading.Find(question, facts[i].Asks, nil)) > 0 {
				found = true
				if !slices.Contains(out, &facts[i]) {
					out = append(out, &facts[i])
				}
			}
		}
		if found {
			continue
		}
		var near func(string) float64
		if e.Near != nil {
			near = e.Near(question)
		}
		if i := reading.FactFor(question, facts, near); i >= 0 && !slices.Contains(out, &facts[i]) {
			out = append(out, &facts[i])
		}
	}
	return out
}

// askedInside answers the questions that an answer to an exercise puts, with the facts not given yet: the interviewer
// says them before going on. It returns nil when there are none.
func (s *session) askedInside(b *interview.Block, item *interview.Item) []interview.Event {
	if len(b.Turns) == 0 || !item.Kind.Technical() || len(item.Facts) == 0 {
		return nil
	}
	last := s.st.Turn(b.Turns[len(b.Turns)-1])
	if !last.Answered {
		return nil
	}
	known := map[string]bool{}
	for _, n := range b.Turns {
		for _, c := range s.st.Turn(n).Clarified {
			for id := range strings.SplitSeq(c.Fact, ",") {
				known[id] = true
			}
		}
	}
	var questions []string
	for _, span := range reading.QuestionsIn(last.Answer) {
		questions = append(questions, last.Answer[span.Start:span.End])
	}
	text, ids := given(slices.DeleteFunc(s.e.factsFor(item.Facts, strings.Join(questions, "\n")), func(f *interview.Fact) bool { return known[f.ID] }))
	if ids == "" {
		return nil
	}
	return []interview.Event{interview.NewEvent(interview.EvClarified,
		interview.Clarified{Turn: last.Turn, Question: strings.Join(questions, " "), Text: text, Fact: ids, Inside: true})}
}

// personaAnswers answers a closing question of the candidate.
func (s *session) personaAnswers(_ *interview.Block, t *interview.Turn) interview.Clarified {
	p := s.persona(s.st.RoundIs.Persona)
	answer, ids := s.e.answerFrom(p.Answers, t.Answer)
	if answer == "" {
		answer = p.NoAnswer
	}
	return interview.Clarified{Turn: t.Turn, Question: t.Answer, Text: answer, Fact: ids}
}

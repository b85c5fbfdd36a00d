package engine

import (
	"context"
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
	b := s.st.Block(turn.Block)
	item := s.e.Pack.Items[b.Item]
	var facts []interview.Fact
	if item != nil {
		facts = item.Facts
		if !item.Kind.Technical() {
			facts = append(append([]interview.Fact{}, facts...), s.e.Pack.Lines.StoryFacts...)
		}
	}
	answer, ids := answerFrom(facts, cmd.Text)
	if answer == "" {
		answer, err = s.rotate(ctx, b, "assumption", s.e.Pack.Lines.MakeAssumption)
		if err != nil {
			return 0, err
		}
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvClarified,
		interview.Clarified{Turn: cmd.Turn, Question: cmd.Text, Text: answer, Fact: ids}))
}

// maxFacts is how many facts one turn of questions is answered with.
const maxFacts = 3

// answerFrom answers each question in a text from a table of facts; ids are the facts given, joined by commas.
func answerFrom(facts []interview.Fact, text string) (answer, ids string) {
	var said, given []string
	for _, f := range facts {
		if len(said) == maxFacts {
			break
		}
		if len(reading.Find(text, f.Asks, nil)) > 0 {
			said, given = append(said, f.Answer), append(given, f.ID)
		}
	}
	return strings.Join(said, " "), strings.Join(given, ",")
}

// personaAnswers answers a closing question of the candidate.
func (s *session) personaAnswers(_ *interview.Block, t *interview.Turn) interview.Clarified {
	p := s.persona(s.st.RoundIs.Persona)
	answer, ids := answerFrom(p.Answers, t.Answer)
	if answer == "" {
		answer = p.NoAnswer
	}
	return interview.Clarified{Turn: t.Turn, Question: t.Answer, Text: answer, Fact: ids}
}

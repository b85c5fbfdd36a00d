package engine

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// Output holds the output of a candidate's script against what the task expects, and keeps the attempt. Nothing is run
// here: the script ran on the candidate's own machine. A command id that was seen before records nothing and returns
// what was recorded then; an empty one makes every call an attempt of its own.
func (e *Engine) Output(ctx context.Context, id, command, item, text string) (interview.OutputRecorded, error) {
	for {
		s, err := e.open(ctx, id)
		if err != nil {
			return interview.OutputRecorded{}, err
		}
		out, gone, err := s.output(ctx, command, item, text)
		if !gone {
			return out, err
		}
	}
}

func (s *session) output(ctx context.Context, command, item, text string) (out interview.OutputRecorded, gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return out, true, nil
	}
	if len(command) > interview.MaxID {
		return out, false, interview.FieldError("id", "an id has at most %d bytes", interview.MaxID)
	}
	b, err := s.task(item)
	if err != nil {
		return out, false, err
	}
	if command != "" {
		if _, found, err := s.acted(ctx, command); err != nil || found {
			return s.repeated(b, text), false, err
		}
	}
	switch {
	case s.st.Closed || b.Closed:
		return out, false, interview.Errorf(interview.CodeConflict, "this task is closed, so the output was not compared; what you handed in before is kept and stands in the report")
	case len(text) > interview.MaxOutput:
		return out, false, interview.Errorf(interview.CodeTooLarge, "the output has %d bytes; at most %d are taken. Nothing was changed, and your source and earlier outputs are kept: print only what the task asks for", len(text), interview.MaxOutput)
	}
	if wrong := interview.TextProblem(text); wrong != "" {
		return out, false, interview.FieldError("text", "this is no output of a script: %s. Nothing was changed, and your source and earlier outputs are kept: paste what the script printed", wrong)
	}
	rubric := s.e.Pack.Rubrics[b.Item]
	out, known := interview.OutputRecorded{}, false
	if rubric != nil {
		out, known = interview.CompareOutput(text, rubric, s.st.Twists(b))
	}
	if !known {
		return out, false, interview.Errorf(interview.CodeConflict, "the task %q expects no output; say in your answer what your script does", strict.Short(b.Item))
	}
	out.Turn, out.Block, out.Item = b.Turns[len(b.Turns)-1], b.Block, b.Item
	if d := out.Difference; d != nil && s.st.Session.Mode == interview.ModeExam {
		d.Expected, d.Withheld = "", true
	}
	if _, err := s.append(ctx, command, interview.NewEvent(interview.EvOutputRecorded, out)); err != nil {
		return interview.OutputRecorded{}, false, err
	}
	return out, false, nil
}

// repeated is what was recorded for an output that is sent a second time under the same id.
func (s *session) repeated(b *interview.Block, text string) interview.OutputRecorded {
	all := s.st.OutputsOf(b.Block)
	for _, o := range slices.Backward(all) {
		if o.Text == text {
			return o.OutputRecorded
		}
	}
	if n := len(all); n > 0 {
		return all[n-1].OutputRecorded
	}
	return interview.OutputRecorded{}
}

// task is the newest block of a scripting task.
func (s *session) task(item string) (*interview.Block, error) {
	if strings.TrimSpace(item) == "" {
		return nil, interview.FieldError("item", "name the task that the output is for")
	}
	for i := range slices.Backward(s.st.Blocks) {
		b := &s.st.Blocks[i]
		if b.Item != item {
			continue
		}
		if b.Kind != string(interview.KindScripting) {
			return nil, interview.FieldError("item", "%q is no scripting task, so it has no output", strict.Short(item))
		}
		if len(b.Turns) == 0 {
			break
		}
		return b, nil
	}
	return nil, interview.FieldError("item", "this session has not asked the scripting task %q; the event block.started names the one it has", strict.Short(item))
}

// Files are the files of the session's scripting tasks that may be downloaded now.
func (e *Engine) Files(ctx context.Context, id string) ([]interview.TaskFile, error) {
	st, err := e.State(ctx, id)
	if err != nil {
		return nil, err
	}
	return interview.TaskFiles(&st, e.Pack), nil
}

// sourceProblem says what is wrong with a row of source; empty means nothing.
func sourceProblem(r *interview.SourceRow) string {
	if r.Language != "" && !slices.Contains(interview.Languages, r.Language) {
		return "language is " + strings.Join(interview.Languages, ", ") + " or left out, not \"" + strict.Short(r.Language) + "\""
	}
	return interview.TextProblem(r.Text)
}

// twist picks which of a task's twists is told: the one that was heard least. An exercise with one has no choice.
func (s *session) twist(ctx context.Context, b *interview.Block, rubric *interview.Rubric, n int) (int, error) {
	if interview.Kind(b.Kind) != interview.KindScripting || len(rubric.Twists) < 2 || n != 1 {
		return n, nil
	}
	var texts []string
	for _, t := range rubric.Twists {
		texts = append(texts, t.Text)
	}
	text, err := s.rotate(ctx, b, "twist", texts)
	return slices.Index(texts, text) + 1, err
}

package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"rehearse/server/engine"
	"rehearse/server/interview"
)

func rows(raw ...string) []json.RawMessage {
	out := []json.RawMessage{}
	for _, r := range raw {
		out = append(out, json.RawMessage(r))
	}
	return out
}

func TestRowsAreHeldAgainstTheirKindAndTheBlock(t *testing.T) {
	b := newBench(t)
	review := b.attach(b.create(interview.NewSession{Format: "code-review", Item: "cr-java-orders"}), 0)
	lines := strings.Count(b.o.Pack.Items["cr-java-orders"].Assets.Code.Text, "\n")
	model := b.attach(b.create(interview.NewSession{Format: "threat-model", Item: "tm-file-upload"}), 0)
	story := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	turns := map[*client]int{review: review.question().Turn, model: model.question().Turn, story: story.question().Turn}
	many := make([]string, interview.MaxRows+1)
	for i := range many {
		many[i] = `{"issue":"x"}`
	}
	for i, tt := range []struct {
		c    *client
		kind string
		rows []json.RawMessage
		want string // in the message of the refusal; empty means it is taken
	}{
		{review, "findings", rows(`{"start_line":31,"end_line":31,"issue":"loads by id","severity":"High","cwe":"CWE-639"}`), ""},
		{review, "findings", rows(`{"issue":"no lines yet","severity":"","cwe":89}`, `{"start_line":4,"issue":"one line","cwe":"cwe 89"}`), ""},
		{review, "findings", rows(fmt.Sprintf(`{"start_line":%d,"end_line":%[1]d,"issue":"the last line"}`, lines)), ""},
		{review, "findings", rows(), ""},
		{review, "findings", rows(fmt.Sprintf(`{"start_line":1,"end_line":%d,"issue":"past it"}`, lines+1)), fmt.Sprintf("has %d lines", lines)},
		{review, "findings", rows(`{"issue":"fine"}`, `{"start_line":-5,"issue":"x"}`), "row 2 of findings: lines are counted from 1"},
		{review, "findings", rows(`{"start_line":50,"end_line":2,"issue":"x"}`), "before its first one"},
		{review, "findings", rows(`{"end_line":2,"issue":"x"}`), "no first one"},
		{review, "findings", rows(`{"issue":"x","severity":"banana"}`), `not "banana"`},
		{review, "findings", rows(`{"issue":"x","cwe":"zzz"}`), `not "zzz"`},
		{review, "findings", rows(`{"issue":"x","cwe":0}`), `not "0"`},
		{review, "findings", rows(`{"issue":"x","cwe":{}}`), "not an object"},
		{review, "findings", rows(`{}`), "it is empty"},
		{review, "findings", rows(`{"issue":5}`), "issue should be a string, not a number"},
		{review, "findings", rows(`{"issue":"x","colour":"red"}`), `there is no field "colour"`},
		{review, "findings", rows(`{"issue":"x","issue":"y"}`), "there twice"},
		{review, "findings", rows(many...), "at most 200"},
		{review, "threats", rows(`{"action":"x"}`), "this question takes findings, not threats"},
		{review, "poem", rows(`{"action":"x"}`), `not "poem"`},
		{model, "model", rows(`{"kind":"boundary","name":"edge"}`), ""},
		{model, "model", rows(`{"kind":"wish","name":"edge"}`), `not "wish"`},
		{model, "model", rows(`{"kind":"component"}`), "neither a name nor a note"},
		{model, "threats", rows(`{"action":"reads every file"}`), ""},
		{model, "ranking", rows(`{"id":"1","reason":"worst"}`), ""},
		{model, "ranking", rows(`{"reason":"worst"}`), "what it is about"},
		{model, "findings", rows(`{"issue":"x"}`), "not findings"},
		{story, "findings", rows(`{"issue":"x"}`), "takes no rows"},
	} {
		_, err := tt.c.do(interview.Command{Type: "artifact", ID: fmt.Sprint("a", i), Turn: turns[tt.c], Kind: tt.kind, Rows: tt.rows})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s %s: %v", tt.kind, tt.rows, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.kind, err, tt.want)
		case err != nil && (strings.Contains(err.Error(), "json") || strings.Contains(err.Error(), "Go ")):
			t.Errorf("a message for nobody: %v", err)
		}
	}
}

func FuzzRow(f *testing.F) {
	for _, s := range []string{`{"start_line":1,"cwe":89}`, `{"cwe":"x"}`, `{"kind":"asset","name":"x"}`, `{"id":"a"}`, `{"cwe":[]}`, `null`, `{"cwe":null,"start_line":1e3}`} {
		f.Add("findings", []byte(s))
		f.Add("model", []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		if !json.Valid(raw) {
			return // a frame that holds it is refused before
		}
		problem := engine.CheckRow(kind, raw, 40, nil)
		if !utf8.ValidString(problem) || strings.Contains(problem, "json:") || strings.Contains(problem, "Go ") {
			t.Errorf("%q: %s", raw, problem)
		}
		var r interview.FindingRow
		if kind == "findings" && problem == "" && (json.Unmarshal(raw, &r) != nil || r.StartLine < 0 || r.EndLine > 40 || r.EndLine > 0 && r.EndLine < r.StartLine) {
			t.Errorf("taken: %q", raw)
		}
	})
}

func TestAPointThatIsNotThereCannotBeDisputed(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "code-review", Item: "cr-java-orders"}), 0)
	c.question()
	point := b.o.Pack.Rubrics["cr-java-orders"].Points[0].ID
	for i, tt := range []struct{ point, why, field string }{
		{"nopoint", "it was said", "point"},
		{"B1", "it was said", "point"}, // of stories
		{point, " ", "why"},
		{point, "it was said", ""},
	} {
		_, err := c.do(interview.Command{Type: "disagree", ID: fmt.Sprint("d", i), Block: 1, Point: tt.point, Why: tt.why})
		if tt.field == "" && err != nil || tt.field != "" && interview.AsError(err).Field != tt.field {
			t.Errorf("%q because %q: %v, want field %q", tt.point, tt.why, err, tt.field)
		}
	}
	story := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	story.question()
	story.must(interview.Command{Type: "disagree", ID: "s1", Block: 1, Point: "B2", Why: "I said what I did"})
	if _, err := story.do(interview.Command{Type: "disagree", ID: "s2", Block: 1, Point: "B9", Why: "x"}); interview.AsError(err).Field != "point" {
		t.Errorf("a dimension that is not there: %v", err)
	}
}

func TestAPauseHoldsWhatTheInterviewerWouldReplyTo(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "threat-model", Item: "tm-file-upload"}), 0)
	q := c.question()
	c.must(interview.Command{Type: "pause", ID: "p"})
	for _, typ := range []string{"clarify", "hint", "repeat", "skip", "dont_know", "answer"} {
		_, err := c.do(interview.Command{Type: typ, ID: "x" + typ, Turn: q.Turn, Text: "The archive holds private files."})
		if code(err) != interview.CodeConflict || !strings.Contains(err.Error(), "paused") {
			t.Errorf("%s while paused: %v", typ, err)
		}
	}
	if d, found, err := b.store.Draft(t.Context(), c.id); err != nil || !found || d.Turn != q.Turn || d.Text != "The archive holds private files." {
		t.Errorf("the refused answer was not kept: %+v %v %v", d, found, err)
	}
	c.must(interview.Command{Type: "artifact", ID: "rows", Turn: q.Turn, Kind: "model", Rows: rows(`{"kind":"asset","name":"files"}`)})
	c.must(interview.Command{Type: "resume", ID: "r"})
	c.must(interview.Command{Type: "answer", ID: "xanswer", Turn: q.Turn, Text: "The archive holds private files."}) // a refused id was not used
	if next := c.question(); next.Turn != q.Turn+1 {
		t.Errorf("after the pause came %+v", next)
	}
}

func TestTheLastHintIsSaidToBeTheLast(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "threat-model", Item: "tm-file-upload"}), 0)
	q := c.question()
	n := len(b.o.Pack.Items["tm-file-upload"].Hints)
	for i := range n {
		c.must(interview.Command{Type: "hint", ID: fmt.Sprint(i), Turn: q.Turn})
	}
	if _, err := c.do(interview.Command{Type: "hint", ID: "last", Turn: q.Turn}); err == nil || !strings.Contains(err.Error(), "no more hints") {
		t.Errorf("after the last hint: %v", err)
	}
}

func TestHelloPastTheEndOfTheLog(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	q := c.question()
	again := b.attach(c.id, 4000)
	w := data[struct {
		Seq  int64
		Turn *int
	}](t, again.seen[0])
	st, err := b.e.State(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if again.seen[0].Type != "welcome" || w.Seq != st.Seq || w.Turn == nil || *w.Turn != q.Turn {
		t.Errorf("welcomed with %+v, want the true end %d and turn %d", w, st.Seq, q.Turn)
	}
	if n := len(events(again.seen)); n != 0 {
		t.Errorf("%d events after one that is not there", n)
	}
	again.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: complete})
	if f := again.until("answer.submitted"); f.Seq != st.Seq+1 {
		t.Errorf("what came next has the number %d, want %d", f.Seq, st.Seq+1)
	}
}

func TestAUsedIdIsKnownAfterARestart(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	q := c.question()
	seq := c.must(interview.Command{Type: "repeat", ID: "a5", Turn: q.Turn})
	for range 2 {
		got, used, err := b.e.Acted(t.Context(), c.id, "a5")
		if err != nil || !used || got != seq {
			t.Errorf("a5 is %d, %v, %v; want %d", got, used, err, seq)
		}
		if _, used, err := b.e.Acted(t.Context(), c.id, "a6"); err != nil || used {
			t.Errorf("an id that nobody used: %v, %v", used, err)
		}
		b.restart()
	}
	if _, _, err := b.e.Acted(t.Context(), "nosession", "a5"); code(err) != interview.CodeNotFound {
		t.Errorf("no session: %v", err)
	}
}

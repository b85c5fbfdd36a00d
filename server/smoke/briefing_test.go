package smoke_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/pack/packtest"
)

// heeds is how the task of the naive listener begins.
const heeds = "What they said: <<<"

// told is an authored explanation of grading's fixture.
type told struct {
	Name, Item, Audience, Text string
	Fails                      []string
}

func explanations(t *testing.T) []told {
	t.Helper()
	raw, err := os.ReadFile("../grading/testdata/briefings.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// listened is what the report says of the listener of a session's first block.
func (s *server) listened(t *testing.T, id string) *grading.Briefing {
	t.Helper()
	var out struct {
		Blocks []struct {
			Grade *struct {
				Exercise *struct {
					Briefing *grading.Briefing `json:"briefing"`
				} `json:"exercise"`
			} `json:"grade"`
		} `json:"blocks"`
	}
	status, raw := s.call(t, "GET", "/sessions/"+id+"/report", nil)
	if err := json.Unmarshal(raw, &out); err != nil || status != 200 || len(out.Blocks) == 0 || out.Blocks[0].Grade == nil || out.Blocks[0].Grade.Exercise == nil {
		t.Fatalf("%d %s: %v", status, raw, err)
	}
	return out.Blocks[0].Grade.Exercise.Briefing
}

// graded waits until no grade of a session is pending.
func (s *server) graded(t *testing.T, id string, most time.Duration) {
	t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if s.gradeOf(t, id).Verdict.Pending == 0 {
			return
		}
	}
	t.Fatal("the grade was not made")
}

// A briefing is sat without a model and with one: two questions and an objection in role, the listener presses, and the
// one who listens sees the explanation and one question, and nothing else of the session, the item or its key.
func TestABriefing(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	const item = "br-gift-card-gateway"
	const secretReply = "Quebec is my answer to that, and I have nothing else to add about walnuts."
	good := explanations(t)[0].Text
	answer := func(turn int) string {
		if turn == 1 {
			return good
		}
		return secretReply
	}
	body := map[string]any{"format": "briefing", "item": item, "seed": 7}

	t.Run("no model", func(t *testing.T) {
		t.Parallel()
		srv := start(t, t.TempDir(), "--model", "none")
		id := srv.create(t, body)
		frames := srv.sit(t.Context(), t, id, answer)
		pressed := 0
		for _, f := range frames {
			if f.Type == "question.asked" && strings.Contains(string(f.Data), `"type":"`+interview.ProbePress+`"`) {
				pressed++
			}
		}
		b := srv.listened(t, id)
		if pressed != 2 || len(b.Asked) != 3 || !b.Asked[2].Objection || len(b.Asked[2].Pressed) != 2 || b.Asked[2].Met {
			t.Errorf("pressed %d times, in role %+v", pressed, b.Asked)
		}
		if b.Listener == nil || b.Listener.Made || b.Listener.Why != "that takes a model" {
			t.Errorf("the listener: %+v", b.Listener)
		}
		if _, raw := srv.call(t, "GET", "/sessions/"+id+"/report.md", nil); !strings.Contains(string(raw), "was not checked: that takes a model") {
			t.Errorf("the report does not say that nobody listened:\n%s", raw)
		}
	})

	t.Run("recorded", func(t *testing.T) {
		t.Parallel()
		s := ollamatest.New(t)
		s.Reply(func(task string) string {
			if strings.HasPrefix(task, heeds) {
				return "Gift cards could be emptied; close gift cards for four hours."
			}
			return ollamatest.LeadIn(task)
		})
		srv := start(t, t.TempDir(), "--ollama", s.URL)
		id := srv.create(t, body)
		srv.sit(t.Context(), t, id, answer)
		b := srv.listened(t, id)
		if b.Listener == nil || !b.Listener.Made || b.Listener.Model != "scripted:1b" || b.Listener.Right != 2 || b.Listener.Asked != 3 {
			t.Fatalf("the listener: %+v", b.Listener)
		}
		rubric, it := p.Rubrics[item], p.Items[item]
		var calls []api.ChatRequest
		for _, c := range s.Chats() {
			if n := len(c.Messages); n > 0 && strings.HasPrefix(c.Messages[n-1].Content, heeds) {
				calls = append(calls, c)
			}
		}
		if len(calls) != len(rubric.Comprehension) {
			t.Fatalf("%d calls for %d questions", len(calls), len(rubric.Comprehension))
		}
		for i, c := range calls {
			if len(c.Messages) != 2 || c.Messages[0].Role != "system" {
				t.Fatalf("a call has %d messages", len(c.Messages))
			}
			task := c.Messages[1].Content
			own := rubric.Comprehension[i].Q
			if !strings.Contains(task, good) || !strings.Contains(task, own) {
				t.Errorf("call %d does not hold the explanation and its question:\n%s", i, task)
			}
			rest := strings.Replace(strings.Replace(task, good, "", 1), own, "", 1) + c.Messages[0].Content
			var foreign []string
			for k, q := range rubric.Comprehension {
				if k != i {
					foreign = append(foreign, q.Q)
				}
				foreign = append(foreign, q.Key...)
			}
			foreign = append(foreign, it.Title, it.Prompt.Main, it.Context, secretReply, "walnuts", "Renske", "sale", "gateway")
			for _, f := range it.Facts {
				foreign = append(foreign, f.Answer)
			}
			for _, q := range rubric.Questions {
				foreign = append(foreign, q.Text, q.Why)
			}
			for _, h := range rubric.MustNot {
				foreign = append(foreign, h.Text, h.Why)
			}
			for _, pt := range rubric.Points {
				foreign = append(foreign, pt.Text, pt.YesExample)
			}
			if k := slices.IndexFunc(foreign, func(f string) bool { return strings.Contains(strings.ToLower(rest), strings.ToLower(f)) }); k >= 0 {
				t.Errorf("call %d holds %q:\n%s", i, foreign[k], rest)
			}
		}
		s.Set(ollamatest.Garbage)
		if status, raw := srv.call(t, "POST", "/sessions/"+id+"/regrade", map[string]any{}); status != 202 {
			t.Fatalf("regrade: %d %s", status, raw)
		}
		srv.graded(t, id, time.Minute)
		if b := srv.listened(t, id); b.Listener.Made || b.Listener.Why == "" || b.Listener.Right+b.Listener.Asked+len(b.Listener.Answers) != 0 {
			t.Errorf("a listener that broke off left %+v", b.Listener)
		}
	})
}

// TestRealListener: a small real model answers from the explanation alone: what was left out it does not know.
func TestRealListener(t *testing.T) {
	r := real(t)
	good := explanations(t)[0].Text
	empty := "Something technical came up and we should talk about it. My team is working on it and it is very important. I will keep you up to date."
	for _, model := range []string{ollamatest.Chat, ollamatest.Small} {
		t.Run(model, func(t *testing.T) {
			s := start(t, t.TempDir(), "--ollama", r.URL, "--model", model, "--embed", "builtin") // no passages to embed meanwhile
			right := map[string]int{}
			for name, text := range map[string]string{"good": good, "empty": empty} {
				id := s.create(t, map[string]any{"format": "briefing", "item": "br-gift-card-gateway", "seed": 7})
				began := time.Now()
				ws := s.dial(t, id, 0)
				for {
					f, _ := await(t, ws, "question.asked", "report.ready")
					if f.Type == "report.ready" {
						break
					}
					said := text
					if f.num("turn") > 1 {
						said = "Only an exception at night; the supplier comes back in eleven days, and two of 60 were taken back."
					}
					send(t, ws, map[string]any{"type": "answer", "id": fmt.Sprint("a", f.num("turn")), "turn": f.num("turn"), "text": said})
				}
				_ = ws.Close()
				s.graded(t, id, 10*time.Minute)
				l := s.listened(t, id).Listener
				if l == nil || !l.Made || l.Asked != 3 || l.Model != model {
					t.Fatalf("%s: %+v", name, l)
				}
				right[name] = l.Right
				for _, a := range l.Answers {
					t.Logf("%s, %s\n  %s\n  right: %v", name, a.Question, a.Answer, a.Right)
				}
				t.Logf("%s: %d of %d in %s", name, l.Right, l.Asked, time.Since(began).Round(time.Millisecond))
			}
			if right["empty"] > 0 {
				t.Errorf("the listener knew %d answers that nobody told it", right["empty"])
			}
			if model == ollamatest.Chat && right["good"] == 0 { // the smallest one hardly answers at all
				t.Error("the listener understood nothing of the good explanation")
			}
		})
	}
}

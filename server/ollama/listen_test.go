package ollama_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// text is a prompt as one text.
func text(messages []api.Message) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteString("\n" + m.Role + ": " + m.Content)
	}
	return b.String()
}

// until waits for something that happens beside the test.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func typed(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "In week %d I moved the key of service %d out of its build and wrote down who had used it. ", i, i)
	}
	return strings.TrimSpace(b.String())
}

func exchangeOf() interview.Brief {
	return interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer", Exchange: []interview.Line{{Text: "Tell me about a time you repaired something that nobody owned."}}}
}

// While an answer is typed it is read in short slices, each of which begins with the one before; what is spoken then
// begins with all of them, so that only the last words and the task are new.
func TestTheModelReadsAlong(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, bound)
	v := ollama.NewVoice(c, m, promptSet(t))
	b := exchangeOf()
	v.Listen("one", b, "", false, nil)
	full := typed(12)
	for _, n := range []int{1, 2, 5, 9, 12} {
		draft := typed(n)
		v.Listen("one", b, draft, true, nil)
		until(t, "reading", func() bool {
			chats := s.Chats()
			return len(chats) > 0 && strings.HasSuffix(text(chats[len(chats)-1].Messages), draft)
		})
	}
	slices := s.Chats()
	const most = 96 * 4 // of 96 tokens, at the four bytes a token that this server counts
	before := ""
	for i, r := range slices {
		now := text(r.Messages)
		if !strings.HasPrefix(now, before) {
			t.Errorf("slice %d does not begin with the one before:\n%s\n---\n%s", i, before, now)
		}
		if i > 0 && len(now)-len(before) > most {
			t.Errorf("slice %d holds %d new bytes", i, len(now)-len(before))
		}
		if n, ok := r.Options["num_predict"].(float64); !ok || n != 1 {
			t.Errorf("slice %d may say %v tokens", i, r.Options["num_predict"])
		}
		before = now
	}
	b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: full + " That was all."})
	b.Question = "What did it cost you?"
	if _, err := v.Speak(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	chats := s.Chats()
	if spoken := text(chats[len(chats)-1].Messages); !strings.HasPrefix(spoken, before) {
		t.Errorf("what was spoken does not begin with what was read:\n%s", spoken)
	}
	for i := 1; i < len(chats); i++ {
		for _, option := range []string{"num_ctx"} {
			if chats[i].Options[option] != chats[0].Options[option] {
				t.Errorf("request %d has another %s, which reloads the model", i, option)
			}
		}
	}
	if s.Most() > 1 {
		t.Errorf("%d requests at once", s.Most())
	}
}

// Changing what was read already stops the reading; it goes on when the text grows again.
func TestAnEditStopsReadingAlong(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, bound)
	v := ollama.NewVoice(c, m, promptSet(t))
	b := exchangeOf()
	v.Listen("one", b, typed(4), true, nil)
	until(t, "reading", func() bool {
		chats := s.Chats()
		return len(chats) > 0 && strings.HasSuffix(text(chats[len(chats)-1].Messages), typed(4))
	})
	n := len(s.Chats())
	edited := strings.Replace(typed(4), "week 0", "the first week", 1)
	v.Listen("one", b, edited, true, nil)
	time.Sleep(50 * time.Millisecond)
	if got := len(s.Chats()); got != n {
		t.Errorf("%d requests after an edit of the beginning", got-n)
	}
	v.Listen("one", b, edited+" It ended well.", true, nil)
	until(t, "reading again", func() bool {
		chats := s.Chats()
		return strings.HasSuffix(text(chats[len(chats)-1].Messages), "It ended well.")
	})
	v.Rest("one")
}

// What was to be read along while the voice spoke is not sent any more once the voice has read it and more: a shorter
// prompt would make the server forget the rest, and the next words would be paid for again.
func TestReadingAlongIsNotSentLate(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	speaking, let := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.Reply(func(last string) string {
		if strings.HasPrefix(last, "Say back") {
			once.Do(func() { close(speaking); <-let })
		}
		return "You moved the key."
	})
	c, m := newClient(t, s, bound)
	v := ollama.NewVoice(c, m, promptSet(t))
	b := exchangeOf()
	spoken := b
	spoken.Exchange = slices.Concat(b.Exchange, []interview.Line{{Candidate: true, Text: typed(3)}})
	spoken.Question, spoken.Anchors = "What did it cost you?", []string{"I moved the key"}
	done := make(chan error, 1)
	go func() {
		_, err := v.Speak(t.Context(), spoken)
		done <- err
	}()
	<-speaking
	v.Listen("one", b, typed(2), true, nil)
	time.Sleep(50 * time.Millisecond) // it waits in the queue now
	close(let)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if n := len(s.Chats()); n != 1 {
		t.Errorf("%d requests: %s", n, text(s.Chats()[n-1].Messages))
	}
	v.Rest("one")
}

// Checks behind the interview wait from the first key to the follow-up, and the voice waits for nobody but one slice.
func TestGradesWaitWhileSomebodyTypes(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	s.Odds(func(string) float64 { return 0.9 })
	c, m := newClient(t, s, bound)
	v := ollama.NewVoice(c, m, promptSet(t))
	k, err := ollama.NewWeigher(c, m, promptSet(t), ollama.DefaultWeights())
	if err != nil {
		t.Fatal(err)
	}
	b := exchangeOf()
	v.Listen("one", b, "", true, nil) // the first key
	done := make(chan error, 1)
	go func() {
		_, err := k.Odds(t.Context(), "The key was moved", "I moved the key.")
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("a check was made while somebody typed: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: typed(2)})
	b.Question = "What did it cost you?"
	if _, err := v.Speak(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("a check was made before the follow-up was on the screen: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	v.Listen("one", b, "", false, nil) // the follow-up was asked
	if err := <-done; err != nil {
		t.Error(err)
	}
	// A session that rests keeps nobody waiting either.
	v.Listen("two", b, "", true, nil)
	v.Rest("two")
	if _, err := k.Odds(t.Context(), "The key was moved", "Another sentence."); err != nil {
		t.Error(err)
	}
}

// Finished sentences are listened to inside the prefix of the exchange, for what the model is trusted with and nothing
// else; nothing is asked twice, and what was heard is there when the answer is submitted.
func TestSentencesAreHeardWhileTheyAreTyped(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	s.Odds(func(task string) float64 {
		if strings.Contains(task, "was against it") && strings.Contains(task, "Marta thought") {
			return 0.98
		}
		return 0.03
	})
	c, m := newClient(t, s, bound)
	v := ollama.NewVoice(c, m, promptSet(t))
	criteria := []interview.Criterion{{ID: "Q13", Text: "somebody disagreed or was against it"}, {ID: "Q07", Text: "another option was considered"}, {ID: interview.PointCriterion + "p1", Text: "the key is rotated"}}
	b := exchangeOf()
	answer := "I opened the code and followed one row. Marta thought it was none of my business."
	v.Listen("one", b, answer, true, criteria)
	until(t, "reading", func() bool { return len(s.Chats()) > 0 })
	time.Sleep(30 * time.Millisecond)
	if heard := v.Heard([]string{answer}); heard != nil {
		t.Errorf("a model that is trusted with nothing heard %v", heard)
	}
	v.Trusts(ollama.Trust{"Q13": {Middle: 0, Slope: 1}, "Q07": {Middle: 0, Slope: 1}})
	v.Listen("one", b, answer+" It ended well.", true, criteria)
	var heard map[string]interview.Heard
	until(t, "hearing", func() bool {
		heard = v.Heard([]string{answer})
		return heard["Q13"].Whole && heard["Q07"].Whole
	})
	if heard["Q13"].Share < 0.9 || heard["Q07"].Share > 0.1 || len(heard) != 2 {
		t.Errorf("heard %+v", heard)
	}
	asked := map[string]int{}
	prefix := ""
	for _, r := range s.Chats() {
		last := r.Messages[len(r.Messages)-1].Content
		if !r.Logprobs {
			prefix = text(r.Messages)
			continue
		}
		asked[last]++
		if !strings.HasPrefix(text(r.Messages[:len(r.Messages)-1]), prefix) && !strings.HasPrefix(prefix, text(r.Messages[:len(r.Messages)-1])) {
			t.Errorf("a sentence was listened to outside the prefix: %q", text(r.Messages))
		}
		if strings.Contains(last, "rotated") {
			t.Errorf("a criterion that is not trusted was asked: %q", last)
		}
	}
	for q, n := range asked {
		if n > 1 {
			t.Errorf("%q was asked %d times", q, n)
		}
	}
	if s.Most() > 1 {
		t.Errorf("%d requests at once", s.Most())
	}
}

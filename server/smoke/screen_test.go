package smoke_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// screenPhases are the phases of the phone screen in order, with their minutes.
var screenPhases = []string{"opening 2", "introduction 2", "threat-model 10", "code-review 8", "remediation 8", "story-a 12", "story-b 12", "candidate-questions 4", "closing 2"}

func TestPhoneScreenWithoutAModel(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	id := s.create(t, map[string]any{"format": "phone-screen", "seed": 7})
	if status, _ := s.call(t, http.MethodGet, "/sessions/"+id+"/report", nil); status != http.StatusConflict {
		t.Errorf("report before the end: %d, want 409", status)
	}
	all := s.sit(t.Context(), t, id, func(int) string { return story })
	var phases []string
	families := 0
	for i, f := range all {
		if f.Seq != int64(i+1) {
			t.Fatalf("frame %d has number %d", i+1, f.Seq)
		}
		if f.Type == "block.started" {
			phases = append(phases, fmt.Sprintf("%s %v", f.str("phase"), f.field("minutes")))
			if f.str("kind") == "behavioural" {
				families++
			}
			for _, hint := range []string{"dive-deep", "ownership", "customer-obsession", "Dive Deep", "principle"} {
				if strings.Contains(string(f.Data), hint) {
					t.Errorf("block.started names the principle: %s", f.Data)
				}
			}
		}
	}
	if diff := cmp.Diff(screenPhases, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if families != 2 {
		t.Errorf("%d stories, want 2", families)
	}
	status, raw := s.call(t, http.MethodGet, "/sessions/"+id+"/report", nil)
	if status != http.StatusOK {
		t.Fatalf("report: %d %s", status, raw)
	}
	var report struct {
		Session struct {
			Voice struct {
				Kind     string
				Commands []string
			}
		}
		Blocks []struct {
			Kind      string
			Principle *struct{ ID string }
			Points    []any
		}
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		t.Fatal(err)
	}
	if report.Session.Voice.Kind != "authored" || len(report.Session.Voice.Commands) != 2 {
		t.Errorf("the report does not say plainly that there was no model, with two lines to type: %+v", report.Session.Voice)
	}
	for _, b := range report.Blocks {
		if b.Kind == "behavioural" && b.Principle == nil {
			t.Error("the report does not reveal the principle of a story")
		}
		if b.Kind == "threat-model" && len(b.Points) == 0 {
			t.Error("the threat model has no coverage of points")
		}
	}
	if status, md := s.call(t, http.MethodGet, "/sessions/"+id+"/report.md", nil); status != http.StatusOK || !strings.Contains(string(md), "no model") {
		t.Errorf("report.md: %d, and whether it says that there was no model: %v", status, strings.Contains(string(md), "no model"))
	}
}

func TestASeedMakesChoicesReproducible(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	questions := func(seed int) (out []string) {
		id := s.create(t, map[string]any{"format": "phone-screen", "seed": seed})
		for _, f := range s.sit(t.Context(), t, id, func(int) string { return story }) {
			if f.Type == "question.asked" {
				out = append(out, f.str("text"))
			}
		}
		return out
	}
	first := questions(11)
	if diff := cmp.Diff(first, questions(11)); diff != "" {
		t.Errorf("the same seed asked other questions (-first +second):\n%s", diff)
	}
	if slices.Equal(first, questions(12)) {
		t.Error("another seed asked the very same questions")
	}
}

// TestKilledAtRandomPoints kills the program at fifty points of a phone screen, before and after an
// acknowledgement, and holds the log against what was acknowledged.
func TestKilledAtRandomPoints(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	data := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 5))
	s := start(t, data, "--model", "none")
	acked := map[string]int64{} // command id to event number, over all sessions
	sessions := []string{}
	id, seen := "", map[int64]string{}
	begin := func() {
		id = s.create(t, map[string]any{"format": "phone-screen", "seed": len(sessions) + 1})
		sessions = append(sessions, id)
		seen = map[int64]string{}
	}
	begin()
	var pending map[string]any // sent and not acknowledged
	for killed := 0; killed < kills; {
		ws := s.dial(t, id, 0)
		left := rng.IntN(4) // answers until the kill
		beforeAck := rng.IntN(2) == 0
		ended := drive(t, ws, id, &pending, acked, seen, left, beforeAck)
		if ended {
			begin()
			continue
		}
		s.kill()
		killed++
		s = start(t, data, "--model", "none")
	}
	for _, session := range sessions {
		_, raw := s.call(t, http.MethodGet, "/sessions/"+session+"/events", nil)
		var log struct{ Events []frame }
		if err := json.Unmarshal(raw, &log); err != nil {
			t.Fatal(err)
		}
		answers := map[int]int{}
		for i, e := range log.Events {
			if e.Seq != int64(i+1) {
				t.Errorf("session %s: event %d has number %d", session, i+1, e.Seq)
			}
			if e.Type == "answer.submitted" {
				answers[e.num("turn")]++
			}
		}
		for turn, n := range answers {
			if n != 1 {
				t.Errorf("session %s: turn %d was answered %d times", session, turn, n)
			}
		}
		for cmd, seq := range acked {
			if !strings.HasPrefix(cmd, session) {
				continue
			}
			if int(seq) > len(log.Events) || log.Events[seq-1].Type != "answer.submitted" || fmt.Sprintf("%s-%d", session, log.Events[seq-1].num("turn")) != cmd {
				t.Errorf("command %s was acknowledged as event %d, which is not its answer", cmd, seq)
			}
		}
	}
}

// drive answers questions; it returns false when the program is to be killed, true when the session ended.
func drive(t *testing.T, ws *websocket.Conn, id string, pending *map[string]any, acked map[string]int64, seen map[int64]string, left int, beforeAck bool) bool {
	t.Helper()
	caughtUp, open, last := int64(-1), 0, int64(0)
	for {
		f, ok := receive(t, ws)
		if !ok {
			t.Fatal("the connection ended by itself")
		}
		if f.Seq > 0 {
			last = f.Seq
			text := f.Type + string(f.Data) + f.At
			if old, known := seen[f.Seq]; known && old != text {
				t.Errorf("event %d changed:\n%s\n%s", f.Seq, old, text)
			}
			seen[f.Seq] = text
		}
		switch f.Type {
		case "welcome":
			caughtUp = int64(f.num("seq"))
			if *pending != nil {
				send(t, ws, *pending)
			}
		case "ack":
			acked[f.str("id")] = int64(f.num("seq"))
			*pending = nil
			if left <= 0 {
				return false
			}
		case "question.asked":
			open = f.num("turn")
		case "answer.submitted":
			if f.num("turn") == open {
				open = 0
			}
		case "report.ready":
			return f.num("grades_pending") == 0
		case "error":
			t.Fatalf("error frame: %s", f.Data)
		}
		if open > 0 && *pending == nil && caughtUp >= 0 && last >= caughtUp {
			cmd := map[string]any{"type": "answer", "id": fmt.Sprintf("%s-%d", id, open), "turn": open, "text": story}
			*pending = cmd
			open = 0
			left--
			send(t, ws, cmd)
			if left <= 0 && beforeAck {
				return false
			}
		}
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	id := s.create(t, map[string]any{"format": "story-drill", "mode": "drill", "seed": 1})
	ws := s.dial(t, id, 0)
	q, _ := await(t, ws, "question.asked")
	turn := q.num("turn")
	state := func() string {
		_, raw := s.call(t, http.MethodGet, "/sessions/"+id+"/events", nil)
		return string(raw)
	}
	before := state()
	big := strings.Repeat("a word ", 9000) // over 50,000 characters, under the frame limit
	for _, tt := range []struct {
		name string
		cmd  map[string]any
		code string
	}{
		{"too long an answer", map[string]any{"type": "answer", "id": "1", "turn": turn, "text": big}, "too_large"},
		{"unknown field", map[string]any{"type": "answer", "id": "2", "turn": turn, "text": "x", "mood": "good"}, "invalid"},
		{"wrong turn", map[string]any{"type": "answer", "id": "3", "turn": turn + 1, "text": "x"}, "conflict"},
		{"empty answer", map[string]any{"type": "answer", "id": "4", "turn": turn, "text": " "}, "invalid"},
		{"no id", map[string]any{"type": "answer", "turn": turn, "text": "x"}, "invalid"},
		{"unknown command", map[string]any{"type": "shout", "id": "5"}, "invalid"},
		{"hint in a drill", map[string]any{"type": "hint", "id": "6", "turn": turn}, "conflict"},
		{"resume without a pause", map[string]any{"type": "resume", "id": "7"}, "conflict"},
		{"artifact of no kind", map[string]any{"type": "artifact", "id": "8", "turn": turn, "kind": "poem", "rows": []any{}}, "invalid"},
		{"row of another kind", map[string]any{"type": "artifact", "id": "9", "turn": turn, "kind": "ranking", "rows": []any{map[string]any{"issue": "x"}}}, "invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			send(t, ws, tt.cmd)
			f, _ := await(t, ws, "error", "ack")
			if f.Type != "error" || f.str("code") != tt.code {
				t.Errorf("got %s %s, want error %s", f.Type, f.Data, tt.code)
			}
			if f.str("message") == "" {
				t.Error("the error says nothing")
			}
		})
	}
	if after := state(); after != before {
		t.Errorf("a refused command changed the log:\n%s\n%s", before, after)
	}
	t.Run("answers that talk of stopping end nothing", func(t *testing.T) {
		send(t, ws, map[string]any{"type": "answer", "id": "10", "turn": turn, "text": "I stopped the rollout and we finished. " + story})
		f, _ := await(t, ws, "question.asked", "session.closed")
		send(t, ws, map[string]any{"type": "answer", "id": "10", "turn": turn, "text": "the same id again"})
		ack, _ := await(t, ws, "ack", "error")
		if ack.Type != "ack" {
			t.Errorf("the same command id was answered with %s %s", ack.Type, ack.Data)
		}
		if n := strings.Count(state(), `"answer.submitted"`); n != 1 {
			t.Errorf("the answer stands %d times in the log", n)
		}
		if f.Type == "session.closed" && f.str("why") == "ended" {
			t.Error("the session was ended by words in an answer")
		}
	})
}

func TestForeignCallers(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	id := s.create(t, map[string]any{"format": "story-drill"})
	for _, tt := range []struct {
		name   string
		header []string
		want   int
	}{
		{"no token", []string{"Authorization", ""}, http.StatusUnauthorized},
		{"wrong token", []string{"Authorization", "Bearer wrong"}, http.StatusUnauthorized},
		{"foreign host", []string{"Host", "rebind.example"}, http.StatusForbidden},
		{"foreign origin", []string{"Origin", "http://foreign.example"}, http.StatusForbidden},
	} {
		if status, raw := s.call(t, http.MethodGet, "/sessions", nil, tt.header...); status != tt.want || !strings.Contains(string(raw), `"error"`) {
			t.Errorf("%s: %d %s, want %d", tt.name, status, raw, tt.want)
		}
	}
	for _, origin := range []string{"", "http://foreign.example", "null"} {
		h := http.Header{"Authorization": {"Bearer " + s.token}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/api/v1/sessions/"+id+"/ws", h)
		if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("a websocket with origin %q was not refused with 403: %v %v", origin, resp, err)
		}
	}
}

func TestAnOversizedFrameClosesTheSocketOnly(t *testing.T) {
	s := start(t, t.TempDir(), "--model", "none")
	id := s.create(t, map[string]any{"format": "story-drill", "seed": 1})
	ws := s.dial(t, id, 0)
	q, _ := await(t, ws, "question.asked")
	send(t, ws, map[string]any{"type": "answer", "id": "big", "turn": q.num("turn"), "text": strings.Repeat("x", 5<<20)})
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
				t.Logf("the connection ended with %v", err) // a reset may overtake the close frame
			}
			break
		}
	}
	again := s.dial(t, id, 0)
	w, _ := await(t, again, "welcome")
	if w.num("turn") != q.num("turn") {
		t.Errorf("the open turn is %d after the oversized frame, want %d", w.num("turn"), q.num("turn"))
	}
}

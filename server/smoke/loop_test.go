package smoke_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
	"rehearse/server/ollama/ollamatest"
)

// loopSitting is a whole loop as a client of the contract sits it.
type loopSitting struct {
	t      *testing.T
	data   string
	flags  []string
	s      *server
	id     string
	frames []frame
	turn   map[int]frame // question.asked by turn
	block  map[int]frame // block.started by block
	said   map[int]string
	judged bool // by a model with a certificate
}

// loopAnswer is what the candidate says: a text of its own for every turn, that holds a word nobody else says. In two
// rounds the same story is told, with another figure.
func loopAnswer(turn, round int, main, story bool) string {
	mark := fmt.Sprintf("zq%dround%d", turn, round)
	switch {
	case story && main && (round == 1 || round == 3):
		servers := map[int]string{1: "12", 3: "40"}[round]
		return "In March 2024 our build servers trusted any pull request, and one had read a signing key, which we called " + mark + ". I was responsible for the release pipeline with " + servers + " servers. " +
			"I moved signing to a separate machine, wrote a check that refuses unsigned artefacts and walked two teams through it. I had considered rotating the key every night and rejected it because a thief needs minutes. Unsigned releases went from 5 a week to 0 within a month, counted by the release log."
	case story && main: // one of those that tell of something done: a round of answers to another question casts no vote
		told := []int{0, 5, 6, 7, 9, 11}
		return strings.Replace(spoken[told[turn%len(told)]], ". ", " at "+mark+". ", 1)
	case main:
		return strings.Replace(spoken[turn%len(spoken)], ". ", " at "+mark+". ", 1)
	}
	return "I did that myself with " + mark + " beside me, because nobody else had the access. It took nine days."
}

// sit answers until the report is there, and kills the server before the answer to the turns named.
func (l *loopSitting) sit(kills func(main bool, first bool, round int) bool) {
	l.t.Helper()
	l.turn, l.block, l.said = map[int]frame{}, map[int]frame{}, map[int]string{}
	last, killed := int64(0), map[int]bool{}
	for {
		ws := l.s.dial(l.t, l.id, last)
		again := false
		caughtUp, open := int64(-1), 0
		for !again {
			f, ok := receive(l.t, ws)
			if !ok {
				l.t.Fatal("the connection ended before the report")
			}
			if f.Seq > 0 {
				if f.Seq != last+1 {
					l.t.Fatalf("event %d follows %d", f.Seq, last)
				}
				last = f.Seq
				l.frames = append(l.frames, f)
			}
			switch f.Type {
			case "welcome":
				caughtUp = int64(f.num("seq"))
				if n, ok := f.field("turn").(float64); ok {
					open = int(n)
				}
			case "block.started":
				l.block[f.num("block")] = f
			case "question.asked":
				open = f.num("turn")
				l.turn[open] = f
			case "answer.submitted", "turn.skipped":
				open = 0
			case "error":
				l.t.Fatalf("error frame: %s", f.Data)
			case "report.ready":
				if f.num("grades_pending") == 0 {
					_ = ws.Close()
					return
				}
			}
			q, known := l.turn[open]
			if open == 0 || !known || last < caughtUp {
				continue
			}
			b := l.block[q.num("block")]
			round, main := b.num("round"), q.field("main") == true
			if !killed[open] && kills(main, strings.HasPrefix(b.str("phase"), "threat-model") || b.num("phase_no") == 1, round) {
				killed[open] = true
				send(l.t, ws, map[string]any{"type": "pause", "id": fmt.Sprint("p", open)})
				await2(l, ws, &last, "session.paused")
				l.s.kill()
				l.s = start(l.t, l.data, l.flags...)
				ws = l.s.dial(l.t, l.id, last)
				send(l.t, ws, map[string]any{"type": "resume", "id": fmt.Sprint("r", open)})
				await2(l, ws, &last, "session.resumed")
				_ = ws.Close()
				again = true
				continue
			}
			l.said[open] = loopAnswer(open, round, main, b.str("kind") == "behavioural")
			if b.str("kind") == "questions" {
				l.said[open] = "How big is the team, and what does a typical week look like?"
			}
			send(l.t, ws, map[string]any{"type": "answer", "id": fmt.Sprint("a", open), "turn": open, "text": l.said[open]})
			open = 0
		}
	}
}

// await2 reads until a frame of a type comes and keeps what is durable on the way.
func await2(l *loopSitting, ws *websocket.Conn, last *int64, typ string) {
	l.t.Helper()
	_, seen := await(l.t, ws, typ)
	for _, f := range seen {
		if f.Seq == *last+1 {
			*last = f.Seq
			l.frames = append(l.frames, f)
		}
		if f.Type == "question.asked" {
			l.turn[f.num("turn")] = f
		}
		if f.Type == "block.started" {
			l.block[f.num("block")] = f
		}
	}
}

// debriefView is what the test reads of a debrief.
type debriefView struct {
	Opened bool `json:"votes_opened"`
	Notes  []struct {
		Name     string
		For      []lineView
		Against  []lineView
		Unknowns []lineView
	}
	Votes []struct {
		Round      int
		Vote       string
		Mean       *float64
		Basis      string
		Dimensions []struct {
			Value    *float64
			Measured bool
		}
	}
	Matrix []struct {
		Gap  bool
		Data []json.RawMessage `json:"data_points"`
	}
	Reused  []json.RawMessage          `json:"reused_stories"`
	Numbers []struct{ Said [2]string } `json:"numbers_that_disagree"`
	Outcome struct {
		Result string
		For    int
	}
	Next *struct{ Session map[string]any }
}

type lineView struct {
	Text   string
	Absent bool
	Quotes []struct {
		Turn, Start, End int
		Text             string
	}
}

func (l *loopSitting) debrief() (debriefView, []byte) {
	l.t.Helper()
	status, raw := l.s.call(l.t, http.MethodGet, "/sessions/"+l.id+"/debrief", nil)
	var d debriefView
	if status != http.StatusOK || json.Unmarshal(raw, &d) != nil {
		l.t.Fatalf("GET debrief = %d %s", status, raw)
	}
	return d, raw
}

// voteOf is the stated rule once more, from what the debrief shows.
func voteOf(values []float64) string {
	if len(values) < 3 {
		return "not enough evidence"
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean, low := sum/float64(len(values)), slices.Min(values)
	switch {
	case mean >= 4 && low >= 3:
		return "strong hire"
	case mean >= 3 && low >= 2:
		return "inclined"
	case mean < 2:
		return "strong no"
	}
	return "not inclined"
}

func (l *loopSitting) check() {
	t := l.t
	d, raw := l.debrief()
	if !d.Opened || len(d.Votes) != 5 || len(d.Notes) != 5 || len(d.Matrix) != 16 {
		t.Fatalf("opened %v, %d votes, %d notes, %d rows", d.Opened, len(d.Votes), len(d.Notes), len(d.Matrix))
	}
	inFavour := 0
	for _, v := range d.Votes {
		var values []float64
		unset := false
		for _, x := range v.Dimensions {
			unset = unset || x.Value == nil
		}
		for _, x := range v.Dimensions {
			if x.Value != nil && (!unset || l.judged || x.Measured) {
				values = append(values, *x.Value)
			}
		}
		if want := voteOf(values); v.Vote != want || (unset && !l.judged) != (v.Basis == "measured") {
			t.Errorf("round %d votes %q on %v (%s), want %q", v.Round, v.Vote, values, v.Basis, want)
		}
		if v.Mean == nil || math.Abs(*v.Mean) > 5 {
			t.Errorf("round %d has no mean", v.Round)
		}
		if v.Vote == "inclined" || v.Vote == "strong hire" {
			inFavour++
		}
	}
	if d.Outcome.For != inFavour {
		t.Errorf("the outcome counts %d for, the votes are %d", d.Outcome.For, inFavour)
	}
	for _, n := range d.Notes {
		if len(n.For)+len(n.Against) == 0 || (len(n.Unknowns) == 0 && !l.judged) { // a model that may judge can leave nothing open
			t.Errorf("the note of %s has %d for, %d against, %d unknowns", n.Name, len(n.For), len(n.Against), len(n.Unknowns))
		}
		for _, line := range slices.Concat(n.For, n.Against, n.Unknowns) {
			if len(line.Quotes) == 0 && !line.Absent {
				t.Errorf("%s wrote %q and quotes nothing", n.Name, line.Text)
			}
			for _, q := range line.Quotes {
				if said := l.said[q.Turn]; q.End > len(said) || said[q.Start:q.End] != q.Text {
					t.Errorf("%s quotes %q, which turn %d does not say there", n.Name, q.Text, q.Turn)
				}
			}
		}
	}
	if len(d.Reused) == 0 || !slices.ContainsFunc(d.Numbers, func(n struct{ Said [2]string }) bool { return n.Said == [2]string{"12", "40"} }) {
		t.Errorf("reused stories %d, numbers %v; want the story of rounds 1 and 3, and its 12 against 40 servers", len(d.Reused), d.Numbers)
	}
	if d.Outcome.Result != "yes" {
		if d.Next == nil {
			t.Fatal("there is nothing to start next")
		}
		if id := l.s.create(t, d.Next.Session); id == "" {
			t.Error("the next interview could not be started")
		}
	}
	_, report := l.s.call(t, http.MethodGet, "/sessions/"+l.id+"/report", nil)
	l.s.kill()
	l.s = start(t, l.data, l.flags...)
	if _, again := l.debrief(); !bytes.Equal(raw, again) {
		t.Error("the debrief is another after a restart")
	}
	if _, again := l.s.call(t, http.MethodGet, "/sessions/"+l.id+"/report", nil); !bytes.Equal(report, again) {
		t.Error("the report is another after a restart")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "export", "--data", l.data, l.id).Output()
	if err != nil || !strings.HasPrefix(string(out), "# Debrief: Loop") || !strings.Contains(string(out), "# Loop,") {
		t.Errorf("export: %v, begins %.60q", err, out)
	}
}

// oncePerRound kills the server at the first question of each round, and in the middle of two.
func oncePerRound() func(main, first bool, round int) bool {
	between, inside := map[int]bool{}, map[int]bool{}
	return func(main, first bool, round int) bool {
		switch {
		case main && first && !between[round]:
			between[round] = true
			return round > 1
		case !main && !inside[round] && round%2 == 0:
			inside[round] = true
			return true
		}
		return false
	}
}

func TestALoopWithoutAModel(t *testing.T) {
	l := &loopSitting{t: t, data: t.TempDir(), flags: []string{"--model", "none"}}
	l.s = start(t, l.data, l.flags...)
	l.id = l.s.create(t, map[string]any{"format": "loop", "mode": "exam", "seed": 2})
	if status, _ := l.s.call(t, http.MethodGet, "/sessions/"+l.id+"/debrief", nil); status != http.StatusConflict {
		t.Errorf("a debrief before the end = %d, want 409", status)
	}
	l.sit(oncePerRound())
	l.check()
	rounds := 0
	for _, f := range l.frames {
		if f.Type == "round.started" {
			rounds++
		}
	}
	if rounds != 5 {
		t.Errorf("%d rounds", rounds)
	}
	drill := l.s.create(t, map[string]any{"format": "story-drill", "mode": "drill", "seed": 1})
	l.s.sit(t.Context(), t, drill, func(int) string { return story })
	if status, _ := l.s.call(t, http.MethodGet, "/sessions/"+drill+"/debrief", nil); status != http.StatusNotFound {
		t.Errorf("the debrief of a drill = %d, want 404", status)
	}
}

// Over a whole loop no request to the model holds a word that another interviewer heard.
func TestALoopIsSealed(t *testing.T) {
	m := ollamatest.New(t)
	yes := answers(func(string) verdict { return verdict{Verdict: "yes", Sure: 95, Quote: "nobody else had the access"} })
	m.Reply(func(task string) string {
		if asked.MatchString(task) {
			return yes(task)
		}
		return ollamatest.LeadIn(task)
	})
	l := &loopSitting{t: t, data: t.TempDir(), flags: []string{"--ollama", m.URL, "--model", ollamatest.Default().Name}, judged: true}
	certify(t, l.data, m)
	l.s = start(t, l.data, l.flags...)
	l.id = l.s.create(t, map[string]any{"format": "loop", "mode": "coached", "seed": 2})
	l.sit(oncePerRound())
	l.check()
	roundOf := map[int]int{}
	for turn, q := range l.turn {
		roundOf[turn] = l.block[q.num("block")].num("round")
	}
	requests, byModel, checks := map[int]int{}, 0, map[int]int{}
	for _, c := range m.Chats() {
		var text strings.Builder
		for _, msg := range c.Messages {
			text.WriteString(msg.Content + "\n")
		}
		rounds := map[int]bool{}
		for turn, round := range roundOf {
			if strings.Contains(text.String(), fmt.Sprintf("zq%dround%d", turn, round)) {
				rounds[round] = true
			}
		}
		for round := range rounds {
			requests[round]++
			if asked.MatchString(c.Messages[len(c.Messages)-1].Content) {
				checks[round]++
			}
		}
		if len(rounds) > 1 {
			t.Errorf("one request holds answers of rounds %v:\n%.2000s", rounds, text.String())
		}
	}
	for _, q := range l.turn {
		if v := q.str("voice"); v != "" && v != "authored" {
			byModel++
		}
	}
	for round := 1; round <= 5; round++ {
		if requests[round] == 0 || checks[round] == 0 {
			t.Errorf("%d requests, %d of them checks of a grade, held an answer of round %d: nothing was tested", requests[round], checks[round], round)
		}
	}
	if byModel == 0 {
		t.Error("the model spoke no follow-up")
	}
	// What the interviewer of a round says holds no word that only another heard.
	for turn, q := range l.turn {
		for other, round := range roundOf {
			if round != roundOf[turn] && strings.Contains(q.str("text"), fmt.Sprintf("zq%dround%d", other, round)) {
				t.Errorf("round %d says what round %d heard: %q", roundOf[turn], round, q.str("text"))
			}
		}
	}
	var probes []interview.ProbeRef
	for _, q := range l.turn {
		var data interview.QuestionAsked
		if json.Unmarshal(q.Data, &data) == nil && data.Probe != nil {
			probes = append(probes, *data.Probe)
		}
	}
	if !slices.ContainsFunc(probes, func(p interview.ProbeRef) bool { return p.Type == "Q18" }) {
		t.Error("the story told twice was not noticed, although that fact may pass")
	}
}

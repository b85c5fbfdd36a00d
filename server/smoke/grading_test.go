package smoke_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"rehearse/prompts"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/prompt"
	"rehearse/server/sqlite"
)

// judge is a grader whose model is the scripted endpoint.
func judge(t testing.TB, s *ollamatest.Server, quiet time.Duration) grading.Grader {
	t.Helper()
	c := ollama.New([]string{s.URL}, nil)
	c.FirstToken, c.Idle = quiet, quiet
	m, err := c.Detect(t.Context(), ollama.Auto)
	if err != nil {
		t.Fatal(err)
	}
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ollama.NewChecker(c, m, set)
	if err != nil {
		t.Fatal(err)
	}
	return grading.Grader{Checker: k}
}

// asked are the ids of the points in a check's task.
var asked = regexp.MustCompile(`(?m)^- id ([^:\n]+):`)

type verdict struct {
	ID      string `json:"id"`
	Quote   string `json:"quote"`
	Sure    int    `json:"sure"`
	Verdict string `json:"verdict"`
}

// answers makes a judge's reply from what f says of each point.
func answers(f func(id string) verdict) func(string) string {
	return func(task string) string {
		var body struct {
			Checks []verdict `json:"checks"`
		}
		for _, m := range asked.FindAllStringSubmatch(task, -1) {
			v := f(m[1])
			v.ID = m[1]
			body.Checks = append(body.Checks, v)
		}
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
}

const toldStory = `In March 2024 I ran the rotation of the signing keys at an online bank, because a contractor had left with a laptop and nobody knew what was on it. I had two weeks.
I first listed every service that verified a token by asking the running processes, and found 31 where the inventory said 19. I thought about rotating everything in one night and decided against it, since a single service that had pinned the old key would have stopped payments. Instead I published both keys, watched which one each service used, and moved them in four groups.
The head of payments wanted to wait until after the quarter. I showed him the list of who could sign in our name and we agreed on a Sunday.
On day nine one batch job failed because it had cached the key for a month; I rolled it back in ten minutes and wrote a check that looks for cached keys.
After twelve days tokens signed with the old key had gone from 31 services to 0, counted by the gateway every hour, and no payment was lost. I had trusted the inventory far too long. Since then I ask the running processes first, and the platform group runs that check every night.`

var (
	storyIn = grading.Input{Kind: interview.KindBehavioural, Question: "Tell me about a time you had to act fast on a security problem.", Answer: toldStory, Level: "L5",
		Principle: "Speed matters; many decisions can be taken back.", History: []grading.Exchange{{Probe: "What did it cost?", Answer: "It cost the four teams about two days each, and I dropped a design review that month."}}}
	cardIn = grading.Input{Kind: interview.KindConceptCard, Question: "How does a stored XSS work and how do you stop it?",
		Answer: "The attacker saves a script in a comment, and it runs in the browser of everybody who opens the page. I would encode on output and add a policy that forbids inline scripts.",
		Points: []grading.Point{{ID: "p1", Text: "The script is stored on the server and runs for other users", Weight: 50, Must: true}, {ID: "p2", Text: "Output encoding for the context is the defence", Weight: 30}, {ID: "p3", Text: "A content security policy limits the damage", Weight: 20}}}
)

// Where grading calls a model.
var sites = []struct {
	name string
	in   grading.Input
}{
	{"dimensions of a story", storyIn},
	{"points of a technical answer", cardIn},
}

// Every failure at every place where grading asks a model gives a reason and no number.
func TestNoNumberFromAFailure(t *testing.T) {
	t.Parallel()
	for _, site := range sites {
		for mode, class := range ollamatest.Modes() {
			if class != ollamatest.Fails {
				continue
			}
			t.Run(site.name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				s := ollamatest.New(t)
				g := judge(t, s, 300*time.Millisecond)
				s.Set(mode)
				noNumber(t, g.Grade(t.Context(), site.in))
			})
		}
		for name, reply := range map[string]string{
			"prose":            "I would say yes.",
			"empty object":     "{}",
			"empty list":       `{"checks":[]}`,
			"a mark":           `{"score": 9}`,
			"a list":           `[{"id":"p1","quote":"","sure":1,"verdict":"no"}]`,
			"fenced":           "```json\n{\"checks\":[]}\n```",
			"half":             `{"checks":[{"id":"p1","quote":"the attacker`,
			"other ids":        `{"checks":[{"id":"p9","quote":"","sure":50,"verdict":"no"}]}`,
			"null":             "null",
			"something behind": `{"checks":[]} and so on`,
		} {
			t.Run(site.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := ollamatest.New(t)
				g := judge(t, s, sitTime)
				s.Reply(func(string) string { return reply })
				noNumber(t, g.Grade(t.Context(), site.in))
			})
		}
		for name, spoil := range map[string]func(*verdict){
			"fourth verdict": func(v *verdict) { v.Verdict = "maybe" },
			"no verdict":     func(v *verdict) { v.Verdict = "" },
			"too sure":       func(v *verdict) { v.Sure = 900 },
			"less than sure": func(v *verdict) { v.Sure = -1 },
		} {
			t.Run(site.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := ollamatest.New(t)
				g := judge(t, s, sitTime)
				s.Reply(answers(func(string) verdict {
					v := verdict{Verdict: "no", Sure: 80}
					spoil(&v)
					return v
				}))
				noNumber(t, g.Grade(t.Context(), site.in))
			})
		}
		t.Run(site.name+"/second call", func(t *testing.T) { // the first is fine, what follows is not
			t.Parallel()
			s := ollamatest.New(t)
			g := judge(t, s, sitTime)
			n := 0
			s.Reply(func(task string) string {
				if n++; n > 1 {
					return "…"
				}
				return answers(func(string) verdict { return verdict{Verdict: "no", Sure: 80} })(task)
			})
			noNumber(t, g.Grade(t.Context(), site.in))
		})
		t.Run(site.name+"/retry for a quote", func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			g := judge(t, s, sitTime)
			s.Reply(func(task string) string {
				if strings.Contains(task, "Your last quotes") {
					return "…"
				}
				return answers(func(string) verdict {
					return verdict{Verdict: "yes", Sure: 90, Quote: "words that nobody ever said here"}
				})(task)
			})
			noNumber(t, g.Grade(t.Context(), site.in))
		})
	}
	for mode, class := range ollamatest.Modes() {
		if class != ollamatest.Fails || mode == ollamatest.Silent || mode == ollamatest.Stutter { // nothing that vectors could do
			continue
		}
		t.Run("vectors/"+string(mode), func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			s.Models(ollamatest.Model{Name: "vectors", Digest: "d", Capabilities: []string{"embedding"}})
			c := ollama.New([]string{s.URL}, nil)
			c.FirstToken = 300 * time.Millisecond
			e, err := c.DetectEmbedder(t.Context(), ollama.Auto)
			if err != nil {
				t.Fatal(err)
			}
			g := grading.Grader{Embed: e.Embed}
			if ok := g.Grade(t.Context(), cardIn); !ok.Graded || ok.Score == nil {
				t.Fatalf("with vectors: %+v", ok)
			}
			s.Set(mode)
			s.Everywhere(true)
			noNumber(t, g.Grade(t.Context(), cardIn))
		})
	}
}

// holdsNumber reports whether a number stands anywhere in decoded JSON.
func holdsNumber(v any) bool {
	switch v := v.(type) {
	case float64:
		return true
	case map[string]any:
		for _, x := range v {
			if holdsNumber(x) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsNumber)
	}
	return false
}

func noNumber(t *testing.T, g grading.Grade) {
	t.Helper()
	if g.Graded || g.Status != grading.StatusFailed || g.Reason == "" {
		t.Errorf("a failed grade is %+v", g)
	}
	raw, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(raw, &all); err != nil || holdsNumber(all) {
		t.Errorf("there is a number in a grade that failed: %s", raw)
	}
	for _, word := range []string{"panic", "nil", "%!"} {
		if strings.Contains(g.Reason, word) {
			t.Errorf("nobody understands %q", g.Reason)
		}
	}
}

// A judge that alters, invents and translates its quotes shows nothing that the candidate did not say.
func TestOnlyTheCandidatesWordsAreQuoted(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	pieces := strings.FieldsFunc(toldStory, func(r rune) bool { return r == '.' || r == '\n' })
	graded, shown, dropped := 0, 0, 0
	for i := range 500 {
		in := storyIn
		in.Answer = shuffleTail(rng, pieces)
		if i%2 == 1 {
			in = cardIn
			in.Answer = in.Answer + " " + pieces[rng.IntN(len(pieces))] + "."
		}
		k := &liar{rng: rng, pieces: pieces}
		g := grading.Grader{Checker: k}.Grade(t.Context(), in)
		if !g.Graded {
			t.Fatalf("not graded: %+v", g)
		}
		graded++
		dropped += g.Dropped
		var quotes []grading.Quote
		for _, d := range g.Decisions {
			if d.By == grading.ByJudged {
				quotes = append(quotes, d.Quotes...)
			}
		}
		for _, p := range g.Points {
			if p.By == grading.ByJudged && p.Verdict == interview.VerdictYes { // what is unclear shows where code saw it
				quotes = append(quotes, p.Quotes...)
			}
		}
		for _, q := range quotes {
			text := in.Answer
			if q.Turn > 0 {
				text = in.History[q.Turn-1].Answer
			}
			if q.Start < 0 || q.End > len(text) || q.Start >= q.End {
				t.Fatalf("quote %+v is outside of the answer", q)
			}
			said := text[q.Start:q.End]
			if !k.honest[fold(said)] && !k.near(fold(said)) {
				t.Fatalf("shown: %q, which the judge never quoted from there", said)
			}
			shown++
		}
	}
	t.Logf("%d gradings, %d quotes shown, %d dropped", graded, shown, dropped)
	if shown < 300 || dropped < 300 {
		t.Errorf("%d quotes shown and %d dropped in %d gradings: too few to say anything", shown, dropped, graded)
	}
}

func shuffleTail(rng *rand.Rand, pieces []string) string {
	at := rng.IntN(len(pieces))
	return strings.TrimSpace(strings.Join(append(append([]string{}, pieces[at:]...), pieces[:at]...), ". ")) + "."
}

// fold is a text by its letters and figures only.
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// liar is a judge that says yes to everything, with quotes of every kind.
type liar struct {
	rng    *rand.Rand
	pieces []string
	honest map[string]bool
}

func (l *liar) Judge() interview.Judge { return interview.Judge{Model: "liar"} }

// near reports whether what is shown is a stretch of something the judge quoted with a slip.
func (l *liar) near(said string) bool {
	for h := range l.honest {
		a, b := strings.Fields(h), strings.Fields(said)
		if len(a)-len(b) <= 1 && len(b)-len(a) <= 1 {
			same := 0
			for _, w := range b {
				if strings.Contains(" "+h+" ", " "+w+" ") {
					same++
				}
			}
			if float64(same) >= 0.85*float64(len(b)) {
				return true
			}
		}
	}
	return false
}

var german = strings.NewReplacer(" the ", " der ", " I ", " ich ", " and ", " und ", " was ", " war ", " it ", " es ", " had ", " hatte ", " key", " Schlüssel")

func (l *liar) Check(_ context.Context, c interview.Check) ([]interview.CheckResult, error) {
	if l.honest == nil {
		l.honest = map[string]bool{}
	}
	var out []interview.CheckResult
	for _, p := range c.Points {
		turn := c.Turns[l.rng.IntN(len(c.Turns))]
		words := strings.Fields(turn.Answer)
		from := l.rng.IntN(max(1, len(words)-4))
		whole := strings.Join(words[from:min(len(words), from+4+l.rng.IntN(12))], " ")
		quote := whole
		switch l.rng.IntN(7) {
		case 0: // as it is
		case 1: // other marks and case
			quote = strings.ToUpper(strings.NewReplacer(",", " ", ".", " ;").Replace(whole))
		case 2: // one word changed
			w := strings.Fields(whole)
			w[l.rng.IntN(len(w))] = "really"
			quote = strings.Join(w, " ")
		case 3: // translated
			quote = german.Replace(" " + whole + " ")
		case 4: // invented
			quote = fmt.Sprintf("I reduced it by %d percent in a week", l.rng.IntN(90))
		case 5: // two places joined
			quote = whole + " " + strings.TrimSpace(l.pieces[l.rng.IntN(len(l.pieces))])
		case 6: // shuffled
			w := strings.Fields(whole)
			l.rng.Shuffle(len(w), func(i, k int) { w[i], w[k] = w[k], w[i] })
			quote = strings.Join(w, " ")
		}
		l.honest[fold(whole)] = true
		l.honest[fold(quote)] = true
		out = append(out, interview.CheckResult{ID: p.ID, Verdict: interview.VerdictYes, Quote: quote, Confidence: 0.9})
	}
	return out, nil
}

// certify writes the certificate of the scripted model into a data folder.
func certify(t *testing.T, data string, s *ollamatest.Server) {
	t.Helper()
	j := judge(t, s, sitTime).Checker.Judge()
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SetSetting(t.Context(), "certificate/"+j.Digest+"/"+j.Prompt, `{"passed":true}`); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// shownGrade is a grade as a report shows it.
type shownGrade struct {
	Status  string           `json:"status"`
	Reason  string           `json:"reason"`
	Note    string           `json:"note"`
	Judge   *interview.Judge `json:"judge"`
	After   grading.Scores   `json:"after_probes"`
	Prose   string           `json:"prose"`
	Earlier []map[string]any `json:"earlier"`
}

// gradeOf is what the report of a session says of its first graded block.
func (s *server) gradeOf(t *testing.T, id string) (out struct {
	Verdict struct {
		Score   *float64 `json:"score"`
		Pending int      `json:"grades_pending"`
	} `json:"verdict"`
	Blocks []struct {
		Grade *shownGrade `json:"grade"`
	} `json:"blocks"`
}) {
	t.Helper()
	status, raw := s.call(t, "GET", "/sessions/"+id+"/report", nil)
	if status != 200 {
		t.Fatalf("report: %d %s", status, raw)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A model judges in a session only when it holds a certificate; one that fails leaves no number, and the
// grade can be asked for again.
func TestASessionIsGradedByACertifiedModel(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	yes := answers(func(string) verdict {
		return verdict{Verdict: "yes", Sure: 95, Quote: "I first listed every service that verified a token"}
	})
	s.Reply(func(task string) string {
		switch {
		case asked.MatchString(task):
			return yes(task)
		case strings.HasPrefix(task, "Below is a table"):
			return `You said "I first listed every service that verified a token". You scored 97 of 100. Keep going.`
		}
		return ollamatest.LeadIn(task)
	})
	data := t.TempDir()
	certify(t, data, s)
	srv := start(t, data, "--ollama", s.URL)
	id := srv.create(t, map[string]any{"format": "story-drill", "mode": "drill"})
	srv.sit(t.Context(), t, id, func(int) string { return toldStory })
	got := srv.gradeOf(t, id)
	g := got.Blocks[0].Grade
	if g == nil || g.Status != "graded" || g.After.Score == nil || g.Judge == nil || g.Judge.Model != "scripted:1b" || got.Verdict.Score == nil {
		t.Fatalf("judged: %+v", g)
	}
	if want := `You said "I first listed every service that verified a token". Keep going.`; g.Prose != want {
		t.Errorf("the prose is %q, want %q", g.Prose, want)
	}
	s.Set(ollamatest.Garbage)
	if status, raw := srv.call(t, "POST", "/sessions/"+id+"/regrade", map[string]any{}); status != 202 {
		t.Fatalf("regrade: %d %s", status, raw)
	}
	g = srv.settled(t, id)
	if g.Status != "failed" || g.Reason == "" || g.After.Score != nil || g.After.Measured != nil || len(g.Earlier) != 1 {
		t.Errorf("a judge that breaks off left %+v", g)
	}
	if v := srv.gradeOf(t, id).Verdict; v.Score != nil {
		t.Errorf("there is a number over a grade that failed: %v", *v.Score)
	}
	s.Set(ollamatest.OK)
	s.Models(ollamatest.Default(), ollamatest.Model{Name: "other:4b", Digest: "sha256:beef", Capabilities: []string{"completion"}})
	if status, raw := srv.call(t, "POST", "/sessions/"+id+"/regrade", map[string]any{"model": "other:4b"}); status != 202 {
		t.Fatalf("regrade: %d %s", status, raw)
	}
	if g = srv.settled(t, id); g.Status != "failed" || !strings.Contains(g.Reason, "rehearse exam --model other:4b") || len(g.Earlier) != 2 {
		t.Errorf("a model without a certificate: %+v", g)
	}
}

// settled waits until nothing is pending and returns the newest grade.
func (s *server) settled(t *testing.T, id string) *shownGrade {
	t.Helper()
	for range 2000 {
		if got := s.gradeOf(t, id); got.Verdict.Pending == 0 {
			return got.Blocks[0].Grade
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the grade was not made")
	return nil
}

// Without a certificate the model speaks and code grades.
func TestAModelWithoutACertificateOnlySpeaks(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	srv := start(t, t.TempDir(), "--ollama", s.URL)
	id := srv.create(t, map[string]any{"format": "story-drill", "mode": "drill"})
	srv.sit(t.Context(), t, id, func(int) string { return toldStory })
	g := srv.settled(t, id)
	if g.Status != "graded" || g.Judge != nil || g.After.Score != nil || g.After.Measured == nil || !strings.Contains(g.Note, "has not passed the exam") {
		t.Errorf("by code alone: %+v", g)
	}
	for _, chat := range s.Chats() {
		if last := chat.Messages; len(last) > 0 && asked.MatchString(last[len(last)-1].Content) {
			t.Error("a model without a certificate was asked to judge")
		}
	}
}

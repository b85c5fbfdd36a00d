package smoke_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

const thinTold = "Last winter our build servers trusted any pull request, and one of them had read a signing key. We looked into it and it was fixed quickly. Everybody on the team was happy with the result, and after that we talked about it for a while and went on with other things."

// A story is told, its weakest part told again, told in ninety seconds, and told for another principle; the session is gone
// back into. Each says on the contract what it is, and the report says what changed. No report holds the strong sample.
func TestTellingItAgain(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	srv := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	get := func(id string) (report.Report, string) {
		status, raw := srv.call(t, "GET", "/sessions/"+id+"/report", nil)
		var r report.Report
		if err := json.Unmarshal(raw, &r); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, raw, err)
		}
		return r, string(raw)
	}
	sit := func(body map[string]any, text string) (string, string) {
		id := srv.create(t, body)
		first := ""
		for _, f := range srv.sit(t.Context(), t, id, func(int) string { return text }) {
			if f.Type == "question.asked" && first == "" && f.str("text") != "" {
				first = f.str("text")
			}
		}
		return id, first
	}
	id, asked := sit(map[string]any{"format": "story-drill", "mode": "drill", "item": "beh-01"}, thinTold)
	before, raw := get(id)
	if before.Again != nil {
		t.Errorf("a first telling is compared: %+v", before.Again)
	}
	for level, text := range p.Rubrics["beh-01"].Strong {
		if strings.Contains(raw, strings.TrimSpace(text)[:60]) {
			t.Errorf("the report holds the sample for %s", level)
		}
	}
	block := 0
	for _, b := range before.Blocks {
		if b.Item == "beh-01" {
			block = b.Block
		}
	}

	again, part := sit(map[string]any{"format": "story-drill", "mode": "drill", "item": "beh-01", "retry_of": id, "part": "weakest"},
		"As a result the signing took 2 hours where it had taken 12 days before, counted over the quarter after in the release log, and no key left the machine since.")
	if !strings.HasPrefix(part, asked) || part == asked {
		t.Errorf("the part is asked for with %q, the story with %q", part, asked)
	}
	after, _ := get(again)
	if a := after.Again; a == nil || a.Attempt != 2 || a.Session != id || a.Part == "" || a.Figures[1] <= a.Figures[0] || len(a.Gained) == 0 {
		t.Errorf("the difference: %+v", after.Again)
	}
	for _, seconds := range []int{90, 120, 240} {
		if _, q := sit(map[string]any{"format": "story-drill", "mode": "drill", "item": "beh-01", "retry_of": id, "seconds": seconds}, toldStory); q == asked || !strings.HasPrefix(q, asked) {
			t.Errorf("%d seconds: %q", seconds, q)
		}
	}
	other := ""
	for _, pr := range p.Principles {
		if pr.ID != before.Blocks[len(before.Blocks)-1].Principle.ID {
			other = pr.ID
		}
	}
	if _, q := sit(map[string]any{"format": "story-drill", "mode": "drill", "retry_of": id, "principle": other}, toldStory); !strings.HasPrefix(q, p.Lines.SameStory) || strings.Contains(q, asked) {
		t.Errorf("the same story for another principle: %q", q)
	}
	turn := 0
	for _, b := range before.Blocks {
		for _, q := range b.Questions {
			if q.Main && b.Item != "" {
				turn = q.Turn
			}
		}
	}
	fork, _ := sit(map[string]any{"fork": map[string]any{"session": id, "turn": turn}}, toldStory)
	if r, _ := get(fork); r.Again == nil || r.Again.Turn != turn || r.Again.Session != id {
		t.Errorf("a fork: %+v", r.Again)
	}
	status, body := srv.call(t, "GET", fmt.Sprintf("/sessions/%s/sample?block=%d", id, block), nil)
	var shown struct{ Samples []report.Sample }
	if err := json.Unmarshal(body, &shown); err != nil || status != 200 || len(shown.Samples) != len(p.Rubrics["beh-01"].Strong) || len(shown.Samples) == 0 {
		t.Errorf("the sample that was asked for: %d %s", status, body)
	}
	open := srv.create(t, map[string]any{"format": "story-drill"})
	for path, want := range map[string]int{id + "/sample?block=99": 400, id + "/sample": 400, open + "/sample?block=1": 409, "nobody/sample?block=1": 404} {
		if status, raw := srv.call(t, "GET", "/sessions/"+path, nil); status != want {
			t.Errorf("%s: %d %s", path, status, raw)
		}
	}
}

// Over the contract a follow-up waits until it is called, and the report says who was right.
func TestCallingOverTheContract(t *testing.T) {
	t.Parallel()
	srv := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	id := srv.create(t, map[string]any{"format": "story-drill", "mode": "drill", "guess": true})
	ws := srv.dial(t, id, 0)
	calls := 0
	for n := 0; ; n++ {
		f, _ := await(t, ws, "question.asked", "guess", "report.ready")
		if f.Type == "report.ready" {
			break
		}
		if f.Type == "guess" {
			g := decode[struct {
				Turn  int
				Types []interview.Label
			}](t, f.Data)
			calls++
			send(t, ws, map[string]any{"type": "guess", "id": fmt.Sprint("g", n), "turn": g.Turn, "guess": g.Types[0].ID})
			continue
		}
		send(t, ws, map[string]any{"type": "answer", "id": fmt.Sprint("a", n), "turn": decode[interview.QuestionAsked](t, f.Data).Turn, "text": thinTold})
	}
	_, raw := srv.call(t, "GET", "/sessions/"+id+"/report", nil)
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if r.Called == nil || calls == 0 || r.Called.Asked != calls || r.Called.Called != calls || len(r.Called.Calls) != calls {
		t.Errorf("%d calls, the report says %+v", calls, r.Called)
	}
}

// A story is told aloud: the clock and the report go by the timer, what was typed afterwards is what is marked, and times
// that cannot be are refused with the answer kept back.
func TestToldAloud(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	srv := start(t, data, "--model", "none", "--seed", "4")
	id := srv.create(t, map[string]any{"format": "story-drill", "mode": "drill"})
	ws := srv.dial(t, id, 0)
	f, _ := await(t, ws, "question.asked")
	turn := decode[interview.QuestionAsked](t, f.Data).Turn
	for n, bad := range [][]float64{{3, 2}, {0}, {-1, 2}, {4000}, {2, 2}, {600}, make([]float64, 21)} {
		send(t, ws, map[string]any{"type": "answer", "id": fmt.Sprint("bad", n), "turn": turn, "text": toldStory, "spoken": bad})
		if f, _ := await(t, ws, "error", "answer.submitted"); f.Type != "error" || !strings.Contains(string(f.Data), `"spoken"`) {
			t.Fatalf("%v: %s %s", bad, f.Type, f.Data)
		}
	}
	send(t, ws, map[string]any{"type": "answer", "id": "told", "turn": turn, "text": toldStory, "spoken": []float64{1, 1.5, 4}})
	if f, _ := await(t, ws, "answer.submitted"); len(decode[interview.AnswerSubmitted](t, f.Data).Spoken) != 3 {
		t.Errorf("%s", f.Data)
	}
	srv.kill()
	srv = start(t, data, "--model", "none")
	srv.sit(t.Context(), t, id, func(int) string { return thinTold })
	_, raw := srv.call(t, "GET", "/sessions/"+id+"/report", nil)
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	a := r.Blocks[len(r.Blocks)-1].Questions[0].Answer
	if a == nil || len(a.Aloud) != 3 || a.Aloud[2] != 2.5 || a.Minutes != 0.07 || a.Words < 100 {
		t.Errorf("%+v", a)
	}
	if _, md := srv.call(t, "GET", "/sessions/"+id+"/report.md", nil); !strings.Contains(string(md), "Told aloud in 0.1 minutes by the timer") {
		t.Error("the report in Markdown does not tell of it")
	}
	id = srv.create(t, map[string]any{"format": "code-review"})
	ws = srv.dial(t, id, 0)
	f, _ = await(t, ws, "question.asked")
	send(t, ws, map[string]any{"type": "answer", "id": "a", "turn": decode[interview.QuestionAsked](t, f.Data).Turn, "text": "Line 3 is unsafe.", "spoken": []float64{1}})
	if f, _ := await(t, ws, "error", "answer.submitted"); f.Type != "error" {
		t.Errorf("a review was told aloud: %s", f.Data)
	}
}

// TestPracticeInABrowser calls a follow-up, goes back to a turn, tells the weakest part again, asks for a sample, and brings
// back what a colleague made with the offline file.
func TestPracticeInABrowser(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	p.do("the choice", chromedp.Click(choice("Story drill")), chromedp.Click(choice("Coached")), chromedp.Click(choice("Call the follow-up")))
	p.pictures("lobby-practice", true)
	p.do("the start", chromedp.Click(button("Start")), chromedp.WaitVisible(answerBox))
	p.until("the first question", boxOpen)
	send := chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.do("telling it", chromedp.Click(button("Tell it aloud")), chromedp.WaitVisible(button("Told")))
	p.until("a second of it", `(window.firstPart ??= performance.now()) < performance.now() - 1000`)
	p.do("the next part", chromedp.KeyEvent(" "))
	p.until("the second part", `document.body.innerText.includes("Part 2.") && (window.secondPart ??= performance.now()) < performance.now() - 1000`)
	p.do("told", chromedp.Click(button("Told")))
	p.until("how long it took", `/Told in 0:0\d \(0:0\d \+ 0:0\d\)/.test(document.body.innerText) && document.activeElement?.id === "answer"`)
	p.pictures("aloud", false)
	p.do("the story", chromedp.SendKeys(answerBox, thinTold), send)
	p.until("what may be called", `(`+question+`).includes("Which follow-up is coming?")`)
	p.pictures("guess", false)
	p.do("the call", chromedp.Click(`//fieldset//button[1]`))
	p.until("the follow-up", `(`+question+`).includes("follow-up") && `+boxOpen)
	end := func() {
		p.do("the end", chromedp.Click(button("End")), chromedp.WaitVisible(button("End it")), chromedp.Click(button("End it")))
		p.do("the report", chromedp.WaitVisible(`//a[normalize-space()="Open the report"]`), chromedp.Click(`//a[normalize-space()="Open the report"]`))
		p.until("the report", `document.querySelector("h1")?.innerText.startsWith("Report") && document.body.innerText.includes("A second rater")`)
	}
	end()
	p.until("the time by the timer", `document.body.innerText.includes("told aloud, by the timer")`)
	p.until("the calls", `/[01] of 1 called right/.test(document.body.innerText)`)
	p.until("the own marks first", `document.body.innerText.includes("Your own marks come first") && !document.body.innerText.includes("by what code can measure")`)
	p.do("no marks", chromedp.Click(button("Show all without rating")))
	p.until("the verdict", `document.body.innerText.includes("by what code can measure") && !document.body.innerText.includes("Your own marks come first")`)
	p.do("the sample", chromedp.Click(button("Show it now")))
	p.until("the sample shown", `document.body.innerText.includes("shown as recited")`)
	p.pictures("report-practice", true)

	id := strings.Split(read[string](p, "location.hash"), "/")[2]
	block := 0
	_, raw := s.call(t, "GET", "/sessions/"+id+"/report", nil)
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Blocks {
		if b.Item != "" {
			block = b.Block
		}
	}
	dir := t.TempDir()
	back := filepath.Join(dir, "panel-back.json")
	_, page := s.call(t, "GET", "/sessions/"+id+"/panel.html", nil)
	file := filepath.Join(dir, "panel.html")
	for name, data := range map[string][]byte{file: page, filepath.Join(dir, "no.json"): []byte("[]")} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rater := open(t, "file://"+file)
	rater.do("the file", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate("file://"+file), chromedp.WaitVisible(button("Save my rating")))
	rater.pictures("panel", true)
	rater.do("the rating", chromedp.SendKeys("#rater", "Priya"), chromedp.SendKeys(`textarea[data-note]`, "I wanted the number."))
	saved := read[string](rater, `(() => {
		document.querySelector('select[data-dimension="B1"]').value = "4"
		let made = ""
		HTMLAnchorElement.prototype.click = function () { made = decodeURIComponent(this.href.split(",").slice(1).join(",")) }
		document.getElementById("form").requestSubmit()
		return made
	})()`)
	if !strings.Contains(saved, `"B1":4`) || !strings.Contains(saved, fmt.Sprintf(`"block":%d`, block)) {
		t.Fatalf("the file saved %q", saved)
	}
	if err := os.WriteFile(back, []byte(saved), 0o600); err != nil {
		t.Fatal(err)
	}
	upload := `//input[@type="file"]`
	p.do("a wrong file", chromedp.SetUploadFiles(upload, []string{filepath.Join(dir, "no.json")}))
	p.until("that it is none", `document.body.innerText.includes("This is not the file that a second rater saves")`)
	p.do("the right file", chromedp.SetUploadFiles(upload, []string{back}))
	p.until("the rating beside ours", `document.body.innerText.includes("Priya") && document.body.innerText.includes("I wanted the number.")`)

	p.do("the weakest part", chromedp.Click(button("Only the weakest part")), chromedp.WaitVisible(answerBox))
	p.until("the part is asked for", boxOpen)
	p.do("the part", chromedp.SendKeys(answerBox, "As a result the signing took 2 hours where it had taken 12 days before, counted in the release log over a quarter."), send)
	p.until("over", `(`+question+`).includes("over")`)
	p.do("the second report", chromedp.WaitVisible(`//a[normalize-space()="Open the report"]`), chromedp.Click(`//a[normalize-space()="Open the report"]`))
	p.until("the difference", `document.body.innerText.includes("Against the time before") && document.body.innerText.includes("Attempt 2")`)
	p.pictures("again", true)

	p.do("back to a turn", chromedp.Click(`//button[normalize-space()="Go on from here, with another answer"]`), chromedp.WaitVisible(answerBox))
	p.until("the turn again", boxOpen)
	p.check()
}

package smoke_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// TestPullRequestsFightBack sits every pull request that repairs are written for, decides by the key, and reads in the
// report that each decision was right; before the end nothing that is sent says which repair holds.
func TestPullRequestsFightBack(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	srv := start(t, t.TempDir(), "--model", "none")
	sat := 0
	for id, rubric := range p.Rubrics {
		if len(rubric.Fights()) == 0 {
			continue
		}
		sat++
		session := srv.create(t, map[string]any{"format": "pull-request", "item": id, "mode": "drill"})
		ws := srv.dial(t, session, 0)
		shown := 0
		for {
			f, seen := await(t, ws, "question.asked", "report.ready")
			if f.Type == "report.ready" {
				break
			}
			q := decode[interview.QuestionAsked](t, f.Data)
			say := "Untrusted input reaches a dangerous call here, and I would bind it."
			if _, fix := rubric.Pushed(q.Push); fix != nil {
				if q.Main {
					shown++
				}
				for _, x := range append(seen, f) {
					if strings.Contains(string(x.Data), fix.Why) || strings.Contains(string(x.Data), `"holds"`) {
						t.Errorf("%s: %s gives the key of %v away", id, x.Type, q.Push)
					}
				}
				say = map[bool]string{true: "I approve this repair.", false: "I block this repair, it can be got round."}[fix.Holds]
			}
			send(t, ws, map[string]any{"type": "answer", "id": session + q.Step + f.Type + string(rune('a'+q.Turn)), "turn": q.Turn, "text": say})
		}
		_ = ws.Close()
		status, raw := srv.call(t, "GET", "/sessions/"+session+"/report", nil)
		var r report.Report
		if err := json.Unmarshal(raw, &r); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, raw, err)
		}
		if got := len(r.Blocks[0].Pushed); got != shown || shown != min(3, len(rubric.Fights())) {
			t.Errorf("%s: %d repairs shown, %d in the report, %d places have some", id, shown, got, len(rubric.Fights()))
		}
		for _, x := range r.Blocks[0].Pushed {
			if !x.Right || x.Why == "" || x.Change == "" {
				t.Errorf("%s: lines %v: %+v", id, x.Lines, x)
			}
		}
	}
	if sat < 15 {
		t.Errorf("repairs are written for %d pull requests only", sat)
	}
}

// TestAPullRequestInABrowser: the repair that was pushed stands on the page as a change, and the report says what it was.
func TestAPullRequestInABrowser(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	session := s.create(t, map[string]any{"format": "pull-request", "mode": "drill", "item": "cr-py-thumbnail"})
	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")),
		chromedp.Navigate(s.url+"/#/session/"+session))
	pictured := false
	for i := 0; i < 14; i++ {
		p.until("a box or the end", `!!document.querySelector('a[href$="/report"]') || `+boxOpen)
		if read[bool](p, `!!document.querySelector('a[href$="/report"]')`) {
			break
		}
		before := read[string](p, question)
		say := "The moment goes into a shell command in line 43, which is command injection."
		if read[bool](p, `!!document.querySelector('pre[aria-label="The change"]')`) {
			say = "I approve this repair."
			if !pictured {
				pictured = true
				p.until("the change", `/^[+] /m.test(document.querySelector('pre[aria-label="The change"]').innerText)`)
				p.do("a reload", chromedp.Reload())
				p.until("the change after the reload", boxOpen+` && /^[+] /m.test(document.querySelector('pre[aria-label="The change"]')?.innerText ?? "")`)
				p.pictures("pushed", true)
			}
		}
		p.do("an answer", chromedp.SendKeys(answerBox, say), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		p.until("what comes after it", fmt.Sprintf("(%s) !== %q", question, before))
	}
	if !pictured {
		t.Error("no repair was shown")
	}
	p.do("the report", chromedp.Click(`//a[normalize-space()="Open the report"]`))
	p.until("the repairs in it", `document.body.innerText.includes("The repairs that were pushed") && document.body.innerText.includes("approved")`)
	p.pictures("pushed-report", true)
	p.check()
}

package smoke_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBetweenSessionsInABrowser makes a plan, rates a card, begins what is suggested, reads a loop's debrief and starts the
// interview that it asks for, and deletes everything after an archive was brought in, as a person would.
func TestBetweenSessionsInABrowser(t *testing.T) {
	chromium(t)
	data := t.TempDir()
	s := start(t, data, "--model", "none", "--seed", "4")
	l := &loopSitting{t: t, data: data, s: s, id: s.create(t, map[string]any{"format": "loop", "mode": "exam", "seed": 3})}
	l.sit(func(bool, bool, int) bool { return false })

	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	p.until("a suggestion with two others", `document.querySelector('[aria-labelledby="next"]')?.querySelectorAll("p").length === 3`)
	p.pictures("lobby-next", true)

	p.do("the debrief", chromedp.Click(`//a[normalize-space()="Debrief"]`))
	p.until("votes and matrix", `document.querySelectorAll('[aria-labelledby="votes"] tbody tr').length === 5 && document.querySelectorAll('[aria-labelledby="matrix"] tbody tr').length === 16`)
	p.until("the note of the first", `document.querySelector('[aria-labelledby="notes"] details').innerText.includes("for,")`)
	p.do("its words", chromedp.Click(`(//section[@aria-labelledby="notes"]//summary)[1]`))
	p.until("quotes in it", `document.querySelectorAll('[aria-labelledby="notes"] details[open] blockquote').length > 0`)
	p.until("the story told twice, with both figures", `(() => { const x = document.querySelector('[aria-labelledby="twice"]')?.innerText ?? ""; return x.includes("12") && x.includes("40") })()`)
	p.pictures("debrief", true)
	p.do("one more interview", chromedp.Click(button("Start it")))
	p.until("it begins", boxOpen+` && location.hash.includes("/session/")`)

	p.do("progress", chromedp.Navigate(s.url+"/#/progress"))
	p.until("five criteria", `document.querySelectorAll('[aria-labelledby="criteria"] article').length === 5`)
	date := time.Now().AddDate(0, 0, 20).Format(time.DateOnly)
	p.do("the day", chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const e = document.querySelector('input[type="date"]'); e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})) })()`, date)))
	p.do("the plan", chromedp.Click(button("Make a plan")))
	p.until("its days", `document.querySelectorAll('[aria-labelledby="plan"] details').length >= 19 && document.body.innerText.includes("(today)")`)
	p.pictures("progress", true)

	p.do("the cards", chromedp.Click(`//a[normalize-space()="Cards"]`), chromedp.WaitVisible(button("Look")))
	front := read[string](p, `document.querySelector(".front").innerText`)
	p.do("looking", chromedp.Click(button("Look")), chromedp.WaitVisible(button("Known")))
	p.pictures("card", false)
	p.do("rating", chromedp.Click(button("Known")))
	p.until("the next card", fmt.Sprintf(`document.querySelector(".front") && document.querySelector(".front").innerText !== %q`, front))

	archive := filepath.Join(t.TempDir(), "all.zip")
	status, raw := s.call(t, "GET", "/export", nil)
	if status != 200 || os.WriteFile(archive, raw, 0o600) != nil {
		t.Fatalf("GET /export: %d", status)
	}
	p.do("what is kept", chromedp.Navigate(s.url+"/#/keep"), chromedp.WaitVisible(button("Delete everything")))
	if !read[bool](p, `document.querySelector('a[href$="/export"]').hasAttribute("download")`) {
		t.Error("the archive is not offered as a file")
	}
	p.do("no word, no deletion", chromedp.SendKeys(`//label[contains(., "Type")]//input`, "delete"))
	if !read[bool](p, `[...document.querySelectorAll("button")].find((b) => b.innerText === "Delete everything").disabled`) {
		t.Error("everything can be deleted without the words")
	}
	p.do("the words", chromedp.SendKeys(`//label[contains(., "Type")]//input`, " everything"), chromedp.Click(button("Delete everything")))
	p.until("deleted", `document.querySelector('[role="status"]').innerText.includes("Deleted for good: sessions 2")`)
	p.pictures("keep", false)
	p.do("bringing it back", chromedp.SetUploadFiles(`//input[@type="file"]`, []string{archive}))
	p.until("it is back", `document.querySelector('[role="status"]').innerText.includes("Sessions: 2 added")`)
	broken := filepath.Join(t.TempDir(), "broken.zip")
	if err := os.WriteFile(broken, append(raw[:len(raw)/2:len(raw)/2], raw[len(raw)/2+40:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do("a broken one", chromedp.SetUploadFiles(`//input[@type="file"]`, []string{broken}))
	p.until("it is refused", `document.querySelector('[role="status"]').innerText.includes("nothing was changed")`)
	p.mu.Lock()
	p.sockets = 2 // one interview is all that speaks here
	wrong := p.wrong[:0]
	for _, w := range p.wrong { // the browser says on its console that a request was refused
		if !strings.Contains(w, "/api/v1/import") {
			wrong = append(wrong, w)
		}
	}
	p.wrong = wrong
	p.mu.Unlock()
	p.check()
}

package smoke_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheBankInABrowser keeps a story from a report, writes one with the keyboard, sees the matrix and the ledger, brings in
// a damaged file and a good one, and begins a drill.
func TestTheBankInABrowser(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	told := s.create(t, map[string]any{"format": "story-drill", "principle": "ownership"})
	s.sit(t.Context(), t, told, func(turn int) string {
		if turn == 1 {
			return story + " Marta from release engineering refused at first."
		}
		return "I read the release log myself, 90 days back."
	})
	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	p.do("the report", chromedp.Navigate(s.url+"/#/session/"+told+"/report"), chromedp.WaitVisible(`//a[normalize-space()="Keep this story in your bank"]`),
		chromedp.Click(`//a[normalize-space()="Keep this story in your bank"]`), chromedp.WaitVisible(`//h2[normalize-space()="A story from your answer"]`))
	p.until("the cues of the answer", `document.querySelector("#cues").value.includes("5 a week") && document.activeElement.id === "title"`)
	p.pictures("stories-from-answer", true)
	read[bool](p, `(document.querySelector("#title").select(), true)`)
	p.do("its name", chromedp.KeyEvent("The signing key"), chromedp.KeyEvent("\r"))
	p.until("the story", `document.body.innerText.includes("“The signing key” is kept.") && document.body.innerText.includes("Told 1 time")`)

	// Another one, with the keyboard alone, from a question.
	p.do("a question", chromedp.Click(`//summary[contains(., "questions")]`), chromedp.Focus(`//section[@aria-labelledby="mine"]//button[1]`), chromedp.KeyEvent("\r"), chromedp.WaitVisible("#title"))
	p.until("the question over the form", `document.activeElement.id === "title" && document.querySelector("form.box strong").innerText.endsWith("?")`)
	p.do("the words", chromedp.SendKeys("#title", "The bakery"), chromedp.KeyEvent("\t"), chromedp.SendKeys("#cues", "[situation] a stranger's invoice\n9 customers told"), chromedp.Focus("#use-customer-obsession"), chromedp.KeyEvent("fir"), chromedp.Focus("#title"), chromedp.KeyEvent("\r"))
	p.until("the second story", `document.querySelectorAll("article.story").length === 2`)
	p.until("the matrix", `[...document.querySelectorAll("section[aria-labelledby=matrix] tbody tr")].some((r) => r.innerText.includes("Customer Obsession") && r.innerText.includes("The bakery") && r.innerText.includes("No second choice"))`)
	p.pictures("stories", true)

	read[bool](p, `(document.querySelectorAll("article details").forEach((d) => (d.open = true)), true)`)
	p.until("the history", `document.querySelector("article.story").innerText.includes("as you said") && document.querySelector("article.story q").innerText.length > 5`)
	p.pictures("stories-history", false)

	// What the server refuses stays in the form.
	p.do("a cue that is prose", chromedp.Click(button("New story")), chromedp.WaitVisible("#title"), chromedp.SendKeys("#title", "Prose"),
		chromedp.SendKeys("#cues", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), chromedp.Click(button("Keep it")))
	p.until("why not", `document.querySelector("[role=alert]")?.innerText.includes("19 words") && document.querySelector("#title").value === "Prose"`)
	p.do("the way back", chromedp.Click(button("Cancel")))

	status, raw := s.call(t, http.MethodGet, "/stories.md", nil)
	if status != http.StatusOK {
		t.Fatalf("stories.md: %d", status)
	}
	file := filepath.Join(t.TempDir(), "stories.md")
	bring := func(text, until string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.do("the file", chromedp.SetUploadFiles("#file", []string{file}), chromedp.Click(button("Bring it in")))
		p.until(until, `document.body.innerText.includes(`+"`"+until+"`"+`)`)
	}
	bring(string(raw)+"\n## Broken\n\n- x\nprose\n", "Nothing was imported and nothing was changed")
	bring(string(raw)+"\n## The cookie\n\n- 18 percent logged out\n", "1 story added, 0 changed, 2 were here already.")

	p.do("the drill", chromedp.Click(`//article[.//h3[contains(., "The signing key")]]//button[starts-with(normalize-space(), "Drill it")]`), chromedp.WaitVisible(answerBox))
	p.until("the question and the cues", boxOpen+` && document.querySelector("details.box summary")?.innerText === "Your cues: The signing key"`)
	p.pictures("stories-drill", false)
	p.mu.Lock()
	defer p.mu.Unlock()
	refused := 0
	for _, w := range p.wrong {
		if strings.Contains(w, "status of 400") && strings.Contains(w, "/api/v1/stories") { // the two that are refused above
			refused++
			continue
		}
		t.Error(w)
	}
	if refused != 2 {
		t.Errorf("%d requests were refused, and two should be", refused)
	}
}

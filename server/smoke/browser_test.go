package smoke_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"rehearse/server/pack/packtest"
)

// chromium is the browser of the tests. Without one the test is skipped, and says so, unless it is required.
func chromium(t *testing.T) string {
	t.Helper()
	name := os.Getenv("REHEARSE_CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("REHEARSE_BROWSER") == "required" {
		t.Fatalf("a browser test is required and there is no browser: %v", err)
	}
	t.Skipf("NOT TESTED: the page in a browser. There is no %s here; install Chromium or set REHEARSE_CHROMIUM", name)
	return ""
}

// artefacts is the folder for pictures, outside the repository.
func artefacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("REHEARSE_ARTEFACTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "rehearse-artefacts")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Logf("pictures are in %s", dir)
	return dir
}

// patience is how long one step may take, on a slow machine under the race detector as well.
const patience = 40 * time.Second

// page is one tab, with everything that it said and asked for.
type page struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // in chromedp a tab is its context
	host string
	dir  string

	mu       sync.Mutex
	wrong    []string
	requests int
	sockets  int
}

// open starts the browser and one tab that is watched from its first request on.
func open(t *testing.T, address string) *page {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")) // the others are defaults of chromedp
	alloc, closeBrowser := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(closeBrowser)
	tab, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("the browser did not start: %v", err)
	}
	ctx, cancel := context.WithTimeout(tab, 4*time.Minute)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx, host: u.Host, dir: artefacts(t)}
	p.watch()
	return p
}

// watch notes errors on the console, among them violations of the content security policy, and every
// address that is not the server's.
func (p *page) watch() {
	messages := chromedp.Console(p.ctx)
	requests := chromedp.Events(p.ctx, network.RequestWillBeSent)
	sockets := chromedp.Events(p.ctx, network.WebSocketCreated)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			switch m.Type {
			case chromedp.ConsoleError, chromedp.ConsoleException, chromedp.ConsoleWarning:
				p.note("the console says %s: %s (%s)", m.Type, m.Text, m.URL)
			}
		}
	}()
	go func() {
		for ev, err := range requests {
			if err != nil {
				return
			}
			p.asked(ev.Request.URL, &p.requests)
		}
	}()
	go func() {
		for ev, err := range sockets {
			if err != nil {
				return
			}
			p.asked(ev.URL, &p.sockets)
		}
	}()
}

func (p *page) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

func (p *page) asked(address string, count *int) {
	p.mu.Lock()
	*count++
	p.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil || u.Host != p.host && u.Scheme != "data" {
		p.note("the page asked for %s, which is not this server", address)
	}
}

// check fails the test for everything that was noted, and when nothing was, because nobody looked.
func (p *page) check() {
	p.t.Helper()
	time.Sleep(200 * time.Millisecond) // for what is still on its way
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.wrong {
		p.t.Error(w)
	}
	if p.requests < 3 || p.sockets < 2 {
		p.t.Errorf("%d requests and %d websockets were seen; the page was not watched", p.requests, p.sockets)
	}
}

// do runs steps and stops the test with a picture when one fails.
func (p *page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

// press clicks something until something else is there. On a machine that is busy with other tests the driver's press and
// release may fall on both sides of a repaint, and then no click arises; a person would press again.
func (p *page) press(what, on, until string) {
	p.t.Helper()
	there := fmt.Sprintf("document.evaluate(%q, document, null, 9).singleNodeValue?.checkVisibility()", until)
	for began := time.Now(); time.Since(began) < patience; {
		p.do(what, chromedp.Click(on))
		for range 100 {
			if read[bool](p, "!!("+there+")") {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	p.fail("%s did nothing", what)
}

// read evaluates an expression in the page.
func read[T any](p *page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.fail("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to hold.
func (p *page) until(what, expression string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if ok {
			return
		}
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			break
		}
	}
	p.fail("%s did not happen", what)
}

func (p *page) fail(format string, args ...any) {
	p.t.Helper()
	p.picture("failed", false)
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText")) // it may be the browser that failed
	p.mu.Lock()
	wrong := strings.Join(p.wrong, "\n")
	p.mu.Unlock()
	p.t.Fatalf(format+"\n%s\nthe page reads:\n%s", append(args, wrong, text)...)
}

// The two windows that pictures are taken in.
var windows = []struct {
	name          string
	width, height int64
	opts          []chromedp.EmulateViewportOption
}{
	{name: "desktop", width: 1280, height: 900},
	{name: "phone", width: 360, height: 740, opts: []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch}},
}

// pictures takes one picture in each window and holds the page to its width.
func (p *page) pictures(name string, whole bool) {
	p.t.Helper()
	for _, w := range windows {
		p.do("the window "+w.name, chromedp.EmulateViewport(w.width, w.height, w.opts...))
		p.until("the layout", fmt.Sprintf("innerWidth === %d", w.width))
		if wide := read[int64](p, "document.documentElement.scrollWidth"); wide > w.width {
			p.t.Errorf("%s, %s: the page is %d pixels wide in a window of %d", name, w.name, wide, w.width)
		}
		p.picture(name+"-"+w.name, whole)
	}
	p.do("the window", chromedp.EmulateViewport(windows[0].width, windows[0].height))
}

func (p *page) picture(name string, whole bool) {
	p.t.Helper()
	shot := chromedp.CaptureScreenshot()
	if whole {
		shot = chromedp.FullScreenshot(100)
	}
	raw, err := chromedp.Run(p.ctx, shot)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, name+".png"), raw, 0o644)
	}
	if err != nil {
		p.t.Errorf("picture %s: %v", name, err)
	}
}

// Elements as a person finds them: by what is written on them.
func button(name string) string { return fmt.Sprintf(`//button[normalize-space()=%q]`, name) }

func choice(name string) string {
	return fmt.Sprintf(`//label[.//strong[normalize-space()=%q]]//input`, name)
}

const (
	answerBox = `//textarea[@id=//label[normalize-space()="Your answer"]/@for]`
	boxValue  = `document.evaluate('//textarea[@id=//label[normalize-space()="Your answer"]/@for]', document, null, 9).singleNodeValue?.value`
	boxOpen   = `document.evaluate('//textarea[@id=//label[normalize-space()="Your answer"]/@for and not(@readonly)]', document, null, 9).singleNodeValue`
	question  = `document.querySelector('section[aria-label="Question"]')?.innerText ?? ''`
)

// TestAStoryInABrowser sits a short drill on the page, as a person would.
func TestAStoryInABrowser(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	p := open(t, s.url)

	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	if at := read[string](p, "location.href"); strings.Contains(at, s.token) {
		t.Errorf("the token stays in the address: %s", at)
	}
	p.do("the choice", chromedp.Click(choice("Story drill")), chromedp.Click(choice("Coached")))
	p.pictures("lobby", true)
	p.do("the start", chromedp.Click(button("Start")), chromedp.WaitVisible(answerBox))

	p.until("the first question", boxOpen)
	first := read[string](p, question)
	const thin = "Last winter our build servers trusted any pull request, and one of them had read a signing key. We looked into it and it was fixed quickly. Everybody was happy with the result."
	p.do("the first answer", chromedp.SendKeys(answerBox, thin))
	p.until("the draft", `document.body.innerText.includes("Saved")`)
	p.do("the submission", chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.until("the follow-up", `(`+question+`).includes("follow-up") && `+boxOpen)
	if now := read[string](p, question); now == first {
		t.Errorf("the follow-up is the first question again: %q", now)
	}
	if v := read[string](p, boxValue); v != "" {
		t.Errorf("the composer still holds %q", v)
	}

	const half = "Café 🙂 – I moved the signing to a machine of its own, wrote a check that refuses unsigned artefacts, and"
	p.do("half an answer", chromedp.SendKeys(answerBox, half))
	p.pictures("interview", false)
	const more = " then I walked two teams thr" // lost in mid-word, before anything could be saved on a timer
	p.do("the reload", chromedp.SendKeys(answerBox, more), chromedp.Reload(), chromedp.WaitVisible(answerBox))
	p.until("the draft after the reload", boxValue+` === `+fmt.Sprintf("%q", half+more))
	p.until("the question after the reload", `(`+question+`).includes("follow-up") && `+boxOpen)
	p.do("the second answer", chromedp.SendKeys(answerBox, "ough it. Unsigned releases went from 5 a week to 0."), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.until("the second answer in the transcript", `document.querySelector('section[aria-label="Transcript"]').innerText.includes("walked two teams through it. Unsigned")`)

	p.until("the next question", `document.evaluate('//button[normalize-space()="End"]', document, null, 9).singleNodeValue || (`+question+`).includes("over")`)
	p.do("the end", chromedp.Click(button("End")), chromedp.WaitVisible(button("End it")), chromedp.Click(button("End it")))
	p.do("the report", chromedp.WaitVisible(`//a[normalize-space()="Open the report"]`), chromedp.Click(`//a[normalize-space()="Open the report"]`))
	p.until("the report", `document.querySelector("h1")?.innerText.startsWith("Report") && document.body.innerText.includes("Principle:")`)
	if text := read[string](p, "document.body.innerText"); !strings.Contains(text, "Unsigned releases") || !strings.Contains(text, "ended by you") {
		t.Errorf("the report does not tell what was said and how it ended:\n%s", text)
	}
	p.until("the grade", `document.body.innerText.includes("In short") && document.body.innerText.includes("First your own view")`)
	p.until("the own marks", `(() => { for (const s of document.querySelectorAll("form select")) { s.value = "2"; s.selectedIndex = 2; s.dispatchEvent(new Event("change", {bubbles: true})); } return true })()`)
	p.do("the comparison", chromedp.Click(button("Save and compare")))
	p.until("both marks", `document.body.innerText.includes("(you: 2)") && document.body.innerText.includes("measured by code")`)
	// One sentence is pointed to, with the keyboard alone: it is shown as a claim and survives a reload.
	p.do("the pick", chromedp.Focus(`//button[starts-with(normalize-space(), "Point to it")]`), chromedp.KeyEvent("\r"))
	p.until("the sentences to point to", `document.activeElement?.classList.contains("sentence")`)
	picked := read[string](p, "document.activeElement.innerText")
	p.do("the sentence", chromedp.KeyEvent("\r"))
	claimed := `document.body.innerText.includes("Claimed by you, not judged: “" + ` + fmt.Sprintf("%q", picked) + ` + "”")`
	p.until("the claim", claimed+` && document.activeElement?.innerText.startsWith("Point to another sentence")`)
	// Words are selected with a mouse's means, after characters of two, three and four bytes; the server's bytes give them back.
	p.do("the pick again", chromedp.Click(`//button[starts-with(normalize-space(), "Point to another sentence")]`))
	p.until("the selection", `(() => {
		const at = [...document.querySelectorAll(".pick .sentence")].find((s) => s.innerText.includes("🙂"))?.firstChild
		if (!at) return false
		const from = at.data.indexOf("a check that refuses")
		getSelection().setBaseAndExtent(at, from, at, from + "a check that refuses".length)
		return true
	})()`)
	p.until("the selected words offered", `document.querySelector(".chosen")?.innerText === "This shows it: “a check that refuses”"`)
	p.picture("report-pointing", false)
	p.do("the selected words", chromedp.Click(`//button[starts-with(normalize-space(), "This shows it")]`))
	words := `document.body.innerText.includes("Claimed by you, not judged: “a check that refuses”")`
	p.until("the claim of words", words)
	p.until("the end of saving", `!document.querySelector(".pick")`)
	p.do("the reload of the report", chromedp.Reload())
	p.until("one thing to change, and the rest folded", `document.body.innerText.includes("Change:") && document.querySelector("details.whole")?.open === false && !document.body.innerText.includes("Unsigned releases")`)
	p.pictures("drill-report", true)
	p.do("the rest", chromedp.Click("details.whole > summary"))
	p.until("the claims after the reload", claimed+" && "+words)
	p.pictures("report", true)
	p.check()
}

// TestAReviewOnAPhone: on a narrow window an exercise opens with its question in view, and skipping the only one asks first.
func TestAReviewOnAPhone(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	p := open(t, s.url)
	phone := windows[1]
	p.do("the link", chromedp.EmulateViewport(phone.width, phone.height, phone.opts...), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	p.do("the start", chromedp.Click(choice("Code review")), chromedp.Click(button("Start")))
	p.until("the question", boxOpen+` && (`+question+`).includes("Code review")`)
	p.until("the question in view", `(() => { const r = document.querySelector('section[aria-label="Question"]').getBoundingClientRect(); return scrollY === 0 && r.top >= 0 && r.top < innerHeight / 2 })()`)
	p.until("the box and its buttons in view", `(() => { const b = [...document.querySelectorAll("button")].find((x) => x.innerText === "Submit").getBoundingClientRect(); return b.top > 0 && b.bottom <= innerHeight })()`)
	p.picture("review-phone", false)
	const places = `JSON.stringify(["h1", ".numbers", 'section[aria-label="Question"]', "#answer"].map((q) => { const r = document.querySelector(q).getBoundingClientRect(); return [r.left, r.top] }))`
	before := read[string](p, places)
	p.do("the pause", chromedp.Click(button("Pause")))
	p.until("paused", `document.body.innerText.includes("The clocks stand still.")`)
	if after := read[string](p, places); after != before {
		t.Errorf("a pause moves the page: %s, then %s", before, after)
	}
	p.do("the end of the pause", chromedp.Click(`//p[contains(., "The clocks stand still.")]//button`))
	p.until("open again", boxOpen+` && !document.body.innerText.includes("The clocks stand still.")`)
	p.press("the skip", button("Skip"), button("Skip it"))
	p.do("going on", chromedp.Click(button("Go on")))
	p.until("still open", boxOpen)
	p.press("the skip, meant", button("Skip"), button("Skip it"))
	p.do("skipping", chromedp.Click(button("Skip it")))
	p.until("the end", `(`+question+`).includes("over") && !document.querySelector("#pad-findings")`)

	p.do("another", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/"), chromedp.WaitVisible(button("Start")),
		chromedp.Click(choice("Threat model")), chromedp.Click(button("Start")))
	p.until("the diagram", `document.querySelector('[aria-label="Diagram"] img')?.complete && `+boxOpen)
	p.picture("threat-model-desktop", false)
	p.do("the larger one", chromedp.Click(button("Enlarge the diagram")))
	p.until("it is larger", `document.querySelector('[aria-label="Diagram"] img').clientWidth > 1000 && document.documentElement.scrollWidth <= innerWidth`)
	p.check()
}

// TestMaterialInABrowser uploads a note, finds a passage of it, and takes it out again.
func TestMaterialInABrowser(t *testing.T) {
	chromium(t)
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	note := filepath.Join(t.TempDir(), "cache.md")
	if err := os.WriteFile(note, []byte("# The cache\n\n## Result\n\nLeaks of invoices went from 212 a day to 0 within a month, counted in the gateway log.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")))
	p.do("the material", chromedp.Click(`//a[normalize-space()="Your material, and search"]`), chromedp.WaitVisible(button("Upload")))
	p.do("the file", chromedp.SetUploadFiles(`//input[@type="file"]`, []string{note}))
	p.until("the choice", `!document.evaluate('//button[normalize-space()="Upload"]', document, null, 9).singleNodeValue.disabled`)
	p.do("the upload", chromedp.Click(button("Upload")))
	p.until("the file in the list", `document.body.innerText.includes("cache.md") && document.body.innerText.includes("1 passage")`)
	p.do("the question", chromedp.SendKeys(`//input[@type="search"]`, "how many invoices leaked a day?"), chromedp.KeyEvent("\r"))
	p.until("the passage with its place", `(() => { const li = document.querySelector(".found li"); return li?.innerText.includes("212 a day") && li.innerText.includes("Result") && li.innerText.includes("line") })()`)
	p.pictures("material", true)
	p.do("the removal", chromedp.Click(`//button[starts-with(normalize-space(), "Remove")]`), chromedp.WaitVisible(button("Remove it")), chromedp.Click(button("Remove it")))
	p.until("gone", `document.body.innerText.includes("None yet.")`)
	p.sockets = 2 // this page has none
	p.check()
}

// TestAScriptInABrowser hands in a script's output and source on the page, and reads what the report says of them.
func TestAScriptInABrowser(t *testing.T) {
	chromium(t)
	rubric := packtest.Flagship(t).Rubrics["sc-sbom-triage"]
	s := start(t, t.TempDir(), "--model", "none", "--seed", "4")
	session := s.create(t, map[string]any{"format": "scripting", "mode": "drill", "item": "sc-sbom-triage"})
	p := open(t, s.url)
	p.do("the link", chromedp.EmulateViewport(windows[0].width, windows[0].height), chromedp.Navigate(s.url+"/?token="+s.token), chromedp.WaitVisible(button("Start")),
		chromedp.Navigate(s.url+"/#/session/"+session))
	submit := func(what, text string) {
		p.until("a box for "+what, boxOpen)
		before := read[string](p, question)
		p.do(what, chromedp.SendKeys(answerBox, text), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		p.until("the next question after "+what, fmt.Sprintf("(%s) !== %q", question, before))
	}
	for i := 0; i < 8; i++ {
		p.until("a question that is open", boxOpen) // between two questions there is neither
		if strings.Contains(read[string](p, question), "Write it now") {
			break
		}
		submit(fmt.Sprint("answer ", i), "Is the fixed version itself in the range? I would split versions and compare numbers.")
	}
	p.until("the files", `document.querySelector('a[download="sbom.json"]')`)
	set := func(what, selector, text string) {
		p.do(what, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})) })()`, selector, text)))
	}
	lines := strings.Split(rubric.Expected.Text, "\n")
	set("a wrong output", `form textarea`, strings.Replace(rubric.Expected.Text, lines[2], lines[2]+"x", 1))
	p.do("comparing it", chromedp.Click(button("Compare")))
	p.until("the difference", `document.body.innerText.includes("Expected, line 3")`)
	set("the source", `#pad-source textarea`, "import os\nos.system('cat ' + name)\n")
	p.pictures("script", true)
	p.do("the reload", chromedp.Reload())
	p.until("the source, still there", `document.querySelector("#pad-source textarea")?.value.includes("os.system") && document.querySelector('a[download="sbom.json"]') && `+boxOpen)
	set("a right output", `form textarea`, rubric.Expected.Text)
	p.do("comparing that", chromedp.Click(button("Compare")))
	p.until("the match", `document.querySelector('form ~ [role="status"]').innerText.includes("✓")`)
	for i := 0; i < 14; i++ {
		// The last answer is taken, and then its question goes: only one of the two ends a turn.
		p.until("a box or the end", `!!document.querySelector('a[href$="/report"]') || `+boxOpen)
		if read[bool](p, `!!document.querySelector('a[href$="/report"]')`) {
			break
		}
		submit(fmt.Sprint("answer ", i, " after it"), "It reads only, counts what it could not judge, and ends with a code of its own.")
	}
	p.do("the report", chromedp.Click(`//a[normalize-space()="Open the report"]`))
	p.until("the script in it", `document.body.innerText.includes("measured") && document.body.innerText.includes("os.system hands a shell")`)
	p.pictures("script-report", true)
	p.check()
}

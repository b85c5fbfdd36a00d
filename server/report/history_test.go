package report_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/progress"
	"rehearse/server/report"
)

// part is one step of an exercise: what was answered and which rows were saved.
type part struct {
	step, text string
	rows       map[string][]any
}

// sat is a closed session over one item.
func sat(t testing.TB, p *interview.Pack, item string, parts ...part) interview.State {
	t.Helper()
	return fold(t, exercise(t, p, item, "complete", parts...))
}

func exercise(t testing.TB, p *interview.Pack, item, why string, parts ...part) []entry {
	t.Helper()
	it := p.Items[item]
	list := []entry{
		{0, interview.EvSessionCreated, interview.SessionCreated{Format: string(it.Kind), Mode: interview.ModeExam, Level: "L5", Pack: interview.PackRef{ID: p.ID, Version: p.Version}}},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Minutes: 20, Kind: string(it.Kind), Item: item}},
	}
	for i, x := range parts {
		n, at := i+1, i*60
		list = append(list, entry{at, interview.EvQuestionAsked, interview.QuestionAsked{Turn: n, Block: 1, Text: it.Prompt.Main, Wording: it.Prompt.Main, Step: x.step, Main: true}})
		for kind, rows := range x.rows {
			saved := interview.ArtifactSaved{Turn: n, Kind: kind}
			for _, r := range rows {
				saved.Rows = append(saved.Rows, mustJSON(t, r))
			}
			list = append(list, entry{at + 40, interview.EvArtifactSaved, saved})
		}
		list = append(list, entry{at + 50, interview.EvAnswerSubmitted, answer(n, x.text)})
	}
	if why != "" {
		list = append(list, entry{600, interview.EvBlockClosed, interview.BlockClosed{Block: 1}}, entry{600, interview.EvSessionClosed, interview.SessionClosed{Why: why}})
	}
	return list
}

func only(t *testing.T, st interview.State, p *interview.Pack) progress.Attempt {
	t.Helper()
	list := report.Attempts(st, p)
	if len(list) != 1 {
		t.Fatalf("%d attempts, want 1", len(list))
	}
	return list[0]
}

// missed are the facts of one attempt that are not met, those of the history left out.
func missed(t *testing.T, p *interview.Pack, a progress.Attempt) (out []progress.FactID) {
	t.Helper()
	for _, c := range progress.Criteria(progress.History{Attempts: []progress.Attempt{a}}, progress.Options{Pack: p, Now: a.At}).Criteria {
		for _, x := range c.Attempts {
			for _, f := range x.Facts {
				if !f.Met {
					out = append(out, f.ID)
				}
			}
		}
	}
	return out
}

// TestStoriesByForm holds the facts of a story against the pack's own texts: strong samples should meet all of them, and
// the lower anchors must not. The floor only goes up.
func TestStoriesByForm(t *testing.T) {
	p := packtest.Flagship(t)
	strong, whole := 0, 0
	for id, r := range p.Rubrics {
		if p.Items[id] == nil || p.Items[id].Kind != interview.KindBehavioural {
			continue
		}
		for _, text := range r.Strong {
			strong++
			if m := missed(t, p, only(t, sat(t, p, id, part{"", text, nil}), p)); len(m) == 0 {
				whole++
			}
		}
		for _, n := range []int{1, 2} {
			a := r.Anchors[n]
			if a.Text == "" {
				continue
			}
			if m := missed(t, p, only(t, sat(t, p, id, part{"", a.Text, nil}), p)); len(m) == 0 {
				t.Errorf("%s: the anchor of level %d meets everything", id, n)
			}
		}
	}
	t.Logf("%d of %d strong samples meet every measured fact", whole, strong)
	if whole*100 < strong*75 {
		t.Errorf("%d of %d strong samples meet every measured fact", whole, strong)
	}
}

// modelled is a threat model that does everything, with rows.
func modelled() []part {
	threat := func(action, component, mitigation, residual string) any {
		return interview.ThreatRow{Source: "a free member", Prerequisite: "an account", Action: action, Impact: "reads or changes strangers' files", Asset: "files", Component: component, Mitigation: mitigation, Residual: residual}
	}
	threats := func(treated bool) []any {
		m, r := "", ""
		if treated {
			m, r = "check the conversation on every read", "a member of the conversation who passes it on"
		}
		return []any{
			threat("counts up the file number and fetches files of strangers, an IDOR", "File API", m, r),
			threat("uploads a crafted PDF that exploits the parser and runs code in the converter", "converter", m, r),
			threat("uploads an SVG with a script that runs in our origin when an agent opens it", "CDN", m, r),
		}
	}
	return []part{
		{"scope", "I take the path of a file from the browser to the support console and leave payment out.", nil},
		{"model", "The boundary in front of the converter matters most, because the browser puts untrusted bytes straight into the bucket and the API never sees the bytes.", map[string][]any{"model": {
			interview.ModelRow{Kind: "boundary", Name: "Public internet"}, interview.ModelRow{Kind: "boundary", Name: "Media account"}, interview.ModelRow{Kind: "boundary", Name: "Support network"}}}},
		{"threats", "Five per cent of six million files a day is 300,000 identity documents a day, so reading strangers' files comes first. The signed address can be used again and overwrites objects. " +
			"Photos carry the location in their EXIF data.", map[string][]any{"threats": threats(false)}},
		{"rank", "As in the table.", map[string][]any{"ranking": {
			interview.RankingRow{ID: "strangers' files by number (IDOR)", Reason: "certain, needs no skill and reaches everybody"},
			interview.RankingRow{ID: "T2", Reason: "one upload owns every file in both buckets"},
			interview.RankingRow{ID: "SVG with script", Reason: "agents open files all day long"}}}},
		{"mitigations", "The table says what stays for each.", map[string][]any{"threats": threats(true)}},
	}
}

func TestThreatModelsAreMeasured(t *testing.T) {
	p := packtest.Flagship(t)
	a := only(t, sat(t, p, "tm-file-upload", modelled()...), p)
	want := &progress.Threats{Boundaries: 4, Named: 3, Ranked: 3, TopFive: 3, Treated: 3, Sums: 1, RankingGiven: true}
	got := *a.Threats
	if got.Named < want.Named {
		t.Errorf("%d boundaries named", got.Named)
	}
	got.Named = want.Named
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
	if a.Points.Must == 0 || a.Points.MustFound == 0 || a.Points.MustFound > a.Points.Must || a.Points.Found > a.Points.All {
		t.Errorf("points: %+v", a.Points)
	}
	for name, c := range map[string]struct {
		change func(parts []part)
		fact   progress.FactID
	}{
		"no sum": {func(x []part) { x[2].text = "Reading strangers' files comes first." }, "threat.sum"},
		"no reasons": {func(x []part) {
			x[3].rows = map[string][]any{"ranking": {interview.RankingRow{ID: "T1"}, interview.RankingRow{ID: "T2"}, interview.RankingRow{ID: "T3"}}}
		}, "threat.ranked"},
		"other things": {func(x []part) {
			x[3].rows = map[string][]any{"ranking": {interview.RankingRow{ID: "weather", Reason: "rain can be very bad indeed"}}}
		}, "threat.order"},
		"nothing treated": {func(x []part) { x[4] = part{"mitigations", "I would fix them.", nil} }, "threat.treated"},
		"no boundaries":   {func(x []part) { x[1] = part{"model", "It has some boxes.", nil} }, "threat.boundaries"},
	} {
		parts := modelled()
		c.change(parts)
		if m := missed(t, p, only(t, sat(t, p, "tm-file-upload", parts...), p)); !slices.Contains(m, c.fact) {
			t.Errorf("%s: %s is not missed, only %v", name, c.fact, m)
		}
	}
	prose := modelled()
	prose[3] = part{"rank", "First the IDOR, because counting up file numbers needs no skill and reaches everybody. Second the parser exploit in the converter, since one upload owns all files. Third the SVG with a script, as it needs an agent to open it.", nil}
	prose[4] = part{"mitigations", "Every read checks the conversation; what stays is a member who passes a file on. The converter gets a sandbox without network; what remains is a bug in the sandbox. Files come from another origin; what is left is a download that somebody runs.", nil}
	b := only(t, sat(t, p, "tm-file-upload", prose...), p).Threats
	if b.RankingGiven || b.Ranked != 3 || b.TopFive < 2 || b.Treated != 3 {
		t.Errorf("said and not written down: %+v", b)
	}
}

func TestReviewsAreMeasured(t *testing.T) {
	p := packtest.Flagship(t)
	item := "cr-java-orders"
	var rows []any
	for _, f := range p.Rubrics[item].Findings {
		rows = append(rows, map[string]any{"start_line": f.Lines[0], "end_line": f.Lines[1], "issue": f.Title, "impact": f.Exploit, "fix": f.Fix, "severity": f.Severity})
	}
	all := only(t, sat(t, p, item, part{"review", "See the rows.", map[string][]any{"findings": rows}}), p)
	if m := missed(t, p, all); len(m) > 0 {
		t.Errorf("all findings, and still %v: %+v", m, all.Review)
	}
	if all.Language != "java" {
		t.Errorf("language %q", all.Language)
	}
	for i := range rows {
		delete(rows[i].(map[string]any), "fix")
	}
	rows = append(rows, map[string]any{"start_line": 1, "end_line": 1, "issue": "no licence header"}, map[string]any{"start_line": 2, "end_line": 2, "issue": "long line"})
	some := only(t, sat(t, p, item, part{"review", "See the rows.", map[string][]any{"findings": rows}}), p)
	if m := missed(t, p, some); !slices.Contains(m, "review.exploit") || !slices.Contains(m, "review.alarms") {
		t.Errorf("without fixes and with two alarms only %v is missed", m)
	}
}

func TestScriptsAreMeasured(t *testing.T) {
	p := packtest.Second(t)
	k := ""
	for id, it := range p.Items {
		if it.Kind == interview.KindScripting {
			k = id
		}
	}
	r := p.Rubrics[k]
	pasted := "```\n" + r.Expected.Text + "```\nand after the change\n```text\n" + r.Twists[0].Expected.Text + "```"
	got := only(t, sat(t, p, k, part{"write", pasted, nil}), p).Script
	if diff := cmp.Diff(&progress.Script{Base: true, Twist: 1, Twists: 2, Digests: true}, got); diff != "" {
		t.Errorf("in fences (-want +got):\n%s", diff)
	}
	if got := only(t, sat(t, p, k, part{"write", r.Expected.Text, nil}), p).Script; !got.Base || got.Twist != 0 {
		t.Errorf("as a whole answer: %+v", got)
	}
	told := sat(t, p, k, part{"write", "It printed what you wanted.", nil})
	if got := only(t, told, p).Script; got.Base {
		t.Error("words are no output")
	}
	for _, e := range []*interview.Expected{r.Expected, r.Twists[1].Expected} {
		told.Outputs = append(told.Outputs, interview.OutputTry{OutputRecorded: interview.OutputRecorded{Block: told.Blocks[0].Block, Item: k, SHA256: e.SHA256, Match: true}})
	}
	if got := only(t, told, p).Script; !got.Base || got.Twist != 1 {
		t.Errorf("handed in as outputs: %+v", got)
	}
}

func TestBriefingsAreMeasured(t *testing.T) {
	p := packtest.Flagship(t)
	met, all := 0, 0
	for id, it := range p.Items {
		if it.Kind != interview.KindBriefing {
			continue
		}
		for _, text := range p.Rubrics[id].Strong {
			a := only(t, sat(t, p, id, part{"explain", text, nil}), p)
			all++
			if m := missed(t, p, a); len(m) == 0 {
				met++
			}
		}
	}
	if met*100 < all*90 {
		t.Errorf("%d of %d strong explanations meet every fact", met, all)
	}
}

func TestWhatAnAttemptIs(t *testing.T) {
	p := packtest.Flagship(t)
	tale := part{"", "In March 2024 I found that 212 invoices a day leaked. I traced the cache key, rewrote it and it went to 0 within six hours.", nil}
	open := only(t, fold(t, exercise(t, p, "beh-01", "", tale)), p)
	if open.Story != nil || open.Complete || open.Wording == "" || !open.Answered {
		t.Errorf("of an open session nothing is measured: %+v", open)
	}
	ended := only(t, fold(t, exercise(t, p, "beh-01", "ended", tale)), p)
	if !ended.Complete || ended.Story == nil || ended.Story.Opening == "" || len(ended.Principles) == 0 {
		t.Errorf("its only question was answered: %+v", ended)
	}
	broken := exercise(t, p, "tm-file-upload", "ended", modelled()[:2]...)
	plan := interview.Format{Rounds: []interview.RoundPlan{{Phases: []interview.Phase{{Steps: make([]interview.Step, 8)}}}}}
	created := broken[0].data.(interview.SessionCreated)
	created.Plan = plan
	broken[0].data = created
	if a := only(t, fold(t, broken), p); a.Complete {
		t.Error("two steps of eight are no whole exercise")
	}
	created.RetryOf = "another"
	broken[0].data = created
	if a := only(t, fold(t, broken), p); !a.Seen {
		t.Error("what is tried again was seen")
	}
	created.Pack.ID = "another"
	broken[0].data = created
	if list := report.Attempts(fold(t, broken), p); len(list) > 0 {
		t.Errorf("%d attempts of another pack", len(list))
	}
	silent := exercise(t, p, "beh-01", "complete", tale)
	silent[4] = entry{50, interview.EvTurnSkipped, interview.TurnSkipped{Turn: 1, Why: "skip"}}
	if a := only(t, fold(t, silent), p); a.Answered || a.Complete || a.Story != nil {
		t.Errorf("nothing was answered: %+v", a)
	}
}

func TestJudgedStandsBeside(t *testing.T) {
	p := packtest.Flagship(t)
	entries := exercise(t, p, "beh-01", "complete", part{"", "I found it.", nil})
	three, score := 3, 0.6
	code, _ := json.Marshal(grading.Grade{Graded: true, Status: grading.StatusGraded, Score: &score})
	model, _ := json.Marshal(grading.Grade{Graded: true, Status: grading.StatusGraded, Score: &score, Dimensions: map[string]*int{"B3": &three, "B5": nil}, Judge: &interview.Judge{Model: "m"}})
	entries = append(entries, entry{700, interview.EvGradeReady, interview.GradeReady{Block: 1, Grade: model}}, entry{701, interview.EvGradeReady, interview.GradeReady{Block: 1, Grade: code}}, entry{702, interview.EvGradeFailed, interview.GradeFailed{Block: 1, Reason: "it went away"}})
	a := only(t, fold(t, entries), p)
	if diff := cmp.Diff(&progress.Judged{Model: "m", Score: &score, B: map[string]int{"B3": 3}}, a.Judged); diff != "" {
		t.Errorf("the newest grade by a model (-want +got):\n%s", diff)
	}
	if a.At.Sub(a.Begun) != 600*time.Second {
		t.Errorf("from %s to %s", a.Begun, a.At)
	}
}

func BenchmarkAttempts(b *testing.B) {
	p := packtest.Flagship(b)
	text := ""
	for _, s := range p.Rubrics["beh-01"].Strong {
		text = s
	}
	st := sat(b, p, "beh-01", part{"", text, nil})
	for b.Loop() {
		report.Attempts(st, p)
	}
}
